import { isUtf8 } from 'node:buffer'
import { createDecipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Secret } from '@posthorn/ground'
import { BerError } from '../../asn1/ber-reader.js'
import { refusal } from '../../refusal.js'
import { keyPasswordNeeded, keyPasswordWrong } from '../encrypted-key.js'
import type { Opener, StoreContents, StoreInput } from '../opener.js'
import { WrongPassword } from '../pkcs12/pbe.js'
import { boundedSalt } from '../pkcs12/work.js'
import type { Work } from '../pkcs12/work.js'
import { storedKeyOf } from '../private-key-info.js'
import { beginningOf, storeText } from '../store-text.js'
import { argon2 } from './argon2.js'
import { readPpk } from './ppk-file.js'
import type { Argon2Parameters, PpkFile } from './ppk-file.js'
import { mpint, readSshPublicKey, SSH_KEY_TYPES, sshPrivateKeyObject } from './ssh-key.js'
import type { SshPrivateNumbers, SshPublicKey } from './ssh-key.js'
import { SshReader, sshString } from './ssh-reader.js'
import { step } from '../steps.js'
import type { Steps } from '../steps.js'

/** A private key of PuTTY, version 2 or 3, plain or encrypted; its MAC is always checked: `.ppk`. */
export const ppkStore: Opener = {
  recognises: (octets) => beginningOf(octets).startsWith('PuTTY-User-Key-File-'),
  open,
}

function* open(input: StoreInput): Steps<StoreContents> {
  const { octets, place, sourceField } = input
  try {
    const encoding = encodingOf(octets)
    const text = encoding === 'latin1' ? Buffer.from(octets).toString(encoding) : storeText(octets)
    const file = readPpk(text.trimStart())
    const { type, key } = readSshPublicKey(file.publicBlob)
    if (type !== file.algorithm) throw new BerError('it names two kinds of key')
    const keyObject = yield* sshPrivateKeyObject(
      key,
      privateNumbers(key, yield* privateBlob(file, encoding, input)),
      input.work,
    )
    return { certificates: [], keys: [storedKeyOf(keyObject, sourceField, file.comment || undefined)] }
  } catch (error) {
    if (error instanceof WrongPassword) throw keyPasswordWrong(input, error)
    if (!(error instanceof BerError)) throw error
    const message = `${place} cannot be read as a key of PuTTY: ${error.message}`
    const hint = `Give a key of one of the kinds ${SSH_KEY_TYPES.join(', ')}, as puttygen saves it.`
    throw refusal('certificate.format', sourceField, message, hint, error)
  }
}

/** PuTTY writes the comment, which the MAC is about, as Windows has it. What is not UTF-8 is Latin-1; UTF-16 begins with its mark. */
function encodingOf(octets: Uint8Array): 'utf8' | 'latin1' {
  return isUtf8(octets) || octets[0]! >= UTF16_MARK ? 'utf8' : 'latin1'
}

const UTF16_MARK = 0xfe

/** What the key, the initial vector and the MAC are made with. */
interface PpkKeys {
  readonly key: Buffer
  readonly iv: Buffer
  readonly macKey: Buffer
}

/** Decrypts and checks. @throws {WrongPassword} when the MAC of an encrypted key does not fit */
function* privateBlob(file: PpkFile, encoding: 'utf8' | 'latin1', input: StoreInput): Steps<Buffer> {
  const keys = yield* keysFor(file, input)
  let plain = file.privateBlob
  if (file.encrypted) {
    if (plain.length % 16 !== 0) throw new BerError('its private key is not made of whole blocks')
    const decipher = createDecipheriv('aes-256-cbc', keys.key, keys.iv).setAutoPadding(false)
    plain = Buffer.concat([decipher.update(plain), decipher.final()])
  }
  const mac = createHmac(file.version === 2 ? 'sha1' : 'sha256', keys.macKey)
  const encryption = file.encrypted ? 'aes256-cbc' : 'none'
  const comment = Buffer.from(file.comment, encoding)
  for (const part of [file.algorithm, encryption, comment, file.publicBlob, plain]) mac.update(sshString(part))
  const found = mac.digest()
  if (found.length === file.mac.length && timingSafeEqual(found, file.mac)) return plain
  if (file.encrypted) throw new WrongPassword('its MAC does not fit')
  throw new BerError('its MAC does not fit: it was changed')
}

function* keysFor(file: PpkFile, input: StoreInput): Steps<PpkKeys> {
  const nothing = Buffer.alloc(0)
  if (!file.encrypted) {
    const macKey = file.version === 2 ? sha1('putty-private-key-file-mac-key') : nothing
    return { key: nothing, iv: nothing, macKey }
  }
  const password = input.keyPassword ?? input.password
  if (!password) throw keyPasswordNeeded(input)
  return file.argon2 ? yield* argon2Keys(file.argon2, password, input.work) : sha1Keys(password)
}

/** Version 2: two hashes of the password and no salt. */
function sha1Keys(password: Secret): PpkKeys {
  const text = password.reveal()
  const key = Buffer.concat([0, 1].map((number) => sha1(Buffer.of(0, 0, 0, number), text))).subarray(0, 32)
  return { key, iv: Buffer.alloc(16), macKey: sha1('putty-private-key-file-mac-key', text) }
}

/** A pass over one KiB takes as long as so many iterations of PBKDF2, which the work is counted in: 8 MiB may be passed over 61 times. */
const ITERATIONS_A_KIB = 8
/** Eight times what puttygen takes. The memory is prepared in one go, some ten milliseconds for so much. */
const MAX_MEMORY_KIB = 64 * 1024
const MAX_PARALLELISM = 16
const MIN_SALT_OCTETS = 8

/** Version 3 (RFC 9106), in slices: others get a turn every few milliseconds. */
function* argon2Keys(parameters: Argon2Parameters, password: Secret, work: Work): Steps<PpkKeys> {
  const { kind, memoryKib, passes, parallelism } = parameters
  const salt = boundedSalt(parameters.salt)
  const lanes = parallelism >= 1 && parallelism <= MAX_PARALLELISM
  if (!lanes || memoryKib < 8 * parallelism || memoryKib > MAX_MEMORY_KIB || salt.length < MIN_SALT_OCTETS) {
    throw new BerError(
      `it asks for a key derivation with ${memoryKib} KiB in ${parallelism} lanes, which is out of range`,
    )
  }
  work.spend(memoryKib * passes * ITERATIONS_A_KIB)
  const cost = { m: memoryKib, t: passes, p: parallelism, dkLen: 80, asyncTick: 5 }
  const given = [Buffer.from(password.reveal(), 'utf8'), salt, cost] as const
  const module = yield* argon2()
  const octets = yield* step(
    () => Buffer.from(module[kind](...given)),
    async () => Buffer.from(await module[`${kind}Async`](...given)),
  )
  return { key: octets.subarray(0, 32), iv: octets.subarray(32, 48), macKey: octets.subarray(48) }
}

function sha1(...parts: readonly (string | Uint8Array)[]): Buffer {
  const hash = createHash('sha1')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** PuTTY manual C.3. Padding of the encryption follows. */
function privateNumbers(key: SshPublicKey, blob: Buffer): SshPrivateNumbers {
  const reader = new SshReader(blob)
  if (key.kind !== 'rsa') return { d: key.kind === 'ed25519' ? reader.string() : mpint(reader) }
  return { d: mpint(reader), p: mpint(reader), q: mpint(reader) }
}
