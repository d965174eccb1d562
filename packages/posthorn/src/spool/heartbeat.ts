import { stat, unlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemCode } from './spool-error.js'

/** A process beats so many times while its claims may stay unseen. */
const BEATS_IN_LEASE = 4

/** The name of the file whose time of change shows that an owner lives. */
export function heartbeatFile(key: string): string {
  return `.${key}.alive`
}

/**
 * Shows other machines that the claims of this process are worked on: a small hidden file in the folder that is written again and again, so
 * that its time of change, by the clock of the file system, moves. It holds the lease in milliseconds. It is of our own, where the message
 * may be somebody else's and not ours to touch; and it is there before the first claim is.
 */
export class Heartbeat {
  readonly #path: string
  readonly #leaseMs: number
  #users = 0
  #timer: NodeJS.Timeout | undefined
  #first: Promise<void> | undefined
  /** Those of the timer that are under way. */
  readonly #beats = new Set<Promise<void>>()
  #removed: Promise<void> = Promise.resolve()

  constructor(folder: string, key: string, leaseMs: number) {
    this.#path = join(folder, heartbeatFile(key))
    this.#leaseMs = leaseMs
  }

  /** Resolves once it can be seen; each call is matched by one of `stop`. @throws what the system says, when the folder takes no file */
  async start(): Promise<void> {
    this.#users++
    if (this.#users === 1) {
      this.#first = this.#removed.then(() => this.#beat(true))
      this.#timer = setInterval(() => this.#beatOn(), this.#leaseMs / BEATS_IN_LEASE)
      this.#timer.unref()
    }
    await this.#first
  }

  async stop(): Promise<void> {
    this.#users--
    if (this.#users > 0) return
    clearInterval(this.#timer)
    const first = this.#first
    this.#removed = (async () => {
      await first?.catch(() => {}) // told to those who started it
      await Promise.all(this.#beats) // one that ends behind the removal would make the file again
      if (this.#users === 0) await unlink(this.#path).catch(() => {}) // a later look removes it
    })()
    await this.#removed
  }

  /**
   * What the clock of the file system says, in milliseconds since 1970; undefined when it has no room for the file that would tell.
   * @throws what the system says, ENOENT when there is no folder
   */
  async now(): Promise<number | undefined> {
    try {
      await this.start()
      if (!(await this.#write())) return undefined
      return (await stat(this.#path)).mtimeMs
    } finally {
      await this.stop()
    }
  }

  #beatOn(): void {
    const beat = this.#beat(false).finally(() => this.#beats.delete(beat))
    this.#beats.add(beat) // more than one only where the file system takes longer than a part of the lease
  }

  async #beat(first: boolean): Promise<void> {
    try {
      await this.#write()
    } catch (error) {
      if (first) throw error
      // the next beat may get through; until it does, others see what they would see of a process that hangs
    }
  }

  /**
   * On a file system without room the time is set without writing: what is there must still be sent, which makes room.
   * @returns false when there is no file for want of room: claims are judged by their own times then
   */
  async #write(): Promise<boolean> {
    try {
      await writeFile(this.#path, `${this.#leaseMs}\n`, { mode: 0o644 })
      return true
    } catch (error) {
      const code = systemCode(error)
      if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error
      const now = new Date()
      return await utimes(this.#path, now, now).then(
        () => true,
        () => false,
      )
    }
  }
}
