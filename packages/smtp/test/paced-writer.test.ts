import type { Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PacedWriter } from '../src/paced-writer.js'

/** What was written, and when. */
function ledger(): { socket: Socket; writes: { at: number; octets: number }[] } {
  const writes: { at: number; octets: number }[] = []
  const write = (octets: Uint8Array, done?: () => void): boolean => {
    writes.push({ at: performance.now(), octets: octets.length })
    done?.()
    return true
  }
  return { socket: { write } as unknown as Socket, writes }
}

describe('PacedWriter', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
  afterEach(() => void vi.useRealTimers())

  it('[part of ipworks.config.MaxTransferRate] takes two seconds for 100 kB at 50 000 octets a second', async () => {
    const { socket, writes } = ledger()
    const startedAt = performance.now()
    let moved = 0
    const writer = new PacedWriter(socket, 50_000, () => moved++)
    const done = new Promise<void>((resolve) => writer.write(new Uint8Array(100_000), resolve))
    await vi.runAllTimersAsync()
    await done
    const took = writes.at(-1)!.at - startedAt
    expect(took).toBeGreaterThanOrEqual(1_600)
    expect(took).toBeLessThanOrEqual(2_400)
    expect(writes.reduce((sum, { octets }) => sum + octets, 0)).toBe(100_000)
    expect(moved).toBe(writes.length)
    // over any second no more than the rate, and one step
    for (const { at } of writes) {
      const second = writes.filter((each) => each.at >= at && each.at < at + 1_000)
      expect(second.reduce((sum, { octets }) => sum + octets, 0)).toBeLessThanOrEqual(52_500)
    }
  })

  it('keeps the order, gives no credit for idle time, and forgets what is left when it stops', async () => {
    const { socket, writes } = ledger()
    const writer = new PacedWriter(socket, 1_000, () => {})
    await vi.advanceTimersByTimeAsync(60_000)
    const order: string[] = []
    writer.write(new Uint8Array(60), () => order.push('first'))
    writer.write(new Uint8Array(10), () => order.push('second'))
    writer.write(new Uint8Array(5_000), () => order.push('never'))
    await vi.advanceTimersByTimeAsync(100)
    expect(order).toEqual(['first', 'second'])
    writer.stop()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(order).toEqual(['first', 'second'])
    expect(writes.reduce((sum, { octets }) => sum + octets, 0)).toBeLessThan(300)
  })
})
