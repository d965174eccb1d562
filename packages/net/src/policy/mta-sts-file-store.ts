import { SettingsError } from '@posthorn/ground'
import { randomUUID } from 'node:crypto'
import { open, readFile, rename, unlink } from 'node:fs/promises'
import { parseMtaStsPolicy } from './mta-sts-policy.js'
import type { KeptPolicy, MtaStsStore } from './mta-sts-store.js'
import { MtaStsMemoryStore } from './mta-sts-store.js'

const VERSION = 1
const MAX_OCTETS = 100_000_000

/**
 * Keeps policies in a JSON file, so that they outlive the process. The file is read once; each change writes a new one beside it, which
 * then takes its place at one moment: a crash leaves the old or the new one. One process should write to it; of two, the last one wins.
 */
export class MtaStsFileStore implements MtaStsStore {
  readonly #path: string
  #memory: Promise<MtaStsMemoryStore> | undefined
  #written: Promise<void> = Promise.resolve()

  constructor(path: string) {
    this.#path = path
  }

  /** @throws {SettingsError} `policy.store` when the file is there and cannot be read */
  async get(domain: string): Promise<KeptPolicy | undefined> {
    return (await this.#read()).get(domain)
  }

  /** @throws {SettingsError} `policy.store` when the file cannot be read or written */
  async set(kept: KeptPolicy): Promise<void> {
    await (await this.#read()).set(kept)
    await this.#write()
  }

  /** @throws {SettingsError} `policy.store` when the file cannot be read or written */
  async delete(domain: string): Promise<void> {
    await (await this.#read()).delete(domain)
    await this.#write()
  }

  /** @throws {SettingsError} `policy.store` when the file is there and cannot be read */
  async all(): Promise<readonly KeptPolicy[]> {
    return (await this.#read()).all()
  }

  #read(): Promise<MtaStsMemoryStore> {
    this.#memory ??= this.#load().catch((error: unknown) => {
      this.#memory = undefined // it may be mended
      throw error
    })
    return this.#memory
  }

  async #load(): Promise<MtaStsMemoryStore> {
    const memory = new MtaStsMemoryStore()
    try {
      const octets = await readFile(this.#path)
      if (octets.length > MAX_OCTETS) throw new Error('it is too large')
      for (const kept of keptPolicies(JSON.parse(octets.toString('utf8')))) await memory.set(kept)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw this.#unusable('read', error)
    }
    return memory
  }

  /** One after the other, each with everything that is known by then. */
  #write(): Promise<void> {
    const written = this.#written.then(async () => {
      const policies = await (await this.#read()).all()
      await this.#replace(`${JSON.stringify({ version: VERSION, policies }, undefined, 1)}\n`)
    })
    this.#written = written.catch(() => {}) // whoever asked for it is told
    return written
  }

  async #replace(text: string): Promise<void> {
    const fresh = `${this.#path}.new-${randomUUID()}`
    try {
      const file = await open(fresh, 'wx', 0o600)
      try {
        await file.writeFile(text)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(fresh, this.#path)
    } catch (error) {
      await unlink(fresh).catch(() => {}) // it may not be there
      throw this.#unusable('written', error)
    }
  }

  #unusable(deed: 'read' | 'written', cause: unknown): SettingsError {
    const reason = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message
    return new SettingsError('policy.store', 'path', `the file with MTA-STS policies cannot be ${deed} (${reason})`, {
      cause,
      hint: `Check ${this.#path} and its folder, or remove the file: the policies are fetched anew then.`,
    })
  }
}

/** What the file holds; each policy is read as strictly as one that is fetched. @throws when it holds something else */
function keptPolicies(json: unknown): readonly KeptPolicy[] {
  const { version, policies } = Object(json) as { version?: unknown; policies?: unknown }
  if (version !== VERSION || !Array.isArray(policies)) throw new Error('it is not a file of policies')
  return policies.map((each: unknown) => {
    const { domain, id, policy, fetchedAtMs } = Object(each) as Partial<Record<keyof KeptPolicy, unknown>>
    const { mode, mx, maxAgeSeconds } = Object(policy) as Record<string, unknown>
    if (typeof domain !== 'string' || typeof id !== 'string' || typeof fetchedAtMs !== 'number' || !Array.isArray(mx)) {
      throw new Error('a policy in it is not complete')
    }
    const lines = [
      ...mx.map((name) => `mx: ${String(name)}`),
      `mode: ${String(mode)}`,
      `max_age: ${String(maxAgeSeconds)}`,
    ]
    return { domain, id, fetchedAtMs, policy: parseMtaStsPolicy(['version: STSv1', ...lines].join('\n')) }
  })
}
