import type { SinkOptions } from './options.js'
import { parsePathArgument } from './path-argument.js'
import type { Exchange } from './sasl.js'
import { decodeResponse, mechanismNames, startExchange } from './sasl.js'
import { SinkTransaction } from './sink-transaction.js'

/**
 * What a session has agreed on and where it stands (RFC 5321 4.1.4): verbs in, replies out, no socket. The session acts on `expects`.
 */
export class SmtpState {
  /** What the next octets are. */
  expects: 'command' | 'auth' | 'data' | 'chunk' = 'command'
  /** `refused`: the greeting was no 220, so nothing but QUIT is served (RFC 5321 3.1). */
  greeted: 'refused' | 'no' | 'yes' = 'no'
  /** Keywords of the last EHLO reply. */
  offered: ReadonlySet<string> = new Set()
  transaction: SinkTransaction | undefined
  /** After a refused chunk only RSET helps, RFC 3030 2. */
  chunkFailed = false
  secure = false
  /** The user, once authenticated. */
  user: string | undefined
  /** Octets of a message beyond which it is refused. */
  readonly sizeLimitOctets: number
  #options: SinkOptions
  #extensions: readonly string[]
  #exchange: Exchange | undefined

  constructor(options: SinkOptions, extensions: readonly string[]) {
    this.#options = options
    this.#extensions = extensions
    const size = extensions.find((line) => /^SIZE( |$)/i.test(line)) ?? ''
    this.sizeLimitOctets = Number(size.slice(5)) || Infinity
  }

  /** Forgets everything learned before the handshake, RFC 3207 4.2. */
  startTls(): void {
    this.expects = 'command'
    this.greeted = 'no'
    this.offered = new Set()
    this.transaction = undefined
  }

  /** The reply to a command that this state does not allow. */
  refusal(verb: string): string | undefined {
    if (verb === 'QUIT') return undefined
    if (this.greeted === 'refused') return '503 5.5.1 only QUIT'
    if (verb === 'RSET') return undefined
    if (this.chunkFailed) return '503 5.5.1 RSET first'
    if (this.greeted === 'no' && /^(?:MAIL|RCPT|DATA|AUTH|STARTTLS)$/.test(verb)) return '503 5.5.1 EHLO first'
    return undefined
  }

  /** Does what a command does and gives its reply. */
  perform(verb: string, argument: string): string {
    switch (verb) {
      case 'MAIL':
        return this.#mail(argument)
      case 'RCPT':
        return this.#rcpt(argument)
      case 'DATA':
        return this.#data(argument)
      case 'EHLO':
      case 'LHLO':
      case 'HELO':
        return this.#hello(verb, argument)
      case 'RSET':
        this.transaction = undefined
        this.chunkFailed = false
        return '250 2.0.0 ok'
      case 'NOOP':
        return '250 2.0.0 ok'
      case 'VRFY':
        return '252 2.5.0 send some mail'
      case 'QUIT':
        return '221 2.0.0 bye'
      case 'STARTTLS':
        if (!this.offered.has('STARTTLS')) return '502 5.5.1 not offered'
        return argument === '' ? '220 2.0.0 go ahead' : '501 5.5.4 STARTTLS takes nothing'
      case 'AUTH':
        return this.#auth(argument)
      default:
        return '500 5.5.1 unknown'
    }
  }

  /** The reply to a line of an AUTH exchange, RFC 4954 4. */
  continueAuth(line: string): string {
    const response = decodeResponse(line)
    this.expects = 'command'
    if (line === '*') return '501 5.0.0 cancelled'
    return response === undefined ? '501 5.5.2 that is not base64' : this.#stepAuth(this.#exchange!.next(response))
  }

  /** The reply to a chunk that cannot be taken, after it was read. */
  chunkRefusal(): string | undefined {
    if (this.greeted === 'refused') return '503 5.5.1 only QUIT'
    if (this.chunkFailed) return '503 5.5.1 RSET first'
    if (this.transaction === undefined) return '503 5.5.1 MAIL first'
    if (this.transaction.recipients.length === 0) return '554 5.5.1 no valid recipients'
    return this.transaction.sizeOctets > this.sizeLimitOctets ? '552 5.3.4 too big' : undefined
  }

