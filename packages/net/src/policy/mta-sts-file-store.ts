import { SettingsError } from '@posthorn/ground'
import { randomUUID } from 'node:crypto'
import { open, readFile, rename, unlink } from 'node:fs/promises'
import { keptMtaStsPolicy } from './mta-sts-policy.js'
import type { KeptPolicy, MtaStsStore } from './mta-sts-store.js'
import { jsonOf, MtaStsMemoryStore } from './mta-sts-store.js'

const VERSION = 1
/** Three times what is ever written. */
const MAX_OCTETS = 100_000_000
/** What is written in one piece, so that others get a turn in between. */
const PIECE_OCTETS = 256 * 1024

/**
 * Keeps policies in a JSON file, so that they outlive the process. The file is read once; each change writes a new one beside it, which
 * then takes its place at one moment: a crash leaves the old or the new one. One process should write to it; of two, the last one wins. A policy in it
 * that cannot be used is left out, without harm to the others. It has at most 32 MB; see `MtaStsMemoryStore` for what goes first.
 */
export class MtaStsFileStore implements MtaStsStore {
  readonly #path: string
  #memory: Promise<MtaStsMemoryStore> | undefined
  #written: Promise<void> = Promise.resolve()
  /** The write that has not begun, and that has everything set until it does. */
  #waiting: Promise<void> | undefined

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

  /** One after the other, each with everything that is known when it begins. */
  #write(): Promise<void> {
    if (this.#waiting) return this.#waiting
    const written = this.#written.then(async () => {
      this.#waiting = undefined
      await this.#replace(pieces(await (await this.#read()).all()))
    })
    this.#waiting = written
    this.#written = written.catch(() => {}) // whoever asked for it is told
    return written
  }

  async #replace(text: Iterable<string>): Promise<void> {
    const fresh = `${this.#path}.new-${randomUUID()}`
    try {
      const file = await open(fresh, 'wx', 0o600)
      try {
        for (const piece of text) await file.appendFile(piece)
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

function* pieces(policies: readonly KeptPolicy[]): Generator<string> {
  let piece = `{"version":${VERSION},"policies":[`
  for (const [index, kept] of policies.entries()) {
    piece += `${index > 0 ? ',' : ''}\n${jsonOf(kept)}`
    if (piece.length < PIECE_OCTETS) continue
    yield piece
    piece = ''
  }
  yield `${piece}\n]}\n`
}

/**
 * What the file holds; each policy is looked at as strictly as one that is fetched. One that does not hold is as good as none, for it is fetched
 * anew: the others must not suffer from it.
 * @throws when the file holds something else
 */
function keptPolicies(json: unknown): readonly KeptPolicy[] {
  const { version, policies } = Object(json) as { version?: unknown; policies?: unknown }
  if (version !== VERSION || !Array.isArray(policies)) throw new Error('it is not a file of policies')
  return policies.flatMap((each: unknown) => {
    const { domain, id, policy: given, fetchedAtMs } = Object(each) as Partial<Record<keyof KeptPolicy, unknown>>
    const policy = keptMtaStsPolicy(given)
    if (typeof domain !== 'string' || typeof id !== 'string' || !Number.isFinite(fetchedAtMs) || !policy) return []
    return [{ domain, id, fetchedAtMs: Number(fetchedAtMs), policy }]
  })
}
