import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import type { Stats } from 'node:fs'
import { open } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { refusal } from '../refusal.js'
import { isElement, isTextOfStore } from './text-in-path.js'
import { namesWindowsStore, windowsStoreUnavailable } from './windows-store.js'
import { step } from './steps.js'
import type { Steps } from './steps.js'

/**
 * Where a store is: a file, octets, or text, which is PEM, another kind of text, or the base64 of a store. A string is never taken for a path, so that a store in
 * an environment variable and a file cannot be mixed up.
 */
export type StoreSource = { readonly path: string | URL } | Uint8Array | string

/** The octets of a store, and what to call it in a sentence. */
export interface StoreOctets {
  readonly octets: Uint8Array
  readonly place: string
}

/** No store of people and authorities comes near; a file of this size was not meant to be one. */
const MAX_OCTETS = 8 * 1024 * 1024

/**
 * Reads a store and takes the base64 around it off.
 * @throws {SettingsError} `certificate.unreadable` when there is no such file; `certificate.format` when it is larger than 8 MiB, when this
 *   is no source, and when the path is the text of a store, of which nothing stands in the error
 */
export function* readStoreSource(source: StoreSource, field: string): Steps<StoreOctets> {
  if (typeof source === 'string') {
    if (source.length > MAX_OCTETS) throw tooLarge(field, 'the text')
    return { octets: withoutBase64(Buffer.from(source, 'utf8')), place: 'the text' }
  }
  if (source instanceof Uint8Array) {
    if (source.length > MAX_OCTETS) throw tooLarge(field, 'the store')
    return { octets: withoutBase64(source), place: 'the store' }
  }
  const path = pathOf(source, field)
  const place = `the file ${path}`
  return { octets: withoutBase64(yield* fileOctets(path, field, place)), place }
}

/**
 * The path in a source.
 * @throws {SettingsError} `certificate.format` for what is no source, and for a path that is the text of a store or a PKCS #11 URI
 */
export function pathOf(source: unknown, field: string): string {
  const given: unknown = typeof source === 'object' && source !== null && 'path' in source ? source.path : undefined
  if (typeof given !== 'string' && !(given instanceof URL)) {
    const what = source === undefined || source === null ? 'is missing' : 'is neither text nor octets nor { path }'
    throw refusal('certificate.format', field, what, PATH_HINT)
  }
  const path = given instanceof URL ? pathOfUrl(given) : given
  if (path === undefined) throw refusal('certificate.format', field, 'is a URL that names no file', PATH_HINT)
  if (!isTextOfStore(path)) return path
  const hint = 'Give the text itself, and not { path }; a token by its PKCS #11 URI as text.'
  throw refusal('certificate.format', field, 'has the text of a store, or of a PKCS #11 URI, for its path', hint)
}

function pathOfUrl(url: URL): string | undefined {
  try {
    return fileURLToPath(url)
  } catch {
    return undefined // without the cause: what is no file may have anything in it
  }
}

const PATH_HINT = 'Give the text of a PEM file, or { path } for a file.'

function* fileOctets(path: string, field: string, place: string): Steps<Uint8Array> {
  try {
    const check = (facts: Stats): void => {
      if (!facts.isFile()) throw refusal('certificate.unreadable', field, `${place} is not a file`, PATH_HINT)
      if (facts.size > MAX_OCTETS) throw tooLarge(field, place)
    }
    return yield* step<Uint8Array>(
      () => readNow(path, check),
      () => readLater(path, check),
    )
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code
    if (reason === undefined || reason.startsWith('certificate.')) throw error
    if (namesWindowsStore(path)) throw windowsStoreUnavailable(field, path)
    const hint = 'Check the path and the permissions of the file.'
    throw refusal('certificate.unreadable', field, `${place} cannot be read (${reason})`, hint, error)
  }
}

// a FIFO would keep a thread of the pool until somebody writes
const FLAGS = constants.O_RDONLY | ((constants.O_NONBLOCK as number | undefined) ?? 0)

function readNow(path: string, check: (facts: Stats) => void): Uint8Array {
  const file = openSync(path, FLAGS)
  try {
    check(fstatSync(file))
    return readFileSync(file)
  } finally {
    closeSync(file)
  }
}

async function readLater(path: string, check: (facts: Stats) => void): Promise<Uint8Array> {
  const file = await open(path, FLAGS)
  try {
    check(await file.stat())
    return await file.readFile()
  } finally {
    await file.close()
  }
}

function tooLarge(field: string, place: string): Error {
  return refusal(
    'certificate.format',
    field,
    `${place} is larger than 8 MiB`,
    'Give a file of certificates and keys alone.',
  )
}

/** The first octets of a Java key store, JKS and JCEKS: the only binary kinds that are not ASN.1. */
const JAVA_MAGIC: readonly number[] = [0xfeedfeed, 0xcececece]

/** Base64 without armour is unpacked when what comes out is ASN.1 or a Java key store; anything else stays as it is. */
function withoutBase64(octets: Uint8Array): Uint8Array {
  const text = Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1')
  if (/[^\w+/=\r\n -]/.test(text)) return octets
  const inner = Buffer.from(text, 'base64') // takes base64url as well
  const isJava = inner.length > 4 && JAVA_MAGIC.includes(inner.readUInt32BE())
  return isJava || isElement(inner) ? inner : octets
}
