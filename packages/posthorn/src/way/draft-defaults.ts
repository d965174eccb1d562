import { SettingsError } from '@posthorn/ground'
import type { Draft, ExtraField } from '@posthorn/mime'
import type { Profile } from '@posthorn/settings'
import type { MailDraft } from '../mail.js'
import { namesNobody } from './mailboxes-in.js'

/** What a profile says about every draft that does not say it itself. */
export interface DraftDefaults {
  /** The draft with all of it. @throws {SettingsError} `address.*` */
  onto(draft: MailDraft): MailDraft
}

/** Header fields that composing writes for a key of a draft: in a profile they stand for that key. */
const KEY_OF_FIELD: ReadonlyMap<string, keyof Draft> = new Map<string, keyof Draft>([
  ['from', 'from'],
  ['sender', 'sender'],
  ['reply-to', 'replyTo'],
  ['subject', 'subject'],
  ['organization', 'organization'],
  ['disposition-notification-to', 'readReceiptTo'],
  ['return-receipt-to', 'returnReceiptTo'],
])
/** Those that composing writes for a key of a draft in other words: where the draft has the key, the profile's field is left out. */
const KEYS_WRITING: ReadonlyMap<string, readonly (keyof Draft)[]> = new Map<string, readonly (keyof Draft)[]>([
  ['x-priority', ['xPriority', 'priority']],
  ['priority', ['priority']],
  ['importance', ['importance', 'priority']],
  ['sensitivity', ['sensitivity']],
  ['auto-submitted', ['autoSubmitted']],
])
/** Those that composing alone can write. */
const COMPOSED = new Set(['to', 'cc', 'bcc', 'date', 'message-id', 'mime-version', 'in-reply-to', 'references'])

/**
 * The defaults for drafts in a profile; undefined when there are none. With `headers.fieldsOnly` the fields are not among them: they are put
 * in place of the others at the end.
 * @throws {SettingsError} `settings.header-field` for a field that a profile cannot say
 */
export function draftDefaults(profile: Profile): DraftDefaults | undefined {
  const { sender = {}, headers = {} } = profile
  const { from, name, replyTo, organization, readReceiptTo, deliveryReceiptTo, defaultRecipient } = sender
  const { priority, importance, sensitivity } = headers
  const said = {
    ...(from === undefined ? {} : { from: name === undefined ? from : { name, address: from } }),
    ...{ replyTo, organization, readReceiptTo, returnReceiptTo: deliveryReceiptTo },
    ...{ priority, importance, sensitivity },
  } satisfies Partial<Draft>
  const defaults: Partial<Record<keyof Draft, unknown>> = defined(said)
  const fields = headers.fieldsOnly ? [] : ownFieldsOf(headers.fields ?? [], defaults)
  if (Object.keys(defaults).length === 0 && fields.length === 0 && defaultRecipient === undefined) return undefined
  return {
    onto(draft) {
      const own = defined(draft)
      const whole: MailDraft = { ...(defaults as Partial<MailDraft>), ...own }
      const standIn = defaultRecipient !== undefined && isForNobody(draft) ? { to: defaultRecipient } : {}
      const more = fieldsFor(own, defaults, fields)
      return { ...whole, ...standIn, ...(more.length === 0 ? {} : { headers: [...(own.headers ?? []), ...more] }) }
    },
  }
}

/** The fields of a profile that stay fields; the others become defaults, where no setting says them already. */
function ownFieldsOf(
  fields: readonly ExtraField[],
  defaults: Partial<Record<keyof Draft, unknown>>,
): readonly ExtraField[] {
  return fields.filter(({ name, value }, index) => {
    const lower = name.toLowerCase()
    const key = KEY_OF_FIELD.get(lower)
    if (key !== undefined) {
      defaults[key] ??= value
      return false
    }
    if (!COMPOSED.has(lower) && !lower.startsWith('content-')) return true
    throw new SettingsError(
      'settings.header-field',
      `headers.fields[${index}].name`,
      `cannot be ${name}, which is written for each message`,
      { hint: 'Leave it out; a message says it by the fields of its draft.' },
    )
  })
}

/** Those of them that the draft says nothing about. */
function fieldsFor(
  own: Partial<MailDraft>,
  defaults: Partial<Record<keyof Draft, unknown>>,
  fields: readonly ExtraField[],
): readonly ExtraField[] {
  if (own.headers !== undefined && !Array.isArray(own.headers)) return [] // composing says what is wrong with it
  const names = new Set((own.headers ?? []).map((field) => String((field as ExtraField | null)?.name).toLowerCase()))
  return fields.filter(({ name }) => {
    const lower = name.toLowerCase()
    const writing = KEYS_WRITING.get(lower) ?? []
    return !names.has(lower) && !writing.some((key) => own[key] !== undefined || defaults[key] !== undefined)
  })
}

/**
 * Whether somebody must stand in for the recipients. A group without members in To is one who is left open on purpose where others stand in
 * Cc or Bcc: a blind mailing goes to nobody else.
 */
function isForNobody({ to, cc, bcc }: MailDraft): boolean {
  return namesNobody(to, namesNobody(cc, true) && namesNobody(bcc, true))
}

function defined<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>
}
