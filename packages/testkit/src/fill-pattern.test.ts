import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fillPattern, fillPatternBlocks } from './fill-pattern.js'

const sizes = fc.oneof(fc.integer({ min: 2, max: 600 }), fc.integer({ min: 2, max: 200_000 }))

describe('fillPattern', () => {
  it('has exactly the size, only whole CRLF lines within the limit, and valid UTF-8', () => {
    fc.assert(
      fc.property(
        sizes,
        fc.integer(),
        fc.integer({ min: 1, max: 998 }),
        fc.integer({ min: 0, max: 100 }),
        fc.boolean(),
        (size, seed, lineOctets, dotPercent, eightBit) => {
          const octets = fillPattern(size, { seed, lineOctets, dotPercent, eightBit, header: '' })
          expect(octets.length).toBe(size)
          const text = new TextDecoder('utf-8', { fatal: true }).decode(octets)
          expect(text.endsWith('\r\n')).toBe(true)
          const lines = octets.toString('latin1').split('\r\n')
          expect(lines.some((line) => /[\r\n\0]/.test(line) || line.length > lineOctets)).toBe(false)
        },
      ),
      { numRuns: 150 },
    )
  })

  it('begins lines with dots, some of them alone, unless told not to', () => {
    const lines = fillPattern(50_000).toString().split('\r\n')
    expect(lines.filter((line) => line.startsWith('.')).length).toBeGreaterThan(20)
    expect(lines.filter((line) => line.startsWith('..')).length).toBeGreaterThan(3)
    expect(lines).toContain('.')
    expect(fillPattern(50_000, { dotPercent: 0 }).includes('\n.')).toBe(false)
  })

  it('is the same for the same seed, other for another, and the same in blocks', () => {
    expect(fillPattern(9000).equals(fillPattern(9000))).toBe(true)
    expect(fillPattern(9000, { header: '' }).equals(fillPattern(9000, { header: '', seed: 2 }))).toBe(false)
    expect(Buffer.concat([...fillPatternBlocks(300_000, { seed: 5 })]).equals(fillPattern(300_000, { seed: 5 }))).toBe(
      true,
    )
  })

  it('has a header and an empty line when they fit', () => {
    expect(fillPattern(1000, { header: 'Subject: x\r\n' }).toString()).toMatch(/^Subject: x\r\n\r\n\S/)
    expect(fillPattern(14, { header: 'Subject: x\r\n' }).toString()).toBe('Subject: x\r\n\r\n')
    expect(fillPattern(15, { header: 'Subject: x\r\n' }).includes('Subject')).toBe(false)
    expect(fillPattern(1000).toString()).toMatch(/^Date: .*\r\nFrom: /)
  })

  it('has octets above 127 only when asked for', () => {
    expect(fillPattern(5000).every((octet) => octet < 128)).toBe(true)
    expect(fillPattern(5000, { eightBit: true }).some((octet) => octet > 127)).toBe(true)
  })

  it('refuses sizes and lines that cannot be', () => {
    expect(fillPattern(0)).toEqual(Buffer.alloc(0))
    expect(() => fillPattern(1)).toThrow(RangeError)
    expect(() => fillPattern(-2)).toThrow(RangeError)
    expect(() => fillPattern(10, { lineOctets: 999 })).toThrow(RangeError)
  })
})
