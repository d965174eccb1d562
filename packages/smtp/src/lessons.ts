import type { Reply } from '@posthorn/ground'
import { LoginMemory } from './login-memory.js'
import type { Session } from './session.js'

/** How long it is believed that the relay takes no more connections, in milliseconds. */
const CONNECTIONS_MS = 60_000
/** How long what it mishandled is not tried again. */
const HANDLING_MS = 600_000
const MAX_RIDING_LOSSES = 2
/** How long it is believed to take so few recipients. */
const RECIPIENTS_MS = 600_000

/** What the sessions to one relay have taught about it, for the next ones. */
export class Lessons {
  readonly #logins = new LoginMemory()
  #groupsAfter = 0
  #groupsProven = false
  #ridingAfter = 0
  #ridingProven = false
  /** Connections lost in a row while an envelope rode behind a content whose reply never came. */
  #ridingLosses = 0
  #flightAfter = 0
  #connections = Infinity
  #connectionsUntil = 0
  #recipients = Infinity
  #recipientsUntil = 0

  /** Groups of commands are worth a try. */
  get groups(): boolean {
    return performance.now() >= this.#groupsAfter
  }

  /** Recipients it is known to take in one transaction. */
  get recipientLimit(): number {
    return performance.now() < this.#recipientsUntil ? this.#recipients : Infinity
  }

  /** It said that there are too many recipients, after so many; a bare 452 may mean something else and teaches nothing. */
  tookRecipients(count: number, { enhanced }: Reply): void {
    if (enhanced === undefined) return
    this.#recipients = count
    this.#recipientsUntil = performance.now() + RECIPIENTS_MS
  }

  /** Tells a new session what is known. */
  teach(session: Session): void {
    session.logins = this.#logins
    session.proven = this.#groupsProven
    session.mayRide = performance.now() >= this.#ridingAfter
    session.rideProven = this.#ridingProven
    session.inFlightOff = performance.now() < this.#flightAfter
  }

  /** Remembers what a session has shown to work. */
  learn({ proven, rideProven }: Session): void {
    if (proven) this.#groupsProven = true
    if (!rideProven) return
    this.#ridingProven = true
    this.#ridingLosses = 0
  }

  /** Groups were mishandled; once they have worked with this relay, a lost connection is just that. */
  distrustGroups(): void {
    if (!this.#groupsProven) this.#groupsAfter = performance.now() + HANDLING_MS
  }

  distrustRiding(): void {
    if (!this.#ridingProven) this.#ridingAfter = performance.now() + HANDLING_MS
  }

  /** The connection was lost with an envelope behind the content: twice in a row is no accident, whatever worked before. */
  lostWhileRiding(): void {
    if (++this.#ridingLosses < MAX_RIDING_LOSSES) return
    this.#ridingProven = false
    this.distrustRiding()
  }

  distrustFlight(): void {
    this.#flightAfter = performance.now() + HANDLING_MS
  }

  /** It refused one more connection while it had so many. */
  tookConnections(count: number): void {
    this.#connections = count
    this.#connectionsUntil = performance.now() + CONNECTIONS_MS
  }

  /** The connections it takes, as far as is known. */
  get connectionLimit(): number {
    return performance.now() < this.#connectionsUntil ? this.#connections : Infinity
  }
}
