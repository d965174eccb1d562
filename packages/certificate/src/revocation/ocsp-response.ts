import { BerError, BerReader, insideOnly, TAG } from '../asn1/ber-reader.js'
import type { SignedPart } from '../read-certificate.js'
import { revocationExtensions } from './revocation-extensions.js'
import { asn1Time, GENERALIZED_TIME } from './revocation-time.js'

/** What a responder signed (RFC 6960 4.2.1): read, and not believed yet. */
export interface OcspResponse {
  /** The signer by its name (DER), or by the SHA-1 digest of its key. */
  readonly responder: { readonly name: Uint8Array } | { readonly keyHash: Uint8Array }
  readonly producedAt: Date
  readonly answers: readonly OcspAnswer[]
  /** Certificates sent along, DER. */
  readonly certificates: readonly Uint8Array[]
  readonly signed: SignedPart
}

/** The answer for one certificate. */
export interface OcspAnswer {
  readonly certId: CertId
  readonly status: 'good' | 'revoked' | 'unknown'
  readonly revokedAt: Date | undefined
  readonly thisUpdate: Date
  readonly nextUpdate: Date | undefined
}

/** How an answer names its certificate. */
export interface CertId {
  /** The object identifier of the digest. */
  readonly algorithm: string
  readonly nameHash: Uint8Array
  readonly keyHash: Uint8Array
  readonly serialNumber: Uint8Array
}

const ENUMERATED = 0x0a
const CONTEXT_0 = 0xa0
const CONTEXT_1 = 0xa1
const CONTEXT_2 = 0xa2
/** CertStatus: `good` and `unknown` are NULL, `revoked` is a SEQUENCE, all with implicit tags. */
const GOOD = 0x80
const REVOKED = 0xa1
const UNKNOWN = 0x82

const BASIC_RESPONSE = '1.3.6.1.5.5.7.48.1.1'
const NONCE = '1.3.6.1.5.5.7.48.1.2'

/** OCSPResponseStatus, for sentences: what the responder says in place of an answer; nobody signed it. */
const REFUSALS: Readonly<Record<number, string>> = {
  1: 'malformedRequest',
  2: 'internalError',
  3: 'tryLater',
  5: 'sigRequired',
  6: 'unauthorized',
}

const MAX_ANSWERS = 100
const MAX_CERTIFICATES = 10

/**
 * Reads an OCSP response (RFC 6960 4.2.1).
 * @throws {BerError} when it is none, has no answer (the message goes on from `the response`), has a critical extension, more than 100
 *   answers or more than 10 certificates
 */
export function readOcspResponse(der: Uint8Array): OcspResponse {
  const outer = insideOnly(der)
  const status = outer.next(ENUMERATED).content[0]
  if (status !== 0) throw new BerError(`says ${REFUSALS[status ?? -1] ?? `status ${status}`} in place of an answer`)
  const bytes = new BerReader(outer.next(CONTEXT_0).content).inside()
  if (bytes.oid() !== BASIC_RESPONSE) throw new BerError('is of a kind that is not known')
  const basic = insideOnly(bytes.octetString())

  const data = basic.next(TAG.sequence)
  const algorithm = basic.next(TAG.sequence).whole
  const signature = basic.next(TAG.bitString).content.subarray(1)
  const certificates = basic.optional(CONTEXT_0)
  return {
    ...readResponseData(new BerReader(data.content)),
    certificates: certificates ? wholes(new BerReader(certificates.content).inside()) : [],
    signed: { octets: data.whole, algorithm, algorithmInside: algorithm, signature },
  }
}

function readResponseData(data: BerReader): Pick<OcspResponse, 'responder' | 'producedAt' | 'answers'> {
  const version = data.optional(CONTEXT_0)
  if (version && new BerReader(version.content).smallInteger() !== 0) throw new BerError('has a version above 1')
  const responderId = data.next()
  const producedAt = asn1Time(data.next(GENERALIZED_TIME))
  const list = data.inside()
  const answers: OcspAnswer[] = []
  while (!list.done)
    if (answers.push(readAnswer(list.inside())) > MAX_ANSWERS) throw new BerError('has too many answers')
  revocationExtensions(data.optional(CONTEXT_1)?.content, [NONCE])
  return { responder: responderOf(responderId), producedAt, answers }
}

function responderOf({ tag, content }: { tag: number; content: Uint8Array }): OcspResponse['responder'] {
  if (tag === CONTEXT_1) return { name: new BerReader(content).next(TAG.sequence).whole }
  if (tag === CONTEXT_2) return { keyHash: new BerReader(content).octetString() }
  throw new BerError('does not name its signer')
}

function readAnswer(answer: BerReader): OcspAnswer {
  const id = answer.inside()
  const certId = {
    algorithm: id.inside().oid(),
    nameHash: id.octetString(),
    keyHash: id.octetString(),
    serialNumber: id.next(TAG.integer).content,
  }
  const status = answer.next()
  const thisUpdate = asn1Time(answer.next(GENERALIZED_TIME))
  const nextUpdate = answer.optional(CONTEXT_0)
  revocationExtensions(answer.optional(CONTEXT_1)?.content, [])
  return {
    certId,
    ...statusOf(status),
    thisUpdate,
    nextUpdate: nextUpdate && asn1Time(new BerReader(nextUpdate.content).next(GENERALIZED_TIME)),
  }
}

function statusOf({ tag, content }: { tag: number; content: Uint8Array }): Pick<OcspAnswer, 'status' | 'revokedAt'> {
  if (tag === GOOD) return { status: 'good', revokedAt: undefined }
  if (tag === UNKNOWN) return { status: 'unknown', revokedAt: undefined }
  // the reason does not matter: a certificate that is on hold is not to be used either
  if (tag === REVOKED) return { status: 'revoked', revokedAt: asn1Time(new BerReader(content).next(GENERALIZED_TIME)) }
  throw new BerError('has an answer that is none')
}

function wholes(list: BerReader): readonly Uint8Array[] {
  const found: Uint8Array[] = []
  while (!list.done) {
    if (found.push(list.next(TAG.sequence).whole) > MAX_CERTIFICATES) throw new BerError('has too many certificates')
  }
  return found
}
