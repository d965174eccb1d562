import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SettingsError } from './error.js'
import { fileFacts, readFileBlocks, type FileFacts } from './file.js'

/** The files that are there, so that none is left when the process ends. */
const files = new Set<string>()
/** A net for those that nobody removed: the rule is `remove`. */
const forgotten = new FinalizationRegistry<string>(remove)

/**
 * A file for octets that can be read once and have to be sent as often as it takes: of mode 0600 in the folder for temporary files. It goes
 * with `remove`, and at the latest when the process ends by itself.
 */
export class TemporaryFile {
  readonly #path: string
  readonly #field: string
  readonly #file: FileHandle
  #facts: FileFacts | undefined
  #removed = false

  private constructor(path: string, field: string, file: FileHandle) {
    this.#path = path
    this.#field = field
    this.#file = file
    forgotten.register(this, path, this)
  }

  /**
   * @param field what its errors name
   * @throws {SettingsError} `content.spill`
   */
  static async make(field: string): Promise<TemporaryFile> {
    const path = join(tmpdir(), `posthorn-${randomUUID()}`)
    try {
      const file = await open(path, 'wx', 0o600)
      if (files.size === 0) process.once('exit', removeAll)
      files.add(path)
      return new TemporaryFile(path, field, file)
    } catch (cause) {
      throw spillFailed(field, cause)
    }
  }

  /** What was written, once it is whole. */
  get sizeOctets(): number {
    return this.#facts?.sizeOctets ?? 0
  }

  /** @throws {SettingsError} `content.spill` */
  async write(octets: Uint8Array): Promise<void> {
    try {
      await this.#file.writeFile(octets)
    } catch (cause) {
      throw spillFailed(this.#field, cause)
    }
  }

  /** Nothing is written after this. @throws {SettingsError} `content.spill` */
  async end(): Promise<void> {
    try {
      await this.#file.close()
      this.#facts = await fileFacts(this.#path, this.#field)
    } catch (cause) {
      throw spillFailed(this.#field, cause)
    }
  }

  /** The octets from the start, as often as it is asked. @throws {SettingsError} `content.released` after `remove`; as `readFileBlocks` */
  async *read(): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.#removed) {
      throw new SettingsError('content.released', this.#field, 'is gone, because the message was released', {
        phase: 'content',
        hint: 'Release a message when it was sent for the last time.',
      })
    }
    yield* readFileBlocks(this.#path, this.#field, this.#facts)
  }

  /** May be called at any time, and again; never fails. Who reads already reads on to the end. */
  remove(): void {
    if (this.#removed) return
    this.#removed = true
    forgotten.unregister(this)
    this.#file.close().catch(() => {}) // it may be closed already
    remove(this.#path)
  }
}

function remove(path: string): void {
  try {
    rmSync(path, { force: true })
    files.delete(path)
    if (files.size === 0) process.off('exit', removeAll)
  } catch {
    // some systems do not remove a file that is being read: it goes when the process ends
  }
}

function removeAll(): void {
  for (const path of files) remove(path)
}

function spillFailed(field: string, cause: unknown): SettingsError {
  if (cause instanceof SettingsError) return cause
  const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown'
  return new SettingsError('content.spill', field, `cannot be written to a temporary file (${reason})`, {
    phase: 'compose',
    cause,
    hint: 'Make room in the folder for temporary files, or give a file, or a function that opens the octets anew.',
  })
}
