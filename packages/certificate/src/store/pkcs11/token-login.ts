import { createHash } from 'node:crypto'
import type { Secret } from '@posthorn/ground'
import { refusal } from '../../refusal.js'
import { CK, returnValue, TOKEN_FLAG } from './cryptoki.js'
import type { Cryptoki, Handle } from './cryptoki.js'
import { pinLocked, pinWrong, tokenRefusal } from './token-refusal.js'

const WRONG_PIN: readonly unknown[] = ['CKR_PIN_INCORRECT', 'CKR_PIN_INVALID', 'CKR_PIN_LEN_RANGE']

/**
 * Who is logged in to the tokens of one module. A token locks after a few wrong PINs, and a login counts for the whole process (PKCS #11
 * 2.40 5.6), so the PINs are remembered, as digests: one that a token has refused is not tried on it again, and a store that is opened with
 * another PIN than the one that is logged in is refused without asking the token.
 */
export class TokenLogins {
  readonly #module: Cryptoki
  readonly #accepted = new Map<string, string>()
  readonly #refused = new Set<string>()

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
    if (this.#refused.has(mark)) throw notTriedAgain(place, field)
    const { state } = this.#module.C_GetSessionInfo(session)
    if (state === CK.readOnlyUserState && accepted !== undefined) {
      if (mark === accepted) return
      throw pinWrong(place, field, false)
    }
    const isOurs = this.#attempt(session, pin, field, place, () => {
      this.#refused.add(mark)
      return (this.#module.C_GetTokenInfo(slot).flags & TOKEN_FLAG.userPinFinalTry) !== 0
    })
    if (isOurs) this.#accepted.set(name, mark)
  }

  /** For a key that wants the PIN for each signature. */
  confirm(session: Handle, pin: Secret | undefined): void {
    this.#module.C_Login(session, CK.contextSpecific, pin?.reveal())
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

function notTriedAgain(place: string, field: string): Error {
  const message = `is not the PIN of ${place}: it was refused before and has not been tried again`
  return refusal('certificate.password', field, message, 'Check the PIN: tokens lock after a few wrong ones.')
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
