import { describe, expect, it } from 'vitest'
import { fieldText, structuredText } from './field-text.js'

const refused = (code: string): unknown => expect.objectContaining({ name: 'SettingsError', code, field: 'x' })

describe('fieldText', () => {
  it.each([
    '\0',
    '\t',
    '\r',
    '\n',
    '\x0b',
    '\x1b',
    '\x7f',
    '\x85',
    '\x9f',
    '\u2028',
    '\u2029',
    '\ud800',
    '\udc00',
    '\udc00\ud800',
  ])('refuses %j', (text) => {
    expect(() => fieldText(`a${text}b`, 'x')).toThrow(refused('draft.control-character'))
  })

  it('names the character and where it stands, and shows nothing of the value', () => {
    expect(() => fieldText('ab\r\ncd', 'x')).toThrow('holds U+000D at character 3')
  })

  it.each([undefined, null, 1, true, {}, [], ['a'], new String('a'), () => 'a'])(
    'refuses %j, which is no string',
    (value) => {
      expect(() => fieldText(value, 'x')).toThrow(refused('draft.not-text'))
    },
  )

  it.each(['', ' ', 'a', '\u202e\u200b\ufeff\u2066', '😀', '\u760a'])('leaves %j as it is', (text) => {
    expect(fieldText(text, 'x')).toBe(text)
  })
})

describe('structuredText', () => {
  it('drops the spaces at the ends and keeps all else', () => {
    expect(structuredText('  v=1;  a=rsa-sha256 ', 'x')).toBe('v=1;  a=rsa-sha256')
    expect(structuredText('=?', 'x')).toBe('=?')
    expect(structuredText('https://example.com/?a=?b&c=?', 'x')).toBe('https://example.com/?a=?b&c=?')
    expect(structuredText(`${'a'.repeat(997)} ${'b'.repeat(997)}`, 'x')).toHaveLength(997 * 2 + 1)
    expect(structuredText('   ', 'x')).toBe('')
  })

  it.each([
    'ü',
    '=?utf-8?Q?x?=',
    'a(=?utf-8?B?DQo=?=)b',
    '=?utf-8*en?q??=',
    'a'.repeat(998),
    `b ${'a'.repeat(998)}`,
    `b${' '.repeat(998)}c`,
    '\ufeff',
  ])('refuses %j', (text) => {
    expect(() => structuredText(text, 'x')).toThrow(refused('draft.structured'))
  })

  it('is linear', () => {
    expect(structuredText('=?'.repeat(200).concat(' ').repeat(5000), 'x').length).toBe(401 * 5000 - 1)
    expect(() => structuredText(`a${' '.repeat(2_000_000)}b`, 'x')).toThrow(refused('draft.structured'))
    expect(structuredText(' '.repeat(2_000_000), 'x')).toBe('')
  })
})
