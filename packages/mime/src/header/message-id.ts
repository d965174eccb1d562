import { hash } from 'node:crypto'
import type { RandomOctets } from '../random-block.js'
import { refusal } from '../refusal.js'
import { fieldText } from './field-text.js'

const MAX_OCTETS = 900 // so that it stays on a line of 998: RFC 5322 2.1.1
const RANDOM_OCTETS = 32
const ALGORITHMS = new Set<unknown>(['sha256', 'sha1', 'md5'])

export type MessageIdAlgorithm = 'sha256' | 'sha1' | 'md5'

/**
 * A Message-ID that nobody can guess and nobody else makes: the hash of 256 random bits, in hexadecimal digits (64, 40 or 32 of them by
 * algorithm). What the hash hides is nothing but the random octets, so a weak algorithm does no harm here.
 * @param domain stands on the right, RFC 5322 3.6.4
 * @throws {SettingsError} `compose.message-id-algorithm`
 */
export function newMessageId(random: RandomOctets, algorithm: MessageIdAlgorithm, domain: string): string {
  if (!ALGORITHMS.has(algorithm)) {
    throw refusal(
      'compose.message-id-algorithm',
      'messageIdAlgorithm',
      'is none of sha256, sha1 and md5',
      'Leave it out for sha256.',
    )
  }
  return `<${hash(algorithm, random(RANDOM_OCTETS), 'hex')}@${domain}>`
}

/**
 * A Message-ID of our own with its angle brackets, RFC 5322 3.6.4.
 * @throws {SettingsError} `draft.message-id`
 */
export function ownMessageId(text: string, field: string): string {
  const id = knownMessageId(text, field)
  if (!/^<[^@]+@[^@]+>$/.test(id)) throw malformed(field)
  return id
}

/**
 * A Message-ID that another program made: anything printable between the angle brackets is left as it is, since many programs keep
 * less to the grammar than they should and an answer must name the message all the same.
 * @throws {SettingsError} `draft.message-id`
 */
export function knownMessageId(text: string, field: string): string {
  const given = fieldText(text, field)
  const inner = given.startsWith('<') && given.endsWith('>') ? given.slice(1, -1) : given
  // What looks like an encoded-word would be decoded by readers that do not know better.
  if (inner.length > MAX_OCTETS || !/^[!-;=?-~]+$/.test(inner) || /=\?.*\?=/.test(inner)) throw malformed(field)
  return `<${inner}>`
}

/**
 * Several of them, or one; in a string, those in angle brackets may stand side by side with spaces between them, as in a header field.
 * @throws {SettingsError} `draft.message-id`, naming the entry
 */
export function knownMessageIds(ids: unknown, field: string): string[] {
  if (typeof ids === 'string') {
    return isRow(ids)
      ? ids.split(/> +</).map((id) => knownMessageId(id.replace(/^<|>$/g, ''), field))
      : [knownMessageId(ids, field)]
  }
  if (Array.isArray(ids)) return ids.map((id: string, index) => knownMessageId(id, `${field}[${index}]`))
  throw refusal(
    'draft.message-id',
    field,
    'is neither a Message-ID nor an array of them',
    'Give a string such as <20251121.4711@example.com>, or an array of such strings.',
  )
}

const isRow = (ids: string) => ids.startsWith('<') && ids.endsWith('>') && ids.includes('> ')

function malformed(field: string) {
  return refusal(
    'draft.message-id',
    field,
    'is not a Message-ID',
    'Write one id like <20251121.4711@example.com>, without spaces.',
  )
}
