import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs'
import type { FileIdentity, ReadSpooled } from './read-spooled.js'
import { isGone } from './spool-error.js'

/** A link is not followed, and a pipe not waited for. Windows knows neither. */
const MARK =
  constants.O_RDWR |
  ((constants.O_NONBLOCK as number | undefined) ?? 0) |
  ((constants.O_NOFOLLOW as number | undefined) ?? 0)

/**
 * Writes a word of four octets in place of the verb of these recipients, at once: what follows may take its time then.
 * @returns false where the file is not the one that was read, not ours to write to, or has a name elsewhere that this would be seen under
 * @throws what the system says when it is gone
 */
export function markRecipients(
  path: string,
  message: ReadSpooled,
  indexes: readonly number[],
  word: 'SENT' | 'FAIL',
): boolean {
  let file: number
  try {
    file = openSync(path, MARK)
  } catch (error) {
    if (isGone(error)) throw error
    return false
  }
  try {
    if (!isOwnFile(file, message.identity)) return false
    for (const index of indexes) writeSync(file, word, message.recipientsAt[index], 'latin1')
    return true
  } catch {
    return false // such as a file system that fails: the copy that follows says the same
  } finally {
    closeSync(file)
  }
}

/** Whoever may put files into the folder may have put another one in its place, to have that written to. */
function isOwnFile(file: number, identity: FileIdentity): boolean {
  const { dev, ino, nlink } = fstatSync(file, { bigint: true })
  return nlink === 1n && dev === identity.dev && ino === identity.ino
}
