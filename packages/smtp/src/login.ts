import { TLSSocket } from 'node:tls'
import {
  InvariantError,
  PosthornError,
  ProtocolError,
  ReplyError,
  Secret,
  SettingsError,
  type Reply,
} from '@posthorn/ground'
import { command, type Command } from './command.js'
import {
  chooseMechanisms,
  type AccessToken,
  type ChannelBinding,
  type Credentials,
  type Exchange,
  type Mechanism,
  type SaslContext,
} from '@posthorn/sasl'
import type { Extensions } from './extensions.js'
import { refusal } from './fault.js'
import type { SettledOptions } from './settled-options.js'
import type { Wire } from './wire.js'

/** RFC 4954 4: with a longer line the initial response waits for the 334. */
const MAX_AUTH_LINE = 510
/** No mechanism needs more; a server that goes on is not answered for ever. */
const MAX_ROUNDS = 16

/** What AUTH needs of a session. */
export interface LoginSession {
  readonly options: SettledOptions
  readonly extensions: Extensions
  readonly secure: boolean
  readonly pipelining: boolean
  readonly wire: Wire
  exchange(command: Command): Promise<Reply>
}

/** AUTH on one session (RFC 4954): strongest mechanism first, the next after a refusal. */
export class Login {
  readonly #session: LoginSession
  readonly #context: SaslContext
  readonly #mechanisms: Mechanism[]
  #rides: { exchange: Exchange; command: Command } | undefined
  #refused: PosthornError | undefined
  #broken: PosthornError | undefined
  /** True once the server has accepted the credentials. */
  done = false
  /** When the access token ends, in milliseconds since 1970. */
  readonly expiresAt: number | undefined

  private constructor(
    session: LoginSession,
    context: SaslContext,
    mechanisms: Mechanism[],
    expiresAt: number | undefined,
  ) {
    this.#session = session
    this.#context = context
    this.#mechanisms = mechanisms
    this.expiresAt = expiresAt
  }

