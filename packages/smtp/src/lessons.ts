import type { Session } from './session.js'

/** How long it is believed that the relay takes no more connections, in milliseconds. */
const LESSON_MS = 60_000

/** What the sessions to one relay have taught about it, for the next ones. */
export class Lessons {
  /** Recipients it was seen to take in one transaction. */
  recipientLimit = Infinity
  /** Groups of commands are worth a try. */
  groups = true
  #groupsProven = false
  #riding = true
  #ridingProven = false
  #flight = true
  #connections = Infinity
  #connectionsUntil = 0

  /** Tells a new session what is known. */
  teach(session: Session): void {
    session.proven = this.#groupsProven
    session.mayRide = this.#riding
    session.rideProven = this.#ridingProven
    session.inFlightOff = !this.#flight
  }

  /** Remembers what a session has shown to work. */
  learn({ proven, rideProven }: Session): void {
    if (proven) this.#groupsProven = true
    if (rideProven) this.#ridingProven = true
  }

  /** Groups were mishandled; once they have worked with this relay, a lost connection is just that. */
  distrustGroups(): void {
    if (!this.#groupsProven) this.groups = false
  }

  distrustRiding(): void {
    if (!this.#ridingProven) this.#riding = false
  }

  distrustFlight(): void {
    this.#flight = false
  }

  /** It refused one more connection while it had so many. */
  tookConnections(count: number): void {
    this.#connections = count
    this.#connectionsUntil = performance.now() + LESSON_MS
  }

  /** The connections it takes, as far as is known. */
  get connectionLimit(): number {
    return performance.now() < this.#connectionsUntil ? this.#connections : Infinity
  }
}
