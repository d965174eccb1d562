import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { printable, printableJson } from './printable.js'

const UNSAFE = /[\p{C}\p{Zl}\p{Zp}]/u

describe('printable', () => {
  it('[part of javamail.mail.debug.quote] shows control characters escaped', () => {
    expect(printable('a\r\nb\t\x1b[31m\x9bm\u202e\u2028é €')).toBe(
      'a\\x0d\\x0ab\\x09\\x1b[31m\\x9bm\\u{202e}\\u{2028}é €',
    )
  })

  it('says how much was cut off', () => {
    expect(printable('abcdef', 4)).toBe('abcd... (2 more)')
  })

  it('leaves nothing that ends a line or moves a cursor, whatever comes', () => {
    const text = fc
      .array(fc.oneof(fc.integer({ min: 0, max: 0x10ffff }), fc.integer({ min: 0, max: 0x2fff })), { maxLength: 60 })
      .map((codes) => String.fromCodePoint(...codes))
    fc.assert(
      fc.property(text, (given) => {
        expect(printable(given)).not.toMatch(UNSAFE)
      }),
    )
    fc.assert(
      fc.property(text, (given) => {
        const json = printableJson({ given })
        expect(json).not.toMatch(UNSAFE)
        expect(JSON.parse(json)).toEqual({ given })
      }),
    )
  })
})
