import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { readCertificate, type Certificate } from '../src/index.js'
import { certificateParts } from '../src/read-certificate.js'
import { element, integer, nothing, octetString, oid, sequence } from './der-writer.js'
import { ecdsa, ecKeys, extension, madeCertificate, pkcs1, type Signing } from './made-certificate.js'

/** A certificate with what is needed to sign in its name. */
export interface MadeIssuer {
  readonly certificate: Certificate
  readonly signing: Signing
}

const SHA1 = '1.3.14.3.2.26'
const HOUR_MS = 3_600_000

export const KINDS = ['ecdsa', 'rsa', 'pss', 'ed25519'] as const
let rsa: { publicKey: KeyObject; privateKey: KeyObject } | undefined

/** A key of each kind, and how it signs. */
export function signingOf(kind: (typeof KINDS)[number]): { publicKey: KeyObject; signing: Signing } {
  if (kind === 'ecdsa') {
    const keys = ecKeys()
    return { publicKey: keys.publicKey, signing: ecdsa(keys.privateKey) }
  }
  if (kind === 'ed25519') {
    const keys = generateKeyPairSync('ed25519')
    const algorithm = sequence(oid('1.3.101.112'))
    return { publicKey: keys.publicKey, signing: { key: keys.privateKey, digest: null, algorithm } }
  }
  rsa ??= generateKeyPairSync('rsa', { modulusLength: 2048 }) // one for all: it takes long to make
  if (kind === 'rsa') {
    return { publicKey: rsa.publicKey, signing: pkcs1(rsa.privateKey, 'sha256', '1.2.840.113549.1.1.11') }
  }
  const sha256 = sequence(oid('2.16.840.1.101.3.4.2.1'), nothing())
  const parameters = sequence(
    element(0xa0, sha256),
    element(0xa1, sequence(oid('1.2.840.113549.1.1.8'), sha256)),
    element(0xa2, integer(32)),
  )
  return {
    publicKey: rsa.publicKey,
    signing: {
      key: rsa.privateKey,
      digest: 'sha256',
      options: { padding: 6, saltLength: 32 },
      algorithm: sequence(oid('1.2.840.113549.1.1.10'), parameters),
    },
  }
}

let serial = 1000

/** A self-signed authority, or one below another. */
export function madeAuthority(
  name: string,
  facts: { issuer?: MadeIssuer; kind?: (typeof KINDS)[number]; extensions?: readonly Buffer[] } = {},
): MadeIssuer {
  const { publicKey, signing } = signingOf(facts.kind ?? 'ecdsa')
  const der = madeCertificate({
    subject: name,
    issuer: facts.issuer ? commonNameOf(facts.issuer.certificate) : name,
    publicKey,
    signing: facts.issuer?.signing ?? signing,
    isAuthority: true,
    serialNumber: ++serial,
    ...(facts.extensions ? { extensions: facts.extensions } : {}),
  })
  return { certificate: readCertificate(der), signing }
}

/** A certificate that is no authority. */
export function madeLeaf(
  name: string,
  issuer: MadeIssuer,
  extensions: readonly Buffer[] = [],
  kind: (typeof KINDS)[number] = 'ecdsa',
): MadeIssuer {
  const { publicKey, signing } = signingOf(kind)
  const der = madeCertificate({
    subject: name,
    issuer: commonNameOf(issuer.certificate),
    publicKey,
    signing: issuer.signing,
    serialNumber: ++serial,
    extensions,
  })
  return { certificate: readCertificate(der), signing }
}

const commonNameOf = ({ subject }: Certificate) => subject.replace('CN=', '')

/** authorityInfoAccess with OCSP addresses. */
export function ocspAddresses(...urls: readonly string[]): Buffer {
  const descriptions = urls.map((url) => sequence(oid('1.3.6.1.5.5.7.48.1'), uri(url)))
  return extension('1.3.6.1.5.5.7.1.1', sequence(...descriptions))
}

/** cRLDistributionPoints, one point for each address. */
export function crlAddresses(...urls: readonly string[]): Buffer {
  return extension('2.5.29.31', sequence(...urls.map((url) => sequence(pointName(url)))))
}

/** DistributionPointName with a full name, explicit in its own field. */
export const pointName = (url: string): Buffer => element(0xa0, element(0xa0, uri(url)))
export const MUST_STAPLE = extension('1.3.6.1.5.5.7.1.24', sequence(integer(5)))
export const OCSP_SIGNING = extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.9')))
export const NO_CHECK = extension('1.3.6.1.5.5.7.48.1.5', nothing())
const uri = (url: string) => element(0x86, Buffer.from(url))

/** What an OCSP response is to say; all of it is right unless it is said otherwise. */
export interface OcspFacts {
  readonly certificate: Certificate
  readonly issuer: MadeIssuer
  readonly status?: 'good' | 'revoked' | 'unknown'
  readonly reason?: number
  readonly signer?: MadeIssuer
  readonly by?: 'name' | 'key'
  readonly certificates?: readonly Certificate[]
  readonly digest?: { readonly name: string; readonly oid: string }
  readonly producedAt?: Date
  readonly thisUpdate?: Date
  readonly nextUpdate?: Date | 'none'
  readonly extensions?: readonly Buffer[]
  readonly singleExtensions?: readonly Buffer[]
  /** Further answers in front. */
  readonly before?: readonly Buffer[]
}

