import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Rewriting } from './recode-plan.js'
import { rewriterFor } from './rewriting.js'

const latin1 = (text: string) => Buffer.from(text, 'latin1')

/** What becomes of a text that comes in pieces of this size. */
function rewritten(as: Rewriting, text: string, size = text.length): string {
  const rewriter = rewriterFor({ from: 0, to: text.length, as })
  let out = ''
  const take = (chunks: Iterable<Uint8Array>) => {
    for (const chunk of chunks) out += Buffer.from(chunk).toString('latin1')
  }
  for (let at = 0; at < text.length; at += size) take(rewriter.push(latin1(text.slice(at, at + size))))
  take(rewriter.end())
  return out
}

/** As lenient readers do: what is no escape stays as it is. */
const decoded = (text: string) =>
  text
    .replace(/[ \t]+$/gm, '')
    .replace(/=\r?\n/g, '')
    .replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))

const longest = (text: string) => Math.max(...text.split('\r\n').map((line) => line.length))

describe('rewriterFor', () => {
  const UNITS = [
    'a',
    '-',
    '--',
    '=',
    '=3D',
    '=\r\n',
    'é',
    '\xff',
    ' ',
    '.',
    '\r\n',
    'x'.repeat(74),
    '\0',
    '\r',
    '\n',
    '-'.repeat(80),
  ]
  const anyText = fc.string({ unit: fc.constantFrom(...UNITS), maxLength: 30 })
  const all = ['base64', 'quoted-printable', 'rewrap-base64', 'mend-quoted-printable', 'mask'] as const

  it.each(all)('%s: gives ASCII, and the same whatever the chunks', (as) => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 100 }), (given, size) => {
        const text = latin1(given).toString('latin1')
        const whole = rewritten(as, text)
        expect(rewritten(as, text, size)).toBe(whole)
        expect(/[^\x01-\x7f]/.test(whole)).toBe(false)
        if (as !== 'mask') expect(longest(whole)).toBeLessThanOrEqual(76)
      }),
      { numRuns: 300 },
    )
  })

  it('quoted-printable: no line begins with "--", and it decodes to what it was', () => {
    fc.assert(
      fc.property(anyText, (given) => {
        const text = latin1(given).toString('latin1')
        const encoded = rewritten('quoted-printable', text)
        expect(/^--/m.test(encoded)).toBe(false)
        expect(
          encoded
            .replace(/=\r\n/g, '')
            .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
        ).toBe(text)
      }),
    )
  })

  it('quoted-printable: few octets and many are encoded alike', () => {
    const text = `${'Grüße -- aus Köln. '.repeat(10)}\r\n`
    const many = text.repeat(200)
    expect(rewritten('quoted-printable', latin1(many).toString('latin1'))).toBe(
      rewritten('quoted-printable', text).repeat(200),
    )
  })

  it('mend-quoted-printable: what keeps to the rules stays, and readers see the same in what does not', () => {
    const good = 'Gr=C3=BC=C3=9Fe =3D=20\r\n--b is here=\r\n, too\r\n'
    expect(rewritten('mend-quoted-printable', good)).toBe(good)
    const words = fc.constantFrom(
      'a',
      'b c',
      '=3D',
      '=\r\n',
      'é',
      '\xff',
      '\r\n',
      'x'.repeat(74),
      '--',
      '=E9'.repeat(30),
      'y'.repeat(1200),
    )
    fc.assert(
      fc.property(fc.array(words, { maxLength: 20 }), (list) => {
        const text = latin1(list.join('')).toString('latin1')
        const mended = rewritten('mend-quoted-printable', text)
        expect(decoded(mended)).toBe(decoded(text))
        expect(longest(mended)).toBeLessThanOrEqual(76)
      }),
    )
  })

  it('rewrap-base64: the same digits in lines of 76', () => {
    const digits = Buffer.alloc(1000, 'posthorn').toString('base64')
    const wrapped = rewritten('rewrap-base64', ` ${digits.slice(0, 10)}\xe9\r\n\r\n-${digits.slice(10)}\0`)
    expect(wrapped.replaceAll('\r\n', '')).toBe(digits)
    expect([longest(wrapped), wrapped.endsWith('\r\n'), /\r\n\r\n/.test(wrapped)]).toEqual([76, true, false])
    expect(rewritten('rewrap-base64', '\r\n')).toBe('')
  })

  it('mask: no line is longer than 998 octets, and none begins that did not', () => {
    const text = `${'x'.repeat(990)}--b\r\ncafé\0\r\n${'y'.repeat(3000)}\r\n`
    const masked = rewritten('mask', text)
    expect(masked).toContain('caf??\r\n')
    expect(longest(masked)).toBeLessThanOrEqual(998)
    expect(masked.split('\r\n').filter((line) => !line.startsWith(' '))).toHaveLength(4)
    expect(masked.replaceAll('\r\n ', '').length).toBe(text.length)
  })
})
