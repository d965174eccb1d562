import { SettingsError } from '@posthorn/ground'
import { createHash } from 'node:crypto'
import { validityProblem } from '../certificate-problem.js'
import type { Certificate } from '../certificate.js'
import { equalOctets } from '../chain-of.js'
import { weakKey } from '../key-strength.js'
import { certificateParts, readCertificate } from '../read-certificate.js'
import { issuerHashes } from './ocsp-request.js'
import { readOcspResponse } from './ocsp-response.js'
import type { CertId, OcspResponse } from './ocsp-response.js'
import { expectSignature, UnusableAnswer } from './revocation-answer.js'
import type { RevocationAnswer } from './revocation-answer.js'
import { hasExtension } from './revocation-extensions.js'
import { CLOCK_TOLERANCE_MS, staleness } from './revocation-time.js'

/** An answer of a responder. */
export interface OcspVerdict extends RevocationAnswer {
  /** The responder's own certificate, when it may have been revoked itself: it is delegated, and has no `ocsp-nocheck`. */
  readonly responder: Certificate | undefined
}

const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9'
const OCSP_NOCHECK = '1.3.6.1.5.5.7.48.1.5'

/** The digests a CertID may have, as `node:crypto` names them. */
const DIGESTS: Readonly<Record<string, string>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
}

/** Enough for a responder that has a new key; each costs two signatures. */
const MAX_SIGNERS = 3

/**
 * Judges an OCSP response about a certificate (RFC 6960 3.2): it must speak of this certificate, be signed by the issuer or by a responder
 * the issuer has named (4.2.2.2), and be neither old nor from the future.
 * @throws {UnusableAnswer | BerError} when it says nothing about the certificate; `unknown`, too, says nothing
 */
export async function ocspAnswer(
  der: Uint8Array,
  certificate: Certificate,
  issuer: Certificate,
  at: Date,
): Promise<OcspVerdict> {
  const response = readOcspResponse(der)
  const answers = response.answers.filter(({ certId }) => speaksOf(certId, certificate, issuer))
  if (answers.length === 0) throw new UnusableAnswer('speaks of other certificates')
  const responder = await signerOf(response, issuer, at)
  if (response.producedAt.getTime() > at.getTime() + CLOCK_TOLERANCE_MS) {
    throw new UnusableAnswer(`was made ${response.producedAt.toISOString()}, which is still to come`)
  }
  const [stale] = answers.map((answer) => staleness(answer, at)).filter((sentence) => sentence !== undefined)
  const fresh = answers.filter((answer) => staleness(answer, at) === undefined)
  const found =
    fresh.find(({ status }) => status === 'revoked') ?? fresh.find(({ status }) => status === 'unknown') ?? fresh[0]
  if (!found) throw new UnusableAnswer(stale)
  const { status, revokedAt, thisUpdate, nextUpdate } = found
  if (status === 'unknown') throw new UnusableAnswer('says that the responder does not know this certificate')
  return { status, revokedAt, thisUpdate, nextUpdate, responder }
}

function speaksOf(certId: CertId, certificate: Certificate, issuer: Certificate): boolean {
  const digest = DIGESTS[certId.algorithm]
  if (digest === undefined || !equalOctets(certId.serialNumber, certificate.serialNumber)) return false
  const { nameHash, keyHash } = issuerHashes(digest, certificate, issuer)
  return equalOctets(certId.nameHash, nameHash) && equalOctets(certId.keyHash, keyHash)
}

/** Gives the certificate of the responder when it has to be asked after itself. @throws {UnusableAnswer} when nobody signed who may */
async function signerOf(response: OcspResponse, issuer: Certificate, at: Date): Promise<Certificate | undefined> {
  let refused = new UnusableAnswer(`is signed by somebody else than '${issuer.subject}'`)
  if (isNamed(issuer, response)) {
    try {
      await expectSignature(issuer, response.signed)
      return undefined
    } catch (error) {
      if (!(error instanceof UnusableAnswer)) throw error
      refused = error
    }
  }
  const delegated = response.certificates.flatMap(readable).filter((each) => isNamed(each, response))
  for (const signer of delegated.slice(0, MAX_SIGNERS)) {
    try {
      await expectDelegated(signer, issuer, at)
      await expectSignature(signer, response.signed)
      return hasExtension(signer, OCSP_NOCHECK) ? undefined : signer
    } catch (error) {
      if (!(error instanceof UnusableAnswer)) throw error
      refused = error
    }
  }
  throw refused
}

/** Others may be sent along; what cannot be read signs nothing. */
function readable(der: Uint8Array): readonly Certificate[] {
  try {
    return [readCertificate(der)]
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    return []
  }
}

/** Whether the response names this certificate as that of its signer. */
function isNamed(certificate: Certificate, { responder }: OcspResponse): boolean {
  const { subjectDer, publicKey } = certificateParts(certificate)
  if ('name' in responder) return equalOctets(responder.name, subjectDer)
  return equalOctets(responder.keyHash, createHash('sha1').update(publicKey.octets).digest())
}

/** RFC 6960 4.2.2.2: the very authority that issued the certificate says, in a certificate it issued, who may answer for it. */
async function expectDelegated(signer: Certificate, issuer: Certificate, at: Date): Promise<void> {
  const refuse = (sentence: string) => new UnusableAnswer(`is signed by '${signer.subject}', which ${sentence}`)
  if (!equalOctets(signer.issuerDer, certificateParts(issuer).subjectDer)) throw refuse('has another issuer')
  if (!signer.extendedKeyUsage?.includes(OCSP_SIGNING)) throw refuse('must not sign OCSP responses')
  if (signer.keyUsage && !signer.keyUsage.includes('digitalSignature')) throw refuse('must not sign')
  const problem = validityProblem(signer, at)
  if (problem) throw refuse(problem.sentence)
  const [critical] = certificateParts(signer).extensions.unknownCritical.filter((oid) => oid !== OCSP_NOCHECK)
  if (critical !== undefined) throw refuse(`has a critical extension that is not known (${critical})`)
  const weakness = weakKey(signer)
  if (weakness !== undefined) throw refuse(weakness)
  try {
    await expectSignature(issuer, certificateParts(signer).signed)
  } catch (error) {
    throw error instanceof UnusableAnswer ? refuse(error.message) : error
  }
}
