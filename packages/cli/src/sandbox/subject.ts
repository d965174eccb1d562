import { headerFields } from '../header-section.js'

/** The subject in the first octets of a message, as people read it; '' when there is none. */
export function readSubject(octets: Buffer): string {
  const end = /\r?\n\r?\n/.exec(octets.toString('latin1'))?.index ?? octets.length
  const field = headerFields(octets.subarray(0, end)).find(({ name }) => name === 'subject')
  return field ? decodeWords(field.value) : ''
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
