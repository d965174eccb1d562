import { KeyMemory, type Mechanism } from '@posthorn/sasl'
import type { PosthornError } from '@posthorn/ground'
import { TokenRenewals } from './token-renewals.js'

/** What the logins of one client have learnt about its server and its credentials, for the next ones. */
export class LoginMemory {
  readonly keys = new KeyMemory()
  readonly renewals = new TokenRenewals()
  #refused: ReadonlySet<string> = new Set()
  #distrust: (() => PosthornError) | undefined

  /** The server did not prove itself. Nobody tells it anything any more; each login gets an error of its own. */
  distrust(error: () => PosthornError): void {
    this.#distrust ??= error
  }

  /** @throws {ProtocolError} when the server is not trusted any more */
  check(): void {
    if (this.#distrust) throw this.#distrust()
  }

  /** A login came to its end with a mechanism after these were refused. */
  succeeded(refused: readonly string[]): void {
    if (refused.length > 0) this.#refused = new Set(refused)
  }

  /** What was refused before another mechanism was taken comes last: a server counts refused logins, and locks out who has many. */
  sorted(mechanisms: readonly Mechanism[]): Mechanism[] {
    const refused = ({ name }: Mechanism): boolean => this.#refused.has(name)
    return [...mechanisms.filter((mechanism) => !refused(mechanism)), ...mechanisms.filter(refused)]
  }
}
