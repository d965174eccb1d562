// A table of inputs made to be slow, and how the time grows when they double.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { DKIM } from './fuzz-drafts.mjs'
import { collect } from './fuzz-judge.mjs'

/** The processor time for input of twice the size, as a multiple. Linear time is 2. */
export const LIMIT = 2.5
const HALF = 500_000
const ROUNDS = 5
/** Rounds of what takes longer than this. */
const FEW_ROUNDS = 3
const SLOW_MS = 100
/** Other programs use the machine, too: what is above the limit is measured again, and the best of these counts. */
const ATTEMPTS = 4
/** What takes less than this for the larger input, such as what is refused at once, is no cause for concern. */
const QUICK_MS = 2
/** What is quick is run so often that the clock can tell. */
const SPAN_MS = 8

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc')

const fill =
  (piece, before = '', behind = '') =>
  (size) =>
    before + piece.repeat(Math.round(size / piece.length)) + behind
const HEADER = 'From: a@example.com\r\n'

/** Texts in which somebody looks for mailboxes. */
const ADDRESSES = {
  'many mailboxes': fill('ann@example.com, ', '', 'a@b'),
  'many names': fill('"Last, First" <ann@example.com>, ', '', 'a@b'),
  'many groups': fill('g: a@example.com, b@example.com;, ', '', 'a@b'),
  'one group of many': fill('ann@example.com, ', 'g: ', 'a@b;'),
  'a long name of words': fill('word ', '', '<a@b>'),
  'a long name of quoted strings': fill('"a" ', '', '<a@b>'),
  'a long quoted string': fill('x', '"', '" <a@b>'),
  'a quoted string of backslashes': fill('\\\\', '"', '" <a@b>'),
  'a quoted string that does not end': fill('\\"', '"'),
  'many quotation marks': fill('"'),
  'many comments': fill('(c)', '', 'a@b'),
  'a long comment': fill('c', '(', ')a@b'),
  'deep comments': fill('(', '', 'a@b'),
  'many spaces': fill(' ', 'a@b', ' '),
  'many commas': fill(',', 'a@b'),
  'many semicolons': fill(';', 'a@b'),
  'many angle brackets': fill('<'),
  'many at signs': fill('@'),
  'many dots': fill('.', 'a', '@b'),
  'a long local part': fill('a.', '', 'a@b'),
  'a long wide local part': fill('ü', '', '@b'),
  'a long domain': fill('a.', 'a@', 'b'),
  'a long wide domain': fill('ü.', 'a@', 'b'),
  'a long literal': fill('1', 'a@[', ']'),
  'names without quotation marks': fill('Last, First <a@b.example>, ', '', 'a@b'),
  'addresses without separators': fill('a@b.example c@d.example '),
  'nothing that is seen': fill('\u200b', 'a@b'),
  'angle brackets that stay open': fill('<a@b '),
  'many links': fill('mailto:'),
  'many lines': fill('a@b.example\r\n'),
}

const TEXTS = {
  'short words': fill('word '),
  'one word': fill('x'),
  umlauts: fill('ü'),
  'words with umlauts': fill('wörd '),
  'umlauts between words': fill('word ü '),
  spaces: fill(' ', 'a', 'b'),
  'long gaps': fill(`a${' '.repeat(60)}`),
  'what looks like encoded-words': fill('=?'),
  'encoded-words': fill('=?utf-8?q?x?= '),
  emoji: fill('👩‍👩‍👧‍👦'),
  'combining marks': fill('\u0301\u0328', 'a'),
  'quotation marks': fill('"\\'),
}

const BODIES = {
  'short lines': fill('Hello, how are you?\r\n'),
  'one line': fill('word '),
  'one word': fill('x'),
  umlauts: fill('Grüße und mehr\n'),
  Chinese: fill('你好'),
  'line ends': fill('\r'),
  'mixed line ends': fill('\r\n\n\r'),
  spaces: fill(' '),
  'spaces at line ends': fill(' \n'),
  'quote marks': fill('>'),
  'quoted words': fill('word ', '> '),
  signatures: fill('-- \n'),
  'signatures in a line': fill('-- ', 'x '),
  dots: fill('.\n'),
  NUL: fill('\0'),
}

