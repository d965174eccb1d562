import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Secret, SettingsError } from '@posthorn/ground'
import { withFileLock, type HeldLock } from './file-lock.js'
import { replaceFile } from './replace-file.js'
import { parseStoreFile, seal, storeFileText, unseal, type StoreFile } from './store-file.js'
import { existingKey, KEY_OCTETS, newKey, type KeySource } from './store-key.js'
import type { StoredTokens, TokenStore } from './token-store.js'

/** Where an encrypted token file is, and what opens it. */
export interface FileTokenStoreOptions {
  readonly path: string
  /** 32 octets, or a passphrase. Default: a key of its own in a file beside it, `keyFile`. */
  readonly key?: Uint8Array | undefined
  readonly passphrase?: string | Secret | undefined
  /** Made with mode 0600 when it is not there. Default: the path with `.key` behind it. */
  readonly keyFile?: string | undefined
}

const MAX_FILE_OCTETS = 10_000_000

/**
 * Keeps tokens in a file, each sealed with AES-256-GCM under the name of its credential, for any number of credentials and of processes
 * on this machine. A write replaces the file whole and is flushed to the disk. A damaged file is an error and stays as it is. The names
 * of the credentials can be read in it. Beside it, a folder with `.lock` behind its name keeps the processes apart.
 */
export class FileTokenStore implements TokenStore {
  #path: string
  #source: KeySource
  /** The key that was used last, so that a passphrase is stretched once. */
  #known: { readonly id: string; readonly key: Uint8Array } | undefined
  /** The credentials that are locked here. */
  #held = new Map<string, HeldLock>()

  /** @throws {SettingsError} `oauth2.settings` */
  constructor({ path, key, passphrase, keyFile }: FileTokenStoreOptions) {
    const given = [key, passphrase, keyFile].filter((each) => each !== undefined)
    if (given.length > 1) throw wrong('store.key', 'stands beside another key', 'Give key, passphrase or keyFile.')
    if (!path) throw wrong('store.path', 'is missing', 'Give the path of the token file.')
    if (key && key.length !== KEY_OCTETS) throw wrong('store.key', 'is not 32 octets long', 'Give 32 random octets.')
    if (passphrase !== undefined && Secret.of(passphrase).reveal() === '')
      throw wrong('store.passphrase', 'is empty', 'Give a passphrase, or leave it out.')
    this.#path = resolve(path)
    if (key) this.#source = { kind: 'key', key }
    else if (passphrase !== undefined) this.#source = { kind: 'passphrase', passphrase: Secret.of(passphrase) }
    else this.#source = { kind: 'file', path: resolve(keyFile ?? `${path}.key`) }
  }

  async read(credential: string): Promise<StoredTokens | undefined> {
    const file = await this.#load()
    return file && this.#open(file, credential)
  }

  async write(credential: string, tokens: StoredTokens | undefined): Promise<void> {
    // all credentials are in one file: no other may be written meanwhile
    await withFileLock(this.#lockFolder('file'), async () => {
      const file = (await this.#load()) ?? (await this.#begin())
      await this.#open(file, credential) // an entry that cannot be read is not written over
      const entries = new Map(file.entries)
      if (tokens) entries.set(credential, seal(tokens, credential, await this.#keyOf(file), file.key))
      else entries.delete(credential)
      await this.#held.get(credential)?.check()
      try {
        await replaceFile(this.#path, storeFileText({ key: file.key, entries }))
      } catch (cause) {
        throw unwritable(cause)
      }
    })
  }

  lock<T>(credential: string, run: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const name = createHash('sha256').update(credential).digest('hex').slice(0, 32)
    const locked = async (held: HeldLock) => {
      this.#held.set(credential, held)
      try {
        return await run()
      } finally {
        if (this.#held.get(credential) === held) this.#held.delete(credential)
      }
    }
    return withFileLock(this.#lockFolder(name), locked, { signal })
  }

  #lockFolder(name: string): string {
    return join(`${this.#path}.lock`, name)
  }

  async #load(): Promise<StoreFile | undefined> {
    let text: string
    try {
      text = await readFile(this.#path, 'utf8')
    } catch (cause) {
      const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown'
      if (reason === 'ENOENT') return undefined
      throw new SettingsError('oauth2.store-read', 'store.path', `cannot be read (${reason})`, {
        phase: 'auth',
        cause,
        hint: 'Check the path and the permissions of the file.',
      })
    }
    const file = text.length > MAX_FILE_OCTETS ? undefined : parseStoreFile(text)
    if (!file) throw damaged('is no token file, or is damaged')
    return file
  }

  async #open(file: StoreFile, credential: string): Promise<StoredTokens | undefined> {
    const sealed = file.entries.get(credential)
    const key = await this.#keyOf(file)
    if (sealed === undefined) return undefined
    const tokens = unseal(sealed, credential, key, file.key)
    if (!tokens) throw damaged('has a damaged entry for this credential')
    return tokens
  }

  async #keyOf({ key: terms }: StoreFile): Promise<Uint8Array> {
    if (this.#known?.id !== terms.id) this.#known = { id: terms.id, key: await existingKey(this.#source, terms) }
    return this.#known.key
  }

  async #begin(): Promise<StoreFile> {
    try {
      const { key, terms } = await newKey(this.#source)
      this.#known = { id: terms.id, key }
      return { key: terms, entries: new Map() }
    } catch (cause) {
      throw unwritable(cause)
    }
  }
}

function damaged(problem: string): SettingsError {
  return new SettingsError('oauth2.store-damaged', 'store.path', problem, {
    phase: 'auth',
    hint: 'It was left as it is. Put a copy of it in its place, or move it away and sign in again.',
  })
}

function unwritable(cause: unknown): SettingsError {
  if (cause instanceof SettingsError) return cause
  const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown'
  return new SettingsError('oauth2.store-write', 'store.path', `cannot be written (${reason})`, {
    phase: 'auth',
    outcome: 'transient',
    cause,
    hint: 'Check that the folder exists, that this user may write to it, and that there is room.',
  })
}

function wrong(field: string, problem: string, hint: string): SettingsError {
  return new SettingsError('oauth2.settings', field, problem, { hint })
}
