import { createHash } from 'node:crypto'
import { ApiError, PosthornError, Secret } from '@posthorn/ground'
import { checkTokenOptions } from './check-token-options.js'
import { systemClock, type Clock } from './clock.js'
import { describeToken } from './describe-token.js'
import { GrantTokens, seedOf, storedTokens } from './grant-tokens.js'
import { MemoryTokenStore } from './memory-token-store.js'
import { SharedRun } from './shared-run.js'
import { isFresh, isSpare, sameSecret, type RenewalTerms } from './token-life.js'
import type { Grant } from './grant.js'
import type { TokenOptions } from './token-options.js'
import type { StoredTokens, TokenStore } from './token-store.js'

const DEFAULT_MARGIN_MS = 60_000
const DEFAULT_TIMEOUT_MS = 60_000
/** Failures are handed out again for a second, then two, and so on up to a minute, before the provider is asked again. */
const FIRST_HOLD_MS = 1_000
const LAST_HOLD_MS = 60_000
/** The longest `Retry-After` that is kept to. */
const MAX_RETRY_AFTER_MS = 300_000
/** Renewals because of a refused token, within a minute: a server that refuses every one must not turn each login into a request. */
const MAX_FORCED = 3
const FORCED_WINDOW_MS = 60_000

/** A token as it is handed out. */
export interface ManagedToken {
  readonly token: Secret
  /** Milliseconds since 1970; absent when the provider did not say. */
  readonly expiresAt?: number
}

/** A sign-in whose redirect address is served elsewhere, such as by a web console. */
export interface SignIn {
  /** What the browser is to open. */
  readonly url: string
  /** Takes the address the browser was sent back to, with its query; resolves when the tokens are stored. Once. */
  finish(answer: string | URL, signal?: AbortSignal): Promise<void>
}

/**
 * Keeps one credential supplied with access tokens: one request at a time however many ask, in this process and in all that share the
 * store; renewed before the end; kept in the store before it is used. See `tokenSource`, which is this as a function.
 */
export class TokenManager {
  /** The name in the store. */
  readonly credential: string
  #options: TokenOptions
  #grant: Grant
  #store: TokenStore
  #clock: Clock
  #tokens: GrantTokens
  #terms: RenewalTerms
  #run = new SharedRun<StoredTokens>()
  #current: StoredTokens | undefined
  /** What could not be stored: it must not be lost. */
  #unsaved: StoredTokens | undefined
  #failure:
    { readonly error: PosthornError; readonly until: number; readonly count: number; readonly key: string } | undefined
  #forcedAt: number[] = []

