import { describe, expect, it } from 'vitest'
import {
  der,
  derHeader,
  derNull,
  integer,
  octetString,
  oid,
  sequence,
  setOf,
  tagged,
  taggedPrimitive,
  time,
} from './der.js'

const hex = (octets: Uint8Array) => Buffer.from(octets).toString('hex')

describe('DER', () => {
  it.each([
    [0, '3000'],
    [127, '307f'],
    [128, '308180'],
    [255, '3081ff'],
    [256, '30820100'],
    [65_535, '3082ffff'],
    [65_536, '3083010000'],
    [2 ** 24 - 1, '3083ffffff'],
    [2 ** 24, '308401000000'],
    [2 ** 32, '30850100000000'],
    [5 * 2 ** 40, '3086050000000000'],
  ])('writes the length %d in the shortest form', (length, expected) => {
    expect(hex(derHeader(0x30, length))).toBe(expected)
  })

  it('writes values', () => {
    expect(hex(sequence(integer(1), octetString(Buffer.from('a')), derNull))).toBe(
      '300802010104016105 00'.replace(' ', ''),
    )
    expect(hex(integer(Buffer.from('00ff', 'hex')))).toBe('020200ff')
    expect(hex(tagged(1, derNull))).toBe('a1020500')
    expect(hex(taggedPrimitive(2, Buffer.of(7)))).toBe('820107')
    expect(hex(der(0x31))).toBe('3100')
  })

  it.each([
    ['1.2.840.113549.1.7.2', '06092a864886f70d010702'],
    ['2.16.840.1.101.3.4.2.1', '0609608648016503040201'],
    ['1.3.101.112', '06032b6570'],
    ['2.999.2147483647', '060788378 7ffffff7f'.replace(' ', '')],
  ])('writes the object identifier %s', (dotted, expected) => {
    expect(hex(oid(dotted))).toBe(expected)
  })

  it('puts the members of a set in the order of their encodings, and leaves the array as it was', () => {
    const members = [octetString(Buffer.from('b')), integer(2), octetString(Buffer.from('a')), integer(1)]
    const before = [...members]
    expect(hex(setOf(members))).toBe('310c020101020102040161040162')
    expect(hex(setOf(members, 0xa0)).slice(0, 4)).toBe('a00c')
    expect(members).toEqual(before)
  })

  it.each([
    ['1949-12-31T23:59:59.999Z', '19491231235959Z', 24],
    ['1950-01-01T00:00:00Z', '500101000000Z', 23],
    ['2026-11-21T16:05:09.123Z', '261121160509Z', 23],
    ['2049-12-31T23:59:59Z', '491231235959Z', 23],
    ['2050-01-01T00:00:00Z', '20500101000000Z', 24],
  ])('writes the time %s as %s', (date, expected, tag) => {
    const written = time(new Date(date))
    expect([written[0], written.toString('latin1', 2)]).toEqual([tag, expected])
  })
})
