import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeQuotedPrintable } from '../test/read-message.js'
import { quotedPrintable, quotedPrintableSize } from './quoted-printable.js'

const encode = (text: string) => quotedPrintable(Buffer.from(text)).toString('latin1')

describe('quotedPrintable', () => {
  it.each([
    ['', ''],
    ['a=b', 'a=3Db'],
    ['größer\r\n', 'gr=C3=B6=C3=9Fer\r\n'],
    ['a \r\nb\t', 'a=20\r\nb=09'],
    ['a\rb\nc\0', 'a=0Db=0Ac=00'],
    ['x'.repeat(77), `${'x'.repeat(75)}=\r\nxx`],
  ])('writes %j', (text, expected) => {
    expect(encode(text)).toBe(expected)
  })

  it('gives the octets back and keeps its lines within 76', () => {
    const octets = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc.array(fc.constantFrom(13, 10, 32, 9, 61, 65, 200), { maxLength: 400 }).map((list) => Uint8Array.from(list)),
    )
    fc.assert(
      fc.property(octets, (value) => {
        expect(decodeQuotedPrintable(quotedPrintable(value).toString('latin1'))).toEqual(Buffer.from(value))
      }),
      { numRuns: 500 },
    )
  })

  it('knows its size beforehand within a few octets for each line', () => {
    const text = 'Zürich größer naïve\r\n'.repeat(100)
    const size = encode(text).length
    expect(Math.abs(quotedPrintableSize(Buffer.from(text)) - size)).toBeLessThan(size / 20)
  })
})
