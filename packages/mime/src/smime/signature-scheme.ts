import { constants, verify, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import type { DigestName, PrivateKey, RsaPadding } from '@posthorn/certificate'
import { DIGESTS } from './digest-algorithm.js'

/** How a signature value is to be checked. */
export type SignatureScheme =
  | { readonly name: 'rsa-pkcs1'; readonly digest: DigestName }
  | { readonly name: 'rsa-pss'; readonly digest: DigestName; readonly saltOctets: number }
  | { readonly name: 'ecdsa'; readonly digest: DigestName }
  | { readonly name: 'ed25519'; readonly digest: 'sha512' }

type Verify = (
  digest: string | null,
  octets: Uint8Array,
  key: { key: KeyObject; padding?: number; saltLength?: number; dsaEncoding?: 'der' },
  signature: Uint8Array,
) => Promise<boolean>

const verifyAsync: Verify = promisify(verify)

/** The kind of key each scheme works with, as `node:crypto` names it. */
const KEY_TYPES: Readonly<Record<SignatureScheme['name'], readonly string[]>> = {
  'rsa-pkcs1': ['rsa'],
  'rsa-pss': ['rsa', 'rsa-pss'],
  ecdsa: ['ec'],
  ed25519: ['ed25519'],
}

/** The scheme of the signatures that a private key makes for these settings. */
export function schemeOf(
  type: Exclude<PrivateKey['type'], 'x25519'>,
  digest: DigestName,
  padding: RsaPadding,
): SignatureScheme {
  if (type === 'ed25519') return { name: 'ed25519', digest: 'sha512' }
  if (type === 'ec') return { name: 'ecdsa', digest }
  return padding === 'pss'
    ? { name: 'rsa-pss', digest, saltOctets: DIGESTS[digest].sizeOctets }
    : { name: 'rsa-pkcs1', digest }
}

/** The key comes with the message, and verifying with a larger one takes seconds. */
const MAX_RSA_BITS = 8192
const MAX_RSA_EXPONENT = 2n ** 32n

/** Whether a public key is of the kind that the scheme works with, and not so large that nobody has such a one. */
export function suits(publicKey: KeyObject, scheme: SignatureScheme): boolean {
  const { modulusLength = 0, publicExponent = 0n } = publicKey.asymmetricKeyDetails ?? {}
  if (modulusLength > MAX_RSA_BITS || publicExponent > MAX_RSA_EXPONENT) return false
  return KEY_TYPES[scheme.name].includes(publicKey.asymmetricKeyType ?? '')
}

/** Whether this key made this signature of these octets. Off the event loop; false, too, for a signature that is not well formed. */
export async function holds(
  publicKey: KeyObject,
  scheme: SignatureScheme,
  octets: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  if (!suits(publicKey, scheme)) return false
  switch (scheme.name) {
    case 'rsa-pkcs1':
      return verifyAsync(scheme.digest, octets, { key: publicKey, padding: constants.RSA_PKCS1_PADDING }, signature)
    case 'rsa-pss': {
      const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: scheme.saltOctets }
      return verifyAsync(scheme.digest, octets, { key: publicKey, ...padding }, signature)
    }
    case 'ecdsa':
      return verifyAsync(scheme.digest, octets, { key: publicKey, dsaEncoding: 'der' }, signature)
    case 'ed25519':
      return verifyAsync(null, octets, { key: publicKey }, signature)
  }
}