  async #prepareRide(): Promise<void> {
    const [first] = this.#mechanisms
    if (!this.#session.pipelining || !first?.oneStep) return
    const exchange = await begun(first, this.#context)
    const command = exchange && withInitialResponse(first.name, await exchange.initial())
    if (!exchange || !command) return
    this.#rides = { exchange, command }
    this.#mechanisms.shift()
  }

  /**
   * Chooses what to try, and fetches a token when there is a function for it. Sends nothing.
   * @throws {ProtocolError} `smtp.auth.cleartext`, `smtp.auth.not-offered`, `smtp.auth.no-mechanism`, `smtp.auth.token`
   */
  static async prepare(session: LoginSession, credentials: Credentials): Promise<Login> {
    const { options, extensions } = session
    if (!session.secure && options.allowCleartextAuth !== true) {
      throw new SettingsError(
        'smtp.auth.cleartext',
        'credentials',
        'would travel in the clear: the session has no TLS',
        {
          phase: 'auth',
          hint: "Use security 'starttls' or 'implicit', or say allowCleartextAuth: true.",
        },
      )
    }
    if (!extensions.has('AUTH')) {
      throw new ProtocolError('smtp.auth.not-offered', 'the server offers no login, and credentials are set', {
        phase: 'auth',
        outcome: 'permanent',
        hint: session.secure
          ? 'Leave the credentials out, or use the submission port.'
          : 'Many servers offer it only under TLS: set security.',
      })
    }
    const named = credentials.mechanism !== undefined ? [credentials.mechanism] : options.mechanisms
    const token = 'accessToken' in credentials ? await fetchToken(credentials.accessToken) : undefined
    const context = saslContext(session, credentials, token?.secret)
    for (const secret of [context.password, context.accessToken]) if (secret) session.wire.hidden.add(secret())
    const chosen: Mechanism[] = []
    for (const mechanism of chooseMechanisms(extensions.mechanisms, options.customMechanisms ?? [], named)) {
      if ((await begun(mechanism, context)) !== null) chosen.push(mechanism)
    }
    if (chosen.length === 0) {
      throw noMechanism(session)
    }
    const login = new Login(session, context, chosen, token?.expiresAt)
    await login.#prepareRide()
    return login
  }

  /** True when AUTH may stand in one group with what follows it (RFC 4954 4): one step, an initial response, a line that is short enough. */
  get mayRide(): boolean {
    return this.#rides !== undefined
  }

  /** Puts AUTH in front of a group; its reply must be given to `settle`. */
  ride(): void {
    this.#session.wire.command(this.#rides!.command)
  }

  /** Takes note of the reply to a riding AUTH. False: it was refused, and `run` tries what is left. */
  settle(reply: Reply): boolean {
    this.#rides = undefined
    if (reply.code === 235) return (this.done = true)
    this.#refused = refusal('auth', reply)
    if (reply.code < 500) this.#mechanisms.length = 0 // a passing fault: another mechanism would meet it too
    return false
  }

  /**
   * Logs in, one mechanism after the other.
   * @throws {ReplyError} `smtp.auth.refused` with the last refusal
   */
  async run(): Promise<void> {
    const riding = this.#rides
    if (riding) {
      if (this.settle(await this.#session.exchange(riding.command))) return
    }
    for (let mechanism = this.#mechanisms.shift(); mechanism; mechanism = this.#mechanisms.shift()) {
      const exchange = await begun(mechanism, this.#context)
      if (!exchange) continue
      const reply = await this.#try(mechanism.name, exchange)
      if (reply.code === 235 && exchange.mayEnd()) {
        this.done = true
        return
      }
      if (reply.code === 235) throw unproven(mechanism.name)
      this.#refused = withReason(refusal('auth', reply), exchange.failure?.())
      if (reply.code < 500) break
    }
    throw this.#refused ?? noMechanism(this.#session)
  }

  /** A mechanism of the caller's own may take its time; the end of the connection ends the wait for it. */
  async #answer(exchange: Exchange, challenge: Uint8Array): Promise<Uint8Array | null> {
    const { wire } = this.#session
    try {
      const answer = await Promise.race([exchange.respond(challenge), wire.ended])
      if (answer !== undefined) return answer
    } catch (error) {
      this.#broken = mechanismFailed(error)
      return null // cancels (RFC 4954 4); the server's answer to that is read before the error is told
    }
    throw wire.failure ?? new InvariantError('a mechanism gave undefined')
  }

  async #try(name: string, exchange: Exchange): Promise<Reply> {
    const session = this.#session
    const initial = await exchange.initial()
    const short = withInitialResponse(name, initial)
    let reply = await session.exchange(short ?? command('auth', `AUTH ${name}`))
    let waiting = short === undefined ? initial : undefined
    for (let round = 0; reply.code === 334 && round < MAX_ROUNDS; round++) {
      const challenge = decodeChallenge(reply.lines.join(''))
      const answer = challenge === undefined ? null : (waiting ?? (await this.#answer(exchange, challenge)))
      waiting = undefined
      const line = answer === null ? '*' : Buffer.from(answer).toString('base64')
      reply = await session.exchange(command('auth', line, answer === null ? '*' : '***'))
    }
    if (this.#broken) throw this.#broken
    if (reply.code >= 300 && reply.code < 400) {
      throw new ProtocolError('smtp.auth.endless', `the server did not come to an end of ${name}`, {
        phase: 'auth',
        outcome: 'permanent',
        reply,
        hint: 'The server does not keep to RFC 4954; name another mechanism.',
      })
    }
    return reply
  }
}

async function begun(mechanism: Mechanism, context: SaslContext): Promise<Exchange | null> {
  try {
    return await mechanism.begin(context)
  } catch (error) {
    throw mechanismFailed(error)
  }
}

function mechanismFailed(cause: unknown): PosthornError {
  if (cause instanceof PosthornError) return cause
  return new ProtocolError('smtp.auth.mechanism', 'the mechanism failed', {
    phase: 'auth',
    outcome: 'permanent',
    cause,
    hint: 'See the cause.',
  })
}

/** `AUTH NAME response`, or undefined when there is none or the line would be too long. An empty one is "=" (RFC 4954 4). */
function withInitialResponse(name: string, initial: Uint8Array | undefined): Command | undefined {
  if (initial === undefined) return undefined
  const line = `AUTH ${name} ${Buffer.from(initial).toString('base64') || '='}`
  return line.length > MAX_AUTH_LINE ? undefined : command('auth', line, `AUTH ${name} ***`)
}

/** RFC 4954 4: base64 and nothing else, or the exchange is cancelled. */
function decodeChallenge(text: string): Uint8Array | undefined {
  const clean = text.trim()
  return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(clean)
    ? Buffer.from(clean, 'base64')
    : undefined
}

async function fetchToken(
  source: string | Secret | (() => Promise<AccessToken>),
): Promise<{ secret: Secret; expiresAt: number | undefined }> {
  try {
    const token = typeof source === 'function' ? await source() : source
    if (typeof token === 'string' || token instanceof Secret) return { secret: Secret.of(token), expiresAt: undefined }
    return {
      secret: Secret.of(token.token),
      expiresAt: token.expiresAt === undefined ? undefined : Number(token.expiresAt),
    }
  } catch (cause) {
    throw new ProtocolError('smtp.auth.token', 'no access token could be had', {
      phase: 'auth',
      outcome: 'transient',
      cause,
      hint: 'See the cause; the function in credentials.accessToken failed.',
    })
  }
}

function saslContext(session: LoginSession, credentials: Credentials, token: Secret | undefined): SaslContext {
  const password =
    'password' in credentials && credentials.password !== undefined ? Secret.of(credentials.password) : undefined
  const { socket } = session.wire
  return {
    service: 'smtp',
    host: credentials.serviceHost ?? session.options.host,
    port: session.options.port,
    user: credentials.user ?? '',
    password: password && (() => password.reveal()),
    accessToken: token && (() => token.reveal()),
    authorizationId: credentials.authorizationId,
    realm: credentials.realm,
    ntlm: credentials.ntlm,
    secure: session.secure,
    offered: session.extensions.mechanisms,
    channelBindings: session.secure && socket instanceof TLSSocket ? [tlsExporter(socket)] : [],
  }
}

/** RFC 9266. */
function tlsExporter(socket: TLSSocket): ChannelBinding {
  return {
    type: 'tls-exporter',
    octets: () => socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0)),
  }
}

function noMechanism({ extensions }: LoginSession): ProtocolError {
  return new ProtocolError(
    'smtp.auth.no-mechanism',
    `no mechanism fits; the server offers ${extensions.mechanisms.join(' ') || 'none'}`,
    {
      phase: 'auth',
      outcome: 'permanent',
      hint: 'Check the kind of the credentials (password or access token) and the mechanisms option.',
    },
  )
}

function withReason(error: PosthornError, reason: string | undefined): PosthornError {
  if (reason === undefined || !error.reply) return error
  return new ReplyError(error.code, `${error.message} (${reason})`, {
    phase: error.phase,
    outcome: error.outcome,
    reply: error.reply,
    hint: error.hint,
  })
}

function unproven(name: string): ProtocolError {
  return new ProtocolError('smtp.auth.unproven', `the server accepted the login without proving itself in ${name}`, {
    phase: 'auth',
    outcome: 'permanent',
    hint: 'Do not trust this server: it may not know the password at all.',
  })
}
