import { SettingsError } from 'posthorn'

const MAX_HEADER_OCTETS = 1024 * 1024

/** A message cut behind its header section. */
export interface CutMessage {
  /** The header section with the empty line that ends it, as it was. */
  readonly header: Buffer
  /** What was read of the body so far. */
  readonly rest: Buffer
}

/**
 * Reads a message up to the end of its header section (RFC 5322 2.1); the iterator can be read on behind `rest`. A message without an
 * empty line is all header.
 * @throws {SettingsError} `content.header` for a header section of more than 1 MiB
 */
export async function readHeader(source: AsyncIterator<Uint8Array>): Promise<CutMessage> {
  let octets = Buffer.alloc(0)
  for (;;) {
    const end = headerEnd(octets)
    if (end >= 0) return { header: octets.subarray(0, end), rest: octets.subarray(end) }
    if (octets.length > MAX_HEADER_OCTETS) {
      throw new SettingsError(
        'content.header',
        'message',
        `has a header section of more than ${MAX_HEADER_OCTETS} octets`,
        {
          hint: 'Check that this is a message: header fields, an empty line, the body.',
        },
      )
    }
    const next = await source.next()
    if (next.done) return { header: octets, rest: Buffer.alloc(0) }
    octets = Buffer.concat([octets, next.value])
  }
}

/** Behind the empty line, whatever its line ends; -1 while there is none. */
function headerEnd(octets: Buffer): number {
  if (octets[0] === 0x0a) return 1
  if (octets[0] === 0x0d && octets[1] === 0x0a) return 2
  for (let at = octets.indexOf(0x0a); at >= 0; at = octets.indexOf(0x0a, at + 1)) {
    if (octets[at + 1] === 0x0a) return at + 2
    if (octets[at + 1] === 0x0d && octets[at + 2] === 0x0a) return at + 3
  }
  return -1
}

/** One header field: where it stands and what it says, unfolded (RFC 5322 2.2.3). */
export interface HeaderField {
  /** In lower case. */
  readonly name: string
  readonly value: string
  /** The lines as they were, with their line ends. */
  readonly lines: string
}

/** The fields of a header section, in their order. Lines that are none, such as an mbox "From " line, have the name ''. */
export function headerFields(header: Buffer): HeaderField[] {
  const lines = header.toString('latin1').match(/[^\n]*\n|[^\n]+$/g) ?? []
  const fields: string[] = []
  for (const line of lines) {
    if (/^[ \t]/.test(line) && fields.length > 0) fields[fields.length - 1] += line
    else if (!/^\r?\n$/.test(line)) fields.push(line)
  }
  return fields.map((field) => {
    const parts = /^([!-9;-~]+)[ \t]*:([\s\S]*)$/.exec(field)
    const value = Buffer.from((parts?.[2] ?? '').replace(/\r?\n(?=[ \t])/g, '').trim(), 'latin1').toString('utf8')
    return { name: parts?.[1]?.toLowerCase() ?? '', value, lines: field }
  })
}