const MARKUP = {
  paragraphs: fill('<p>text</p>'),
  'open paragraphs': fill('<p>'),
  'open boxes': fill('<div>'),
  'open tables': fill('<table><tr><td>'),
  'many cells': fill('<td>x', '<table><tr>'),
  'many header cells': fill('<tr><th>x</th><td>y</td></tr>', '<table>', '</table>'),
  'lists in lists': fill('<ul><li>x'),
  links: fill('<a href="https://example.com/">x</a>'),
  entities: fill('&amp;'),
  'open entities': fill('&amp'),
  'open comments': fill('<!--'),
  'open tags': fill('<b'),
  'less-than signs': fill('<'),
  'closing tags': fill('</p>'),
  attributes: fill(' a="b"', '<p', '>x'),
  'one word': fill('x'),
  spaces: fill(' ', 'x', 'y'),
}

/** Bodies of messages that are ready, behind a multipart's header. */
const STRUCTURES = {
  'many parts': fill('--b\r\n\r\nx\r\n'),
  'empty parts': fill('--b\r\n'),
  'delimiters of nobody': fill('--c\r\n'),
  'the beginning of a delimiter': fill('--b'),
  dashes: fill('-'),
  'dashes in lines': fill('\r\n--'),
  'multiparts in multiparts': fill('--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n'),
  'messages in messages': fill('Content-Type: message/rfc822\r\n\r\n', '--b\r\n'),
  'header fields of a part': fill('Content-X: y\r\n', '--b\r\n', '\r\n'),
  'a part of octets': fill('\xfc\xe4 ', '--b\r\nContent-Transfer-Encoding: 8bit\r\n\r\n', '\r\n--b--\r\n'),
  'a part of words': fill('word w\xf6rd\r\n', '--b\r\nContent-Transfer-Encoding: 8bit\r\n\r\n', '\r\n--b--\r\n'),
  'a part of dashes': fill('--\xfc--\r\n', '--b\r\n\r\n', '\r\n--b--\r\n'),
  'broken quoted-printable': fill(
    '=\xfc',
    '--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n',
    '\r\n--b--\r\n',
  ),
  'broken base64': fill('A\xfc=', '--b\r\nContent-Transfer-Encoding: base64\r\n\r\n', '\r\n--b--\r\n'),
  'line ends of all kinds': fill('\xfc\r\r\n\n', '--b\r\n\r\n', '\r\n--b--\r\n'),
}

/** Header sections of messages that are ready. */
const SECTIONS = {
  'many fields': fill('X: y\r\n', HEADER),
  'a folded field': fill(' x\r\n', `${HEADER}X: y\r\n`),
  'lines of white space': fill(' \r\n', `${HEADER}X: y\r\n`),
  'no field': fill('x\r\n', HEADER),
  'many recipients': fill(' ann@example.com,\r\n', `${HEADER}To:\r\n`, ' a@b\r\n'),
  'empty entries': fill(',', `${HEADER}To: a@b`, '\r\n'),
  'comments in a type': fill('(', `${HEADER}Content-Type: text/plain`, '\r\n'),
  'parameters of a type': fill('; a=b', `${HEADER}Content-Type: multipart/mixed`, '\r\n'),
  'quotation marks in a type': fill('"', `${HEADER}Content-Type: multipart/mixed; a=`, '\r\n'),
  'semicolons in a type': fill(';', `${HEADER}Content-Type: multipart/mixed`, '\r\n'),
  'bare line ends': fill('X: y\n', HEADER),
  'octets above 127': fill('ü', `${HEADER}Subject: `, '\r\n'),
}

/** Those with a word in their name. */
const only = (inputs, word) => Object.fromEntries(Object.entries(inputs).filter(([name]) => name.includes(word)))

