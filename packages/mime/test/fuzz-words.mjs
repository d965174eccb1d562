// Encoded-words and charsets, read strictly (RFC 2047).
import { isUtf8 } from 'node:buffer'
import iconv from 'iconv-lite'

const WORD = /^=\?([^?\s*]+)\?([BbQq])\?([!->@-~]*)\?=$/
const decoders = new Map()

/** Octets in a charset as text; an error when they are none in it. */
export function decodeCharset(octets, charset) {
  const name = charset.toLowerCase()
  if (name === 'utf-8') {
    if (!isUtf8(octets)) throw new Error('not UTF-8')
    return octets.utf8Slice(0, octets.length)
  }
  if (name === 'us-ascii') {
    const text = octets.latin1Slice(0, octets.length)
    if (/[^\0-\x7f]/.test(text)) throw new Error('not US-ASCII')
    return text
  }
  if (name === 'iso-2022-jp') {
    let decoder = decoders.get(name)
    if (!decoder) decoders.set(name, (decoder = new TextDecoder(name, { fatal: true })))
    return decoder.decode(octets)
  }
  const text = iconv.decode(octets, name, { stripBOM: false })
  if (name !== 'gb18030' && text.includes('\ufffd')) throw new Error(`octets that ${charset} has no characters for`)
  return text
}

/** The text of an encoded-word; undefined when it is none. An error when it is one that breaks a rule. */
export function wordText(token, inPhrase = false) {
  if (!token.startsWith('=?')) return undefined
  const found = WORD.exec(token)
  if (!found) throw new Error(`looks like an encoded-word: ${token.slice(0, 90)}`)
  if (token.length > 75) throw new Error(`an encoded-word of ${token.length} characters`)
  const [, charset, encoding, payload] = found
  if (encoding === 'B' || encoding === 'b') {
    const octets = Buffer.from(payload, 'base64')
    if (octets.toString('base64') !== payload) throw new Error(`not base64: ${payload}`)
    return decodeCharset(octets, charset)
  }
  if (inPhrase && /[^A-Za-z0-9!*+/=_-]/.test(payload)) throw new Error(`not for a phrase: ${token}`)
  const octets = payload.replaceAll('_', ' ').replace(/=(..?|$)/g, (whole, digits) => {
    if (!/^[0-9A-F]{2}$/.test(digits)) throw new Error(`not in Q: ${whole}`)
    return String.fromCharCode(parseInt(digits, 16))
  })
  return decodeCharset(Buffer.from(octets, 'latin1'), charset)
}

/**
 * Unstructured text with its encoded-words decoded: those that stand between white space (6.2). Nothing else in it may look like one, so
 * that a reader which decodes them anywhere reads the same.
 */
export function decodeWords(value) {
  if (!value.includes('=?')) return value
  let out = ''
  let gap = ''
  let afterWord = false
  for (const token of value.split(/([ \t]+)/)) {
    if (/^[ \t]*$/.test(token)) {
      gap += token
      continue
    }
    const word = wordText(token)
    if (word === undefined && token.includes('=?'))
      throw new Error(`looks like an encoded-word within ${token.slice(0, 90)}`)
    out += (word !== undefined && afterWord ? '' : gap) + (word ?? token)
    afterWord = word !== undefined
    gap = ''
  }
  return out + gap
}
