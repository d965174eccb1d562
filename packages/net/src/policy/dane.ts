import { isForServers, readCertificate, verifyChain } from '@posthorn/certificate'
import type { Certificate } from '@posthorn/certificate'
import { createHash, X509Certificate } from 'node:crypto'
import { identityError } from '../identity.js'
import type { DaneRequirement, TlsaRecord } from '../options.js'

/** Whether a server is the one its TLSA records speak of. */
export interface DaneMatch {
  /** True when one of the records is met: then nothing else needs to be asked about the certificate. */
  readonly matched: boolean
  /** False when no record can be used: then TLS is required, and nobody is authenticated (RFC 7672 2.2). */
  readonly usable: boolean
  /** Which record was met (`TLSA 3 1 1`), or why none was. */
  readonly reason: string
  /** With `matched`: from the server's certificate to that of the record, which for DANE-EE(3) is the same. */
  readonly path?: readonly Certificate[] | undefined
}

/** DANE-TA(2): an authority that the chain must lead to. */
const TRUST_ANCHOR = 2
/** DANE-EE(3): the certificate of the server itself. */
const END_ENTITY = 3

const CERTIFICATE = 0
const PUBLIC_KEY = 1

const FULL = 0
/** Matching types that are digests, the strongest first (RFC 7671 9). */
const DIGESTS: readonly { readonly matching: number; readonly name: string; readonly octets: number }[] = [
  { matching: 2, name: 'sha512', octets: 64 },
  { matching: 1, name: 'sha256', octets: 32 },
]

/** More than any server has; further ones are not looked at. */
const MAX_RECORDS = 100
const MAX_CHAIN = 16

/**
 * Compares what a server showed with its TLSA records by the rules for mail (RFC 7672 3). DANE-EE(3) is met by the certificate or key
 * alone, whatever its names, dates and issuer (3.1.1). For DANE-TA(2) the chain must lead to the authority, and the certificate must be for
 * one of the names (3.1.2, 3.2). PKIX-TA(0) and PKIX-EE(1) cannot be used, nor records with unknown numbers, a digest of the wrong length
 * or a certificate that cannot be read. Of several digests for the same usage and selector the strongest alone counts (RFC 7671 9).
 * @param chain what the server showed, its own certificate first; the authority must be among them, unless a record has all of it
 * @param at the time for which dates are checked; default: now
 */
export async function matchDane(
  { records, names }: DaneRequirement,
  chain: readonly Certificate[],
  at = new Date(),
): Promise<DaneMatch> {
  const usable = usableTlsa(records)
  if (usable.length === 0) return { matched: false, usable: false, reason: 'no TLSA record can be used' }
  const [server, ...above] = chain.slice(0, MAX_CHAIN)
  if (!server) return { matched: false, usable: true, reason: 'the server showed no certificate' }

  const met = usable.find((record) => record.usage === END_ENTITY && meets(server, record))
  if (met) return { matched: true, usable: true, reason: described(met), path: [server] }

  const authorities = usable.filter(({ usage }) => usage === TRUST_ANCHOR)
  const candidates = [...above, ...authorities.flatMap(published)]
  // one and the same certificate cannot be the server and its authority
  const anchors = candidates.filter((each) => !sameOctets(each, server) && authorities.some((one) => meets(each, one)))
  if (anchors.length === 0) {
    return { matched: false, usable: true, reason: 'what the server showed meets no TLSA record' }
  }
  const verdict = await verifyChain(server, above, anchors, at, 'server')
  if (!verdict.trusted) return { matched: false, usable: true, reason: verdict.sentence }
  const problem = serverProblem(server, names)
  if (problem !== undefined) return { matched: false, usable: true, reason: problem }
  const { path } = verdict
  const record = authorities.find((each) => meets(path.at(-1)!, each))!
  return { matched: true, usable: true, reason: described(record), path }
}

/** Records that can be used for mail (RFC 7672 2.2, 3.1.3), without the digests that stronger ones make pointless (RFC 7671 9). */
export function usableTlsa(records: readonly TlsaRecord[]): readonly TlsaRecord[] {
  const wellFormed = records.slice(0, MAX_RECORDS).filter(isWellFormed)
  return wellFormed.filter(
    (record) =>
      record.matching === FULL ||
      !wellFormed.some(
        (other) =>
          other.usage === record.usage &&
          other.selector === record.selector &&
          strength(other.matching) > strength(record.matching),
      ),
  )
}

function isWellFormed(record: TlsaRecord): boolean {
  const { usage } = record
  return (usage === TRUST_ANCHOR || usage === END_ENTITY) && hasMeaning(record) && !isMalformed(record)
}

/** Whether selector and matching type are known. */
function hasMeaning({ selector, matching }: TlsaRecord): boolean {
  const isKnown = matching === FULL || DIGESTS.some((digest) => digest.matching === matching)
  return isKnown && (selector === CERTIFICATE || selector === PUBLIC_KEY)
}

/** True for a record whose data are not what its own numbers say: a digest of another length, or no certificate. */
export function isMalformed(record: TlsaRecord): boolean {
  if (!hasMeaning(record)) return false
  const { selector, matching, data } = record
  const digest = DIGESTS.find((each) => each.matching === matching)
  if (digest) return digest.octets !== data.length
  return selector === CERTIFICATE ? read(data) === undefined : data[0] !== 0x30
}

function strength(matching: number): number {
  const index = DIGESTS.findIndex((digest) => digest.matching === matching)
  return index < 0 ? 0 : DIGESTS.length - index
}

function meets(certificate: Certificate, { selector, matching, data }: TlsaRecord): boolean {
  const selected = selector === CERTIFICATE ? certificate.der : certificate.publicKeyDer
  const digest = DIGESTS.find((each) => each.matching === matching)
  return Buffer.compare(digest ? createHash(digest.name).update(selected).digest() : selected, data) === 0
}

/** The authority a record has in full: it need not be sent by the server (RFC 7671 5.2). */
function published({ selector, matching, data }: TlsaRecord): readonly Certificate[] {
  const certificate = selector === CERTIFICATE && matching === FULL ? read(data) : undefined
  return certificate ? [certificate] : []
}

/** Why a certificate whose chain is right is not the one that is wanted; undefined when it is. */
function serverProblem(server: Certificate, names: readonly string[]): string | undefined {
  if (!isForServers(server)) return `'${server.subject}' is not for servers`
  const x509 = new X509Certificate(server.der)
  if (names.some((name) => identityError(name.replace(/\.$/, ''), x509) === undefined)) return undefined
  return `'${server.subject}' is not for ${names.join(' or ')}`
}

function read(der: Uint8Array): Certificate | undefined {
  try {
    return readCertificate(der)
  } catch {
    return undefined // a record that cannot be read cannot be used
  }
}

function sameOctets(a: Certificate, b: Certificate): boolean {
  return Buffer.compare(a.der, b.der) === 0
}

function described({ usage, selector, matching }: TlsaRecord): string {
  return `TLSA ${usage} ${selector} ${matching}`
}
