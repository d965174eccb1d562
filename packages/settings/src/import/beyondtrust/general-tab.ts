import type { FieldId } from './fields.js'
import type { HeaderEntry, ProfileFields } from './profile-fields.js'

/** Who sends, and the header fields of every message. */
export function applyGeneral(fields: ProfileFields): void {
  applyDescription(fields)
  if (fields.needs('SenderEmail')) fields.takeText('SenderEmail', 'sender.from')
  for (const [field, setting] of SENDER_FIELDS) {
    if (fields.text(field) !== undefined) fields.takeText(field, setting)
    else fields.say(field, 'defaulted', 'it is empty; some servers refuse messages without it')
  }
  fields.takeText('ReadReceiptsEmail', 'sender.readReceiptTo')
  applyReturnReceipt(fields)
  applyChoice(fields, 'Priority', 'headers.priority', ['normal', 'urgent', 'non-urgent'])
  applyChoice(fields, 'Sensitivity', 'headers.sensitivity', ['personal', 'private', 'company-confidential'])
  applyChoice(fields, 'Importance', 'headers.importance', ['high', 'normal', 'low'])
  applyHeaders(fields)
}

const SENDER_FIELDS: readonly (readonly [FieldId, string])[] = [
  ['SenderName', 'sender.name'],
  ['Organization', 'sender.organization'],
  ['ReplyToEmail', 'sender.replyTo'],
]

function applyDescription(fields: ProfileFields): void {
  const text = fields.text('Description')?.trim()
  if (text === undefined) return
  const inOneLine = text.replace(/\p{Cc}+/gu, ' ').slice(0, 2000)
  if (inOneLine === text) fields.take('Description', [['description', text]])
  else fields.take('Description', [['description', inOneLine]], 'written in one line', 'changed')
}

function applyReturnReceipt(fields: ProfileFields): void {
  const address = fields.text('ReturnReceiptToEmail')?.trim()
  if (address === undefined) return
  const own = address === fields.text('SenderEmail')?.trim()
  const note = own
    ? 'it is the sender, too, so the server is asked for notifications of success and failure'
    : 'notifications of the server go to the sender, which this is not: only the header field is written'
  fields.take('ReturnReceiptToEmail', [['sender.deliveryReceiptTo', address]], note)
}

/** Names in any case, with `_`, `-` or blanks; or their numbers from 1, 0 for unspecified. */
function applyChoice(fields: ProfileFields, field: FieldId, setting: string, values: readonly string[]): void {
  const word = fields.word(field)
  if (word === undefined) return
  if (word === 'unspecified' || word === '0') return fields.say(field, 'taken', 'no header field is written')
  const value = values.find((each, index) => each.replaceAll('-', '') === word || String(index + 1) === word)
  if (value === undefined) {
    const names = ['Unspecified', ...values].join(', ')
    throw fields.refused(field, `is none of ${names}`, 'Write one of these.')
  }
  fields.take(field, [[setting, value]])
}

/** One header field for each name; a line end in it would begin another one. */
function applyHeaders(fields: ProfileFields): void {
  const written: { name: string; value: string }[] = []
  for (const { name, value } of fields.headers) {
    const field = name?.text?.trim() ?? ''
    const text = value?.text ?? ''
    if (field === '') {
      if (text.trim() !== '') fields.draft.say(lineOf({ name, value }), 'ignored', 'it has no name')
      else if (name) fields.draft.say(lineOf({ name, value }), 'ignored', 'it is empty')
      continue
    }
    fields.check('AdvancedName', [['headers.fields', [{ name: field, value: '' }]]])
    fields.check('AdvancedValue', [['headers.fields', [{ name: field, value: text }]]])
    written.push({ name: field, value: text })
    fields.draft.take(lineOf({ name, value }), [['headers.fields', [...written]]])
    if (value) fields.draft.say(lineOf({ name: undefined, value }), 'taken', 'the value of that header field')
  }
}

function lineOf({ name, value }: HeaderEntry): { entry: string; line?: number } {
  const line = name?.line ?? value?.line
  const entry = name ? 'AdvancedName' : 'AdvancedValue'
  return line === undefined ? { entry } : { entry, line }
}
