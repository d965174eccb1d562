import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { SettingsError } from '@posthorn/ground'
import { garbage, systemCode } from './spool-error.js'

const BLOCK_OCTETS = 256 * 1024
/** A link is not followed, and a pipe not waited for. Windows knows neither. */
const READ =
  constants.O_RDONLY |
  ((constants.O_NONBLOCK as number | undefined) ?? 0) |
  ((constants.O_NOFOLLOW as number | undefined) ?? 0)

/**
 * Opens a regular file, and nothing else, for reading.
 * @throws {SettingsError} `spool.garbage` for a link, a folder, a pipe; what the system says
 */
export async function openRegular(path: string): Promise<FileHandle> {
  let file: FileHandle
  try {
    file = await open(path, READ)
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ELOOP' || code === 'EMLINK' || code === 'ENXIO' || code === 'EISDIR') throw notRegular()
    throw error
  }
  try {
    if (!(await file.stat()).isFile()) throw notRegular()
    return file
  } catch (error) {
    await file.close()
    throw error
  }
}

/**
 * The octets of a file from one place to its end, in blocks whose memory is used again, as often as it is asked.
 * @throws {SettingsError} `content.changed` when it has not this many octets any more; `content.unreadable`
 */
export async function* fileSlice(
  path: string,
  from: number,
  sizeOctets: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const file = await openRegular(path).catch((error: unknown) => {
    throw unreadable(error)
  })
  try {
    const block = Buffer.allocUnsafeSlow(Math.min(BLOCK_OCTETS, sizeOctets + 1))
    let given = 0
    for (;;) {
      const { bytesRead } = await file.read(block, 0, block.length, from + given)
      given += bytesRead
      if (given > sizeOctets || (bytesRead === 0 && given < sizeOctets)) throw changed()
      if (bytesRead === 0) return
      yield block.subarray(0, bytesRead)
    }
  } catch (error) {
    throw unreadable(error)
  } finally {
    await file.close()
  }
}

function notRegular(): SettingsError {
  return garbage(undefined, 'is a link, a folder or something else that is no file of its own')
}

function changed(): SettingsError {
  return new SettingsError('content.changed', 'content', 'the spool file was written to while it was sent', {
    hint: 'Do not change a file that ends in .sending.',
  })
}

function unreadable(error: unknown): SettingsError {
  if (error instanceof SettingsError) return error
  return new SettingsError(
    'content.unreadable',
    'content',
    `the spool file cannot be read (${systemCode(error) ?? 'unknown'})`,
    {
      cause: error,
      hint: 'Check the permissions of the file, and whether somebody took it away.',
    },
  )
}
