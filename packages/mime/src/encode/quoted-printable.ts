const MAX_LINE = 75 // and the "=" of a soft line break: RFC 2045 6.7 (5)
const HEX = Buffer.from('0123456789ABCDEF')
const CR = 13
const LF = 10

/** True for octets that stand for themselves wherever they are: printable ASCII but "=". Space and tab depend on what follows. */
const isLiteral = (octet: number) => octet > 32 && octet < 127 && octet !== 61

/** About how many octets `quotedPrintable` will give, without making them; exact but for spaces at line ends. */
export function quotedPrintableSize(text: Uint8Array): number {
  let size = 0
  for (const octet of text)
    size += isLiteral(octet) || octet === 32 || octet === 9 || octet === CR || octet === LF ? 1 : 3
  return size + 3 * Math.floor(size / MAX_LINE)
}

/**
 * Text in quoted-printable (RFC 2045 6.7): lines of at most 76 octets, no space or tab at the end of one. CRLF is a line end; a CR or
 * LF on its own is encoded as an octet.
 */
export function quotedPrintable(text: Uint8Array): Buffer {
  // Each octet gives three at most, and a soft line break (three more) comes once in at least 73 octets of output.
  const out = Buffer.allocUnsafe(Math.ceil(text.length * 3 * (1 + 3 / 73)) + 3)
  let length = 0
  let column = 0
  for (let at = 0; at < text.length; at++) {
    const octet = text[at]!
    if (octet === CR && text[at + 1] === LF) {
      out[length++] = CR
      out[length++] = LF
      at++
      column = 0
      continue
    }
    const literal = isLiteral(octet) || ((octet === 32 || octet === 9) && !endsLine(text, at + 1))
    if (column + (literal ? 1 : 3) > MAX_LINE) {
      out[length++] = 61
      out[length++] = CR
      out[length++] = LF
      column = 0
    }
    if (literal) {
      out[length++] = octet
      column++
    } else {
      out[length++] = 61
      out[length++] = HEX[octet >> 4]!
      out[length++] = HEX[octet & 15]!
      column += 3
    }
  }
  return out.subarray(0, length)
}

function endsLine(text: Uint8Array, at: number): boolean {
  return at === text.length || (text[at] === CR && text[at + 1] === LF)
}
