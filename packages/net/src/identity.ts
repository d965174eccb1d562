import type { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { checkServerIdentity } from 'node:tls'

/**
 * Why a certificate is not for this name; undefined when it is. A host name is compared with the DNS names of subjectAltName, and with
 * CN only when there are none (RFC 7817 3, RFC 6125 6.4.4); an IP address with the addresses there. A wildcard stands for the whole
 * left-most label, never for a part of it.
 */
export function identityError(name: string, certificate: X509Certificate): Error | undefined {
  const error = checkServerIdentity(name, certificate.toLegacyObject())
  if (error || isIP(name) !== 0) return error
  if (certificate.checkHost(name, { partialWildcards: false }) !== undefined) return undefined
  return new Error('the only name that fits has a wildcard for a part of a label')
}

/** True when a host name could only be compared with the common name, because there is no DNS name. RFC 9525 6.3 no longer allows that. */
export function isByCommonName(name: string, { subjectAltName }: X509Certificate): boolean {
  return isIP(name) === 0 && !/(?:^|, )DNS:/.test(subjectAltName ?? '')
}
