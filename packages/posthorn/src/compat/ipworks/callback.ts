import { invalidArgument } from './ipworks-error.js'

/** The optional last argument of every method, as the editions for Node.js had it. */
export type Callback<T> = (error: Error | null, result?: T) => void

/**
 * What a call that is done at once gives: its result, or to the callback, which gets its error in place of the caller.
 * @throws what `run` throws, without a callback
 */
export function answer<T>(callback: Callback<T> | null | undefined, run: () => T): T {
  if (!isCallback(callback)) return run()
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
export function answerLater<T>(callback: Callback<T> | null | undefined, begin: () => Promise<T>): Promise<T> {
  if (!isCallback(callback)) return begin()
  return begin().then(
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

/** Nothing is begun with what cannot be called back. @throws {IPWorksError} 10022 */
function isCallback<T>(callback: Callback<T> | null | undefined): callback is Callback<T> {
  if (callback === undefined || callback === null) return false
  if (typeof callback === 'function') return true
  throw invalidArgument('The callback', 'must be a function (error, result)')
}
