import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { namesIn } from './names-in.js'
import { readName, timeOfStem, type SpoolName } from './spool-name.js'

/** At most so many names are held at once. */
export const MAX_HELD = 5_000
/** Times of files with names of others are asked for so many at once. */
const ASKED_AT_ONCE = 64

/** A file that waits, and its place in the order: by time, then by name. */
export interface Waiting {
  readonly name: SpoolName
  /** When it was queued, in whole milliseconds since 1970. */
  readonly atMs: number
}

/** True when `one` comes before `other`. */
function isBefore(one: Waiting, other: Waiting): boolean {
  return one.atMs === other.atMs ? one.name.file < other.name.file : one.atMs < other.atMs
}

/**
 * The oldest files of a folder that `wanted` accepts and that come behind `after`, in their order; at most so many, however many there are.
 * @param seen is told every name
 * @throws what the system says
 */
export async function oldest(
  folder: string,
  after: Waiting | undefined,
  wanted: (name: SpoolName) => boolean,
  seen: (name: string) => void = () => {},
): Promise<Waiting[]> {
  let held: Waiting[] = []
  let last: Waiting | undefined
  let unasked: SpoolName[] = []
  const add = (waiting: Waiting): void => {
    if ((after && !isBefore(after, waiting)) || (last && !isBefore(waiting, last))) return
    held.push(waiting)
    if (held.length < 2 * MAX_HELD) return
    held = sorted(held).slice(0, MAX_HELD)
    last = held.at(-1)
  }
  const ask = async (): Promise<void> => {
    const times = await Promise.all(unasked.map(({ file }) => changedAt(join(folder, file))))
    for (const [index, name] of unasked.entries()) {
      const atMs = times[index]
      if (atMs !== undefined) add({ name, atMs })
    }
    unasked = []
  }
  for await (const file of namesIn(folder)) {
    seen(file)
    const name = readName(file)
    if (!name || !wanted(name)) continue
    const atMs = timeOfStem(name.stem)
    if (atMs !== undefined) add({ name, atMs })
    else {
      unasked.push(name)
      if (unasked.length === ASKED_AT_ONCE) await ask()
    }
  }
  await ask()
  return sorted(held).slice(0, MAX_HELD)
}

function sorted(held: Waiting[]): Waiting[] {
  return held.sort((one, other) => (isBefore(one, other) ? -1 : 1))
}

/** Undefined for a file that is gone by now. */
async function changedAt(path: string): Promise<number | undefined> {
  try {
    return Math.floor((await lstat(path)).mtimeMs)
  } catch {
    return undefined
  }
}
