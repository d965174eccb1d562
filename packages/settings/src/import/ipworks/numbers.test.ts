import { describe, expect, test } from 'vitest'
import { offeredGroups, securityOf } from './numbers.js'

test('the protection by mode and port', () => {
  const by = (mode: number) => [25, 587, 465, 2465].map((port) => securityOf(mode, port))
  expect(by(0)).toEqual(['starttls', 'starttls', 'implicit', 'implicit'])
  expect(by(1)).toEqual(['implicit', 'implicit', 'implicit', 'implicit'])
  expect(by(2)).toEqual(['starttls', 'starttls', 'starttls', 'starttls'])
  expect(by(3)).toEqual(['none', 'none', 'none', 'none'])
})

describe('the groups that are offered', () => {
  test.each<[string[], string[], string[]]>([
    [['a', 'b', 'a'], [], ['a', 'b']],
    [
      ['a', 'b', 'c'],
      ['x', 'c', 'a'],
      ['c', 'a', 'b'],
    ],
    [['a', 'b'], ['x'], ['a', 'b']],
    [['ecdhe_x25519', 'ECDHE_X448'], ['x448'], ['ECDHE_X448', 'ecdhe_x25519']],
    [[], ['a'], []],
  ])('%j with shares for %j', (groups, shares, expected) => {
    expect(offeredGroups(groups, shares)).toEqual(expected)
  })
})
