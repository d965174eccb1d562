import { describe, expect, it } from 'vitest'
import { random } from './random.js'

describe('random', () => {
  it('gives the same numbers for the same seed and others for another', () => {
    const take = (seed: number): number[] => {
      const dice = random(seed)
      return Array.from({ length: 20 }, () => dice.uint32())
    }
    expect(take(7)).toEqual(take(7))
    expect(take(7)).not.toEqual(take(8))
    expect(new Set(take(0)).size).toBe(20)
  })

  it('spreads evenly and stays within its bounds', () => {
    const dice = random(3)
    const counts = new Array<number>(10).fill(0)
    for (let n = 0; n < 10_000; n++) counts[dice.integer(10)]!++
    expect(Math.min(...counts)).toBeGreaterThan(850)
    expect(Math.max(...counts)).toBeLessThan(1150)
    for (let n = 0; n < 1000; n++) {
      const fraction = dice.fraction()
      expect(fraction >= 0 && fraction < 1).toBe(true)
    }
  })

  it('picks one of the values and refuses to pick from none', () => {
    const dice = random(1)
    expect(new Set(Array.from({ length: 50 }, () => dice.pick(['a', 'b'])))).toEqual(new Set(['a', 'b']))
    expect(() => dice.pick([])).toThrow(RangeError)
  })
})
