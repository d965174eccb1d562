import { open, rename, stat, type FileHandle } from 'node:fs/promises'
import { SettingsError } from '@posthorn/ground'

// rotating-file-stream, which the rest of the world uses, ends for good at the first write that fails, and goes on writing to a file
// nobody can see any more; a log must get over both.

/** The part of the file system a log file needs. */
export interface LogFileSystem {
  open(path: string, flags: string, mode: number): Promise<FileHandle>
  rename(from: string, to: string): Promise<void>
  stat(path: string): Promise<{ readonly ino: number; readonly dev: number; readonly size: number; isFile(): boolean }>
}

export interface LogFileOptions {
  readonly path: string
  /** The size at which a new file is begun, in octets; default: never. */
  readonly maxOctets?: number | undefined
  /** How many old ones are kept, as `path.1` (the newest) to `path.N`. */
  readonly keep: number
  /** Told when writing begins to fail, and not again before it worked. */
  readonly tell: (text: string) => void
  /** The line that says how many were lost, once writing works again. */
  readonly lostLine: (count: number) => string
  /** Default: that of Node. */
  readonly files?: LogFileSystem | undefined
}

/** Lines for others to read belong to the owner alone. */
const MODE = 0o600
/** What may wait for a slow disk. */
const MAX_WAITING_OCTETS = 4 * 1024 * 1024

/**
 * A file that lines are appended to, rotated by size. A line is never cut in two by a rotation, nor by two processes that write to the
 * same file. Writing never throws and never waits; a disk that is full costs lines and nothing else, and a file that was moved or removed is
 * begun anew.
 */
export class LogFile {
  readonly #options: LogFileOptions
  readonly #files: LogFileSystem
  #handle: FileHandle
  #waiting: Buffer[] = []
  #waitingOctets = 0
  #working: Promise<void> | undefined
  #lost = 0
  #told = false
  #rotationTold = false
  /** A write failed half-way: the next line must not be glued to what is there of it. */
  #torn = false
  #closed = false

  /**
   * Opens the file for appending, or makes it (mode 0600).
   * @param field the setting that names the path
   * @throws {SettingsError} `logging.file` naming the path and the reason, when it cannot be written to
   */
  static async open(options: LogFileOptions, field: string): Promise<LogFile> {
    const files = options.files ?? { open, rename, stat }
    const { path } = options
    try {
      const before = await files.stat(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined
        throw error
      })
      if (before && !before.isFile()) throw unwritable(field, path, 'is not a file') // a pipe would wait for its reader
      return new LogFile(options, files, await files.open(path, 'a', MODE))
    } catch (error) {
      if (error instanceof SettingsError) throw error
      throw unwritable(field, path, `cannot be written (${reasonOf(error)})`, error)
    }
  }

  private constructor(options: LogFileOptions, files: LogFileSystem, handle: FileHandle) {
    this.#options = options
    this.#files = files
    this.#handle = handle
  }

  /** Appends a line, without its end. */
  write(line: string): void {
    const octets = Buffer.from(`${line}\n`)
    if (this.#closed || this.#waitingOctets + octets.length > MAX_WAITING_OCTETS) {
      this.#lost++
      return
    }
    this.#waiting.push(octets)
    this.#waitingOctets += octets.length
    this.#working ??= this.#work()
  }

  /** Writes what waits, and closes the file. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#working
    await this.#handle.close().catch(() => {}) // what was to be written is written
  }

  async #work(): Promise<void> {
    await Promise.resolve() // what is said in one go is written in one go
    while (this.#waiting.length > 0) {
      const lines = this.#waiting
      this.#waiting = []
      this.#waitingOctets = 0
      await this.#append(lines)
    }
    this.#working = undefined
  }

  async #append(lines: readonly Buffer[]): Promise<void> {
    let left = lines
    try {
      while (left.length > 0) {
        const room = await this.#room(left[0]!.length)
        let octets = left[0]!.length
        let count = 1
        while (count < left.length && octets + left[count]!.length <= room) octets += left[count++]!.length
        await this.#put(left.slice(0, count))
        left = left.slice(count)
      }
    } catch (error) {
      this.#lost += left.length
      this.#torn = true
      if (this.#told) return
      this.#told = true
      this.#options.tell(`${this.#options.path} cannot be written (${reasonOf(error)}); mail goes on without it`)
    }
  }

  async #put(lines: readonly Buffer[]): Promise<void> {
    const before = this.#torn ? [Buffer.from('\n')] : []
    if (this.#lost > 0) before.push(Buffer.from(`${this.#options.lostLine(this.#lost)}\n`))
    const lost = this.#lost
    await this.#handle.appendFile(Buffer.concat([...before, ...lines]))
    this.#lost -= lost
    this.#torn = false
    this.#told = false
  }

  /** How much goes into the file before it is rotated; at least one line. Makes sure that there is a file, and that it is this one. */
  async #room(lineOctets: number): Promise<number> {
    const { path, maxOctets = Infinity } = this.#options
    const size = await this.#current()
    if (size === 0 || size + lineOctets <= maxOctets) return maxOctets - size
    try {
      await this.#rotate()
    } catch (error) {
      if (!this.#rotationTold) this.#options.tell(`${path} cannot be rotated (${reasonOf(error)}); it goes on growing`)
      this.#rotationTold = true
      return Infinity
    }
    this.#rotationTold = false
    return maxOctets - (await this.#handle.stat()).size // another writer may have begun the new file
  }

  /** The size of the file. One that is gone, or in whose place another process has put a new one, is opened anew. */
  async #current(): Promise<number> {
    const { path } = this.#options
    const mine = await this.#handle.stat()
    const there = await this.#files.stat(path).catch(() => undefined)
    if (there && there.ino === mine.ino && there.dev === mine.dev) return there.size
    await this.#reopen()
    return (await this.#handle.stat()).size
  }

  async #rotate(): Promise<void> {
    const { path, keep } = this.#options
    for (let number = keep - 1; number >= 1; number--)
      await this.#moveAside(`${path}.${number}`, `${path}.${number + 1}`)
    await this.#moveAside(path, `${path}.1`)
    await this.#reopen()
  }

  /** What is not there needs no new name: another writer of this file may just have given it one. */
  async #moveAside(from: string, to: string): Promise<void> {
    await this.#files.rename(from, to).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
    })
  }

  async #reopen(): Promise<void> {
    const handle = await this.#files.open(this.#options.path, 'a', MODE)
    const former = this.#handle
    this.#handle = handle
    await former.close().catch(() => {}) // nothing more goes there
  }
}

function unwritable(field: string, path: string, why: string, cause?: unknown): SettingsError {
  return new SettingsError('logging.file', field, `${path} ${why}`, {
    cause,
    hint: 'Give a file in a folder that exists and that this process may write to.',
  })
}

function reasonOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown'
}
