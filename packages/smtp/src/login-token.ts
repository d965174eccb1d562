import type { Secret } from '@posthorn/ground'
import type { TokenCredentials, TokenSource } from '@posthorn/sasl'
import { fetchToken, type FetchedToken } from './access-token.js'
import { timedOut } from './fault.js'
import type { TokenRenewals } from './token-renewals.js'

/** What came of asking for another token. `fixed`: there is nobody to ask; `spent`: asked already; `same`: the refused one came again, now or before. */
export type RenewalResult = 'renewed' | 'fixed' | 'spent' | 'same'

/** The access token of one login, which is renewed at most once (RFC 7628 3.2.3). */
export class LoginToken {
  readonly #source: TokenSource | undefined
  readonly #renewals: TokenRenewals
  #token: FetchedToken
  #asked = false
  #same = false

  private constructor(source: TokenSource | undefined, renewals: TokenRenewals, token: FetchedToken) {
    this.#source = source
    this.#renewals = renewals
    this.#token = token
  }

  /** @throws {ProtocolError} `smtp.auth.token` */
  static async fetch(
    { accessToken }: TokenCredentials,
    renewals: TokenRenewals,
    signal: AbortSignal,
  ): Promise<LoginToken> {
    const source = typeof accessToken === 'function' ? accessToken : undefined
    const token = await fetchToken(() => (typeof accessToken === 'function' ? accessToken({ signal }) : accessToken))
    return new LoginToken(source, renewals, token)
  }

  get secret(): Secret {
    return this.#token.secret
  }

  /** Milliseconds since 1970. */
  get expiresAt(): number | undefined {
    return this.#token.expiresAt
  }

  /** The server has refused the token: asks for another one, for so long. @throws {ProtocolError} `smtp.auth.token`, `smtp.timeout` */
  async renew(signal: AbortSignal, limitMs: number): Promise<RenewalResult> {
    const source = this.#source
    if (!source) return 'fixed'
    const rejected = this.#token.secret
    if (this.#asked) {
      this.#renewals.refused(rejected)
      return this.#same ? 'same' : 'spent'
    }
    this.#asked = true
    const ask = (asking: AbortSignal) => fetchToken(() => source({ rejected, signal: asking }))
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(timedOut('auth', limitMs)), limitMs).unref()
    try {
      this.#token = await this.#renewals.instead(rejected, ask, AbortSignal.any([signal, late.signal]))
    } finally {
      clearTimeout(timer)
    }
    if (this.#token.secret.reveal() !== rejected.reveal()) return 'renewed'
    this.#renewals.refused(rejected)
    this.#same = true
    return 'same'
  }
}
