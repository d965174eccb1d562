import { constants, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { SettingsError } from '@posthorn/ground'
import { BerError, BerReader, TAG } from '../../asn1/ber-reader.js'
import type { PrivateKey, SignatureAlgorithm } from '../../private-key.js'
import { refusal } from '../../refusal.js'
import { curvePublicKey, edwardsPublicKey } from '../curve-keys.js'
import type { CurveName } from '../curve-keys.js'
import { rsaPublicKey } from '../rsa-numbers.js'
import { CK } from './cryptoki.js'
import type { Attribute, Handle } from './cryptoki.js'
import { ecSigning, edwardsSigning, rsaSigning } from './token-mechanism.js'
import type { TokenSigning } from './token-mechanism.js'
import type { TokenSession } from './token-session.js'

const CURVES: Readonly<Record<string, CurveName>> = {
  '1.2.840.10045.3.1.7': 'P-256',
  '1.3.132.0.34': 'P-384',
  '1.3.132.0.35': 'P-521',
}
/** How many octets the order of a curve has, and a point on it that is not compressed (SEC 1 2.3.3). */
const ORDER_OCTETS: Readonly<Record<string, number>> = { prime256v1: 32, secp384r1: 48, secp521r1: 66 }
const POINT_OCTETS: Readonly<Record<CurveName, number>> = { 'P-256': 65, 'P-384': 97, 'P-521': 133 }
const ED25519_OCTETS = 32

/** A private key in a token, as it is found there. */
export interface TokenKey {
  readonly handle: Handle
  readonly type: PrivateKey['type']
  readonly label: string | undefined
  readonly id: Buffer | undefined
}

/** The private keys that can sign. Others (X25519, DSA) serve for nothing here. */
export function tokenKeys(session: TokenSession): readonly TokenKey[] {
  return session.objects([{ type: CK.class, value: CK.privateKey }]).flatMap((handle) => {
    const type = keyType(session.attribute(handle, CK.keyType))
    if (!type) return []
    const label = session.attribute(handle, CK.label)?.toString('utf8')
    return [{ handle, type, label, id: session.attribute(handle, CK.id) }]
  })
}

const TYPES: Readonly<Record<number, PrivateKey['type']>> = { [CK.rsa]: 'rsa', [CK.ec]: 'ec', [CK.edwards]: 'ed25519' }

function keyType(value: Buffer | undefined): PrivateKey['type'] | undefined {
  return value && TYPES[value.readUIntLE(0, Math.min(6, value.length))]
}

/**
 * The public half. RSA keys say it themselves; of the others it is an object of its own beside the key. Undefined when there is none, or
 * it is on a curve that is not used.
 */
export function tokenPublicKey(session: TokenSession, key: TokenKey): KeyObject | undefined {
  try {
    return key.type === 'rsa' ? rsaKey(session, key) : curveKey(session, key)
  } catch (error) {
    if (error instanceof BerError) return undefined
    throw error
  }
}

function rsaKey(session: TokenSession, { handle }: TokenKey): KeyObject | undefined {
  const n = session.attribute(handle, CK.modulus)
  const e = session.attribute(handle, CK.publicExponent)
  return n && e && rsaPublicKey({ n, e })
}

function curveKey(session: TokenSession, { type, id }: TokenKey): KeyObject | undefined {
  if (!id) return undefined
  const template: Attribute[] = [
    { type: CK.class, value: CK.publicKey },
    { type: CK.id, value: id },
  ]
  for (const object of session.objects(template)) {
    const point = session.attribute(object, CK.ecPoint)
    const parameters = session.attribute(object, CK.ecParameters)
    if (!point) continue
    if (type === 'ed25519') return edwardsPublicKey('Ed25519', unwrapped(point, ED25519_OCTETS))
    const curve = parameters?.[0] === TAG.oid ? CURVES[new BerReader(parameters).oid()] : undefined
    if (curve) return curvePublicKey(curve, unwrapped(point, POINT_OCTETS[curve]))
  }
  return undefined
}

/** A point is an OCTET STRING in DER (PKCS #11 2.40 mechanisms 2.3.3); some modules give the octets alone. */
function unwrapped(point: Buffer, octets: number): Uint8Array {
  return point.length === octets ? point : new BerReader(point).octetString()
}

/**
 * A private key that signs in its token. Every signature is verified before it is given away: labels in tokens are written by hand, and a
 * signature that nobody can verify is worse than none.
 */
export function tokenPrivateKey(session: TokenSession, key: TokenKey, publicKey: KeyObject, field: string): PrivateKey {
  const handle = keyHandle(session, key)
  const wantsPin = session.attribute(key.handle, CK.alwaysAuthenticate)?.[0] === 1
  const pssOnly = publicKey.asymmetricKeyType === 'rsa-pss'
  return {
    type: key.type,
    sign: async (octets, algorithm) => {
      const asked = pssOnly ? { ...algorithm, padding: 'pss' as const } : algorithm
      const { mechanism, octets: given, signature } = signing(key, publicKey, octets, asked)
      const made = signature(await session.sign(handle, mechanism, given, wantsPin ? nameOf(key) : undefined))
      if (!isRight(made, octets, publicKey, key, asked)) throw wrongSignature(session, key, field)
      return made
    },
  }
}

function nameOf({ label, id }: TokenKey): string {
  return label ?? id?.toString('hex') ?? ''
}

/** The handle of the key, looked up again when the session is another one. */
function keyHandle(session: TokenSession, { handle, id, label }: TokenKey): () => Handle {
  let known = { handle, generation: session.generation }
  return () => {
    if (known.generation === session.generation) return known.handle
    const template: Attribute[] = [{ type: CK.class, value: CK.privateKey }]
    if (id) template.push({ type: CK.id, value: id })
    if (label !== undefined) template.push({ type: CK.label, value: Buffer.from(label) })
    const [found] = session.objects(template)
    if (!found) throw new Error('CKR_KEY_HANDLE_INVALID')
    known = { handle: found, generation: session.generation }
    return found
  }
}

function signing(key: TokenKey, publicKey: KeyObject, octets: Uint8Array, algorithm: SignatureAlgorithm): TokenSigning {
  if (key.type === 'rsa') return rsaSigning(octets, algorithm)
  if (key.type === 'ed25519') return edwardsSigning(octets)
  return ecSigning(octets, algorithm, ORDER_OCTETS[publicKey.asymmetricKeyDetails?.namedCurve ?? ''] ?? 66)
}

function isRight(
  signature: Uint8Array,
  octets: Uint8Array,
  key: KeyObject,
  { type }: TokenKey,
  { digest, padding = 'pkcs1' }: SignatureAlgorithm,
): boolean {
  if (type === 'ed25519') return verify(null, octets, key, signature)
  if (type === 'ec') return verify(digest, octets, key, signature)
  return padding === 'pkcs1'
    ? verify(digest, octets, { key, padding: constants.RSA_PKCS1_PADDING }, signature)
    : verify(
        digest,
        octets,
        { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
        signature,
      )
}

function wrongSignature(session: TokenSession, key: TokenKey, field: string): SettingsError {
  const message = `the key '${nameOf(key)}' in ${session.place} is not that of the certificate or public key beside it`
  const hint = 'Give key and certificate the same identifier (CKA_ID) in the token, and no others.'
  return refusal('certificate.key-mismatch', field, message, hint)
}
