import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { namesIn } from './names-in.js'
import { readName, type SpoolName, type SpoolState } from './spool-name.js'

/** Which file a name stands for, exactly: numbers of files may have 64 bits. */
function fileOf(path: string) {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false })
}

/** True when both names stand for one file. @throws what the system says, but for a name that is not there */
export function isSameFile(path: string, other: string): boolean {
  const [one, two] = [fileOf(path), fileOf(other)]
  return one !== undefined && two !== undefined && one.dev === two.dev && one.ino === two.ino
}

/**
 * The other names a message has while it is moved from one to the next by a link and a removal, and still has when that was broken off.
 * Names that somebody else gave its file, for another message or outside of the folder, are none of these. The folder is only read when the
 * file has more names than one.
 * @throws what the system says
 */
export async function otherNames(
  folder: string,
  { file, stem }: Pick<SpoolName, 'file' | 'stem'>,
  states: readonly SpoolState[],
): Promise<readonly SpoolName[]> {
  const path = join(folder, file)
  if ((fileOf(path)?.nlink ?? 0n) < 2n) return []
  const found: SpoolName[] = []
  for await (const each of namesIn(folder)) {
    const name = readName(each)
    if (!name || !states.includes(name.state) || !isCounted(name.stem, stem)) continue
    if (each !== file && isSameFile(path, join(folder, each))) found.push(name)
  }
  return found
}

/** True for the stems of one message: the same, or one with the number that was added because the other was given. */
function isCounted(one: string, other: string): boolean {
  const [short, long] = one.length < other.length ? [one, other] : [other, one]
  return long.startsWith(short) && /^(?:\.\d+)?$/.test(long.slice(short.length))
}
