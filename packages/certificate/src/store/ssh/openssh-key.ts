import { createDecipheriv } from 'node:crypto'
import { BerError } from '../../asn1/ber-reader.js'
import { keyPasswordNeeded, keyPasswordWrong } from '../encrypted-key.js'
import type { StoredKey, StoreInput } from '../opener.js'
import { WrongPassword } from '../pkcs12/pbe.js'
import { boundedSalt } from '../pkcs12/work.js'
import { storedKeyOf } from '../private-key-info.js'
import { bcryptPbkdf } from './bcrypt-pbkdf.js'
import { mpint, readSshFields, readSshPublicKey, shown, sshPrivateKeyObject } from './ssh-key.js'
import type { SshPublicKey } from './ssh-key.js'
import { SshReader } from './ssh-reader.js'
import type { Steps } from '../steps.js'

const MAGIC = 'openssh-key-v1\0'

interface Cipher {
  readonly name: string
  readonly keyOctets: number
  readonly ivOctets: number
  readonly tagOctets?: number
}

/** What OpenSSH can encrypt keys with, but for ChaCha20-Poly1305 in its own form, which Node does not have. */
const CIPHERS: Readonly<Record<string, Cipher>> = {
  'aes128-ctr': { name: 'aes-128-ctr', keyOctets: 16, ivOctets: 16 },
  'aes192-ctr': { name: 'aes-192-ctr', keyOctets: 24, ivOctets: 16 },
  'aes256-ctr': { name: 'aes-256-ctr', keyOctets: 32, ivOctets: 16 },
  'aes128-cbc': { name: 'aes-128-cbc', keyOctets: 16, ivOctets: 16 },
  'aes192-cbc': { name: 'aes-192-cbc', keyOctets: 24, ivOctets: 16 },
  'aes256-cbc': { name: 'aes-256-cbc', keyOctets: 32, ivOctets: 16 },
  '3des-cbc': { name: 'des-ede3-cbc', keyOctets: 24, ivOctets: 8 },
  'aes128-gcm@openssh.com': { name: 'aes-128-gcm', keyOctets: 16, ivOctets: 12, tagOctets: 16 },
  'aes256-gcm@openssh.com': { name: 'aes-256-gcm', keyOctets: 32, ivOctets: 12, tagOctets: 16 },
}

/**
 * A private key in the form of OpenSSH (PROTOCOL.key of OpenSSH), plain or encrypted with a password by bcrypt_pbkdf.
 * @throws {BerError} when it is malformed, of a kind that is not supported, or asks for too much work
 * @throws {SettingsError} `certificate.password`
 */
export function* opensshKey(octets: Uint8Array, input: StoreInput): Steps<StoredKey> {
  const whole = Buffer.from(octets.buffer, octets.byteOffset, octets.length)
  if (whole.toString('latin1', 0, MAGIC.length) !== MAGIC) throw new BerError('it is no key of OpenSSH')
  const reader = new SshReader(whole.subarray(MAGIC.length))
  const cipher = reader.text()
  const kdf = reader.text()
  const kdfOptions = reader.string()
  if (reader.uint32() !== 1) throw new BerError('it does not have one key')
  readSshPublicKey(reader.string()) // names a kind that is not supported before a password is asked for
  const sealed = reader.string()
  if (cipher === 'none') {
    if (!isProper(sealed)) throw new BerError('its check does not fit')
    return yield* privateSection(sealed, input)
  }
  const known = Object.hasOwn(CIPHERS, cipher) ? CIPHERS[cipher] : undefined
  if (!known || kdf !== 'bcrypt') {
    throw new BerError(`it is encrypted in a way that is not supported (${shown(cipher)}, ${shown(kdf)})`)
  }
  try {
    const plain = yield* decrypted(known, kdfOptions, sealed, reader.rest, input)
    if (!isProper(plain)) throw new WrongPassword('the check does not fit')
    return yield* privateSection(plain, input)
  } catch (error) {
    if (error instanceof WrongPassword) throw keyPasswordWrong(input, error)
    throw error
  }
}

/** One round takes as long as so many of PBKDF2, which the work is counted in; 250 rounds are the most. OpenSSH writes 16 or 24. */
const ITERATIONS_A_ROUND = 16_000

function* decrypted(
  { name, keyOctets, ivOctets, tagOctets }: Cipher,
  kdfOptions: Uint8Array,
  sealed: Buffer,
  tag: Buffer,
  input: StoreInput,
): Steps<Buffer> {
  const password = input.keyPassword ?? input.password
  if (!password) throw keyPasswordNeeded(input)
  const options = new SshReader(kdfOptions)
  const salt = boundedSalt(options.string())
  const rounds = options.uint32()
  if (salt.length === 0) throw new BerError('its salt is empty')
  input.work.spend(rounds * ITERATIONS_A_ROUND)
  const derived = yield* bcryptPbkdf(Buffer.from(password.reveal(), 'utf8'), salt, rounds, keyOctets + ivOctets)
  const [key, iv] = [derived.subarray(0, keyOctets), derived.subarray(keyOctets)]
  try {
    if (tagOctets === undefined) {
      const decipher = createDecipheriv(name, key, iv).setAutoPadding(false)
      return Buffer.concat([decipher.update(sealed), decipher.final()])
    }
    if (tag.length !== tagOctets) throw new BerError('its tag has another size')
    const decipher = createDecipheriv(name as 'aes-256-gcm', key, iv, { authTagLength: tagOctets })
    decipher.setAuthTag(tag)
    return Buffer.concat([decipher.update(sealed), decipher.final()])
  } catch (error) {
    if (error instanceof BerError) throw error
    throw new WrongPassword('it cannot be decrypted', { cause: error })
  }
}

/** Two numbers that are the same say that the password is right. */
function isProper(octets: Buffer): boolean {
  return octets.length >= 8 && octets.readUInt32BE(0) === octets.readUInt32BE(4)
}

/** Behind the key stands its comment, then 1, 2, 3, ... */
function* privateSection(octets: Buffer, input: StoreInput): Steps<StoredKey> {
  const reader = new SshReader(octets.subarray(8))
  const type = reader.text()
  const { key, d, p, q } = privateFields(type, reader)
  const name = reader.text()
  if (!reader.rest.every((octet, index) => octet === ((index + 1) & 0xff))) throw new BerError('octets follow the key')
  const keyObject = yield* sshPrivateKeyObject(key, { d, p, q }, input.work)
  return storedKeyOf(keyObject, input.sourceField, name === '' ? undefined : name)
}

/** The fields of a private key stand in another order than those of a public one. */
function privateFields(
  type: string,
  reader: SshReader,
): { key: SshPublicKey; d: Uint8Array; p?: Uint8Array; q?: Uint8Array } {
  if (type === 'ssh-rsa') {
    const n = mpint(reader)
    const e = mpint(reader)
    const d = mpint(reader)
    reader.string() // the coefficient, which is worked out
    return { key: { kind: 'rsa', n, e }, d, p: mpint(reader), q: mpint(reader) }
  }
  const key = readSshFields(type, reader)
  if (key.kind !== 'ed25519') return { key, d: mpint(reader) }
  const both = reader.string() // the seed and the public key again
  if (both.length !== 64) throw new BerError('its private key has another size')
  return { key, d: both.subarray(0, 32) }
}
