import { Secret } from '@posthorn/ground'
import type { AccessToken, Credentials, TokenSource } from '@posthorn/smtp'

/** The token of a login as it is used, so that nobody has to be asked for it again. */
export class WatchedToken {
  /** The last one that was handed to the login. */
  used: Secret | undefined
  #asked = 0
  #answered = 0

  /** A function was asked for a token, and had not answered when the login was given up. */
  get awaited(): boolean {
    return this.#asked > this.#answered
  }

  /** The same credentials, under watch. */
  in(credentials: Credentials): Credentials {
    if (typeof credentials !== 'object' || !('accessToken' in credentials)) return credentials
    const { accessToken } = credentials
    if (typeof accessToken === 'function') return { ...credentials, accessToken: this.#watched(accessToken) }
    this.#use(accessToken)
    return credentials
  }

  #watched(source: TokenSource): TokenSource {
    return async (request) => {
      this.#asked++
      try {
        const given = await source(request)
        if (!request?.signal?.aborted) this.#use(given)
        return given
      } finally {
        // an answer because the login was given up is none
        if (!request?.signal?.aborted) this.#answered++
      }
    }
  }

  #use(given: AccessToken): void {
    const bare = typeof given === 'string' || given instanceof Secret
    const token: unknown = bare ? given : given?.token // a caller without types may give anything
    if (typeof token === 'string' || token instanceof Secret) this.used = Secret.of(token)
  }
}
