import { createHash } from 'node:crypto'
import { ApiError, Secret, SettingsError } from '@posthorn/ground'
import { AuthorizationRequest } from './authorization-request.js'
import { AuthorizationServer, type TokenAnswer } from './authorization-server.js'
import { signInWithBrowser } from './browser-sign-in.js'
import { signInWithDevice } from './device-code.js'
import type { BrowserSignIn, Grant } from './grant.js'
import type { Provider } from './provider.js'
import type { ProviderRoad } from './provider-request.js'
import { readServiceAccount, serviceAccountAssertion } from './service-account.js'
import type { TokenOptions } from './token-options.js'
import type { StoredTokens } from './token-store.js'

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

/** Where a sign-in puts what it gives. */
export interface SignInKeeping {
  /** Throws when tokens could not be kept: before anybody is asked for anything. */
  readonly ready: () => Promise<void>
  /** Before the person is told that all is well. */
  readonly keep: (tokens: StoredTokens) => Promise<void>
}

type GrantOf<T extends Grant['type']> = Extract<Grant, { type: T }>

/** Turns a grant into tokens. */
export class GrantTokens {
  #options: TokenOptions
  #provider: Provider
  #road: ProviderRoad
  #server: AuthorizationServer

  constructor(options: TokenOptions, road: ProviderRoad) {
    this.#options = options
    this.#provider = options.provider ?? {}
    this.#road = road
    this.#server = new AuthorizationServer(this.#provider, options, road)
  }

  /** What the last answer asked to wait, in milliseconds. */
  get retryAfterMs(): number | undefined {
    return this.#server.retryAfterMs
  }

  /**
   * Gets tokens, with what is stored or anew.
   * @param signal ends a sign-in or a request; a refresh token is used to the end all the same, since its successor would be lost
   * @throws {ApiError} `oauth2.interaction-needed` when somebody has to sign in and nobody can be asked to
   */
  async obtain(
    grant: Exclude<Grant, GrantOf<'given'>>,
    stored: StoredTokens | undefined,
    signal: AbortSignal,
    keeping: SignInKeeping,
  ): Promise<StoredTokens> {
    switch (grant.type) {
      case 'client-credentials':
        return this.#plain('client_credentials', {}, this.#scope('application'), signal)
      case 'password': {
        const password = Secret.of(grant.password).reveal()
        return this.#plain('password', { username: grant.user, password }, this.#scope('delegated'), signal)
      }
      case 'service-account':
        return this.#serviceAccount(grant, signal)
      case 'refresh-token':
        return this.#refreshToken(grant, stored)
      default:
        if (stored?.refreshToken) {
          try {
            return await this.#refreshed(stored.refreshToken, stored)
          } catch (error) {
            if (!mayAsk(grant) || !needsSignIn(error)) throw error
          }
        }
        return this.signIn(grant, signal, keeping)
    }
  }

