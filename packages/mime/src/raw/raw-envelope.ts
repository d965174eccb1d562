import { parseMailbox, type Mailbox } from '../address/mailbox.js'
import { isAscii } from '../header/field-text.js'
import { refusal } from '../refusal.js'
import { addressesIn } from './header-addresses.js'
import type { HeaderField } from './header-section.js'

/** What is said about the envelope besides the message. */
export interface RawEnvelope {
  /** One mailbox, or '' for the null reverse-path. Default: the mailbox of Sender, else the first of From. */
  readonly reversePath?: string | undefined
  /** One mailbox each. */
  readonly recipients?: readonly string[] | undefined
}

/** The envelope of a message that is ready. */
export interface ReadEnvelope {
  readonly reversePath: string
  readonly recipients: readonly string[]
  /** Some local part is not ASCII (RFC 6531 3.4). */
  readonly utf8: boolean
  /** The domain of the sender or the author; undefined when none is known. */
  readonly domain: string | undefined
}

const RECIPIENTS = ['to', 'cc', 'bcc']
/** Those a message has once for each time that it was sent on (RFC 5322 3.6.6). */
const RESENT = new Set(['from', 'sender', 'to', 'cc', 'bcc', 'date', 'message-id'].map((name) => `resent-${name}`))
const TRACE = new Set(['received', 'return-path'])

/**
 * Who sends to whom: what is given, and with `readRecipients` those that To, Cc and Bcc name. In a message that was sent on, which any
 * Resent- field tells, it is Resent-To, Resent-Cc and Resent-Bcc of the last time alone that name them, and Resent-Sender or Resent-From
 * the sender.
 * @throws {SettingsError} `envelope.recipients`, `envelope.reverse-path`; `address.malformed` and others for an address
 */
export function readEnvelope(
  given: RawEnvelope,
  fields: readonly HeaderField[],
  readRecipients: boolean,
): ReadEnvelope {
  const resent = lastResent(fields)
  const named = resent.length > 0 ? resent : fields
  const prefix = named === resent ? 'resent-' : ''
  const recipients = (given.recipients ?? []).map((text, index) => parseMailbox(text, `envelope.recipients[${index}]`))
  if (readRecipients) {
    for (const field of named)
      if (RECIPIENTS.some((name) => field.key === prefix + name))
        for (const one of addressesIn(field)) recipients.push(one)
  }
  if (recipients.length === 0) {
    throw refusal(
      'envelope.recipients',
      'envelope.recipients',
      readRecipients ? 'are named neither here nor in the message' : 'must name at least one recipient',
      readRecipients
        ? resent.length > 0
          ? 'Give recipients, or a Resent-To, Resent-Cc or Resent-Bcc field: To and Cc are those of the first time.'
          : 'Give recipients, or a To, Cc or Bcc field.'
        : 'Give recipients, or take them from the message with readRecipients.',
    )
  }
  const { reversePath } = given
  const sender =
    reversePath === undefined ? (authorIn(resent, 'resent-') ?? authorIn(fields, '')) : reversePathOf(reversePath)
  if (reversePath === undefined && !sender) {
    throw refusal(
      'envelope.reverse-path',
      'envelope.reversePath',
      'is missing, and the message has no Sender or From field',
      "Give the mailbox of the sender, or '' for the null reverse-path.",
    )
  }
  const list = unique(recipients)
  return {
    reversePath: sender?.address ?? '',
    recipients: list,
    utf8: !isAscii(sender?.address ?? '') || !list.every(isAscii),
    domain: sender?.domain,
  }
}

function reversePathOf(text: string): Mailbox | undefined {
  return text === '' || text === '<>' ? undefined : parseMailbox(text, 'envelope.reversePath')
}

/** The Resent- fields of the last time: they stand in front of those of earlier times. */
function lastResent(fields: readonly HeaderField[]): HeaderField[] {
  const found: HeaderField[] = []
  for (const field of fields) {
    if (found.length > 0 && TRACE.has(field.key)) break
    if (!RESENT.has(field.key)) continue
    if (found.some(({ key }) => key === field.key)) break
    found.push(field)
  }
  return found
}

function authorIn(fields: readonly HeaderField[], prefix: '' | 'resent-'): Mailbox | undefined {
  const field = fields.find(({ key }) => key === `${prefix}sender`) ?? fields.find(({ key }) => key === `${prefix}from`)
  return field && addressesIn(field)[0]
}

/** Each mailbox once; the case of its domain does not make it another. */
function unique(list: readonly Mailbox[]): string[] {
  const seen = new Map<string, string>()
  for (const { address, domain } of list) {
    const key = address.slice(0, -domain.length) + domain.toLowerCase()
    if (!seen.has(key)) seen.set(key, address)
  }
  return [...seen.values()]
}
