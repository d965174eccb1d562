import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Base64Decoder } from './base64-decoder.js'

function decode(text: string, size = text.length || 1): Buffer {
  const decoder = new Base64Decoder()
  const octets = Buffer.from(text, 'latin1')
  const out: Buffer[] = []
  for (let at = 0; at < octets.length; at += size) out.push(Buffer.from(decoder.push(octets.subarray(at, at + size))))
  decoder.end()
  return Buffer.concat(out)
}

describe('Base64Decoder', () => {
  it('gives back what was encoded, in lines of any length and chunks of any size', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.integer({ min: 1, max: 80 }),
        fc.integer({ min: 1, max: 90 }),
        fc.constantFrom('\r\n', '\n', ' \t'),
        (octets, width, size, lineEnd) => {
          const text = Buffer.from(octets)
            .toString('base64')
            .replaceAll(new RegExp(`.{${width}}`, 'g'), `$&${lineEnd}`)
          expect(decode(text, size).equals(octets)).toBe(true)
        },
      ),
    )
  })

  it.each([
    'AAAA=',
    'A===',
    '=',
    'AA=A',
    'AA==AAAA',
    'AAA=AAAA',
    'AA?A',
    'AAAA-',
    'A',
    'AA',
    'AAA',
    'AA=',
    'AAAA====',
    '\0AAA',
    'ÿAAA',
  ])('refuses %j, in chunks of any size', (text) => {
    for (const size of [1, 2, 3, 100]) expect(() => decode(text, size)).toThrow(/base64/)
  })

  it('takes white space anywhere', () => {
    expect(decode(' Y\r\nQ =\t=\r\n\r\n').toString()).toBe('a')
  })
})
