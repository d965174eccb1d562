import type { Draft } from './draft.js'
import { fieldText } from './field-text.js'
import { unstructuredField } from './header-field.js'
import { refusal } from './refusal.js'

const MAX_NAME = 70
const RESERVED = new Set(
  'from sender reply-to to cc bcc resent-bcc subject date message-id in-reply-to references mime-version return-path'.split(
    ' ',
  ),
)
const PRIORITY_FIELDS = new Set(['x-priority', 'priority', 'importance'])

/**
 * The header fields a draft adds of its own, as unstructured text, each with its CRLF. Fields that `compose` writes, or that belong to
 * the servers on the way, are refused: most may stand only once (RFC 5322 3.6).
 * @throws {SettingsError} `draft.header-name`, or `draft.control-character`
 */
export function extraFields(headers: NonNullable<Draft['headers']>, priorityIsSet: boolean): string {
  let fields = ''
  headers.forEach(({ name, value }, index) => {
    const field = `headers[${index}]`
    fieldText(name, `${field}.name`)
    if (name.length > MAX_NAME || !/^[!#$%&'*+.0-9A-Z^_`a-z|~-]+$/.test(name)) {
      throw refusal(
        'draft.header-name',
        `${field}.name`,
        'is not the name of a header field',
        'Use letters, digits and hyphens, such as X-Campaign.',
      )
    }
    const lower = name.toLowerCase()
    if (RESERVED.has(lower) || lower.startsWith('content-') || (priorityIsSet && PRIORITY_FIELDS.has(lower))) {
      throw refusal(
        'draft.header-name',
        `${field}.name`,
        `${name} is not for headers`,
        'Use the field of the draft that stands for it, or leave it out.',
      )
    }
    fields += unstructuredField(name, fieldText(value, `${field}.value`))
  })
  return fields
}
