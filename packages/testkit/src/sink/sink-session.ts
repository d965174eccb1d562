import type { Socket } from 'node:net'
import type { SecureContext } from 'node:tls'
import { TLSSocket } from 'node:tls'
import { DotReader } from './dot-reader.js'
import type { SinkMessage, SinkSessionRecord } from './ledger.js'
import type { Fault, FaultKind, SinkOptions } from './options.js'
import { ReplyWriter } from './reply-writer.js'
import { SmtpState } from './smtp-state.js'

const LINE_LIMIT_OCTETS = 12_290 // RFC 4954 4, for lines of AUTH; other commands are not held to 512
const KEPT_COMMANDS = 10_000
const KEPT_CLEAR_OCTETS = 64 * 1024
const KEPT_VIOLATIONS = 100
const NOTHING = Buffer.alloc(0)

/** Verbs that end a group of commands, RFC 2920 3.1. */
const ENDS_GROUP: ReadonlySet<string> = new Set('EHLO HELO LHLO DATA VRFY EXPN QUIT NOOP STARTTLS AUTH'.split(' '))

/** What the sessions of a server share. */
export interface SinkShared {
  readonly options: SinkOptions
  readonly extensions: readonly string[]
  readonly secureContext: SecureContext | undefined
  /** Makes the message, with the next id, and puts it into the ledger. */
  readonly take: (make: (id: number) => SinkMessage) => SinkMessage
}

/** One connection: cuts what comes into commands, lines and content, writes the replies, and is cut where the fault says. */
export class SinkSession {
  readonly record: SinkSessionRecord
  #shared: SinkShared
  #state: SmtpState
  #fault: Fault | undefined
  #raw: Socket
  #socket: Socket
  #writer: ReplyWriter
  #unread: Buffer = NOTHING
  #over = false
  #contents = 0
  #dots: DotReader | undefined
  #chunkArgument = ''
  #chunkLeft = 0

  constructor(number: number, socket: Socket, shared: SinkShared) {
    this.record = {
      number,
      commands: [],
      commandCount: 0,
      tls: false,
      authenticated: undefined,
      endedBy: 'open',
      clearOctets: NOTHING,
      violations: [],
    }
    this.#shared = shared
    this.#state = new SmtpState(shared.options, shared.extensions)
    this.#fault = shared.options.fault?.(number)
    this.#raw = socket
    this.#socket = socket
    this.#writer = new ReplyWriter(socket, this.#fault, shared.options.coalesce ?? true)
    if (shared.options.implicitTls === true) {
      this.#startTls(() => this.#greet())
    } else {
      this.#listen()
      this.#greet()
    }
  }

