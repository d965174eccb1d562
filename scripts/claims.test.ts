import { describe, expect, it } from 'vitest'
import { claimedAgain, claimsOf } from './claims.mjs'
import { idsIn } from './parity.mjs'

const again = (...texts: readonly string[]) =>
  claimedAgain(texts.flatMap((text, number) => claimsOf(`${number}.test.ts`, text, idsIn)))

const A = '[ipworks.prop.From]'

describe('a row that is claimed whole', () => {
  it.each([
    ['in one title', `it('${A} a', () => {})\nit('[part of ipworks.prop.From] b', () => {})`],
    ['in the titles of one table', `it.each([['${A}', 1], ['${A}', 2]])('%s ${A}', () => {})`],
    ['in a table with a name', `const ROWS = [['${A}', 1], ['${A}', 2]]\nit.each(ROWS)('%s', () => {})`],
    ['in those of a describe and of its tests', `describe('${A} a', () => { it('${A} b', () => {}) })`],
    ['in a comment besides', `/** ${A} */\nit('${A} a', () => {})`],
  ])('%s is claimed once', (_, text) => expect(again(text)).toEqual([]))

  it('in two titles is claimed again, in one file or in two', () => {
    const [one, two] = [`it('a ${A}', () => {})`, `describe('b', () => {\n  it.each([1])(\n    'b ${A}', () => {}) })`]
    const words = 'one title proves it, others say [part of ipworks.prop.From]'
    expect(again(`${one}\n${two}`)).toEqual([
      `0.test.ts:4: ipworks.prop.From is claimed whole by 0.test.ts:1; ${words}`,
    ])
    expect(again(one, two)).toEqual([`1.test.ts:3: ipworks.prop.From is claimed whole by 0.test.ts:1; ${words}`])
  })

  it('in two tests of one describe that does not say it is claimed again', () => {
    expect(again(`describe('x', () => { it('${A} a', () => {}); it('${A} b', () => {}) })`)).toHaveLength(1)
  })
})
