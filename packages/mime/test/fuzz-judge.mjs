// Composes a draft and holds what comes of it against the model.
import { isAscii } from 'node:buffer'
import { SettingsError } from '@posthorn/ground'
import { readAddresses, readListId, readBareAddress, shown } from './fuzz-addresses.mjs'
import { headerLineProblem } from './fuzz-header-lines.mjs'
import { modelOf, shownAddresses } from './fuzz-model.mjs'
import { cut } from './fuzz-model-type.mjs'
import { Broken, octetsOf, readEntity, readMessage } from './fuzz-reader.mjs'
import { decodeWords } from './fuzz-words.mjs'

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
/** What an error must not hold, so that it can be logged. */
const UNPRINTABLE = /[\0-\x1f\x7f-\x9f\u2028\u2029]/

/**
 * @param {{ compose: Function }} composer
 * @returns {Promise<{ refused: string } | { octets: Buffer, message: object, model: object }>}
 * @throws {Error} saying what is wrong
 */
export async function judgeDraft({ compose }, draft, options) {
  const model = modelOf(draft, options)
  let message
  let octets
  try {
    message = await compose(draft, options)
    octets = await collect(message.content)
  } catch (error) {
    return { refused: refusedField(error, model.refusals) }
  }
  const { must } = model.refusals
  if (must.length > 0) throw new Broken(`composed, though it must be refused for ${must.join(', ')}`)
  judgeContent(message, octets, draft)
  const entity = readMessage(octets, message.content.canonical === true)
  judgeMessage(entity, model)
  judgeEnvelope(message, model, octets)
  judgeHeaders(message.headers, entity.fields)
  return { octets, message, model }
}

export async function collect(content) {
  if (content.octets) return Buffer.from(content.octets.buffer, content.octets.byteOffset, content.octets.length)
  const chunks = []
  for await (const chunk of content.open()) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

/** The field that a refusal names, which must be one that may be refused. */
function refusedField(error, { must, may }) {
  if (!(error instanceof SettingsError)) throw error
  const { field, message, hint } = error
  if (UNPRINTABLE.test(`${field}${message}${hint}`))
    throw new Broken(`the refusal of ${cut(field)} holds control characters`, { cause: error })
  const allowed = [...must, ...may]
  if (!hint) throw new Broken(`the refusal of ${field} has no hint`, { cause: error })
  if (!allowed.some((path) => field === path)) {
    throw new Broken(
      `refused for ${cut(field)} (${error.code}: ${message}); what may be refused is ${allowed.join(', ') || 'nothing'}`,
      { cause: error },
    )
  }
  return field
}

function judgeContent({ content, envelope }, octets, draft) {
  if (content.sizeOctets !== undefined && content.sizeOctets !== octets.length)
    throw new Broken(`sizeOctets ${content.sizeOctets} of ${octets.length}`)
  const ready =
    draft.body !== undefined ||
    (Array.isArray(draft.attachments) && draft.attachments.some((one) => one.part || one.message))
  if (!content.canonical && !ready) throw new Broken('the content does not promise to be canonical')
  const high = !isAscii(octets)
  if (high && content.encoding === '7bit') throw new Broken('7bit content has octets above 127')
  const headerEnd = octets.indexOf('\r\n\r\n')
  const highHeader = high && !isAscii(octets.subarray(0, headerEnd))
  if (highHeader !== (content.utf8Header === true)) throw new Broken(`utf8Header is ${content.utf8Header}`)
  if (highHeader && !envelope.smtpUtf8) throw new Broken('a header of UTF-8 without SMTPUTF8')
  if (high && !highHeader && !ready) throw new Broken('octets above 127 in the body')
}

/** Every field and every part, against the model. */
export function judgeMessage(entity, model) {
  const { fields, utf8, body } = model
  const contentAt = entity.fields.findIndex(({ key }) => key.startsWith('content-'))
  const own = contentAt < 0 ? entity.fields : entity.fields.slice(0, contentAt)
  const names = own.map(({ name }) => name)
  const wanted = fields.map(({ name }) => name)
  if (names.length !== wanted.length || names.some((name, index) => name !== wanted[index])) {
    throw new Broken(`the fields are ${names.join(', ')} and should be ${wanted.join(', ')}`)
  }
  fields.forEach((field, index) => {
    let problem
    try {
      problem = fieldProblem(field, own[index].value, utf8)
    } catch (error) {
      problem = error.message
    }
    if (problem) throw new Broken(`${field.name}: ${problem}`)
  })
  const line = headerLineProblem(entity.lines, model)
  if (line) throw new Broken(line)
  if (!utf8 && entity.lines.some((text) => /[^\0-\x7f]/.test(text)))
    throw new Broken('UTF-8 in the header, which nobody asked for')
  judgePart(entity, body, true)
}

function fieldProblem({ kind, want }, value, utf8) {
  if (kind === 'any') return undefined
  if (kind === 'exact') return value === want ? undefined : `${cut(value)} should be ${cut(want)}`
  if (kind === 'text') {
    const got = decodeWords(value)
    const same = utf8 ? got.normalize('NFC') === want.normalize('NFC') : got === want
    return same ? undefined : `${cut(got)} should be ${cut(want)}`
  }
  if (kind === 'addresses') {
    const got = shownAddresses(readAddresses(value, { decode: true }).entries, utf8).join(', ')
    const wanted = shownAddresses(want, utf8).join(', ')
    return got === wanted ? undefined : `${cut(got)} should be ${cut(wanted)}`
  }
  if (kind === 'ids') {
    const wanted = want.map((id) => `<${id}>`).join(' ')
    return value === wanted ? undefined : `${cut(value)} should be ${cut(wanted)}`
  }
  if (kind === 'new-id') return /^<(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})@/.test(value) ? undefined : value
  if (kind === 'date') return dateProblem(value, want)
  if (kind === 'urls') return urlsProblem(value, want)
  if (kind === 'list-id') {
    const { name, id } = readListId(value)
    const same = id === want.id && (utf8 ? name.normalize('NFC') === want.name.normalize('NFC') : name === want.name)
    return same ? undefined : `${cut({ name, id })} should be ${cut(want)}`
  }
  throw new Error(kind)
}

