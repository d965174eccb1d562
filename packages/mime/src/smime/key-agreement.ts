import { createHash, createPublicKey, diffieHellman, generateKeyPairSync, hkdfSync, type KeyObject } from 'node:crypto'
import { der, octetString, oid, sequence, tagged } from './der.js'
import { AES_256_WRAP, unwrapKey, wrapKey, type KeyWrap } from './key-wrap.js'
import { unsupported } from './unsupported.js'

/** How the key that wraps is made of the shared secret. */
export interface AgreementScheme {
  readonly oid: string
  readonly hash: string
  /** The ANSI X9.63 function of RFC 5753, or HKDF of RFC 8418. */
  readonly derivation: 'x963' | 'hkdf'
}

const x963 = (id: string, hash: string): AgreementScheme => ({ oid: id, hash, derivation: 'x963' })
const hkdf = (arc: number, hash: string): AgreementScheme => ({
  oid: `1.2.840.113549.1.9.16.3.${arc}`,
  hash,
  derivation: 'hkdf',
})

/** ECDH with SHA-256, which every reader of RFC 8551 has (2.3). */
const SHA256_KDF = x963('1.3.132.1.11.1', 'sha256')
const HKDF_SHA256 = hkdf(19, 'sha256')

/** What can be read. The second of a pair is cofactor Diffie-Hellman, the same thing on curves with cofactor 1. */
export const AGREEMENT_SCHEMES: readonly AgreementScheme[] = [
  x963('1.3.133.16.840.63.0.2', 'sha1'),
  x963('1.3.133.16.840.63.0.3', 'sha1'),
  x963('1.3.132.1.11.0', 'sha224'),
  x963('1.3.132.1.14.0', 'sha224'),
  SHA256_KDF,
  x963('1.3.132.1.14.1', 'sha256'),
  x963('1.3.132.1.11.2', 'sha384'),
  x963('1.3.132.1.14.2', 'sha384'),
  x963('1.3.132.1.11.3', 'sha512'),
  x963('1.3.132.1.14.3', 'sha512'),
  HKDF_SHA256,
  hkdf(20, 'sha384'),
  hkdf(21, 'sha512'),
]

/** The curves that can be encrypted for. Their cofactor is 1. */
export const CURVES: readonly string[] = [
  'prime256v1',
  'secp384r1',
  'secp521r1',
  'brainpoolP256r1',
  'brainpoolP384r1',
  'brainpoolP512r1',
]

const EC_PUBLIC_KEY = oid('1.2.840.10045.2.1')
const X25519 = oid('1.3.101.110')

/** A content key for the holder of an EC or X25519 key. */
export interface AgreedKey {
  /** OriginatorPublicKey without its tag, RFC 5652 6.2.2: its algorithm and its BIT STRING. */
  readonly originator: Buffer
  /** The AlgorithmIdentifier of the key agreement, with that of the key wrap in it. */
  readonly identifier: Buffer
  readonly encryptedKey: Buffer
}

/** Wraps the content key with AES-256 under a key agreed on with an ephemeral one (RFC 5753 3.1, RFC 8418 3). */
export function agreeKey(publicKey: KeyObject, contentKey: Uint8Array): AgreedKey {
  const ephemeral = ephemeralKey(publicKey)
  const scheme = publicKey.asymmetricKeyType === 'x25519' ? HKDF_SHA256 : SHA256_KDF
  const secret = diffieHellman({ privateKey: ephemeral.privateKey, publicKey })
  const wrappingKey = deriveKey(scheme, secret, AES_256_WRAP, AES_256_WRAP.identifier, undefined)
  const { point } = publicKeyOctets(ephemeral.publicKey)
  return {
    originator: Buffer.concat([
      sequence(publicKey.asymmetricKeyType === 'x25519' ? X25519 : EC_PUBLIC_KEY), // the curve is that of the certificate
      der(3, Buffer.of(0), point),
    ]),
    identifier: sequence(oid(scheme.oid), AES_256_WRAP.identifier),
    encryptedKey: wrapKey(AES_256_WRAP, wrappingKey, contentKey),
  }
}