  /**
   * A person signs in now.
   * @throws {ApiError} `oauth2.interaction-needed` when the grant has no way to ask them; {SettingsError} `oauth2.settings` when it asks
   * nobody
   */
  async signIn(grant: Grant, signal: AbortSignal, { ready, keep }: SignInKeeping): Promise<StoredTokens> {
    if (grant.type !== 'authorization-code' && grant.type !== 'device-code') throw nobodySignsIn(grant.type)
    if (grant.type === 'device-code' && grant.show) {
      await ready()
      const scope = this.#scope('delegated')
      const parameters = scope === '' ? {} : { scope }
      const answer = await signInWithDevice(this.#server, parameters, grant.show, this.#road.clock, signal)
      const tokens = storedTokens(answer)
      await keep(tokens)
      return tokens
    }
    if (grant.type !== 'authorization-code' || !grant.browser) throw signInNeeded()
    await ready()
    return this.#browser(grant.browser, signal, keep)
  }

  /** A sign-in whose redirect address somebody else serves. */
  begin(redirectUri: string, signal?: AbortSignal): Promise<AuthorizationRequest> {
    const { authorizationParameters = {} } = this.#provider
    const terms = {
      redirectUri,
      scope: this.#scope('delegated'),
      authorizationParameters,
      tokenParameters: this.#options.parameters ?? {},
    }
    return AuthorizationRequest.begin(this.#server, terms, signal)
  }

  async #browser(
    browser: BrowserSignIn,
    signal: AbortSignal,
    keep: (tokens: StoredTokens) => Promise<void>,
  ): Promise<StoredTokens> {
    let tokens: StoredTokens | undefined
    await signInWithBrowser(browser, {
      redirectHost: this.#provider.redirectHost ?? '127.0.0.1',
      begin: (redirectUri) => this.begin(redirectUri, signal),
      keep: async (answer) => keep((tokens = storedTokens(answer))),
      clock: this.#road.clock,
      signal,
    })
    return tokens!
  }

  async #plain(
    grantType: string,
    own: Record<string, string>,
    scope: string,
    signal: AbortSignal,
  ): Promise<StoredTokens> {
    const parameters = { ...this.#options.parameters, ...own, ...(scope === '' ? {} : { scope }) }
    const { accessToken, askedAt, expiresAt } = await this.#server.token(grantType, () => parameters, signal)
    return { accessToken, obtainedAt: askedAt, expiresAt } // a refresh token would be one more secret, and no gain
  }

  async #serviceAccount({ key, subject }: GrantOf<'service-account'>, signal: AbortSignal): Promise<StoredTokens> {
    const account = await readServiceAccount(key)
    const scope =
      this.#options.scope === undefined ? (this.#provider.scopes?.application ?? '') : this.#scope('application')
    const { tokenUrl } = account
    const provider = { ...this.#provider, tokenUrl }
    const server = new AuthorizationServer(
      provider,
      { grant: this.#options.grant, clientId: account.email },
      this.#road,
    )
    const answer = await server.token(
      JWT_BEARER,
      async (now) => ({
        ...this.#options.parameters,
        assertion: await serviceAccountAssertion(account, { scope, subject, now: now() }),
      }),
      signal,
    )
    return { accessToken: answer.accessToken, obtainedAt: answer.askedAt, expiresAt: answer.expiresAt }
  }

  async #refreshToken(
    { refreshToken }: GrantOf<'refresh-token'>,
    stored: StoredTokens | undefined,
  ): Promise<StoredTokens> {
    const given = Secret.of(refreshToken)
    const seed = seedOf(given)
    // another refresh token in the settings than the one all this began with: somebody signed in anew
    const going = stored?.seed === seed ? stored : undefined
    return { ...(await this.#refreshed(going?.refreshToken ?? given, going)), seed }
  }

  /** RFC 6749 6. When the present refresh token is refused, the one before may still be taken: there is nothing left to lose. */
  async #refreshed(refreshToken: Secret, stored: StoredTokens | undefined): Promise<StoredTokens> {
    try {
      return await this.#refresh(refreshToken)
    } catch (error) {
      const previous = stored?.previousRefreshToken
      if (!previous || !(error instanceof ApiError && error.code === 'oauth2.invalid-grant')) throw error
      try {
        return await this.#refresh(previous)
      } catch {
        throw error // the first one says it better
      }
    }
  }

  async #refresh(refreshToken: Secret): Promise<StoredTokens> {
    const scope = this.#scope('refresh')
    const answer = await this.#server.token('refresh_token', () => ({
      ...this.#options.parameters,
      refresh_token: refreshToken.reveal(),
      ...(scope === '' ? {} : { scope }),
    }))
    const next = answer.refreshToken ?? refreshToken
    const rotated = next.reveal() !== refreshToken.reveal()
    return { ...storedTokens(answer), refreshToken: next, ...(rotated ? { previousRefreshToken: refreshToken } : {}) }
  }

  #scope(kind: 'application' | 'delegated' | 'refresh'): string {
    const { scope } = this.#options
    const usual = this.#provider.scopes?.[kind]
    // less may have been granted than was asked for, and more than was granted cannot be refreshed (RFC 6749 6)
    if (kind === 'refresh' && usual === undefined) return ''
    if (scope === undefined) return usual ?? ''
    return typeof scope === 'string' ? scope.trim() : scope.join(' ')
  }
}

/** What a first answer is kept as. */
export function storedTokens({ accessToken, askedAt, expiresAt, refreshToken }: TokenAnswer): StoredTokens {
  return { accessToken, obtainedAt: askedAt, expiresAt, refreshToken }
}

/** A name for a refresh token that does not give it away: SHA-256 of something with that much chance in it. */
export function seedOf(refreshToken: Secret): string {
  return createHash('sha256').update(refreshToken.reveal()).digest('hex')
}

function mayAsk(grant: GrantOf<'authorization-code' | 'device-code'>): boolean {
  return grant.type === 'device-code' ? grant.show !== undefined : grant.browser !== undefined
}

function needsSignIn(error: unknown): boolean {
  const codes = ['oauth2.invalid-grant', 'oauth2.interaction-needed', 'oauth2.consent-needed']
  return error instanceof ApiError && codes.includes(error.code)
}

function nobodySignsIn(grant: string): SettingsError {
  return new SettingsError('oauth2.settings', 'grant', `is ${grant}, with which nobody signs in`, {
    hint: 'Ask for a token right away; authorization-code and device-code are the grants of a person who signs in.',
  })
}

function signInNeeded(): ApiError {
  return new ApiError('oauth2.interaction-needed', 'somebody has to sign in first', {
    phase: 'auth',
    outcome: 'permanent',
    hint: 'Sign in once, with the same store and credential name; after that it goes on by itself.',
  })
}
