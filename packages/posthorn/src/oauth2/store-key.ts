import { createHmac, randomBytes, scrypt } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import type { Secret } from '@posthorn/ground'
import { SettingsError } from '@posthorn/ground'
import { makeFile } from './replace-file.js'

/** What the file says about its key. */
export type KeyTerms =
  | { readonly kind: 'key'; readonly id: string }
  | { readonly kind: 'passphrase'; readonly id: string; readonly salt: string; readonly cost: number }

/** Where the key comes from. */
export type KeySource =
  | { readonly kind: 'key'; readonly key: Uint8Array }
  | { readonly kind: 'passphrase'; readonly passphrase: Secret }
  | { readonly kind: 'file'; readonly path: string }

export const KEY_OCTETS = 32
const SALT_OCTETS = 16
/** scrypt's N, with r = 8 and p = 1: 64 MiB and about a fifth of a second. */
const COST = 65_536
/** What a file may ask for. */
const MAX_COST = 131_072

/** The key of a file that is there. @throws {SettingsError} `oauth2.store-key` when it is another one */
export async function existingKey(source: KeySource, terms: KeyTerms): Promise<Uint8Array> {
  const key = await keyFor(source, terms)
  if (keyId(key) !== terms.id) throw wrongKey('is not the one the file was made with')
  return key
}

async function keyFor(source: KeySource, terms: KeyTerms): Promise<Uint8Array> {
  if ((terms.kind === 'passphrase') !== (source.kind === 'passphrase'))
    throw wrongKey(`is given as ${source.kind}, and the file was made with a ${terms.kind}`)
  if (source.kind === 'key') return source.key
  if (source.kind === 'file') {
    const key = await readKeyFile(source.path)
    if (!key) throw wrongKey('is missing: the key file is not there')
    return key
  }
  if (terms.kind !== 'passphrase') throw wrongKey('is of another kind')
  return derive(source.passphrase, Buffer.from(terms.salt, 'base64'), terms.cost)
}

/** A key for a new file. Makes the key file if there is none: other stores may share it, and do the same at this moment. */
export async function newKey(source: KeySource): Promise<{ readonly key: Uint8Array; readonly terms: KeyTerms }> {
  if (source.kind === 'passphrase') {
    const salt = randomBytes(SALT_OCTETS)
    const key = await derive(source.passphrase, salt, COST)
    return { key, terms: { kind: 'passphrase', id: keyId(key), salt: salt.toString('base64'), cost: COST } }
  }
  const key =
    source.kind === 'key' ? source.key : ((await readKeyFile(source.path)) ?? (await makeKeyFile(source.path)))
  return { key, terms: { kind: 'key', id: keyId(key) } }
}

/** Whether terms read from a file can be kept to: nobody makes this process compute for hours. */
export function isKeyTerms(value: unknown): value is KeyTerms {
  const { kind, id, salt, cost } = (value ?? {}) as Record<string, unknown>
  if (typeof id !== 'string') return false
  if (kind === 'key') return true
  const power = typeof cost === 'number' && Number.isSafeInteger(cost) && cost >= 2 && (cost & (cost - 1)) === 0
  return kind === 'passphrase' && typeof salt === 'string' && salt.length <= 100 && power && cost <= MAX_COST
}

/** Tells keys apart and says nothing about them. */
function keyId(key: Uint8Array): string {
  return createHmac('sha256', key).update('posthorn token store').digest('hex').slice(0, 16)
}

function derive(passphrase: Secret, salt: Uint8Array, cost: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    scrypt(
      passphrase.reveal().normalize('NFC'),
      salt,
      KEY_OCTETS,
      { N: cost, r: 8, p: 1, maxmem: 2048 * cost },
      (error, key) => (error ? reject(error) : resolve(key)),
    )
  })
}

async function readKeyFile(path: string): Promise<Uint8Array | undefined> {
  let text: string
  try {
    if (process.platform !== 'win32' && ((await stat(path)).mode & 0o077) !== 0)
      throw wrongKey('is in a file that others may read', 'Set the mode of the key file to 0600.')
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof SettingsError) throw error
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown'
    if (reason === 'ENOENT') return undefined
    throw wrongKey(`cannot be read (${reason})`)
  }
  const key = Buffer.from(text.trim(), 'base64')
  if (key.length !== KEY_OCTETS) throw wrongKey('is damaged: the key file does not hold 32 octets in base64')
  return key
}

async function makeKeyFile(path: string): Promise<Uint8Array> {
  const key = randomBytes(KEY_OCTETS)
  if (await makeFile(path, `${key.toString('base64')}\n`)) return key
  const theirs = await readKeyFile(path)
  if (!theirs) throw wrongKey('is missing: the key file was there and is gone')
  return theirs
}

function wrongKey(problem: string, hint?: string): SettingsError {
  return new SettingsError('oauth2.store-key', 'store.key', problem, {
    phase: 'auth',
    hint:
      hint ?? 'Give the key or passphrase the file was made with. If it is lost, remove the file and sign in again.',
  })
}
