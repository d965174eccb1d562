import { PosthornError, SettingsError } from '@posthorn/ground'
import { Deferred } from './deferred.js'
import { FolderHint } from './folder-hint.js'
import type { SendSpooled, WatchOptions } from './process-options.js'
import { Run } from './run.js'
import type { SpoolEvent } from './spool-event.js'
import type { Spool } from './spool.js'

const POLL_MS = 5_000
/** How long nothing is tried when no server is reached or the folder cannot be worked in, doubled with each time in a row. */
const FIRST_PAUSE_MS = 1_000
const LAST_PAUSE_MS = 300_000
/** So many times as long as a look took, nobody looks again: a folder full of files of others must not keep the processor busy. */
const REST_PER_LOOK = 10

/** As `SpoolFolder.watch`. */
export async function watchFolder(spool: Spool, send: SendSpooled, options: WatchOptions): Promise<void> {
  const { signal, onError, pollMs = POLL_MS } = options
  if (!(Number.isSafeInteger(pollMs) && pollMs >= 1 && pollMs <= 86_400_000)) {
    throw new SettingsError('spool.option', 'pollMs', 'must be a whole number from 1 to 86400000', {
      hint: 'Give milliseconds, or leave it out.',
    })
  }
  const { clock, folder, lookout } = spool
  const deferred = new Deferred()
  const hint = new FolderHint(folder, clock)
  const sending = new AbortController().signal // never aborted: what is under way is finished
  const wanted = ({ stem }: { readonly stem: string }): boolean => deferred.isDue(stem, clock.elapsed())
  let failures = 0
  const putOff = (name: string): void => deferred.add(name, clock.elapsed())
  const onEvent = (event: SpoolEvent): void => {
    const { kind, name } = event
    if (kind === 'sent' || kind === 'failed') deferred.forget(name)
    if (kind === 'sent') failures = 0
    options.onEvent?.(event)
  }
  try {
    while (!signal.aborted) {
      hint.listen()
      deferred.begin(clock.elapsed())
      const run = new Run(spool, send, { ...options, onEvent }, { sending, wanted, waits: false, putOff })
      let waitMs: number
      let attentive = true
      try {
        await run.whole()
        failures = 0
        waitMs = Math.min(pollMs, deferred.nextMs(clock.elapsed()), lookout.waitMs ?? Infinity)
      } catch (error) {
        if (run.stoppedByMessage || !(onError || mayPass(error))) throw error
        onError?.(error)
        waitMs = Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures++, 20))
        attentive = false
      }
      const restMs = Math.ceil(REST_PER_LOOK * run.lookMs)
      if (attentive && restMs > 0) await hint.wait(restMs, signal, false)
      await hint.wait(Math.max(1, Math.ceil(waitMs)), signal, attentive)
    }
  } finally {
    hint.close()
  }
}

function mayPass(error: unknown): boolean {
  return error instanceof PosthornError && error.outcome === 'transient'
}
