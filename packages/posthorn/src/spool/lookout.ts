import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../oauth2/clock.js'
import { openRegular } from './file-slice.js'
import { heartbeatFile, type Heartbeat } from './heartbeat.js'
import { keyOf, ownerState } from './owner.js'
import { systemCode } from './spool-error.js'
import type { SpoolName } from './spool-name.js'

/** `held`: its owner works on it. `abandoned`: it may be taken. `perhaps`: it looks so, and has to be watched a while longer. */
export type ClaimState = 'held' | 'abandoned' | 'perhaps'

/** The longest lease that another process is believed. */
const MAX_LEASE_MS = 24 * 3_600_000
/** A claim without sign of life is watched for this part of the lease, in which its owner would have beaten twice. */
const WATCHED_PART = 2
/** At most so many owners are remembered; they are as many as processes that work in the folder. */
const MAX_SEEN = 10_000

/** The last sign of life of an owner, and since when nothing newer was seen, in elapsed time here. */
interface Seen {
  readonly signMs: number
  readonly since: number
  readonly watchMs: number
}

/**
 * Tells which claims are abandoned. On this machine a process that is gone is gone, and one that runs is believed, however slow it is. Of
 * others the heartbeat counts, measured against the clock of the file system; and because that clock may be set forth, a claim whose lease
 * looks over is watched for half of it besides, by a clock that is never set.
 */
export class Lookout {
  readonly #folder: string
  readonly #heartbeat: Heartbeat
  readonly #leaseMs: number
  readonly #clock: Clock
  readonly #seen = new Map<string, Seen>()
  /** Claims that are waited for and were told of, and their owners. */
  readonly #told = new Map<string, string>()

  constructor(folder: string, heartbeat: Heartbeat, leaseMs: number, clock: Clock) {
    this.#folder = folder
    this.#heartbeat = heartbeat
    this.#leaseMs = leaseMs
    this.#clock = clock
  }

  /**
   * How long until a claim that is `perhaps` abandoned can be told to be; undefined when there is none. One that could be told of already, and
   * is still there because it cannot be taken, is not waited for again.
   */
  get waitMs(): number | undefined {
    const now = this.#clock.elapsed()
    const waits = [...this.#seen.values()].map(({ since, watchMs }) => since + watchMs - now).filter((ms) => ms > 0)
    return waits.length === 0 ? undefined : Math.min(...waits)
  }

  /** The longest that anything is waited for in one go: a claim whose owner names a longer lease is somebody else's to take. */
  get patienceMs(): number {
    return this.#leaseMs
  }

  /** Of a claim that is `perhaps` abandoned: what is known of it; `isNews` once for each, as long as not too many are told of. */
  waitingOf(claim: SpoolName): { readonly signMs: number; readonly waitMs: number; readonly isNews: boolean } {
    const key = this.keyOf(claim)
    const { signMs = 0, since = 0, watchMs = 0 } = this.#seen.get(key) ?? {}
    const isNews = !this.#told.has(claim.file) && this.#told.size < MAX_SEEN
    if (isNews) this.#told.set(claim.file, key)
    return { signMs, waitMs: Math.max(0, Math.ceil(since + watchMs - this.#clock.elapsed())), isNews }
  }

  /** Forgets owners whose claims are not there any more. */
  forgetAllBut(keys: ReadonlySet<string>): void {
    for (const key of this.#seen.keys()) if (!keys.has(key)) this.#seen.delete(key)
    for (const [file, key] of this.#told) if (!keys.has(key)) this.#told.delete(file)
  }

  /** What this claim is remembered by. */
  keyOf(claim: SpoolName): string {
    return claim.owner === undefined ? claim.file : keyOf(claim.owner)
  }

  /** @throws what the system says, when the time of the file system cannot be found out */
  async state(claim: SpoolName): Promise<ClaimState> {
    const key = this.keyOf(claim)
    if (claim.owner !== undefined) {
      const process = ownerState(key)
      if (process !== 'unclear') return process === 'gone' ? 'abandoned' : 'held'
    }
    const sign = await this.#sign(claim)
    if (sign === undefined) return 'held' // settled meanwhile
    const now = await this.#heartbeat.now()
    if (now === undefined) return 'held' // nothing to measure by: what is sent meanwhile makes room
    const ageMs = now - sign.signMs
    const { leaseMs } = sign
    const before = this.#seen.get(key)
    if (Math.abs(ageMs) < leaseMs) {
      this.#seen.delete(key)
      return 'held'
    }
    if (before?.signMs !== sign.signMs) {
      if (before === undefined && this.#seen.size >= MAX_SEEN) return 'held'
      // a sign from the time to come: the clock was set back, and its age tells nothing
      const watchMs = ageMs < 0 ? leaseMs : leaseMs / WATCHED_PART
      this.#seen.set(key, { signMs: sign.signMs, since: this.#clock.elapsed(), watchMs })
      return before === undefined ? 'perhaps' : 'held'
    }
    return this.#clock.elapsed() - before.since >= before.watchMs ? 'abandoned' : 'perhaps'
  }

  /** The owner's heartbeat; where there is none, when the claim was made or touched. */
  async #sign(claim: SpoolName): Promise<{ readonly signMs: number; readonly leaseMs: number } | undefined> {
    if (claim.owner !== undefined) {
      const path = join(this.#folder, heartbeatFile(keyOf(claim.owner)))
      const lease = await leaseIn(path)
      if (lease !== undefined) return { signMs: lease.modifiedMs, leaseMs: lease.leaseMs ?? this.#leaseMs }
    }
    try {
      const { mtimeMs, ctimeMs } = await lstat(join(this.#folder, claim.file))
      return { signMs: Math.max(mtimeMs, ctimeMs), leaseMs: this.#leaseMs }
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined
      throw error
    }
  }
}

/** What a heartbeat file says; undefined when there is none. Whose lease cannot be read has the one that is usual here. */
async function leaseIn(
  path: string,
): Promise<{ readonly modifiedMs: number; readonly leaseMs: number | undefined } | undefined> {
  try {
    const { mtimeMs } = await lstat(path)
    return { modifiedMs: mtimeMs, leaseMs: await numberIn(path) }
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
}

async function numberIn(path: string): Promise<number | undefined> {
  try {
    const file = await openRegular(path)
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0)
      const digits = /^\d{1,9}/.exec(buffer.toString('latin1', 0, bytesRead))?.[0]
      return digits === undefined ? undefined : Math.min(Number(digits), MAX_LEASE_MS)
    } finally {
      await file.close()
    }
  } catch {
    return undefined // not for this user to read, or not a heartbeat of ours
  }
}
