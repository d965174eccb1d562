import { createDecipheriv, pbkdf2, pbkdf2Sync, scrypt, scryptSync } from 'node:crypto'
import type { ScryptOptions } from 'node:crypto'
import { promisify } from 'node:util'
import { BerError, TAG } from '../../asn1/ber-reader.js'
import type { BerReader } from '../../asn1/ber-reader.js'
import type { PasswordOctets } from './password-octets.js'
import { pkcs12Kdf, PURPOSE } from './pkcs12-kdf.js'
import { decryptRc2Cbc } from './rc2.js'
import { Turn } from '../turn.js'
import { boundedSalt } from './work.js'
import type { Work } from './work.js'
import { step } from '../steps.js'
import type { Steps } from '../steps.js'

/** Encrypted in a way that Node does not have; whoever has the key can encrypt it in another. */
export class UnsupportedEncryption extends BerError {}

/** The way out. */
export const CONVERT = 'Encrypt the key anew: openssl pkcs8 -topk8 -v2 aes-256-cbc -in old.key -out new.key'

/** The octets came out wrong: most likely the password is. */
export class WrongPassword extends Error {}

/** HMAC with these is what PBKDF2 is made of (RFC 8018 B.1.2). */
const HMAC_DIGESTS: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.8': 'sha224',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
  '2.16.840.1.101.3.4.2.16': 'sha3-512', // Bouncy Castle can be told to use it
}

const PBES2 = '1.2.840.113549.1.5.13'
const PBKDF2 = '1.2.840.113549.1.5.12'
/** id-scrypt (RFC 7914 7.1). */
export const SCRYPT = '1.3.6.1.4.1.11591.4.11'
const RC2_CBC = '1.2.840.113549.3.2'

interface Cipher {
  /** The name of Node; undefined for RC2. */
  readonly name: string | undefined
  readonly keyOctets: number
  readonly ivOctets: number
}

/** RFC 8018 B.2, RFC 3565. */
const CIPHERS: Readonly<Record<string, Cipher>> = {
  '2.16.840.1.101.3.4.1.2': { name: 'aes-128-cbc', keyOctets: 16, ivOctets: 16 },
  '2.16.840.1.101.3.4.1.22': { name: 'aes-192-cbc', keyOctets: 24, ivOctets: 16 },
  '2.16.840.1.101.3.4.1.42': { name: 'aes-256-cbc', keyOctets: 32, ivOctets: 16 },
  '1.2.840.113549.3.7': { name: 'des-ede3-cbc', keyOctets: 24, ivOctets: 8 },
}

/** RFC 7292 C, all with SHA-1. The two with RC4 are left out: nobody has met them. */
const PKCS12_CIPHERS: Readonly<Record<string, Cipher>> = {
  '1.2.840.113549.1.12.1.3': { name: 'des-ede3-cbc', keyOctets: 24, ivOctets: 8 },
  '1.2.840.113549.1.12.1.4': { name: 'des-ede-cbc', keyOctets: 16, ivOctets: 8 },
  '1.2.840.113549.1.12.1.5': { name: undefined, keyOctets: 16, ivOctets: 8 },
  '1.2.840.113549.1.12.1.6': { name: undefined, keyOctets: 5, ivOctets: 8 },
}

/** What people meet: OpenSSL before 1.1 wrote the first by default. */
const NAMES: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.5.3': 'PBE-MD5-DES',
  '1.2.840.113549.1.5.10': 'PBE-SHA1-DES',
  '1.2.840.113549.1.12.1.1': 'PBE-SHA1-RC4-128',
  '1.2.840.113549.1.12.1.2': 'PBE-SHA1-RC4-40',
  '1.3.14.3.2.7': 'DES-CBC',
}

/**
 * Decrypts what a password protects: PBES2 with PBKDF2 (RFC 8018 6.2) or scrypt (RFC 7914), and the methods of PKCS #12 itself.
 * @param algorithm the inside of the AlgorithmIdentifier
 * @throws {WrongPassword} when the padding is wrong
 * @throws {BerError} when the algorithm is not known or its parameters are out of bounds
 */