/** What a message says of an agreed key. */
export interface Agreement {
  readonly scheme: AgreementScheme
  readonly wrap: KeyWrap
  /** The AlgorithmIdentifier of the wrap as it stands in the message: some write NULL parameters for AES. */
  readonly wrapIdentifier: Uint8Array
  /** The ephemeral public key, as in a BIT STRING. */
  readonly point: Uint8Array
  readonly ukm: Uint8Array | undefined
  readonly encryptedKey: Uint8Array
}

/** The content key. @throws what `node:crypto` throws when it does not open */
export function receiveAgreedKey(privateKey: KeyObject, agreement: Agreement): Buffer {
  const { algorithm } = publicKeyOctets(createPublicKey(privateKey)) // theirs is on the same curve, or it is no key
  const spki = sequence(algorithm, der(3, Buffer.of(0), agreement.point))
  const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' })
  const secret = diffieHellman({ privateKey, publicKey })
  const { scheme, wrap, wrapIdentifier, ukm } = agreement
  return unwrapKey(wrap, deriveKey(scheme, secret, wrap, wrapIdentifier, ukm), agreement.encryptedKey)
}

/** The key that wraps, RFC 5753 7.2: the shared secret, and what it is for. */
function deriveKey(
  { hash, derivation }: AgreementScheme,
  secret: Uint8Array,
  wrap: KeyWrap,
  wrapIdentifier: Uint8Array,
  ukm: Uint8Array | undefined,
): Buffer {
  const bits = Buffer.alloc(4)
  bits.writeUInt32BE(wrap.keyOctets * 8)
  const entity = ukm ? [tagged(0, octetString(ukm))] : []
  const sharedInfo = sequence(wrapIdentifier, ...entity, tagged(2, octetString(bits))) // ECC-CMS-SharedInfo
  if (derivation === 'hkdf') {
    return Buffer.from(hkdfSync(hash, secret, ukm ?? new Uint8Array(0), sharedInfo, wrap.keyOctets)) // RFC 8418 2.2
  }
  const blocks: Buffer[] = []
  const counter = Buffer.alloc(4)
  for (let length = 0; length < wrap.keyOctets; length += blocks.at(-1)!.length) {
    counter.writeUInt32BE(blocks.length + 1)
    blocks.push(createHash(hash).update(secret).update(counter).update(sharedInfo).digest())
  }
  return Buffer.concat(blocks).subarray(0, wrap.keyOctets)
}

function ephemeralKey(publicKey: KeyObject): { publicKey: KeyObject; privateKey: KeyObject } {
  if (publicKey.asymmetricKeyType === 'x25519') return generateKeyPairSync('x25519')
  const namedCurve = publicKey.asymmetricKeyDetails?.namedCurve
  if (publicKey.asymmetricKeyType !== 'ec' || namedCurve === undefined) {
    throw unsupported('a key', publicKey.asymmetricKeyType ?? 'unknown')
  }
  return generateKeyPairSync('ec', { namedCurve })
}

/** The two members of a SubjectPublicKeyInfo (RFC 5280 4.1.2.7) that Node.js made. */
function publicKeyOctets(key: KeyObject): { algorithm: Buffer; point: Buffer } {
  const spki = key.export({ type: 'spki', format: 'der' })
  const start = spki[1]! < 128 ? 2 : spki[1]! - 128 + 2
  const algorithmEnd = start + 2 + spki[start + 1]! // an identifier is short
  const pointStart = algorithmEnd + (spki[algorithmEnd + 1]! < 128 ? 3 : spki[algorithmEnd + 1]! - 128 + 3)
  return { algorithm: spki.subarray(start, algorithmEnd), point: spki.subarray(pointStart) }
}