/** RFC 5322 3.3. */
function dateProblem(value, want) {
  const found =
    /^(Sun|Mon|Tue|Wed|Thu|Fri|Sat), ([1-9]|[12]\d|3[01]) [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d ([+-])(\d\d)(\d\d)$/.exec(
      value,
    )
  const got = new Date(value)
  if (!found || Math.floor(want.getTime() / 1000) !== got.getTime() / 1000)
    return `${value} should be ${want.toISOString()}`
  const [, day, , sign, hours, minutes] = found
  const local = new Date(got.getTime() + (sign === '-' ? -60_000 : 60_000) * (60 * Number(hours) + Number(minutes)))
  return DAYS[local.getUTCDay()] === day ? undefined : `${day} is no ${value}`
}

function urlsProblem(value, want) {
  const got = value.split(', ')
  if (got.length !== want.length) return `${value} names ${got.length} URLs and not ${want.length}`
  for (const [index, one] of want.entries()) {
    const url = /^<([!-;=?-~]{1,900})>$/.exec(got[index])?.[1]
    if (url === undefined) return `${cut(got[index])} is no URL in angle brackets`
    if (one.url !== undefined && url !== one.url) return `${url} should be ${one.url}`
    if (one.mailbox === undefined) continue
    const at = url.lastIndexOf('@')
    const read = readBareAddress(`${decodeURIComponent(url.slice('mailto:'.length, at))}${url.slice(at)}`).entries
    const { local, domain } = one.mailbox
    if (!url.startsWith('mailto:') || shown(read).join() !== shown([{ local, domain }]).join())
      return `${url} is not ${local}@${domain}`
  }
  return undefined
}

function judgePart(entity, want, whole) {
  if (want.type !== undefined && entity.type !== want.type)
    throw new Broken(`a part is ${entity.type} and should be ${want.type}`)
  if (want.parts) {
    if (entity.parts?.length !== want.parts.length)
      throw new Broken(`${want.type} has ${entity.parts?.length} parts and should have ${want.parts.length}`)
    entity.parts.forEach((part, index) => judgePart(part, want.parts[index], false))
    return
  }
  const strange = entity.fields.find(({ key }) => !key.startsWith('content-'))
  if (strange && !whole) throw new Broken(`a part has the field ${strange.name}`)
  const problem = want.problem(entity, whole)
  if (problem) throw new Broken(`${want.what}: ${problem}`)
  if (want.nested) judgeMessage(entity.message ?? readEntity(octetsOf(entity).toString('latin1')), want.nested)
}

function judgeEnvelope({ envelope, headers, messageId }, model, octets) {
  const { sender, recipients, visible, wideEnvelope } = model
  const read = (address) => shown(readBareAddress(address).entries)[0]
  const bare = ({ local, domain }) => shown([{ local, domain }])[0]
  const got = envelope.recipients.map(read).join()
  const wanted = recipients.map(bare).join()
  if (got !== wanted) throw new Broken(`the recipients are ${cut(got)} and should be ${cut(wanted)}`)
  if (read(envelope.reversePath) !== bare(sender)) throw new Broken(`the reverse-path is ${envelope.reversePath}`)
  if (wideEnvelope && !envelope.smtpUtf8) throw new Broken('a local part that is not ASCII without SMTPUTF8')
  for (const address of [envelope.reversePath, ...envelope.recipients]) {
    if (/[\0-\x1f\x7f]/.test(address) || Buffer.byteLength(address) > 254)
      throw new Broken(`not for an envelope: ${cut(address)}`)
  }
  const shownToAll = new Set(visible)
  for (const one of recipients) {
    if (!shownToAll.has(one) && one.local.startsWith('blind-') && octets.includes(one.local))
      throw new Broken(`${one.local} can be seen`)
  }
  const id = headers.find(({ name }) => name === 'Message-ID')?.value ?? ''
  if (id !== messageId) throw new Broken(`messageId is ${messageId}, and the field says ${id}`)
}

/** The header fields that the message tells about are those of the content. */
function judgeHeaders(headers, fields) {
  const problem = fields.find(
    ({ name, value }, index) => headers[index]?.name !== name || headers[index].value.trimEnd() !== value,
  )
  if (problem || headers.length !== fields.length)
    throw new Broken(`headers are not those of the content: ${problem?.name}`)
}
