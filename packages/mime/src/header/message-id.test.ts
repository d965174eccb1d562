import { describe, expect, it } from 'vitest'
import { randomFromBlock } from '../random-block.js'
import { knownMessageId, knownMessageIds, newMessageId, ownMessageId } from './message-id.js'

const refused = (code: string, field: string): unknown =>
  expect.objectContaining({ name: 'SettingsError', code, field })

describe('newMessageId', () => {
  it.each([
    ['sha256', 64],
    ['sha1', 40],
    ['md5', 32],
  ] as const)('[part of ipworks.config.MessageIdAlgorithm] has for %s a token of %i digits', (algorithm, length) => {
    const id = newMessageId(randomFromBlock, algorithm, 'example.com')
    expect(id).toMatch(new RegExp(`^<[0-9a-f]{${length}}@example\\.com>$`))
    expect(newMessageId(randomFromBlock, algorithm, 'example.com')).not.toBe(id)
  })

  it('hashes 256 random bits, so that the token tells nothing about them', () => {
    let asked = 0
    const random = (count: number) => {
      asked = count
      return new Uint8Array(count)
    }
    expect(newMessageId(random, 'sha256', 'a.example')).toBe(
      '<66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925@a.example>',
    )
    expect(asked).toBe(32)
  })

  it('refuses another algorithm', () => {
    for (const name of ['sha512', '', 'toString', null] as unknown as 'md5'[]) {
      expect(() => newMessageId(randomFromBlock, name, 'a.example')).toThrow(
        refused('compose.message-id-algorithm', 'messageIdAlgorithm'),
      )
    }
  })
})

describe('ownMessageId', () => {
  it('gives the angle brackets when they are missing', () => {
    expect(ownMessageId('a@b', 'messageId')).toBe('<a@b>')
    expect(ownMessageId('<a@b>', 'messageId')).toBe('<a@b>')
  })

  it.each([
    '',
    '<>',
    'x',
    'a b@c',
    '<a@b><c@d>',
    'a@b@c',
    'ä@b',
    `${'a'.repeat(999)}@b`,
    '=?utf-8?Q?=0A?=@b',
    '<a@b',
    '@b',
    'a@',
  ])('refuses %j', (id) => {
    expect(() => ownMessageId(id, 'messageId')).toThrow(refused('draft.message-id', 'messageId'))
  })
})

describe('knownMessageIds', () => {
  it('takes what other programs make', () => {
    expect(knownMessageId('<v:w[1]"x"@y>', 'inReplyTo')).toBe('<v:w[1]"x"@y>')
    expect(knownMessageId('no-at-sign', 'inReplyTo')).toBe('<no-at-sign>')
    expect(knownMessageIds(['<a@b>', 'c@d'], 'inReplyTo')).toEqual(['<a@b>', '<c@d>'])
    expect(knownMessageIds('a@b', 'inReplyTo')).toEqual(['<a@b>'])
    expect(knownMessageIds([], 'references')).toEqual([])
  })

  it('names the entry that is wrong', () => {
    expect(() => knownMessageIds(['<a@b>', '<a b>'], 'references')).toThrow(
      refused('draft.message-id', 'references[1]'),
    )
    expect(() => knownMessageIds(['<a@b>', 7], 'references')).toThrow(refused('draft.not-text', 'references[1]'))
    for (const value of [null, 7, {}, true]) {
      expect(() => knownMessageIds(value, 'references')).toThrow(refused('draft.message-id', 'references'))
    }
  })
})