/** All of it: what it is, how it is made, what is done with it. @param composer what is exported */
export function linearCases({
  compose,
  parseMailbox,
  parseMailboxList,
  parseAddressList,
  readMailboxes,
  rawContent,
  rawMessage,
  displayMailbox,
}) {
  const cases = []
  const add = (kind, inputs, run) => {
    for (const [name, make] of Object.entries(inputs)) cases.push({ name: `${kind}: ${name}`, make, run })
  }
  const composed = async (draft, options) =>
    collect((await compose({ from: 'a@example.com', to: 'b@example.com', ...draft }, options)).content)
  add('strict list', ADDRESSES, (text) => parseAddressList(text, 'to'))
  add('strict mailboxes', only(ADDRESSES, 'many'), (text) => parseMailboxList(text, 'to'))
  add('mailbox', only(ADDRESSES, 'long'), (text) => parseMailbox(text, 'to'))
  add('lenient list', ADDRESSES, (text) => readMailboxes(text))
  add('shown name', TEXTS, (name) => displayMailbox({ name, address: 'a@b', domain: 'b' }))
  add('subject', TEXTS, (subject) => composed({ subject }))
  add('subject at 998', only(TEXTS, 'words'), (subject) => composed({ subject }, { foldAt: 998 }))
  add('subject in ISO-8859-1', only(TEXTS, 'umlauts'), (subject) => composed({ subject }, { charset: 'iso-8859-1' }))
  add('subject in ISO-2022-JP', { ...only(TEXTS, 'one word'), Japanese: fill('日本') }, (subject) =>
    composed({ subject }, { charset: 'iso-2022-jp' }),
  )
  add('subject in UTF-8', TEXTS, (subject) => composed({ subject }, { utf8Headers: true }))
  add('display name', TEXTS, (name) => composed({ from: { name, address: 'a@example.com' } }))
  add('structured field', TEXTS, (value) => composed({ headers: [{ name: 'X-Own', value, kind: 'structured' }] }))
  add('list id', TEXTS, (text) => composed({ list: { id: `${text} <a.b>` } }))
  add('file name', TEXTS, (filename) => composed({ attachments: [{ content: 'x', filename }] }))
  add('description', TEXTS, (description) => composed({ attachments: [{ content: 'x', description }] }))
  add('to', only(ADDRESSES, 'many'), (to) => composed({ to }))
  const list = (make) => ({
    entries: (size) => Array.from({ length: Math.ceil(size / 20) }, (_, index) => make(index)),
  })
  add(
    'references',
    list((index) => `<${index}.abcdef@example.com>`),
    (references) => composed({ references }),
  )
  add(
    'recipients',
    list((index) => ({ name: `Nöme ${index}`, address: `u${index}@example.com` })),
    (to) => composed({ to }),
  )
  add(
    'URLs',
    list((index) => `https://example.com/${index}`),
    (unsubscribe) => composed({ list: { unsubscribe } }),
  )
  add(
    'own fields',
    list((index) => ({ name: `X-${index}`, value: 'a value' })),
    (headers) => composed({ headers }),
  )
  add('text', BODIES, (text) => composed({ text }))
  add('text in ISO-8859-1', only(BODIES, 'umlauts'), (text) => composed({ text }, { charset: 'iso-8859-1' }))
  add('flowed text', BODIES, (text) => composed({ text, textFormat: 'flowed' }))
  add('text from HTML', MARKUP, (html) => composed({ html, textFromHtml: true }))
  add('text from HTML, flowed', only(MARKUP, 'p'), (html) =>
    composed({ html, textFromHtml: true, textFormat: 'flowed' }),
  )
  const event = (lines) => `BEGIN:VCALENDAR\r\n${lines}\r\nEND:VCALENDAR`
  const properties = {
    properties: fill('X:y\r\n'),
    methods: fill('METHOD:X\r\n'),
    components: fill('BEGIN:VEVENT\r\n'),
    folded: fill('\r\n x', 'X:'),
    'line ends': fill('\r\n'),
  }
  add('calendar', properties, (lines) => composed({ calendar: { content: event(lines) } }))
  const types = {
    parameters: fill('; a=b', 'text/plain'),
    backslashes: fill('\\"', 'text/plain; a="', '"'),
    token: fill('x', 'text/'),
    spaces: fill(' ', 'text/plain;', 'a=b'),
  }
  add('content type', types, (contentType) => composed({ attachments: [{ content: 'x', contentType }] }))
  const urls = {
    base64: fill('AAAA', 'data:;base64,'),
    percent: fill('%41', 'data:,'),
    spaces: fill('A ', 'data:;base64,'),
    type: fill(';a=b', 'data:text/plain', ',x'),
    plain: fill('x', 'data:,'),
  }
  add('data: URL', urls, (url) => composed({ attachments: [{ url }] }))
  add('attachment', { octets: (size) => Buffer.alloc(size, 'ab\r\n\0') }, (content) =>
    composed({ attachments: [{ content }] }),
  )
  add('base64 in a string', { digits: fill('AAAA'), spaces: fill(' ', 'AAAA') }, (content) =>
    composed({ attachments: [{ content, encoding: 'base64' }] }),
  )
  add('an unknown key', { long: fill('subject') }, (key) => composed({ [key]: 'x' }))
  for (const canonicalization of ['relaxed/relaxed', 'simple/simple']) {
    add(`DKIM ${canonicalization}`, only(BODIES, 's'), (text) =>
      composed({ text }, { dkim: { ...DKIM, canonicalization } }),
    )
    add(`DKIM ${canonicalization}, subject`, only(TEXTS, 'words'), (subject) =>
      composed({ subject }, { dkim: { ...DKIM, canonicalization } }),
    )
  }
  const envelope = { recipients: ['b@example.com'] }
  add('ready message, header', SECTIONS, async (text) =>
    collect((await rawMessage(text, { readRecipients: true, envelope })).content.recode('7bit')),
  )
  const body = (text) => Buffer.from(`${HEADER}Content-Type: multipart/mixed; boundary=b\r\n\r\n${text}`, 'latin1')
  add('ready message, parts', STRUCTURES, async (text) => collect((await rawContent(body(text))).recode('7bit')))
  add('ready message in chunks', STRUCTURES, async (text) =>
    collect((await rawContent(inChunks(body(text)))).recode('7bit')),
  )
  return cases
}

