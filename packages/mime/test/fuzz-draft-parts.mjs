// The texts and attachments of drafts by chance.
import { Blob } from 'node:buffer'
import { ReadableStream } from 'node:stream/web'
import { FILE_NAMES, MEDIA_TYPES, NO_TEXTS } from './fuzz-fragments.mjs'

const MARKUP = [
  '<p>',
  '</p>',
  '<a href="https://x.example/?a=1&b=2">',
  '<table><tr><td>',
  '<br>',
  '<img src="cid:logo">',
  '<!--',
  ']]>',
  '&amp;',
  '<script>',
  '<h1>x</h1>',
  '<b',
  '<ul><li>',
]
const READY = [
  { headers: [{ name: 'Content-Type', value: 'text/plain' }], content: 'ready\r\n' },
  {
    headers: [
      { name: 'Content-Type', value: 'text/x-ready; charset=utf-8' },
      { name: 'Content-Transfer-Encoding', value: 'quoted-printable' },
    ],
    content: 'r=C3=BC\r\n--=_1_00000000000000000000000000000000\r\n',
  },
  {
    headers: [
      { name: 'content-type', value: 'application/x-ready' },
      { name: 'Content-Transfer-Encoding', value: 'base64' },
    ],
    content: 'AAECAwQ=\r\n',
  },
  {
    headers: [
      { name: 'Content-Type', value: 'text/x-ready; charset=utf-8' },
      { name: 'Content-Transfer-Encoding', value: '8bit' },
      { name: 'Content-Language', value: 'de' },
    ],
    content: 'Grüße\r\n',
  },
]

/** Text, HTML, calendar, alternatives or a body that is ready. @param {import('./fuzz-texts.mjs').Texts} texts */
export function bodyBy(draft, texts) {
  const { dice } = texts
  if (dice.one(40)) {
    draft.body = ready(texts)
    return
  }
  const plain = (value) => (texts.goesWild(60) ? dice.pick(NO_TEXTS) : value)
  if (!dice.one(6)) draft.text = plain(texts.body())
  if (dice.one(4)) draft.html = plain(html(texts))
  if (dice.one(8))
    draft.textFormat = texts.goesWild(8) ? dice.pick(['x', null, 'Flowed']) : dice.pick(['fixed', 'flowed'])
  if (dice.one(30)) draft.textFromHtml = true
  if (dice.one(25)) draft.calendar = calendar(texts)
  if (dice.one(25)) {
    draft.alternatives = Array.from({ length: dice.int(3) }, () => ({
      contentType: texts.goesWild(6)
        ? texts.broken(dice.pick(MEDIA_TYPES))
        : dice.pick(['text/markdown', 'text/x-amp-html', 'text/x; a="b c"']),
      content: plain(texts.body()),
    }))
  }
}

function html(texts) {
  const { dice } = texts
  let made = ''
  for (let left = dice.int(5); left >= 0; left--) made += dice.pick(MARKUP) + texts.body()
  return made
}

function calendar(texts) {
  const { dice } = texts
  const end = dice.pick(['\r\n', '\n', '\r'])
  const method = dice.one(2) ? `METHOD:REQUEST${end}` : ''
  const summary = texts.goesWild(5) ? texts.broken(texts.pieces()) : texts.pieces()
  const content = `BEGIN:VCALENDAR${end}VERSION:2.0${end}${method}BEGIN:VEVENT${end}SUMMARY:${summary}${end}END:VEVENT${end}END:VCALENDAR${dice.pick(['', end, end + end])}`
  const made = { content: texts.goesWild(6) ? texts.broken(content) : content }
  if (dice.one(6)) made.method = texts.goesWild(3) ? texts.text(1) : dice.pick(['REQUEST', 'request', 'CANCEL'])
  if (dice.one(4)) made.filename = texts.text(2)
  return made
}

/** @param {import('./fuzz-texts.mjs').Texts} texts @param nested makes a draft to go along */
export function attachmentsBy(texts, nested) {
  const { dice } = texts
  if (texts.goesWild(40)) return dice.pick(NO_TEXTS)
  return Array.from({ length: 1 + dice.int(2) }, (_, index) => attachment(texts, nested, index))
}

