import { describe, expect, it } from 'vitest'
import { collect } from '../../test/collect.js'
import { decodeWords, readMessage, valueOf } from '../../test/read-message.js'
import { compose } from '../compose.js'
import type { Draft, ReadyPart } from '../draft.js'

const base = { from: 'a@example.com', to: 'b@example.org' }
const refused = (code: string, field: string): unknown =>
  expect.objectContaining({ name: 'SettingsError', phase: 'compose', code, field })

describe('what a draft says about its texts and parts', () => {
  it.each<[object, string, string]>([
    [{ html: 'x', textFromHtml: 'yes' }, 'draft.text-from-html', 'textFromHtml'],
    [{ alternatives: {} }, 'draft.alternative', 'alternatives'],
    [
      { alternatives: [{ contentType: 'text/markdown', content: 'x', charset: 'y' }] },
      'draft.unknown-field',
      'alternatives[0].charset',
    ],
    [{ body: { headers: [], content: 'x', encoding: 'base64' } }, 'draft.unknown-field', 'body.encoding'],
    [
      { body: { headers: [{ name: 'Content-Type', value: 'x', kind: 'y' }], content: '' } },
      'draft.unknown-field',
      'body.headers[0].kind',
    ],
    [
      { attachments: [{ part: { header: [], headers: [], content: 'x' } }] },
      'draft.unknown-field',
      'attachments[0].part.header',
    ],
  ])('%j is refused', async (draft, code, field) => {
    await expect(compose({ ...base, ...draft })).rejects.toEqual(refused(code, field))
  })

  it('counts only when it stands there itself', async () => {
    const inherited = { filename: 'polluted.ics', sizeOctets: 1, encoding: 'hex', description: 'polluted' }
    Object.assign(Object.prototype, inherited)
    try {
      const calendar = { content: 'BEGIN:VCALENDAR\nEND:VCALENDAR' }
      const part: ReadyPart = { headers: [{ name: 'Content-Type', value: 'text/plain' }], content: 'xyz' }
      const draft: Draft = { ...base, calendar, attachments: [{ part }, { content: 'xyz' }] }
      const text = (await collect((await compose(draft)).content)).toString()
      expect(text).not.toContain('polluted')
      expect(text.match(/^Content-Disposition/gm)).toHaveLength(1)
    } finally {
      for (const key of Object.keys(inherited)) delete (Object.prototype as Record<string, unknown>)[key]
    }
  })

  it('is written in the style of the options, in the fields of parts as well', async () => {
    const draft: Draft = {
      ...base,
      text: 'x',
      html: '<img src="cid:a">',
      attachments: [
        {
          content: 'a',
          contentId: 'a',
          filename: 'a name with a few words in it.txt',
          description: 'Größe '.repeat(20),
        },
        { message: { ...base, text: 'x' }, description: 'größe' },
      ],
      calendar: { content: 'BEGIN:VCALENDAR\nEND:VCALENDAR' },
      alternatives: [{ contentType: 'text/markdown; variant=CommonMark', content: 'x' }],
      textFormat: 'flowed',
    }
    const fields = async (options: object) => {
      const text = (await collect((await compose(draft, options)).content)).toString()
      return text.split('\r\n').filter((line) => /^(?:Content-|[ \t])/.test(line))
    }
    for (const foldAt of [40, 60]) {
      const folded = (await fields({ foldAt })).filter(
        (line) => line.includes(' ', 1) && !/^\S*:? \w+(?:=".*"|\S*);?$/.test(line),
      )
      for (const line of folded) expect(line.length).toBeLessThanOrEqual(foldAt)
    }
    expect((await fields({ foldAt: false })).filter((line) => /^[ \t]/.test(line) && !line.includes('=?'))).toEqual([])
    const latin = (await fields({ charset: 'iso-8859-1' })).filter((line) => line.startsWith('Content-Description'))
    for (const line of latin) expect(line).toContain('=?ISO-8859-1?')
    const utf8 = await compose(draft, { utf8Headers: true })
    const entity = readMessage(await collect(utf8.content))
    const described = entity.parts.map((part) => decodeWords(valueOf(part.fields, 'Content-Description') ?? ''))
    expect(described).toContain('größe')
    expect(utf8.content.encoding).toBe('7bit')
  })
})
