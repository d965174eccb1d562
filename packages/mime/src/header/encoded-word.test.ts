import fc from 'fast-check'
import iconv from 'iconv-lite'
import { describe, expect, it } from 'vitest'
import { anyCharacter } from '../../test/any-character.js'
import { decodeWords } from '../../test/read-message.js'
import { charsetNamed, type Charset } from './charset.js'
import { charsetWords, encodedWords } from './encoded-word.js'

const MIN_ENCODED_WORD = '=?utf-8?Q?=F0=9F=91=A9?='.length

describe('encodedWords', () => {
  it('keeps whole characters in words of at most 75 characters, the first within its room', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: anyCharacter, minLength: 1, maxLength: 200 }),
        fc.integer({ min: MIN_ENCODED_WORD, max: 75 }),
        fc.integer({ min: MIN_ENCODED_WORD, max: 75 }),
        (value, room, longest) => {
          const words = encodedWords(value, room, longest)
          expect(words[0]?.length).toBeLessThanOrEqual(Math.min(room, longest))
          for (const word of words) {
            expect(word.length).toBeLessThanOrEqual(longest)
            expect(word).toMatch(/^=\?utf-8\?(?:B\?[A-Za-z0-9+/=]+|Q\?[A-Za-z0-9!*+/=_-]+)\?=$/)
          }
          expect(words.map(decodeWords).join('')).toBe(value) // each by itself: no character is split
        },
      ),
      { numRuns: 500 },
    )
  })

  it('makes the first word as long as the others when there is no room for one', () => {
    expect(encodedWords('ü'.repeat(20), 5)).toEqual(encodedWords('ü'.repeat(20)))
    expect(encodedWords('ü', -3, 3)).toEqual(['=?utf-8?B?w7w=?='])
  })
})

const charset = async (name: string): Promise<Charset> => {
  const found = await charsetNamed(name, 'charset')
  if (!found) throw new Error('UTF-8')
  return found
}

describe('charsetWords', () => {
  it('[part of ipworks.config.Charset] writes ISO-8859-1 in Q, and in B when that is shorter', async () => {
    expect(charsetWords(await charset('iso-8859-1'), 'Prüfung')).toEqual(['=?ISO-8859-1?Q?Pr=FCfung?='])
    expect(charsetWords(await charset('cp1252'), 'rund 5 €')).toEqual(['=?windows-1252?Q?rund_5_=80?='])
    expect(charsetWords(await charset('KOI8-R'), 'Привет')).toEqual(['=?KOI8-R?B?8NLJ18XU?='])
  })

  it('says in UTF-8 what the charset lacks', async () => {
    expect(charsetWords(await charset('ISO-8859-1'), 'Preis: 5 €')).toEqual(encodedWords('Preis: 5 €'))
    expect(charsetWords(await charset('US-ASCII'), 'ü')).toEqual(encodedWords('ü'))
    // Big5-HKSCS has the two characters together and the second not alone, so nothing may come apart.
    const together = 'Ê\u0304'.repeat(30)
    const words = charsetWords(await charset('Big5-HKSCS'), together)
    const read = (word: string) => iconv.decode(Buffer.from(word.split('?')[3] ?? '', 'base64'), 'big5-hkscs')
    expect(words.every((word) => word.startsWith('=?Big5-HKSCS?B?'))).toBe(true)
    expect(words.map(read).join('')).toBe(together)
    expect(charsetWords(await charset('Big5-HKSCS'), `a${together}\u0304`)).toEqual(encodedWords(`a${together}\u0304`))
  })

  it('makes each word of ISO-2022-JP begin and end in ASCII (RFC 2047 3)', async () => {
    const words = charsetWords(
      await charset('iso-2022-jp'),
      `件名: ${'日本語のとても長い件名です。'.repeat(6)} end`,
      30,
    )
    expect(words.length).toBeGreaterThan(4)
    for (const word of words) {
      const payload = /^=\?ISO-2022-JP\?B\?(.*)\?=$/.exec(word)?.[1] ?? ''
      const octets = Buffer.from(payload, 'base64').toString('latin1')
      expect(octets.lastIndexOf('\x1b(B')).toBe(octets.lastIndexOf('\x1b'))
    }
    expect(words[0]?.length).toBeLessThanOrEqual(75)
    expect(words.map(decodeWords).join('')).toBe(`件名: ${'日本語のとても長い件名です。'.repeat(6)} end`)
  })

  it('reads back in every charset, in words within their length', async () => {
    const texts: Record<string, string> = {
      'ISO-8859-1': 'àéîõü ÄÖÜß ',
      'ISO-8859-2': 'ąćęłńóśźż ',
      'ISO-8859-15': '€ŠšŽž ',
      'windows-1251': 'Съешь же ещё ',
      'KOI8-U': 'Київ їжак ',
      Shift_JIS: '日本語ｶﾅ表示 ',
      'EUC-JP': '日本語表示 ',
      'ISO-2022-JP': 'abc日本語xyz ',
      GB18030: '汉字漢字𠀀😀 ',
      GBK: '汉字漢字 ',
      Big5: '繁體中文 ',
      'EUC-KR': '한국어 제목 ',
    }
    for (const [name, sample] of Object.entries(texts)) {
      const known = await charset(name)
      for (const [room, longest] of [
        [75, 75],
        [50, 60],
        [10, 75],
        [45, 45],
      ] as const) {
        const words = charsetWords(known, sample.repeat(12), room, longest)
        for (const word of words) {
          expect(word.startsWith(`=?${name}?`)).toBe(true)
          expect(word.length).toBeLessThanOrEqual(longest)
        }
        expect(words.map(decodeWords).join('')).toBe(sample.repeat(12))
      }
    }
  })
})
