import { open } from 'node:fs/promises'
import { systemCode } from './spool-error.js'

/** File systems that know no flush of a folder say so; Windows opens none, and NTFS keeps its own journal. */
const NOT_KNOWN = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'EISDIR', 'EPERM'])

/** Makes names in one folder last through a power cut. Whoever asks while a flush is under way shares the next one. */
export class FolderFlush {
  readonly #path: string
  #running: Promise<void> | undefined
  #next: Promise<void> | undefined

  constructor(path: string) {
    this.#path = path
  }

  /** Resolves when what was renamed before the call would be there after a power cut. @throws what the system says */
  flush(): Promise<void> {
    if (this.#running) return (this.#next ??= this.#after(this.#running))
    const running = this.#flush().finally(() => {
      if (this.#running === running) this.#running = undefined
    })
    this.#running = running
    return running
  }

  async #after(before: Promise<void>): Promise<void> {
    await before.catch(() => {}) // told to those who wait for it
    this.#next = undefined
    await this.flush()
  }

  async #flush(): Promise<void> {
    if (process.platform === 'win32') return
    const folder = await open(this.#path, 'r')
    try {
      await folder.sync()
    } catch (error) {
      if (!NOT_KNOWN.has(systemCode(error) ?? '')) throw error
    } finally {
      await folder.close()
    }
  }
}
