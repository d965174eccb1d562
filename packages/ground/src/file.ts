import { open, stat } from 'node:fs/promises'
import { SettingsError } from './error.js'

const BLOCK_OCTETS = 256 * 1024

/** The size of a file in octets. @throws {SettingsError} `content.unreadable` when it is not a readable file */
export async function fileSize(path: string | URL, field: string): Promise<number> {
  try {
    const facts = await stat(path)
    if (!facts.isFile())
      throw new SettingsError('content.unreadable', field, 'is not a file', { hint: 'Give the path of a file.' })
    return facts.size
  } catch (error) {
    throw unreadable(error, field)
  }
}

/**
 * The octets of a file in blocks of 256 KiB, in constant memory: two blocks are used in turn, so a block must be done with before the
 * next but one is asked for. The next block is read while the present one is used.
 * @throws {SettingsError} `content.unreadable`; `content.changed` when the file is not `sizeOctets` long any more
 */
export async function* readFileBlocks(
  path: string | URL,
  field: string,
  sizeOctets?: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const file = await open(path).catch((error: unknown) => {
    throw unreadable(error, field)
  })
  try {
    const blocks = [Buffer.allocUnsafeSlow(BLOCK_OCTETS), Buffer.allocUnsafeSlow(BLOCK_OCTETS)] as const
    const read = (index: number) => file.read(blocks[index & 1]!, 0, BLOCK_OCTETS, null)
    let given = 0
    let pending = read(0)
    for (let index = 0; ; index++) {
      const { bytesRead, buffer } = await pending
      if (bytesRead === 0) break
      given += bytesRead
      if (sizeOctets !== undefined && given > sizeOctets) break
      pending = read(index + 1)
      pending.catch(() => {}) // awaited in the next round, or not at all when the reader stops here
      yield buffer.subarray(0, bytesRead)
    }
    if (sizeOctets !== undefined && given !== sizeOctets) {
      throw new SettingsError('content.changed', field, `the file was ${sizeOctets} octets long and is not any more`, {
        hint: 'Do not change a file while it is being sent.',
      })
    }
  } catch (error) {
    throw unreadable(error, field)
  } finally {
    await file.close()
  }
}

function unreadable(error: unknown, field: string): SettingsError {
  if (error instanceof SettingsError) return error
  const reason = (error as NodeJS.ErrnoException).code ?? 'unknown'
  return new SettingsError('content.unreadable', field, `the file cannot be read (${reason})`, {
    cause: error,
    hint: 'Check the path and the permissions of the file.',
  })
}
