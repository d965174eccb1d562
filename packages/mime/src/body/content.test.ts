import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { collect } from '../../test/collect.js'
import { decodeBase64 } from '../../test/read-message.js'
import { contentOf } from './content.js'
import type { Piece } from './part.js'
import { memorySource, type Source } from './source.js'

/** The same octets, not in memory, in chunks of this size. */
function away(octets: Uint8Array, size: number, known = true): Source {
  return {
    ...(known ? { sizeOctets: octets.length } : {}),
    async *read() {
      for (let at = 0; at < octets.length; at += size) yield octets.subarray(at, at + size)
    },
  }
}

describe('content', () => {
  it('has its pieces one behind the other, in memory or not', async () => {
    const octets = fc.uint8Array({ maxLength: 200 })
    const piece = fc.oneof(
      fc.string({ unit: 'binary-ascii' }).map((text): [Piece, Buffer] => [text, Buffer.from(text)]),
      octets.map((given): [Piece, Buffer] => [given, Buffer.from(given)]),
      fc.tuple(octets, fc.boolean(), fc.nat(99)).map(([given, memory, size]): [Piece, Buffer] => {
        return [{ run: memory ? memorySource(given) : away(given, size + 1) }, Buffer.from(given)]
      }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
        const expected = Buffer.concat(pieces.map(([, given]) => given))
        const content = contentOf(
          pieces.map(([given]) => given),
          '8bit',
        )
        expect((await collect(content)).equals(expected)).toBe(true)
        expect((await collect(content)).equals(expected)).toBe(true)
        expect(content.sizeOctets).toBe(expected.length)
        expect(content.octets === undefined || expected.equals(content.octets)).toBe(true)
        expect(content).toMatchObject({ canonical: true, encoding: '8bit' })
      }),
    )
  })

  it('encodes a source in base64, and knows its size before', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), fc.nat(70), fc.boolean(), async (octets, size, memory) => {
        const source = memory ? memorySource(octets) : away(octets, size + 1)
        const content = contentOf(['x\r\n', { base64: source }], '7bit')
        const sent = await collect(content)
        expect(sent.length).toBe(content.sizeOctets)
        expect(decodeBase64(sent.toString('latin1').slice(3))).toEqual(Buffer.from(octets))
      }),
    )
    expect(contentOf([{ base64: away(new Uint8Array(9), 3, false) }], '7bit')).not.toHaveProperty('sizeOctets')
  })

  it('promises nothing of binary octets, nor of those nobody has looked at', () => {
    const run = memorySource(Uint8Array.of(10))
    const binary = contentOf([{ run }], 'binary')
    expect([binary.encoding, binary.canonical]).toEqual(['binary', undefined])
    const unchecked = contentOf([{ run: { ...run, unchecked: true } }], '7bit')
    expect([unchecked.encoding, unchecked.canonical]).toEqual([undefined, undefined])
    expect(contentOf([{ run: { ...run, unchecked: true } }], 'binary').encoding).toBe('binary')
  })

  it('counts octets of UTF-8 where there are any', async () => {
    const content = contentOf(['größe 日\r\n', '\ud800'], '8bit')
    expect((await collect(content)).length).toBe(content.sizeOctets)
  })
})
