import { draftHeader, strictStyle, type FieldStyle, type HeaderDraft } from '@posthorn/mime/header'
import type { RandomOctets } from '@posthorn/mime'
import { invalidArgument } from '../ipworks-error.js'
import { RecipientType } from '../type/message-recipient.js'
import type { ComponentValues } from '../values.js'
import { mailboxesIn } from './mailboxes-in.js'
import { isBlank } from './message-envelope.js'

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
  const isNow = date === '*'
  const { text, utf8 } = draftHeader(messageDraft(values, isNow), {
    style,
    messageIdAlgorithm: ALGORITHMS[values.config('MessageIdAlgorithm').toUpperCase() as keyof typeof ALGORITHMS],
    messageIdDomain: terms.localName === '' ? undefined : terms.localName,
    now: terms.now,
    randomOctets: terms.random,
  })
  const fields = isNow || isBlank(date) ? text : `${literalDate(date)}${text}`
  return { text: values.config('FoldHeaders') ? fields : unfolded(fields), utf8 }
}

let lastStyle: { readonly foldAt: number | false; readonly charset: string; readonly style: FieldStyle } | undefined

/** How fields are folded and encoded. @throws {SettingsError} a field that is written in it: `compose.charset-lacks` */
export function fieldStyleOf(values: ComponentValues): FieldStyle {
  const foldAt = values.config('FoldHeaders') && values.config('MaxHeaderLength')
  const charset = values.config('Charset')
  if (lastStyle?.foldAt !== foldAt || lastStyle.charset !== charset) {
    lastStyle = { foldAt, charset, style: strictStyle(foldAt, charset === '' ? undefined : charset) }
  }
  return lastStyle.style
}

type Named = string | { readonly name: string; readonly address: string }

function messageDraft(values: ComponentValues, isNow: boolean): Parameters<typeof draftHeader>[0] {
  const to: Named[] = []
  const cc: Named[] = []
  for (const { address, name, recipientType } of values.property('MessageRecipients')) {
    if (recipientType === RecipientType.rtBcc) continue
    const list = recipientType === RecipientType.rtCc ? cc : to
    list.push({ name, address })
  }
  const subject = values.property('Subject')
  return {
    from: authors(values.property('From'), 'From'),
    date: isNow ? undefined : '',
    to,
    cc,
    replyTo: mailboxesIn(values.property('ReplyTo'), 'ReplyTo'),
    subject: subject === '' ? undefined : subject,
    messageId: values.property('MessageId').trim(),
    readReceiptTo: authors(values.property('ReadReceiptTo'), 'ReadReceiptTo'),
    returnReceiptTo: authors(values.property('DeliveryNotificationTo'), 'DeliveryNotificationTo'),
    priority: PRIORITIES[values.property('Priority')],
    importance: IMPORTANCES[values.property('Importance')],
    sensitivity: SENSITIVITIES[values.property('Sensitivity')],
  }
}

/** Mailboxes, where no group may stand: `draftHeader` refuses it. */
function authors(text: string, name: string): HeaderDraft['readReceiptTo'] {
  return mailboxesIn(text, name) as Extract<HeaderDraft['readReceiptTo'], readonly unknown[]>
}

/** What the caller says stands there as it is, on its line. [ipworks.prop.MessageDate] */
function literalDate(date: string): string {
  if (/^[ -~]+$/.test(date) && date.length <= MAX_LITERAL) return `Date: ${date}\r\n`
  throw invalidArgument('MessageDate', `must be printable ASCII, at most ${MAX_LITERAL} characters`)
}

/** One line for each field, however long: mime folds where 998 octets force it. [ipworks.config.FoldHeaders] */
function unfolded(fields: string): string {
  return fields.includes('\r\n ') ? fields.replaceAll('\r\n ', ' ') : fields
}
