import { createHash } from 'node:crypto'
import { ApiError, PosthornError, Secret } from '@posthorn/ground'
import { checkTokenOptions } from './check-token-options.js'
import { systemClock, type Clock } from './clock.js'
import { describeToken } from './describe-token.js'
import { GrantTokens, seedOf, storedTokens } from './grant-tokens.js'
import { MemoryTokenStore } from './memory-token-store.js'
import { SharedRun } from './shared-run.js'
import { TokenOrigin } from './token-origin.js'
import { isFresh, isSpare, sameSecret, type RenewalTerms } from './token-life.js'
import type { Grant } from './grant.js'
import type { TokenEvent, TokenOptions } from './token-options.js'
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
  /** What could not be stored, and what was in the store then: it must not be lost, nor undo what others have stored meanwhile. */
  #unsaved: { readonly tokens: StoredTokens; readonly instead: string } | undefined
  /** `until` in elapsed time: a clock that is put right must not hold it for a day. */
  #failure:
    { readonly error: PosthornError; readonly until: number; readonly count: number; readonly key: string } | undefined
  /** In elapsed time. */
  #forcedAt: number[] = []
  #origin: TokenOrigin

  /** @throws {SettingsError} `oauth2.settings` */
  constructor(options: TokenOptions) {
    checkTokenOptions(options)
    this.#options = options
    this.#grant = options.grant
    this.#store = options.store ?? new MemoryTokenStore()
    this.#clock = options.clock ?? systemClock
    this.#origin = new TokenOrigin(options)
    this.credential = options.credential ?? this.#origin.usualName
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
   * @throws {ApiError} `oauth2.interaction-needed` when the grant has no way to ask anybody, and others as the sign-in does;
   * {SettingsError} `oauth2.settings` for a grant that asks nobody, `oauth2.store-...` before anybody is asked
   */
  async signIn({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const end = signal ?? new AbortController().signal
    await this.#tokens.signIn(this.#grant, end, {
      ready: () => this.#checkStore(end),
      keep: async (tokens) => void (await this.#keepSignedIn(tokens)),
    })
  }

  /** A sign-in by a browser anywhere, for whoever serves `redirectUri`. Authorization code grant. */
  async beginSignIn({
    redirectUri,
    signal,
  }: {
    readonly redirectUri: string
    readonly signal?: AbortSignal
  }): Promise<SignIn> {
    await this.#checkStore(signal)
    const request = await this.#tokens.begin(redirectUri, signal)
    return {
      url: request.url,
      finish: async (answer, end) => {
        await this.#keepSignedIn(storedTokens(await request.finish(new URL(answer, redirectUri), end)), end)
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
        const before = await this.#afterUnsaved(await this.#store.read(this.credential))
        const stored = this.#origin.own(before)
        const now = this.#clock.now()
        if (stored && isFresh(stored, rejected, now, this.#terms)) return (this.#current = stored)
        const spare = stored && isSpare(stored, rejected, now) ? stored : undefined
        try {
          this.#checkHold(stored)
          return await this.#obtain(stored, stateOf(before), rejected, signal)
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
    instead: string,
    rejected: Secret | undefined,
    signal: AbortSignal,
  ): Promise<StoredTokens> {
    const grant = this.#grant as Exclude<Grant, { type: 'given' }>
    if (rejected) this.#countForced(rejected)
    let kept = false
    const tokens = await this.#tokens.obtain(grant, stored, signal, {
      ready: () => this.#rewrite(),
      keep: async (signedIn) => {
        await this.#keep(signedIn, instead)
        kept = true
      },
    })
    if (!kept) await this.#keep(tokens, instead)
    if (sameSecret(tokens.accessToken, rejected)) throw alwaysRejected(rejected!, 'the provider gives it again')
    return tokens
  }

  /** To the store first, so that a refresh token which took the place of another is never in memory alone. */
  async #keep(given: StoredTokens, instead: string): Promise<StoredTokens> {
    const tokens = this.#origin.marked(given)
    this.#unsaved = { tokens, instead }
    await this.#store.write(this.credential, tokens)
    this.#unsaved = this.#failure = undefined
    this.#current = tokens
    this.#tell({ type: 'renewed', credential: this.credential, expiresAt: tokens.expiresAt })
    return tokens
  }

  /** What is in the store once that which could not be stored is there, unless others have signed in, gone on or signed out meanwhile. */
  async #afterUnsaved(stored: StoredTokens | undefined): Promise<StoredTokens | undefined> {
    if (this.#unsaved?.instead === stateOf(stored)) return this.#keep(this.#unsaved.tokens, this.#unsaved.instead)
    this.#unsaved = undefined
    return stored
  }

  #keepSignedIn(tokens: StoredTokens, signal?: AbortSignal): Promise<StoredTokens> {
    const keep = async () => this.#keep(tokens, stateOf(await this.#store.read(this.credential)))
    return this.#store.lock(this.credential, keep, signal)
  }

  /** Nobody is to sign in for tokens that cannot be kept. */
  #checkStore(signal: AbortSignal | undefined): Promise<void> {
    return this.#store.lock(this.credential, () => this.#rewrite(), signal)
  }

  async #rewrite(): Promise<void> {
    await this.#store.write(this.credential, await this.#store.read(this.credential))
  }

  /** A listener's own fault is told as such, and takes no token away. */
  #tell(event: TokenEvent): void {
    try {
      this.#options.onEvent?.(event)
    } catch (error) {
      queueMicrotask(() => {
        throw error
      })
    }
  }

  #checkHold(stored: StoredTokens | undefined): void {
    if (this.#failure && this.#clock.elapsed() < this.#failure.until && this.#failure.key === failureKey(stored))
      throw this.#failure.error
  }

  #noteFailure(error: unknown, stored: StoredTokens | undefined, kept: boolean): void {
    if (!(error instanceof PosthornError) || error === this.#failure?.error) return
    const { credential } = this
    this.#tell({ type: 'failed', credential, code: error.code, kept })
    if (error.code === 'oauth2.interaction-needed' && this.#isQuiet()) return
    const count = (this.#failure?.count ?? 0) + 1
    const backoff = Math.min(FIRST_HOLD_MS * 2 ** Math.min(count - 1, 10), LAST_HOLD_MS)
    const asked = Math.min(this.#tokens.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS)
    const until = this.#clock.elapsed() + Math.max(backoff, asked)
    this.#failure = { error, until, count, key: failureKey(stored) }
  }

  /** True when nobody was asked: to say so again costs nothing. */
  #isQuiet(): boolean {
    const grant = this.#grant
    return (grant.type === 'authorization-code' && !grant.browser) || (grant.type === 'device-code' && !grant.show)
  }

  #countForced(rejected: Secret): void {
    const now = this.#clock.elapsed()
    this.#forcedAt = this.#forcedAt.filter((at) => at > now - FORCED_WINDOW_MS)
    if (this.#forcedAt.length >= MAX_FORCED) throw alwaysRejected(rejected, 'new ones are refused as well')
    this.#forcedAt.push(now)
  }
}

/** Tells one content of the store from another; says nothing about it. */
function stateOf(stored: StoredTokens | undefined): string {
  if (!stored) return ''
  const { accessToken, refreshToken, obtainedAt } = stored
  const facts = [accessToken?.reveal(), refreshToken?.reveal(), obtainedAt]
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex')
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
