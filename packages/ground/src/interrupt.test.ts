import { describe, expect, it } from 'vitest'
import { Interrupt } from './interrupt.js'

const never = new Promise<never>(() => {})

describe('Interrupt', () => {
  it('ends waits when it comes, and those that begin after it', async () => {
    const interrupt = new Interrupt()
    const waits = [interrupt.unlessCome(never), interrupt.unlessCome(never), interrupt.promise]
    interrupt.come()
    interrupt.come()
    expect(await Promise.all(waits)).toEqual([undefined, undefined, undefined])
    expect(await interrupt.unlessCome(never)).toBeUndefined()
    await new Interrupt().unlessCome(Promise.resolve())
    const over = new Interrupt()
    over.come()
    await over.promise
  })

  it('gives what comes first, and passes a failure on', async () => {
    const interrupt = new Interrupt()
    expect(await interrupt.unlessCome(Promise.resolve(1))).toBe(1)
    await expect(interrupt.unlessCome(Promise.reject(new Error('no')))).rejects.toThrow('no')
  })

  it('keeps nothing of a wait that is over', async () => {
    const interrupt = new Interrupt()
    const kept: WeakRef<object>[] = []
    await (async () => {
      for (let count = 0; count < 20; count++) {
        const block = { octets: new Uint8Array(1024) }
        kept.push(new WeakRef(block))
        await interrupt.unlessCome(Promise.resolve(block))
      }
    })()
    const { setFlagsFromString } = await import('node:v8')
    const { runInNewContext } = await import('node:vm')
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    for (let turn = 0; turn < 20 && kept.some((each) => each.deref()); turn++) {
      await new Promise((resolve) => setImmediate(resolve))
      collect()
    }
    expect(kept.filter((each) => each.deref()).length).toBe(0)
    interrupt.come()
  })
})
