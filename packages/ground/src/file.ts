import { constants } from 'node:fs'
import { open, stat, type FileHandle } from 'node:fs/promises'
import { SettingsError } from './error.js'

/** Every read is a way through the thread pool and back: with blocks of a quarter of this, that takes as long as the copying. */
const BLOCK_OCTETS = 1024 * 1024
/** What is given at a time: whoever sends it can tell in such steps how far it is. */
const SLICE_OCTETS = 256 * 1024
/** Opening a named pipe for reading waits for a writer unless it is told not to wait. Windows knows no such thing. */
const READ = constants.O_RDONLY | ((constants.O_NONBLOCK as number | undefined) ?? 0)

/** Which file it is, and in what state: two that are equal stand for the same octets, as far as a file system can tell. */
export interface FileFacts {
  readonly sizeOctets: number
  readonly modifiedNs: bigint
  readonly device: bigint
  readonly inode: bigint
}

/** The size of a file in octets. @throws {SettingsError} `content.unreadable` when it is not a readable file */
export async function fileSize(path: string | URL, field: string): Promise<number> {
  try {
    const facts = await stat(path)
    if (!facts.isFile()) throw notAFile(field)
    return facts.size
  } catch (error) {
    throw unreadable(error, field)
  }
}

/**
 * Opens a file for reading, so that what cannot be read shows now, and tells which one it is. A pipe or a device is never waited for.
 * @param inspect sees the open file, and may throw to refuse it
 * @throws {SettingsError} `content.unreadable` when it is not a readable file; what `inspect` throws
 */
export async function fileFacts(
  path: string | URL,
  field: string,
  inspect?: (file: FileHandle) => Promise<void>,
): Promise<FileFacts> {
  try {
    if (!(await stat(path)).isFile()) throw notAFile(field) // to open a device can do something by itself
    const file = await open(path, READ)
    try {
      const facts = await factsOf(file, field)
      await inspect?.(file)
      return facts
    } finally {
      await file.close()
    }
  } catch (error) {
    throw unreadable(error, field)
  }
}

/**
 * The octets of a file in slices of 256 KiB, in constant memory: two blocks of 1 MiB are used in turn, so a slice must be done with
 * before the next one is asked for. The next block is read while the present one is used.
 * @param expected how long the file must be, or which file it must be: then another file in its place, or one that was written to, is
 * an error before its first octet is given, and one that is written to meanwhile before its end is told
 * @throws {SettingsError} `content.unreadable`; `content.changed` when the file is not what was expected
 */
export async function* readFileBlocks(
  path: string | URL,
  field: string,
  expected?: number | FileFacts,
): AsyncGenerator<Uint8Array, void, undefined> {
  const file = await open(path, READ).catch((error: unknown) => {
    throw unreadable(error, field)
  })
  const facts = typeof expected === 'object' ? expected : undefined
  const sizeOctets = typeof expected === 'object' ? expected.sizeOctets : expected
  try {
    if (facts && !same(facts, await factsOf(file, field))) throw changed(field, 'is another file, or was written to')
    const next = ahead(file, sizeOctets)
    let given = 0
    for (let block = await next(); block; block = await next()) {
      given += block.length
      if (sizeOctets !== undefined && given > sizeOctets) break
      for (let at = 0; at < block.length; at += SLICE_OCTETS) yield block.subarray(at, at + SLICE_OCTETS)
    }
    if (sizeOctets !== undefined && given !== sizeOctets)
      throw changed(field, `was ${sizeOctets} octets long and is not any more`)
    if (facts && !same(facts, await factsOf(file, field))) throw changed(field, 'was written to while it was read')
  } catch (error) {
    throw unreadable(error, field)
  } finally {
    await file.close() // waits for the reads that are under way
  }
}

/**
 * Gives block after block, each full but the last, and then undefined, while the next one is read. What is known to be short gets short
 * blocks, with room for an octet that should not be there.
 */
function ahead(file: FileHandle, sizeOctets = Infinity): () => Promise<Buffer | undefined> {
  const blockOctets = Math.min(BLOCK_OCTETS, sizeOctets + 1)
  const blocks: Buffer[] = []
  let asked = 0
  const ask = () => {
    const from = asked * blockOctets
    if (from > sizeOctets) return undefined
    const filled = fill(file, (blocks[asked++ & 1] ??= Buffer.allocUnsafeSlow(blockOctets)), from)
    filled.catch(() => {}) // awaited when its turn comes, or not at all when the reader stops before
    return filled
  }
  let pending = ask()
  return async () => {
    const block = await pending
    if (!block || block.length === 0) return undefined
    pending = block.length === blockOctets ? ask() : undefined
    return block
  }
}

/** As much of the block as the file has: one read may give less than there is. */
async function fill(file: FileHandle, block: Buffer, from: number): Promise<Buffer> {
  let length = 0
  while (length < block.length) {
    const { bytesRead } = await file.read(block, length, block.length - length, from + length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return block.subarray(0, length)
}

async function factsOf(file: FileHandle, field: string): Promise<FileFacts> {
  const facts = await file.stat({ bigint: true })
  if (!facts.isFile()) throw notAFile(field)
  return { sizeOctets: Number(facts.size), modifiedNs: facts.mtimeNs, device: facts.dev, inode: facts.ino }
}

function same(a: FileFacts, b: FileFacts): boolean {
  return a.sizeOctets === b.sizeOctets && a.modifiedNs === b.modifiedNs && a.inode === b.inode && a.device === b.device
}

function notAFile(field: string): SettingsError {
  return new SettingsError('content.unreadable', field, 'is not a file', { hint: 'Give the path of a file.' })
}

function changed(field: string, what: string): SettingsError {
  return new SettingsError('content.changed', field, `the file ${what}`, {
    hint: 'Do not change a file while it is being sent.',
  })
}

function unreadable(error: unknown, field: string): SettingsError {
  if (error instanceof SettingsError) return error
  const reason = (error as NodeJS.ErrnoException).code ?? 'unknown'
  return new SettingsError('content.unreadable', field, `the file cannot be read (${reason})`, {
    cause: error,
    hint: 'Check the path and the permissions of the file.',
  })
}
