import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readDirectives } from './directives.js'

describe('readDirectives', () => {
  it.each([
    ['a=b', [['a', 'b', false]]],
    [
      'Realm="x y",nonce="q\\"r\\\\"',
      [
        ['realm', 'x y', true],
        ['nonce', 'q"r\\', true],
      ],
    ],
    [
      ' , a = b ,, c="" , ',
      [
        ['a', 'b', false],
        ['c', '', true],
      ],
    ],
    ['', []],
  ])('reads %j', (text, wanted) => {
    expect(readDirectives(text)?.map(({ name, value, quoted }) => [name, value, quoted])).toEqual(wanted)
  })

  it.each(['a', 'a=', '=b', 'a="b', 'a=b c=d', 'a="b"c', 'a=b"c"', 'a==b', 'a="\x01"', 'a="b\r\nc"', 'a=b;', '(a)=b'])(
    'refuses %j',
    (text) => {
      expect(readDirectives(text)).toBeUndefined()
    },
  )

  it('reads back what is written, whatever the values are', () => {
    const value = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) })
    fc.assert(
      fc.property(fc.array(value), (values) => {
        const written = values.map((each, index) => `n${index}="${each.replace(/["\\]/g, '\\$&')}"`).join(',')
        expect(readDirectives(written)?.map((directive) => directive.value)).toEqual(values)
      }),
    )
  })

  it('never throws, and takes no longer for a long text than for many short ones', () => {
    fc.assert(fc.property(fc.string(), (text) => void readDirectives(text)))
    expect(readDirectives(`a="${'\\'.repeat(100_000)}`)).toBeUndefined()
    expect(readDirectives(' ,'.repeat(100_000))).toEqual([])
  })
})
