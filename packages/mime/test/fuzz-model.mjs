// What a draft is to say: which of its fields must be refused, which may be, and else what a reader finds in the message.
import { flat, readAddresses, readBareAddress, shown } from './fuzz-addresses.mjs'
import { CHARSETS } from './fuzz-fragments.mjs'
import { bodyModel } from './fuzz-model-body.mjs'
import { importanceModel, listModel, ownFieldsModel } from './fuzz-model-fields.mjs'
import { attempt, printable, Refusals } from './fuzz-refusals.mjs'

const KEYS = new Set(
  'from sender replyTo to cc bcc subject text textFormat textFromHtml html calendar alternatives body attachments date messageId inReplyTo references organization priority importance xPriority sensitivity readReceiptTo returnReceiptTo autoSubmitted list headers'.split(
    ' ',
  ),
)

/** The model of a draft and of the options it is composed with. */
export function modelOf(draft, options, refusals = new Refusals(), nested = false) {
  for (const key of Object.keys(draft)) if (!KEYS.has(key)) refusals.mustBe(printable(key))
  optionsModel(draft, options, refusals)
  const authors = mailboxes(draft.from, 'from', refusals)
  if (authors.length === 0) refusals.mustBe('from')
  const author = authors[0]
  const sender = draft.sender === undefined ? author : mailbox(draft.sender, 'sender', refusals, false)
  const to = addresses(draft.to, 'to', refusals)
  const cc = addresses(draft.cc, 'cc', refusals)
  const bcc = addresses(draft.bcc, 'bcc', refusals)
  const recipients = unique([...flat(to), ...flat(cc), ...flat(bcc)])
  if (recipients.length === 0 && !options.allowNoRecipients && !nested) refusals.mustBe('to')
  const replyTo = addresses(draft.replyTo, 'replyTo', refusals)
  const readReceiptTo = mailboxes(draft.readReceiptTo, 'readReceiptTo', refusals)
  const returnReceiptTo = mailboxes(draft.returnReceiptTo, 'returnReceiptTo', refusals)
  const named = [...authors, sender, ...flat(to), ...flat(cc), ...flat(replyTo), ...readReceiptTo, ...returnReceiptTo]
  const wide = named.some((one) => one && /[^\0-\x7f]/.test(one.local))
  const utf8 = options.utf8Headers === true || wide

  const fields = []
  const put = (name, kind, want) => fields.push({ name, key: name.toLowerCase(), kind, want })
  if (options.dkim) refusals.mayBe('dkim[0].identity')
  if (options.dkim) put('DKIM-Signature', 'any')
  dateModel(draft.date, options, refusals, put)
  put('From', 'addresses', authors)
  if (sender && author && (authors.length > 1 || keyOf(sender) !== keyOf(author))) put('Sender', 'addresses', [sender])
  if (to.length > 0) put('To', 'addresses', to)
  if (cc.length > 0) put('Cc', 'addresses', cc)
  if (replyTo.length > 0) put('Reply-To', 'addresses', replyTo)
  if (draft.subject !== undefined) put('Subject', 'text', refusals.text(draft.subject, 'subject'))
  messageIdModel(draft.messageId, author, refusals, put)
  idsModel('In-Reply-To', draft.inReplyTo, 'inReplyTo', refusals, put)
  idsModel('References', draft.references, 'references', refusals, put)
  if (draft.organization !== undefined) {
    const organization = refusals.text(draft.organization, 'organization')
    if (organization !== '') put('Organization', 'text', organization)
  }
  if (readReceiptTo.length > 0) put('Disposition-Notification-To', 'addresses', readReceiptTo)
  if (returnReceiptTo.length > 0) put('Return-Receipt-To', 'addresses', returnReceiptTo)
  importanceModel(draft, refusals, put)
  if (draft.list !== undefined) listModel(draft.list, refusals, put)
  if (draft.headers !== undefined) ownFieldsModel(draft.headers, fields, refusals, put)
  put('MIME-Version', 'exact', '1.0')
  return {
    refusals,
    fields,
    utf8,
    body: bodyModel(draft, options, refusals),
    sender,
    recipients,
    visible: unique([...flat(to), ...flat(cc)]),
    wideEnvelope: [sender, ...recipients].some((one) => one && /[^\0-\x7f]/.test(one.local)),
    charset: options.charset,
    foldAt: options.foldAt === false ? 998 : (options.foldAt ?? 76),
  }
}

function optionsModel(draft, { foldAt, charset, messageIdAlgorithm }, refusals) {
  if (foldAt !== undefined && foldAt !== false && !(Number.isInteger(foldAt) && foldAt >= 20 && foldAt <= 998))
    refusals.mustBe('foldAt')
  if (charset !== undefined && !CHARSETS.includes(charset)) refusals.mustBe('charset')
  const drawn = draft.messageId === undefined || draft.messageId === '*'
  if (
    messageIdAlgorithm === null ||
    (drawn && messageIdAlgorithm !== undefined && !['sha256', 'sha1', 'md5'].includes(messageIdAlgorithm))
  )
    refusals.mustBe('messageIdAlgorithm')
}