  /** @throws {SettingsError} `oauth2.settings` */
  constructor(options: TokenOptions) {
    checkTokenOptions(options)
    this.#options = options
    this.#grant = options.grant
    this.#store = options.store ?? new MemoryTokenStore()
    this.#clock = options.clock ?? systemClock
    this.credential = options.credential ?? usualName(options)
    const timeoutMs = options.web?.timeoutMs ?? DEFAULT_TIMEOUT_MS
    const road = { fetch: options.fetch ?? roadFetch(options.web), timeoutMs, clock: this.#clock }
    this.#tokens = new GrantTokens(options, road)
    this.#terms = { marginMs: options.expiryMarginMs ?? DEFAULT_MARGIN_MS, jitter: this.#clock.random() }
  }

  /**
   * An access token that lives longer than the margin, or the one that is left when no other can be had.
   * @param request.rejected the token a server has just refused: it is not given again, and is renewed once however many report it
   * @throws {ApiError} `oauth2....` by what the provider says; {SettingsError} `oauth2.store-...`; the signal's reason
   */
  async token({
    rejected,
    signal,
  }: { readonly rejected?: Secret; readonly signal?: AbortSignal } = {}): Promise<ManagedToken> {
    signal?.throwIfAborted()
    if (this.#grant.type === 'given') return givenToken(this.#grant.authorization, rejected)
    let tokens = this.#current
    if (!tokens || !isFresh(tokens, rejected, this.#clock.now(), this.#terms)) {
      // a run under way may have been begun for another reason and end with the very token that was refused
      do tokens = await this.#run.join((end) => this.#renew(rejected, end), signal)
      while (sameSecret(tokens.accessToken, rejected))
    }
    const { accessToken, expiresAt } = tokens
    return { token: accessToken!, ...(expiresAt === undefined ? {} : { expiresAt }) }
  }

  /**
   * Lets a person sign in now, whatever is stored, and stores what that gives.
   * @throws {ApiError} `oauth2.interaction-needed` when the grant has no way to ask anybody; others as the sign-in does
   */
  async signIn({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const end = signal ?? new AbortController().signal
    await this.#tokens.signIn(this.#grant, end, (tokens) => this.#store.lock(this.credential, () => this.#keep(tokens)))
  }

  /** A sign-in by a browser anywhere, for whoever serves `redirectUri`. Authorization code grant. */
  async beginSignIn({
    redirectUri,
    signal,
  }: {
    readonly redirectUri: string
    readonly signal?: AbortSignal
  }): Promise<SignIn> {
    const request = await this.#tokens.begin(redirectUri, signal)
    return {
      url: request.url,
      finish: async (answer, end) => {
        const tokens = storedTokens(await request.finish(new URL(answer, redirectUri), end))
        await this.#store.lock(this.credential, () => this.#keep(tokens), end)
      },
    }
  }

  /** Forgets the tokens, here and in the store. The provider is not told. */
  async signOut(): Promise<void> {
    await this.#store.lock(this.credential, async () => {
      this.#current = this.#unsaved = this.#failure = undefined
      await this.#store.write(this.credential, undefined)
    })
  }

  /** The only place where tokens are asked for; under the lock, so that what another has done meanwhile is seen. */
  #renew(rejected: Secret | undefined, signal: AbortSignal): Promise<StoredTokens> {
    return this.#store.lock(
      this.credential,
      async () => {
        if (this.#unsaved) await this.#keep(this.#unsaved)
        const stored = await this.#store.read(this.credential)
        const now = this.#clock.now()
        if (stored && this.#belongs(stored) && isFresh(stored, rejected, now, this.#terms))
          return (this.#current = stored)
        const spare = stored && this.#belongs(stored) && isSpare(stored, rejected, now) ? stored : undefined
        try {
          this.#checkHold(stored, now)
          return await this.#obtain(stored, rejected, signal)
        } catch (error) {
          if (signal.aborted) throw error
          this.#noteFailure(error, stored, spare !== undefined)
          if (!spare) throw error
          return spare
        }
      },
      signal,
    )
  }

  async #obtain(
    stored: StoredTokens | undefined,
    rejected: Secret | undefined,
    signal: AbortSignal,
  ): Promise<StoredTokens> {
    const grant = this.#grant as Exclude<Grant, { type: 'given' }>
    if (rejected) this.#countForced(rejected)
    let kept = false
    const tokens = await this.#tokens.obtain(grant, stored, signal, async (signedIn) => {
      await this.#keep(signedIn)
      kept = true
    })
    if (!kept) await this.#keep(tokens)
    if (sameSecret(tokens.accessToken, rejected)) throw alwaysRejected(rejected!, 'the provider gives it again')
    return tokens
  }

