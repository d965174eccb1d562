import { SettingsError } from 'posthorn'

/** What came on standard input, taken apart at the empty line. */
export interface MessageInput {
  /** The header section with its line ends, as latin1: octets above 127 stay what they are. */
  readonly header: string
  /** The empty line, and the rest, as it comes. */
  readonly body: AsyncIterable<Uint8Array>
}

/** RFC 5322 knows no limit; nobody's header is longer. */
const MAX_HEADER_OCTETS = 1_048_576

/**
 * Reads the header section of a message and leaves the rest unread. Unless dots are ignored, a line with a single dot ends the message, as
 * in sendmail(8). A text that does not begin with a header field is all body.
 * @throws {SettingsError} `content.header` for a header section of more than 1 MiB
 */
export async function readMessageInput(input: AsyncIterable<Uint8Array>, ignoreDots: boolean): Promise<MessageInput> {
  const source = (ignoreDots ? input : untilDot(input))[Symbol.asyncIterator]()
  let head = Buffer.alloc(0)
  let end = -1
  while (end < 0) {
    const { value, done } = await source.next()
    if (done) break
    head = Buffer.concat([head, value])
    if (head.length > MAX_HEADER_OCTETS && headerEnd(head) < 0) throw tooLong()
    end = headerEnd(head)
  }
  if (end < 0) end = head.length
  const header = head.subarray(0, end).toString('latin1')
  const isHeader = header === '' || /^(?:>?From [^\n]*\n)?[\x21-\x39\x3b-\x7e]+[ \t]*:/.test(header)
  const rest = isHeader ? head.subarray(end) : Buffer.concat([Buffer.from('\n'), head])
  return {
    header: isHeader ? withLineEnd(header) : '',
    body: joined(rest.length === 0 ? Buffer.from('\n') : rest, source),
  }
}

/** Where the empty line begins that ends the header section. */
function headerEnd(head: Buffer): number {
  if (head[0] === 10 || (head[0] === 13 && head[1] === 10)) return 0
  const lf = head.indexOf('\n\n')
  const crlf = head.indexOf('\n\r\n')
  const first = [lf, crlf].filter((at) => at >= 0)
  return first.length === 0 ? -1 : Math.min(...first) + 1
}

function withLineEnd(header: string): string {
  return header === '' || header.endsWith('\n') ? header : `${header}\n`
}

async function* joined(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first
  for (;;) {
    const { value, done } = await rest.next()
    if (done) return
    yield value
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
