import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyCharacter } from '../../test/any-character.js'
import { collect } from '../../test/collect.js'
import { decodeBase64, decodeQuotedPrintable } from '../../test/read-message.js'
import { charsetNamed } from '../header/charset.js'
import { contentOf } from './content.js'
import { plainType, textLeaf } from './text-leaf.js'

const PLAIN = plainType('text/plain')

async function rendered(text: string, widest: '7bit' | '8bit' | 'binary', charsetName?: string) {
  const charset = charsetName === undefined ? undefined : await charsetNamed(charsetName, 'charset')
  const part = textLeaf(PLAIN, text, charset).render(widest)
  const encoding = /^Content-Transfer-Encoding: (\S+)\r\n$/m.exec(part.fields)?.[1] ?? ''
  const octets = await collect(contentOf(part.pieces, part.encoding ?? '7bit'))
  const decoded =
    encoding === 'base64'
      ? decodeBase64(octets.toString('latin1'))
      : encoding === 'quoted-printable'
        ? decodeQuotedPrintable(octets.toString('latin1'))
        : octets
  const label = /charset=([^\s;]+)/.exec(part.fields)?.[1] ?? ''
  return { part, encoding, octets, decoded, label }
}

describe('a text as a part', () => {
  it.each([
    ['Hello', '7bit', '7bit', '7bit'],
    ['Größe und Gewicht', 'quoted-printable', '8bit', '8bit'],
    ['日本語', 'base64', '8bit', '8bit'],
    ['x'.repeat(999), 'quoted-printable', 'quoted-printable', 'quoted-printable'],
    ['é'.repeat(499), 'base64', '8bit', '8bit'],
    ['é'.repeat(500), 'base64', 'base64', 'base64'],
    ['a\0b', 'quoted-printable', 'quoted-printable', 'quoted-printable'],
    ['é\0b', 'quoted-printable', 'quoted-printable', 'quoted-printable'],
    ['', '7bit', '7bit', '7bit'],
  ])(
    '[part of javamail.mail.smtp.allow8bitmime] %j goes as %s, %s or %s, by what the path carries',
    async (text, seven, eight, binary) => {
      for (const [widest, encoding] of [
        ['7bit', seven],
        ['8bit', eight],
        ['binary', binary],
      ] as const) {
        const made = await rendered(text, widest)
        expect(made.encoding).toBe(encoding)
        expect(made.decoded.toString()).toBe(text)
        expect(made.part.encoding ?? '7bit').toBe(encoding === '8bit' ? '8bit' : '7bit')
        expect(made.label).toBe('utf-8')
      }
    },
  )

  it('is in the charset that was asked for, and in UTF-8 where that lacks a character', async () => {
    const latin = await rendered('Größe', '8bit', 'latin1')
    expect([latin.label, latin.encoding, latin.decoded]).toEqual(['ISO-8859-1', '8bit', Buffer.from('Größe', 'latin1')])
    const quoted = await rendered('Größe und Gewicht', '7bit', 'iso-8859-1')
    expect([quoted.encoding, quoted.octets.toString()]).toEqual(['quoted-printable', 'Gr=F6=DFe und Gewicht'])
    const lacking = await rendered('10 €', '8bit', 'iso-8859-1')
    expect([lacking.label, lacking.decoded.toString()]).toEqual(['utf-8', '10 €'])
    const ascii = await rendered('plain', '7bit', 'iso-8859-1')
    expect([ascii.label, ascii.encoding]).toEqual(['ISO-8859-1', '7bit'])
    const japanese = await rendered('日本\nx', '7bit', 'iso-2022-jp')
    expect([japanese.label, japanese.encoding]).toEqual(['ISO-2022-JP', '7bit'])
    expect(japanese.octets.toString('latin1')).toBe('\x1b$BF|K\\\x1b(B\r\nx')
  })

  it('is in UTF-8 when it has what begins another set in the charset', async () => {
    const escape = await rendered('\x1b$B', '7bit', 'iso-2022-jp')
    expect([escape.label, escape.octets.toString()]).toEqual(['utf-8', '\x1b$B'])
    expect((await rendered('\x02', '7bit', 'viscii')).label).toBe('utf-8')
    expect((await rendered('a\tb\n', '7bit', 'viscii')).label).toBe('VISCII')
  })

  it('reads back as it was in every rendering, and says truly what it needs', async () => {
    const text = fc.array(fc.oneof(anyCharacter, fc.constantFrom('\n', '\r\n', ' \n', '.\n', 'From x')), {
      maxLength: 60,
    })
    await fc.assert(
      fc.asyncProperty(text, fc.constantFrom('7bit', '8bit', 'binary'), async (characters, widest) => {
        const given = characters.join('')
        const { part, octets, decoded } = await rendered(given, widest)
        expect(decoded.toString()).toBe(given.replace(/\r\n|\r|\n/g, '\r\n'))
        if ((part.encoding ?? '7bit') === '7bit') expect(octets.every((octet) => octet < 128)).toBe(true)
        expect(octets.toString('latin1').replaceAll('\r\n', '')).not.toMatch(/[\r\n\0]/)
      }),
      { numRuns: 500 },
    )
  })
})
