import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { Secret } from '@posthorn/ground'
import { isKeyTerms, type KeyTerms } from './store-key.js'
import type { StoredTokens } from './token-store.js'

const FORMAT = 'posthorn tokens'
const NONCE_OCTETS = 12
const TAG_OCTETS = 16

/** A token file: what its key is, and one sealed entry for each credential. */
export interface StoreFile {
  readonly key: KeyTerms
  /** Base64: nonce, ciphertext, tag. */
  readonly entries: ReadonlyMap<string, string>
}

/** Undefined for a text that is no token file, or not a whole one. */
export function parseStoreFile(text: string): StoreFile | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const { format, version, key, entries } = (value ?? {}) as Record<string, unknown>
  if (format !== FORMAT || version !== 1 || !isKeyTerms(key)) return undefined
  if (typeof entries !== 'object' || entries === null || Array.isArray(entries)) return undefined
  const list = Object.entries(entries)
  if (!list.every((entry): entry is [string, string] => typeof entry[1] === 'string')) return undefined
  return { key, entries: new Map(list) }
}

export function storeFileText({ key, entries }: StoreFile): string {
  return `${JSON.stringify({ format: FORMAT, version: 1, key, entries: Object.fromEntries(entries) }, null, 1)}\n`
}

/** AES-256-GCM; an entry opens under its own name and key alone. */
export function seal(tokens: StoredTokens, credential: string, key: Uint8Array, terms: KeyTerms): string {
  const nonce = randomBytes(NONCE_OCTETS)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_OCTETS })
  cipher.setAAD(boundTo(credential, terms))
  const sealed = [nonce, cipher.update(plainText(tokens)), cipher.final(), cipher.getAuthTag()]
  return Buffer.concat(sealed).toString('base64')
}

/** Undefined for an entry that was changed, or belongs to another name. */
export function unseal(sealed: string, credential: string, key: Uint8Array, terms: KeyTerms): StoredTokens | undefined {
  const octets = Buffer.from(sealed, 'base64')
  if (octets.length < NONCE_OCTETS + TAG_OCTETS) return undefined
  try {
    const options = { authTagLength: TAG_OCTETS }
    const decipher = createDecipheriv('aes-256-gcm', key, octets.subarray(0, NONCE_OCTETS), options)
    decipher.setAAD(boundTo(credential, terms))
    decipher.setAuthTag(octets.subarray(-TAG_OCTETS))
    const plain = Buffer.concat([decipher.update(octets.subarray(NONCE_OCTETS, -TAG_OCTETS)), decipher.final()])
    return tokensOf(JSON.parse(plain.toString('utf8')) as Readonly<Record<string, unknown>>)
  } catch {
    return undefined
  }
}

function boundTo(credential: string, { id }: KeyTerms): Buffer {
  return Buffer.from(JSON.stringify([FORMAT, 1, id, credential]))
}

function plainText({ accessToken, refreshToken, previousRefreshToken, ...rest }: StoredTokens): string {
  return JSON.stringify({
    ...rest,
    accessToken: accessToken?.reveal(),
    refreshToken: refreshToken?.reveal(),
    previousRefreshToken: previousRefreshToken?.reveal(),
  })
}

function tokensOf(value: Readonly<Record<string, unknown>>): StoredTokens {
  const secret = (name: string) => (typeof value[name] === 'string' ? new Secret(value[name]) : undefined)
  const text = (name: string) => (typeof value[name] === 'string' ? value[name] : undefined)
  const number = (name: string) => (typeof value[name] === 'number' ? value[name] : undefined)
  return {
    accessToken: secret('accessToken'),
    obtainedAt: number('obtainedAt') ?? 0,
    expiresAt: number('expiresAt'),
    refreshToken: secret('refreshToken'),
    previousRefreshToken: secret('previousRefreshToken'),
    seed: text('seed'),
    owner: text('owner'),
    purpose: text('purpose'),
  }
}
