import type { Certificate } from './certificate.js'
import { signedBySync } from './certificate-signature.js'
import { certificateParts } from './read-certificate.js'

const MAX_CHAIN = 16
/** More checks than a chain is long: authorities may have the same name. */
const MAX_CHECKS = 20

/**
 * The certificates that may have issued this one, by name and, where both have them, key identifiers (RFC 5280 4.2.1.1): what is named is
 * not proved yet. Those whose key identifier fits come first.
 */
export function possibleIssuers(certificate: Certificate, among: readonly Certificate[]): readonly Certificate[] {
  const wanted = certificateParts(certificate).extensions.authorityKeyIdentifier
  const named = among.filter((issuer) => {
    const identifier = issuer.subjectKeyIdentifier
    return (
      equalOctets(certificateParts(issuer).subjectDer, certificate.issuerDer) &&
      (!wanted || !identifier || equalOctets(wanted, identifier))
    )
  })
  if (!wanted || named.length < 2) return named
  const exact = (issuer: Certificate) => (issuer.subjectKeyIdentifier ? 0 : 1)
  return named.toSorted((a, b) => exact(a) - exact(b))
}

/**
 * The certificates above this one, nearest first, as far as they are among these and signed the one below: a chain to send along, not a
 * proof of trust.
 */
export function chainOf(certificate: Certificate, among: readonly Certificate[]): readonly Certificate[] {
  const chain: Certificate[] = []
  let checks = 0
  for (let at = certificate; chain.length < MAX_CHAIN && !isSelfIssued(at);) {
    const isIssuer = (each: Certificate) => !chain.includes(each) && ++checks <= MAX_CHECKS && signedBySync(each, at)
    const issuer = possibleIssuers(at, among).find(isIssuer)
    if (!issuer) break
    chain.push(issuer)
    at = issuer
  }
  return chain
}

/** True when a certificate names itself as its issuer. */
export function isSelfIssued(certificate: Certificate): boolean {
  return equalOctets(certificateParts(certificate).subjectDer, certificate.issuerDer)
}

/** True when these are the same octets. */
export function equalOctets(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0
}
