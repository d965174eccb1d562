import { createDecipheriv, createHmac, pbkdf2, pbkdf2Sync, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { Secret } from '@posthorn/ground'
import { BerError } from '../../asn1/ber-reader.js'
import { WrongPassword } from '../pkcs12/pbe.js'
import { boundedSalt } from '../pkcs12/work.js'
import type { Work } from '../pkcs12/work.js'
import { isJson } from './jwk-key.js'
import type { Json } from './jwk-key.js'
import { step } from '../steps.js'
import type { Steps } from '../steps.js'

/** A JWE (RFC 7516): the parts as octets, and the protected header as it was signed. */
export interface Jwe {
  readonly header: Json
  readonly protectedText: string
  readonly encryptedKey: Buffer
  readonly iv: Buffer
  readonly ciphertext: Buffer
  readonly tag: Buffer
}

/** Key encryption with a password (RFC 7518 4.8): the digest of PBKDF2 and the key wrap of RFC 3394. */
const KEY_ENCRYPTIONS: Readonly<Record<string, { digest: string; wrap: string; octets: number }>> = {
  'PBES2-HS256+A128KW': { digest: 'sha256', wrap: 'id-aes128-wrap', octets: 16 },
  'PBES2-HS384+A192KW': { digest: 'sha384', wrap: 'id-aes192-wrap', octets: 24 },
  'PBES2-HS512+A256KW': { digest: 'sha512', wrap: 'id-aes256-wrap', octets: 32 },
}

/** Content encryption (RFC 7518 5). */
const CONTENT_ENCRYPTIONS: Readonly<Record<string, { cipher: GcmCipher | CbcCipher; octets: number }>> = {
  A128GCM: { cipher: 'aes-128-gcm', octets: 16 },
  A192GCM: { cipher: 'aes-192-gcm', octets: 24 },
  A256GCM: { cipher: 'aes-256-gcm', octets: 32 },
  'A128CBC-HS256': { cipher: 'aes-128-cbc', octets: 32 },
  'A192CBC-HS384': { cipher: 'aes-192-cbc', octets: 48 },
  'A256CBC-HS512': { cipher: 'aes-256-cbc', octets: 64 },
}

type GcmCipher = 'aes-128-gcm' | 'aes-192-gcm' | 'aes-256-gcm'
type CbcCipher = 'aes-128-cbc' | 'aes-192-cbc' | 'aes-256-cbc'

/** Reads the compact form (RFC 7516 7.1); undefined when the text is none. */
export function compactJwe(text: string): Jwe | undefined {
  const parts = text.trim().split('.', 6)
  if (parts.length !== 5 || !parts.every((part) => /^[\w-]*$/.test(part))) return undefined
  const [protectedText = '', encryptedKey = '', iv = '', ciphertext = '', tag = ''] = parts
  return jwe(protectedText, { encryptedKey, iv, ciphertext, tag })
}

/** Reads the JSON form with one recipient (RFC 7516 7.2); undefined when the object is none. @throws {BerError} when it is a broken one */
export function jsonJwe(object: Json): Jwe | undefined {
  if (object['ciphertext'] === undefined) return undefined
  const recipients: unknown = object['recipients']
  const [first] = Array.isArray(recipients) && recipients.length === 1 ? (recipients as unknown[]) : [object]
  const recipient = isJson(first) ? first : {}
  const elsewhere = [object['unprotected'], recipient['header'], object['aad']].some((each) => each !== undefined)
  if (elsewhere) throw new BerError('it has header fields that are not protected, or further data')
  const text = (value: unknown): string => {
    if (typeof value !== 'string' || !/^[\w-]*$/.test(value)) throw new BerError('it is a broken JWE')
    return value
  }
  return jwe(text(object['protected']), {
    encryptedKey: text(recipient['encrypted_key']),
    iv: text(object['iv']),
    ciphertext: text(object['ciphertext']),
    tag: text(object['tag']),
  })
}

function jwe(
  protectedText: string,
  parts: Readonly<Record<'encryptedKey' | 'iv' | 'ciphertext' | 'tag', string>>,
): Jwe {
  const header = parsed(Buffer.from(protectedText, 'base64url').toString('utf8'))
  const octets = (part: string) => Buffer.from(part, 'base64url')
  return {
    header,
    protectedText,
    encryptedKey: octets(parts.encryptedKey),
    iv: octets(parts.iv),
    ciphertext: octets(parts.ciphertext),
    tag: octets(parts.tag),
  }
}

function parsed(text: string): Json {
  try {
    const value: unknown = JSON.parse(text)
    if (isJson(value)) return value
  } catch {
    // said below
  }
  throw new BerError('its header is no JSON')
}

const pbkdf2InPool = promisify(pbkdf2)

/**
 * Decrypts with a password.
 * @throws {WrongPassword} when it is another one, or something was changed
 * @throws {BerError} when it is encrypted in a way that is not supported, or asks for too much work
 */
export function* decryptJwe(sealed: Jwe, password: Secret, work: Work): Steps<Buffer> {
  const { header } = sealed
  const keyEncryption = entry(KEY_ENCRYPTIONS, header['alg'])
  if (!keyEncryption) throw new BerError(`it is not encrypted with a password (alg ${shown(header['alg'])})`)
  const content = entry(CONTENT_ENCRYPTIONS, header['enc'])
  if (!content) throw new BerError(`its encryption is not supported (enc ${shown(header['enc'])})`)
  if (header['zip'] !== undefined) throw new BerError('it is compressed, which is not supported')
  if (header['crit'] !== undefined) throw new BerError('it has header fields that are critical and not known')
  const iterations = header['p2c']
  const salt = header['p2s']
  if (typeof iterations !== 'number' || !Number.isSafeInteger(iterations) || typeof salt !== 'string') {
    throw new BerError('it has no salt (p2s) or no count (p2c)')
  }
  work.spend(iterations)
  const whole = Buffer.concat([Buffer.from(`${String(header['alg'])}\0`), boundedSalt(Buffer.from(salt, 'base64url'))])
  const { digest, wrap, octets } = keyEncryption
  const given = [password.reveal(), whole, iterations, octets, digest] as const
  const wrappingKey = yield* step(
    () => pbkdf2Sync(...given),
    () => pbkdf2InPool(...given),
  )
  const key = unwrapped(wrap, wrappingKey, sealed.encryptedKey)
  if (key.length !== content.octets) throw new BerError('its content key has another size than its encryption wants')
  return content.cipher.endsWith('gcm')
    ? decryptGcm(content.cipher as GcmCipher, key, sealed)
    : decryptCbc(content.cipher as CbcCipher, key, sealed)
}

/** RFC 3394 2.2.3.1. */
const WRAP_IV = Buffer.alloc(8, 0xa6)

function unwrapped(wrap: string, wrappingKey: Buffer, encryptedKey: Buffer): Buffer {
  try {
    const decipher = createDecipheriv(wrap, wrappingKey, WRAP_IV)
    return Buffer.concat([decipher.update(encryptedKey), decipher.final()])
  } catch (cause) {
    throw new WrongPassword('the content key does not come out', { cause })
  }
}

const GCM_IV_OCTETS = 12
const GCM_TAG_OCTETS = 16

function decryptGcm(cipher: GcmCipher, key: Buffer, { iv, tag, ciphertext, protectedText }: Jwe): Buffer {
  if (iv.length !== GCM_IV_OCTETS || tag.length !== GCM_TAG_OCTETS) throw new BerError('its iv or its tag is too short')
  try {
    const decipher = createDecipheriv(cipher, key, iv, { authTagLength: GCM_TAG_OCTETS })
    decipher.setAuthTag(tag)
    decipher.setAAD(Buffer.from(protectedText))
    return Buffer.concat([decipher.update(ciphertext), decipher.final()])
  } catch (cause) {
    throw new WrongPassword('its tag does not fit', { cause })
  }
}

/** RFC 7518 5.2.2: the first half of the key is for the tag, which is half of the HMAC over all that must not be changed. */
function decryptCbc(cipher: CbcCipher, key: Buffer, { iv, tag, ciphertext, protectedText }: Jwe): Buffer {
  const half = key.length / 2
  if (iv.length !== 16 || tag.length !== half) throw new BerError('its iv or its tag has another size')
  const protectedOctets = Buffer.from(protectedText)
  const bits = Buffer.alloc(8)
  bits.writeBigUInt64BE(BigInt(protectedOctets.length) * 8n)
  const mac = createHmac(`sha${half * 16}`, key.subarray(0, half))
  for (const octets of [protectedOctets, iv, ciphertext, bits]) mac.update(octets)
  if (!timingSafeEqual(mac.digest().subarray(0, half), tag)) throw new WrongPassword('its tag does not fit')
  try {
    const decipher = createDecipheriv(cipher, key.subarray(half), iv)
    return Buffer.concat([decipher.update(ciphertext), decipher.final()])
  } catch (cause) {
    throw new BerError('its content has no proper padding', { cause })
  }
}

function entry<T>(table: Readonly<Record<string, T>>, name: unknown): T | undefined {
  return typeof name === 'string' && Object.hasOwn(table, name) ? table[name] : undefined
}

function shown(name: unknown): string {
  return typeof name === 'string' && /^[\w.+-]{1,40}$/.test(name) ? name : 'without a name'
}
