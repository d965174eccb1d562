import { ProtocolError, type Phase, type Reply } from '@posthorn/ground'

/**
 * Of one reply, all its lines without their ends, one line alone included. RFC 5321 4.5.3.1.5 says 512 for a line, RFC 4954 4 asks for
 * challenges up to 12288, and what EXPN lists may be long.
 */
const MAX_REPLY_OCTETS = 65_536
const REMEMBERED = 64
/** A longer line is not worth remembering. */
const REMEMBERED_OCTETS = 512
/** Memory for the parts of a line that is kept for the next one. */
const KEPT_OCTETS = 4096

const CR = 13
const LF = 10
const HYPHEN = 45
const SPACE = 32
const ZERO = 48
const NOTHING = Buffer.alloc(0)

/**
 * Octets in, whole replies out (RFC 5321 4.2). Any cutting of the octets gives the same replies.
 *
 * Strict: three digits, the first 2 to 5; every line of a reply with the same code. Tolerant in one place: a line may end with a bare
 * LF, and its text may be missing together with the space (4.2 asks clients to accept that).
 */
export class ReplyParser {
  /** The beginning of a line whose end is to come, in memory that grows by doubling: octets that come one by one cost no more. */
  #partial = NOTHING
  #partialOctets = 0
  /** In the lines of the reply that are whole. */
  #replyOctets = 0
  #code = 0
  #lines: string[] = []
  readonly #remembered = new Map<string, Reply>()

  /** True when no octet of an unfinished reply is held: nothing arrived that was not handed out. */
  get empty(): boolean {
    return this.#partialOctets === 0 && this.#lines.length === 0
  }

  /**
   * Takes octets; `whole` is called for each reply that they complete.
   * @throws {ProtocolError} `smtp.reply.syntax`, `smtp.reply.too-long`, `smtp.reply.mixed-codes`
   */
  push(octets: Buffer, whole: (reply: Reply) => void): void {
    let from = 0
    for (let end = octets.indexOf(LF); end !== -1; end = octets.indexOf(LF, from)) {
      if (this.#partialOctets === 0) {
        this.#line(octets, from, end, whole)
      } else {
        this.#keep(octets, from, end + 1)
        const line = this.#partial
        const lineFeed = this.#partialOctets - 1
        this.#partialOctets = 0
        if (line.length > KEPT_OCTETS) this.#partial = NOTHING
        this.#line(line, 0, lineFeed, whole)
      }
      from = end + 1
    }
    if (from < octets.length) this.#keep(octets, from, octets.length)
  }

  /** Copies what the reader may overwrite. */
  #keep(octets: Buffer, from: number, end: number): void {
    const length = this.#partialOctets + end - from
    if (this.#replyOctets + length > MAX_REPLY_OCTETS + 2) throw this.#tooLong()
    if (this.#partial.length < length) {
      const larger = Buffer.allocUnsafe(2 * length)
      this.#partial.copy(larger, 0, 0, this.#partialOctets)
      this.#partial = larger
    }
    octets.copy(this.#partial, this.#partialOctets, from, end)
    this.#partialOctets = length
  }

  #line(octets: Buffer, from: number, lineFeed: number, whole: (reply: Reply) => void): void {
    const end = lineFeed > from && octets[lineFeed - 1] === CR ? lineFeed - 1 : lineFeed
    if (this.#replyOctets + end - from > MAX_REPLY_OCTETS) throw this.#tooLong()
    const first = octets[from]! - ZERO
    const second = octets[from + 1]! - ZERO
    const third = octets[from + 2]! - ZERO
    const separator = end - from > 3 ? octets[from + 3] : SPACE
    const digits = end - from >= 3 && first >= 2 && first <= 5 && second >= 0 && second <= 9 && third >= 0 && third <= 9
    if (!digits || (separator !== SPACE && separator !== HYPHEN)) {
      throw new ProtocolError(
        'smtp.reply.syntax',
        `the server sent a line that is no reply: "${printable(octets.toString('latin1', from, Math.min(end, from + 80)))}"`,
        {
          phase: 'command',
          outcome: 'transient',
          hint: 'Check that host and port belong to an SMTP server.',
        },
      )
    }
    const code = first * 100 + second * 10 + third
    if (this.#lines.length === 0) {
      if (separator === SPACE) return whole(this.#single(octets, from, end, code))
      this.#code = code
    } else if (code !== this.#code) {
      throw new ProtocolError('smtp.reply.mixed-codes', `one reply carries the codes ${this.#code} and ${code}`, {
        phase: 'command',
        outcome: 'transient',
        hint: 'The server, or something between, breaks RFC 5321 4.2.1.',
      })
    }
    this.#lines.push(decode(octets, from + 4, end))
    if (separator === HYPHEN) {
      this.#replyOctets += end - from
      return
    }
    const lines = this.#lines
    this.#lines = []
    this.#replyOctets = 0
    whole(makeReply(code, lines))
  }

  /** Servers say the same few lines again and again: a reply once seen is handed out again. */
  #single(octets: Buffer, from: number, end: number, code: number): Reply {
    if (end - from > REMEMBERED_OCTETS) return makeReply(code, [decode(octets, from + 4, end)])
    const key = octets.toString('latin1', from, end)
    const known = this.#remembered.get(key)
    if (known) return known
    const reply = makeReply(code, [decode(octets, from + 4, end)])
    if (this.#remembered.size >= REMEMBERED) this.#remembered.clear()
    this.#remembered.set(key, reply)
    return reply
  }

  #tooLong(): ProtocolError {
    return tooLong(`${this.#replyOctets === 0 ? 'a line of ' : ''}more than ${MAX_REPLY_OCTETS} octets`)
  }
}

function makeReply(code: number, lines: string[]): Reply {
  const enhanced = enhancedStatus(lines[0]!, code)
  return Object.freeze(
    enhanced === undefined ? { code, lines: Object.freeze(lines) } : { code, enhanced, lines: Object.freeze(lines) },
  )
}

/** RFC 2034 4: class "." subject "." detail at the start of the text; it counts only when its class agrees with the reply code. */
function enhancedStatus(text: string, code: number): string | undefined {
  const match = /^([245]\.\d{1,3}\.\d{1,3})(?= |$)/.exec(text)
  return match && Number(text[0]) === Math.floor(code / 100) ? match[1] : undefined
}

/** UTF-8 where it is valid (RFC 6531 3.7.4), printable. */
function decode(octets: Buffer, from: number, end: number): string {
  if (from >= end) return ''
  return printable(octets.toString('utf8', from, end))
}

/** Controls, what turns the direction of text, ends of lines and paragraphs. */
const UNSAFE = /[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/** A text in which what could steer a terminal or forge a line of a log is escaped: `\x1b`, `\u{202e}`. */
export function printable(text: string): string {
  return /[^\x20-\x7e]/.test(text) ? text.replace(UNSAFE, escaped) : text
}

function escaped(char: string): string {
  const code = char.charCodeAt(0)
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
}

function tooLong(what: string, phase: Phase = 'command'): ProtocolError {
  return new ProtocolError('smtp.reply.too-long', `the server sent ${what} in one reply`, {
    phase,
    outcome: 'transient',
    hint: 'The server, or something between, does not keep to RFC 5321 4.5.3.1.5.',
  })
}
