const NAMED: Readonly<Record<string, number>> = { r: 0x0d, n: 0x0a, t: 0x09, '0': 0x00, '\\': 0x5c }

/**
 * Octets written as text: `\r` `\n` `\t` `\0` `\\` `\x1b`, anything else stands for its UTF-8 octets.
 * @throws {Error} on an unknown escape
 */
export function unescapeOctets(text: string): Buffer {
  const parts: Buffer[] = []
  let from = 0
  for (let at = text.indexOf('\\'); at >= 0; at = text.indexOf('\\', from)) {
    parts.push(Buffer.from(text.slice(from, at)))
    const letter = text[at + 1] ?? ''
    const hex = /^x([0-9a-fA-F]{2})/.exec(text.slice(at + 1, at + 4))
    const named = NAMED[letter]
    if (hex !== null) parts.push(Buffer.from([parseInt(hex[1]!, 16)]))
    else if (named !== undefined) parts.push(Buffer.from([named]))
    else throw new Error(`unknown escape \\${letter}`)
    from = at + (hex === null ? 2 : 4)
  }
  parts.push(Buffer.from(text.slice(from)))
  return Buffer.concat(parts)
}

/** The way back, for transcripts and messages: printable ASCII stays, the rest is escaped. At most `limit` octets are shown. */
export function escapeOctets(octets: Uint8Array, limit = 2000): string {
  let text = ''
  for (const octet of octets.subarray(0, limit)) {
    if (octet === 0x0d) text += '\\r'
    else if (octet === 0x0a) text += '\\n'
    else if (octet === 0x5c) text += '\\\\'
    else if (octet >= 0x20 && octet < 0x7f) text += String.fromCharCode(octet)
    else text += `\\x${octet.toString(16).padStart(2, '0')}`
  }
  return octets.length > limit ? `${text}... (${octets.length} octets)` : text
}
