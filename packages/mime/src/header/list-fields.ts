import type { ListFields } from '../draft.js'
import { parseMailbox } from '../address/mailbox.js'
import { closingQuote, displayName, unescaped } from '../address/display-name.js'
import { phrase } from '../address/phrase.js'
import { ownFields } from '../own-draft.js'
import { refusal } from '../refusal.js'
import type { FieldStyle } from './field-style.js'
import { fieldText, isAscii, withoutOuterSpaces } from './field-text.js'
import { tokensField } from './header-field.js'

const KEYS = new Set(['id', 'help', 'subscribe', 'unsubscribe', 'oneClick', 'owner', 'archive', 'post'])
const ANY_SCHEME = /^[a-z][a-z0-9+.-]*:/i
const SCHEMES = /^(?:https?|mailto|ftp|news|nntp|imap):/i
const MAX_URL = 900 // so that it stays on a line of 998: RFC 5322 2.1.1
const MAX_ID = 255 // RFC 2919 2
const LIST_ID = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)+$/

/**
 * The List- fields, each with its CRLF. A URL goes as it stands in ASCII, but for its commas, which would end it for readers of the
 * list and are percent-encoded, and where it could be taken for an encoded-word; a mailbox becomes its mailto: URL (RFC 6068).
 * @throws {SettingsError} `draft.list`, `draft.unknown-field`, `draft.control-character`, `draft.not-text`, `address.malformed`
 * @source RFC 2369; RFC 2919; RFC 8058
 */
export function listFields(list: ListFields, style: FieldStyle): string {
  if (typeof list !== 'object' || list === null || Array.isArray(list)) {
    throw malformed('list', 'is not an object', 'Write it like { id, unsubscribe, oneClick }.')
  }
  const { id, help, subscribe, unsubscribe, oneClick, owner, archive, post } = ownFields<ListFields>(
    list,
    KEYS,
    'list.',
  )
  let fields = id === undefined ? '' : listId(id, style)
  const put = (name: string, value: string | readonly string[] | undefined, field: string) => {
    if (value !== undefined) fields += urlsField(name, urls(value, field), style)
  }
  put('List-Help', help, 'list.help')
  put('List-Subscribe', subscribe, 'list.subscribe')
  put('List-Unsubscribe', unsubscribe, 'list.unsubscribe')
  if (oneClick !== undefined) fields += oneClickField(oneClick, unsubscribe)
  if (post === 'NO') fields += 'List-Post: NO\r\n'
  else put('List-Post', post, 'list.post')
  put('List-Owner', owner, 'list.owner')
  put('List-Archive', archive, 'list.archive')
  return fields
}

function listId(value: unknown, style: FieldStyle): string {
  const text = withoutOuterSpaces(fieldText(value, 'list.id'))
  const open = text.endsWith('>') ? text.lastIndexOf('<') : -1
  const id = open < 0 ? text : text.slice(open + 1, -1)
  // What looks like an encoded-word would be decoded by readers that do not know better.
  if (id.length > MAX_ID || !LIST_ID.test(id) || /=\?.*\?=/.test(id)) {
    throw malformed('list.id', 'is not the id of a list', 'Write it like list.example.com or Name <list.example.com>.')
  }
  const name = open < 0 ? '' : displayName(unquoted(withoutOuterSpaces(text.slice(0, open))), 'list.id')
  return tokensField('List-Id', [...(name === '' ? [] : phrase(name, style)), `<${id}>`], style)
}

/** The text of a quoted string, as people copy it; any other text as it is. */
function unquoted(text: string): string {
  return text.startsWith('"') && closingQuote(text, 0) === text.length - 1 ? unescaped(text.slice(1, -1)) : text
}

function urls(value: unknown, field: string): string[] {
  if (!Array.isArray(value)) return [url(value, field)]
  if (value.length === 0) throw malformed(field, 'names nothing', 'Leave it out instead.')
  return value.map((entry: unknown, index) => url(entry, `${field}[${index}]`))
}

/** @returns the URL in ASCII, without angle brackets */
function url(value: unknown, field: string): string {
  const given = fieldText(value, field)
  const text = given.startsWith('<') && given.endsWith('>') ? given.slice(1, -1) : given
  const ascii = ANY_SCHEME.test(text) ? asciiUrl(text, field) : mailtoUrl(text, field)
  if (ascii.length > MAX_URL) throw malformed(field, `has more than ${MAX_URL} characters`, 'Give a shorter URL.')
  return withoutEncodedWord(ascii).replaceAll(',', '%2C')
}

/** "=?" never stands in it then: the "?" in front of a query stays, and any other is data. */
function withoutEncodedWord(ascii: string): string {
  const query = ascii.indexOf('?')
  if (query < 0 || !ascii.includes('=?')) return ascii
  const path = ascii.slice(0, query)
  return `${path.endsWith('=') ? `${path.slice(0, -1)}%3D` : path}?${ascii.slice(query + 1).replaceAll('=?', '=%3F')}`
}

function asciiUrl(text: string, field: string): string {
  const url = SCHEMES.test(text) && !/[\s<>"]/.test(text) ? parsed(text) : undefined
  if (!url) {
    throw malformed(
      field,
      'is neither a URL of mail, web or news nor a mailbox',
      'Write it like https://example.com/leave?id=1 or leave@example.com, with %20 for a space.',
    )
  }
  return isAscii(text) ? text : url.href
}

/** Not by URL.canParse: once compiled, that of Node 20 and 22 says false to what is not ASCII. */
function parsed(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined // said by the caller: the cause would only repeat the URL
  }
}

function mailtoUrl(text: string, field: string): string {
  const { address, domain } = parseMailbox(text, field)
  const localPart = encodeURIComponent(address.slice(0, -domain.length - 1)).replace(/[!'()*]/g, percent)
  return `mailto:${localPart.replaceAll('%2B', '+').replaceAll('%3D', '=')}@${domain}`
}

const percent = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`

function urlsField(name: string, list: readonly string[], style: FieldStyle): string {
  return tokensField(
    name,
    list.map((entry, index) => `<${entry}>${index < list.length - 1 ? ',' : ''}`),
    style,
  )
}

/** RFC 8058 3.1: there must be an https: URL to post to. */
function oneClickField(oneClick: unknown, unsubscribe: ListFields['unsubscribe']): string {
  if (typeof oneClick !== 'boolean')
    throw malformed('list.oneClick', 'is neither true nor false', 'Write true, or leave it out.')
  if (!oneClick) return ''
  if (![unsubscribe].flat().some((entry) => typeof entry === 'string' && /^<?https:/i.test(entry))) {
    throw malformed(
      'list.oneClick',
      'needs an https: URL in list.unsubscribe',
      'One click posts to that URL (RFC 8058).',
    )
  }
  return 'List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n'
}

function malformed(field: string, message: string, hint: string) {
  return refusal('draft.list', field, message, hint)
}
