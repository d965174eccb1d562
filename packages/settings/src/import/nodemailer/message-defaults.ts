import { readMailbox } from '../named-mailbox.js'
import type { Literal } from './literal.js'
import { truthy, type OptionReader } from './option-reader.js'

const PRIORITIES: ReadonlySet<unknown> = new Set(['high', 'normal', 'low'])

/** Of each message, and not of a profile. */
const OF_DRAFTS: readonly string[] = [
  ...['subject', 'text', 'html', 'amp', 'watchHtml', 'attachments', 'alternatives', 'icalEvent', 'cc', 'bcc', 'list'],
  ...['inReplyTo', 'references', 'messageId', 'date', 'raw', 'textEncoding', 'encoding', 'attachDataUrls', 'xMailer'],
  ...[
    'normalizeHeaderKey',
    'newline',
    'disableUrlAccess',
    'disableFileAccess',
    'dkim',
    'auth',
    'boundaryPrefix',
    'baseBoundary',
  ],
]

/** The second argument of `createTransport`: what every message has that does not say otherwise. */
export function takeDefaults(options: OptionReader): void {
  takeMailbox(options, 'from', 'sender.from', 'sender.name')
  takeMailbox(options, 'to', 'sender.defaultRecipient')
  takeReplyTo(options)
  options.tell('sender', 'lost', 'a draft says it')
  const priority = options.plain('priority')
  if (priority) {
    if (PRIORITIES.has(priority.value)) options.draft.take(priority.place, [['headers.priority', priority.value]])
    else options.draft.say(priority.place, 'lost', 'it must be high, normal or low')
  }
  takeEnvelope(options)
  takeDsn(options)
  takeHeaders(options)
  const required = options.plain('requireTLSExtensionEnabled')
  if (required) options.draft.take(required.place, [['delivery.requireTls', truthy(required.value)]])
  for (const path of OF_DRAFTS) options.lose(path, 'it belongs to a draft')
}

function takeMailbox(options: OptionReader, path: string, setting: string, name?: string): void {
  const literal = options.literal(path)
  if (literal?.kind === 'object') {
    const place = options.place(path)
    options.done(path)
    const [address, shown] = ['address', 'name'].map((key) => textIn(literal, key))
    if (address === undefined) options.draft.say(place, 'lost', 'there is no mailbox written out in it')
    else
      options.draft.take(place, [[setting, address], ...(name !== undefined && shown ? [[name, shown] as const] : [])])
    return
  }
  const plain = options.plain(path)
  if (!plain) return
  const read = readMailbox(String(plain.value))
  if (read === undefined) options.draft.say(plain.place, 'lost', 'it is not one mailbox')
  else
    options.draft.take(
      plain.place,
      [[setting, read.mailbox], ...(name !== undefined && read.name ? [[name, read.name] as const] : [])],
      'taken',
      plain.note,
    )
}

function takeReplyTo(options: OptionReader): void {
  const literal = options.literal('replyTo')
  if (literal?.kind === 'object') {
    const place = options.place('replyTo')
    options.done('replyTo')
    const [address, name] = ['address', 'name'].map((key) => textIn(literal, key))
    if (address === undefined) options.draft.say(place, 'lost', 'there is no mailbox written out in it')
    else
      options.draft.take(place, [
        ['sender.replyTo', name ? `"${name.replace(/["\\]/g, '\\$&')}" <${address}>` : address],
      ])
  } else options.take('replyTo', 'sender.replyTo')
}

function takeEnvelope(options: OptionReader): void {
  const literal = options.literal('envelope')
  if (literal === undefined) return
  const from = literal.kind === 'object' ? textIn(literal, 'from') : undefined
  const read = from === undefined ? undefined : readMailbox(from)
  if (read === undefined) {
    options.lose('envelope', 'a draft says to whom it goes')
    return
  }
  options.takeAll(['envelope'], [['sender.returnPath', read.mailbox]])
}

function takeDsn(options: OptionReader): void {
  const literal = options.literal('dsn')
  if (literal === undefined) return
  if (literal.kind !== 'object') {
    options.lose('dsn', 'only running the program would tell what stands here')
    return
  }
  const ret = (textIn(literal, 'return') ?? textIn(literal, 'ret'))?.toLowerCase()
  const notify = literal.members.findLast(({ key }) => key === 'notify')?.value
  const asked = notify?.kind === 'array' ? notify.items : notify ? [notify] : []
  const words = asked.flatMap((each) =>
    each.kind === 'plain' && typeof each.value === 'string'
      ? each.value
          .toLowerCase()
          .split(/[\s,]+/)
          .filter(Boolean)
      : [],
  )
  options.takeAll(
    ['dsn'],
    [
      ...(words.length > 0 ? [['delivery.dsn.notify', words] as const] : []),
      ...(ret === undefined ? [] : [['delivery.dsn.ret', ret === 'hdrs' ? 'headers' : ret] as const]),
    ],
  )
}

function takeHeaders(options: OptionReader): void {
  const literal = options.literal('headers')
  if (literal === undefined) return
  const pairs =
    literal.kind === 'object'
      ? literal.members.map(({ key, value }) => [key, value] as const)
      : literal.kind === 'array'
        ? literal.items.map((item) => [textIn(item, 'key'), literalIn(item, 'value')] as const)
        : []
  const fields = pairs.flatMap(([name, value]) =>
    name !== undefined && value?.kind === 'plain' && value.value !== undefined && value.value !== null
      ? [{ name, value: String(value.value) }]
      : [],
  )
  const place = options.place('headers')
  options.done('headers')
  if (fields.length < pairs.length || fields.length === 0)
    options.draft.say(place, 'lost', 'header fields must be texts, written out')
  if (fields.length > 0) options.draft.take(place, [['headers.fields', fields]])
}

function literalIn(literal: Literal, key: string): Literal | undefined {
  return literal.kind === 'object' ? literal.members.findLast((member) => member.key === key)?.value : undefined
}

function textIn(literal: Literal, key: string): string | undefined {
  const value = literalIn(literal, key)
  return value?.kind === 'plain' && typeof value.value === 'string' ? value.value : undefined
}
