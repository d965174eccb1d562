import { describe, expect, it } from 'vitest'
import { Turnstile } from './turnstile.js'

const never = new AbortController().signal

describe('Turnstile', () => {
  it('lets so many in at one time, the others in the order they came', async () => {
    const turnstile = new Turnstile(2)
    const begun: number[] = []
    const leave: (() => void)[] = []
    const all = [0, 1, 2, 3].map((number) =>
      turnstile.pass(never, () => {
        begun.push(number)
        return new Promise<void>((resolve) => leave.push(resolve))
      }),
    )
    await Promise.resolve()
    expect(begun).toEqual([0, 1])
    for (const number of [0, 1, 2, 3]) {
      leave[number]!()
      await all[number]
    }
    expect(begun).toEqual([0, 1, 2, 3])
    expect(turnstile.idle).toBe(true)
  })

  it('gives the place on when the work fails, and lets go of who does not want to wait any more', async () => {
    const turnstile = new Turnstile(1)
    let fail = () => {}
    const first = turnstile.pass(never, () => new Promise<void>((_, reject) => (fail = () => reject(new Error('x')))))
    const stop = new AbortController()
    const second = turnstile.pass(stop.signal, () => Promise.resolve('second'))
    const third = turnstile.pass(never, () => Promise.resolve('third'))
    stop.abort(new Error('enough'))
    await expect(second).rejects.toThrow('enough')
    fail()
    await expect(first).rejects.toThrow('x')
    await expect(third).resolves.toBe('third')
    await expect(turnstile.pass(stop.signal, () => Promise.resolve())).rejects.toThrow('enough')
    expect(turnstile.idle).toBe(true)
  })
})
