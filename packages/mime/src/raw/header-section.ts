import { refusal } from '../refusal.js'
import { OctetStore } from './octet-store.js'

const CR = 13
const LF = 10
/** More is no header section, but something that is no message. */
export const MAX_HEADER_OCTETS = 1024 * 1024

/** A message cut behind its header section. */
export interface CutMessage {
  /** The header section with the empty line that ends it, as it was. */
  readonly header: Buffer
  /** What came of the body so far. */
  readonly rest: Uint8Array
}

/**
 * Finds the end of the header section (RFC 5322 2.1) in chunks of any size: the first empty line, whatever its line ends (CRLF, LF, CR).
 * A message without an empty line is all header.
 * @throws {SettingsError} `content.header` for a header section of more than 1 MiB
 */
export class HeaderCut {
  readonly #held = new OctetStore()
  #column = 0
  #afterCr = false

  /** Takes the next chunk; gives the cut once it is found, as views of the chunk where it can. */
  push(chunk: Uint8Array): CutMessage | undefined {
    const end = this.#end(chunk)
    if (end >= 0 && this.#held.length === 0)
      return { header: bufferOf(chunk.subarray(0, end)), rest: chunk.subarray(end) }
    this.#held.append(end < 0 ? chunk : chunk.subarray(0, end))
    return end < 0 ? undefined : { header: this.#held.octets, rest: chunk.subarray(end) }
  }

  /** What there is when no empty line has come. */
  end(): CutMessage {
    return { header: this.#held.octets, rest: new Uint8Array(0) }
  }

  /** Index behind the empty line; -1 while there is none. */
  #end(chunk: Uint8Array): number {
    for (let at = 0; at < chunk.length; at++) {
      const octet = chunk[at]!
      if (this.#afterCr) {
        this.#afterCr = false
        const empty = this.#column === 0
        this.#column = 0
        if (empty) return octet === LF ? at + 1 : at // a bare CR ends a line, too
        if (octet === LF) continue
      }
      if (octet === CR) this.#afterCr = true
      else if (octet !== LF) this.#column++
      else if (this.#column === 0) return at + 1
      else this.#column = 0
      if (this.#held.length + at >= MAX_HEADER_OCTETS) throw tooLong()
    }
    return -1
  }
}

/** One header field: where it stands and what it says (RFC 5322 2.2). */
export interface HeaderField {
  /** As it is written; '' for lines that are no field, such as the "From " line of a mailbox file. */
  readonly name: string
  /** The name in lower case. */
  readonly key: string
  /** Unfolded, without the white space around it; octets that are no UTF-8 have become U+FFFD. */
  readonly value: string
  /** Its lines as they were with their line ends, an octet a character. */
  readonly lines: string
}

/** The fields of a header section in their order; together their lines are the section without the empty line. */
export function headerFields(header: Uint8Array): HeaderField[] {
  const lines =
    bufferOf(header)
      .toString('latin1')
      .match(/[^\n]*\n|[^\n]+$/g) ?? []
  const fields: string[] = []
  for (const line of lines) {
    if (/^[ \t]/.test(line) && fields.length > 0) fields[fields.length - 1] += line
    else if (!/^\r?\n$/.test(line)) fields.push(line)
  }
  return fields.map(headerField)
}

function headerField(lines: string): HeaderField {
  const parts = /^([!-9;-~]+)[ \t]*:([\s\S]*)$/.exec(lines)
  if (!parts) return { name: '', key: '', value: '', lines }
  const name = parts[1]!
  const value = Buffer.from(parts[2]!.replace(/\r?\n/g, '').trim(), 'latin1').toString('utf8')
  return { name, key: name.toLowerCase(), value, lines }
}

/** A header section without some of its fields. */
export function withoutFields(
  header: Buffer,
  fields: readonly HeaderField[],
  drop: (field: HeaderField) => boolean,
): Buffer {
  if (!fields.some(drop)) return header
  const end = header.subarray(fields.reduce((sum, { lines }) => sum + lines.length, 0))
  const kept = fields.filter((field) => !drop(field)).map(({ lines }) => lines)
  return Buffer.concat([Buffer.from(kept.join(''), 'latin1'), end])
}

/** The same octets as a Buffer, not copied. */
export function bufferOf(octets: Uint8Array): Buffer {
  return Buffer.isBuffer(octets) ? octets : Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength)
}

function tooLong() {
  return refusal(
    'content.header',
    'content',
    `has a header section of more than ${MAX_HEADER_OCTETS} octets`,
    'Check that this is a message: header fields, an empty line, the body.',
  )
}
