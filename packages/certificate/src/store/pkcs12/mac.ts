import { createHmac, timingSafeEqual } from 'node:crypto'
import { BerError, BerReader, TAG } from '../../asn1/ber-reader.js'
import type { PasswordOctets } from './password-octets.js'
import { hmacDigest, keyDerivation } from './pbe.js'
import { digestOctets, pkcs12Kdf, PURPOSE } from './pkcs12-kdf.js'
import type { KdfDigest } from './pkcs12-kdf.js'
import { boundedSalt } from './work.js'
import type { Work } from './work.js'
import type { Steps } from '../steps.js'

const PBMAC1 = '1.2.840.113549.1.5.14'

/** The digest of the HMAC by its object identifier. The key is as long as the digest. */
const DIGESTS: Readonly<Record<string, KdfDigest>> = {
  '1.2.840.113549.2.5': 'md5',
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.4': 'sha224',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
}

/** A check of the integrity of a store: true when the password is the one it was made with and nothing was changed since. */
export type MacCheck = (password: PasswordOctets, work: Work) => Steps<boolean>

/**
 * Reads MacData (RFC 7292 4): HMAC with the key derivation of PKCS #12, or PBMAC1 (RFC 9579).
 * @param macData the inside of it
 * @param content the octets it protects
 * @throws {BerError} when it is malformed or of an unknown kind
 */
export function macCheck(macData: BerReader, content: Uint8Array): MacCheck {
  const digestInfo = macData.inside()
  const algorithm = digestInfo.inside()
  const expected = digestInfo.octetString()
  const oid = algorithm.oid()
  if (oid === PBMAC1) return pbmac1Check(algorithm.inside(), content, expected)
  const digest = DIGESTS[oid]
  if (!digest) throw new BerError(`is protected by a MAC that is not supported (${oid})`)
  const salt = boundedSalt(macData.octetString())
  const iterations = macData.nextTag === TAG.integer ? macData.smallInteger() : 1
  return function* (password, work) {
    work.spend(iterations)
    const key = yield* pkcs12Kdf(digest, PURPOSE.mac, password.bmp, salt, iterations, digestOctets(digest))
    return same(digest, key, content, expected)
  }
}

/** RFC 9579 4: the key length must be there, and salt and iterations of MacData count for nothing. */
function pbmac1Check(parameters: BerReader, content: Uint8Array, expected: Uint8Array): MacCheck {
  const derivation = parameters.next(TAG.sequence)
  const digest = hmacDigest(parameters.inside())
  return function* (password, work) {
    const kdf = keyDerivation(new BerReader(derivation.content), password, work)
    if (kdf.keyOctets === undefined || kdf.keyOctets < 20 || kdf.keyOctets > 64) {
      throw new BerError('is protected by a MAC without a proper key length')
    }
    return same(digest, yield* kdf.derive(kdf.keyOctets), content, expected)
  }
}

function same(digest: string, key: Uint8Array, content: Uint8Array, expected: Uint8Array): boolean {
  const found = createHmac(digest, key).update(content).digest()
  return found.length === expected.length && timingSafeEqual(found, expected)
}
