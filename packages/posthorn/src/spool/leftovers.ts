import { renameSync } from 'node:fs'
import { lstat, opendir, unlink } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isOwner, keyOf, ownerState } from './owner.js'

/** What nobody has touched for so long is left over, whoever it belongs to. */
const OLD_MS = 24 * 3_600_000
const MAX_COUNT = 1_000

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

/**
 * Gives files whose names are no UTF-8 names that are: `%` and two digits in place of each octet that fits nowhere. Nothing else can be done
 * with such a name in a string.
 */
export async function mendNames(folder: string): Promise<void> {
  const folderOctets = Buffer.from(`${folder}/`, 'utf8')
  // the type says string whatever the encoding is
  for await (const entry of await opendir(folder, { encoding: 'buffer' as BufferEncoding })) {
    const octets = entry.name as unknown as Buffer
    const read = octets.toString('utf8')
    if (Buffer.from(read, 'utf8').equals(octets) || !read.endsWith('.queued')) continue
    const stem = escaped(octets.subarray(0, octets.length - '.queued'.length))
    for (let count = 0; count < MAX_COUNT; count++) {
      const target = join(folder, `${stem}${count === 0 ? '' : `.${count}`}.queued`)
      if (existsSync(target)) continue
      try {
        renameSync(Buffer.concat([folderOctets, octets]), target)
      } catch {
        // another process was quicker, or it may not be renamed: it is left alone
      }
      break
    }
  }
}

/** Each octet that belongs to no character of UTF-8 as `%` and two digits. */
function escaped(octets: Buffer): string {
  let text = ''
  for (let at = 0; at < octets.length;) {
    const length = [1, 2, 3, 4].find((count) => {
      const part = octets.subarray(at, at + count)
      return part.length === count && Buffer.from(part.toString('utf8'), 'utf8').equals(part)
    })
    text +=
      length === undefined ? `%${octets[at]!.toString(16).toUpperCase()}` : octets.toString('utf8', at, at + length)
    at += length ?? 1
  }
  return text
}
