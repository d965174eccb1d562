import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DotReader } from './dot-reader.js'

/** What a reader makes of octets that come in these pieces: the content, and what was left after its end. */
function read(pieces: readonly Buffer[]): { content: string; rest: string | undefined } {
  let content = ''
  let rest: string | undefined
  const reader = new DotReader((octets) => (content += octets.toString('latin1')))
  for (const piece of pieces) {
    const end = rest === undefined ? reader.push(piece, 0) : 0
    if (end >= 0) rest = (rest ?? '') + piece.toString('latin1', end)
  }
  return { content, rest }
}

function cut(text: string, sizeOctets: number): Buffer[] {
  const octets = Buffer.from(text, 'latin1')
  return Array.from({ length: Math.ceil(octets.length / sizeOctets) }, (_, index) =>
    octets.subarray(index * sizeOctets, (index + 1) * sizeOctets),
  )
}

describe('DotReader', () => {
  it.each([
    ['.\r\n', '', ''],
    ['a\r\n.\r\nNEXT', 'a\r\n', 'NEXT'],
    ['..a\r\n...\r\n.b\r\n.\r\n', '.a\r\n..\r\nb\r\n', ''],
    ['a\n.\nb\r.\rc\n.\r\nd\r\n.\r\n', 'a\n.\nb\r.\rc\n.\r\nd\r\n', ''],
    ['.\r.\r\r\n.\r\n', '\r.\r\r\n', ''],
    ['a\r\n.\rb\r\n.\r\n', 'a\r\n\rb\r\n', ''],
    ['\r\n\r\n.\r\n', '\r\n\r\n', ''],
    ['a\r\n.\n', 'a\r\n\n', undefined],
  ])('reads %j however it is cut', (text, content, rest) => {
    for (let size = 1; size <= text.length; size++) expect(read(cut(text, size))).toEqual({ content, rest })
  })

  it('gives back any content that was stuffed, cut anywhere', () => {
    const anything = fc.array(fc.constantFrom('.', '\r', '\n', '\r\n', 'x', '..', '\r\n.'), { maxLength: 40 })
    fc.assert(
      fc.property(anything, fc.integer({ min: 1, max: 9 }), (parts, size) => {
        const content = `${parts.join('')}\r\n`
        const stuffed = `${content.replace(/^\./, '..').replaceAll('\r\n.', '\r\n..')}.\r\nQUIT`
        expect(read(cut(stuffed, size))).toEqual({ content, rest: 'QUIT' })
      }),
    )
  })
})
