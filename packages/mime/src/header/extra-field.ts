import type { ExtraField } from '../draft.js'
import { refusal } from '../refusal.js'
import type { FieldStyle } from './field-style.js'
import { fieldText, structuredText } from './field-text.js'
import { structuredField, unstructuredField } from './header-field.js'

const MAX_NAME = 70
const RESERVED = new Set(
  'from sender reply-to to cc bcc resent-bcc subject date message-id in-reply-to references mime-version return-path'.split(
    ' ',
  ),
)
/** Those beside the List- fields (RFC 2369 3.4) that say one thing of the whole message, so that two contradict each other. */
const SINGLE = new Set(
  (
    'x-priority priority importance sensitivity organization auto-submitted disposition-notification-to return-receipt-to ' +
    'disposition-notification-options x-msmail-priority x-mailer user-agent precedence expires reply-by supersedes archived-at ' +
    'original-recipient originator-return-address conversion conversion-with-loss message-type content-identifier ' +
    'feedback-id thread-topic thread-index mail-followup-to require-recipient-valid-since tls-required x-auto-response-suppress'
  ).split(' '),
)

/**
 * The header fields a draft adds of its own, each with its CRLF: unstructured text, or structured as they stand. Fields that `compose`
 * writes, or that belong to the servers on the way, are refused: most may stand only once (RFC 5322 3.6). Those that it writes only on
 * request, such as Organization or List-Unsubscribe, are refused when it has written them, and those of them that may stand only once are
 * refused the second time.
 * @param written the header section as far as it is written
 * @throws {SettingsError} `draft.headers`, `draft.header-name`, `draft.header-kind`, `draft.control-character`, `draft.not-text`, `draft.structured`
 */
export function extraFields(headers: readonly ExtraField[], written: string, style?: FieldStyle): string {
  if (!Array.isArray(headers)) throw notFields('headers')
  const once = namesIn(written)
  let fields = ''
  headers.forEach((entry: ExtraField, index) => {
    const field = `headers[${index}]`
    if (typeof entry !== 'object' || entry === null) throw notFields(field)
    const name = fieldName(own(entry, 'name'), `${field}.name`)
    const lower = name.toLowerCase()
    if (RESERVED.has(lower) || lower.startsWith('content-') || once.has(lower)) {
      throw refusal(
        'draft.header-name',
        `${field}.name`,
        once.has(lower) ? `${name} stands there already, and may stand only once` : `${name} is not for headers`,
        'Use the field of the draft that stands for it, or leave it out.',
      )
    }
    if (SINGLE.has(lower) || lower.startsWith('list-')) once.add(lower)
    const kind = own(entry, 'kind') ?? 'text'
    const value = own(entry, 'value')
    if (kind === 'structured') fields += structuredField(name, structuredText(value, `${field}.value`), style)
    else if (kind === 'text') fields += unstructuredField(name, fieldText(value, `${field}.value`), style)
    else {
      throw refusal(
        'draft.header-kind',
        `${field}.kind`,
        'is neither text nor structured',
        'Use one of the two, or leave it out for text.',
      )
    }
  })
  return fields
}

/** The names of the fields of a header section, in lower case. */
function namesIn(written: string): Set<string> {
  const names = new Set<string>()
  for (const line of written.split('\r\n')) {
    if (!line.startsWith(' ')) names.add(line.slice(0, line.indexOf(':')).toLowerCase())
  }
  return names
}

/** What stands in the entry itself: a value that came in by the prototype of all objects is none. */
function own(entry: ExtraField, key: keyof ExtraField): unknown {
  return Object.hasOwn(entry, key) ? entry[key] : undefined
}

function fieldName(value: unknown, field: string): string {
  const name = fieldText(value, field)
  if (name.length <= MAX_NAME && /^[!#$%&'*+.0-9A-Z^_`a-z|~-]+$/.test(name)) return name
  throw refusal(
    'draft.header-name',
    field,
    'is not the name of a header field',
    'Use letters, digits and hyphens, such as X-Campaign.',
  )
}

function notFields(field: string) {
  return refusal(
    'draft.headers',
    field,
    field === 'headers' ? 'is not an array of header fields' : 'is not a header field',
    "Write them as an array: [{ name: 'X-Campaign', value: 'spring' }].",
  )
}
