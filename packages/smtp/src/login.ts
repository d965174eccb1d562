import { InvariantError, type PosthornError, type Reply, type ReplyError } from '@posthorn/ground'
import {
  chooseMechanisms,
  type ChannelBinding,
  type Credentials,
  type Exchange,
  type Mechanism,
  type SaslContext,
} from '@posthorn/sasl'
import { withInitialResponse } from './auth-command.js'
import { channelBindings } from '@posthorn/net'
import { TLSSocket } from 'node:tls'
import { canonicalHost } from './canonical-host.js'
import type { Command } from './command.js'
import { refusal } from './fault.js'
import { attemptLogin, hideSecrets, LOST, type Attempt } from './login-attempt.js'
import * as failure from './login-failure.js'
import type { LoginSession } from './login-session.js'
import { LoginToken } from './login-token.js'
import { tokenLimit } from './phase-limits.js'
import { saslContext } from './sasl-context.js'

/** RFC 4954 6: the server has the password in an old form only, and learns the new one by PLAIN. */
const PASSWORD_TRANSITION = 432

/** AUTH on one session (RFC 4954): strongest mechanism first, the next after a refusal. */
export class Login {
  readonly #session: LoginSession
  readonly #credentials: Credentials
  /** The caller's own list. */
  readonly #allowed: readonly string[] | undefined
  /** What is left to be tried. */
  #mechanisms: Mechanism[]
  readonly #tried: string[] = []
  readonly #context: SaslContext
  #bindings: readonly ChannelBinding[] | undefined
  #token: LoginToken | undefined
  /** What the reverse lookup gave. */
  #canonicalHost: string | undefined
  #first: Attempt | undefined
  #rides: Command | undefined
  /** The first of what is left is not begun, but run again this way. */
  #again: Exchange | undefined
  #refused: ReplyError | undefined
  /** Why a mechanism could not even begin. */
  #unfit: PosthornError | undefined
  /** Aborted when the connection ends. */
  readonly #over = new AbortController()
  /** Aborted when it ends otherwise than by the server: a new token is of use to the next session, too. */
  readonly #givenUp = new AbortController()
  readonly #ended: Promise<never>
  /** True once the server has accepted the credentials. */
  done = false

