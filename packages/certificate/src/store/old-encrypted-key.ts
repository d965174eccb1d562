import { createDecipheriv, createHash, getCipherInfo } from 'node:crypto'
import { BerError } from '../asn1/ber-reader.js'
import { keyPasswordNeeded, keyPasswordWrong } from './encrypted-key.js'
import type { StoredKey, StoreInput } from './opener.js'
import type { PemBlock } from './pem-blocks.js'
import { UnsupportedEncryption } from './pkcs12/pbe.js'
import { MAX_KEY_OCTETS, storedKey } from './private-key-info.js'
import type { KeyForm } from './private-key-info.js'

/** What OpenSSL encrypts with; others were written by nobody for twenty years. */
const CIPHERS = /^(?:(?:aes|camellia|aria)-\d{3}-cbc|des-ede3-cbc)$/
const SALT_OCTETS = 8

/**
 * Opens a key with the encryption of RFC 1421 4.6.1.1 as OpenSSL does it (`DEK-Info`): MD5 over password and salt. It is done here, and not by
 * OpenSSL, so that what comes out is looked at before OpenSSL computes with it.
 * @throws {BerError} when it is encrypted in another way
 * @throws {SettingsError} `certificate.password`
 */
export function oldEncryptedKey({ header, octets }: PemBlock, form: KeyForm, input: StoreInput): StoredKey {
  const [, name = '', digits = ''] = /^DEK-Info:[ \t]*([\w-]+),[ \t]*([\dA-Fa-f]{16,32})[ \t]*\r?$/m.exec(header) ?? []
  const cipher = name.toLowerCase()
  const info = CIPHERS.test(cipher) ? getCipherInfo(cipher) : undefined
  const iv = Buffer.from(digits, 'hex')
  if (!info || info.ivLength !== iv.length) {
    throw new UnsupportedEncryption('it is encrypted in a way that is not supported')
  }
  if (octets.length > MAX_KEY_OCTETS) throw new BerError(`it is larger than ${MAX_KEY_OCTETS / 1024} KiB`)
  const password = input.keyPassword ?? input.password
  if (!password) throw keyPasswordNeeded(input)
  const salt = iv.subarray(0, SALT_OCTETS)
  const key: Buffer[] = []
  for (let length = 0; length < info.keyLength; length += 16) {
    const hash = createHash('md5').update(key.at(-1) ?? '')
    key.push(hash.update(password.reveal(), 'utf8').update(salt).digest())
  }
  const decipher = createDecipheriv(cipher, Buffer.concat(key).subarray(0, info.keyLength), iv)
  try {
    const plain = Buffer.concat([decipher.update(octets), decipher.final()])
    return storedKey(plain, form, input.sourceField)
  } catch (error) {
    if (error instanceof Error && error.name === 'SettingsError') throw error
    throw keyPasswordWrong(input, error)
  }
}
