import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatOtherHeaders, parseOtherHeaders } from './other-headers.js'

describe('OtherHeaders', () => {
  it('are lines of name and value [part of illiad.config.OtherHeaders]', () => {
    expect(parseOtherHeaders('X-A: 1\r\nX-B:  2 : 3 \nX-C:')).toEqual({
      fields: [
        { name: 'X-A', value: '1' },
        { name: 'X-B', value: '2 : 3' },
        { name: 'X-C', value: '' },
      ],
      only: false,
      broken: [],
      gap: false,
    })
  })

  it('replace all others when they begin with an empty line; blanks before the first are none [part of illiad.config.OtherHeaders]', () => {
    expect(parseOtherHeaders('\nX-Only: 1')).toMatchObject({ fields: [{ name: 'X-Only', value: '1' }], only: true })
    expect(parseOtherHeaders('\r\nX-Only: 1').only).toBe(true)
    expect(parseOtherHeaders('   X-A: 1')).toMatchObject({ fields: [{ name: 'X-A', value: '1' }], only: false })
    expect(parseOtherHeaders('  \n  X-A: 1').only).toBe(false)
  })

  it('may be indented with the file and continued by further indentation', () => {
    expect(parseOtherHeaders('\n    X-A: 1\n      more\n    X-B: 2\n  ').fields).toEqual([
      { name: 'X-A', value: '1 more' },
      { name: 'X-B', value: '2' },
    ])
    expect(parseOtherHeaders('X-A: 1\n\tmore\nX-B: 2').fields).toEqual([
      { name: 'X-A', value: '1 more' },
      { name: 'X-B', value: '2' },
    ])
  })

  it('say which lines are no field, and whether an empty one stands between', () => {
    expect(parseOtherHeaders('X-A: 1\nnothing\n  more\n\nX B: 2\nX-C: 3\n')).toMatchObject({
      fields: [{ name: 'X-A' }, { name: 'X-C' }],
      broken: [2, 3, 5],
      gap: true,
    })
    expect(parseOtherHeaders('X-A: 1\n\n').gap).toBe(false)
  })

  it('stay linear', () => {
    const { fields } = parseOtherHeaders(`X-A: 1${'\n a'.repeat(100_000)}`)
    expect(fields[0]?.value.length).toBe(200_001)
    expect(parseOtherHeaders(`${'\n'.repeat(100_000)}X-A: 1`).fields).toHaveLength(1)
    expect(parseOtherHeaders('x'.repeat(1_000_000)).broken).toEqual([1])
  })

  it('come back from their text', () => {
    const name = fc.stringMatching(/^[\x21-\x39\x3b-\x7e]{1,20}$/)
    const value = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\r\n]/g, '').trim())
    fc.assert(
      fc.property(fc.array(fc.record({ name, value }), { minLength: 1 }), fc.boolean(), (fields, only) => {
        expect(parseOtherHeaders(formatOtherHeaders(fields, only))).toEqual({ fields, only, broken: [], gap: false })
      }),
    )
  })
})