export function* decryptPbe(
  algorithm: BerReader,
  ciphertext: Uint8Array,
  password: PasswordOctets,
  work: Work,
): Steps<Uint8Array> {
  const oid = algorithm.oid()
  const parameters = algorithm.inside()
  if (oid === PBES2) return yield* decryptPbes2(parameters, ciphertext, password, work)
  const cipher = PKCS12_CIPHERS[oid]
  if (!cipher) throw new UnsupportedEncryption(`is encrypted in a way that is not supported (${NAMES[oid] ?? oid})`)
  const salt = boundedSalt(parameters.octetString())
  const iterations = parameters.smallInteger()
  work.spend(2 * iterations)
  const derive = (purpose: number, length: number) => pkcs12Kdf('sha1', purpose, password.bmp, salt, iterations, length)
  const key = yield* derive(PURPOSE.key, cipher.keyOctets)
  const iv = yield* derive(PURPOSE.iv, cipher.ivOctets)
  return yield* decrypt(cipher, key, iv, ciphertext, work)
}

function* decryptPbes2(
  parameters: BerReader,
  ciphertext: Uint8Array,
  password: PasswordOctets,
  work: Work,
): Steps<Uint8Array> {
  const derivation = parameters.inside()
  const scheme = parameters.inside()
  const schemeOid = scheme.oid()
  const kdf = keyDerivation(derivation, password, work)
  if (schemeOid === RC2_CBC) {
    const rc2 = scheme.inside()
    const effectiveBits = RC2_VERSIONS[rc2.smallInteger()]
    const keyOctets = kdf.keyOctets ?? 16
    if (effectiveBits === undefined || keyOctets < 1 || keyOctets > 128)
      throw new BerError('has unknown RC2 parameters')
    const iv = rc2.octetString()
    return yield* decryptRc2(yield* kdf.derive(keyOctets), effectiveBits, iv, ciphertext, work)
  }
  const cipher = CIPHERS[schemeOid]
  if (!cipher)
    throw new UnsupportedEncryption(
      `is encrypted with a cipher that is not supported (${NAMES[schemeOid] ?? schemeOid})`,
    )
  const iv = scheme.octetString()
  if (iv.length !== cipher.ivOctets) throw new BerError('has an initialization vector of the wrong length')
  return yield* decrypt(cipher, yield* kdf.derive(cipher.keyOctets), iv, ciphertext, work)
}

/** RFC 2268 6: the version that stands for a number of effective bits. */
const RC2_VERSIONS: Readonly<Record<number, number>> = { 160: 40, 120: 64, 58: 128 }

/** Derives octets from the password; `keyOctets` is what the parameters say themselves. */
export interface KeyDerivation {
  readonly keyOctets: number | undefined
  derive(lengthOctets: number): Steps<Uint8Array>
}

/**
 * PBKDF2 or scrypt out of its AlgorithmIdentifier; both run in the thread pool where there is time for it.
 * @param blockSizeTwice true takes the block size of scrypt for its parallelization, too, as Bouncy Castle does
 * @throws {BerError}
 */
export function keyDerivation(
  algorithm: BerReader,
  password: PasswordOctets,
  work: Work,
  blockSizeTwice = false,
): KeyDerivation {
  const oid = algorithm.oid()
  if (oid === PBKDF2) return pbkdf2Derivation(algorithm.inside(), password, work)
  if (oid === SCRYPT) return scryptDerivation(algorithm.inside(), password, work, blockSizeTwice)
  throw new BerError(`derives its key in a way that is not supported (${oid})`)
}

/** RFC 8018 A.2. */
function pbkdf2Derivation(parameters: BerReader, password: PasswordOctets, work: Work): KeyDerivation {
  const salt = boundedSalt(parameters.octetString())
  const iterations = parameters.smallInteger()
  const keyOctets = parameters.nextTag === TAG.integer ? parameters.smallInteger() : undefined
  const digest = parameters.done ? 'sha1' : hmacDigest(parameters.inside())
  return {
    keyOctets,
    derive: (lengthOctets) => {
      work.spend(iterations)
      const given = [password.utf8, salt, iterations, lengthOctets, digest] as const
      return step<Uint8Array>(
        () => pbkdf2Sync(...given),
        () => pbkdf2InPool(...given),
      )
    },
  }
}

