import type { Socket } from 'node:net'
import { checkUpgrade, diagnoseTls, dial, upgrade, type NetEvent, type TlsFacts } from '@posthorn/net'
import { PosthornError, ProtocolError, type Phase, type Reply } from '@posthorn/ground'
import { askForTls } from './ask-for-tls.js'
import { command, type Command } from './command.js'
import { Extensions } from './extensions.js'
import { diesOfRiding } from './known-servers.js'
import { defaultLocalName } from './local-name.js'
import { Login } from './login.js'
import type { LoginMemory } from './login-memory.js'
import { blockLimit, finalLimit, phaseLimits, tokenLimit } from './phase-limits.js'
import { aborted, endedByQuit, isPositive, refusal } from './fault.js'
import type { SettledOptions } from './settled-options.js'
import type { Trail } from './trail.js'
import { unlessAborted } from './unless-aborted.js'
import { Wire } from './wire.js'

/** Mail exchangers make clients wait for the greeting on purpose, and take who speaks first for a spammer: nothing is asked there. */
const MX_PORT = 25
const UNPROVEN_MS = 20_000
const PROBE_MS = 5_000
const GROUPED = new Set<Phase>(['mail', 'rcpt', 'data'])

/** How a session begins. */
export interface OpeningWays {
  /** Groups of commands are worth a try. */
  readonly groups: boolean
  /** A one-step login may wait for the first message and go out in front of it (RFC 4954 4). */
  readonly ridingLogin: boolean
}

/**
 * One connection from its greeting to QUIT (RFC 5321 3). It negotiates, logs in and owns the wire; mail transactions are carried on it
 * by `carry`. A session that failed or is in doubt is closed, never reset and used again.
 */
export class Session {
  readonly options: SettledOptions
  readonly trail: Trail
  wire!: Wire
  extensions = Extensions.none
  /** True under TLS. */
  secure = false
  /** What was agreed on with the server, under TLS. */
  tls: TlsFacts | undefined
  /** Groups of commands are used (RFC 2920). */
  pipelining = false
  login: Login | undefined
  /** What the logins of this client have learnt. */
  logins!: LoginMemory
  /** A transaction is open that must be ended by RSET before the next MAIL (RFC 5321 4.1.4; RFC 3030 2 after a failed BDAT). */
  dirty = false
  /** The reply to the last single command asks for more (334): what the caller says next is an answer, not a command. */
  challenged = false
  /** Groups were seen to work on this session. */
  proven = false
  /** Envelopes may go behind a content. */
  mayRide = true
  /** They were seen to work with this relay. */
  rideProven = false
  /** One is under way, and they were not. */
  ridesUnproven = false
  /** The server mishandled transactions in flight on this session. */
  inFlightOff = false
  /** Transactions begun. */
  carried = 0
  /** One caller's signal or deadline ended it, which says nothing to others. */
  cutShort = false
  /** Its owner is a caller: what is lost with it is not tried again elsewhere. */
  own = false
  /** Recipient domains used, for LIMITS RCPTDOMAINMAX. */
  readonly domains = new Set<string>()
  /** The server's limits leave no room for more. */
  full = false
  readonly openedAt = performance.now()
  /** By `performance.now()`; below 0: it was never idle. */
  idleSince = -1
  readonly #limit: (phase: Phase) => number
  /** How long the other side may be silent, where that is what is measured. */
  #silentMs: number | undefined
  #probing = false
  #ending: Promise<void> | undefined
  #greeted: Reply | undefined
  /** The step that is under way without a reply being waited for. */
  #step: Phase | undefined = 'resolve'

