import type { Attachment } from '../draft.js'
import { refusal } from '../refusal.js'

/**
 * What a string stands for. Base64 and hexadecimal are read strictly, white space between the digits but aside.
 * @throws {SettingsError} `attachment.encoding`
 */
export function stringOctets(text: string, encoding: Attachment['encoding'], field: string): Uint8Array {
  if (encoding === undefined || encoding === 'utf8') return Buffer.from(text)
  const octets = encoding === 'base64' ? decodeBase64(text) : encoding === 'hex' ? decodeHex(text) : undefined
  if (octets) return octets
  if (encoding === 'base64' || encoding === 'hex') {
    throw refusal(
      'attachment.encoding',
      `${field}.content`,
      `is said to be ${encoding} and is not`,
      'Give the octets, or a string in this encoding.',
    )
  }
  throw refusal(
    'attachment.encoding',
    `${field}.encoding`,
    'is none of utf8, base64 and hex',
    'Use one of them, or give the octets.',
  )
}

/** Undefined when it is not base64 (RFC 4648 4) with its padding. Line ends and spaces are skipped. */
export function decodeBase64(text: string): Buffer | undefined {
  const digits = /\s/.test(text) ? text.replace(/\s+/g, '') : text
  const padding = digits.endsWith('==') ? 2 : digits.endsWith('=') ? 1 : 0
  // two searches in place of one pattern with a repeated group: a long text would overflow that
  if (digits.length % 4 !== 0 || /[^A-Za-z0-9+/]/.test(padding === 0 ? digits : digits.slice(0, -padding)))
    return undefined
  return Buffer.from(digits, 'base64')
}

function decodeHex(text: string): Buffer | undefined {
  const digits = /\s/.test(text) ? text.replace(/\s+/g, '') : text
  if (digits.length % 2 !== 0 || /[^0-9A-Fa-f]/.test(digits)) return undefined
  return Buffer.from(digits, 'hex')
}