/** The digest of an HMAC by its AlgorithmIdentifier. @throws {BerError} */
export function hmacDigest(algorithm: BerReader): string {
  const oid = algorithm.oid()
  const digest = HMAC_DIGESTS[oid]
  if (!digest) throw new BerError(`uses an HMAC that is not supported (${oid})`)
  return digest
}

const pbkdf2InPool = promisify(pbkdf2)
const scryptInPool: (password: Uint8Array, salt: Uint8Array, octets: number, cost: ScryptOptions) => Promise<Buffer> =
  promisify(scrypt)

const MAX_SCRYPT_MEMORY = 128 * 1024 * 1024

/** RFC 7914 7.1. Memory is bounded at 128 MiB. */
function scryptDerivation(
  parameters: BerReader,
  password: PasswordOctets,
  work: Work,
  blockSizeTwice: boolean,
): KeyDerivation {
  const salt = boundedSalt(parameters.octetString())
  const [cost, blockSize, written] = [parameters.smallInteger(), parameters.smallInteger(), parameters.smallInteger()]
  const parallelization = blockSizeTwice ? blockSize : written
  const keyOctets = parameters.nextTag === TAG.integer ? parameters.smallInteger() : undefined
  const isPowerOfTwo = cost > 1 && Number.isInteger(Math.log2(cost))
  if (!isPowerOfTwo || blockSize < 1 || parallelization < 1) throw new BerError('has scrypt parameters out of range')
  if (128 * blockSize * (cost + parallelization + 2) > MAX_SCRYPT_MEMORY) throw new BerError('asks for too much memory')
  return {
    keyOctets,
    derive: (lengthOctets) => {
      work.spend(cost * blockSize * parallelization)
      const options = { N: cost, r: blockSize, p: parallelization, maxmem: MAX_SCRYPT_MEMORY }
      const given = [password.utf8, salt, lengthOctets, options] as const
      return step<Uint8Array>(
        () => scryptSync(...given),
        () => scryptInPool(...given),
      )
    },
  }
}

/** A hundredth of a second of 3DES. */
const OCTETS_AT_A_TIME = 64 * 1024
/** So many octets of 3DES take as long as an iteration of PBKDF2, which the work is counted in. */
const OCTETS_AN_ITERATION = 8

/** In slices: others get a turn. */
function* decrypt(
  { name, keyOctets }: Cipher,
  key: Uint8Array,
  iv: Uint8Array,
  ciphertext: Uint8Array,
  work: Work,
): Steps<Uint8Array> {
  if (name === undefined) return yield* decryptRc2(key, keyOctets * 8, iv, ciphertext, work)
  work.spend(Math.ceil((ciphertext.length + 1) / OCTETS_AN_ITERATION))
  const decipher = createDecipheriv(name, key, iv)
  const turn = new Turn()
  const plain: Uint8Array[] = []
  for (let at = 0; at < ciphertext.length; at += OCTETS_AT_A_TIME) {
    yield* turn.pass()
    plain.push(decipher.update(ciphertext.subarray(at, at + OCTETS_AT_A_TIME)))
  }
  try {
    return Buffer.concat([...plain, decipher.final()])
  } catch (cause) {
    throw new WrongPassword('the padding is wrong', { cause })
  }
}

/** RC2 is not in Node, and slow: it has a bound of its own, ten times what people have in such a file. */
const MAX_RC2_OCTETS = 1024 * 1024
const RC2_ITERATIONS_AN_OCTET = 1

function* decryptRc2(
  key: Uint8Array,
  effectiveBits: number,
  iv: Uint8Array,
  ciphertext: Uint8Array,
  work: Work,
): Steps<Uint8Array> {
  if (ciphertext.length > MAX_RC2_OCTETS) throw new BerError('has more than 1 MiB that is encrypted with RC2')
  work.spend(Math.max(1, ciphertext.length * RC2_ITERATIONS_AN_OCTET))
  const plain = yield* decryptRc2Cbc(key, effectiveBits, iv, ciphertext)
  if (!plain) throw new WrongPassword('the padding is wrong')
  return plain
}
