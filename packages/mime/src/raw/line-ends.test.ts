import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LineEnds, withLineEnds } from './line-ends.js'

const anyText = fc.string({ unit: fc.constantFrom('a', '.', '\r\n', '\r', '\n', 'x'.repeat(70)), maxLength: 40 })

describe('LineEnds', () => {
  it('CVE-2023-51764 / CVE-2024-27305: completes every CR and LF that stands alone, whatever the chunks', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 90 }), (text, size) => {
        const lines = new LineEnds()
        let out = ''
        for (let at = 0; at < text.length; at += size) {
          out += Buffer.from(lines.push(Buffer.from(text.slice(at, at + size)))).toString()
        }
        out += Buffer.from(lines.end()).toString()
        const whole = text === '' || /[\r\n]$/.test(text) ? text : `${text}\r\n`
        expect(out).toBe(whole.replace(/\r\n|\r|\n/g, '\r\n'))
        expect(lines.inserted).toBe(out.length - text.length)
        expect(Buffer.from(withLineEnds(Buffer.from(text))).toString()).toBe(out)
      }),
      { numRuns: 1000 },
    )
  })

  it('gives a block that needs nothing back as it is', () => {
    const block = Buffer.from('a\r\nb\r\n')
    expect(new LineEnds().push(block)).toBe(block)
    expect(withLineEnds(block)).toBe(block)
  })
})
