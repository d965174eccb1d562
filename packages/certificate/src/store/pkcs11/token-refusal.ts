import type { SettingsError } from '@posthorn/ground'
import { refusal } from '../../refusal.js'
import type { StoreErrorCode } from '../../refusal.js'
import { returnValue } from './cryptoki.js'

const OTHER_WAY = 'Or use a PFX or PEM file with a key of its own.'
const UNLOCK = 'Have it unlocked with the PIN of the security officer (PUK).'

interface Meaning {
  readonly code: StoreErrorCode
  readonly says: string
  readonly hint: string
}

const ABSENT: Meaning = { code: 'certificate.token-absent', says: 'is not there any more', hint: 'Insert the token.' }
const CANNOT: Meaning = {
  code: 'certificate.wrong-usage',
  says: 'cannot make this signature with this key',
  hint: 'Choose another digest or padding, or a key that is for signing.',
}

/** What the return values of PKCS #11 mean to somebody who runs a mail system. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  CKR_TOKEN_NOT_PRESENT: ABSENT,
  CKR_DEVICE_REMOVED: ABSENT,
  CKR_SLOT_ID_INVALID: ABSENT,
  CKR_KEY_FUNCTION_NOT_PERMITTED: CANNOT,
  CKR_KEY_TYPE_INCONSISTENT: CANNOT,
  CKR_KEY_SIZE_RANGE: CANNOT,
  CKR_MECHANISM_INVALID: CANNOT,
  CKR_MECHANISM_PARAM_INVALID: CANNOT,
  CKR_DATA_LEN_RANGE: CANNOT,
  CKR_PIN_LOCKED: {
    code: 'certificate.pin-locked',
    says: 'is locked: too many wrong PINs were given',
    hint: UNLOCK,
  },
  CKR_PIN_INCORRECT: {
    code: 'certificate.password',
    says: 'takes the PIN no more',
    hint: 'Check whether it was changed.',
  },
  CKR_USER_NOT_LOGGED_IN: {
    code: 'certificate.password',
    says: 'wants its PIN',
    hint: 'Give the PIN as password, or in a file that pin-source names.',
  },
}

/** The error for a call that the token, or its module, did not carry out. An error that is none of PKCS #11 is given back as it is. */
export function tokenRefusal(error: unknown, field: string, place: string): unknown {
  const value = returnValue(error)
  if (value === undefined) return error
  const { code, says, hint } = MEANINGS[value] ?? {
    code: 'certificate.token-failed' as const,
    says: `failed (${value})`,
    hint: `See what the documentation of the module says about it. ${OTHER_WAY}`,
  }
  return refusal(code, field, `${place} ${says}`, hint, error)
}

/** The error for a module that is no PKCS #11 module, is not there, or is for another machine. */
export function moduleUnusable(path: string, field: string, cause: unknown): SettingsError {
  const why = cause instanceof Error ? cause.message.split('\n', 1)[0]! : String(cause)
  const message = `the PKCS #11 module ${path} cannot be used (${why})`
  const hint = `Give the path of the shared library that comes with the token, such as /usr/lib/softhsm/libsofthsm2.so, for the kind of machine that Node runs on. ${OTHER_WAY}`
  return refusal('certificate.module-unusable', field, message, hint, cause)
}

/** The error for a token that is not there. @param there the labels of those that are */
export function tokenAbsent(wanted: string, there: readonly string[], field: string): SettingsError {
  const found = there.length === 0 ? 'there is no token' : `there are ${there.map((each) => `'${each}'`).join(', ')}`
  const message = `no token ${wanted}: ${found}`
  const hint = `Insert the token, or write its label into the URI: pkcs11:token=... . ${OTHER_WAY}`
  return refusal('certificate.token-absent', field, message, hint)
}

/** The error for a choice between several tokens. */
export function tokenAmbiguous(there: readonly string[], field: string): SettingsError {
  const message = `there are several tokens: ${there.map((each) => `'${each}'`).join(', ')}`
  const hint = 'Choose one with a PKCS #11 URI: pkcs11:token=LABEL?module-path=PATH, or by serial or slot-id.'
  return refusal('certificate.token-absent', field, message, hint)
}

/** The error for a PIN that locks the token. */
export function pinLocked(place: string, field: string, cause?: unknown): SettingsError {
  return refusal('certificate.pin-locked', field, `${place} is locked: too many wrong PINs were given`, UNLOCK, cause)
}

/** The error for a wrong PIN. @param isLast true when the token says that one more wrong one locks it */
export function pinWrong(place: string, field: string, isLast: boolean, cause?: unknown): SettingsError {
  const hint = isLast
    ? 'Check the PIN: one more that is wrong locks the token.'
    : 'Check the PIN: tokens lock after a few.'
  return refusal('certificate.password', field, `is not the PIN of ${place}`, hint, cause)
}

/** The error for a key whose store has been closed. */
export function sessionClosed(place: string, field: string): SettingsError {
  const hint = 'Close the store after the last use of its keys.'
  return refusal('certificate.token-failed', field, `the session with ${place} has been closed`, hint)
}
