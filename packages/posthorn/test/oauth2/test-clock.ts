import type { Clock } from '../../src/oauth2/clock.js'

/** A clock that is set by hand; waiting takes no time and moves it on. */
export class TestClock implements Clock {
  time = Date.UTC(2026, 0, 1)
  /** How far the clock of the machine was set forth (or back) meanwhile. */
  setForthMs = 0
  readonly waits: number[] = []
  chance = 0

  now(): number {
    return this.time + this.setForthMs
  }

  elapsed(): number {
    return this.time
  }

  async wait(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    this.waits.push(ms)
    this.time += ms
  }

  random(): number {
    return this.chance
  }
}
