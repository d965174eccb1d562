import { BerError, BerReader, insideOnly, TAG } from '../asn1/ber-reader.js'
import { equalOctets } from '../chain-of.js'
import type { SignedPart } from '../read-certificate.js'
import { pemBlocks } from '../store/pem-blocks.js'
import { inTurns } from '../store/steps.js'
import { Turn } from '../store/turn.js'
import { revocationExtensions } from './revocation-extensions.js'
import { asn1Time, GENERALIZED_TIME, UTC_TIME } from './revocation-time.js'
import type { Interval } from './revocation-time.js'

/** A list of revoked certificates (RFC 5280 5): read but for its entries, and not believed yet. */
export interface Crl extends Interval {
  /** The name of who issued it, DER. */
  readonly issuerDer: Uint8Array
  readonly scope: CrlScope
  /** The content of `revokedCertificates`. */
  readonly entries: Uint8Array
  readonly signed: SignedPart
}

/** Which certificates a CRL is about (issuingDistributionPoint, RFC 5280 5.2.5); without the extension: all of its issuer. */
export interface CrlScope {
  /** The addresses it is to be found at; undefined when it is not one of several. */
  readonly urls: readonly string[] | undefined
  readonly only: 'servers' | 'authorities' | undefined
  /** True when other reasons for revoking stand in another CRL. */
  readonly someReasons: boolean
}

const CONTEXT_0 = 0xa0
const URI = 0x86
const DELTA_CRL_INDICATOR = '2.5.29.27'
const ISSUING_DISTRIBUTION_POINT = '2.5.29.28'
const AUTHORITY_KEY_IDENTIFIER = '2.5.29.35'
const REASON_CODE = '2.5.29.21'
const MAX_NAMES = 100
/** An IssuingDistributionPoint has six fields. */
const MAX_FIELDS = 6
/** What is fetched by HTTP is DER (RFC 5280 4.2.1.13); some authorities put PEM there all the same. */
const MAX_PEM_OCTETS = 1024 * 1024

/**
 * Reads a CRL out of DER or, up to 1 MiB, PEM. Nothing is believed yet, so nothing may cost much: indefinite lengths and more than 50 extensions
 * are refused.
 * @throws {BerError} when it is none, or one that cannot be used: a delta, an indirect one, one for attribute certificates, or one with a
 *   critical extension that is not known. The message goes on from `the CRL`
 */
export function readCrl(octets: Uint8Array): Crl {
  const outer = insideOnly(derOf(octets), TAG.sequence, 'definite')
  const toBeSigned = outer.next(TAG.sequence)
  const algorithm = outer.next(TAG.sequence).whole
  const signature = outer.next(TAG.bitString).content.subarray(1)

  const reader = new BerReader(toBeSigned.content, 'definite')
  reader.optional(TAG.integer) // the version: 2 when there are extensions
  const algorithmInside = reader.next(TAG.sequence).whole
  const issuerDer = reader.next(TAG.sequence).whole
  const thisUpdate = asn1Time(reader.next())
  const hasNext = reader.nextTag === UTC_TIME || reader.nextTag === GENERALIZED_TIME
  const nextUpdate = hasNext ? asn1Time(reader.next()) : undefined
  const entries = reader.optional(TAG.sequence)?.content ?? new Uint8Array()
  const known = [ISSUING_DISTRIBUTION_POINT, AUTHORITY_KEY_IDENTIFIER, DELTA_CRL_INDICATOR]
  const extensions = revocationExtensions(reader.optional(CONTEXT_0)?.content, known, 'definite')
  if (!reader.done) throw new BerError('has octets behind its end')
  if (extensions.has(DELTA_CRL_INDICATOR)) throw new BerError('has changes only (a delta CRL)')
  return {
    issuerDer,
    thisUpdate,
    nextUpdate,
    scope: scopeOf(extensions.get(ISSUING_DISTRIBUTION_POINT)),
    entries,
    signed: { octets: toBeSigned.whole, algorithm, algorithmInside, signature },
  }
}

function derOf(octets: Uint8Array): Uint8Array {
  if (octets[0] === TAG.sequence) return octets
  if (octets.length > MAX_PEM_OCTETS) throw new BerError('is not DER, and too large for PEM')
  const text = Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1')
  const [block] = pemBlocks(text, ['X509 CRL'], 'the CRL', 'crl')
  if (!block) throw new BerError('is neither DER nor PEM')
  return block.octets
}

/** Implicit tags of IssuingDistributionPoint. */
const POINT = { name: 0xa0, users: 0x81, authorities: 0x82, reasons: 0x83, indirect: 0x84, attributes: 0x85 } as const

function scopeOf(value: Uint8Array | undefined): CrlScope {
  const reader = value && insideOnly(value, TAG.sequence, 'definite')
  let scope: CrlScope = { urls: undefined, only: undefined, someReasons: false }
  for (let count = 1; reader && !reader.done; count++) {
    if (count > MAX_FIELDS) throw new BerError('says too much about what it is for')
    const { tag, content } = reader.next()
    const isTrue = content[0] !== 0
    if (tag === POINT.name) scope = { ...scope, urls: urlsOf(content) }
    else if (tag === POINT.users && isTrue) scope = { ...scope, only: 'servers' }
    else if (tag === POINT.authorities && isTrue) scope = { ...scope, only: 'authorities' }
    else if (tag === POINT.reasons) scope = { ...scope, someReasons: true }
    else if (tag === POINT.indirect && isTrue) throw new BerError('is about certificates of several issuers (indirect)')
    else if (tag === POINT.attributes && isTrue) throw new BerError('is about attribute certificates')
  }
  return scope
}

/** Of a DistributionPointName; none when it is relative to a name, or has no address. */
function urlsOf(pointName: Uint8Array): readonly string[] {
  const names = new BerReader(pointName, 'definite').optional(CONTEXT_0)
  const reader = names && new BerReader(names.content, 'definite')
  const urls: string[] = []
  for (let count = 0; reader && !reader.done && count < MAX_NAMES; count++) {
    const { tag, content } = reader.next()
    if (tag === URI) urls.push(Buffer.from(content).toString('latin1'))
  }
  return urls
}

const ENTRIES_AT_A_TIME = 100

/**
 * When a certificate was revoked according to a CRL; undefined when it does not stand there. An entry counts whatever its reason is: a
 * certificate on hold must not be used, and `removeFromCRL` means something in delta CRLs only. All entries are looked at, since one
 * with a critical extension that is not known makes the whole CRL unusable (RFC 5280 5.3); others get a turn meanwhile.
 * @throws {BerError} when the entries cannot be read or used
 */
export async function revokedAt({ entries }: Crl, serialNumber: Uint8Array): Promise<Date | undefined> {
  const list = new BerReader(entries, 'definite')
  const turn = new Turn()
  let found: Date | undefined
  for (let count = 0; !list.done; count++) {
    if (count % ENTRIES_AT_A_TIME === 0) await inTurns(turn.pass())
    const entry = list.inside()
    const isMeant = equalOctets(entry.next(TAG.integer).content, serialNumber)
    const date = entry.next()
    if (isMeant) found = asn1Time(date)
    if (!entry.done) revocationExtensions(entry.next(TAG.sequence).whole, [REASON_CODE], 'definite')
  }
  return found
}
