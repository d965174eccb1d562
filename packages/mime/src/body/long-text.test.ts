import { describe, expect, it } from 'vitest'
import { collect } from '../../test/collect.js'
import { readMessage } from '../../test/read-message.js'
import { compose } from '../compose.js'
import type { ComposeOptions } from '../compose.js'
import { flowed } from './flowed-text.js'
import { MAX_AT_ONCE_UNITS } from './long-text.js'
import { withCrlf } from './text-leaf.js'

const base = { from: 'a@example.com', to: 'b@example.org' }
const long = (piece: string) => piece.repeat(Math.ceil((MAX_AT_ONCE_UNITS + 70_000) / piece.length))
const made = async (text: string, widest: '7bit' | '8bit' = '7bit', options?: ComposeOptions) => {
  const content = (await compose({ ...base, text }, options)).content.recode!(widest)
  const octets = await collect(content)
  expect(octets.length).toBe(content.sizeOctets)
  expect((await collect(content)).equals(octets)).toBe(true)
  expect(content.canonical).toBe(true)
  const section = octets.indexOf('\r\n\r\n')
  const header = octets.toString('latin1', 0, section)
  const type = /^Content-Type: (.*)/m.exec(header)?.[1]
  const encoding = /^Content-Transfer-Encoding: (\S+)/m.exec(header)?.[1]
  const rest = octets.subarray(section + 4)
  const body =
    encoding === 'quoted-printable'
      ? readMessage(octets).octets
      : encoding === 'base64'
        ? Buffer.from(rest.toString('latin1'), 'base64')
        : rest
  return { type, encoding, body, content }
}

describe('a text that is too long to be made at once', () => {
  it.each([
    ['word and word\n', '7bit', '7bit'],
    ['wörd and\r\nword\r', 'quoted-printable', '8bit'],
    ['w', 'quoted-printable', 'quoted-printable'],
    ['ü', 'base64', 'base64'],
    ['😀', 'base64', 'base64'],
    ['a\0b\n', 'base64', 'base64'],
    ['日本語\n', 'base64', '8bit'],
    [`${'x'.repeat(998)}\n`, '7bit', '7bit'],
    [`${'x'.repeat(999)}\n`, 'quoted-printable', 'quoted-printable'],
  ])('of %j goes as %s, and where 8BITMIME is offered as %s', async (piece, seven, eight) => {
    for (const [widest, encoding] of [
      ['7bit', seven],
      ['8bit', eight],
    ] as const) {
      for (const text of [long(piece), `${long(piece)}x`]) {
        const found = await made(text, widest)
        const lines = withCrlf(text)
        expect(found.encoding).toBe(encoding)
        const expected = Buffer.from(encoding === 'base64' || lines.endsWith('\r\n') ? lines : `${lines}\r\n`)
        expect(found.body.equals(expected)).toBe(true)
      }
    }
  })

  it('is in the charset of the composer when that has all its characters', async () => {
    const options = { charset: 'iso-8859-1' }
    const latin = await made(long('grün\n'), '8bit', options)
    expect(latin.type).toContain('ISO-8859-1')
    expect(latin.body.toString('latin1')).toBe(withCrlf(long('grün\n')))
    expect((await made(`${long('grün\n')}€`, '8bit', options)).type).toContain('utf-8')
    expect((await made(long('plain\n'), '7bit', options)).type).toContain('ISO-8859-1')
  })

  it('is flowed by paragraphs, however long one is', async () => {
    for (const piece of ['a few words\n', '> a few more words ', 'x\r\n']) {
      const text = long(piece)
      const message = await compose({ ...base, text, textFormat: 'flowed' })
      const { octets } = readMessage(await collect(message.content))
      const whole = flowed(text)
      expect(octets.toString()).toBe(whole.endsWith('\r\n') ? whole : `${whole}\r\n`)
    }
  })

  it('stands among other parts like all of them', async () => {
    const text = long('wörd\n')
    const message = await compose({ ...base, text, html: long('<p>wörd'), attachments: [{ content: 'x' }] })
    const [shown, attachment] = readMessage(await collect(message.content)).parts
    expect(shown?.parts.map((part) => part.octets.toString())).toEqual([withCrlf(text), long('<p>wörd')])
    expect(attachment?.octets.toString()).toBe('x')
  })

  it('lets others work meanwhile', async () => {
    let turns = 0
    let isDone = false
    const others = () => {
      turns++
      if (!isDone) setImmediate(others)
    }
    setImmediate(others)
    const { content } = await compose({ ...base, text: 'wörd and more\n'.repeat(400_000) })
    const whileComposing = turns
    await collect(content)
    isDone = true
    expect(whileComposing).toBeGreaterThan(5)
  })
})