  private constructor(options: SettledOptions, trail: Trail) {
    this.options = options
    this.trail = trail
    const standard = phaseLimits(options.timeouts ?? {})
    this.#silentMs = options.timeouts?.silentMs
    const limit = (phase: Phase): number => (phase === 'quit' ? undefined : this.#silentMs) ?? standard(phase)
    // a server that loses commands of a group never answers them: until one group has worked, silence is found out sooner
    this.#limit = (phase) => {
      if (this.#probing) return Math.min(PROBE_MS, limit(phase))
      // of no use where nothing is tried again, or where silence has a limit of its own
      if (this.own || this.#silentMs !== undefined) return limit(phase)
      const unproven = (this.pipelining && !this.proven) || this.ridesUnproven
      return unproven && GROUPED.has(phase) ? Math.min(UNPROVEN_MS, limit(phase)) : limit(phase)
    }
  }

  /** Begins a session; `ready` resolves when it can carry mail. `phase` may be asked meanwhile. */
  static begin(
    options: SettledOptions,
    trail: Trail,
    signal: AbortSignal,
    ways: OpeningWays,
  ): { session: Session; ready: Promise<void> } {
    const session = new Session(options, trail)
    return { session, ready: session.#open(signal, ways) }
  }

  /** Where the session is. */
  get phase(): Phase {
    return this.#step ?? this.wire.phase
  }

  /** True while the connection stands and the server has not announced its end. */
  get alive(): boolean {
    return this.wire.failure === undefined && this.wire.closing === undefined
  }

  /** Measures silence from here on, and allows so much of it. */
  allowSilence(silentMs: number): void {
    this.#silentMs = silentMs
    this.wire.allowSilence(silentMs)
  }

  /** True once QUIT is under way. */
  get ending(): boolean {
    return this.#ending !== undefined
  }

  /** One command and its reply. @throws {PosthornError} when the connection ends first */
  exchange(command: Command): Promise<Reply> {
    this.wire.command(command)
    this.wire.flush()
    return this.wire.read()
  }

  /** Asks by NOOP or RSET whether the other side is still there. Never rejects. */
  async probe(): Promise<boolean> {
    const { probeCommand, probeStrict } = this.options.pool
    this.#probing = true
    try {
      const { code } = await this.exchange(command(probeCommand === 'RSET' ? 'rset' : 'noop', probeCommand))
      return (code === 250 || !probeStrict) && this.alive // 421 is the end of it
    } catch {
      return false // it has ended; what waits takes another session
    } finally {
      this.#probing = false
    }
  }

  /** RSET, when a transaction is open. @throws {PosthornError} also when the server refuses it: the session is in doubt then */
  async reset(): Promise<void> {
    if (!this.dirty || this.wire.closing) return
    this.expectReset(await this.exchange(command('rset', 'RSET')))
  }

  /** Takes note of the reply to RSET. @throws {ReplyError} when it was refused, and ends the session */
  expectReset(reply: Reply): void {
    this.dirty = false
    if (isPositive(reply)) return
    const error = refusal('rset', reply)
    this.wire.fail(error)
    throw error
  }

  /** QUIT, its reply for at most `quitMs`, and the end of the connection (RFC 5321 4.1.1.10); with 0 the reply is not waited for. Never rejects. */
  quit(): Promise<void> {
    return (this.#ending ??= this.#quit())
  }

  async #quit(): Promise<void> {
    const { wire } = this
    if (wire.failure) return
    try {
      wire.quitting()
      wire.socket.ref()
      if (wire.outstanding === 0) {
        wire.command(command('quit', 'QUIT'))
        if (this.options.timeouts?.quitMs !== 0) {
          wire.flush()
          await wire.read()
        } else if (this.options.maxOctetsPerSecond === undefined) {
          wire.flush() // what ends the connection sends what was written
        } else {
          await wire.taken()
        }
      }
    } catch {
      // what was to be said is said; a server that hangs up or stays silent changes nothing
    } finally {
      wire.end(endedByQuit())
    }
  }

  /** Calls back once when the connection is gone, at once when there is none. */
  onClose(gone: () => void): void {
    const socket = (this.wire as Wire | undefined)?.socket
    if (!socket || socket.closed) gone()
    else socket.once('close', gone)
  }

  async #open(signal: AbortSignal, { groups, ridingLogin }: OpeningWays): Promise<void> {
    const { options } = this
    if (options.security === 'starttls') await checkUpgrade(options)
    const socket = await dial({
      ...options, // every setting of the road bears the same name here and there
      signal,
      security: options.security === 'implicit' ? 'tls' : 'plain',
      timeoutMs: options.connectMs,
      onEvent: (event) => this.#onNetEvent(event),
    })
    const abort = () => this.wire.fail(aborted(signal, this.phase))
    this.#take(socket, options.security === 'implicit')
    signal.addEventListener('abort', abort, { once: true })
    try {
      if (signal.aborted) abort()
      this.wire.expect('greeting')
      this.wire.watch()
      await this.#greeting(signal)
      await this.#hello()
      if (options.security === 'starttls' || options.security === 'opportunistic') await this.#startTls(signal)
      if (diesOfRiding(this.#greeted, this.extensions)) {
        this.mayRide = false
        this.inFlightOff = true
      }
      this.pipelining = groups && options.pipelining !== 'off' && this.extensions.pipelining
      if (options.credentials !== undefined && this.#logsIn()) {
        this.#step = 'auth'
        this.login = await unlessAborted(Login.prepare(this, options.credentials), signal, tokenLimit(options.timeouts))
        this.#step = undefined
        if (!ridingLogin || !this.login.mayRide) await this.login.run()
      }
    } catch (error) {
      // a clean end also after errors (RFC 5321 4.1.1.10); the caller does not wait for it
      void this.quit()
      throw error
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  /** Where the server offers no login, mail goes without only if the options say so. What is offered must succeed. */
  #logsIn(): boolean {
    if (this.options.loginRequired !== false || this.extensions.has('AUTH')) return true
    this.trail.emit({ type: 'note', text: 'the server offers no login: mail goes without, as loginRequired is false' })
    return false
  }

  /** @param secure TLS to the server itself: that of a proxy on the way, which a connector may bring, ends at the proxy */
  #take(socket: Socket, secure: boolean): void {
    this.#step = undefined
    this.secure = secure
    const { host, port, tls, maxOctetsPerSecond, linger, lingerMs, trailSecrets, timeouts = {} } = this.options
    const certificate = tls?.cert !== undefined || tls?.pfx !== undefined || tls?.identity !== undefined
    // with TLS 1.3 a server refuses a client certificate only after the handshake
    this.wire = new Wire(socket, this.trail, this.#limit, (error) => diagnoseTls(error, { host, port }, certificate), {
      maxOctetsPerSecond,
      linger,
      lingerMs,
      blockMs: this.#silentMs ?? blockLimit(timeouts),
      commandsMs: timeouts.silentMs === undefined ? timeouts.writeMs : undefined,
      silentMs: timeouts.silentMs,
      finalMs: finalLimit(timeouts),
      trailSecrets,
    })
  }

  #onNetEvent(event: NetEvent): void {
    if (event.type === 'tls' && event.to === 'server') this.tls = event
    else if (event.type === 'resolve') this.#step = 'connect'
    else if (event.type === 'connect' || event.type === 'proxy')
      this.#step = this.options.security === 'implicit' ? 'tls' : 'connect'
    this.trail.emit(event)
  }

  async #greeting(signal: AbortSignal): Promise<void> {
    const reply = await (this.secure || this.options.port === MX_PORT || this.proven
      ? this.wire.read()
      : this.#greetingOrTls(signal))
    this.#greeted = reply
    if (isPositive(reply)) return
    const error = refusal('greeting', reply)
    if (this.options.quitAfterRefusedGreeting === false) this.wire.end(error)
    throw error
  }

  async #greetingOrTls(signal: AbortSignal): Promise<Reply> {
    const stop = askForTls(this.options, signal, (error) => this.wire.fail(error))
    try {
      return await this.wire.read()
    } finally {
      stop()
    }
  }