  /** To the store first, so that a refresh token which took the place of another is never in memory alone. */
  async #keep(tokens: StoredTokens): Promise<void> {
    this.#unsaved = tokens
    await this.#store.write(this.credential, tokens)
    this.#unsaved = this.#failure = undefined
    this.#current = tokens
    this.#options.onEvent?.({ type: 'renewed', credential: this.credential, expiresAt: tokens.expiresAt })
  }

  /** Tokens that came from another refresh token than the one in the settings are not ours any more. */
  #belongs(stored: StoredTokens): boolean {
    return this.#grant.type !== 'refresh-token' || stored.seed === seedOf(Secret.of(this.#grant.refreshToken))
  }

  #checkHold(stored: StoredTokens | undefined, now: number): void {
    if (this.#failure && now < this.#failure.until && this.#failure.key === failureKey(stored))
      throw this.#failure.error
  }

  #noteFailure(error: unknown, stored: StoredTokens | undefined, kept: boolean): void {
    if (!(error instanceof PosthornError) || error === this.#failure?.error) return
    const { credential } = this
    this.#options.onEvent?.({ type: 'failed', credential, code: error.code, kept })
    if (error.code === 'oauth2.interaction-needed' && this.#isQuiet()) return
    const count = (this.#failure?.count ?? 0) + 1
    const backoff = Math.min(FIRST_HOLD_MS * 2 ** Math.min(count - 1, 10), LAST_HOLD_MS)
    const asked = Math.min(this.#tokens.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS)
    const until = this.#clock.now() + Math.max(backoff, asked)
    this.#failure = { error, until, count, key: failureKey(stored) }
  }

  /** True when nobody was asked: to say so again costs nothing. */
  #isQuiet(): boolean {
    const grant = this.#grant
    return (grant.type === 'authorization-code' && !grant.browser) || (grant.type === 'device-code' && !grant.show)
  }

  #countForced(rejected: Secret): void {
    const now = this.#clock.now()
    this.#forcedAt = this.#forcedAt.filter((at) => at > now - FORCED_WINDOW_MS)
    if (this.#forcedAt.length >= MAX_FORCED) throw alwaysRejected(rejected, 'new ones are refused as well')
    this.#forcedAt.push(now)
  }
}

/** Another sign-in in the store ends the wait after a failure. */
function failureKey(stored: StoredTokens | undefined): string {
  return stored?.refreshToken ? seedOf(stored.refreshToken) : ''
}

/** Loaded with the first request. */
function roadFetch(web: TokenOptions['web']): typeof fetch {
  let loaded: Promise<typeof fetch> | undefined
  return async (input, init) => {
    loaded ??= import('@posthorn/net/web').then(({ webFetch }) => webFetch(web))
    return (await loaded)(input, init)
  }
}

function usualName({ provider, clientId = '', grant, scope = '' }: TokenOptions): string {
  const who = [
    provider?.tokenUrl ?? provider?.issuer ?? '',
    clientId,
    provider?.scopes,
    scope,
    'user' in grant ? grant.user : '',
    'subject' in grant ? grant.subject : '',
    'key' in grant && 'file' in grant.key ? grant.key.file : '',
    'key' in grant && 'json' in grant.key ? seedOf(Secret.of(grant.key.json)) : '',
    'refreshToken' in grant ? seedOf(Secret.of(grant.refreshToken)) : '',
  ]
  return `${grant.type}-${createHash('sha256').update(JSON.stringify(who)).digest('hex').slice(0, 24)}`
}

function givenToken(authorization: string | Secret, rejected: Secret | undefined): ManagedToken {
  const token = new Secret(
    Secret.of(authorization)
      .reveal()
      .trim()
      .replace(/^Bearer +/i, ''),
  )
  if (sameSecret(token, rejected)) throw alwaysRejected(token, 'it was given by hand')
  const { expiresAt } = describeToken(token)
  return { token, ...(expiresAt === undefined ? {} : { expiresAt }) }
}

function alwaysRejected(token: Secret, why: string): ApiError {
  const { audience, scopes, roles } = describeToken(token)
  const rights = [...scopes, ...roles].join(' ')
  const says = audience.length > 0 ? `; it is for ${audience.join(', ')}${rights && ` (${rights})`}` : ''
  return new ApiError('oauth2.rejected', `the server refuses the access token, and ${why}${says}`, {
    phase: 'auth',
    outcome: 'permanent',
    hint: 'Check that scope and audience are those of the mail server, that the user is the mailbox of the token, and that the mailbox allows it.',
  })
}
