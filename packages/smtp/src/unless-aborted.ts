import { aborted, timedOut } from './fault.js'

/** A token function of the caller's own may never settle: the signal and the time allowed end the wait for it. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal, limitMs: number): Promise<T> {
  let stop: (() => void) | undefined
  const over = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => reject(timedOut('auth', limitMs)), limitMs).unref()
    const abort = () => reject(aborted(signal, 'auth'))
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    stop = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
    }
  })
  try {
    return await Promise.race([promise, over])
  } finally {
    stop!()
  }
}