const inChunks = (octets) =>
  async function* () {
    for (let at = 0; at < octets.length; at += 16_384) yield octets.subarray(at, at + 16_384)
  }

/**
 * The processor time for inputs of 0.5 and 1 MB, medians of several runs.
 * @returns {Promise<{ name: string, halfMs: number, wholeMs: number, ratio: number }>} the ratio of the two, 1 for what takes less than 2 ms
 */
export async function measured({ name, make, run }) {
  const half = make(HALF)
  const whole = make(2 * HALF)
  let best
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const found = await compared(half, whole, run)
    if (!best || found.ratio < best.ratio) best = found
    if (best.ratio <= LIMIT) break
  }
  return { name, ...best }
}

async function compared(half, whole, run) {
  const once = await timed(run, half, 1)
  const times = Math.max(1, Math.min(200, Math.ceil(SPAN_MS / once)))
  const halves = []
  const wholes = []
  for (let round = once > SLOW_MS ? FEW_ROUNDS : ROUNDS; round > 0; round--) {
    halves.push(await timed(run, half, times))
    wholes.push(await timed(run, whole, times))
  }
  const halfMs = median(halves)
  const wholeMs = median(wholes)
  return { halfMs, wholeMs, ratio: wholeMs < QUICK_MS ? 1 : wholeMs / halfMs }
}

async function timed(run, input, times) {
  collectGarbage() // what another run has left is not to be paid for in this one
  const startedAt = process.cpuUsage()
  for (let left = times; left > 0; left--) {
    try {
      await run(input)
    } catch {
      // refused, which takes its time as well
    }
  }
  const { user, system } = process.cpuUsage(startedAt)
  return (user + system) / 1000 / times
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]
