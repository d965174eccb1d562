import type { Secret } from '@posthorn/ground'
import { CK, returnValue, TOKEN_FLAG } from './cryptoki.js'
import type { Attribute, Handle, Mechanism } from './cryptoki.js'
import type { Confirmation } from './token-login.js'
import type { TokenModule } from './token-module.js'
import { sessionClosed, tokenRefusal } from './token-refusal.js'
import { findToken } from './token-slot.js'
import type { FoundToken } from './token-slot.js'
import type { TokenUri } from './token-uri.js'

/** What says that the session is over, and that another one may be had: the card was drawn and put back, or the module was reset. */
const OVER: readonly (string | undefined)[] = [
  'CKR_SESSION_HANDLE_INVALID',
  'CKR_SESSION_CLOSED',
  'CKR_USER_NOT_LOGGED_IN',
  'CKR_CRYPTOKI_NOT_INITIALIZED',
  'CKR_DEVICE_REMOVED',
  'CKR_TOKEN_NOT_PRESENT',
  'CKR_OBJECT_HANDLE_INVALID',
  'CKR_KEY_HANDLE_INVALID',
]

/** RSA of 16384 bits. */
const MAX_SIGNATURE_OCTETS = 2048
const OBJECTS_AT_A_TIME = 64
const MAX_OBJECTS = 10_000

/** How to open a session, and what errors name. */
export interface SessionSettings {
  readonly uri: TokenUri
  readonly pin: Secret | undefined
  readonly sourceField: string
  readonly pinField: string
  /** For the keys that want a PIN for each signature, when it is another one. */
  readonly keyPin: Secret | undefined
  readonly keyPinField: string
}

/** A session with a token, logged in once and kept. When it breaks it is opened anew, once for each signature. */
export class TokenSession {
  readonly #module: TokenModule
  readonly #settings: SessionSettings
  #token: FoundToken
  readonly #isLoggedIn: boolean
  #handle: Handle | undefined
  #generation = 0
  #isClosed = false

  /** Looks for the token and logs in when there is a PIN, or a keypad for it. @throws {SettingsError} `certificate.token-absent`, `certificate.password`, `certificate.pin-locked`, `certificate.token-failed` */
  constructor(module: TokenModule, settings: SessionSettings) {
    this.#module = module
    this.#settings = settings
    this.#token = this.#translated(() => findToken(module.cryptoki, settings.uri, settings.sourceField), 'the token')
    const { flags } = this.#token
    const hasKeypad = (flags & TOKEN_FLAG.protectedAuthenticationPath) !== 0
    this.#isLoggedIn = (flags & TOKEN_FLAG.loginRequired) !== 0 && (settings.pin !== undefined || hasKeypad)
    this.#translated(() => this.#open(this.#token))
  }

  /** For sentences: `the token 'mail'`. */
  get place(): string {
    return `the token '${this.#token.label}'`
  }

  get token(): FoundToken {
    return this.#token
  }

  /** True when private keys can be seen. */
  get seesKeys(): boolean {
    return this.#isLoggedIn || (this.#token.flags & TOKEN_FLAG.loginRequired) === 0
  }

  /** Changes when the session was opened anew: handles of objects are of no use then. */
  get generation(): number {
    return this.#generation
  }

  /** The objects that have all of these attributes. */
  objects(template: readonly Attribute[]): readonly Handle[] {
    const { cryptoki } = this.#module
    const session = this.#session()
    cryptoki.C_FindObjectsInit(session, template)
    const found: Handle[] = []
    try {
      for (;;) {
        const some = cryptoki.C_FindObjects(session, OBJECTS_AT_A_TIME)
        found.push(...some)
        if (some.length === 0 || found.length >= MAX_OBJECTS) return found
      }
    } finally {
      cryptoki.C_FindObjectsFinal(session)
    }
  }

  /** An attribute; undefined when the object has none, or keeps it to itself. */
  attribute(object: Handle, type: number): Buffer | undefined {
    try {
      const [found] = this.#module.cryptoki.C_GetAttributeValue(this.#session(), object, [{ type }])
      return Buffer.isBuffer(found?.value) && found.value.length > 0 ? found.value : undefined
    } catch (error) {
      if (/^CKR_ATTRIBUTE_(?:TYPE_INVALID|SENSITIVE)/.test(returnValue(error) ?? '')) return undefined
      throw error
    }
  }

