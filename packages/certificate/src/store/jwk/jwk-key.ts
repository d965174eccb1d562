import type { KeyObject } from 'node:crypto'
import { BerError } from '../../asn1/ber-reader.js'
import { base64Octets } from '../../base64.js'
import { readCertificate } from '../../read-certificate.js'
import {
  curvePoint,
  curvePrivateKey,
  curvePublicKey,
  edwardsPrivateKey,
  edwardsPublicKey,
  isCurveName,
  isEdwardsName,
} from '../curve-keys.js'
import type { StoreContents } from '../opener.js'
import { keyName } from '../key-name.js'
import type { Work } from '../pkcs12/work.js'
import { storedKeyOf } from '../private-key-info.js'
import { rsaPrivateKey, rsaPublicKey } from '../rsa-numbers.js'
import type { Steps } from '../steps.js'

/** A JSON object that was parsed and not looked at yet. */
export type Json = Readonly<Record<string, unknown>>

/** True for an object of JSON, and neither an array nor null. */
export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What a key of a set is: one that is of no known type is passed over there (RFC 7517 5). */
export class UnknownKeyType extends BerError {}

const MAX_CERTIFICATES = 16

/**
 * A JWK (RFC 7517 4) with a private or a public key, and the certificates of `x5c`, which must be for this key (4.7).
 * @throws {UnknownKeyType} when its type or curve is not known
 * @throws {BerError} when something in it is not what RFC 7518 6 and RFC 8037 2 say
 * @throws {SettingsError} `certificate.format` when the key is of a kind that cannot be used, or a certificate cannot be read
 */
export function* readJwk(jwk: Json, field: string, work: Work): Steps<StoreContents> {
  const name = typeof jwk['kid'] === 'string' && jwk['kid'] !== '' ? jwk['kid'] : undefined
  const { privateKey, publicKey } = yield* keyIn(jwk, work)
  const certificates = certificatesIn(jwk, field).map((certificate, index) => ({
    certificate,
    name: index === 0 ? name : undefined,
  }))
  const [first] = certificates
  const own = privateKey ? storedKeyOf(privateKey, field, name) : undefined
  const key = own?.publicKey ?? publicKey
  if (first && key && keyName(first.certificate.publicKey) !== keyName(key)) {
    throw new BerError('the first certificate of x5c is not for this key')
  }
  if (own) return { certificates, keys: [own] }
  return { certificates, keys: [], publicKeys: publicKey ? [{ publicKey, name }] : [] }
}

interface FoundKey {
  readonly privateKey?: KeyObject
  readonly publicKey?: KeyObject
}

function* keyIn(jwk: Json, work: Work): Steps<FoundKey> {
  switch (jwk['kty']) {
    case 'RSA': {
      const n = octets(jwk, 'n')
      const e = octets(jwk, 'e')
      if (jwk['d'] === undefined) return { publicKey: rsaPublicKey({ n, e }) }
      if (jwk['oth'] !== undefined) throw new BerError('an RSA key with more than two primes is not supported')
      const primes = jwk['p'] === undefined && jwk['q'] === undefined
      const [p, q] = primes ? [undefined, undefined] : [octets(jwk, 'p'), octets(jwk, 'q')]
      return { privateKey: yield* rsaPrivateKey({ n, e, d: octets(jwk, 'd'), p, q }, work) }
    }
    case 'EC':
      return curveKeys(jwk)
    case 'OKP':
      return edwardsKeys(jwk)
    case 'oct':
      throw new UnknownKeyType('it is a symmetric key (oct), which has no certificate')
    default:
      throw new UnknownKeyType('its key type (kty) is not known')
  }
}

function curveKeys(jwk: Json): FoundKey {
  const curve = jwk['crv']
  if (!isCurveName(curve)) throw new UnknownKeyType('its curve (crv) is none of P-256, P-384 and P-521')
  const point = curvePoint(curve, octets(jwk, 'x'), octets(jwk, 'y'))
  if (jwk['d'] === undefined) return { publicKey: curvePublicKey(curve, point) }
  return { privateKey: curvePrivateKey(curve, point, octets(jwk, 'd')) }
}

function edwardsKeys(jwk: Json): FoundKey {
  const curve = jwk['crv']
  if (!isEdwardsName(curve)) throw new UnknownKeyType('its curve (crv) is not known')
  const x = octets(jwk, 'x')
  return jwk['d'] === undefined
    ? { publicKey: edwardsPublicKey(curve, x) }
    : { privateKey: edwardsPrivateKey(curve, x, octets(jwk, 'd')) }
}

const MAX_DIGITS = 4096

/** base64url without padding (RFC 7515 2); some writers pad it. */
function octets(jwk: Json, name: string): Buffer {
  const value = jwk[name]
  if (typeof value !== 'string' || value.length > MAX_DIGITS || !/^[\w-]+={0,2}$/.test(value)) {
    throw new BerError(`its '${name}' is not a number in base64url`)
  }
  return Buffer.from(value, 'base64url')
}

/** base64, and not base64url (RFC 7517 4.7). */
function certificatesIn(jwk: Json, field: string) {
  const list = jwk['x5c']
  if (list === undefined) return []
  if (!Array.isArray(list) || list.length > MAX_CERTIFICATES)
    throw new BerError('its x5c is not a list of certificates')
  return list.map((each: unknown) => {
    const octets = typeof each === 'string' ? base64Octets(each) : undefined
    if (!octets) throw new BerError('its x5c has something that is not base64')
    return readCertificate(octets, field)
  })
}
