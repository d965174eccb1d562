/** The optional last argument of every method, as the editions for Node.js had it. */
export type Callback<T> = (error: Error | null, result?: T) => void

/**
 * What a call that is done at once gives: its result, or to the callback, which gets its error in place of the caller.
 * @throws what `run` throws, without a callback
 */
export function answer<T>(callback: Callback<T> | undefined, run: () => T): T {
  if (callback === undefined) return run()
  let result: T
  try {
    result = run()
  } catch (error) {
    process.nextTick(callback, error)
    return undefined as T
  }
  process.nextTick(callback, null, result)
  return result
}

/** The promise of a method; with a callback it never rejects, because the error went there. */
export function answerLater<T>(callback: Callback<T> | undefined, promise: Promise<T>): Promise<T> {
  if (callback === undefined) return promise
  return promise.then(
    (result) => {
      process.nextTick(callback, null, result)
      return result
    },
    (error: Error) => {
      process.nextTick(callback, error)
      return undefined as T
    },
  )
}