export function madeOcspResponse(facts: OcspFacts): Buffer {
  const { signer = facts.issuer, by = 'name', certificates = [], extensions = [], before = [] } = facts
  const { subjectDer, publicKey } = certificateParts(signer.certificate)
  const keyHash = createHash('sha1').update(publicKey.octets).digest()
  const data = sequence(
    by === 'name' ? element(0xa1, subjectDer) : element(0xa2, octetString(keyHash)),
    generalizedTime(facts.producedAt ?? new Date()),
    sequence(...before, madeOcspAnswer(facts)),
    ...(extensions.length > 0 ? [element(0xa1, sequence(...extensions))] : []),
  )
  const sent = certificates.length > 0 ? [element(0xa0, sequence(...certificates.map(({ der }) => der)))] : []
  const basic = sequence(data, signer.signing.algorithm, element(3, Buffer.of(0), signed(data, signer)), ...sent)
  const bytes = sequence(oid('1.3.6.1.5.5.7.48.1.1'), octetString(basic))
  return sequence(element(0x0a, Buffer.of(0)), element(0xa0, bytes))
}

/** One SingleResponse. */
export function madeOcspAnswer(facts: OcspFacts): Buffer {
  const { certificate, issuer, digest = { name: 'sha1', oid: SHA1 }, singleExtensions = [] } = facts
  const hash = (octets: Uint8Array) => octetString(createHash(digest.name).update(octets).digest())
  const id = sequence(
    sequence(oid(digest.oid), nothing()),
    hash(certificate.issuerDer),
    hash(certificateParts(issuer.certificate).publicKey.octets),
    element(2, certificate.serialNumber),
  )
  const nextUpdate = facts.nextUpdate ?? new Date(Date.now() + HOUR_MS)
  return sequence(
    id,
    certStatus(facts),
    generalizedTime(facts.thisUpdate ?? new Date(Date.now() - HOUR_MS)),
    ...(nextUpdate === 'none' ? [] : [element(0xa0, generalizedTime(nextUpdate))]),
    ...(singleExtensions.length > 0 ? [element(0xa1, sequence(...singleExtensions))] : []),
  )
}

function certStatus({ status = 'good', reason }: OcspFacts): Buffer {
  if (status === 'good') return element(0x80)
  if (status === 'unknown') return element(0x82)
  const why = reason === undefined ? [] : [element(0xa0, element(0x0a, Buffer.of(reason)))]
  return element(0xa1, generalizedTime(new Date(Date.UTC(2026, 0, 2))), ...why)
}

/** An OCSP response without an answer. */
export const ocspRefusal = (status: number): Buffer => sequence(element(0x0a, Buffer.of(status)))

/** What a CRL is to say. */
export interface CrlFacts {
  readonly issuer: MadeIssuer
  readonly signer?: MadeIssuer
  readonly revoked?: readonly (Certificate | { readonly serialNumber: Uint8Array; readonly extensions?: Buffer })[]
  readonly thisUpdate?: Date
  readonly nextUpdate?: Date | 'none'
  readonly extensions?: readonly Buffer[]
  /** The AlgorithmIdentifier in the signed part, when it is another one. */
  readonly algorithmInside?: Buffer
}

export function madeCrl(facts: CrlFacts): Buffer {
  const { issuer, signer = issuer, revoked = [], extensions = [] } = facts
  const entries = revoked.map((each) => {
    const entry = 'extensions' in each && each.extensions ? [each.extensions] : []
    return sequence(element(2, each.serialNumber), utcTime(new Date(Date.UTC(2026, 0, 2))), ...entry)
  })
  const nextUpdate = facts.nextUpdate ?? new Date(Date.now() + HOUR_MS)
  const data = sequence(
    integer(1),
    facts.algorithmInside ?? signer.signing.algorithm,
    certificateParts(issuer.certificate).subjectDer,
    utcTime(facts.thisUpdate ?? new Date(Date.now() - HOUR_MS)),
    ...(nextUpdate === 'none' ? [] : [utcTime(nextUpdate)]),
    ...(entries.length > 0 ? [sequence(Buffer.concat(entries))] : []),
    ...(extensions.length > 0 ? [element(0xa0, sequence(...extensions))] : []),
  )
  return sequence(data, signer.signing.algorithm, element(3, Buffer.of(0), signed(data, signer)))
}

/** issuingDistributionPoint, critical as it must be. */
export function distributionPoint(...fields: readonly Buffer[]): Buffer {
  return extension('2.5.29.28', sequence(...fields), true)
}

/** Extensions of an entry with a reason. */
export function reasonExtension(reason: number): Buffer {
  return sequence(extension('2.5.29.21', element(0x0a, Buffer.of(reason))))
}

function signed(data: Buffer, { signing: { digest, key, options } }: MadeIssuer): Buffer {
  return sign(digest, data, { key, ...options })
}

const digits = (date: Date) => date.toISOString().replaceAll(/[-:T]|\.\d+/g, '')
export const generalizedTime = (date: Date): Buffer => element(0x18, Buffer.from(digits(date)))
export const utcTime = (date: Date): Buffer => element(0x17, Buffer.from(digits(date).slice(2)))
