// What an attachment is to be.
import { octetsIn } from './fuzz-draft-parts.mjs'
import { cut, parametersProblem, typeModel } from './fuzz-model-type.mjs'
import { readyModel } from './fuzz-model-ready.mjs'
import { modelOf } from './fuzz-model.mjs'
import { octetsOf, one, readEntity, readParameters } from './fuzz-reader.mjs'
import { printable } from './fuzz-refusals.mjs'
import { decodeCharset, decodeWords } from './fuzz-words.mjs'

const KEYS =
  'filename contentType contentId disposition description content encoding path url message part sizeOctets'.split(' ')
const SOURCES = ['content', 'path', 'url', 'message', 'part']

export function attachmentModel(given, field, options, refusals) {
  if (typeof given !== 'object' || given === null) return void refusals.mustBe(field)
  for (const key of Object.keys(given)) if (!KEYS.includes(key)) refusals.mustBe(`${field}.${printable(key)}`)
  if (SOURCES.filter((key) => given[key] !== undefined).length !== 1) return void refusals.mustBe(field)
  if (given.part !== undefined) return readyModel(given.part, `${field}.part`, refusals)
  const place = placeModel(given, field, refusals)
  const description =
    given.description === undefined ? undefined : refusals.text(given.description, `${field}.description`)
  const filename =
    given.filename === undefined ? undefined : refusals.text(given.filename, `${field}.filename`) || undefined // an empty one is none
  const source =
    given.message === undefined
      ? octetsModel(given, filename, field, refusals)
      : messageModel(given.message, filename, field, options, refusals)
  return {
    ...place,
    ...source,
    problem(entity) {
      const disposition = readParameters(one(entity.fields, 'content-disposition') ?? '')
      if (disposition.value !== place.disposition) return `disposition ${disposition.value}`
      const names = new Map(filename === undefined ? [] : [['filename', filename]])
      const wrong = parametersProblem(disposition, names, [])
      if (wrong) return wrong
      if (one(entity.fields, 'content-id') !== (place.contentId && `<${place.contentId}>`)) return 'Content-ID'
      const described = one(entity.fields, 'content-description')
      if ((described === undefined ? undefined : decodeWords(described)) !== description)
        return `description ${cut(described)}`
      return source.problem(entity)
    },
  }
}

function placeModel({ contentId, disposition }, field, refusals) {
  const place = disposition ?? (contentId === undefined ? 'attachment' : 'inline')
  if (place !== 'attachment' && place !== 'inline') refusals.mustBe(`${field}.disposition`)
  if (disposition === null) refusals.mayBe(`${field}.disposition`)
  if (contentId === undefined) return { disposition: place, inline: false }
  const id = refusals.text(contentId, `${field}.contentId`)
  if (id !== undefined && !/^[!-~]+$/.test(id)) refusals.mustBe(`${field}.contentId`)
  else if (id !== undefined && !/^[A-Za-z0-9.-]+@[A-Za-z0-9.-]+$/.test(id)) refusals.mayBe(`${field}.contentId`)
  return { disposition: place, inline: place === 'inline', contentId: id }
}

function octetsModel(given, filename, field, refusals) {
  const { content, encoding, url, sizeOctets } = given
  const type =
    given.contentType === undefined ? undefined : typeModel(given.contentType, `${field}.contentType`, refusals)
  if (sizeOctets !== undefined && !(Number.isSafeInteger(sizeOctets) && sizeOctets >= 0))
    refusals.mustBe(`${field}.sizeOctets`)
  if (encoding !== undefined && typeof content !== 'string') refusals.mustBe(`${field}.encoding`)
  const isText = typeof content === 'string' && (encoding ?? 'utf8') === 'utf8'
  const octets = octetsFrom(given, field, refusals)
  if (isText && !/^(?:utf-8|iso-8859-1|us-ascii|windows-1252)$/.test(type?.parameters.get('charset') ?? 'utf-8'))
    refusals.mayBe(`${field}.contentType`)
  if (octets && sizeOctets !== undefined && sizeOctets !== octets.length && !isText) refusals.mustBe(field)
  if (!octets && sizeOctets !== undefined) refusals.mayBe(field)
  if (isText && sizeOctets !== undefined) refusals.mayBe(field)
  const parameters = new Map(type?.parameters)
  if (filename !== undefined) parameters.set('name', filename)
  return {
    what: 'attachment',
    type: type?.value,
    problem(entity) {
      if (type === undefined && !/^[!-~]+\/[!-~]+$/.test(entity.type)) return `type ${entity.type}`
      const wrong =
        url !== undefined && !octets
          ? undefined
          : parametersProblem(entity, parameters, isText || (url !== undefined && !type) ? ['charset'] : [])
      if (wrong) return wrong
      const got = octetsOf(entity)
      if (isText) {
        const text = decodeCharset(got, entity.parameters?.get('charset') ?? 'utf-8')
        return text === content.toWellFormed() ? undefined : `text is ${cut(text)} and should be ${cut(content)}`
      }
      return octets === undefined || got.equals(octets) ? undefined : `octets are ${got.toString('hex').slice(0, 80)}`
    },
  }
}

/** The octets that are to come back; undefined when that is not settled here. */
function octetsFrom({ content, encoding, url }, field, refusals) {
  if (url !== undefined) {
    const found = /^data:(?:text\/plain;charset=utf-8)?;base64,([A-Za-z0-9+/]*={0,2})$/.exec(url)
    const octets = Buffer.from(found?.[1] ?? '', 'base64')
    if (found && octets.toString('base64') === found[1]) return octets
    refusals.mayBe(`${field}.url`)
    return undefined
  }
  if (typeof content === 'string') {
    if (encoding === undefined || encoding === 'utf8') return Buffer.from(content)
    if (encoding !== 'base64' && encoding !== 'hex') return void refusals.mustBe(`${field}.encoding`)
    const octets = Buffer.from(content, encoding)
    if (octets.toString(encoding) !== content) refusals.mayBe(`${field}.content`)
    return octets
  }
  const octets = octetsIn(content)
  if (octets === undefined) refusals.mustBe(`${field}.content`)
  return octets
}

function messageModel(message, filename, field, options, refusals) {
  const names = filename === undefined ? new Map() : new Map([['name', filename]])
  const shared = { what: 'message', type: undefined }
  if (typeof message === 'string' || message instanceof Uint8Array) {
    const want = Buffer.from(message)
      .toString('latin1')
      .replace(/\r\n|\r|\n/g, '\r\n')
    const ended = want.endsWith('\r\n') ? want : `${want}\r\n`
    return {
      ...shared,
      problem: (entity) =>
        parametersProblem(entity, names, []) ?? (entity.raw === ended ? undefined : `message is ${cut(entity.raw)}`),
    }
  }
  const { dkim: _, ...inner } = options // it is not signed by itself
  const model = modelOf(message, inner, refusals.within(`${field}.message`), true)
  return {
    ...shared,
    nested: model,
    problem(entity) {
      if (entity.type !== 'message/rfc822' && entity.type !== 'message/global') return `type ${entity.type}`
      const octets = octetsOf(entity)
      entity.message = readEntity(octets.toString('latin1'))
      return parametersProblem(entity, names, [])
    },
  }
}
