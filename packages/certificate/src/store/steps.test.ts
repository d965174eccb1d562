import { describe, expect, it } from 'vitest'
import { atOnce, inTurns, step, type Steps } from './steps.js'

function* half(value: number, log: string[]): Steps<number> {
  const number = yield* step(
    () => log.push('now') && value,
    () => Promise.resolve(log.push('later') && value),
  )
  return number / 2
}

function failing(): Steps<never> {
  return step(
    () => {
      throw new Error('now')
    },
    () => Promise.reject(new Error('later')),
  )
}

function* caught(): Steps<string> {
  try {
    return yield* failing()
  } catch (error) {
    return `caught ${(error as Error).message}`
  }
}

describe('work in steps', () => {
  it('gives the same in both ways', async () => {
    const log: string[] = []
    function* sum(): Steps<number> {
      return (yield* half(4, log)) + (yield* half(6, log))
    }
    expect(atOnce(sum())).toBe(5)
    expect(log.splice(0)).toEqual(['now', 'now'])
    expect(await inTurns(sum())).toBe(5)
    expect(log).toEqual(['later', 'later'])
  })

  it('can be caught where it is waited for, and comes out otherwise', async () => {
    expect(atOnce(caught())).toBe('caught now')
    expect(await inTurns(caught())).toBe('caught later')
    expect(() => atOnce(failing())).toThrow('now')
    await expect(inTurns(failing())).rejects.toThrow('later')
  })
})
