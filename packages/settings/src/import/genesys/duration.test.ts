import { describe, expect, it } from 'vitest'
import { genesysDuration } from './duration.js'

describe('genesysDuration', () => {
  it.each([
    ['00:00:00', 0],
    ['00:00:30', 30_000],
    ['00:05:00', 300_000],
    ['01:00:00', 3_600_000],
    ['100:00:00', 360_000_000],
  ])('reads %s', (text, milliseconds) => {
    expect(genesysDuration(text)).toEqual({ milliseconds, cut: false })
  })

  it.each([
    '',
    '30',
    '00:30',
    '0:00:30',
    '00:61:00',
    '00:00:60',
    '00:5:00',
    '-01:00:00',
    '00:00:30.5',
    ' 00:00:30',
    '٠٠:00:30',
  ])('does not read %j', (text) => {
    expect(genesysDuration(text)).toBeUndefined()
  })

  it('cuts what is longer than a timer can wait', () => {
    expect(genesysDuration('999999999:00:00')).toEqual({ milliseconds: 2 ** 31 - 1, cut: true })
  })
})
