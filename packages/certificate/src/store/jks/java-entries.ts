import { Turn } from '../turn.js'
import { JavaFormatError, JavaOctets } from './java-octets.js'
import { passOverSealedKey } from './sealed-key.js'
import type { Steps } from '../steps.js'

/** JKS, Sun's first store, and JCEKS, which is the same with better protected keys and with secrets. */
const MAGICS: readonly number[] = [0xfeedfeed, 0xcececece]

const KEY = 1
const TRUSTED = 2
const SECRET = 3

const MAX_ENTRIES = 10_000
const MAX_CHAIN = 100
/** In all entries together, of whatever type. */
const MAX_CERTIFICATES = 10_000
const DIGEST_OCTETS = 20

/** One entry: a trusted certificate has no key; a private key comes with its certificate and those of its issuers. */
export interface JavaEntry {
  readonly alias: string
  /** An EncryptedPrivateKeyInfo (RFC 5958 3). */
  readonly protectedKey?: Uint8Array
  /** DER; X.509 alone. */
  readonly certificates: readonly Uint8Array[]
}

/** A Java key store taken apart. */
export interface JavaStore {
  readonly entries: readonly JavaEntry[]
  /** The octets that the digest at the end is about. */
  readonly content: Uint8Array
  readonly digest: Uint8Array
}

/** Whether a store begins with one of the two magic numbers. */
export function isJavaStore(octets: Uint8Array): boolean {
  return octets.length >= 4 && MAGICS.includes(new JavaOctets(octets).int())
}

/**
 * Takes a JKS or JCEKS store of version 1 or 2 apart; nothing is opened and nothing believed yet. Secret keys are passed over.
 * Others get a turn in between.
 * @throws {JavaFormatError} when it is malformed, or has more than 10 000 entries, 100 certificates for one key or 10 000 for all
 */
export function* readJavaStore(octets: Uint8Array): Steps<JavaStore> {
  const reader = new JavaOctets(octets)
  if (!MAGICS.includes(reader.int())) throw new JavaFormatError('begins with another number')
  const version = reader.int()
  if (version !== 1 && version !== 2) throw new JavaFormatError(`is of version ${version}`)
  const count = reader.int()
  if (count > MAX_ENTRIES) throw new JavaFormatError(`has more than ${MAX_ENTRIES} entries`)
  const entries: JavaEntry[] = []
  const turn = new Turn()
  let total = 0
  for (let index = 0; index < count; index++) {
    yield* turn.pass()
    const kind = reader.int()
    const alias = reader.text()
    reader.octets(8) // when it was made
    if (kind === SECRET) passOverSealedKey(reader)
    else if (kind === KEY || kind === TRUSTED) {
      const protectedKey = kind === KEY ? reader.octets(reader.int()) : undefined
      const chain = kind === KEY ? reader.int() : 1
      if (chain > MAX_CHAIN) throw new JavaFormatError(`has a chain of more than ${MAX_CHAIN} certificates`)
      total += chain
      if (total > MAX_CERTIFICATES) throw new JavaFormatError(`has more than ${MAX_CERTIFICATES} certificates`)
      entries.push({ alias, ...(protectedKey && { protectedKey }), certificates: certificates(reader, chain, version) })
    } else throw new JavaFormatError(`has an entry of a kind that is not known (${kind})`)
  }
  const content = octets.subarray(0, reader.position)
  const digest = reader.octets(DIGEST_OCTETS)
  if (reader.position !== octets.length) throw new JavaFormatError('octets follow the end')
  return { entries, content, digest }
}

/** Version 1 has X.509 alone and does not say so. */
function certificates(reader: JavaOctets, count: number, version: number): readonly Uint8Array[] {
  const found: Uint8Array[] = []
  for (let index = 0; index < count; index++) {
    const type = version === 1 ? 'X.509' : reader.text()
    const octets = reader.octets(reader.int())
    if (type === 'X.509') found.push(octets)
  }
  return found
}
