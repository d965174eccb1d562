import { lstat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { isOwner, keyOf, ownerState } from './owner.js'

/** What nobody has touched for so long is left over, whoever it belongs to. */
const OLD_MS = 24 * 3_600_000

/** The process a hidden file of ours belongs to, by its key; undefined for any other name. */
function keyOfHidden(name: string): string | undefined {
  const [, word = '', kind] = /^\.(.+)\.(tmp|alive)$/.exec(name) ?? []
  if (kind === 'tmp') return isOwner(word) ? keyOf(word) : undefined
  return kind === 'alive' && isOwner(`${word}-1`) ? word : undefined
}

/** True for a temporary file or a heartbeat of ours. */
export function isHidden(name: string): boolean {
  return keyOfHidden(name) !== undefined
}

/**
 * Removes temporary files and heartbeats of processes that are gone; what cannot be removed stays until the next time.
 * @param now the time by the clock of the file system, in milliseconds since 1970, which their times count by; undefined when it cannot be told
 */
export async function removeLeftovers(
  folder: string,
  names: readonly string[],
  now: () => Promise<number | undefined>,
): Promise<void> {
  let asked: Promise<number | undefined> | undefined
  for (const name of names) {
    const key = keyOfHidden(name)
    if (key === undefined) continue
    const path = join(folder, name)
    const state = ownerState(key)
    const old = async () => ((await (asked ??= now())) ?? -Infinity) - (await lstat(path)).mtimeMs > OLD_MS
    try {
      if (state === 'gone' || (state === 'unclear' && (await old()))) await unlink(path)
    } catch {
      // another process was quicker, or may do more
    }
  }
}
