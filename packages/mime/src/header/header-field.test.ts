import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyCharacter } from '../test/any-character.js'
import { decodeWords } from '../test/read-message.js'
import { encodedWords, MIN_ENCODED_WORD } from './encoded-word.js'
import { tokensField, unstructuredField } from './header-field.js'

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

describe('encodedWords', () => {
  it('keeps whole characters in words of at most 75 characters, the first within its room', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: anyCharacter, minLength: 1, maxLength: 200 }),
        fc.integer({ min: MIN_ENCODED_WORD, max: 75 }),
        (value, room) => {
          const words = encodedWords(value, room)
          expect(words[0]?.length).toBeLessThanOrEqual(room)
          for (const word of words) {
            expect(word.length).toBeLessThanOrEqual(75)
            expect(word).toMatch(/^=\?utf-8\?(?:B\?[A-Za-z0-9+/=]+|Q\?[A-Za-z0-9!*+/=_-]+)\?=$/)
          }
          expect(words.map(decodeWords).join('')).toBe(value) // each by itself: no character is split
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('tokensField', () => {
  it('folds between tokens only and does not begin with an empty line unless it must', () => {
    expect(tokensField('To', ['a@b,', 'c@d'])).toBe('To: a@b, c@d\r\n')
    expect(tokensField('To', ['a'.repeat(70), 'b'.repeat(70)])).toBe(`To: ${'a'.repeat(70)}\r\n ${'b'.repeat(70)}\r\n`)
    expect(tokensField('To', ['a'.repeat(200), 'b'])).toBe(`To:\r\n ${'a'.repeat(200)}\r\n b\r\n`)
  })
})
