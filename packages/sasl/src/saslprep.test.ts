import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { preparedOrAsIs, saslprep } from './saslprep.js'

describe('saslprep', () => {
  it.each([
    ['I\u00adX', 'IX'],
    ['user', 'user'],
    ['USER', 'USER'],
    ['\u00aa', 'a'],
    ['\u2168', 'IX'],
    ['\u0007', undefined],
    ['\u0627\u0031', undefined],
  ])('RFC 4013 3: %j', (given, wanted) => {
    expect(saslprep(given)).toBe(wanted)
  })

  it.each([
    ['a\u00a0b\u3000c', 'a b c'],
    ['\u200b', ' '],
    ['\ufeffa\u200d', 'a'],
    ['\u05d0\u05d1', '\u05d0\u05d1'],
    ['\u05d0 1 \u05d1', '\u05d0 1 \u05d1'],
    ['\u05d0a\u05d1', undefined],
    ['\u202ea', undefined],
    ['\ue000', undefined],
    ['\ufffd', undefined],
    ['\ud800', undefined],
    ['\u{e0041}', undefined],
    ['\u{1f511}', '\u{1f511}'],
    ['gru\u0308n', 'gr\u00fcn'],
  ])('%j', (given, wanted) => {
    expect(saslprep(given)).toBe(wanted)
  })

  it('leaves what it refuses as it is, where something must be hashed', () => {
    expect(preparedOrAsIs('\u0007')).toBe('\u0007')
    expect(preparedOrAsIs('\u2168')).toBe('IX')
  })

  it('what is prepared stays as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (given) => {
        const once = saslprep(given)
        if (once !== undefined) expect(saslprep(once)).toBe(once)
      }),
    )
  })
})
