import { base64Size } from './base64.js'
import type { Part } from './part.js'
import { quotedPrintable, quotedPrintableSize } from './quoted-printable.js'
import { memorySource } from './source.js'

const MAX_LINE = 998 // RFC 5322 2.1.1

/**
 * Text as a body part in UTF-8 with CRLF at line ends: as it stands when it is 7-bit with lines within 998 octets, else in
 * quoted-printable or base64, whichever is shorter.
 */
export function textPart(type: 'text/plain' | 'text/html', text: string): Part {
  const lines = withCrlf(text)
  const fields = (encoding: string) =>
    `Content-Type: ${type}; charset=utf-8\r\nContent-Transfer-Encoding: ${encoding}\r\n`
  if (is7bit(lines)) return { fields: fields('7bit'), pieces: [lines], endsLine: false }
  const octets = Buffer.from(lines)
  if (quotedPrintableSize(octets) <= base64Size(octets.length)) {
    return { fields: fields('quoted-printable'), pieces: [quotedPrintable(octets)], endsLine: false }
  }
  return { fields: fields('base64'), pieces: [{ base64: memorySource(octets) }], endsLine: true }
}

function withCrlf(text: string): string {
  return text.includes('\r') ? text.replace(/\r\n|\r|\n/g, '\r\n') : text.replaceAll('\n', '\r\n')
}

/** RFC 2045 2.7: ASCII without NUL, and no line too long. */
function is7bit(lines: string): boolean {
  if (/[^\x01-\x7f]/.test(lines)) return false
  if (lines.length <= MAX_LINE) return true
  for (let start = 0; start < lines.length;) {
    const found = lines.indexOf('\r\n', start)
    const end = found < 0 ? lines.length : found
    if (end - start > MAX_LINE) return false
    start = end + 2
  }
  return true
}
