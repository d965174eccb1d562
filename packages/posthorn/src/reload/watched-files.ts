import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { FSWatcher } from 'chokidar'

/** How files are watched. */
export interface WatchTerms {
  /** Looks every so many milliseconds, for file systems that tell nothing (of other machines). Default: the system tells. */
  readonly pollMs?: number | undefined
}

/** A file is taken for whole when it has not changed for as long. */
const SETTLED_MS = 50

/**
 * Watches files and tells when one of them is another than before: written to, put in the place of the old one, gone, or there again; a
 * link that leads to another file, too, also when a link on the way to it does. Several changes in short succession are told once or more.
 * It does not keep the process running.
 */
export class WatchedFiles {
  readonly #terms: WatchTerms
  readonly #onChange: () => void
  #watcher: FSWatcher | undefined
  /** What each file was when it was looked at last. */
  #seen = new Map<string, string>()
  #timer: NodeJS.Timeout | undefined
  #closed = false
  #looking = Promise.resolve()

  constructor(onChange: () => void, terms: WatchTerms = {}) {
    this.#onChange = onChange
    this.#terms = terms
  }

  /** Begins, or goes on with other files. What they are at this moment is what changes are told against. */
  async watch(files: Iterable<string>): Promise<void> {
    const seen = new Map<string, string>()
    for (const file of files) seen.set(file, this.#seen.get(file) ?? (await factsOf(file)))
    this.#seen = seen
    const folders = [...new Set([...seen.keys()].map((file) => dirname(file)))]
    if (this.#closed) return
    if (this.#watcher) {
      this.#watcher.add(folders) // those that are there already stay
      return
    }
    const { watch } = await import('chokidar')
    const { pollMs } = this.#terms
    // the folders are watched: a file that is replaced takes the watch on it along
    const watcher = watch(folders, {
      depth: 0,
      ignoreInitial: true,
      persistent: false,
      ignored: (path) => !folders.includes(path) && !this.#seen.has(path) && !this.#isFolder(path),
      ...(pollMs === undefined ? {} : { usePolling: true, interval: pollMs }),
    })
    this.#watcher = watcher
    watcher.on('all', this.#look).on('raw', this.#look)
    // a folder that can no longer be watched is no reason to end: what is there goes on to count
    watcher.on('error', this.#look)
    await new Promise<void>((resolve) => watcher.on('ready', resolve))
    this.#look() // what happened while it began
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#looking
    await this.#watcher?.close()
  }

  #isFolder(path: string): boolean {
    return [...this.#seen.keys()].some((file) => dirname(file) === path)
  }

  readonly #look = (): void => {
    if (this.#closed) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#looking = this.#looking.then(() => this.#compare())
    }, SETTLED_MS)
    this.#timer.unref()
  }

  async #compare(): Promise<void> {
    const now = new Map<string, string>()
    for (const file of this.#seen.keys()) now.set(file, await factsOf(file))
    const changed = [...now].filter(([file, facts]) => this.#seen.get(file) !== facts)
    if (this.#closed || changed.length === 0) return
    for (const [file, facts] of changed) if (this.#seen.has(file)) this.#seen.set(file, facts)
    this.#onChange()
  }
}

/** Two that are equal stand for the same octets, as far as a file system can tell. */
async function factsOf(file: string): Promise<string> {
  try {
    const { ino, dev, size, mtimeNs } = await stat(file, { bigint: true })
    return [ino, dev, size, mtimeNs].join(' ')
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown'
  }
}
