import { describe, expect, it } from 'vitest'
import { Deferred } from './deferred.js'

const COUNT = 25_000

describe('messages that failed for now', () => {
  it('are all put off, later each time, when they are more than are remembered', () => {
    const deferred = new Deferred()
    const names = Array.from({ length: COUNT }, (_, index) => `m${index}`)
    const tried: number[] = []
    const at: number[] = []
    let now = 0
    for (let look = 0; look < 8; look++) {
      deferred.begin(now)
      const due = names.filter((name) => deferred.isDue(name, now))
      for (const name of due) deferred.add(name, now)
      tried.push(due.length)
      at.push(now / 1000)
      deferred.begin(now + 1)
      expect(names.filter((name) => deferred.isDue(name, now + 1))).toHaveLength(0)
      now += deferred.nextMs(now)
    }
    expect(at).toEqual([0, 15, 45, 105, 225, 465, 945, 1845])
    expect(tried).toEqual(Array(8).fill(COUNT))
  })

  it('are tried at once when those who were not remembered fail no more', () => {
    const deferred = new Deferred()
    for (let index = 0; index < COUNT; index++) deferred.add(`m${index}`, 0)
    deferred.begin(1)
    expect(deferred.isDue('new', 1)).toBe(false)
    expect(deferred.nextMs(1)).toBe(14_999)
    deferred.begin(15_000)
    expect(deferred.isDue('new', 15_000)).toBe(true)
    deferred.begin(15_001) // nobody failed in that look
    deferred.add('another', 15_001)
    deferred.begin(30_000)
    expect(deferred.isDue('new', 30_000)).toBe(false)
    deferred.begin(30_001)
    expect(deferred.isDue('new', 30_001)).toBe(true)
  })

  it('are forgotten when they were due all through a look and did not fail again: others have dealt with them', () => {
    const deferred = new Deferred()
    deferred.begin(0)
    for (let index = 0; index < COUNT; index++) deferred.add(`m${index}`, 0)
    for (const now of [15_000, 915_000, 1_000_000]) deferred.begin(now)
    deferred.add('refused', 1_000_000)
    deferred.begin(1_000_001)
    expect(deferred.isDue('refused', 1_000_001)).toBe(false)
    expect(deferred.isDue('new', 1_000_001)).toBe(true)
    expect(deferred.nextMs(1_000_001)).toBe(14_999)
  })

  it('are not forgotten in a look that takes hours: they were not due when it began', () => {
    const deferred = new Deferred()
    deferred.begin(0)
    deferred.add('refused', 0)
    deferred.begin(10_000) // until 10,000,000
    deferred.begin(10_000_000)
    expect(deferred.isDue('refused', 10_000_000)).toBe(true)
    deferred.add('refused', 10_000_000)
    expect(deferred.nextMs(10_000_000)).toBe(30_000)
  })
})