  #hello(verb: string, argument: string): string {
    if ((verb === 'LHLO') !== (this.#options.lmtp ?? false)) return '500 5.5.1 unknown'
    if (argument === '' || argument.includes(' ')) return '501 5.5.4 who are you?'
    this.transaction = undefined
    this.greeted = 'yes'
    const lines = verb === 'HELO' ? [] : this.#extensionLines()
    this.offered = new Set(lines.map((line) => line.split(' ')[0]!.toUpperCase()))
    return ['sink.example.test', ...lines]
      .map((line, index) => `250${index === lines.length ? ' ' : '-'}${line}`)
      .join('\r\n')
  }

  #extensionLines(): readonly string[] {
    const { auth, tls } = this.#options
    const lines = [...this.#extensions]
    if (tls !== undefined && !this.secure) lines.push('STARTTLS')
    if (auth !== undefined && (this.secure || tls === undefined))
      lines.push(`AUTH ${(auth.mechanisms ?? mechanismNames).join(' ')}`)
    return lines
  }

  #mail(argument: string): string {
    const { auth, keepContent = false, digest = true } = this.#options
    if (this.transaction !== undefined) return '503 5.5.1 a transaction is open'
    if (auth !== undefined && this.user === undefined) return '530 5.7.0 authentication required'
    const parsed = parsePathArgument('MAIL', argument, this.offered)
    if (typeof parsed === 'string') return parsed
    if (Number(parsed.parameters['SIZE'] ?? 0) > this.sizeLimitOctets) return '552 5.3.4 too big'
    this.transaction = new SinkTransaction(parsed, keepContent, digest)
    return '250 2.1.0 ok'
  }

  #rcpt(argument: string): string {
    const { transaction } = this
    if (transaction === undefined || transaction.chunked) return '503 5.5.1 MAIL first'
    const parsed = parsePathArgument('RCPT', argument, this.offered)
    if (typeof parsed === 'string') return parsed
    if (/[^\0-\x7f]/.test(parsed.path) && transaction.mailParameters['SMTPUTF8'] !== true)
      return '553 5.6.7 not without SMTPUTF8'
    if (transaction.recipients.length >= (this.#options.maxRecipients ?? Infinity))
      return '452 4.5.3 too many recipients'
    transaction.recipients.push(parsed.path)
    transaction.rcptParameters.push(parsed.parameters)
    return '250 2.1.5 ok'
  }

  #data(argument: string): string {
    const { transaction } = this
    if (argument !== '') return '501 5.5.4 DATA takes nothing'
    if (transaction === undefined) return '503 5.5.1 MAIL first'
    if (transaction.chunked) return '503 5.5.1 BDAT has begun'
    if (transaction.recipients.length === 0) return '554 5.5.1 no valid recipients'
    if (String(transaction.mailParameters['BODY']).toUpperCase() === 'BINARYMIME')
      return '503 5.5.1 BINARYMIME goes with BDAT'
    this.expects = 'data'
    return '354 go ahead'
  }

  #auth(argument: string): string {
    const { auth } = this.#options
    const [name = '', initial, ...rest] = argument.split(' ')
    if (auth === undefined) return '502 5.5.1 not offered'
    if (!this.offered.has('AUTH')) return '538 5.7.11 only inside TLS'
    if (this.user !== undefined || this.transaction !== undefined) return '503 5.5.1 not now'
    const response = initial === undefined ? undefined : decodeResponse(initial)
    if (rest.length > 0 || (initial !== undefined && response === undefined)) return '501 5.5.2 that is not base64'
    this.#exchange = startExchange(name.toUpperCase(), auth, response)
    return this.#exchange === undefined ? '504 5.5.4 no such mechanism' : this.#stepAuth(this.#exchange.next())
  }

  #stepAuth(step: IteratorResult<string, boolean>): string {
    if (step.done !== true) {
      this.expects = 'auth'
      return `334 ${step.value}`
    }
    if (!step.value) return '535 5.7.8 wrong credentials'
    this.user = this.#options.auth!.user
    return '235 2.7.0 welcome'
  }
}
