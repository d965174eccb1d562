import { SettingsError } from 'posthorn'

/** What came on standard input, taken apart behind its header section. */
export interface MessageInput {
  /** The header section with its line ends, as latin1: octets above 127 stay what they are. Without the "From " line of a mailbox file. */
  readonly header: string
  /** What stands behind the empty line, as it comes. */
  readonly body: AsyncIterable<Uint8Array>
}

/** RFC 5322 knows no limit; nobody's header is longer. */
const MAX_HEADER_OCTETS = 1_048_576
const FIRST_OCTETS = 4096
/** A line that has no colon by then is no header field, whatever follows. */
const MAX_NAME_OCTETS = 998
const FIELD = /^[\x21-\x39\x3b-\x7e]+[ \t]*:/
const POSTMARK = /^>?From [^:\s]/
const LF = 10

/**
 * Reads the header section of a message and leaves the rest unread. Unless dots are ignored, a line with a single dot ends the message, as
 * in sendmail(8). The header section ends at the empty line, or at the first line that is no header field: what people pipe into sendmail
 * often lacks the empty line, and a text without any field is all body.
 * @throws {SettingsError} `content.header` for a header section of more than 1 MiB
 */
export async function readMessageInput(input: AsyncIterable<Uint8Array>, ignoreDots: boolean): Promise<MessageInput> {
  const source = (ignoreDots ? input : untilDot(input))[Symbol.asyncIterator]()
  const head = new Head()
  let end: HeaderEnd | undefined
  while (!end) {
    const step = await source.next()
    end = step.done === true ? head.end() : head.push(step.value)
  }
  const { header, rest } = end
  return { header, body: joined(rest, source) }
}

/** Where a header section ends: its text, and what came behind it so far, without the empty line. */
interface HeaderEnd {
  readonly header: string
  readonly rest: Buffer
}

/** The header section while it comes, in memory that grows with it; each octet is looked at once. */
class Head {
  #octets = Buffer.alloc(FIRST_OCTETS)
  #length = 0
  /** Where the line begins that is looked at. */
  #line = 0
  /** How far the next line end was looked for. */
  #searched = 0
  /** Octets of a "From " line in front, which is left out when a field follows. */
  #postmark = 0

  push(chunk: Uint8Array): HeaderEnd | undefined {
    this.#append(chunk)
    for (;;) {
      const at = this.#octets.subarray(0, this.#length).indexOf(LF, this.#searched)
      if (at < 0) break
      this.#searched = at + 1
      const found = this.#take(at + 1)
      if (found) return found
    }
    this.#searched = this.#length
    if (
      this.#length - this.#line > MAX_NAME_OCTETS &&
      !this.#belongs(this.#text(this.#line, this.#line + MAX_NAME_OCTETS))
    )
      return this.#cut()
    if (this.#length > MAX_HEADER_OCTETS) throw tooLong()
    return undefined
  }

  /** What there is when nothing more comes. */
  end(): HeaderEnd {
    if (this.#length > this.#line) {
      const found = this.#take(this.#length)
      if (found) return found
    }
    return this.#cut()
  }

  /** One whole line, which ends before `end`. */
  #take(end: number): HeaderEnd | undefined {
    const line = this.#text(this.#line, Math.min(end, this.#line + MAX_NAME_OCTETS))
    if (this.#line === 0 && POSTMARK.test(line)) this.#postmark = end
    else if (!this.#belongs(line)) return this.#cut()
    this.#line = end
    if (end > MAX_HEADER_OCTETS) throw tooLong()
    return undefined
  }

  /** A field, or a further line of one. */
  #belongs(line: string): boolean {
    return FIELD.test(line) || (this.#line > this.#postmark && /^[ \t]/.test(line))
  }

  /** The header section ends before the line that is looked at, which belongs to the body when it is not empty. */
  #cut(): HeaderEnd {
    // a line that looks like a postmark is text when no field follows
    const at = this.#line === this.#postmark ? 0 : this.#line
    const header = at === 0 ? '' : this.#text(this.#postmark, at)
    const rest = Buffer.from(this.#octets.subarray(at, this.#length))
    const empty = /^\r*\n/.exec(rest.toString('latin1', 0, MAX_NAME_OCTETS))?.[0].length ?? 0
    return { header: header === '' || header.endsWith('\n') ? header : `${header}\n`, rest: rest.subarray(empty) }
  }

  #text(from: number, to: number): string {
    return this.#octets.toString('latin1', from, to)
  }

  #append(chunk: Uint8Array): void {
    const length = this.#length + chunk.length
    if (length > this.#octets.length) {
      const larger = Buffer.alloc(Math.max(length, 2 * this.#octets.length))
      larger.set(this.#octets.subarray(0, this.#length))
      this.#octets = larger
    }
    this.#octets.set(chunk, this.#length)
    this.#length = length
  }
}

async function* joined(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (first.length > 0) yield first
  for (;;) {
    const step = await rest.next()
    if (step.done === true) return
    yield step.value
  }
}

/** Everything before a line that is a single dot. */
async function* untilDot(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let kept = Buffer.from('\n') // as if a line had ended before the first one
  let first = true
  for await (const chunk of input) {
    const octets = Buffer.concat([kept, chunk])
    const dot = dotLine(octets)
    if (dot >= 0) {
      yield octets.subarray(first ? 1 : 0, dot + 1)
      return
    }
    // the last octets may be the beginning of "\n.\r\n"
    const open = /\n(?:\.\r?)?$/.exec(octets.subarray(-3).toString('latin1'))
    const keep = open ? open[0].length : 0
    const whole = octets.subarray(first ? 1 : 0, octets.length - keep)
    if (octets.length - keep > 0) {
      if (whole.length > 0) yield whole
      first = false
    }
    kept = Buffer.from(octets.subarray(octets.length - keep))
  }
  const rest = kept.subarray(first ? 1 : 0)
  if (rest.toString('latin1') === '\n.' || (first && rest.toString('latin1') === '.'))
    yield Buffer.from(first ? '' : '\n')
  else if (rest.length > 0) yield rest
}

function dotLine(octets: Buffer): number {
  for (let at = octets.indexOf('\n.'); at >= 0; at = octets.indexOf('\n.', at + 1)) {
    if (octets[at + 2] === 10 || (octets[at + 2] === 13 && octets[at + 3] === 10)) return at
  }
  return -1
}

function tooLong(): SettingsError {
  return new SettingsError(
    'content.header',
    'message',
    `has a header section of more than ${MAX_HEADER_OCTETS} octets`,
    {
      hint: 'An empty line ends the header section; it is missing.',
    },
  )
}
