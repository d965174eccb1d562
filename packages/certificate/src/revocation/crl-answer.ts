import type { Certificate } from '../certificate.js'
import { equalOctets } from '../chain-of.js'
import { readCrl, revokedAt } from './crl.js'
import type { CrlScope } from './crl.js'
import { expectSignature, UnusableAnswer } from './revocation-answer.js'
import type { RevocationAnswer } from './revocation-answer.js'
import { staleness } from './revocation-time.js'

/**
 * Judges what a CRL says about a certificate (RFC 5280 6.3.3): it must come from the certificate's own issuer, be about certificates like
 * this one, and be neither old nor from the future.
 * @throws {UnusableAnswer | BerError} when it says nothing about the certificate
 */
export async function crlAnswer(
  octets: Uint8Array,
  certificate: Certificate,
  issuer: Certificate,
  at: Date,
): Promise<RevocationAnswer> {
  const crl = readCrl(octets)
  const { thisUpdate, nextUpdate } = crl
  if (!equalOctets(crl.issuerDer, certificate.issuerDer)) throw new UnusableAnswer('has another issuer')
  if (issuer.keyUsage && !issuer.keyUsage.includes('cRLSign')) {
    throw new UnusableAnswer(`is of '${issuer.subject}', which must not sign CRLs`)
  }
  const stale = staleness(crl, at) ?? outsideScope(crl.scope, certificate)
  if (stale !== undefined) throw new UnusableAnswer(stale)
  await expectSignature(issuer, crl.signed)
  const date = await revokedAt(crl, certificate.serialNumber)
  if (date) return { status: 'revoked', revokedAt: date, thisUpdate, nextUpdate }
  if (crl.scope.someReasons) throw new UnusableAnswer('is about some reasons for revoking only')
  return { status: 'good', revokedAt: undefined, thisUpdate, nextUpdate }
}

/** Authorities with many certificates keep several CRLs; one in the place of another would say that nothing is revoked. */
function outsideScope({ urls, only }: CrlScope, certificate: Certificate): string | undefined {
  if (only === 'servers' && certificate.isAuthority) return 'is not about authorities'
  if (only === 'authorities' && !certificate.isAuthority) return 'is about authorities only'
  if (urls && !urls.some((url) => certificate.crlUrls.includes(url))) return 'is for other certificates of this issuer'
  return undefined
}
