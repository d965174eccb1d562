import { access, constants, rename, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SettingsError } from '@posthorn/ground'
import type { Submission } from '@posthorn/smtp'
import { systemClock, type Clock } from '../oauth2/clock.js'
import { Lookout } from './lookout.js'
import { FolderFlush } from './folder-flush.js'
import { Heartbeat } from './heartbeat.js'
import { Owed } from './owed.js'
import { Claimant } from './owner.js'
import type { ProcessOptions, SendSpooled, SpoolRun, WatchOptions } from './process-options.js'
import { retryFailed } from './retry-failed.js'
import { Run } from './run.js'
import type { Spool } from './spool.js'
import { entriesIn, type SpoolEntry } from './spool-entry.js'
import { spoolFault, systemCode } from './spool-error.js'
import { newStem } from './spool-name.js'
import { watchFolder } from './watch-folder.js'
import { writeSpooled } from './write-spooled.js'

/** What a spool folder can be told. */
export interface SpoolOptions {
  /**
   * In milliseconds; default 300 000. A claim of a process on another machine, or of one of which this machine cannot tell whether it
   * runs, is taken over when it gave no sign of life for so long. Files ending `.sending` that say no owner are, too.
   */
  readonly leaseMs?: number
  readonly clock?: Clock
}

/**
 * A folder of messages that wait to be sent, one file each, which any number of processes may fill and empty at once. Each message is sent
 * once; a second time only when its process dies, or loses the connection, between the last octet and the moment the reply is recorded.
 * @source ipworks.behaviour.queue-life-cycle
 */
export class SpoolFolder {
  readonly path: string
  readonly #spool: Spool

  /** @param path of a folder that exists, or will when it is used @throws {SettingsError} `spool.option` */
  constructor(path: string, { leaseMs = 300_000, clock = systemClock }: SpoolOptions = {}) {
    if (typeof path !== 'string' || path === '' || path.includes('\0')) {
      throw new SettingsError('spool.option', 'path', 'must be the path of a folder', {
        hint: 'Give the path as a string.',
      })
    }
    if (!Number.isSafeInteger(leaseMs) || leaseMs < 100 || leaseMs > 86_400_000) {
      throw new SettingsError('spool.option', 'leaseMs', 'must be a whole number from 100 to 86400000', {
        hint: 'Give milliseconds, several times as long as the network file system may show old times.',
      })
    }
    this.path = path
    const claimant = new Claimant()
    const heartbeat = new Heartbeat(path, claimant.key, leaseMs)
    const lookout = new Lookout(path, heartbeat, leaseMs, clock)
    this.#spool = { folder: path, clock, claimant, heartbeat, lookout, flush: new FolderFlush(path), owed: new Owed() }
  }

  /**
   * Stores a message. When this resolves it is there whole, and still is after a power cut; until then nobody sees anything of it.
   * @returns the name of the file
   * @throws {SettingsError} for an envelope that could not be sent; `content.*`; `spool.missing`, `spool.denied`, `spool.full`, `spool.write`;
   * the signal's reason
   * @source ipworks.method.Queue
   */
  async queue(submission: Submission, { signal }: { readonly signal?: AbortSignal } = {}): Promise<string> {
    const { folder, clock, claimant } = this.#spool
    signal?.throwIfAborted()
    const temporary = join(folder, `.${claimant.next()}.tmp`)
    try {
      await mayFlush(folder)
      await writeSpooled(temporary, submission, signal)
      // a rename would fall on a file of that name without a word, but there is none: no stem of ours is made twice
      const file = `${newStem(clock.now())}.queued`
      await rename(temporary, join(folder, file)).catch(async (error: unknown) => {
        await unlink(temporary).catch(() => {}) // the first error says more
        throw error
      })
      await this.#keep(file)
      return file
    } catch (error) {
      if (signal?.aborted && error === signal.reason) throw error
      throw spoolFault(error, folder)
    }
  }

  /**
   * Proves that a file can be made in the folder, and leaves none.
   * @throws {SettingsError} `spool.missing`, `spool.denied`, `spool.full`, `spool.write`
   */
  async verify(): Promise<void> {
    const { folder, claimant } = this.#spool
    const temporary = join(folder, `.${claimant.next()}.tmp`)
    try {
      await mayFlush(folder)
      await writeFile(temporary, '', { flag: 'wx', mode: 0o600 })
      await unlink(temporary)
    } catch (error) {
      throw spoolFault(error, folder)
    }
  }

  /** Flushes a new name. What may not last is taken back, so that who is told of an error can queue it again. */
  async #keep(file: string): Promise<void> {
    const { folder, flush } = this.#spool
    try {
      await flush.flush()
    } catch (error) {
      const isThere = await unlink(join(folder, file)).then(
        () => true,
        (cause: unknown) => systemCode(cause) !== 'ENOENT',
      )
      if (isThere) throw error // otherwise it is being sent already
    }
  }

  /**
   * Sends what is there, the oldest first, and what comes in behind it meanwhile; each message once. Then it ends, when what it did would
   * outlast a power cut.
   * @throws {SettingsError} `spool.*`; with `onFailure: 'stop'` the error of the first message that failed; what `send` rejects with when that
   * says nothing about the message, such as a `ConnectError`: what was claimed waits again then; the signal's reason
   * @source ipworks.method.ProcessQueue, ipworks.config.KeepQueue
   */
  async process(send: SendSpooled, options: ProcessOptions = {}): Promise<SpoolRun> {
    return await new Run(this.#spool, send, options).whole()
  }

  /**
   * Sends what is there and what comes in, until the signal: then nothing more is taken, what is under way is finished, and it resolves. What
   * failed for now is tried again later, a little later each time.
   * @throws {SettingsError} `spool.*`, unless `onError` is there to be told; with `onFailure: 'stop'` the error of the first message that failed
   */
  async watch(send: SendSpooled, options: WatchOptions): Promise<void> {
    await watchFolder(this.#spool, send, options)
  }

  /** What is in the folder, in no order, a few at a time. @throws {SettingsError} `spool.missing`, `spool.denied`, `spool.write` */
  entries(): AsyncIterable<SpoolEntry> {
    return entriesIn(this.path)
  }

  /**
   * Lets a message that failed wait again, and removes its reason.
   * @param name of the entry, with or without its ending
   * @throws {SettingsError} `spool.name`, `spool.not-found`, `spool.denied`, `spool.write`
   */
  async retry(name: string): Promise<void> {
    await retryFailed(this.#spool, name)
    await this.#spool.flush.flush().catch((error: unknown) => {
      throw spoolFault(error, this.path)
    })
  }
}

/** New names are flushed through the folder, which is opened for it. @throws what the system says */
async function mayFlush(folder: string): Promise<void> {
  await access(folder, constants.R_OK)
}