/** One mailbox as `{ name, local, domain }`; undefined when it must be refused. */
function mailbox(input, field, refusals, groups) {
  if (typeof input === 'string') return parsed(input, field, refusals, { groups, single: true })?.[0]
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return void refusals.mustBe(field)
  for (const key of Object.keys(input))
    if (!['name', 'address', 'group', 'members'].includes(key)) refusals.mustBe(`${field}.${printable(key)}`)
  if ('group' in input) {
    if (groups) return groupModel(input, field, refusals)
    return void refusals.mustBe(field)
  }
  const read = refusals.text(input.address, `${field}.address`)
  const address = read === undefined ? undefined : attempt(() => readBareAddress(read))
  if (!address) refusals.mustBe(`${field}.address`)
  else if (!address.sure) refusals.mayBe(`${field}.address`)
  const name = input.name === undefined || input.name === '' ? '' : refusals.text(input.name, `${field}.name`)
  return address && name !== undefined ? { ...address.entries[0], ...(name === '' ? {} : { name }) } : undefined
}

function groupModel({ group, members }, field, refusals) {
  const name = refusals.text(group, `${field}.group`)
  if (name?.trim() === '') refusals.mustBe(`${field}.group`)
  if (!Array.isArray(members)) return void refusals.mustBe(`${field}.members`)
  return { group: name, members: mailboxes(members, `${field}.members`, refusals) }
}

function mailboxes(input, field, refusals) {
  return listOf(input, field, refusals, false)
}

function addresses(input, field, refusals) {
  return listOf(input, field, refusals, true)
}

function listOf(input, field, refusals, groups) {
  if (input === undefined) return []
  if (typeof input === 'string') return parsed(input, field, refusals, { groups }) ?? []
  if (!Array.isArray(input)) return [mailbox(input, field, refusals, groups)].filter(Boolean)
  return input.map((entry, index) => mailbox(entry, `${field}[${index}]`, refusals, groups)).filter(Boolean)
}

function parsed(text, field, refusals, options) {
  if (refusals.text(text, field) === undefined) return undefined
  const read = attempt(() => readAddresses(text, options))
  if (!read) refusals.mustBe(field)
  else if (!read.sure) refusals.mayBe(field)
  return read?.entries
}

const keyOf = ({ local, domain }) => `${local}@${domain.toLowerCase()}`

/** Each mailbox once, in order. */
function unique(list) {
  const seen = new Set()
  return list.filter((one) => !seen.has(keyOf(one)) && seen.add(keyOf(one)))
}

function dateModel(date, { now }, refusals, put) {
  if (date === undefined || date === '*') return put('Date', 'date', now())
  if (date === '') return
  if (typeof date === 'string')
    return dateTextModel(refusals.text(date, 'date')?.replace(/^ +| +$/g, ''), refusals, put)
  if (!(date instanceof Date) || !(date.getFullYear() >= 1900 && date.getFullYear() <= 9999)) refusals.mustBe('date')
  put('Date', 'date', date)
}

const RFC_5322_DATE = /^(?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d(?::\d\d)? [+-]\d{4}$/
const ISO_DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/

function dateTextModel(text, refusals, put) {
  if (text === undefined) return
  if (RFC_5322_DATE.test(text)) put('Date', 'exact', text)
  else if (ISO_DATE.test(text)) put('Date', 'date', new Date(text))
  else refusals.mustBe('date')
}

function messageIdModel(id, author, refusals, put) {
  if (id === '') return
  if (id === undefined || id === '*') return put('Message-ID', 'new-id', author?.domain)
  const inner = idModel(id, 'messageId', refusals)
  if (inner !== undefined && inner.split('@').length !== 2) refusals.mayBe('messageId')
  put('Message-ID', 'ids', [inner])
}

function idsModel(name, given, field, refusals, put) {
  if (given === undefined) return
  if (typeof given !== 'string' && !Array.isArray(given)) return void refusals.mustBe(field)
  if (typeof given === 'string' && /^<.*> +<.*>$/.test(given)) given = given.split(/(?<=>) +(?=<)/)
  else if (typeof given === 'string') given = [given]
  else
    return putIds(
      name,
      given.map((id, index) => idModel(id, `${field}[${index}]`, refusals)),
      put,
    )
  putIds(
    name,
    given.map((id) => idModel(id, field, refusals)),
    put,
  )
}

function putIds(name, want, put) {
  if (want.length > 0) put(name, 'ids', want)
}

function idModel(id, field, refusals) {
  const text = refusals.text(id, field)
  if (text === undefined) return undefined
  const inner = text.startsWith('<') && text.endsWith('>') ? text.slice(1, -1) : text
  if (!/^[!-~]+$/.test(inner)) refusals.mustBe(field)
  else if (inner.length > 900 || !/^[A-Za-z0-9.!#$%&*+/^_{|}~-]+@[A-Za-z0-9.:[\]-]+$/.test(inner)) refusals.mayBe(field)
  return inner
}

/** A line for each address, with names in the canonical form where the header is UTF-8 (RFC 6532 3.1). */
export function shownAddresses(entries, utf8) {
  const lines = shown(entries)
  return utf8 ? lines.map((line) => line.normalize('NFC')) : lines
}