  #listen(): void {
    this.#socket.on('data', this.#onData)
    this.#socket.on('end', this.#onEnd)
    this.#socket.on('error', () => this.#endBy('error'))
    this.#socket.on('close', () => this.#endBy('closed'))
  }

  readonly #onEnd = (): void => {
    this.#endBy('end')
    this.#socket.end()
  }

  #endBy(how: SinkSessionRecord['endedBy']): void {
    if (this.record.endedBy === 'open') this.record.endedBy = how
    this.#over = true
    this.#unread = NOTHING
  }

  #greet(): void {
    if (this.#fault?.at === 'greeting') return this.#cut(this.#fault.how)
    const reply =
      this.#override('GREETING', '') ?? `220 sink.example.test ${this.#shared.options.lmtp === true ? 'LMTP' : 'ESMTP'}`
    if (!reply.startsWith('2')) this.#state.greeted = 'refused'
    this.#reply(reply)
    this.#flush()
  }

  readonly #onData = (octets: Buffer): void => {
    if (!this.record.tls && this.record.clearOctets.length < KEPT_CLEAR_OCTETS) {
      this.record.clearOctets = Buffer.concat([this.record.clearOctets, octets]).subarray(0, KEPT_CLEAR_OCTETS)
    }
    if (this.#over) return
    const socket = this.#socket
    const buffer = this.#unread.length === 0 ? octets : Buffer.concat([this.#unread, octets])
    let at = 0
    while (at < buffer.length) {
      const next = this.#read(buffer, at)
      // What was cut off is dropped, and so is what came in clear behind STARTTLS: it must not be read as if it had come inside TLS.
      if (this.#over || socket !== this.#socket) return
      if (next < 0) break
      at = next
    }
    this.#unread = at === buffer.length ? NOTHING : buffer.subarray(at)
    this.#flush()
  }

  /** Reads one command or line, or what there is of content. Gives the index after it, or -1 when the line is not whole. */
  #read(buffer: Buffer, at: number): number {
    const { expects } = this.#state
    if (expects === 'data') return this.#readData(buffer, at)
    if (expects === 'chunk') return this.#readChunk(buffer, at)
    const end = buffer.indexOf(0x0a, at)
    if (end < 0) {
      if (buffer.length - at > LINE_LIMIT_OCTETS) this.#reply('421 4.5.2 line too long')
      return -1
    }
    const line = buffer.toString('latin1', at, end)
    if (line.indexOf('\r') !== line.length - 1) {
      this.#violate('CR or LF alone in a line')
      this.#reply('500 5.5.2 only CRLF ends a line')
      return end + 1
    }
    const text = /[^\0-\x7f]/.test(line) ? buffer.toString('utf8', at, end - 1) : line.slice(0, -1)
    if (expects === 'auth') {
      this.#reply(this.#state.continueAuth(text))
      this.record.authenticated = this.#state.user
    } else {
      this.#command(text, end + 1 < buffer.length)
    }
    return end + 1
  }

  #readData(buffer: Buffer, at: number): number {
    const end = this.#dots!.push(buffer, at)
    if (end < 0 || this.#over) return buffer.length
    this.#endContent()
    if (end < buffer.length) this.#checkGroup('content')
    return end
  }

  #readChunk(buffer: Buffer, at: number): number {
    const end = Math.min(buffer.length, at + this.#chunkLeft)
    this.#chunkLeft -= end - at
    this.#content(buffer.subarray(at, end))
    if (this.#chunkLeft > 0 || this.#over) return end
    this.#endChunk()
    if (end < buffer.length) this.#checkGroup('content')
    return end
  }

  #command(line: string, moreFollows: boolean): void {
    const { record } = this
    const state = this.#state
    record.commandCount++
    if (record.commands.length < KEPT_COMMANDS) record.commands.push(line)
    if (this.#fault?.at === 'command' && this.#fault.index === record.commandCount) return this.#cut(this.#fault.how)
    const space = line.indexOf(' ')
    const verb = (space < 0 ? line : line.slice(0, space)).toUpperCase()
    const argument = space < 0 ? '' : line.slice(space + 1)
    if (verb === 'BDAT' && state.offered.has('CHUNKING')) return this.#startChunk(argument)
    if (moreFollows) this.#checkGroup(verb, argument)
    const override = this.#override(verb, argument)
    if (override !== undefined && !/^[23]/.test(override)) return this.#reply(override)
    const usual = state.refusal(verb) ?? state.perform(verb, argument)
    if (override !== undefined && override[0] !== usual[0]) state.expects = 'command'
    if (state.expects === 'data') this.#startData()
    this.record.authenticated = state.user
    this.#reply(override ?? usual)
    if (verb === 'QUIT') this.#close('quit')
    else if (verb === 'STARTTLS' && usual.startsWith('220') && !this.#over) this.#startTls()
  }

  #startData(): void {
    this.#contents++
    this.#dots = new DotReader((octets) => this.#content(octets))
  }

  /** The chunk is read whatever the reply will be: otherwise its octets would be taken for commands. */
  #startChunk(argument: string): void {
    const state = this.#state
    const [, size] = /^(\d{1,15})(?: LAST)?$/i.exec(argument) ?? []
    if (size === undefined) {
      state.chunkFailed = true
      return this.#reply('501 5.5.4 BDAT size [LAST] it is')
    }
    if (state.transaction !== undefined && !state.transaction.chunked && state.transaction.recipients.length > 0) {
      state.transaction.chunked = true
      this.#contents++
    }
    this.#chunkArgument = argument
    this.#chunkLeft = Number(size)
    state.expects = 'chunk'
    if (this.#chunkLeft === 0) this.#endChunk()
  }

  #content(octets: Buffer): void {
    const { transaction, chunkFailed } = this.#state
    if (this.#over || chunkFailed || transaction === undefined) return
    transaction.add(octets)
    const fault = this.#fault
    if (fault?.at === 'content' && this.#isHere(fault) && transaction.sizeOctets >= fault.octets) this.#cut(fault.how)
  }

  #endChunk(): void {
    const state = this.#state
    state.expects = 'command'
    const override = state.chunkRefusal() ?? this.#override('BDAT', this.#chunkArgument)
    if (override !== undefined && !override.startsWith('2')) {
      state.chunkFailed = true
      this.#reply(override)
    } else if (/ LAST$/i.test(this.#chunkArgument)) {
      this.#endContent(override)
    } else {
      this.#reply(override ?? '250 2.0.0 ok')
    }
  }

  /** RFC 5321 4.2.5: the message is in the ledger before the first final reply leaves. */
  #endContent(given?: string): void {
    const state = this.#state
    const transaction = state.transaction!
    const fault = this.#fault
    state.expects = 'command'
    if (fault?.at === 'final' && this.#isHere(fault)) return this.#cut(fault.how)
    const tooBig = transaction.sizeOctets > state.sizeLimitOctets ? '552 5.3.4 too big' : undefined
    const perRecipient = this.#shared.options.lmtp === true ? transaction.recipients : ['']
    const replies = perRecipient.map(
      (recipient) => tooBig ?? this.#override('CONTENT', recipient) ?? given ?? '250 2.0.0 taken',
    )
    const refused = new Set(replies.flatMap((reply, index) => (reply.startsWith('2') ? [] : [index])))
    let message: SinkMessage | undefined
    if (refused.size < replies.length) {
      message = this.#shared.take((id) => transaction.taken(id, this.record.number, refused))
      if (fault?.at === 'taken' && this.#isHere(fault)) return this.#cut(fault.how)
    } else {
      state.chunkFailed = transaction.chunked
    }
    state.transaction = undefined
    for (const [index, reply] of replies.entries()) this.#reply(reply, message, index === replies.length - 1)
  }

  #isHere(fault: { readonly message?: number }): boolean {
    return (fault.message ?? 1) === this.#contents
  }

  #startTls(then?: () => void): void {
    this.#writer.flush()
    this.#raw.off('data', this.#onData).off('end', this.#onEnd).pause()
    if (this.#shared.options.implicitTls === true) this.#raw.on('error', () => this.#endBy('error'))
    this.#state.startTls()
    const secure = new TLSSocket(this.#raw, { isServer: true, secureContext: this.#shared.secureContext! })
    this.#socket = secure
    this.#writer.socket = secure
    this.#unread = NOTHING
    secure.once('_tlsError', () => this.#endBy('tls'))
    secure.once('secure', () => {
      this.record.tls = true
      this.#state.secure = true
      then?.()
    })
    this.#listen()
  }

  #override(verb: string, argument: string): string | undefined {
    const { replyTo } = this.#shared.options
    if (replyTo === undefined) return undefined
    const { reversePath, recipients = [], sizeOctets = 0 } = this.#state.transaction ?? {}
    return replyTo(verb, argument, { session: this.record, reversePath, recipients, sizeOctets })
  }

  /** Octets have come behind this verb in the same read: was that allowed? */
  #checkGroup(verb: string, argument = ''): void {
    const oneRoundTrip = verb === 'AUTH' && /^(?:PLAIN|XOAUTH2) \S/i.test(argument) // RFC 4954 4
    if (ENDS_GROUP.has(verb) && !oneRoundTrip) this.#violate(`octets behind ${verb}`)
    else if (!this.#state.offered.has('PIPELINING')) this.#violate(`octets behind ${verb} without PIPELINING`)
  }

  #violate(what: string): void {
    if (this.record.violations.length < KEPT_VIOLATIONS) this.record.violations.push(what)
  }

  #reply(reply: string, message?: SinkMessage, last = true): void {
    if (this.#over) return
    if (!this.#writer.add(reply, message, last)) this.#cut(this.#fault!.how)
    else if (reply.startsWith('421')) this.#close('421')
  }

  /** A client that does not read its replies is not read from either. */
  #flush(): void {
    if (this.#writer.flush() || this.#over) return
    this.#socket.pause()
    this.#socket.once('drain', () => {
      if (!this.#over) this.#socket.resume()
    })
  }

  #close(how: 'quit' | '421'): void {
    if (this.#over) return
    this.#endBy(how)
    this.#writer.flush()
    this.#socket.end()
  }

  /** Two turns of the event loop later: octets that a reset overtakes may be lost, or the reset be taken for the end. */
  #reset(): void {
    setImmediate(() => setImmediate(() => this.#raw.resetAndDestroy()))
  }

  #cut(how: FaultKind): void {
    this.#endBy('fault')
    this.#writer.flush()
    if (how === 'fin') this.#socket.end()
    else if (how === 'rst') this.#socket.write('', () => this.#reset())
    else if (how === 'stall') this.#socket.pause()
  }
}
