import { BerError, BerReader, insideOnly, TAG } from '../../asn1/ber-reader.js'
import { refusal } from '../../refusal.js'
import type { Opener, StoreContents, StoreInput } from '../opener.js'
import { macCheck } from './mac.js'
import type { MacCheck } from './mac.js'
import { passwordForms } from './password-octets.js'
import type { PasswordOctets } from './password-octets.js'
import { WrongPassword } from './pbe.js'
import { dataContent, SafeBags } from './safe-contents.js'
import type { Work } from './work.js'
import type { Steps } from '../steps.js'

const PFX_VERSION = 3

/** PKCS #12 (RFC 7292): `.pfx`, `.p12`. */
export const pfxStore: Opener = { recognises, open }

/** A sequence that begins with the version 3 and a ContentInfo. */
function recognises(octets: Uint8Array): boolean {
  try {
    const pfx = new BerReader(octets).inside()
    return pfx.smallInteger() === PFX_VERSION && pfx.inside().nextTag === TAG.oid
  } catch {
    return false
  }
}

function* open(input: StoreInput): Steps<StoreContents> {
  try {
    return yield* openPfx(input)
  } catch (error) {
    if (error instanceof WrongPassword) throw wrongPassword(input, error)
    if (!(error instanceof BerError)) throw error
    const hint = 'Check that it is complete, or export it again as PKCS #12 with AES-256 and SHA-256.'
    throw refusal(
      'certificate.format',
      input.sourceField,
      `${input.place} cannot be read as PFX: ${error.message}`,
      hint,
      error,
    )
  }
}

function* openPfx(input: StoreInput): Steps<StoreContents> {
  const pfx = insideOnly(input.octets)
  if (pfx.smallInteger() !== PFX_VERSION) throw new BerError('is not of version 3')
  const authenticatedSafe = dataContent(pfx.inside())
  const mac = pfx.done ? undefined : macCheck(pfx.inside(), authenticatedSafe)
  const { work } = input
  const forms = passwordForms(input.password)
  const fitting = mac ? [yield* fittingForm(mac, forms, work)] : forms
  const keyForms = input.keyPassword ? passwordForms(input.keyPassword) : []
  let wrong: unknown
  for (const password of fitting) {
    const keyPasswords = [...keyForms, password]
    const bags = new SafeBags({ password, keyPasswords, proved: mac !== undefined, work, field: input.sourceField })
    try {
      yield* bags.readAll(authenticatedSafe)
      return bags
    } catch (error) {
      if (!(error instanceof WrongPassword)) throw error
      wrong = mac ? new WrongKeyPassword('the MAC is right', { cause: error }) : error
    }
  }
  throw wrong
}

class WrongKeyPassword extends WrongPassword {}

function* fittingForm(mac: MacCheck, forms: readonly PasswordOctets[], work: Work): Steps<PasswordOctets> {
  for (const form of forms) if (yield* mac(form, work)) return form
  throw new WrongPassword('the MAC is wrong')
}

function wrongPassword(input: StoreInput, cause: WrongPassword): Error {
  const { place, keyPassword, keyPasswordField, passwordField } = input
  if (cause instanceof WrongKeyPassword) {
    const hint = 'Give the password of the private key as keyPassword.'
    const message = keyPassword
      ? `does not open a private key in ${place}`
      : `is needed: the password opens ${place}, but not a private key in it`
    return refusal('certificate.password', keyPasswordField, message, hint, cause)
  }
  return input.password
    ? refusal(
        'certificate.password',
        passwordField,
        `does not open ${place}, or it is damaged`,
        'Check the password.',
        cause,
      )
    : refusal(
        'certificate.password',
        passwordField,
        `is needed to open ${place}`,
        'Give the password of the store.',
        cause,
      )
}
