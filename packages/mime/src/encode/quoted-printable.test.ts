import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { decodeQuotedPrintable } from '../../test/read-message.js'
import { QuotedPrintableLines, quotedPrintable, quotedPrintableSize } from './quoted-printable.js'
import { tableKernel, type QuotedPrintableKernel } from './quoted-printable-table.js'
import { vectorKernel } from './quoted-printable-vector.js'

const vectors = vectorKernel() ?? expect.fail('this Node cannot run the WebAssembly')
const kernels: [string, QuotedPrintableKernel][] = [
  ['the table', tableKernel],
  ['WebAssembly', vectors],
]

/** Octets of which quoted-printable makes a difference come more often. */
const anyOctets = fc.oneof(
  fc.uint8Array({ maxLength: 400 }),
  fc.array(fc.constantFrom(13, 10, 32, 9, 61, 65, 200), { maxLength: 400 }).map((list) => Uint8Array.from(list)),
  fc
    .array(
      fc.constantFrom('From ', 'F', 'Fro', '.', '\r\n', '\r', ' ', '\t', 'é', '=', 'x'.repeat(70), 'x'.repeat(20)),
      { maxLength: 60 },
    )
    .map((list) => Buffer.from(list.join(''))),
)

/** Encodes in chunks of these sizes in turn, each lent only until the next is asked for. */
function stream(octets: Uint8Array, sizes: readonly number[], lines: QuotedPrintableLines): string {
  let text = ''
  for (let at = 0, index = 0; at < octets.length; index++) {
    const lent = Uint8Array.from(octets.subarray(at, at + (sizes[index % sizes.length] ?? 1)))
    for (const block of lines.push(lent)) text += Buffer.from(block).toString('latin1')
    at += lent.length
    lent.fill(0)
  }
  for (const block of lines.end()) text += Buffer.from(block).toString('latin1')
  return text
}

describe.each(kernels)('quotedPrintable by %s', (_, kernel) => {
  it.each([
    ['', ''],
    ['a=b', 'a=3Db'],
    ['größer\r\n', 'gr=C3=B6=C3=9Fer\r\n'],
    ['a \r\nb\t', 'a=20\r\nb=09'],
    [' \r', ' =0D'],
    ['a\t\r\r\n ', 'a\t=0D\r\n=20'],
    ['a\rb\nc\0\x7f\xff', 'a=0Db=0Ac=00=7F=C3=BF'],
    ['x'.repeat(77), `${'x'.repeat(75)}=\r\nxx`],
    [`${'x'.repeat(75)}\r\n${'x'.repeat(76)}\r\n`, `${'x'.repeat(75)}\r\n${'x'.repeat(75)}=\r\nx\r\n`],
    [`${'x'.repeat(73)}é`, `${'x'.repeat(73)}=\r\n=C3=A9`],
    [`${'x'.repeat(72)}é`, `${'x'.repeat(72)}=C3=\r\n=A9`],
    [`${'x'.repeat(74)} \r\n`, `${'x'.repeat(74)}=\r\n=20\r\n`],
  ])('writes %j', (text, expected) => {
    expect(quotedPrintable(Buffer.from(text), kernel).toString('latin1')).toBe(expected)
  })

  it.each([
    ['From me\r\n>From you', '=46rom me\r\n>From you'],
    ['From', 'From'],
    ['From\t', 'From=09'],
    ['a\r\nFrom ', 'a\r\n=46rom=20'],
    ['.\r\n..\r\n.a\r\na.', '=2E\r\n=2E.\r\n=2Ea\r\na.'],
    [`${'x'.repeat(75)}.${'y'.repeat(71)}From `, `${'x'.repeat(75)}=\r\n=2E${'y'.repeat(71)}F=\r\nrom=20`],
    [`${'x'.repeat(75)}From `, `${'x'.repeat(75)}=\r\n=46rom=20`],
  ])('hides a dot and "From " at the start of a line: %j (RFC 2049 3)', (text, expected) => {
    expect(quotedPrintable(Buffer.from(text), kernel).toString('latin1')).toBe(expected)
  })

  it('gives the octets back, keeps its lines within 76 and knows its size', () => {
    fc.assert(
      fc.property(anyOctets, (value) => {
        const encoded = quotedPrintable(value, kernel)
        const text = encoded.toString('latin1')
        expect(decodeQuotedPrintable(text)).toEqual(Buffer.from(value))
        expect(text).not.toMatch(/^(?:\.|From )/m)
        expect(quotedPrintableSize(value, kernel)).toBe(encoded.length)
      }),
      { numRuns: 300 },
    )
  })

  it('gives the same octets at any chunking', () => {
    fc.assert(
      fc.property(
        anyOctets,
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 }),
        (octets, sizes) => {
          const whole = quotedPrintable(octets, tableKernel).toString('latin1')
          expect(stream(octets, sizes, new QuotedPrintableLines(kernel))).toBe(whole)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('gives the same for long texts, over the ends of pieces and blocks', () => {
    const units = [
      'Zürich größer naïve\r\n',
      'From \r\n',
      ' ',
      '.',
      '\r',
      '\xe9'.repeat(300),
      'x'.repeat(1000),
      '\t\r\n',
    ]
    const text = Buffer.from(
      Array.from({ length: 4000 }, (_, index) => units[((index * 7919) % 97) % 8] ?? '').join(''),
    )
    const whole = quotedPrintable(text, kernel).toString('latin1')
    expect(text.length).toBeGreaterThan(300_000)
    expect(whole === quotedPrintable(text, tableKernel).toString('latin1')).toBe(true)
    expect(quotedPrintableSize(text, kernel)).toBe(whole.length)
    expect(decodeQuotedPrintable(whole).equals(text)).toBe(true)
    for (const sizes of [[text.length], [65_536], [8192, 1, 8191], [5, 100_000]]) {
      expect(stream(text, sizes, new QuotedPrintableLines(kernel)) === whole).toBe(true)
    }
  })

  it('holds no more than one block of its own', () => {
    const octets = new Uint8Array(1_000_000).fill(200)
    const lines = new QuotedPrintableLines(kernel)
    const memories = new Set<unknown>()
    let size = 0
    for (const block of lines.push(octets)) {
      memories.add(block.buffer)
      size += block.length
    }
    for (const block of lines.end()) size += block.length
    expect(memories.size).toBe(1)
    expect(size).toBe(quotedPrintableSize(octets, kernel))
  })
})

describe('QuotedPrintableLines', () => {
  it('goes on with WebAssembly where the table began, and does without it where there is none', async () => {
    const octets = Buffer.from('größer als 64 KB\r\n'.repeat(8000))
    const whole = quotedPrintable(octets, tableKernel).toString('latin1')
    expect(stream(octets, [1000], new QuotedPrintableLines()) === whole).toBe(true)
    vi.resetModules()
    vi.stubGlobal('WebAssembly', undefined)
    try {
      expect((await import('./quoted-printable-vector.js')).vectorKernel()).toBeUndefined()
      const fresh = await import('./quoted-printable.js')
      expect(stream(octets, [1000], new fresh.QuotedPrintableLines()) === whole).toBe(true)
    } finally {
      vi.unstubAllGlobals()
    }
  })
})
