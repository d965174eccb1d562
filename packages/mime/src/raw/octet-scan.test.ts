import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OctetScan } from './octet-scan.js'

const UNITS = ['a', 'bcdefgh', '\t', 'é', '\xff', '\0', '\r\n', '\r', '\n', 'x'.repeat(100)]
const anyText = fc.string({ unit: fc.constantFrom(...UNITS), maxLength: 60 })

function chunked(octets: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = []
  let at = 0
  for (const size of sizes) {
    chunks.push(octets.subarray(at, at + size))
    at += size
  }
  return [...chunks, octets.subarray(at)]
}

/** The same facts by regular expressions. */
function factsOf(text: string) {
  const lines = text.split(/(?<!\r)\n|\r\n/)
  return {
    length: text.length,
    highOctets: text.replace(/[\x00-\x7f]/g, '').length,
    nul: text.includes('\0'),
    bareAt: text.search(/\r(?!\n)|(?<!\r)\n/),
    crlf: text.includes('\r\n'),
    longestLine: Math.max(...lines.map((line) => line.length)),
  }
}

describe('OctetScan', () => {
  it('tells the same as a look at each octet, whatever the chunks and their place in memory', () => {
    fc.assert(
      fc.property(
        anyText,
        fc.array(fc.integer({ min: 0, max: 150 }), { maxLength: 8 }),
        fc.nat(4),
        (given, sizes, shift) => {
          const text = Buffer.from(given, 'latin1').toString('latin1')
          const memory = Buffer.alloc(text.length + shift)
          memory.write(text, shift, 'latin1')
          const scan = new OctetScan()
          for (const chunk of chunked(memory.subarray(shift), sizes)) scan.push(chunk)
          const rest = scan.end()
          const { length, highOctets, nul, bareAt, crlf, longestLine } = scan
          expect({ length, highOctets, nul, bareAt, crlf, longestLine }).toEqual(factsOf(text))
          expect(rest).toBe(text === '' || text.endsWith('\n') ? '' : text.endsWith('\r') ? '\n' : '\r\n')
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('counts every octet above 127 in a word', () => {
    const scan = new OctetScan()
    scan.push(Buffer.alloc(4096, 0xff))
    expect(scan.highOctets).toBe(4096)
  })
})
