import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalText, hasLongLine, isCanonical } from './line-ends.js'

const texts = fc
  .array(fc.constantFrom('\r\n', '\r', '\n', 'a', 'ü', '.'), { maxLength: 10 })
  .map((list) => list.join(''))

describe('line ends', () => {
  it('canonicalText ends every line with CRLF and changes nothing else', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const expected = text.replace(/\r\n|\r|\n/g, '\r\n')
        const canonical = canonicalText(text)
        expect(canonical).toBe(expected.endsWith('\r\n') ? expected : `${expected}\r\n`)
        expect(isCanonical(Buffer.from(canonical))).toBe(true)
        expect(isCanonical(Buffer.from(text))).toBe(text === '' || canonical === text)
      }),
    )
    expect(isCanonical(Buffer.from('a\0\r\n'))).toBe(false)
  })

  it('isCanonical looks across the blocks it reads in', () => {
    for (let length = 65_530; length < 65_540; length++) {
      const whole = `${'x'.repeat(length)}\r\n${'y'.repeat(70_000)}\r\n`
      expect(isCanonical(Buffer.from(whole))).toBe(true)
      for (const broken of [
        whole.replace('\n', ''),
        whole.replace('\r', ''),
        whole.replace('\r\n', '\n\r'),
        `${whole}\r`,
      ])
        expect(isCanonical(Buffer.from(broken))).toBe(false)
    }
  })

  it('hasLongLine counts what is before CRLF', () => {
    const line = 'x'.repeat(998)
    expect([line, `${line}\r\n${line}\r\n`, `${'a\r\n'.repeat(999)}`].map(hasLongLine)).toEqual([false, false, false])
    expect([`${line}x`, `${line}x\r\n`, `a\r\n${line}x\r\nb`, `a\r\n${line}x`].map(hasLongLine)).toEqual([
      true,
      true,
      true,
      true,
    ])
  })
})
