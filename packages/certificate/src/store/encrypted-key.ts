import { BerError } from '../asn1/ber-reader.js'
import { refusal } from '../refusal.js'
import type { StoredKey, StoreInput } from './opener.js'
import { passwordForms } from './pkcs12/password-octets.js'
import { WrongPassword } from './pkcs12/pbe.js'
import { decryptPrivateKeyInfo, storedKey } from './private-key-info.js'
import type { Steps } from './steps.js'

/**
 * Opens an encrypted PKCS #8 key (RFC 5958 3) with the password of the key, or else that of the store.
 * @throws {BerError} when it is malformed
 * @throws {SettingsError} `certificate.password`
 */
export function* encryptedKey(der: Uint8Array, input: StoreInput): Steps<StoredKey> {
  const password = input.keyPassword ?? input.password
  if (!password) throw keyPasswordNeeded(input)
  let wrong: unknown
  for (const form of passwordForms(password)) {
    try {
      const info = yield* decryptPrivateKeyInfo(der, form, input.work)
      return afterDecryption(() => storedKey(info, 'pkcs8', input.sourceField))
    } catch (error) {
      if (!(error instanceof WrongPassword)) throw error
      wrong = error
    }
  }
  throw keyPasswordWrong(input, wrong)
}

/** The error for an encrypted key and no password. */
export function keyPasswordNeeded({ passwordField, place }: StoreInput): Error {
  const hint = 'Give the password of the private key.'
  return refusal('certificate.password', passwordField, `is needed for the private key in ${place}`, hint)
}

/** The error for an encrypted key and another password. */
export function keyPasswordWrong(
  { keyPassword, keyPasswordField, passwordField, place }: StoreInput,
  cause: unknown,
): Error {
  const hint = 'Check the password.'
  const field = keyPassword ? keyPasswordField : passwordField
  return refusal('certificate.password', field, `does not open the private key in ${place}`, hint, cause)
}

/** One wrong password in 256 gives octets with proper padding. */
function afterDecryption(read: () => StoredKey): StoredKey {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof BerError)) throw error
    throw new WrongPassword('what was decrypted is not a key', { cause: error })
  }
}
