const PREFIX = '=?utf-8?'
const OVERHEAD = PREFIX.length + 'B?'.length + '?='.length
const MAX_WORD = 75 // RFC 2047 2
const MIN_PAYLOAD = 12 // one character of four octets in Q

/** The fewest characters an encoded-word of ours can be asked to fit into. */
export const MIN_ENCODED_WORD = OVERHEAD + MIN_PAYLOAD

/**
 * Text as encoded-words in UTF-8 (RFC 2047), in B or Q, whichever is shorter for the whole. No word is longer than 75 characters and
 * none splits a character. They are to be separated by white space, which readers take away again. Q uses the set for phrases
 * (5(3)), so the words may stand anywhere an encoded-word may.
 * @param firstRoom how long the first word may be, at least `MIN_ENCODED_WORD`
 */
export function encodedWords(text: string, firstRoom = MAX_WORD): string[] {
  const characters = Array.from(text)
  const asQ = characters.map(q)
  const lengthQ = asQ.reduce((sum, unit) => sum + unit.length, 0)
  const lengthB = 4 * Math.ceil(Buffer.byteLength(text) / 3)
  let room = Math.min(firstRoom, MAX_WORD) - OVERHEAD
  const words: string[] = []
  if (lengthQ <= lengthB) {
    let payload = ''
    for (const unit of asQ) {
      if (payload.length + unit.length > room) {
        words.push(`${PREFIX}Q?${payload}?=`)
        payload = ''
        room = MAX_WORD - OVERHEAD
      }
      payload += unit
    }
    words.push(`${PREFIX}Q?${payload}?=`)
  } else {
    let payload = ''
    let octets = 0
    for (const character of characters) {
      const size = Buffer.byteLength(character)
      if (octets + size > (room >> 2) * 3) {
        words.push(`${PREFIX}B?${Buffer.from(payload).toString('base64')}?=`)
        payload = ''
        octets = 0
        room = MAX_WORD - OVERHEAD
      }
      payload += character
      octets += size
    }
    words.push(`${PREFIX}B?${Buffer.from(payload).toString('base64')}?=`)
  }
  return words
}

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
