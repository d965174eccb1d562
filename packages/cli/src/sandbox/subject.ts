/** The subject in the first octets of a message, as people read it; '' when there is none. */
export function readSubject(octets: Buffer): string {
  const text = octets.toString('latin1')
  const header = text.slice(0, /^\r?\n|\r?\n\r?\n/.exec(text)?.index ?? text.length)
  const field = /^subject[ \t]*:(.*(?:\r?\n[ \t].*)*)/im.exec(header)
  if (!field) return ''
  return decodeWords(Buffer.from(field[1]!.replace(/\r?\n/g, '').trim(), 'latin1').toString('utf8'))
}

const WORD = /=\?([^?\s]+)\?([BQ])\?([^?\s]*)\?=/gi

/** Encoded words as text (RFC 2047); what cannot be decoded stays as it is. */
export function decodeWords(value: string): string {
  const joined = value.replace(/(\?=)\s+(?==\?)/g, '$1') // RFC 2047 6.2: white space between two encoded words is not shown
  return joined.replace(WORD, (word, charset: string, encoding: string, text: string) => {
    try {
      return new TextDecoder(charset.replace(/\*.*$/, '')).decode(
        encoding.toUpperCase() === 'B' ? Buffer.from(text, 'base64') : fromQ(text),
      )
    } catch {
      return word
    }
  })
}

function fromQ(text: string): Buffer {
  const octets = text
    .replace(/_/g, ' ')
    .replace(/=([0-9A-F]{2})/gi, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16)))
  return Buffer.from(octets, 'latin1')
}
