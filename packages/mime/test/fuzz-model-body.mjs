// What the body of a draft is to be: a tree of parts, each with what a reader must find in it.
import { attachmentModel } from './fuzz-model-attachment.mjs'
import { cut, parametersProblem, typeModel } from './fuzz-model-type.mjs'
import { readyModel } from './fuzz-model-ready.mjs'
import { flowedProblem } from './fuzz-flowed.mjs'
import { textOf } from './fuzz-reader.mjs'

/**
 * A tree of `{ type, parts }` and of leaves `{ what, type, problem(entity, whole) }`: `problem` says what is wrong with the part, and
 * `whole` is true where the leaf is the body.
 */
export function bodyModel(draft, options, refusals) {
  if (draft.body !== undefined) {
    for (const key of ['text', 'html', 'textFormat', 'textFromHtml', 'calendar', 'alternatives', 'attachments']) {
      if (draft[key] !== undefined) refusals.mustBe(key)
    }
    return readyModel(draft.body, 'body', refusals)
  }
  const text = stringIn(draft.text, 'text', refusals)
  const html = stringIn(draft.html, 'html', refusals)
  const textFormat = draft.textFormat ?? 'fixed'
  if (draft.textFormat === null) refusals.mayBe('textFormat')
  if (textFormat !== 'fixed' && textFormat !== 'flowed') refusals.mustBe('textFormat')
  const forms = []
  if (text !== undefined) forms.push(textFormat === 'flowed' ? flowedLeaf(text) : textLeaf('text', 'text/plain', text))
  else if (html !== undefined && draft.textFromHtml === true) forms.push(madeLeaf())
  const { alternatives = [], attachments = [] } = draft
  alternatives.forEach((one, index) => forms.push(alternativeLeaf(one, `alternatives[${index}]`, refusals)))
  const calendar = draft.calendar === undefined ? undefined : calendarModel(draft.calendar, refusals)
  if (!Array.isArray(attachments)) {
    refusals.mustBe('attachments')
    return undefined
  }
  const files = attachments.map((one, index) => attachmentModel(one, `attachments[${index}]`, options, refusals))
  refuseDoubleIds(files, refusals)
  if (calendar?.filename !== undefined) files.unshift(calendar.file)
  const inline = html === undefined ? [] : files.filter((file) => file?.inline)
  const others = html === undefined ? files : files.filter((file) => !file?.inline)
  if (html !== undefined) {
    const leaf = textLeaf('html', 'text/html', html)
    forms.push(inline.length === 0 ? leaf : { type: 'multipart/related', parts: [leaf, ...inline] })
  }
  if (calendar) forms.push(calendar.leaf)
  const body = forms.length > 1 ? { type: 'multipart/alternative', parts: forms } : forms[0]
  if (others.length === 0) return body ?? textLeaf('text', 'text/plain', '')
  return { type: 'multipart/mixed', parts: body ? [body, ...others] : others }
}

function stringIn(value, field, refusals) {
  if (value === undefined || typeof value === 'string') return value
  refusals.mustBe(field)
  return undefined
}

function crlf(text) {
  return text.toWellFormed().replace(/\r\n|\r|\n/g, '\r\n')
}

function textLeaf(what, type, text, more) {
  const want = crlf(text)
  return {
    what,
    type,
    problem(entity, whole) {
      const got = textOf(entity)
      if (!more && entity.parameters?.has('format')) return 'it says format'
      if (!sameText(got, want, whole)) return `text is ${cut(got)} and should be ${cut(want)}`
      return more?.(entity)
    },
  }
}

/** As it was, and a line end more where the content would have none at its end. */
function sameText(got, want, whole) {
  return got === want || (whole && got === `${want}\r\n`)
}

function flowedLeaf(text) {
  return {
    what: 'flowed text',
    type: 'text/plain',
    problem(entity, whole) {
      if (entity.parameters.get('format') !== 'flowed') return 'it does not say format=flowed'
      return flowedProblem(textOf(entity), text.toWellFormed(), whole)
    },
  }
}

/** Made from HTML, by a library: it must be a text at all. */
function madeLeaf() {
  return {
    what: 'text from HTML',
    type: 'text/plain',
    problem: (entity) => (typeof textOf(entity) === 'string' ? undefined : 'no text'),
  }
}

function alternativeLeaf(given, field, refusals) {
  const type = typeModel(given.contentType, `${field}.contentType`, refusals)
  const text = stringIn(given.content ?? null, `${field}.content`, refusals)
  const leaf = textLeaf('alternative', type?.value, text ?? '', (entity) =>
    parametersProblem(entity, type.parameters, ['charset']),
  )
  return leaf
}

const CALENDAR =
  /^BEGIN:VCALENDAR\nVERSION:2\.0\n(METHOD:REQUEST\n)?BEGIN:VEVENT\nSUMMARY:[^\n]*\nEND:VEVENT\nEND:VCALENDAR\n*$/

function calendarModel({ content, method, filename }, refusals) {
  const lines = content.replace(/\r\n|\r/g, '\n')
  const regular = CALENDAR.exec(lines)
  const stated = /^METHOD:(.*)$/m.exec(lines)?.[1]
  if (/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(content)) refusals.mustBe('calendar.content')
  else if (!regular) {
    refusals.mayBe('calendar.content')
    refusals.mayBe('calendar.method')
  }
  if (method === null) refusals.mayBe('calendar.method')
  else if (method !== undefined) {
    if (typeof method !== 'string' || !/^[A-Za-z0-9-]{1,40}$/.test(method)) refusals.mustBe('calendar.method')
    else if (regular?.[1] !== undefined && method.toUpperCase() !== 'REQUEST') refusals.mustBe('calendar.method')
  }
  const name = filename === undefined ? undefined : refusals.text(filename, 'calendar.filename') || undefined
  const says = (typeof method === 'string' ? method : (stated ?? 'PUBLISH')).toUpperCase()
  const whole = lines.replace(/\n+$/, '')
  const want = crlf(`${stated === undefined ? whole.replace('\n', () => `\nMETHOD:${says}\n`) : whole}\n`)
  const leaf = {
    what: 'calendar',
    type: 'text/calendar',
    problem(entity, isWhole) {
      if (entity.parameters.get('method') !== (regular ? says : entity.parameters.get('method'))) return 'method'
      if (regular && entity.parameters.get('component') !== 'VEVENT') return 'component'
      const got = textOf(entity)
      return !regular || sameText(got, want, isWhole) ? undefined : `calendar is ${cut(got)} and should be ${cut(want)}`
    },
  }
  const attachment = {
    content: want,
    contentType: 'application/ics',
    ...(name === undefined ? {} : { filename: name }),
  }
  const file = regular
    ? { ...attachmentModel(attachment, 'calendar', {}, refusals), what: 'calendar file' }
    : { what: 'calendar file', type: 'application/ics', problem: () => undefined }
  return { leaf, filename: name, file }
}

function refuseDoubleIds(files, refusals) {
  const seen = new Set()
  files.forEach((file, index) => {
    if (file?.contentId === undefined) return
    if (seen.has(file.contentId)) refusals.mustBe(`attachments[${index}].contentId`)
    seen.add(file.contentId)
  })
}
