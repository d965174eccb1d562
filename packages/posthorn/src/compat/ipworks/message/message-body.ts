import { isUtf8 } from 'node:buffer'
import type { ContentEncoding } from '@posthorn/ground'
import { quotedPrintable } from '@posthorn/mime'
import type { ComponentValues } from '../values.js'
import { canonicalText, hasLongLine, isCanonical } from './line-ends.js'

/** A body in memory, encoded: what follows the empty line. */
export interface MessageBody {
  /** What a body that had to be encoded adds to the header section, each with CRLF. */
  readonly fields: string
  /** ASCII as text, which is written next to the header at once; else octets. */
  readonly octets: string | Buffer
  readonly sizeOctets: number
  /**
   * True when every line ends with CRLF, the last one too, and no CR, LF or NUL stands elsewhere; undefined when nobody has looked, as it
   * always is for `Message`: whoever has to know asks `isWhole`.
   */
  readonly canonical: boolean | undefined
  /** Undefined when nobody has looked. */
  readonly encoding: ContentEncoding | undefined
}

const ENCODED =
  'MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n'
/** A message of its header section alone. */
export const NO_BODY: MessageBody = { fields: '', octets: '', sizeOctets: 0, canonical: true, encoding: '7bit' }

/**
 * `Message`, its octets as they are, else `MessageText`.
 * @param header what is said of the body by the fields of the caller's own
 * @source rows ipworks.behaviour.body-precedence, ipworks.prop.Message, ipworks.prop.MessageText
 */
export function messageBody(values: ComponentValues, header: HeaderSays): MessageBody {
  const octets = values.property('Message')
  if (octets.length === 0) return textBody(values.property('MessageText'), header)
  return { fields: '', octets, sizeOctets: octets.length, canonical: undefined, encoding: undefined }
}

/** What the header section says already. */
export interface HeaderSays {
  /** True: nothing can be added to it, or it has a Content- field. */
  readonly ofBody: boolean
  readonly mimeVersion: boolean
}

/**
 * Text with CRLF at the end of every line, the last one too, since DATA would put it there (RFC 5321 4.1.1.4). ASCII goes as it is. What is
 * not ASCII, or has NUL or a line above 998 octets, goes in quoted-printable, unless the caller's fields say what it is: then it is UTF-8.
 */
function textBody(text: string, { ofBody, mimeVersion }: HeaderSays): MessageBody {
  if (text === '') return NO_BODY
  const lines = canonicalText(text)
  // a character outside ASCII has more octets than UTF-16 units
  const ascii = Buffer.byteLength(lines) === lines.length
  const canonical = !lines.includes('\0')
  if (ascii && canonical && (ofBody || !hasLongLine(lines))) {
    return { fields: '', octets: lines, sizeOctets: lines.length, canonical, encoding: '7bit' }
  }
  const utf8 = Buffer.from(lines)
  // lines with NUL are none of 7bit (RFC 2045 2.7), and the engine sees what else they need
  const encoding = ascii ? undefined : '8bit'
  if (ofBody) return { fields: '', octets: utf8, sizeOctets: utf8.length, canonical, encoding }
  const octets = quotedPrintable(utf8)
  const fields = mimeVersion ? ENCODED.slice(ENCODED.indexOf('\n') + 1) : ENCODED
  return { fields, octets, sizeOctets: octets.length, canonical: true, encoding: '7bit' }
}

/** Whether the body is canonical; it is looked at where that is not known. */
export function isWhole(body: MessageBody): boolean {
  return body.canonical ?? isCanonical(octetsOf(body))
}

/** The body as octets. */
export function octetsOf({ octets }: MessageBody): Buffer {
  return typeof octets === 'string' ? Buffer.from(octets, 'latin1') : octets
}

/**
 * Octets as `TransferText` shows them, so that behind `MessageHeadersString` they are the payload: text that is UTF-8 as text, anything else
 * with each octet as the character of its number (latin1). `Buffer.from(text, 'utf8')` or `'latin1'` gives the octets back.
 */
export function shownText(octets: string | Buffer): string {
  if (typeof octets === 'string') return octets
  return isUtf8(octets) ? octets.toString('utf8') : octets.toString('latin1')
}
