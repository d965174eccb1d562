import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stringOctets } from './string-octets.js'

describe('a string as octets', () => {
  it.each([
    ['größe', undefined, 'größe'],
    ['größe', 'utf8', 'größe'],
    ['Z3LDtsOfZQ==', 'base64', 'größe'],
    ['Z3LD\r\ntsOf\tZQ==\n', 'base64', 'größe'],
    ['6772C3B6 c39f65', 'hex', 'größe'],
    ['', 'base64', ''],
    ['', 'hex', ''],
  ] as const)('%j as %s', (text, encoding, expected) => {
    expect(Buffer.from(stringOctets(text, encoding, 'x')).toString()).toBe(expected)
  })

  it.each([
    ['Z3LDtsOfZQ', 'base64'],
    ['Z3LD-_Of', 'base64'],
    ['=Z3L', 'base64'],
    ['A===', 'base64'],
    ['abc', 'hex'],
    ['zz', 'hex'],
    ['a', 'rot13'],
  ] as const)('%j is not %s', (text, encoding) => {
    expect(() => stringOctets(text, encoding as 'hex', 'x')).toThrow(
      expect.objectContaining({ code: 'attachment.encoding' }) as Error,
    )
  })

  it('gives back any octets', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.constantFrom('base64', 'hex'), (octets, encoding) => {
        const buffer = Buffer.from(octets)
        expect(stringOctets(buffer.toString(encoding as 'hex'), encoding as 'hex', 'x')).toEqual(buffer)
      }),
    )
  })

  it('may be long', () => {
    expect(stringOctets('QUJD'.repeat(2_000_000), 'base64', 'x').length).toBe(6_000_000)
    expect(stringOctets('41'.repeat(3_000_000), 'hex', 'x').length).toBe(3_000_000)
  })
})
