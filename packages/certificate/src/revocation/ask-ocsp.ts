import { answerOf, askAddresses, unusable } from './ask-addresses.js'
import type { RevocationQuestion } from './ask-addresses.js'
import { askCrl } from './ask-crl.js'
import { ocspAnswer } from './ocsp-answer.js'
import type { OcspVerdict } from './ocsp-answer.js'
import { OCSP_REQUEST_TYPE, ocspRequest } from './ocsp-request.js'
import { UnusableAnswer } from './revocation-answer.js'
import type { KnownAnswer } from './revocation-cache.js'
import type { RevocationCheck } from './revocation.js'

/** Responses have 1 to 5 KiB, with the certificate of the responder. */
const MAX_OCTETS = 64 * 1024

/**
 * Asks after a certificate by OCSP: what is stapled to the handshake first, which costs nothing and tells nobody where one goes, then the
 * addresses in the certificate. By POST (RFC 6960 A.1), which every responder takes; for the GET of RFC 5019 there is nothing on the way
 * that would keep the answer.
 * @param stapled the response stapled for this very certificate
 * @returns undefined when there is nothing stapled and no address to ask
 */
export async function askOcsp(
  check: RevocationCheck,
  question: RevocationQuestion,
  stapled: Uint8Array | undefined,
): Promise<KnownAnswer | undefined> {
  let notStapled: string | undefined
  if (stapled) {
    try {
      if (stapled.length > MAX_OCTETS) throw new UnusableAnswer(`has more than ${MAX_OCTETS} octets`)
      const { status, revokedAt } = await judged(stapled, question)
      return { source: 'stapled', status, revokedAt }
    } catch (error) {
      notStapled = `stapled: the answer ${unusable(error)}`
    }
  }
  const known = await askAddresses('ocsp', check, question, async (url) => {
    const body = ocspRequest(question.certificate, question.issuer)
    const wanted = { body, contentType: OCSP_REQUEST_TYPE, maxOctets: MAX_OCTETS }
    return judged(await answerOf(question, check, url, wanted), question)
  })
  if (notStapled === undefined || (known && known.status !== 'unknown')) return known
  return { source: known ? `${notStapled}; ${known.source}` : notStapled, status: 'unknown' }
}

/** @throws {UnusableAnswer | BerError} */
async function judged(der: Uint8Array, question: RevocationQuestion): Promise<OcspVerdict> {
  const { certificate, issuer, at, request } = question
  const verdict = await ocspAnswer(der, certificate, issuer, at)
  // RFC 6960 4.2.2.2.1: a responder without ocsp-nocheck can have been revoked; like everybody else, it is believed when nobody can say
  if (verdict.responder && request.crl !== 'off') {
    const known = await askCrl('soft', { ...question, certificate: verdict.responder })
    if (known?.status === 'revoked')
      throw new UnusableAnswer(`is signed by '${verdict.responder.subject}', which was revoked`)
  }
  return verdict
}
