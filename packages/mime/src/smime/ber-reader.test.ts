import { describe, expect, it } from 'vitest'
import { collect } from '../../test/collect.js'
import { BerReader, type Element } from './ber-reader.js'

const octets = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex')

const readerOf = (hex: string, size = 1000) =>
  new BerReader(
    (async function* () {
      const all = octets(hex)
      for (let at = 0; at < all.length; at += size) yield all.subarray(at, at + size)
    })(),
  )

/** An element as nested arrays of tags and hexadecimal values. */
const plain = ({ tag, content }: Element): unknown => [
  tag,
  content instanceof Uint8Array ? Buffer.from(content).toString('hex') : content.map(plain),
]

const stringOf = async (hex: string, size = 1000) => {
  const reader = readerOf(hex, size)
  const scope = await reader.enter()
  const string = await collect({ open: () => reader.string(scope) })
  await reader.leave()
  await reader.end()
  return string.toString('hex')
}

describe('BerReader', () => {
  it.each([1, 2, 3, 1000])('reads definite and indefinite lengths, in chunks of %i', async (size) => {
    expect(plain(await readerOf('30 06 020101 0401ff', size).element())).toEqual([
      48,
      [
        [2, '01'],
        [4, 'ff'],
      ],
    ])
    expect(plain(await readerOf('30 80 020101 a080 0401ff 0000 0000', size).element())).toEqual([
      48,
      [
        [2, '01'],
        [0xa0, [[4, 'ff']]],
      ],
    ])
    expect(plain(await readerOf('04 8200 03 010203', size).element())).toEqual([4, '010203'])
  })

  it.each([1, 3, 1000])('reads strings in one piece or many, one in another, in chunks of %i', async (size) => {
    expect(await stringOf('80 03 010203', size)).toBe('010203')
    expect(await stringOf('a0 80 0401 01 0402 0203 0400 0000', size)).toBe('010203')
    expect(await stringOf('a0 07 0401 01 0402 0203', size)).toBe('010203')
    expect(await stringOf('24 80 2480 0401 01 0000 2404 0402 0203 0000', size)).toBe('010203')
    expect(await stringOf('a0 80 0000', size)).toBe('')
    expect(await stringOf('80 00', size)).toBe('')
  })

  it.each([
    ['a length that is longer than the whole', '30 03 0405 ff'],
    ['a length of more than eight octets', '04 89 000000000000000001 ff'],
    ['a length of 2^56', '04 88 0100000000000000 ff'],
    ['a length that no message has', '04 86 7fffffffffff ff'],
    ['nothing', ''],
    ['a tag alone', '30'],
    ['a length cut short', '04 82 01'],
    ['a value cut short', '04 05 0102'],
    ['an end that is missing', '30 80 0401ff'],
    ['an end in the wrong place', '30 80 0401ff 00 01'],
    ['a value of indefinite length', '04 80 0000'],
    ['a tag of more than one octet', '1f 81 01 00'],
    ['an inner encoding that leaves the outer one', '30 04 3080 0401 ff 0000'],
  ])('refuses %s', async (_, hex) => {
    await expect(readerOf(hex).element()).rejects.toMatchObject({ code: 'smime.malformed' })
  })

  it('refuses to go deeper than anything real', async () => {
    await expect(readerOf('3080'.repeat(100_000)).element()).rejects.toThrow('is nested too deeply')
    await expect(stringOf('2480'.repeat(100_000))).rejects.toThrow('is nested too deeply')
  })

  it('refuses to hold more than it should', async () => {
    const large = (async function* () {
      yield octets('30 84 7fffffff')
      for (;;) yield Buffer.concat([octets('04 83 0f0000'), Buffer.alloc(0x0f0000)])
    })()
    await expect(new BerReader(large).element()).rejects.toThrow('is too long where it should be short')
    const many = (async function* () {
      yield octets('30 80')
      for (;;) yield Buffer.alloc(65_536, octets('0500'))
    })()
    await expect(new BerReader(many).element()).rejects.toThrow('is made of too many parts')
  })

  it('refuses what is no string in a string', async () => {
    await expect(stringOf('a0 80 0201 01 0000')).rejects.toThrow('has something else in a string')
  })
})
