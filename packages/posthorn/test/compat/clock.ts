import { setImmediate } from 'node:timers/promises'
import { onTestFinished, vi } from 'vitest'

/** From here to the end of the test time stands still for timers, unless `pass` moves it on; what needs no time goes on as ever. */
export function stopClock(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
}

/** Moves the time on, once all has happened that needs none. */
export async function pass(ms: number): Promise<void> {
  await turns()
  await vi.advanceTimersByTimeAsync(ms)
}

/** Lets everything happen that needs no time. */
export async function turns(count = 50): Promise<void> {
  for (let turn = 0; turn < count; turn++) await setImmediate()
}

/** Waits for something that needs no time. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setImmediate()
}

/** What becomes of a promise, looked at from outside. */
export interface Watched {
  readonly settled: boolean
  /** What it gives, or the error it rejects with. */
  readonly outcome: Promise<unknown>
}

export function watched(doing: Promise<unknown>): Watched {
  const watch = {
    settled: false,
    outcome: doing.catch((error: unknown) => error).finally(() => (watch.settled = true)),
  }
  return watch
}
