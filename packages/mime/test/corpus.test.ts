import { simpleParser, type AddressObject } from 'mailparser'
import PostalMime, { addressParser, decodeWords } from 'postal-mime'
import { describe, expect, it } from 'vitest'
import { compose } from '../src/compose.js'
import { collect } from './collect.js'
import { corpus, expectation, person, plain, sha256, type CorpusEntry, type ReadFacts } from './corpus.mjs'

/** What a reader is known to get wrong, with the field it concerns; the other readers agree with us there. */
const QUIRKS: readonly {
  readonly reader: 'postalMime' | 'mailparser'
  readonly entries: RegExp
  readonly fields: readonly (keyof ReadFacts)[]
  readonly why: string
}[] = [
  {
    reader: 'postalMime',
    entries: /^a byte order mark/,
    fields: ['subject', 'text', 'attachments', 'from'],
    why: 'its TextDecoder takes U+FEFF away from the start of each encoded-word and text',
  },
  {
    reader: 'postalMime',
    entries: /^windows-1252/,
    fields: ['from', 'subject', 'text', 'html', 'headers'],
    why: 'the TextDecoder of some Node versions reads windows-1252 as iso-8859-1',
  },
  {
    reader: 'mailparser',
    entries: /^windows-1252/,
    fields: ['headers'],
    why: 'it leaves own fields encoded, and they are decoded with the words of the other reader here',
  },
  {
    reader: 'postalMime',
    entries: /^file name: an encoded-word$/,
    fields: ['attachments'],
    why: 'it decodes encoded-words in parameters, which RFC 2047 5 does not have',
  },
  {
    reader: 'mailparser',
    entries: /^file name: an encoded-word$/,
    fields: ['attachments'],
    why: 'the same',
  },
]

const keep = (facts: ReadFacts, fields: readonly (keyof ReadFacts)[] = []) =>
  Object.fromEntries(fields.map((field) => [field, facts[field]]))

type Person = ReadFacts['from'][number]

/** The message as octets, opened twice: it must be the same both times. */
async function composed(entry: CorpusEntry) {
  const message = await compose(entry.draft, entry.options)
  const octets = await collect(message.content)
  expect((await collect(message.content)).equals(octets)).toBe(true)
  expect(message.content.sizeOctets).toBe(octets.length)
  return { message, octets }
}

async function byPostalMime(octets: Buffer, { draft }: CorpusEntry): Promise<ReadFacts> {
  const read = await PostalMime.parse(octets)
  const raw = (name: string) => read.headers.find(({ key }) => key === name)?.value ?? ''
  const people = (name: string): Person[] =>
    addressParser(raw(name), { flatten: true }).map(({ name, address }) => person(name, address ?? ''))
  return {
    from: people('from'),
    to: people('to'),
    cc: people('cc'),
    replyTo: people('reply-to'),
    subject: read.subject ?? '',
    date: read.date ?? '',
    messageId: read.messageId ?? '',
    text: loose(read.text),
    html: loose(read.html),
    attachments: read.attachments.filter(isFile).map(({ filename, contentId, content }) => {
      const attached = Buffer.from(content as ArrayBuffer)
      return {
        filename: filename ?? '',
        contentId: (contentId ?? '').replace(/^<(.*)>$/, '$1'),
        sizeOctets: attached.length,
        sha256: sha256(attached),
      }
    }),
    headers: (draft.headers ?? []).map(({ name }) => decodeWords(raw(name.toLowerCase()))),
  }
}

async function byMailparser(octets: Buffer, { draft }: CorpusEntry): Promise<ReadFacts> {
  const read = await simpleParser(octets, { skipHtmlToText: true, skipTextToHtml: true, skipImageLinks: true })
  const people = (given: AddressObject | AddressObject[] | undefined): Person[] =>
    [given ?? []].flat().flatMap(({ value }) => value.map(({ name, address }) => person(name, address ?? '')))
  return {
    from: people(read.from),
    to: people(read.to),
    cc: people(read.cc),
    replyTo: people(read.replyTo),
    subject: read.subject ?? '',
    date: read.date?.toISOString() ?? '',
    messageId: read.messageId ?? '',
    text: loose(read.text),
    html: loose(read.html || ''),
    attachments: read.attachments
      .filter(({ contentType }) => contentType !== 'text/calendar')
      .map(({ filename, cid, content }) => ({
        filename: filename ?? '',
        contentId: cid ?? '',
        sizeOctets: content.length,
        sha256: sha256(content),
      })),
    headers: (draft.headers ?? []).map(({ name }) => {
      const value = read.headers.get(name.toLowerCase())
      return typeof value === 'string' ? decodeWords(value) : ''
    }),
  }
}

const isFile = ({ mimeType }: { readonly mimeType: string }) => mimeType !== 'text/calendar'

/** Both readers are free with the line end in front of a delimiter, which is not part of the text (RFC 2046 5.1.1). */
const loose = (text: string | null | undefined) => plain(text).replace(/\n+$/, '')

/** RFC 5322 2.1.1, 2.3: what must hold for every line of every message. */
function judgeLines(octets: Buffer, { options, draft }: CorpusEntry): string[] {
  const text = octets.toString('latin1')
  const problems: string[] = []
  if (/\r(?!\n)|(?<!\r)\n/.test(text)) problems.push('a CR or LF stands alone')
  if (!text.endsWith('\r\n')) problems.push('the last line has no end')
  const header = text.slice(0, text.indexOf('\r\n\r\n')).split('\r\n')
  for (const line of text.split('\r\n')) if (line.length > 998) problems.push(`a line of ${line.length} octets`)
  const limit = options?.foldAt === false ? 998 : Math.max(78, options?.foldAt ?? 78)
  for (const line of header) {
    if (/^[ \t]*$/.test(line)) problems.push('a header line of white space')
    // a place where it could have been folded: white space behind the first token
    if (line.length > limit && /[^ \t][ \t]+[^ \t]/.test(line.replace(/^[^\s:]+:[ \t]*/, ''))) {
      problems.push(`a header line of ${line.length}: ${line.slice(0, 60)}`)
    }
  }
  if (header.some((line) => /^bcc:/i.test(line))) problems.push('Bcc')
  if (draft.bcc !== undefined && text.includes('x@example.org')) problems.push('a blind recipient')
  return problems
}

describe('every draft of the corpus is read back as it was meant', () => {
  it('there are at least 300', () => {
    expect(corpus.length).toBeGreaterThanOrEqual(300)
    expect(new Set(corpus.map(({ name }) => name)).size).toBe(corpus.length)
  })

  it.each(corpus.map((entry) => [entry.name, entry] as const))('%s', async (_name, entry) => {
    const { message, octets } = await composed(entry)
    expect(judgeLines(octets, entry)).toEqual([])
    const facts = expectation(entry, message)
    const expected = { ...facts, text: loose(facts.text), html: loose(facts.html) }
    const byTheirs = { postalMime: await byPostalMime(octets, entry), mailparser: await byMailparser(octets, entry) }
    for (const [reader, read] of Object.entries(byTheirs)) {
      const quirk = QUIRKS.find((one) => one.reader === reader && one.entries.test(entry.name))
      expect({ ...read, ...keep(expected, quirk?.fields) }, reader).toEqual(expected)
    }
  })
})
