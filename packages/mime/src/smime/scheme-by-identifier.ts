import { malformed, type Element } from './ber-reader.js'
import { algorithmOf, membersOf, valueOf, withoutParameters, type Algorithm } from './cms-element.js'
import { DIGESTS, type DigestAlgorithm } from './digest-algorithm.js'
import { ID } from './object-identifier.js'
import { readRefusal } from './read-refusal.js'
import { ECDSA, RSA_WITH_DIGEST } from './signature-algorithm.js'
import type { SignatureScheme } from './signature-scheme.js'

/** Salts are as long as the digest; some signers use as much as an RSA key of 4096 bits holds. */
const MAX_SALT_OCTETS = 512

/**
 * The scheme that an AlgorithmIdentifier stands for, which must go with the digest of the signer (RFC 5652 5.3, RFC 4056 3).
 * @throws {SettingsError} `smime.algorithm`
 */
export function schemeByIdentifier(algorithm: Algorithm, digest: DigestAlgorithm): SignatureScheme {
  switch (algorithm.oid) {
    case ID.rsaEncryption:
    case RSA_WITH_DIGEST[digest.name]:
      if (!withoutParameters(algorithm)) return refuseAlgorithm('RSA with parameters', algorithm.oid)
      return { name: 'rsa-pkcs1', digest: digest.name }
    case ECDSA[digest.name]:
      if (!withoutParameters(algorithm)) return refuseAlgorithm('ECDSA with parameters', algorithm.oid)
      return { name: 'ecdsa', digest: digest.name }
    case ID.rsassaPss:
      return pss(algorithm.parameters, digest)
    case ID.ed25519: // RFC 8419 3.1: with attributes the digest is SHA-512
      if (algorithm.parameters || digest !== DIGESTS.sha512)
        return refuseAlgorithm('Ed25519 without SHA-512', algorithm.oid)
      return { name: 'ed25519', digest: 'sha512' }
    default:
      return refuseAlgorithm(`${digest.name} with the signature algorithm`, algorithm.oid)
  }
}

/** Never returns. */
export function refuseAlgorithm(what: string, oid: string): never {
  throw readRefusal(
    'smime.algorithm',
    'message',
    `is signed in a way that is not accepted: ${what} (${oid})`,
    'Ask the sender to sign with SHA-256, SHA-384 or SHA-512 and RSA, ECDSA or Ed25519.',
  )
}

/** RSASSA-PSS-params, RFC 4055 3.1, with its defaults; the digest, that of MGF1 and that of the signer must be the same (RFC 4056 3). */
function pss(parameters: Element | undefined, digest: DigestAlgorithm): SignatureScheme {
  let hash: string = DIGESTS.sha1.oid
  let maskHash: string = DIGESTS.sha1.oid
  let saltOctets = 20
  let trailer = 1
  let last = 0
  for (const element of membersOf(parameters, 0x30, 'parameters of RSASSA-PSS')) {
    if (element.tag <= last) throw malformed('has parameters of RSASSA-PSS out of order')
    last = element.tag
    const [value, ...others] = membersOf(element, element.tag, 'parameter of RSASSA-PSS')
    if (others.length > 0) throw malformed('has a parameter of RSASSA-PSS with two values')
    if (element.tag === 0xa0) hash = algorithmOf(value, 'digest of RSASSA-PSS').oid
    else if (element.tag === 0xa1) {
      const mask = algorithmOf(value, 'mask of RSASSA-PSS')
      if (mask.oid !== ID.mgf1) return refuseAlgorithm('RSASSA-PSS with another mask than MGF1', mask.oid)
      maskHash = algorithmOf(mask.parameters, 'digest of MGF1').oid
    } else if (element.tag === 0xa2) saltOctets = small(value)
    else if (element.tag === 0xa3) trailer = small(value)
    else throw malformed('has a parameter of RSASSA-PSS that does not exist')
  }
  if (hash !== digest.oid || maskHash !== digest.oid)
    return refuseAlgorithm('RSASSA-PSS with several digests', ID.rsassaPss)
  if (trailer !== 1 || saltOctets > MAX_SALT_OCTETS)
    return refuseAlgorithm('RSASSA-PSS with such parameters', ID.rsassaPss)
  return { name: 'rsa-pss', digest: digest.name, saltOctets }
}

function small(element: Element | undefined): number {
  const octets = valueOf(element, 2, 'number')
  if (octets.length === 0 || octets.length > 4 || octets[0]! > 127) throw malformed('has a number that cannot be')
  return octets.reduce((sum, octet) => sum * 256 + octet, 0)
}
