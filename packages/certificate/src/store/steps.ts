/** What work waits for: done on the spot, or so that others get their turn. Both give the same. */
export interface Step {
  now(): unknown
  later(): Promise<unknown>
}

/** Work in steps, which runs in either of two ways: a store can be opened off the event loop, and at once for those who cannot wait. */
export type Steps<T> = Generator<Step, T, unknown>

/** One step. */
export function* step<T>(now: () => T, later: () => Promise<T>): Steps<T> {
  return (yield { now, later }) as T
}

/** Takes the steps so that others get their turn. */
export async function inTurns<T>(steps: Steps<T>): Promise<T> {
  let at = steps.next()
  while (!at.done) {
    let value: unknown
    try {
      value = await at.value.later()
    } catch (error) {
      at = steps.throw(error)
      continue
    }
    at = steps.next(value)
  }
  return at.value
}

/** Takes the steps one after the other, before anything else happens. */
export function atOnce<T>(steps: Steps<T>): T {
  let at = steps.next()
  while (!at.done) {
    let value: unknown
    try {
      value = at.value.now()
    } catch (error) {
      at = steps.throw(error)
      continue
    }
    at = steps.next(value)
  }
  return at.value
}
