import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile, stat, unlink, utimes } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { SettingsError } from '@posthorn/ground'
import { PROCESS_STARTED, PROCESS_WORLD, processState } from '../process-identity.js'
import { systemClock, type Clock } from './clock.js'

/** How a lock is waited for. */
export interface FileLockOptions {
  /** For the lock, not for what is done under it; default 90 000. */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  readonly clock?: Clock | undefined
}

/** A lock that is held. */
export interface HeldLock {
  /** @throws {SettingsError} `oauth2.store-locked` when another owner has taken it over meanwhile */
  check(): Promise<void>
}

const DEFAULT_TIMEOUT_MS = 90_000
const HEARTBEAT_MS = 5_000
/** An owner of another process world is dead when its heart did not beat for so long. */
const DEAD_AFTER_MS = 30_000
/** Where it cannot be told whether a process number was given out again: an owner of this world whose heart did not beat for so long. */
const MAYBE_DEAD_AFTER_MS = 75_000
/** An owner that did not get to say who it is died on the way, or will see that it was overtaken when it goes on. */
const UNNAMED_FOR_MS = 500
const FIRST_POLL_MS = 10
const LAST_POLL_MS = 250
const FREE = 'free'

/**
 * Runs while no other process that uses the same folder does, by files that are made with O_EXCL in that folder.
 *
 * Each owner has a number, one above that of the owner before: to own is to have made the file with the highest number while the one
 * before was free or its owner dead. The file with the highest number is never removed, so nobody can make one that was there before;
 * that is why a dead owner's lock can be taken over without two processes taking it at once. An owner that lives is waited for, however
 * long it was held up; no clock that is set forth or back makes it look dead.
 * @param run is told how to find out whether the lock is still its own, for one that was taken for dead all the same
 * @throws {SettingsError} `oauth2.store-locked`, `oauth2.store-write`; the signal's reason; what `run` throws
 */
export async function withFileLock<T>(
  folder: string,
  run: (held: HeldLock) => Promise<T>,
  { timeoutMs = DEFAULT_TIMEOUT_MS, signal, clock = systemClock }: FileLockOptions = {},
): Promise<T> {
  const mine = await claim(folder, timeoutMs, signal, clock)
  const heartbeat = setInterval(() => beat(mine), HEARTBEAT_MS)
  heartbeat.unref()
  try {
    return await run({ check: () => checkHeld(folder, mine) })
  } finally {
    clearInterval(heartbeat)
    await release(mine)
  }
}

async function checkHeld(folder: string, path: string): Promise<void> {
  if (Math.max(0, ...(await numbers(folder))) > Number(basename(path))) throw lost()
}

async function claim(
  folder: string,
  timeoutMs: number,
  signal: AbortSignal | undefined,
  clock: Clock,
): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw unwritable(cause)
  })
  const until = clock.elapsed() + timeoutMs
  let pollMs = FIRST_POLL_MS
  let seen: Seen | undefined
  for (;;) {
    signal?.throwIfAborted()
    const highest = Math.max(0, ...(await numbers(folder)))
    seen = highest === 0 ? undefined : await look(folder, highest, seen, clock)
    if (highest === 0 || seen?.over) {
      const mine = await take(folder, highest + 1)
      if (mine !== undefined) return mine
      continue // somebody was quicker: look again at once
    }
    if (clock.elapsed() >= until) throw locked()
    await clock.wait(pollMs * (1 + clock.random()), signal)
    pollMs = Math.min(2 * pollMs, LAST_POLL_MS)
  }
}

/** What is known of the highest file. */
interface Seen {
  readonly number: number
  readonly beatAt: number
  /** When this beat was first seen, in elapsed time here: the time in the file is another clock's. */
  readonly since: number
  /** It is free, or its owner is dead. */
  readonly over: boolean
}

async function look(folder: string, number: number, before: Seen | undefined, clock: Clock): Promise<Seen | undefined> {
  const path = join(folder, `${number}`)
  try {
    const { mtimeMs: beatAt } = await stat(path)
    const owner = await readFile(path, 'utf8')
    const same = before?.number === number && before.beatAt === beatAt
    const since = same ? before.since : clock.elapsed()
    const over = owner.startsWith(FREE) || clock.elapsed() - since >= deadAfterMs(owner)
    return { number, beatAt, since, over }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined // a higher one is there by now
    throw unwritable(error)
  }
}

/** Makes the file with that number; undefined when another did, or has gone further meanwhile. */
async function take(folder: string, number: number): Promise<string | undefined> {
  const path = join(folder, `${number}`)
  try {
    const file = await open(path, 'wx', 0o600)
    try {
      await file.writeFile(
        JSON.stringify({ id: randomUUID(), pid: process.pid, started: PROCESS_STARTED, world: PROCESS_WORLD }),
      )
    } finally {
      await file.close()
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined
    throw unwritable(error)
  }
  const others = await numbers(folder)
  const overtaken = others.some((other) => other > number) // it was there before, and was removed as one that is no longer the highest
  const old = overtaken ? [number] : others.filter((other) => other < number)
  for (const each of old) await unlink(join(folder, `${each}`)).catch(() => {}) // another may have done it
  return overtaken ? undefined : path
}

async function numbers(folder: string): Promise<number[]> {
  try {
    return (await readdir(folder)).filter((name) => /^[1-9]\d{0,14}$/.test(name)).map(Number)
  } catch (error) {
    throw unwritable(error)
  }
}

/** One write of a few octets over the beginning: whoever reads it sees it or does not. */
async function release(path: string): Promise<void> {
  try {
    const file = await open(path, 'r+')
    try {
      await file.write(FREE, 0, 'latin1')
    } finally {
      await file.close()
    }
  } catch {
    // taken over, or the folder is gone: either way it is not ours any more, and the work is done
  }
}

function beat(path: string): void {
  const now = new Date()
  utimes(path, now, now).catch(() => {}) // as in release
}

/** How long an owner that gives no sign of life is waited for: not at all when its process is over. */
function deadAfterMs(owner: string): number {
  if (owner === '') return UNNAMED_FOR_MS
  let facts: { readonly pid?: unknown; readonly started?: unknown; readonly world?: unknown }
  try {
    facts = JSON.parse(owner) as typeof facts
  } catch {
    return DEAD_AFTER_MS // not written by us
  }
  const { pid, started, world } = facts
  if (world !== PROCESS_WORLD || typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return DEAD_AFTER_MS
  // one that is there, but without a sign of life: a thread of it was ended, or the lock could not be given back
  return processState(pid, typeof started === 'string' ? started : undefined) === 'gone' ? 0 : MAYBE_DEAD_AFTER_MS
}

function lost(): SettingsError {
  return new SettingsError('oauth2.store-locked', 'store.path', 'another process took the tokens over meanwhile', {
    phase: 'auth',
    outcome: 'transient',
    hint: 'This process was held up for so long that it was taken for dead. Try again.',
  })
}

function locked(): SettingsError {
  return new SettingsError(
    'oauth2.store-locked',
    'store.path',
    'another process holds the tokens and does not finish',
    {
      phase: 'auth',
      outcome: 'transient',
      hint: 'Wait until the sign-in or request of the other process has ended.',
    },
  )
}

function unwritable(cause: unknown): SettingsError {
  const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown'
  return new SettingsError('oauth2.store-write', 'store.path', `the lock cannot be made beside it (${reason})`, {
    phase: 'auth',
    outcome: 'transient',
    cause,
    hint: 'Check that the folder exists, that this user may write to it, and that there is room.',
  })
}
