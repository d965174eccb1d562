const WIDTH = 72 // RFC 3676 4.2: at most 78 with the space at the end; this leaves room for marks that answers add
const SIGNATURE = '-- '
/** Nobody answers so often: what has more marks would be nothing but marks in each of its lines. */
const MAX_QUOTE_DEPTH = 30

/**
 * A text whose lines are paragraphs as `format=flowed` (RFC 3676 4.2), with DelSp=no, which every reader understands: a long paragraph is
 * broken behind spaces, a line that begins with a space or "From " gets one space more, a line that begins with ">" is quoted as deep as
 * it has marks, and is text like any other when it has more than 30. A word that is too long stays whole. Spaces at the end of a paragraph are dropped, since they would join it with the next
 * one; the signature line `-- ` stays as it is.
 * @param text with any line ends
 * @returns with CRLF
 */
export function flowed(text: string): string {
  const out: string[] = []
  for (const line of text.split(/\r\n|\r|\n/)) addParagraph(line, out)
  return out.join('\r\n')
}

function addParagraph(line: string, out: string[]): void {
  const marks = quoteMarks(line)
  const stuffed = marks !== '' && line[marks.length] === ' '
  const prefix = stuffed ? `${marks} ` : marks
  let rest = line.slice(prefix.length)
  if (rest === SIGNATURE) {
    out.push(prefix + rest)
    return
  }
  let end = rest.length
  while (rest.charCodeAt(end - 1) === 32) end--
  rest = rest.slice(0, end)
  if (prefix.length + rest.length <= WIDTH) {
    out.push(rest === '' ? marks : prefix + stuffing(prefix, rest) + rest)
    return
  }
  for (let at = 0; at < rest.length;) {
    const room = WIDTH - prefix.length - 1 // one for the stuffing
    const to = breakAt(rest, at, Math.max(room, 1))
    const piece = rest.slice(at, to)
    out.push(prefix + stuffing(prefix, piece) + piece)
    at = to
  }
}

function quoteMarks(line: string): string {
  let depth = 0
  while (line.charCodeAt(depth) === 62) if (++depth > MAX_QUOTE_DEPTH) return ''
  return line.slice(0, depth)
}

/** Behind marks and a space nothing is added: the reader takes that space away (4.4). */
function stuffing(prefix: string, piece: string): string {
  if (prefix.endsWith(' ')) return ''
  if (prefix !== '') return piece.startsWith(' ') || piece.startsWith('>') ? ' ' : ''
  return piece.startsWith(' ') || piece.startsWith('>') || piece.startsWith('From ') ? ' ' : ''
}

/** Where the next line begins: behind the last spaces that fit, or the first ones when none do. */
function breakAt(text: string, from: number, room: number): number {
  if (text.length - from <= room) return text.length
  let at = text.lastIndexOf(' ', from + room - 1) + 1
  if (at <= from || isSignature(text, from, at)) {
    at = text.indexOf(' ', from + room) + 1
    if (at === 0) return text.length
  }
  // the spaces stay together, so that no line but the first begins with one
  while (text.charCodeAt(at) === 32) at++
  return isSignature(text, from, at) ? breakAt(text, from, at - from + 1) : at
}

/** A line that is only this would be taken for the beginning of the signature. */
function isSignature(text: string, from: number, to: number): boolean {
  return to - from === SIGNATURE.length && text.startsWith(SIGNATURE, from)
}