function attachment(texts, nested, index) {
  const { dice } = texts
  if (texts.goesWild(40))
    return dice.pick([...NO_TEXTS, { content: 'x', path: 'y' }, { content: 'x', 'file\nname': 'y' }])
  if (dice.one(12)) return { part: ready(texts) }
  const made = {}
  if (!dice.one(6)) made.filename = dice.one(2) ? dice.pick(FILE_NAMES) : texts.text(4)
  if (dice.one(4)) made.contentId = texts.goesWild(4) ? texts.text(2) : `part${index}.${dice.int(100)}@example.com`
  if (dice.one(5))
    made.disposition = texts.goesWild(4) ? dice.pick(['x', 'inline; x=y', null]) : dice.pick(['inline', 'attachment'])
  if (dice.one(5)) made.description = texts.text()
  if (dice.one(8)) return { ...made, message: message(texts, nested) }
  if (dice.one(3)) made.contentType = texts.goesWild(4) ? texts.broken(dice.pick(MEDIA_TYPES)) : dice.pick(MEDIA_TYPES)
  const octets = dice.octets(dice.pick([0, 1, 2, 3, 56, 57, 58, 200]))
  const kind = dice.int(10)
  if (kind === 0) {
    made.url = `data:${dice.one(2) ? 'text/plain;charset=utf-8' : ''};base64,${octets.toString('base64')}`
    if (texts.goesWild(3)) made.url = texts.broken(made.url)
  } else if (kind === 1) Object.assign(made, { content: octets.toString('base64'), encoding: 'base64' })
  else if (kind === 2)
    Object.assign(made, { content: octets.toString('hex'), encoding: texts.goesWild(3) ? 'latin1' : 'hex' })
  else if (kind < 6) made.content = texts.body()
  else if (kind === 6 && texts.goesWild(3)) made.content = dice.pick(NO_TEXTS)
  else made.content = sourceOf(dice, octets)
  if (dice.one(20)) made.sizeOctets = texts.goesWild(2) ? dice.pick([-1, 1.5, '3', 10 ** 9]) : sizeOf(made, octets)
  return made
}

function sizeOf({ content, encoding, url }, octets) {
  return typeof content === 'string' && encoding === undefined && url === undefined
    ? Buffer.byteLength(content)
    : octets.length
}

function message(texts, nested) {
  const { dice } = texts
  if (dice.one(2)) return nested()
  const raw = `From: a@example.com\r\nSubject: ${dice.pick(['x', 'y\r\n folded'])}\r\n\r\n${dice.pick(['', 'body', 'body\r\n', 'b\nc\n', '--=_1_00000000000000000000000000000000\r\n'])}`
  return dice.one(2) ? raw : Buffer.from(raw)
}

/** A body part that is ready, most of the time one that is well made. */
function ready(texts) {
  const { dice } = texts
  const { headers, content } = dice.pick(READY)
  if (texts.goesWild(3)) {
    const bad = dice.pick([
      { name: 'Content-Type', value: 'x' },
      { name: 'Subject', value: 'x' },
      { name: 'Content-X', value: texts.broken('x') },
      { name: texts.broken('Content-X'), value: 'x' },
      { name: 'Content-Transfer-Encoding', value: 'x-own' },
      null,
    ])
    return { headers: [...headers, bad], content }
  }
  return { headers, content: dice.one(2) || content.includes('=_') ? content : sourceOf(dice, Buffer.from(content)) }
}

/** What the sources that were made will give. */
const given = new WeakMap()

/** The octets that a source gives, without reading it; undefined for what is no source. */
export function octetsIn(source) {
  if (typeof source === 'string') return Buffer.from(source)
  return given.get(source) ?? (source instanceof Uint8Array ? Buffer.from(source) : undefined)
}

/** The octets in one of the forms a source may have. */
function sourceOf(dice, octets) {
  const source = sourceFor(dice, octets)
  given.set(source, octets)
  return source
}

function sourceFor(dice, octets) {
  const half = dice.int(octets.length + 1)
  const chunks = [octets.subarray(0, half), octets.subarray(half)]
  switch (dice.int(12)) {
    case 0:
      return async function* () {
        yield* chunks
      }
    case 1:
      return () => new Blob(chunks).stream()
    case 2:
      return new Blob([octets])
    case 3:
      return new ReadableStream({
        start(controller) {
          for (const chunk of chunks) controller.enqueue(chunk)
          controller.close()
        },
      })
    case 4:
      return (async function* () {
        yield* chunks
      })()
    default:
      return octets
  }
}
