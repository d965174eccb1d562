import type { Charset } from './charset.js'

/** RFC 2047 2. */
export const MAX_ENCODED_WORD = 75
const UTF8 = '=?utf-8?'
const UTF8_OVERHEAD = UTF8.length + 'B?'.length + '?='.length
/** What one character takes at most: four octets in Q; with the escape sequences of ISO-2022-JP around it. */
const MIN_UTF8_PAYLOAD = 12
const MIN_CHARSET_PAYLOAD = 20

/**
 * Text as encoded-words in UTF-8 (RFC 2047), in B or Q, whichever is shorter for the whole. No word is longer than `longest` and
 * none splits a character. They are to be separated by white space, which readers take away again. Q uses the set for phrases
 * (5(3)), so the words may stand anywhere an encoded-word may.
 * @param firstRoom how long the first word may be; too little for any character counts as a line of its own
 * @param longest at most 75; less than a character needs counts as what it needs
 */
export function encodedWords(text: string, firstRoom = MAX_ENCODED_WORD, longest = MAX_ENCODED_WORD): string[] {
  const full = Math.max(longest - UTF8_OVERHEAD, MIN_UTF8_PAYLOAD)
  let room = firstPayload(firstRoom - UTF8_OVERHEAD, full, MIN_UTF8_PAYLOAD)
  const characters = Array.from(text)
  const asQ = characters.map(q)
  const lengthQ = asQ.reduce((sum, unit) => sum + unit.length, 0)
  const lengthB = 4 * Math.ceil(Buffer.byteLength(text) / 3)
  const words: string[] = []
  if (lengthQ <= lengthB) {
    let payload = ''
    for (const unit of asQ) {
      if (payload.length + unit.length > room) {
        words.push(`${UTF8}Q?${payload}?=`)
        payload = ''
        room = full
      }
      payload += unit
    }
    words.push(`${UTF8}Q?${payload}?=`)
  } else {
    let payload = ''
    let octets = 0
    for (const character of characters) {
      const size = Buffer.byteLength(character)
      if (octets + size > (room >> 2) * 3) {
        words.push(`${UTF8}B?${Buffer.from(payload).toString('base64')}?=`)
        payload = ''
        octets = 0
        room = full
      }
      payload += character
      octets += size
    }
    words.push(`${UTF8}B?${Buffer.from(payload).toString('base64')}?=`)
  }
  return words
}

/**
 * The same in another charset; in UTF-8 when the charset lacks a character of the text. Each word begins and ends in the initial state
 * of the charset, as RFC 2047 3 asks of ISO-2022-JP.
 * @param isReadable true: Q where most characters are ASCII, as RFC 2047 4 recommends, though B were shorter
 */
export function charsetWords(
  charset: Charset,
  text: string,
  firstRoom?: number,
  longest = MAX_ENCODED_WORD,
  isReadable = false,
): string[] {
  const whole = charset.encode(text)
  if (!whole) return encodedWords(text, firstRoom, longest)
  const isQ =
    qOctets(whole).length <= 4 * Math.ceil(whole.length / 3) ||
    (isReadable && 2 * text.replace(/[^ -~]/g, '').length > text.length)
  const write = isQ ? qOctets : (octets: Buffer) => octets.toString('base64')
  const prefix = `=?${charset.name}?${isQ ? 'Q' : 'B'}?`
  const full = Math.max(longest - prefix.length - 2, MIN_CHARSET_PAYLOAD)
  let room = firstPayload((firstRoom ?? longest) - prefix.length - 2, full, MIN_CHARSET_PAYLOAD)
  const characters = Array.from(text)
  const words: string[] = []
  for (let at = 0; at < characters.length;) {
    // The longest run of characters whose payload fits, by halving: how long a run becomes is not the sum of its characters.
    let fits = { count: 0, payload: '' }
    for (let low = 1, high = Math.min(room, characters.length - at); low <= high;) {
      const count = (low + high) >> 1
      const octets = charset.encode(characters.slice(at, at + count).join(''))
      if (!octets) return encodedWords(text, firstRoom, longest) // of two characters that are one together the second is none alone
      const payload = write(octets)
      if (payload.length <= room) {
        fits = { count, payload }
        low = count + 1
      } else high = count - 1
    }
    words.push(`${prefix}${fits.payload}?=`)
    at += fits.count
    room = full
  }
  return words
}

const firstPayload = (room: number, full: number, least: number) => (room < least ? full : Math.min(room, full))

/** ASCII in the Q encoding, restricted to what a phrase allows. */
const Q_ASCII = Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code)
  if (character === ' ') return '_'
  return /[A-Za-z0-9!*+/-]/.test(character) ? character : `=${code.toString(16).toUpperCase().padStart(2, '0')}`
})

/** One character in the Q encoding. What is not ASCII goes the way of a URI, whose octets are UTF-8 in upper-case digits too. */
function q(character: string): string {
  return Q_ASCII[character.charCodeAt(0)] ?? encodeURIComponent(character).replaceAll('%', '=')
}

function qOctets(octets: Buffer): string {
  let text = ''
  for (const octet of octets) text += Q_ASCII[octet] ?? `=${octet.toString(16).toUpperCase()}`
  return text
}