  /**
   * A signature, made in the thread pool.
   * @param key gives the key as the session has it now
   * @param asksFor the name of the key when it wants a PIN for each signature
   * @throws {SettingsError} `certificate.token-absent`, `certificate.wrong-usage`, `certificate.password`, `certificate.token-failed`
   */
  async sign(key: () => Handle, mechanism: Mechanism, octets: Buffer, asksFor?: string): Promise<Buffer> {
    return this.#module.exclusively(async () => {
      try {
        return await this.#sign(key, mechanism, octets, asksFor)
      } catch (error) {
        if (this.#isClosed || !OVER.includes(returnValue(error))) throw this.#refusal(error)
      }
      this.#reopen()
      try {
        return await this.#sign(key, mechanism, octets, asksFor)
      } catch (error) {
        throw this.#refusal(error)
      }
    })
  }

  /** Opens the session anew when it is over. @throws as the constructor does */
  restore(): void {
    try {
      this.#module.cryptoki.C_GetSessionInfo(this.#session())
    } catch (error) {
      if (this.#isClosed || !OVER.includes(returnValue(error))) throw this.#refusal(error)
      this.#reopen()
    }
  }

  /** Ends the session after what is under way. */
  async close(): Promise<void> {
    await this.#module.exclusively(() => {
      if (this.#isClosed) return
      this.#isClosed = true
      this.#end()
      this.#module.release()
    })
  }

  async #sign(key: () => Handle, mechanism: Mechanism, octets: Buffer, asksFor?: string): Promise<Buffer> {
    const { cryptoki, logins } = this.#module
    const confirmation = asksFor === undefined ? undefined : this.#confirmation(asksFor)
    if (confirmation) logins.expectConfirmable(confirmation)
    const session = this.#session()
    cryptoki.C_SignInit(session, mechanism, key())
    try {
      if (confirmation) logins.confirm(session, confirmation)
    } catch (error) {
      this.#end() // the signature that was begun would stand in the way of every other; the next opens a session
      throw error
    }
    return await cryptoki.C_SignAsync(session, octets, Buffer.alloc(MAX_SIGNATURE_OCTETS))
  }

  #confirmation(key: string): Confirmation {
    const { pin, pinField, keyPin, keyPinField } = this.#settings
    const field = keyPin ? keyPinField : pinField
    return { slot: this.#token.slot, key, pin: keyPin ?? pin, field, place: this.place }
  }

  #session(): Handle {
    if (this.#isClosed) throw sessionClosed(this.place, this.#settings.sourceField)
    if (!this.#handle) throw new Error('CKR_SESSION_CLOSED')
    return this.#handle
  }

  #open(token: FoundToken): void {
    this.#token = token // after the card was drawn, the slot may be another one
    const { cryptoki, logins } = this.#module
    this.#handle = cryptoki.C_OpenSession(token.slot, CK.serialSession)
    this.#generation++
    if (!this.#isLoggedIn) return
    try {
      logins.login(token.slot, this.#handle, this.#settings.pin, this.#settings.pinField, this.place)
    } catch (error) {
      this.#end()
      throw error
    }
  }

  #reopen(): void {
    this.#end()
    this.#translated(() => {
      const { uri, sourceField } = this.#settings
      const same = { ...uri, slotId: undefined, token: this.#token.label, serial: this.#token.serial }
      this.#module.initialize(sourceField)
      this.#open(findToken(this.#module.cryptoki, same, sourceField))
    })
  }

  /** The token may have gone, and the session with it. */
  #end(): void {
    const handle = this.#handle
    this.#handle = undefined
    try {
      if (handle) this.#module.cryptoki.C_CloseSession(handle)
    } catch (error) {
      if (returnValue(error) === undefined) throw error
    }
  }

  #translated<T>(work: () => T, place = this.place): T {
    try {
      return work()
    } catch (error) {
      throw tokenRefusal(error, this.#settings.sourceField, place)
    }
  }

  #refusal(error: unknown): unknown {
    return tokenRefusal(error, this.#settings.sourceField, this.place)
  }
}
