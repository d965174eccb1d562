import { readMailbox } from '../named-mailbox.js'
import { linesOf, numbered, switched, truth, type SettingReader } from './setting-reader.js'

const PRIORITIES = { epUnspecified: 0, epNormal: 1, epUrgent: 2, epNonUrgent: 3 }
const IMPORTANCES = { miUnspecified: 0, miHigh: 1, miNormal: 2, miLow: 3 }
const SENSITIVITIES = { esUnspecified: 0, esPersonal: 1, esPrivate: 2, esCompanyConfidential: 3 }

/** Sender, header fields, and what happens when a recipient is refused. */
export function takeMessage(reader: SettingReader): void {
  reader.take('From', (value) => {
    const read = readMailbox(value)
    if (!read) return 'it is not one mailbox'
    return [['sender.from', read.mailbox], ...(read.name ? [['sender.name', read.name] as const] : [])]
  })
  reader.take('ReturnPath', (value) =>
    value === '<>'
      ? 'a profile has no null reverse-path: each envelope says it'
      : [['sender.returnPath', value.replace(/^<(.*)>$/, '$1')]],
  )
  reader.take('ReplyTo', (value) => [['sender.replyTo', value]])
  reader.take('ReadReceiptTo', (value) => [['sender.readReceiptTo', readMailbox(value)?.mailbox ?? value]])
  takeDeliveryReceipt(reader)
  for (const [name, setting, numbers, words] of [
    ['Priority', 'headers.priority', PRIORITIES, ['normal', 'urgent', 'non-urgent']],
    ['Importance', 'headers.importance', IMPORTANCES, ['high', 'normal', 'low']],
    ['Sensitivity', 'headers.sensitivity', SENSITIVITIES, ['personal', 'private', 'company-confidential']],
  ] as const)
    reader.take(name, (value) => {
      const number = numbered(value, numbers)
      if (number === undefined) return 'it must be 0 to 3'
      return number === 0 ? [] : [[setting, words[number - 1]]]
    })
  reader.take('Charset', (value) => [['headers.charset', value]])
  takeFields(reader)
  const fold = reader.read('FoldHeaders')
  if (fold)
    reader.draft.say(
      fold.place,
      truth(fold.value) === false ? 'lost' : 'ignored',
      'header fields are folded at 78 characters (RFC 5322 2.1.1)',
    )
  takeRefusals(reader)
  const mask = reader.read('MaskSensitiveData')
  if (mask) reader.draft.say(mask.place, truth(mask.value) === false ? 'lost' : 'ignored', 'secrets are never shown')
}

function takeDeliveryReceipt(reader: SettingReader): void {
  const value = reader.peek('DeliveryNotificationTo') ?? ''
  const mailbox = readMailbox(value)?.mailbox ?? value
  const reversePath = reader.draft.get('sender.returnPath') ?? reader.draft.get('sender.from')
  const same = typeof reversePath === 'string' && mailbox.toLowerCase() === reversePath.toLowerCase()
  reader.take(
    'DeliveryNotificationTo',
    () => [['sender.deliveryReceiptTo', mailbox]],
    same ? 'changed' : 'taken',
    same ? 'a success notification is asked for in the envelope, too' : undefined,
  )
}

/** `OtherHeaders`: one in a line; with an empty line first they take the place of all others. */
function takeFields(reader: SettingReader): void {
  reader.take('OtherHeaders', (value) => {
    const lines = linesOf(value)
    const only = lines.length > 1 && lines[0] === ''
    const fields: { name: string; value: string }[] = []
    for (const line of lines.slice(only ? 1 : 0)) {
      const last = fields.at(-1)
      const [, name, text = ''] = /^([^\s:]{1,200}):[ \t]*(.*)$/.exec(line) ?? []
      if (line === '') continue
      if (/^[ \t]/.test(line) && last) last.value += ` ${line.trim()}`
      else if (name === undefined) return 'it must be header fields, one in a line'
      else fields.push({ name, value: text.trimEnd() })
    }
    if (fields.length === 0) return []
    return [['headers.fields', fields], ...(only ? [['headers.fieldsOnly', true] as const] : [])]
  })
}

function takeRefusals(reader: SettingReader): void {
  for (const [name, kind, usual] of [
    ['StopOnToErrors', 'to', 'stop'],
    ['StopOnCcErrors', 'cc', 'stop'],
    ['StopOnBccErrors', 'bcc', 'continue'],
  ] as const) {
    const setting = `delivery.onRefused.${kind}`
    reader.take(name, (value) => switched(value, (on) => [[setting, on ? 'stop' : 'continue']]))
    reader.usual(
      name,
      [[setting, usual]],
      usual === 'stop' ? 'nobody gets a message with a refused recipient' : 'the others get it',
    )
  }
}
