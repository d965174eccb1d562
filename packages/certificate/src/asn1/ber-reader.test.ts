import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { element, indefinite, integer, octetString, oid, sequence } from '../../test/der-writer.js'
import { BerError, BerReader, insideOnly, oidText, stringContent, TAG } from './ber-reader.js'

const octets = (...values: readonly number[]) => Uint8Array.from(values)

describe('BerReader', () => {
  it('reads elements one after the other', () => {
    const reader = insideOnly(sequence(integer(3), oid('1.2.840.113549'), octetString(octets(1, 2))))
    expect(reader.smallInteger()).toBe(3)
    expect(reader.optional(TAG.sequence)).toBeUndefined()
    expect(reader.oid()).toBe('1.2.840.113549')
    expect([...reader.octetString()]).toEqual([1, 2])
    expect(reader.done).toBe(true)
    expect(reader.nextTag).toBeUndefined()
  })

  it.each([
    ['nothing', octets()],
    ['a tag alone', octets(0x30)],
    ['content that ends early', octets(0x30, 2, 0)],
    ['a length that ends early', octets(0x30, 0x82, 1)],
    ['a length of 4 GiB', octets(0x30, 0x84, 0xff, 0xff, 0xff, 0xff)],
    ['a length of five octets', octets(0x30, 0x85, 0, 0, 0, 0, 0)],
    ['a tag above 30', octets(0x1f, 0x81, 0x01, 0)],
    ['an indefinite length without an end', octets(0x30, 0x80, 0x05, 0)],
    ['a wrong end of contents', octets(0x30, 0x80, 0, 1)],
    ['an indefinite length of a primitive element', octets(0x04, 0x80, 0, 0)],
  ])('refuses %s', (_, given) => {
    expect(() => new BerReader(given).next()).toThrow(BerError)
  })

  it('refuses octets behind the one element there should be, and another tag than expected', () => {
    expect(() => insideOnly(Buffer.concat([sequence(), octets(0)]))).toThrow('octets follow the end')
    expect(() => new BerReader(integer(1)).next(TAG.oid)).toThrow('expected tag 6, found 2')
  })

  it.each([octets(0x02, 0), octets(0x02, 1, 0x80), octets(0x02, 7, 1, 0, 0, 0, 0, 0, 0)])(
    'refuses the integer %s, which is empty, negative or too large',
    (given) => expect(() => new BerReader(given).smallInteger()).toThrow('an integer is out of range'),
  )

  it('refuses indefinite lengths nested too deep, quickly', () => {
    const bomb = Buffer.alloc(1_000_000, Buffer.from([0x30, 0x80]))
    expect(() => new BerReader(bomb).next()).toThrow('nested too deep')
    const string = Buffer.alloc(1_000_000, Buffer.from([0x24, 0x80]))
    expect(() => new BerReader(string).octetString()).toThrow('nested too deep')
  })

  it('joins the pieces of a string, whatever their nesting (X.690 8.7.3)', () => {
    const inner = element(0x24, octetString(octets(1)), octetString(octets(2, 3)))
    expect([...new BerReader(element(0x24, inner, octetString(octets(4)))).octetString()]).toEqual([1, 2, 3, 4])
    const many = element(0x24, ...Array<Buffer>(10_001).fill(octetString(octets(0))))
    expect(() => stringContent(new BerReader(many).next())).toThrow('a string of too many pieces')
  })

  it('reads the same out of definite and indefinite lengths', () => {
    const tree: fc.Arbitrary<Buffer> = fc.letrec<{ node: Buffer }>((tie) => ({
      node: fc.oneof(
        { depthSize: 'small' },
        fc.uint8Array({ maxLength: 300 }).map(octetString),
        fc.array(tie('node'), { maxLength: 4 }).map((inner) => sequence(...inner)),
      ),
    })).node
    fc.assert(
      fc.property(tree, (der) => {
        expect(shape(indefinite(der))).toEqual(shape(der))
      }),
    )
  })
})

describe('oidText', () => {
  it.each([
    ['0.9.2342', [0x09, 0x92, 0x26]],
    ['1.2.840.113549', [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d]],
    ['2.5.29.15', [0x55, 0x1d, 0x0f]],
    ['2.999.3', [0x88, 0x37, 0x03]],
  ])('reads %s', (text, given) => expect(oidText(Uint8Array.from(given))).toBe(text))

  it('reads a UUID as a number (X.667)', () => {
    const given = Buffer.from('6983fcade6f6a48bd48ff2dbc7e6fdf3b79e8b26'.slice(0, 2) + '83f2dbc7e6fdf3b79e8b26', 'hex')
    let value = 0n
    for (const octet of given.subarray(1)) value = value * 128n + BigInt(octet & 0x7f)
    expect(oidText(given)).toBe(`2.25.${value}`)
  })

  it.each([[[]], [[0x2a, 0x86]], [Array<number>(300).fill(1)]])('refuses %s', (given) => {
    expect(() => oidText(Uint8Array.from(given))).toThrow(BerError)
  })
})

/** The tree of tags and contents, without lengths and pieces. */
function shape(ber: Uint8Array): unknown {
  const reader = new BerReader(ber)
  const found: unknown[] = []
  while (!reader.done) {
    const next = reader.next()
    const isString = (next.tag & 0x1f) === TAG.octetString
    found.push(isString ? Buffer.from(stringContent(next)).toString('hex') : shape(next.content))
  }
  return found
}
