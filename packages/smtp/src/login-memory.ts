import { KeyMemory, type Mechanism } from '@posthorn/sasl'
import type { PosthornError } from '@posthorn/ground'
import { TokenRenewals } from './token-renewals.js'

/** A refusal is remembered for so long: it may have been a passing fault, and accounts change. */
const REMEMBERED_MS = 600_000

/** What the logins of one client have learnt about its server and its credentials, for the next ones. */
export class LoginMemory {
  readonly keys = new KeyMemory()
  readonly renewals = new TokenRenewals()
  /** Until when each refusal counts. */
  readonly #refused = new Map<string, number>()
  readonly #nowMs: () => number
  #distrust: (() => PosthornError) | undefined

  /** @param nowMs milliseconds of a clock that nobody sets */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs
  }

  /** The server did not prove itself. Nobody logs in any more; each login gets an error of its own. */
  distrust(error: () => PosthornError): void {
    this.#distrust ??= error
  }

  /** Why the server is not trusted any more; undefined while it is. */
  get distrusted(): PosthornError | undefined {
    return this.#distrust?.()
  }

  /** @throws {ProtocolError} when the server is not trusted any more */
  check(): void {
    if (this.#distrust) throw this.#distrust()
  }

  /** A login came to its end with this mechanism after those were refused. */
  succeeded(mechanism: string, refused: readonly string[]): void {
    for (const name of refused) this.#refused.set(name, this.#nowMs() + REMEMBERED_MS)
    this.#refused.delete(mechanism)
  }

  /** No mechanism worked: what was learnt is of no use, and the next login tries all of them. */
  failed(): void {
    this.#refused.clear()
  }

  /**
   * A server counts refused logins, and locks out who has many. What was refused before another mechanism was taken comes last, but nothing
   * that hands out the password comes before what does not: when all of these were refused, the strongest is asked anew, and the others
   * are left out.
   */
  sorted(mechanisms: readonly Mechanism[]): Mechanism[] {
    const refused = ({ name }: Mechanism): boolean => (this.#refused.get(name) ?? 0) > this.#nowMs()
    const weak = ({ strength }: Mechanism): boolean => strength === 'cleartext' || strength === 'none'
    const ordered = (some: readonly Mechanism[]): Mechanism[] => [
      ...some.filter((mechanism) => !refused(mechanism)),
      ...some.filter(refused),
    ]
    const strong = ordered(mechanisms.filter((mechanism) => !weak(mechanism)))
    const rest = ordered(mechanisms.filter(weak))
    const worked = rest[0] !== undefined && !refused(rest[0])
    // who logs in with a password has no token to be refused
    const hashes = strong.filter(({ strength }) => strength !== 'token')
    const left = worked && hashes.every(refused) ? new Set(hashes.slice(1)) : undefined
    return [...(left ? strong.filter((mechanism) => !left.has(mechanism)) : strong), ...rest]
  }
}
