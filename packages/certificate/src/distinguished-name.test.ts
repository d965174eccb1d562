import { describe, expect, it } from 'vitest'
import { element, oid, sequence } from '../test/der-writer.js'
import { attributeTexts, COMMON_NAME, nameText, stringText } from './distinguished-name.js'

const O = '2.5.4.10'
const utf8 = (text: string) => element(0x0c, Buffer.from(text))
const attribute = (type: string, value: Buffer) => sequence(oid(type), value)
const name = (...sets: readonly (readonly Buffer[])[]) => sequence(...sets.map((set) => element(0x31, ...set)))

describe('nameText (RFC 4514)', () => {
  it('begins with the most specific part', () => {
    const given = name(
      [attribute('2.5.4.6', utf8('DE'))],
      [attribute(O, utf8('Example'))],
      [attribute(COMMON_NAME, utf8('Ann'))],
    )
    expect(nameText(given)).toBe('CN=Ann,O=Example,C=DE')
  })

  it('joins the attributes of one part with a plus sign', () => {
    expect(nameText(name([attribute(O, utf8('A')), attribute(COMMON_NAME, utf8('B'))]))).toBe('O=A+CN=B')
  })

  it.each([
    ['Example, Inc.', 'Example\\, Inc.'],
    ['a+b;c<d>e"f\\g', 'a\\+b\\;c\\<d\\>e\\"f\\\\g'],
    [' both ', '\\ both\\ '],
    ['#1', '\\#1'],
    ['a\0b\r\n', 'a\\00b\\0d\\0a'],
    ['Müller 李', 'Müller 李'],
    ['', ''],
  ])('escapes %j', (value, text) => {
    expect(nameText(name([attribute(COMMON_NAME, utf8(value))]))).toBe(`CN=${text}`)
  })

  it('writes what it does not know as hexadecimal', () => {
    const given = name([attribute('1.2.3.4', utf8('x'))], [attribute(COMMON_NAME, element(0x02, Buffer.from([1])))])
    expect(nameText(given)).toBe('CN=#020101,1.2.3.4=#0c0178')
  })

  it('is empty for an empty name', () => expect(nameText(name())).toBe(''))
})

describe('stringText', () => {
  it.each([
    [0x13, Buffer.from('Ann'), 'Ann'],
    [0x16, Buffer.from('ann@example.test'), 'ann@example.test'],
    [0x14, Buffer.from('Müller', 'latin1'), 'Müller'],
    [0x1e, Buffer.from('\0A\x4e\x2d', 'latin1'), 'A中'],
    [0x1c, Buffer.from('\0\x01\xf6\x00', 'latin1'), '😀'],
  ])('reads the string of tag %d', (tag, content, text) => expect(stringText({ tag, content })).toBe(text))

  it.each([
    [0x02, Buffer.from([1])],
    [0x1e, Buffer.from([1])],
    [0x1c, Buffer.from([1, 2, 3])],
    [0x1c, Buffer.from([0xff, 0xff, 0xff, 0xff])],
  ])('gives nothing for tag %d and %j', (tag, content) => expect(stringText({ tag, content })).toBeUndefined())
})

it('attributeTexts finds every attribute of a kind', () => {
  const given = name([attribute(O, utf8('A')), attribute(COMMON_NAME, utf8('B'))], [attribute(COMMON_NAME, utf8('C'))])
  expect(attributeTexts(given, COMMON_NAME)).toEqual(['B', 'C'])
})
