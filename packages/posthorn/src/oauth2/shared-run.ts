import { unlessAborted } from '@posthorn/ground'

interface Run<T> {
  readonly promise: Promise<T>
  readonly abort: AbortController
  waiters: number
}

/** One run of something however many wait for it. Who is aborted leaves alone; when all have left, the run is told. */
export class SharedRun<T> {
  #run: Run<T> | undefined

  /** Joins the run under way, or starts one. */
  async join(start: (signal: AbortSignal) => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    signal?.throwIfAborted()
    const run = (this.#run ??= this.#start(start))
    run.waiters++
    try {
      return await (signal ? unlessAborted(run.promise, signal) : run.promise)
    } finally {
      if (--run.waiters === 0) {
        if (this.#run === run) this.#run = undefined // the next one does not join what is being given up
        run.abort.abort()
      }
    }
  }

  #start(start: (signal: AbortSignal) => Promise<T>): Run<T> {
    const abort = new AbortController()
    const run: Run<T> = { promise: start(abort.signal), abort, waiters: 0 }
    const over = () => {
      if (this.#run === run) this.#run = undefined
    }
    run.promise.then(over, over)
    return run
  }
}
