import { unlessAborted, type Secret } from '@posthorn/ground'
import type { FetchedToken } from './access-token.js'

interface Renewal {
  readonly rejected: string
  readonly token: Promise<FetchedToken>
  readonly abort: AbortController
  renewed: FetchedToken | undefined
  waiting: number
}

/**
 * Renewals of access tokens, shared by the sessions of one client: a token that was refused to many of them is asked anew once. Only the
 * last renewal is remembered.
 */
export class TokenRenewals {
  #last: Renewal | undefined

  /**
   * The token in place of the rejected one, asked for now unless another session has.
   * @param ask is called with a signal that is aborted when no session waits any more
   * @param signal ends the waiting of this session
   */
  async instead(
    rejected: Secret,
    ask: (signal: AbortSignal) => Promise<FetchedToken>,
    signal: AbortSignal,
  ): Promise<FetchedToken> {
    const renewal = this.#known(rejected.reveal()) ?? this.#begin(rejected.reveal(), ask)
    renewal.waiting++
    try {
      return await unlessAborted(renewal.token, signal)
    } finally {
      if (--renewal.waiting === 0 && !renewal.renewed) renewal.abort.abort()
    }
  }

  /** A renewed token was refused, too, or is no other: the next session asks again. */
  refused(token: Secret): void {
    if (this.#last?.renewed?.secret.reveal() === token.reveal()) this.#last = undefined
  }

  #known(rejected: string): Renewal | undefined {
    const last = this.#last
    if (last?.rejected !== rejected || (last.abort.signal.aborted && !last.renewed)) return undefined
    const ends = last.renewed?.expiresAt
    return ends !== undefined && ends <= Date.now() ? undefined : last
  }

  #begin(rejected: string, ask: (signal: AbortSignal) => Promise<FetchedToken>): Renewal {
    const abort = new AbortController()
    const renewal: Renewal = { rejected, token: ask(abort.signal), abort, renewed: undefined, waiting: 0 }
    this.#last = renewal
    renewal.token.then(
      (token) => {
        renewal.renewed = token
      },
      () => {
        if (this.#last === renewal) this.#last = undefined
      },
    )
    return renewal
  }
}
