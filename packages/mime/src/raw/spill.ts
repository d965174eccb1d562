import { randomUUID } from 'node:crypto'
import { open, rm, type FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readFileBlocks } from '@posthorn/ground'
import { refusal } from '../refusal.js'

/** A temporary file that only its owner can read, for what can be read once and must be sent as often as it takes. */
export class Spill {
  readonly #path: string
  readonly #file: FileHandle
  #sizeOctets = 0

  private constructor(path: string, file: FileHandle) {
    this.#path = path
    this.#file = file
  }

  /** @throws {SettingsError} `content.spill` */
  static async make(): Promise<Spill> {
    const path = join(tmpdir(), `posthorn-${randomUUID()}`)
    try {
      return new Spill(path, await open(path, 'wx', 0o600))
    } catch (error) {
      throw failed(error)
    }
  }

  /** @throws {SettingsError} `content.spill` */
  async write(octets: Uint8Array): Promise<void> {
    try {
      await this.#file.writeFile(octets)
      this.#sizeOctets += octets.length
    } catch (error) {
      throw failed(error)
    }
  }

  /** Nothing is written after this. */
  async end(): Promise<void> {
    await this.#file.close()
  }

  read(): AsyncIterable<Uint8Array> {
    return readFileBlocks(this.#path, 'content', this.#sizeOctets)
  }

  /** Removes the file; what cannot be removed the system clears away with its temporary files. */
  async remove(): Promise<void> {
    await rm(this.#path, { force: true }).catch(() => {})
  }
}

function failed(error: unknown) {
  const reason = (error as NodeJS.ErrnoException).code ?? 'unknown'
  return refusal(
    'content.spill',
    'content',
    `a temporary file for a stream cannot be written (${reason})`,
    'Make room in the folder for temporary files, or give the message as octets or as a file.',
    error,
  )
}
