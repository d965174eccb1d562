import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { examine } from '../src/content/prepare.js'
import { LineTransform } from '../src/content/line-transform.js'
import { plainScan, scan, type Insertion } from '../src/content/scan.js'
import { cut, cuts } from './cuts-of-octets.js'
import { normalised } from './wire-oracle.js'

/** Octets with what matters to SMTP far more often than chance would have it. */
const octets = (maxLength: number): fc.Arbitrary<Uint8Array> =>
  fc
    .array(
      fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom(13, 10, 46) },
        { weight: 2, arbitrary: fc.integer({ min: 97, max: 99 }) },
        { weight: 1, arbitrary: fc.integer({ min: 0, max: 255 }) },
      ),
      { maxLength },
    )
    .map((list) => Uint8Array.from(list))

describe('LineTransform', () => {
  function transform(dots: boolean, pieces: readonly Uint8Array[]): { out: Buffer; lines: LineTransform } {
    const lines = new LineTransform(dots)
    const out = pieces.map((piece) => Buffer.from(lines.push(piece))) // copied: a block may be given back as it is
    return { out: Buffer.concat([...out, lines.end()]), lines }
  }

  function unstuffed(sent: Buffer): Buffer {
    return Buffer.from(sent.toString('latin1').replace(/(^|\r\n)\./g, '$1'), 'latin1')
  }

  it('gives the same octets however the content is cut', () => {
    fc.assert(
      fc.property(octets(60), cuts, fc.boolean(), (whole, at, dots) => {
        const expected = transform(dots, [whole])
        const pieces = transform(dots, cut(whole, at))
        const single = transform(
          dots,
          [...whole].map((octet) => Uint8Array.of(octet)),
        )
        expect(pieces.out).toEqual(expected.out)
        expect(single.out).toEqual(expected.out)
        for (const { lines } of [expected, pieces, single]) {
          expect(lines.inserted).toBe(expected.out.length - whole.length)
          expect(lines.high).toBe(whole.some((octet) => octet > 127))
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it('[part of ipworks.behaviour.dot-stuffing] with the dots taken off again it is the content with its line ends repaired', () => {
    fc.assert(
      fc.property(octets(60), cuts, (whole, at) => {
        expect(unstuffed(transform(true, cut(whole, at)).out)).toEqual(normalised(whole))
        expect(transform(false, cut(whole, at)).out).toEqual(normalised(whole))
      }),
      { numRuns: 1_000 },
    )
  })

  it('has no bare CR or LF, no line that is one dot, and ends with CRLF', () => {
    fc.assert(
      fc.property(octets(60), cuts, (whole, at) => {
        const sent = transform(true, cut(whole, at)).out.toString('latin1')
        expect(sent.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
        expect(`\r\n${sent}`).not.toContain('\r\n.\r\n')
        expect(sent === '' || sent.endsWith('\r\n')).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })

  it('leaves alone what needs nothing, without a copy', () => {
    const whole = Buffer.from('Subject: x\r\n\r\nhello\r\n')
    expect(new LineTransform(true).push(whole)).toBe(whole)
  })

  it('is the same across the borders of the blocks it is scanned in', () => {
    const border = 65_536
    for (const text of ['\r\n', '\n', '\r', '\r\n.', '\n.', '\r.', '.\r\n.', '\r\n\r\n.', '\xff']) {
      for (let offset = -5; offset <= 2; offset++) {
        for (const blocks of [1, 2]) {
          const start = blocks * border - 20
          const whole = Buffer.alloc(blocks * border + 40, 'a')
          whole.write(text, blocks * border + offset, 'latin1')
          const { out, lines } = transform(true, [whole])
          const where = `${JSON.stringify(text)} at ${offset} of ${blocks} blocks`
          expect(out.subarray(0, start).equals(whole.subarray(0, start)), where).toBe(true)
          expect(unstuffed(out.subarray(start)).toString('latin1'), where).toBe(
            normalised(whole.subarray(start)).toString('latin1'),
          )
          expect(lines.high, where).toBe(text === '\xff')
        }
      }
    }
  })

  it('finds what stands at any place of a vector, at any alignment', () => {
    for (let at = 0; at < 70; at++) {
      for (const text of ['\n', '\r', '\r\n.', '\x80']) {
        const whole = Buffer.alloc(80, 'a')
        whole.write(text, at, 'latin1')
        const { out, lines } = transform(true, [whole.subarray(at % 17)])
        expect(unstuffed(out).equals(normalised(whole.subarray(at % 17))), `${JSON.stringify(text)} at ${at}`).toBe(
          true,
        )
        expect(lines.high).toBe(text === '\x80')
      }
    }
  })
})

describe('scan', () => {
  /** One octet after the other, by the definition. */
  function simple(whole: Uint8Array, before: number, dots: boolean): [number, Insertion][] {
    const found: [number, Insertion][] = []
    for (let at = 0; at < whole.length; at++) {
      const last = at === 0 ? before : whole[at - 1]!
      const now = whole[at]!
      const dot = dots && now === 46
      if (now === 10 && last !== 13) found.push([at, '\r'])
      else if (last === 13 && now !== 10) found.push([at, dot ? '\n.' : '\n'])
      else if (last === 10 && dot) found.push([at, '.'])
    }
    return found
  }

  it('finds what a loop over the octets finds, whatever stood before', () => {
    fc.assert(
      fc.property(octets(100), fc.constantFrom(10, 13, 46, 97), fc.boolean(), (whole, before, dots) => {
        const found: [number, Insertion][] = []
        const copy = Uint8Array.from(whole)
        const high = scan(whole, before, dots, (at, insertion) => found.push([at, insertion]))
        expect(found).toEqual(simple(whole, before, dots))
        expect(high).toBe(whole.some((octet) => octet > 127))
        expect(whole).toEqual(copy)
      }),
      { numRuns: 1_000 },
    )
  })

  it('says of content in memory what is so', () => {
    fc.assert(
      fc.property(octets(60), (whole) => {
        const { octets: repaired, dots, encoding } = examine(whole, {})
        expect(Buffer.from(repaired)).toEqual(normalised(whole))
        expect(dots).toBe(`\r\n${normalised(whole).toString('latin1')}`.includes('\r\n.'))
        expect(encoding).toBe(whole.some((octet) => octet > 127) ? '8bit' : '7bit')
      }),
      { numRuns: 1_000 },
    )
  })
})

it('without WebAssembly the same places are found', () => {
  const looked = (whole: Uint8Array, before: number, dots: boolean, using?: ReturnType<typeof plainScan>) => {
    const places: [number, Insertion][] = []
    const high = scan(whole, before, dots, (at, insertion) => places.push([at, insertion]), using)
    return { high, places }
  }
  fc.assert(
    fc.property(octets(60), fc.nat(9_000), fc.constantFrom(10, 13, 97), fc.boolean(), (piece, gap, before, dots) => {
      const whole = Buffer.concat([piece, Buffer.alloc(gap, 'a'), piece]) // further than one block
      expect(looked(whole, before, dots, plainScan())).toEqual(looked(whole, before, dots))
    }),
    { numRuns: 500 },
  )
})
