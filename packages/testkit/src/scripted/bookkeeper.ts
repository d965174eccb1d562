/** A transaction that the dialogue took responsibility for: its final reply was 2yz. */
export interface TakenTransaction {
  /** What followed `MAIL `, as sent: `FROM:<a@example.test> SIZE=12`. */
  readonly reversePath: string
  /** What followed `RCPT `, as sent, for each recipient that was accepted: `TO:<b@example.test>`. */
  readonly recipients: readonly string[]
  /** The octets of DATA without the doubled dots and the last line, or of all BDAT. */
  readonly content: Buffer
}

interface Transaction {
  readonly reversePath: string
  readonly recipients: string[]
  readonly content: Buffer[]
}

/** A command, or the end of content, that still waits for its reply. */
interface Pending {
  readonly verb: string
  readonly argument?: string
  readonly transaction?: Transaction | undefined
  readonly recipient?: string
}

const CRLF = '\r\n'

/**
 * Follows one session from outside, by the octets that passed: which commands got which replies (RFC 5321, RFC 2920, RFC 3030, RFC
 * 2033). A reply that nothing waits for belongs to nothing, so a final reply sent too early takes no message.
 */
export class Bookkeeper {
  /** In the order of the final replies. */
  readonly taken: TakenTransaction[] = []
  #pending: Pending[] = [{ verb: 'greeting' }]
  #mode: 'command' | 'data' | 'auth' = 'command'
  #received: Buffer = Buffer.alloc(0)
  #sent = ''
  #chunkLeft = 0
  #chunkIsLast = false
  #transaction: Transaction | undefined
  #lmtp = false

  /** Octets of the client, in order. */
  received(octets: Buffer): void {
    this.#received = this.#received.length === 0 ? octets : Buffer.concat([this.#received, octets])
    for (;;) {
      if (this.#chunkLeft > 0) {
        if (!this.#takeChunk()) return
        continue
      }
      const end = this.#received.indexOf(CRLF)
      if (end < 0) return
      const line = this.#received.subarray(0, end)
      this.#received = this.#received.subarray(end + 2)
      if (this.#mode === 'data') this.#contentLine(line)
      else if (this.#mode === 'auth') this.#continuation()
      else this.#command(line.toString())
    }
  }

  /** Octets of the server, in order. */
  sent(octets: Buffer): void {
    const lines = (this.#sent + octets.toString('latin1')).split(CRLF)
    this.#sent = lines.pop() ?? ''
    for (const line of lines) {
      const code = /^(\d{3})(?: |$)/.exec(line)?.[1]
      if (code !== undefined) this.#reply(code)
    }
  }

  #command(line: string): void {
    const [, word = '', argument = ''] = /^(\S*) ?(.*)$/s.exec(line) ?? []
    const verb = word.toUpperCase()
    if (verb === 'LHLO') this.#lmtp = true
    if (verb === 'MAIL') this.#transaction = { reversePath: argument, recipients: [], content: [] }
    if (verb === 'BDAT') return this.#startChunk(argument)
    this.#pending.push({ verb, argument, transaction: this.#transaction })
    if (/^(EHLO|HELO|LHLO|RSET)$/.test(verb)) this.#transaction = undefined
  }

  #startChunk(argument: string): void {
    const [size = '', last = ''] = argument.split(' ')
    this.#chunkLeft = Number.parseInt(size, 10) || 0
    this.#chunkIsLast = last.toUpperCase() === 'LAST'
    if (this.#chunkLeft === 0) this.#endChunk()
  }

  /** False when the chunk goes on after what has arrived. */
  #takeChunk(): boolean {
    const part = this.#received.subarray(0, this.#chunkLeft)
    this.#received = this.#received.subarray(part.length)
    this.#transaction?.content.push(part)
    this.#chunkLeft -= part.length
    if (this.#chunkLeft === 0) this.#endChunk()
    return this.#chunkLeft === 0
  }

  #endChunk(): void {
    if (this.#chunkIsLast) this.#endContent()
    else this.#pending.push({ verb: 'BDAT' })
  }

  /** RFC 5321 4.5.2: a lone dot ends the content, a leading dot is taken off. */
  #contentLine(line: Buffer): void {
    if (line.length === 1 && line[0] === 0x2e) {
      this.#mode = 'command'
      this.#endContent()
    } else {
      this.#transaction?.content.push(line[0] === 0x2e ? line.subarray(1) : line, Buffer.from(CRLF))
    }
  }

  #endContent(): void {
    const transaction = this.#transaction
    this.#transaction = undefined
    if (!this.#lmtp) this.#pending.push({ verb: 'final', transaction })
    for (const recipient of this.#lmtp ? (transaction?.recipients ?? []) : []) {
      this.#pending.push({ verb: 'final', transaction, recipient })
    }
  }

  #continuation(): void {
    this.#mode = 'command'
    this.#pending.push({ verb: 'AUTH' })
  }

  #reply(code: string): void {
    const { verb, argument = '', transaction, recipient } = this.#pending.shift() ?? { verb: 'nothing' }
    if (verb === 'AUTH' && code === '334') this.#mode = 'auth'
    if (verb === 'DATA' && code === '354') this.#mode = 'data'
    if (!code.startsWith('2') || transaction === undefined) return
    if (verb === 'RCPT') transaction.recipients.push(argument)
    if (verb === 'final') this.#take(transaction, recipient)
  }

  #take({ reversePath, recipients, content }: Transaction, recipient: string | undefined): void {
    this.taken.push({
      reversePath,
      recipients: recipient === undefined ? recipients : [recipient],
      content: Buffer.concat(content),
    })
  }
}
