import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { decodeBase64 } from '../../test/read-message.js'
import { Base64Lines, base64Size, writeBase64 } from './base64.js'
import { tableKernel, type Base64Kernel } from './base64-table.js'
import { vectorKernel } from './base64-vector.js'

const vectors = vectorKernel() ?? expect.fail('this Node cannot run the WebAssembly')
const kernels: [string, Base64Kernel][] = [
  ['the table', tableKernel],
  ['WebAssembly', vectors],
]

/** Encodes chunks, each lent only until the next is asked for, and blocks used up at once. */
function encode(chunks: readonly Uint8Array[], lines = new Base64Lines()): string {
  let text = ''
  const lent = new Uint8Array(chunks.reduce((most, chunk) => Math.max(most, chunk.length), 0))
  for (const chunk of chunks) {
    lent.set(chunk)
    for (const block of lines.push(lent.subarray(0, chunk.length))) text += Buffer.from(block).toString('latin1')
    lent.fill(0)
  }
  for (const block of lines.end()) text += Buffer.from(block).toString('latin1')
  return text
}

const chopped = (octets: Uint8Array, sizes: readonly number[]) => {
  const chunks: Uint8Array[] = []
  for (let at = 0, index = 0; at < octets.length; index++) {
    const size = sizes[index % sizes.length] ?? 1
    chunks.push(octets.subarray(at, at + size))
    at += size
  }
  return chunks
}

/** Every octet at every place of a line. */
const many = Uint8Array.from({ length: 700_001 }, (_, index) => (index * 151 + (index >> 8)) & 255)

describe.each(kernels)('Base64Lines by %s', (_, kernel) => {
  it('gives the same lines at any chunking, and they decode to the octets', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 700 }),
        fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 8 }),
        fc.constantFrom(Infinity, 1, 100),
        (octets, sizes, sizeOctets) => {
          const text = encode(chopped(octets, sizes), new Base64Lines(sizeOctets, kernel))
          expect(text).toBe(encode([octets], new Base64Lines(octets.length, kernel)))
          expect(text.length).toBe(base64Size(octets.length))
          expect(decodeBase64(text)).toEqual(Buffer.from(octets))
          if (octets.length > 0) expect(text).toMatch(/^(?:[^\r\n]{76}\r\n)*[^\r\n]{1,76}\r\n$/)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('agrees with Buffer on every octet and position, over the end of a block too', () => {
    const digits = Buffer.from(many).toString('base64')
    for (const sizes of [[many.length], [262_144], [56, 57, 58, 190_000]]) {
      const text = encode(chopped(many, sizes), new Base64Lines(Infinity, kernel))
      expect(text.length).toBe(base64Size(many.length))
      expect(text.replaceAll('\r\n', '') === digits).toBe(true)
    }
  })

  it('takes chunks that are empty and gives nothing for nothing', () => {
    expect(encode([new Uint8Array(0)], new Base64Lines(Infinity, kernel))).toBe('')
    const chunks = [new Uint8Array(0), Uint8Array.of(255), new Uint8Array(0)]
    expect(encode(chunks, new Base64Lines(Infinity, kernel))).toBe('/w==\r\n')
  })

  it('writes into a buffer at any place, and nothing beside it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 40_000 }),
        fc.integer({ min: 0, max: 64 }),
        fc.integer({ min: 0, max: 64 }),
        (length, from, to) => {
          const octets = many.subarray(from, from + length)
          const out = Buffer.alloc(to + base64Size(length) + 32, '#')
          const end = writeBase64(octets, out, to, kernel)
          expect(end).toBe(to + base64Size(length))
          expect(out.toString('latin1', to, end)).toBe(encode([octets], new Base64Lines(length, tableKernel)))
          expect(out.toString('latin1', 0, to) + out.toString('latin1', end)).toBe('#'.repeat(to + 32))
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('Base64Lines', () => {
  it('goes on with WebAssembly where the table began', () => {
    const text = encode(chopped(many, [1, 600, 100_000]))
    expect(text === encode([many], new Base64Lines(Infinity, tableKernel))).toBe(true)
  })

  it('does without WebAssembly where there is none', async () => {
    vi.resetModules()
    vi.stubGlobal('WebAssembly', undefined)
    try {
      expect((await import('./base64-vector.js')).vectorKernel()).toBeUndefined()
      const fresh = await import('./base64.js')
      expect(encode([many], new fresh.Base64Lines()) === encode([many])).toBe(true)
    } finally {
      vi.unstubAllGlobals()
    }
  })
})
