const CR = 13
const LF = 10
const BLOCK_OCTETS = 64 * 1024
const MAX_LINE = 998 // RFC 5322 2.1.1

/** The text with CRLF at the end of every line, the last one too; itself when that is so already. */
export function canonicalText(text: string): string {
  const lines = withCrlf(text)
  return lines.endsWith('\r\n') ? lines : `${lines}\r\n`
}

function withCrlf(text: string): string {
  if (!text.includes('\r')) return text.includes('\n') ? text.replaceAll('\n', '\r\n') : text
  return hasLoneEnd(text) ? text.replace(/\r\n|\r|\n/g, '\r\n') : text
}

/** By searching for one character at a time, which is far quicker than an expression that looks at what stands around it. */
function hasLoneEnd(text: string): boolean {
  for (let at = text.indexOf('\r'); at >= 0; at = text.indexOf('\r', at + 1)) {
    if (text.charCodeAt(at + 1) !== LF) return true
  }
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
    if (text.charCodeAt(at - 1) !== CR) return true
  }
  return false
}

/** Whether a line of ASCII with CRLF has more than 998 octets. */
export function hasLongLine(lines: string): boolean {
  if (lines.length <= MAX_LINE) return false
  let start = 0
  for (let at = lines.indexOf('\n'); at >= 0; at = lines.indexOf('\n', start)) {
    if (at - 1 - start > MAX_LINE) return true
    start = at + 1
  }
  return lines.length - start > MAX_LINE
}

/** True when every line of the octets ends with CRLF, the last one too, and there is no CR, LF or NUL elsewhere. */
export function isCanonical(octets: Buffer): boolean {
  let from = 0
  while (from < octets.length) {
    const to = from + BLOCK_OCTETS
    const next = octets[to - 1] === CR ? to + 1 : to // no CR without its LF
    const text = octets.toString('latin1', from, next) // text is searched many times as quickly as octets are compared
    if (text.includes('\0') || hasLoneEnd(text)) return false
    from = next
  }
  return octets.length === 0 || octets[octets.length - 1] === LF
}