  /** EHLO, or HELO when the server does not know it (RFC 5321 3.2); LHLO for LMTP (RFC 2033 4.1). */
  async #hello(): Promise<void> {
    const { localName, localAddress } = this.options
    const name = localName ?? defaultLocalName(this.wire.socket, localAddress)
    const lmtp = this.options.protocol === 'lmtp'
    if (this.options.extensions !== false || lmtp) {
      const reply = await this.exchange(command('ehlo', `${lmtp ? 'LHLO' : 'EHLO'} ${name}`))
      if (isPositive(reply)) {
        this.extensions = this.options.extensions === false ? Extensions.none : Extensions.fromReply(reply)
        return
      }
      if (reply.code < 500 || lmtp) throw refusal('ehlo', reply)
    }
    this.extensions = Extensions.none
    const reply = await this.exchange(command('ehlo', `HELO ${name}`))
    if (!isPositive(reply)) throw refusal('ehlo', reply)
  }

  /** RFC 3207: everything learnt before the handshake is forgotten, and nothing that came in the clear survives it. */
  async #startTls(signal: AbortSignal): Promise<void> {
    const required = this.options.security === 'starttls'
    if (!this.extensions.has('STARTTLS')) {
      if (!required) return
      throw new ProtocolError('smtp.starttls.not-offered', 'the server does not offer STARTTLS', {
        phase: 'starttls',
        outcome: 'permanent',
        hint: "Nothing was sent in the clear. Try security 'implicit' on port 465, or ask why STARTTLS is missing: it may have been stripped on the way.",
      })
    }
    const reply = await this.exchange(command('starttls', 'STARTTLS'))
    if (reply.code !== 220) {
      if (!required && reply.code >= 400 && reply.code !== 421) return
      throw refusal('starttls', reply)
    }
    if (!this.wire.quiet || this.wire.failure) {
      const error = injected()
      this.wire.fail(error) // not even QUIT: after the 220 nothing but the handshake may go out
      throw error
    }
    const plain = this.wire.detach()
    this.extensions = Extensions.none
    this.#step = 'tls'
    const { host, port, tls, proxy, connectMs } = this.options
    try {
      this.#take(
        await upgrade(plain, {
          host,
          port,
          tls,
          proxy,
          signal,
          timeoutMs: connectMs,
          onEvent: (event) => this.#onNetEvent(event),
        }),
        true,
      )
    } catch (error) {
      this.wire.fail(error instanceof PosthornError ? error : injected(error))
      throw error
    }
    await this.#hello()
  }
}

function injected(cause?: unknown): ProtocolError {
  return new ProtocolError(
    'smtp.starttls.injected',
    'the server sent octets in the clear behind its answer to STARTTLS',
    {
      phase: 'starttls',
      outcome: 'permanent',
      cause,
      hint: 'Someone may sit between: the session was ended before anything was sent (RFC 3207 6).',
    },
  )
}
