import { type RandomOctets, type Address } from '@posthorn/mime'
import { addressField, draftHeader, strictStyle, type FieldStyle, type HeaderDraft } from '@posthorn/mime/header'
import { invalidArgument } from '../ipworks-error.js'
import type { ComponentValues } from '../values.js'
import { entriesOf } from '../type/message-recipient-list.js'
import { addressesIn, isBlank, mailboxesIn } from './mailboxes-in.js'
import { shownRecipients } from './shown-recipients.js'

/** What the fields take from the world outside. */
export interface FieldTerms {
  /** What stands on the right of a new Message-ID; '': the domain of From. */
  readonly localName: string
  readonly now?: (() => Date) | undefined
  readonly random?: RandomOctets | undefined
}

const PRIORITIES = [undefined, 'normal', 'urgent', 'non-urgent'] as const
const IMPORTANCES = [undefined, 'high', 'normal', 'low'] as const
const SENSITIVITIES = [undefined, 'personal', 'private', 'company-confidential'] as const
const ALGORITHMS = { MD5: 'md5', SHA1: 'sha1', SHA256: 'sha256' } as const
const MAX_LITERAL = 990 // a line has 998: RFC 5322 2.1.1
const NOW = '*'

/**
 * The computed fields in their order, each with CRLF: Date, From, To, Cc, Reply-To, Subject, Message-ID, the receipts, Priority, Importance,
 * Sensitivity. There is none for BCc.
 * @returns `utf8`: a mailbox in them needs SMTPUTF8
 * @throws {SettingsError} of mime; {IPWorksError} 10022
 * @source row ipworks.behaviour.header-order, and those of the properties
 */
export function messageFields(
  values: ComponentValues,
  style: FieldStyle,
  terms: FieldTerms,
): { readonly text: string; readonly utf8: boolean } {
  const date = values.property('MessageDate')
  const { to, cc } = shownRecipients(entriesOf(values.property('MessageRecipients')))
  const parties = {
    authors: mailboxesIn(values.property('From'), 'From'),
    to,
    cc,
    replyTo: addressesIn(values.property('ReplyTo'), 'ReplyTo'),
    readReceiptTo: mailboxesIn(values.property('ReadReceiptTo'), 'ReadReceiptTo'),
    returnReceiptTo: mailboxesIn(values.property('DeliveryNotificationTo'), 'DeliveryNotificationTo'),
  }
  const { text, utf8 } = draftHeader(headerDraft(values, date === NOW), parties, {
    style,
    messageIdAlgorithm: ALGORITHMS[values.config('MessageIdAlgorithm').toUpperCase() as keyof typeof ALGORITHMS],
    messageIdDomain: terms.localName === '' ? undefined : terms.localName,
    now: terms.now,
    randomOctets: terms.random,
    addressField: rememberedField,
  })
  const fields = date === NOW || isBlank(date) ? text : `${literalDate(date)}${text}`
  return { text: style.foldAt === Infinity ? unfolded(fields) : fields, utf8 }
}

let lastStyle: { readonly foldAt: number | false; readonly charset: string; readonly style: FieldStyle } | undefined

/** How fields are folded and encoded. A field that is written in it throws SettingsError `compose.charset-lacks`. */
export function fieldStyleOf(values: ComponentValues): FieldStyle {
  const foldAt = values.config('FoldHeaders') && values.config('MaxHeaderLength')
  const charset = values.config('Charset')
  if (lastStyle?.foldAt !== foldAt || lastStyle.charset !== charset) {
    lastStyle = { foldAt, charset, style: strictStyle(foldAt, charset === '' ? undefined : charset) }
  }
  return lastStyle.style
}

function headerDraft(values: ComponentValues, isNow: boolean): HeaderDraft {
  const subject = values.property('Subject')
  return {
    date: isNow ? undefined : '',
    subject: subject === '' ? undefined : subject,
    messageId: values.property('MessageId').trim(),
    priority: PRIORITIES[values.property('Priority')],
    importance: IMPORTANCES[values.property('Importance')],
    sensitivity: SENSITIVITIES[values.property('Sensitivity')],
  }
}

interface WrittenField {
  readonly list: readonly Address[]
  readonly style: FieldStyle | undefined
  readonly text: string
}

/** The list that was written last under each name: that of From, and often others, is the same for every message. */
const lastFields = new Map<string, WrittenField>()

function rememberedField(name: string, list: readonly Address[], style?: FieldStyle): string {
  const last = lastFields.get(name)
  if (last?.list === list && last.style === style) return last.text
  const text = addressField(name, list, style)
  lastFields.set(name, { list, style, text })
  return text
}

/** What the caller says stands there as it is, on its line. [ipworks.prop.MessageDate] */
function literalDate(date: string): string {
  if (/^[ -~]+$/.test(date) && date.length <= MAX_LITERAL) return `Date: ${date}\r\n`
  throw invalidArgument('MessageDate', `must be printable ASCII, at most ${MAX_LITERAL} characters`)
}

/** One line for each field, however long: mime folds where 998 octets force it. [ipworks.config.FoldHeaders] */
function unfolded(fields: string): string {
  return fields.replaceAll('\r\n ', ' ')
}
