import { open } from 'node:fs/promises'
import { BerReader } from '../asn1/ber-reader.js'
import { refusal } from '../refusal.js'
import { namesWindowsStore, windowsStoreUnavailable } from './windows-store.js'

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
 * @throws {SettingsError} `certificate.unreadable` when there is no such file; `certificate.format` when it is larger than 8 MiB
 */
export async function readStoreSource(source: StoreSource, field: string): Promise<StoreOctets> {
  if (typeof source === 'string') {
    if (source.length > MAX_OCTETS) throw tooLarge(field, 'the text')
    return { octets: withoutBase64(Buffer.from(source, 'utf8')), place: 'the text' }
  }
  if (source instanceof Uint8Array) {
    if (source.length > MAX_OCTETS) throw tooLarge(field, 'the store')
    return { octets: withoutBase64(source), place: 'the store' }
  }
  const place = `the file ${source.path instanceof URL ? source.path.pathname : source.path}`
  return { octets: withoutBase64(await fileOctets(source.path, field, place)), place }
}

const PATH_HINT = 'Give the text of a PEM file, or { path } for a file.'

async function fileOctets(path: string | URL, field: string, place: string): Promise<Uint8Array> {
  try {
    const file = await open(path)
    try {
      const facts = await file.stat()
      if (!facts.isFile()) throw refusal('certificate.unreadable', field, `${place} is not a file`, PATH_HINT)
      if (facts.size > MAX_OCTETS) throw tooLarge(field, place)
      return await file.readFile()
    } finally {
      await file.close()
    }
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code
    if (reason === undefined || reason.startsWith('certificate.')) throw error
    if (namesWindowsStore(path)) throw windowsStoreUnavailable(field, path)
    const hint = 'Check the path and the permissions of the file.'
    throw refusal('certificate.unreadable', field, `${place} cannot be read (${reason})`, hint, error)
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

const SEQUENCE = 0x30
/** The first octets of a Java key store, JKS and JCEKS: the only binary kinds that are not ASN.1. */
const JAVA_MAGIC: readonly number[] = [0xfeedfeed, 0xcececece]

/** Base64 without armour is unpacked when what comes out is ASN.1 or a Java key store; anything else stays as it is. */
function withoutBase64(octets: Uint8Array): Uint8Array {
  if (octets[0] === undefined || !octets.every(isBase64)) return octets
  const inner = Buffer.from(Buffer.from(octets).toString('latin1'), 'base64')
  const isJava = inner.length > 4 && JAVA_MAGIC.includes(inner.readUInt32BE())
  return isJava || (inner[0] === SEQUENCE && isElement(inner)) ? inner : octets
}

function isBase64(octet: number): boolean {
  return (
    (octet >= 0x61 && octet <= 0x7a) || // a-z
    (octet >= 0x41 && octet <= 0x5a) || // A-Z
    (octet >= 0x2f && octet <= 0x39) || // "/" and digits
    octet === 0x2b ||
    octet === 0x3d ||
    octet === 0x0a ||
    octet === 0x0d ||
    octet === 0x20
  )
}

function isElement(octets: Uint8Array): boolean {
  try {
    new BerReader(octets).next()
    return true
  } catch {
    return false
  }
}