  private constructor(session: LoginSession, credentials: Credentials) {
    const { options, extensions, wire, logins } = session
    this.#session = session
    this.#credentials = credentials
    this.#allowed = credentials.mechanism === undefined ? options.mechanisms : [credentials.mechanism]
    const { mechanisms, tooWeak } = chooseMechanisms({
      offered: extensions.mechanisms,
      custom: options.customMechanisms,
      allowed: this.#allowed,
      minimum: options.minimumAuthStrength,
    })
    if (mechanisms.length === 0 && tooWeak.length > 0) throw failure.tooWeak(tooWeak, options.minimumAuthStrength!)
    this.#mechanisms = this.#allowed === undefined ? logins.sorted(mechanisms) : mechanisms
    const token = () => this.#token?.secret
    const serviceHost = () => this.#canonicalHost ?? credentials.serviceHost ?? options.host
    const bindings = () =>
      (this.#bindings ??= session.secure && wire.socket instanceof TLSSocket ? channelBindings(wire.socket) : [])
    this.#context = saslContext(session, credentials, {
      get accessToken() {
        return token()
      },
      get serviceHost() {
        return serviceHost()
      },
      get channelBindings() {
        return bindings()
      },
    })
    this.#ended = wire.ended.then(() => {
      this.#over.abort(wire.failure)
      if (!LOST.has(wire.failure?.code ?? '')) this.#givenUp.abort(wire.failure)
      throw wire.failure ?? new InvariantError('a connection ended without a reason')
    })
    this.#ended.catch(() => {}) // whoever waits for something races against it
  }

  /**
   * Chooses what to try, and fetches a token when there is a function for it. Sends nothing.
   * @throws {SettingsError} `smtp.auth.cleartext`, `credentials.*`
   * @throws {ProtocolError} `smtp.auth.not-offered`, `smtp.auth.no-mechanism`, `smtp.auth.too-weak`, `smtp.auth.token`,
   * `smtp.auth.unproven`, `smtp.auth.server-proof`, `credentials.*`
   */
  static async prepare(session: LoginSession, credentials: Credentials): Promise<Login> {
    if (!session.secure && session.options.allowCleartextAuth !== true) throw failure.cleartextRefused()
    if (!session.extensions.has('AUTH')) throw failure.notOffered(session.secure)
    session.logins.check()
    const login = new Login(session, credentials)
    await login.#prepare()
    return login
  }

  /** When the access token ends, in milliseconds since 1970. */
  get expiresAt(): number | undefined {
    return this.#token?.expiresAt
  }

  /** True when AUTH may stand in one group with what follows it (RFC 4954 4): one step, an initial response, a line that is short enough. */
  get mayRide(): boolean {
    return this.#rides !== undefined
  }

  /**
   * Puts AUTH in front of a group; its reply must be given to `settle`.
   * @throws {ProtocolError} when another session has found meanwhile that the server is not to be trusted
   */
  ride(): void {
    this.#session.logins.check()
    hideSecrets(this.#session, this.#first!.exchange)
    this.#session.wire.command(this.#rides!)
  }

  /**
   * Takes note of the reply to a riding AUTH. False: it was refused, and `run` tries what is left.
   * @throws {ProtocolError} `smtp.auth.unproven`, `smtp.auth.downgraded`
   */
  settle(reply: Reply): boolean {
    const attempt = this.#first!
    this.#rides = undefined
    this.#first = undefined
    if (this.#accepted(attempt, reply)) return true
    if (!this.#mayGoOn(attempt, reply, this.#refuse(attempt, reply))) this.#mechanisms = []
    return false
  }

  /**
   * Logs in, one mechanism after the other.
   * @throws {ReplyError} `smtp.auth.refused` with the last refusal
   * @throws {ProtocolError} `smtp.auth.server-proof`, `smtp.auth.unproven`, `smtp.auth.downgraded`, `smtp.auth.challenge`,
   * `smtp.auth.endless`
   */
  async run(): Promise<void> {
    if (this.#rides) {
      this.#session.logins.check()
      if (this.settle(await this.#session.exchange(this.#rides))) return
    }
    for (let attempt = await this.#next(); attempt; attempt = await this.#next()) {
      const { mechanism } = attempt
      const reply = await this.#tryOrRefused(attempt)
      if (this.#accepted(attempt, reply)) return
      const reason = this.#refuse(attempt, reply)
      if (mechanism.strength === 'token' && (reply.code === 535 || (reply.code >= 500 && reason !== undefined))) {
        if (await this.#renew()) this.#mechanisms.unshift(mechanism)
      } else if (!this.#mayGoOn(attempt, reply, reason)) {
        break
      }
    }
    if (this.#refused?.outcome === 'permanent') this.#session.logins.failed()
    throw this.#refused ?? this.#nothingFits()
  }

  async #prepare(): Promise<void> {
    const credentials = this.#credentials
    const { pipelining, wire, logins } = this.#session
    if ('accessToken' in credentials) {
      this.#token = await this.#whileConnected(LoginToken.fetch(credentials, logins.renewals, this.#over.signal))
      wire.hidden.add(this.#token.secret.reveal())
    }
    if (this.#context.password) wire.hidden.add(this.#context.password())
    if (credentials.canonicalHost === true && credentials.serviceHost === undefined) {
      this.#canonicalHost = await this.#whileConnected(canonicalHost(this.#session, this.#over.signal))
    }
    const first = await this.#next()
    if (!first) throw this.#nothingFits()
    this.#first = first
    if (pipelining && first.mechanism.oneStep) this.#rides = withInitialResponse(first.mechanism.name, first.initial)
  }

  /** Whether the reply ends the login with success, and may. */
  #accepted({ mechanism: { name }, exchange }: Attempt, reply: Reply): boolean {
    if (reply.code !== 235) return false
    if (!exchange.mayEnd()) throw this.#distrusted(() => failure.unproven(name))
    const { logins } = this.#session
    logins.check()
    logins.succeeded(
      name,
      this.#tried.filter((tried) => tried !== name),
    )
    return (this.done = true)
  }

  /** Takes note of a refusal. @returns why, where the mechanism knows */
  #refuse({ mechanism: { name }, exchange }: Attempt, reply: Reply): string | undefined {
    const said = exchange.failure?.()
    if (said === 'server-does-support-channel-binding') throw this.#distrusted(() => failure.listShortened(name))
    // masked for those who read it; what decides is what was said
    const reason = said === undefined ? undefined : this.#session.wire.hidden.maskText(said)
    this.#refused = failure.refinedRefusal(refusal('auth', reply), { reason })
    this.#tried.push(name)
    if (this.#session.options.mechanismFallback === false) this.#mechanisms = [] // the same one may still come back
    return said
  }

  #nothingFits(): PosthornError {
    return this.#unfit ?? failure.noMechanism(this.#session.extensions, this.#credentials, this.#allowed)
  }

  /** The next mechanism that these credentials suit. What fails before anything was sent leaves the way to the next one open. */
  async #next(): Promise<Attempt | undefined> {
    const first = this.#first
    this.#first = undefined
    if (first) return first
    const { wire, logins } = this.#session
    for (let mechanism = this.#mechanisms.shift(); mechanism; mechanism = this.#mechanisms.shift()) {
      logins.check()
      if (this.#refused && (wire.closing || wire.failure)) return undefined
      try {
        const again = this.#again
        this.#again = undefined
        const exchange = again ?? (await this.#whileConnected(mechanism.begin(this.#context)))
        if (exchange) return { mechanism, exchange, initial: await this.#whileConnected(exchange.initial()) }
      } catch (error) {
        if (wire.failure) throw this.#refused ?? wire.failure
        this.#unfit ??= failure.mechanismFailed(error)
      }
    }
    return undefined
  }

  /** A server that hangs up on the next mechanism has said why before. */
  async #tryOrRefused(attempt: Attempt): Promise<Reply> {
    try {
      return await attemptLogin(this.#session, attempt, (value) => this.#whileConnected(value))
    } catch (error) {
      if (this.#refused && LOST.has((error as PosthornError).code)) throw this.#refused
      throw error
    }
  }

  #distrusted(error: () => PosthornError): PosthornError {
    this.#session.logins.distrust(error)
    return error()
  }

  /** Whether another mechanism, or this one again, may be tried after a refusal. */
  #mayGoOn({ mechanism, exchange }: Attempt, reply: Reply, reason: string | undefined): boolean {
    const { secure, options } = this.#session
    if (reply.code === PASSWORD_TRANSITION && secure) {
      this.#mechanisms = this.#mechanisms.filter(({ name }) => name === 'PLAIN')
      return true
    }
    if (reply.code < 500) return false // a passing fault: another mechanism would meet it too
    if (reason === 'channel-bindings-dont-match') {
      // it saw another TLS session than we do: to go on without binding is what somebody between would want
      this.#refused = failure.refinedRefusal(this.#refused!, {
        hint: 'Someone may sit between; or another machine does TLS for the server: name mechanisms without -PLUS then.',
      })
      return false
    }
    if (isBound(mechanism) && this.#allowed === undefined && options.minimumAuthStrength === 'mutual') {
      // whoever sits between cannot pass on what is bound, and would refuse it
      this.#mechanisms = this.#mechanisms.filter(isBound)
      this.#refused = failure.refinedRefusal(this.#refused!, {
        hint: "Check user and password. With minimumAuthStrength 'mutual' nothing unbound follows a refused -PLUS; if another machine does TLS for the server, name mechanisms without -PLUS.",
      })
    }
    if (reason === 'unsupported-channel-binding-type') {
      if (this.#context.channelBindings.length > 1) {
        this.#bindings = this.#context.channelBindings.slice(1)
        this.#mechanisms.unshift(mechanism)
      }
    } else {
      this.#again = exchange.again?.()
      if (this.#again) this.#mechanisms.unshift(mechanism)
    }
    return true
  }

  /** Asks for another token after one was refused. True: the same mechanism may try it. */
  async #renew(): Promise<boolean> {
    const { wire, options } = this.#session
    const result = await this.#token!.renew(this.#givenUp.signal, tokenLimit(options.timeouts))
    if (result === 'fixed') return false
    if (result === 'renewed') wire.hidden.add(this.#token!.secret.reveal())
    if (result === 'renewed' && !wire.closing && !wire.failure) return true
    // another mechanism has its one try with the same token: some servers take it by one of the two only
    if (result === 'same') {
      this.#refused = failure.refinedRefusal(this.#refused!, {
        hint: 'The server refuses the access token, and the function in credentials.accessToken gives the same one again.',
      })
    } else if (result === 'renewed') {
      this.#mechanisms = []
      this.#refused = failure.refinedRefusal(this.#refused!, {
        outcome: 'transient',
        hint: 'The server ended the session with its refusal; there is a new access token now: try again.',
      })
    }
    return false
  }

  /** Waits for what is not the wire's; the end of the connection ends the wait. */
  #whileConnected<T>(value: Promise<T> | T): Promise<T> | T {
    return value instanceof Promise ? Promise.race([value, this.#ended]) : value
  }
}

/** Bound to the TLS session (RFC 5802 6). */
function isBound({ name }: Mechanism): boolean {
  return name.endsWith('-PLUS')
}
