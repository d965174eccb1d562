import { createHash } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import { open, realpath, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { cwd } from 'node:process'
import { fileURLToPath } from 'node:url'
import type { CertificateStore } from '@posthorn/certificate'
import { Secret, SettingsError } from '@posthorn/ground'
import { parseReference, type Reference } from '@posthorn/settings'
import { inTime, unlessAborted } from '../composing.js'
import type { ProfileTerms } from './profile-terms.js'
import type { ProfileWarning } from './profile-warning.js'

/** The largest file that is read for a setting: bundles of authorities have some hundred thousand octets. */
const MAX_OCTETS = 10_000_000
/** A vault that gives nothing for so long gives nothing. */
const VAULT_MS = 30_000
/** Opening a named pipe waits for a writer unless it is told not to. Windows knows no such thing. */
const READ = constants.O_RDONLY | ((constants.O_NONBLOCK as number | undefined) ?? 0)

/** A store, and what it was opened with. */
interface OpenedStore {
  readonly key: string
  readonly store: CertificateStore
}

/**
 * Reads what settings refer to (`env:`, `file:`, `vault:`), once for one reading of a profile, and remembers which files there were and
 * what was in them, so that a change can be seen.
 */
export class KeptValues {
  /** Every file that was read, with its whole path. */
  readonly files = new Set<string>()
  /** By the setting: SHA-256 of what was read for it. */
  readonly digests = new Map<string, string>()
  readonly #directory: string
  readonly #terms: ProfileTerms
  readonly #signal: AbortSignal | undefined
  /** By the setting: stores that are in use, with what they were opened with. */
  readonly #stores = new Map<string, OpenedStore>()
  /** Those of the reading before. */
  readonly #known: ReadonlyMap<string, OpenedStore>

  /**
   * @param before the reading before: stores that would be opened with the same are taken over from it
   * @param signal ends the wait for a vault
   */
  constructor(terms: ProfileTerms, before?: KeptValues, signal?: AbortSignal) {
    this.#terms = terms
    this.#signal = signal
    this.#known = before === undefined ? new Map() : before.#stores
    this.#directory = resolve(terms.directory ?? cwd())
  }

  /**
   * A password or a token. Of a file, a variable and what a vault gives, the first line counts: what writes them ends it.
   * @throws {SettingsError} `settings.reference`, `settings.environment-missing`, `settings.file`, `settings.vault-missing`, `settings.vault`, `settings.secret-empty`
   */
  async secret(path: string, value: string | Secret): Promise<Secret> {
    const reference = parseReference(value, path)
    if (typeof value === 'string' && reference.kind === 'plain') this.#warnOfPlain(path)
    const secret = await this.#read(reference, path, (text) => firstLine(text))
    if (reference.kind === 'file') await this.#warnOfReaders(reference.path, path)
    if (secret.reveal() === '') {
      const place =
        reference.kind === 'file'
          ? `${this.at(reference.path)}, which has nothing on its first line`
          : reference.kind === 'plain'
            ? 'a place where there is nothing'
            : `${reference.kind}:${reference.name}, which has nothing on its first line`
      throw new SettingsError('settings.secret-empty', path, `is kept in ${place}`, {
        hint: reference.kind === 'file' ? 'Put it on the first line of the file.' : 'Check where it is read from.',
      })
    }
    return secret
  }

  /** PEM or another text, whole. @throws {SettingsError} as `secret` */
  async content(path: string, value: string | Secret): Promise<Secret> {
    const reference = parseReference(value, path)
    const content = await this.#read(reference, path, (text) => text)
    const holdsKey = /PRIVATE KEY/.test(content.reveal())
    if (holdsKey && typeof value === 'string' && reference.kind === 'plain') this.#warnOfPlain(path)
    if (holdsKey && reference.kind === 'file') await this.#warnOfReaders(reference.path, path)
    return content
  }

  /**
   * A store of certificates: the path of a file, which may hold octets of any kind, or text.
   * @throws {SettingsError} as `secret`
   */
  async store(path: string, value: string | Secret): Promise<{ readonly path: string } | string> {
    const reference = parseReference(value, path)
    if (reference.kind !== 'file') return (await this.content(path, value)).reveal()
    const file = this.at(reference.path)
    const octets = await this.#octetsOf(file, path)
    this.#remember(path, octets)
    if (octets.includes('PRIVATE KEY')) await this.#warnOfReaders(reference.path, path)
    return { path: file }
  }

  /**
   * A store whose keys are in use for as long as the profile is: a token signs only while its session lasts.
   * @param settings what it is opened with; what they refer to has been read for settings below `path`
   */
  async opened(path: string, settings: object, open: () => Promise<CertificateStore>): Promise<CertificateStore> {
    const read = [...this.digests].filter(([setting]) => setting.startsWith(`${path}.`))
    const key = JSON.stringify([settings, read])
    const known = this.#known.get(path)
    const store = known?.key === key ? known.store : await open()
    this.#stores.set(path, { key, store })
    return store
  }

  /** Lets go of what only this reading has in use, and not `next`. */
  async release(next?: KeptValues): Promise<void> {
    const taken = next === undefined ? undefined : next.#stores
    const others = [...this.#stores].filter(([path, { store }]) => taken?.get(path)?.store !== store)
    await Promise.all(others.map(([, { store }]) => store.close()))
  }

  /** The whole path of a file or folder that a setting names. */
  at(path: string): string {
    if (path.startsWith('~/')) return join(homedir(), path.slice(2))
    if (path.startsWith('///')) return fileURLToPath(new URL(`file:${path}`)) // file:///etc/...
    return resolve(this.#directory, path)
  }

  warn(warning: ProfileWarning): void {
    this.#terms.onWarning?.(warning)
  }

  async #read(reference: Reference, path: string, part: (text: string) => string): Promise<Secret> {
    const secret = await this.#kept(reference, path, part)
    this.#remember(path, secret.reveal())
    return secret
  }

  async #kept(reference: Reference, path: string, part: (text: string) => string): Promise<Secret> {
    switch (reference.kind) {
      case 'plain':
        return reference.value
      case 'env':
        return new Secret(part(this.#variable(reference.name, path)))
      case 'vault':
        return new Secret(part(await this.#fromVault(reference.name, path)))
      case 'file': {
        const octets = await this.#octetsOf(this.at(reference.path), path)
        return new Secret(part(octets.toString('utf8').replace(/^\ufeff/, ''))) // editors of Windows put it there
      }
    }
  }

  #variable(name: string, path: string): string {
    const value = (this.#terms.env ?? process.env)[name]
    if (value !== undefined && value !== '') return value
    const what = `is kept in the variable ${name}, which ${value === undefined ? 'is not set' : 'is empty'}`
    throw new SettingsError('settings.environment-missing', path, what, {
      hint: `Set ${name} for this process, or keep it elsewhere: file:PATH or vault:NAME.`,
    })
  }

  async #fromVault(name: string, path: string): Promise<string> {
    const { vault } = this.#terms
    if (!vault) {
      throw new SettingsError('settings.vault-missing', path, `is kept in a vault as ${name}, and there is no vault`, {
        hint: 'Give the function vault beside the profile, or keep it elsewhere: env:NAME or file:PATH.',
      })
    }
    const gives = async () => vault(name)
    try {
      const { result } = await inTime((signal) => unlessAborted(gives(), signal, 'wait'), {}, VAULT_MS, this.#signal, {
        phase: 'wait',
        hint: 'The vault gave nothing.',
      })
      return revealed(result)
    } catch (cause) {
      if (cause instanceof SettingsError || (this.#signal?.aborted && cause === this.#signal.reason)) throw cause
      throw new SettingsError('settings.vault', path, `could not be had from the vault as ${name}`, {
        cause,
        hint: 'See the cause: it is what the vault said.',
      })
    }
  }

  async #octetsOf(file: string, path: string): Promise<Buffer> {
    this.files.add(file)
    try {
      if (!(await stat(file)).isFile()) throw unreadable(file, path, 'it is no file') // to open a device can do something by itself
      const handle = await open(file, READ)
      try {
        const { size } = await handle.stat()
        if (size > MAX_OCTETS) throw unreadable(file, path, `it has more than ${MAX_OCTETS} octets`)
        return await handle.readFile()
      } finally {
        await handle.close()
      }
    } catch (cause) {
      if (cause instanceof SettingsError) throw cause
      throw unreadable(file, path, (cause as NodeJS.ErrnoException).code ?? 'unknown', cause)
    }
  }

  #remember(path: string, content: string | Uint8Array): void {
    this.digests.set(path, createHash('sha256').update(content).digest('hex'))
  }

  #warnOfPlain(path: string): void {
    this.warn({
      code: 'settings.plain-secret',
      path,
      message: 'stands in the profile in plain, for everybody who can read it',
      hint: 'Write env:NAME, file:PATH or vault:NAME in its place; a program can give a Secret.',
    })
  }

  async #warnOfReaders(file: string, path: string): Promise<void> {
    const place = this.at(file)
    if (process.platform === 'win32' || !(await everybodyReads(place))) return
    this.warn({
      code: 'settings.readable-secret',
      path,
      message: `is kept in ${place}, which everybody on this machine can read`,
      hint: `Take that right away: chmod o-r ${place}`,
    })
  }
}

/** True when the file and every folder on the way to it are open to others; a folder that is closed protects what is in it. */
async function everybodyReads(file: string): Promise<boolean> {
  try {
    const real = await realpath(file)
    if (!mayOthers(await stat(real), constants.S_IROTH)) return false
    for (let folder = dirname(real); ; folder = dirname(folder)) {
      if (!mayOthers(await stat(folder), constants.S_IXOTH)) return false
      if (folder === dirname(folder)) return true
    }
  } catch {
    return false // what cannot be looked at is not said to be open
  }
}

function mayOthers({ mode }: Stats, right: number): boolean {
  return (mode & right) !== 0
}

function firstLine(text: string): string {
  return text.split(/[\r\n]/, 1)[0]!
}

/** What a vault gave, which is a function of somebody else. */
function revealed(given: unknown): string {
  if (given instanceof Secret) return given.reveal()
  if (typeof given === 'string') return given
  throw new TypeError(`the vault gave ${given === null ? 'null' : typeof given} where a string or a Secret is wanted`)
}

function unreadable(file: string, path: string, reason: string, cause?: unknown): SettingsError {
  return new SettingsError('settings.file', path, `${file} cannot be read (${reason})`, {
    ...(cause === undefined ? {} : { cause }),
    hint: 'Check the path and the permissions of the file.',
  })
}
