import { SettingsError } from '@posthorn/ground'
import type { Secret } from '@posthorn/ground'
import { refusal } from '../refusal.js'
import { keyPasswordNeeded } from './encrypted-key.js'
import type { ClosedKey, StoreContents, StoredKey, StoreInput } from './opener.js'
import { WrongPassword } from './pkcs12/pbe.js'
import { storedKey } from './private-key-info.js'
import type { Steps } from './steps.js'

/**
 * The private keys of a store in which each may have a password of its own, as Java's do. Tried are the password for keys and that of the
 * store. One that fits no key of a store is refused; where some keys open, the others stay closed, and asking for one of them says why.
 */
export class StoreKeys {
  readonly #input: StoreInput
  readonly #keys: StoredKey[] = []
  readonly #closed: ClosedKey[] = []

  constructor(input: StoreInput) {
    this.#input = input
  }

  /**
   * Opens one.
   * @param alias what the store calls the key and its certificate
   * @param decrypt gives PKCS #8, or throws WrongPassword
   */
  *open(alias: string, decrypt: (password: Secret) => Steps<Uint8Array>): Steps<void> {
    const { keyPassword, password, sourceField } = this.#input
    const passwords = [keyPassword, password].filter((each) => each !== undefined)
    let error: Error | undefined = passwords.length === 0 ? keyPasswordNeeded(this.#input) : undefined
    for (const each of passwords) {
      try {
        const info = yield* decrypt(each)
        this.#keys.push(storedKey(info, 'pkcs8', sourceField, alias, alias))
        return
      } catch (cause) {
        if (cause instanceof WrongPassword) error = wrongKeyPassword(this.#input, alias, cause)
        else if (cause instanceof SettingsError)
          error = cause // a kind of key that cannot be used, next to others that can
        else throw cause
      }
    }
    if (error) this.#closed.push({ id: alias, error })
  }

  /** @throws {SettingsError} `certificate.password` when there are passwords, and they open no key; `certificate.format` when no key is of a kind that can be used */
  found(): Pick<StoreContents, 'keys' | 'closed'> {
    const { keyPassword, password } = this.#input
    const [first] = this.#closed
    if (first && this.#keys.length === 0 && (keyPassword ?? password)) throw first.error
    return { keys: this.#keys, closed: this.#closed }
  }
}

function wrongKeyPassword(
  { keyPassword, keyPasswordField, place }: StoreInput,
  alias: string,
  cause: WrongPassword,
): Error {
  const message = keyPassword
    ? `does not open the private key '${alias}' in ${place}`
    : `is needed: the password opens ${place}, but not the private key '${alias}' in it`
  const hint = 'Give the password of the private key as keyPassword.'
  return refusal('certificate.password', keyPasswordField, message, hint, cause)
}
