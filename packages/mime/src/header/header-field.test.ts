import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyCharacter } from '../../test/any-character.js'
import { decodeWords } from '../../test/read-message.js'
import { DEFAULT_STYLE, fieldStyle, UTF8_STYLE } from './field-style.js'
import { structuredField, tokensField, unstructuredField } from './header-field.js'

/** Text as a field may hold it: whole characters, no controls; often with spaces, and with what looks like an encoded-word. */
const text = fc
  .array(
    fc.oneof(
      fc
        .string({ unit: anyCharacter, maxLength: 12 })
        .map((value) => value.replace(/[\0-\x1f\x7f-\x9f\u2028\u2029]/g, '')),
      fc.string({ unit: 'grapheme-ascii', maxLength: 30 }),
      fc.constantFrom(
        ' ',
        '  ',
        '   ',
        '=?utf-8?Q?a?=',
        '=?',
        '?=',
        '=',
        '_',
        'ü',
        '日本語',
        '👩‍👩‍👧',
        ' '.repeat(90),
        'a'.repeat(90),
        'b'.repeat(1200),
      ),
    ),
    { maxLength: 12 },
  )
  .map((pieces) => pieces.join(''))

const linesOf = (field: string) => {
  expect(field.endsWith('\r\n')).toBe(true)
  const lines = field.slice(0, -2).split('\r\n')
  expect(lines.some((line) => /[\r\n]/.test(line))).toBe(false)
  return lines
}

describe('unstructuredField', () => {
  it.each([
    ['Hello there', 'Subject: Hello there\r\n'],
    ['', 'Subject:\r\n'],
    ['Grüße', 'Subject: =?utf-8?B?R3LDvMOfZQ==?=\r\n'],
    ['日本語', 'Subject: =?utf-8?B?5pel5pys6Kqe?=\r\n'],
    ['Grünes Heft', 'Subject: =?utf-8?Q?Gr=C3=BCnes?= Heft\r\n'],
    ['plain größer naïve plain', 'Subject: plain =?utf-8?B?Z3LDtsOfZXIgbmHDr3Zl?= plain\r\n'],
    ['typed =?utf-8?Q?x?= here', 'Subject: typed =?utf-8?B?PT91dGYtOD9RP3g/PQ==?= here\r\n'],
    [' edge', 'Subject: =?utf-8?Q?_edge?=\r\n'],
    ['edge ', 'Subject: =?utf-8?Q?edge_?=\r\n'],
    ['two  spaces', 'Subject: two  spaces\r\n'],
  ])('writes %j', (value, field) => {
    expect(unstructuredField('Subject', value)).toBe(field)
  })

  it('reads back as it was, in lines of at most 78 characters where spaces allow it and never above 998', () => {
    fc.assert(
      fc.property(
        text,
        fc.constantFrom('Subject', 'X', 'X-A-Rather-Long-Name-Of-A-Header-Field-That-Fills-Nearly-All-Of-A-Line'),
        (value, name) => {
          const lines = linesOf(unstructuredField(name, value))
          for (const line of lines.slice(1)) expect(line).toMatch(/^ +[^ ]/) // never a line of white space only
          for (const line of lines) {
            expect(line).toMatch(/^[ -~]*$/)
            expect(line.length).toBeLessThanOrEqual(998)
            if (line.length > 78) expect(line.trimStart()).not.toContain(' ') // one word that cannot be folded
            if (/=\?/.test(line)) expect(line.length).toBeLessThanOrEqual(76)
          }
          expect(
            decodeWords(
              lines
                .join('')
                .slice(name.length + 1)
                .replace(/^ /, ''),
            ),
          ).toBe(value)
        },
      ),
      { numRuns: 700 },
    )
  })

  it('folds a long plain text between words', () => {
    const lines = linesOf(unstructuredField('Subject', 'word '.repeat(200).trim()))
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(78)
    expect(lines.length).toBeLessThan(16)
  })

  it.each([
    ' '.repeat(1_000_000),
    'a '.repeat(500_000),
    '=?'.repeat(500_000),
    `a${' '.repeat(1_000_000)}b`,
    'ü '.repeat(300_000),
  ])('is linear on a megabyte', (value) => {
    expect(decodeWords(linesOf(unstructuredField('X', value)).join('').slice(3)).length).toBe(value.length)
  })
})

describe('tokensField', () => {
  it('folds between tokens only and does not begin with an empty line unless it must', () => {
    expect(tokensField('To', ['a@b,', 'c@d'])).toBe('To: a@b, c@d\r\n')
    expect(tokensField('To', ['a'.repeat(70), 'b'.repeat(70)])).toBe(`To: ${'a'.repeat(70)}\r\n ${'b'.repeat(70)}\r\n`)
    expect(tokensField('To', ['a'.repeat(200), 'b'])).toBe(`To:\r\n ${'a'.repeat(200)}\r\n b\r\n`)
  })
})

