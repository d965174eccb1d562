import { InvariantError, ProtocolError, type PosthornError, type Reply, type ReplyError } from '@posthorn/ground'
import {
  chooseMechanisms,
  type ChannelBinding,
  type Credentials,
  type Exchange,
  type Mechanism,
  type SaslContext,
} from '@posthorn/sasl'
import { decodeChallenge, responseLine, withInitialResponse } from './auth-command.js'
import { channelBindings } from '@posthorn/net'
import { TLSSocket } from 'node:tls'
import { command, type Command } from './command.js'
import { isIntermediate, refusal } from './fault.js'
import * as failure from './login-failure.js'
import type { LoginSession } from './login-session.js'
import { LoginToken } from './login-token.js'
import { phaseLimits } from './phase-limits.js'
import { saslContext } from './sasl-context.js'

/** No mechanism needs more; a server that goes on is not answered for ever. */
const MAX_ROUNDS = 16
/** RFC 4954 6: the server has the password in an old form only, and learns the new one by PLAIN. */
const PASSWORD_TRANSITION = 432

/** Ends of a connection that are the server's doing. */
const LOST = new Set(['smtp.connection.lost', 'smtp.closing'])

/** A mechanism that has begun, and nothing was sent yet. */
interface Attempt {
  readonly mechanism: Mechanism
  readonly exchange: Exchange
  readonly initial: Uint8Array | undefined
}

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
  #first: Attempt | undefined
  #rides: Command | undefined
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
    this.#mechanisms = logins.sorted(mechanisms)
    const token = () => this.#token?.secret
    const bindings = () =>
      (this.#bindings ??= session.secure && wire.socket instanceof TLSSocket ? channelBindings(wire.socket) : [])
    this.#context = saslContext(session, credentials, {
      get accessToken() {
        return token()
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

  /** Puts AUTH in front of a group; its reply must be given to `settle`. */
  ride(): void {
    this.#session.wire.command(this.#rides!)
  }

  /** Takes note of the reply to a riding AUTH. False: it was refused, and `run` tries what is left. */
  settle(reply: Reply): boolean {
    const { mechanism } = this.#first!
    this.#rides = undefined
    this.#first = undefined
    if (reply.code === 235) return this.#succeeded()
    this.#refused = refusal('auth', reply)
    this.#tried.push(mechanism.name)
    if (!this.#mayGoOn(mechanism, reply, undefined)) this.#mechanisms = []
    return false
  }

  /**
   * Logs in, one mechanism after the other.
   * @throws {ReplyError} `smtp.auth.refused` with the last refusal
   * @throws {ProtocolError} `smtp.auth.server-proof`, `smtp.auth.unproven`, `smtp.auth.challenge`, `smtp.auth.endless`
   */
  async run(): Promise<void> {
    if (this.#rides && this.settle(await this.#session.exchange(this.#rides))) return
    for (let attempt = await this.#next(); attempt; attempt = await this.#next()) {
      const { mechanism, exchange } = attempt
      const reply = await this.#tryOrRefused(attempt)
      if (reply.code === 235) {
        if (!exchange.mayEnd()) throw this.#distrusted(() => failure.unproven(mechanism.name))
        this.#succeeded()
        return
      }
      const said = exchange.failure?.()
      const reason = said === undefined ? undefined : this.#session.wire.hidden.maskText(said)
      this.#refused = failure.refinedRefusal(refusal('auth', reply), { reason })
      if (mechanism.strength === 'token' && (reply.code === 535 || (reply.code >= 500 && reason !== undefined))) {
        if (await this.#renew()) this.#mechanisms.unshift(mechanism)
      } else if (!this.#mayGoOn(mechanism, reply, reason)) {
        break
      }
      this.#tried.push(mechanism.name)
    }
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
    const first = await this.#next()
    if (!first) throw this.#nothingFits()
    this.#first = first
    if (pipelining && first.mechanism.oneStep) this.#rides = withInitialResponse(first.mechanism.name, first.initial)
  }

  #succeeded(): true {
    this.#session.logins.succeeded(this.#tried)
    return (this.done = true)
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
        const exchange = await this.#whileConnected(mechanism.begin(this.#context))
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
      return await this.#try(attempt)
    } catch (error) {
      if (this.#refused && LOST.has((error as PosthornError).code)) throw this.#refused
      throw error
    }
  }

  async #try({ mechanism: { name }, exchange, initial }: Attempt): Promise<Reply> {
    const session = this.#session
    const { hidden } = session.wire
    const short = withInitialResponse(name, initial)
    let reply = await session.exchange(short ?? command('auth', `AUTH ${name}`))
    let waiting = short === undefined ? initial : undefined
    for (let round = 0; reply.code === 334 && round < MAX_ROUNDS; round++) {
      // what stands in front of a response that waits does not count, and some servers write a sentence there (MS-SMTPNTLM)
      const challenge = waiting ? undefined : decodeChallenge(hidden.received(reply).lines)
      const { answer, error } = challenge ? await this.#answer(name, exchange, challenge) : { answer: waiting ?? null }
      waiting = undefined
      for (const secret of exchange.secrets?.() ?? []) hidden.add(secret)
      reply = await session.exchange(responseLine(answer))
      if (error) throw error
    }
    if (!isIntermediate(reply)) return reply
    throw new ProtocolError('smtp.auth.endless', `the server did not come to an end of ${name}`, {
      phase: 'auth',
      outcome: 'permanent',
      reply,
      hint: 'The server does not keep to RFC 4954; name another mechanism.',
    })
  }

  /** What a mechanism throws cancels the exchange (RFC 4954 4), and is told once the server's answer to that was read. */
  async #answer(
    name: string,
    exchange: Exchange,
    challenge: Uint8Array,
  ): Promise<{ readonly answer: Uint8Array | null; readonly error?: PosthornError }> {
    try {
      const answer = await this.#whileConnected(exchange.respond(challenge))
      if (answer === undefined) throw new InvariantError(`${name} gave undefined`)
      return { answer }
    } catch (cause) {
      const { wire } = this.#session
      if (wire.failure) throw wire.failure
      const error = failure.mechanismFailed(cause)
      if (error.code === 'smtp.auth.server-proof') this.#distrusted(() => failure.serverProofFailed(error))
      return { answer: null, error }
    }
  }

  #distrusted(error: () => PosthornError): PosthornError {
    this.#session.logins.distrust(error)
    return error()
  }

  /** Whether another mechanism, or this one again, may be tried after a refusal. */
  #mayGoOn(mechanism: Mechanism, reply: Reply, reason: string | undefined): boolean {
    if (reply.code === PASSWORD_TRANSITION && this.#session.secure) {
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
    if (reason === 'unsupported-channel-binding-type' && this.#context.channelBindings.length > 1) {
      this.#bindings = this.#context.channelBindings.slice(1)
      this.#mechanisms.unshift(mechanism)
    }
    return true
  }

  /** Asks for another token after one was refused. True: the same mechanism may try it. */
  async #renew(): Promise<boolean> {
    const { wire, options } = this.#session
    const result = await this.#token!.renew(this.#givenUp.signal, phaseLimits(options.timeouts ?? {})('auth'))
    if (result === 'fixed') return false
    if (result === 'renewed') wire.hidden.add(this.#token!.secret.reveal())
    if (result === 'renewed' && !wire.closing && !wire.failure) return true
    this.#mechanisms = [] // another mechanism would bring the token that was refused
    if (result === 'same') {
      this.#refused = failure.refinedRefusal(this.#refused!, {
        hint: 'The server refuses the access token, and the function in credentials.accessToken gives the same one again.',
      })
    } else if (result === 'renewed') {
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
