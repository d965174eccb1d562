import { existsSync, renameSync } from 'node:fs'
import { opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { isGone } from './spool-error.js'
import { claimStem } from './spool-name.js'

/** A name that is taken gets a number; so many are tried. */
const MAX_COUNT = 1_000

/**
 * Gives files that wait under names that are no UTF-8 names that are: `%` and two digits in place of each octet that fits nowhere, and cut as
 * that of a claim where it is too long. Nothing else can be done with such a name in a string.
 * @param left is told of each that cannot be renamed: its name as it was to be, without ending, and what the system says
 * @throws what the system says of the folder, and what `left` throws
 */
export async function mendNames(folder: string, left: (stem: string, fault: unknown) => void): Promise<void> {
  const folderOctets = Buffer.from(`${folder}/`, 'utf8')
  // the type says string whatever the encoding is
  for await (const entry of await opendir(folder, { encoding: 'buffer' as BufferEncoding })) {
    const octets = entry.name as unknown as Buffer
    const read = octets.toString('utf8')
    if (Buffer.from(read, 'utf8').equals(octets) || !read.endsWith('.queued')) continue
    const stem = claimStem(escaped(octets.subarray(0, octets.length - '.queued'.length)))
    try {
      renameSync(Buffer.concat([folderOctets, octets]), freePath(folder, stem))
    } catch (error) {
      if (!isGone(error)) left(stem, error) // otherwise another process was quicker
    }
  }
}

/** Where nothing is yet. @throws EEXIST when there is something everywhere */
function freePath(folder: string, stem: string): string {
  for (let count = 0; count < MAX_COUNT; count++) {
    const path = join(folder, `${stem}${count === 0 ? '' : `.${count}`}.queued`)
    if (!existsSync(path)) return path
  }
  throw Object.assign(new Error(`${MAX_COUNT} files have the name ${stem} already`), { code: 'EEXIST' })
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