describe('a style', () => {
  const names = fc.constantFrom('Subject', 'X', 'X-A-Rather-Long-Name')

  it('[part of ipworks.config.MaxHeaderLength] [part of ipworks.config.FoldHeaders] folds at its length wherever there is a place, and never above 998', async () => {
    for (const foldAt of [20, 21, 30, 60, 76, 78, 200, 400, 998, false] as const) {
      const style = await fieldStyle(foldAt)
      const limit = foldAt || 998
      fc.assert(
        fc.property(text, names, (value, name) => {
          const lines = linesOf(unstructuredField(name, value, style))
          for (const line of lines.slice(1)) expect(line).toMatch(/^ +[^ ]/)
          for (const line of lines) {
            expect(line.length).toBeLessThanOrEqual(998)
            // Longer than asked: one word that cannot be folded, be it the least an encoded-word needs.
            if (line.length > limit) expect(line.trimStart()).not.toContain(' ')
            if (foldAt !== false && line.includes('=?')) expect(line.length).toBeLessThanOrEqual(76)
            for (const word of line.split(' ')) if (word.startsWith('=?')) expect(word.length).toBeLessThanOrEqual(75)
          }
          expect(decodeWords(valueIn(lines, name))).toBe(value)
        }),
        { numRuns: 60 },
      )
    }
  })

  it('without folding writes one line as long as 998 octets allow it', async () => {
    const style = await fieldStyle(false)
    const value = 'word '.repeat(150).trim()
    expect(unstructuredField('Subject', value, style)).toBe(`Subject: ${value}\r\n`)
    expect(linesOf(unstructuredField('Subject', 'ü '.repeat(60), style))).toHaveLength(1)
    expect(linesOf(unstructuredField('Subject', 'word '.repeat(400).trim(), style))).toHaveLength(3)
    const tokens = Array.from({ length: 40 }, (_, index) => `person${index}@example.org,`)
    expect(linesOf(tokensField('Cc', tokens, style))).toHaveLength(1)
  })

  it.each([19, 999, 0, -1, 76.5, NaN, Infinity, '76', true, null])('refuses to fold at %j', async (foldAt) => {
    await expect(fieldStyle(foldAt as number)).rejects.toEqual(
      expect.objectContaining({ name: 'SettingsError', code: 'compose.fold-at', field: 'foldAt' }),
    )
  })

  it('without folding leaves two spaces between words as they are', async () => {
    const style = await fieldStyle(false)
    expect(unstructuredField('Subject', 'Two  spaces,   or three', style)).toBe('Subject: Two  spaces,   or three\r\n')
    expect(unstructuredField('Subject', 'Two  plain words: Grüße', style)).toMatch(
      /^Subject: Two {2}plain words: =\?utf-8/,
    )
  })

  it('of UTF-8 leaves text as it is, in its canonical form (RFC 6532), within 998 octets', async () => {
    expect(unstructuredField('Subject', 'Grünes Heft 日本語 👩‍👩‍👧', UTF8_STYLE)).toBe('Subject: Grünes Heft 日本語 👩‍👩‍👧\r\n')
    expect(unstructuredField('Subject', 'u\u0308ber', UTF8_STYLE)).toBe('Subject: über\r\n')
    expect(unstructuredField('Subject', 'a =?utf-8?Q?=0A?= b', UTF8_STYLE)).toMatch(/^Subject: a =\?utf-8\?[BQ]\?/)
    for (const space of ['\ufeff', '\u00a0', '\u3000']) {
      expect(unstructuredField('Subject', `ü${space}`, UTF8_STYLE)).toMatch(/^Subject: =\?utf-8\?[BQ]\?/)
    }
    for (const foldAt of [20, 76, 400, 998, false] as const) {
      const style = await fieldStyle(foldAt, true)
      fc.assert(
        fc.property(text, names, (value, name) => {
          const lines = linesOf(unstructuredField(name, value, style))
          for (const line of lines) {
            expect(Buffer.byteLength(line)).toBeLessThanOrEqual(998)
            if (line.length > (foldAt || 998)) expect(line.trimStart()).not.toContain(' ')
          }
          expect(decodeWords(valueIn(lines, name)).normalize()).toBe(value.normalize())
        }),
        { numRuns: 60 },
      )
    }
  })
})

const valueIn = (lines: readonly string[], name: string) =>
  lines
    .join('')
    .slice(name.length + 1)
    .replace(/^ /, '')

describe('structuredField', () => {
  it('keeps every character and folds before spaces only', async () => {
    expect(structuredField('X', 'a  b')).toBe('X: a  b\r\n')
    expect(structuredField('X', '')).toBe('X:\r\n')
    const value = 'token; '.repeat(60).trim()
    const field = structuredField('X-Long', value, await fieldStyle(40))
    expect(field.replaceAll('\r\n', '')).toBe(`X-Long: ${value}`)
    for (const line of linesOf(field)) expect(line.length).toBeLessThanOrEqual(40)
    expect(structuredField('X', `${'a'.repeat(500)} ${'b'.repeat(700)}`, DEFAULT_STYLE)).toBe(
      `X:\r\n ${'a'.repeat(500)}\r\n ${'b'.repeat(700)}\r\n`,
    )
  })
})
