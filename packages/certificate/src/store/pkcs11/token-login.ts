import { createHash } from 'node:crypto'
import type { Secret } from '@posthorn/ground'
import { refusal } from '../../refusal.js'
import { CK, returnValue, TOKEN_FLAG } from './cryptoki.js'
import type { Cryptoki, Handle } from './cryptoki.js'
import { pinLocked, pinWrong, tokenRefusal } from './token-refusal.js'

const WRONG_PIN: readonly unknown[] = ['CKR_PIN_INCORRECT', 'CKR_PIN_INVALID', 'CKR_PIN_LEN_RANGE']

/** In place of a key: what was refused for signatures. */
const SIGNATURE = 'signature'

/** Which PIN is given for a signature, and for which key. */
export interface Confirmation {
  readonly slot: Handle
  /** The label of the key, or its identifier. */
  readonly key: string
  readonly pin: Secret | undefined
  /** The setting that has the PIN. */
  readonly field: string
  readonly place: string
}

/**
 * Who is logged in to the tokens of one module. A token locks after a few wrong PINs, and a login counts for the whole process (PKCS #11
 * 2.40 5.6), so the PINs are remembered, as digests: one that a token has refused is not tried on it again, and a store that is opened with
 * another PIN than the one that is logged in is refused without asking the token. The last try that a token has left is never taken, since
 * nobody could be told before it is locked. What is typed at a keypad is not known here, and whoever types is told by the token.
 */
export class TokenLogins {
  readonly #module: Cryptoki
  readonly #accepted = new Map<string, string>()
  readonly #refused = new Set<string>()
  readonly #confirmed = new Set<string>()

  constructor(module: Cryptoki) {
    this.#module = module
  }

  /**
   * Logs in, with one attempt at most.
   * @param pin undefined for a token with a keypad of its own: the call returns when somebody has typed there
   * @throws {SettingsError} `certificate.password`, `certificate.pin-locked`, or what else the token says
   */
  login(slot: Handle, session: Handle, pin: Secret | undefined, field: string, place: string): void {
    const token = this.#module.C_GetTokenInfo(slot)
    const name = `${token.serialNumber} ${slot.toString('hex')}`
    const mark = markOf(name, pin)
    const accepted = this.#accepted.get(name)
    if ((token.flags & TOKEN_FLAG.userPinLocked) !== 0) throw pinLocked(place, field)
    if ((token.flags & TOKEN_FLAG.userPinInitialized) === 0) throw withoutPin(place, field)
    if (this.#refused.has(mark)) throw notTriedAgain(`is not the PIN of ${place}`, field)
    const { state } = this.#module.C_GetSessionInfo(session)
    if (state === CK.readOnlyUserState && accepted !== undefined) {
      if (mark === accepted) return
      throw pinWrong(place, field, false)
    }
    if (pin && (token.flags & TOKEN_FLAG.userPinFinalTry) !== 0) throw lastTry(place, field)
    const isOurs = this.#attempt(session, pin, field, place, () => {
      if (pin) this.#refused.add(mark)
      return (this.#module.C_GetTokenInfo(slot).flags & TOKEN_FLAG.userPinFinalTry) !== 0
    })
    if (isOurs) this.#accepted.set(name, mark)
  }

  /**
   * For a key that wants a PIN for each signature, its own or that of the token. `expectConfirmable` comes before the signature is begun.
   * @throws {SettingsError} `certificate.password`, `certificate.pin-locked`; or what else the module says, as it says it
   */
  confirm(session: Handle, { slot, key, pin, field, place }: Confirmation): void {
    const name = this.#tokenName(slot)
    try {
      this.#module.C_Login(session, CK.contextSpecific, pin?.reveal())
      this.#confirmed.add(markOf(`${name} ${key}`, pin))
    } catch (error) {
      const value = returnValue(error)
      const isLocked = value === 'CKR_PIN_LOCKED'
      if (!isLocked && !WRONG_PIN.includes(value)) throw error
      if (pin) this.#refused.add(markOf(`${name} ${SIGNATURE}`, pin))
      this.#confirmed.delete(markOf(`${name} ${key}`, pin))
      throw isLocked ? pinLocked(place, field, error) : wrongForKey(key, place, field, error)
    }
  }

  /**
   * Refuses a PIN that the token has refused for a signature, with whichever key: a counter of tries may be that of all. One that this key
   * has taken before is tried.
   * @throws {SettingsError} `certificate.password`
   */
  expectConfirmable({ slot, key, pin, field, place }: Confirmation): void {
    const name = this.#tokenName(slot)
    if (!pin || this.#confirmed.has(markOf(`${name} ${key}`, pin))) return
    const isRefused = this.#refused.has(markOf(`${name} ${SIGNATURE}`, pin))
    if (isRefused) throw notTriedAgain(`is not the PIN for signatures of ${place}`, field)
    const { flags } = this.#module.C_GetTokenInfo(slot)
    if ((flags & TOKEN_FLAG.userPinFinalTry) !== 0) throw lastTry(place, field)
  }

  #tokenName(slot: Handle): string {
    return `${this.#module.C_GetTokenInfo(slot).serialNumber} ${slot.toString('hex')}`
  }

  /** @returns false when somebody else in this process has logged in, so that nothing is known about the PIN */
  #attempt(session: Handle, pin: Secret | undefined, field: string, place: string, refused: () => boolean): boolean {
    try {
      this.#module.C_Login(session, CK.user, pin?.reveal())
      return true
    } catch (error) {
      const value = returnValue(error)
      if (value === 'CKR_USER_ALREADY_LOGGED_IN') return false
      if (value === 'CKR_PIN_LOCKED') throw pinLocked(place, field, error)
      if (WRONG_PIN.includes(value)) throw pinWrong(place, field, refused(), error)
      if (value === 'CKR_PIN_EXPIRED') throw expired(place, field, error)
      throw tokenRefusal(error, field, place)
    }
  }
}

function withoutPin(place: string, field: string): Error {
  const hint = 'Set one with the tool of the token.'
  return refusal('certificate.password', field, `is for nothing: ${place} has no user PIN yet`, hint)
}

function notTriedAgain(isNot: string, field: string): Error {
  const message = `${isNot}: it was refused before and has not been tried again`
  return refusal('certificate.password', field, message, 'Check the PIN: tokens lock after a few wrong ones.')
}

function lastTry(place: string, field: string): Error {
  const message = `has not been tried: one wrong PIN more locks ${place}`
  const hint = 'Check the PIN, and log in once with the tool of the token, which gives it all tries back.'
  return refusal('certificate.password', field, message, hint)
}

function wrongForKey(key: string, place: string, field: string, cause: unknown): Error {
  const message = `is not the PIN that ${place} wants for each signature with the key '${key}'`
  const hint = 'If the key has a PIN of its own, give it as keyPassword. Tokens lock after a few wrong ones.'
  return refusal('certificate.password', field, message, hint, cause)
}

function expired(place: string, field: string, cause: unknown): Error {
  return refusal(
    'certificate.password',
    field,
    `has expired for ${place}`,
    'Set a new PIN with the tool of the token.',
    cause,
  )
}

function markOf(name: string, pin: Secret | undefined): string {
  return createHash('sha256')
    .update(`${name}\0`)
    .update(pin?.reveal() ?? '')
    .digest('hex')
}
