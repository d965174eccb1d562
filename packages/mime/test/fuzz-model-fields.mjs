// What the fields of importance, those of a list and the caller's own are to say.
import { readAddresses } from './fuzz-addresses.mjs'
import { attempt, printable } from './fuzz-refusals.mjs'

const PRIORITIES = {
  urgent: ['urgent'],
  normal: ['normal'],
  'non-urgent': ['non-urgent'],
  high: ['urgent', '1', 'high'],
  low: ['non-urgent', '5', 'low'],
}
const SENSITIVITIES = { personal: 'Personal', private: 'Private', 'company-confidential': 'Company-Confidential' }
const LIST_KEYS = ['id', 'help', 'subscribe', 'unsubscribe', 'oneClick', 'owner', 'archive', 'post']
/** Of the names that are drawn, those that may stand once. */
const SINGLE = ['x-mailer', 'feedback-id']
const RESERVED = new Set(
  'from sender reply-to to cc bcc resent-bcc subject date message-id in-reply-to references mime-version return-path'.split(
    ' ',
  ),
)

export function importanceModel(draft, refusals, put) {
  const choice = (key, known) => {
    const value = draft[key]
    if (value === undefined) return undefined
    if (typeof value === 'string' && known.includes(value)) return value
    refusals.mustBe(key)
    return undefined
  }
  const [priority, number, level] = PRIORITIES[choice('priority', Object.keys(PRIORITIES))] ?? []
  const { xPriority } = draft
  if (xPriority !== undefined && ![1, 2, 3, 4, 5].includes(xPriority)) refusals.mustBe('xPriority')
  const importance = choice('importance', ['high', 'normal', 'low']) ?? level
  const sensitivity = choice('sensitivity', Object.keys(SENSITIVITIES))
  const autoSubmitted = choice('autoSubmitted', ['no', 'auto-generated', 'auto-replied', 'auto-notified'])
  if (xPriority !== undefined || number !== undefined)
    put('X-Priority', 'exact', `${xPriority === undefined || typeof xPriority !== 'number' ? number : xPriority}`)
  if (priority !== undefined) put('Priority', 'exact', priority)
  if (importance !== undefined) put('Importance', 'exact', importance)
  if (sensitivity !== undefined) put('Sensitivity', 'exact', SENSITIVITIES[sensitivity])
  if (autoSubmitted !== undefined) put('Auto-Submitted', 'exact', autoSubmitted)
}

export function listModel(list, refusals, put) {
  if (typeof list !== 'object' || list === null || Array.isArray(list)) return void refusals.mustBe('list')
  for (const key of Object.keys(list)) if (!LIST_KEYS.includes(key)) refusals.mustBe(`list.${printable(key)}`)
  const { id, oneClick, post, unsubscribe } = list
  if (id !== undefined) put('List-Id', 'list-id', listId(id, refusals))
  const urls = (name, key) => {
    if (list[key] !== undefined) put(name, 'urls', urlsModel(list[key], `list.${key}`, refusals))
  }
  urls('List-Help', 'help')
  urls('List-Subscribe', 'subscribe')
  urls('List-Unsubscribe', 'unsubscribe')
  if (oneClick !== undefined && typeof oneClick !== 'boolean') refusals.mustBe('list.oneClick')
  if (oneClick === true) {
    if (![unsubscribe].flat().some((url) => typeof url === 'string' && /^<?https:/i.test(url)))
      refusals.mustBe('list.oneClick')
    put('List-Unsubscribe-Post', 'exact', 'List-Unsubscribe=One-Click')
  }
  if (post === 'NO') put('List-Post', 'exact', 'NO')
  else urls('List-Post', 'post')
  urls('List-Owner', 'owner')
  urls('List-Archive', 'archive')
}

function listId(given, refusals) {
  const text = refusals.text(given, 'list.id')?.replace(/^ +| +$/g, '')
  if (text === undefined) return undefined
  const open = text.endsWith('>') ? text.lastIndexOf('<') : -1
  const id = open < 0 ? text : text.slice(open + 1, -1)
  if (/[^!-~]|[<>@,;:"\\()]/.test(id) || !id.includes('.')) refusals.mustBe('list.id')
  else if (id.length > 255 || !/^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/i.test(id)) refusals.mayBe('list.id')
  const name = open < 0 ? '' : text.slice(0, open).replace(/^ +| +$/g, '')
  return { id, name: /^"(?:[^"\\]|\\.)*"$/u.test(name) ? name.slice(1, -1).replace(/\\(.)/gu, '$1') : name }
}

function urlsModel(given, field, refusals) {
  if (!Array.isArray(given)) return [urlModel(given, field, refusals)]
  if (given.length === 0) refusals.mustBe(field)
  return given.map((url, index) => urlModel(url, `${field}[${index}]`, refusals))
}

/** `URL.canParse` of Node 20 and 22 says false to what is not ASCII once it is compiled. */
const isUrl = (text) => attempt(() => new URL(text)) !== undefined

/** `{ url }` or `{ mailbox }`. */
function urlModel(given, field, refusals) {
  const text = refusals.text(given, field)
  if (text === undefined) return undefined
  const bare = text.startsWith('<') && text.endsWith('>') ? text.slice(1, -1) : text
  if (/^[a-z][a-z0-9+.-]*:/i.test(bare)) {
    if (!/^(?:https?|mailto|ftp|news|nntp|imap):/i.test(bare) || /[\s<>"]/.test(bare) || !isUrl(bare)) {
      refusals.mustBe(field)
      return undefined
    }
    const ascii = /[^\0-\x7f]/.test(bare) ? new URL(bare).href : bare
    if (ascii.length > 850) refusals.mayBe(field)
    return { url: ascii.replaceAll(',', '%2C') }
  }
  const read = attempt(() => readAddresses(bare, { groups: false, single: true }))
  if (!read) refusals.mustBe(field)
  else if (!read.sure) refusals.mayBe(field)
  return { mailbox: read?.entries[0] }
}

export function ownFieldsModel(headers, before, refusals, put) {
  if (!Array.isArray(headers)) return void refusals.mustBe('headers')
  const written = new Set(before.map(({ key }) => key))
  headers.forEach((entry, index) => {
    const field = `headers[${index}]`
    if (typeof entry !== 'object' || entry === null) return refusals.mustBe(field)
    const name = refusals.text(Object.hasOwn(entry, 'name') ? entry.name : undefined, `${field}.name`) ?? ''
    const key = name.toLowerCase()
    if (!/^[!-9;-~]+$/.test(name) || RESERVED.has(key) || key.startsWith('content-') || written.has(key))
      refusals.mustBe(`${field}.name`)
    else if (SINGLE.includes(key)) written.add(key)
    else if (name.length > 70 || !/^[A-Za-z0-9._-]+$/.test(name)) refusals.mayBe(`${field}.name`)
    const { value } = entry
    const kind = entry.kind ?? 'text'
    if (entry.kind === null) refusals.mayBe(`${field}.kind`)
    if (kind !== 'text' && kind !== 'structured') refusals.mustBe(`${field}.kind`)
    const text = refusals.text(value, `${field}.value`)
    if (kind !== 'structured' || text === undefined) return put(name, 'text', text)
    if (/[^\0-\x7f]/.test(text)) refusals.mustBe(`${field}.value`)
    if (text.includes('=?') || text.length > 900) refusals.mayBe(`${field}.value`)
    put(name, 'exact', text.replace(/^ +| +$/g, ''))
  })
}
