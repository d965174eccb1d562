import { fieldText } from './field-text.js'
import { refusal } from './refusal.js'

const MAX_OCTETS = 900 // so that it stays on a line of 998: RFC 5322 2.1.1

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
  const inner = fieldText(text, field).replace(/^<(.*)>$/, '$1')
  if (inner.length > MAX_OCTETS || !/^[!-;=?-~]+$/.test(inner)) throw malformed(field)
  return `<${inner}>`
}

function malformed(field: string) {
  return refusal(
    'draft.message-id',
    field,
    'is not a Message-ID',
    'Write one id like <20251121.4711@example.com>, without spaces.',
  )
}
