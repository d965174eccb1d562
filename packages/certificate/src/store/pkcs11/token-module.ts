import { CK, returnValue } from './cryptoki.js'
import type { Cryptoki, CryptokiMaker } from './cryptoki.js'
import { TokenLogins } from './token-login.js'
import { moduleUnusable } from './token-refusal.js'

/**
 * The modules of this process. A module has one state for the whole process (PKCS #11 2.40 5.4), however many stores use it: it is
 * initialized for the first of them and finalized after the last.
 */
export class TokenModules {
  readonly #modules = new Map<string, TokenModule>()

  /**
   * The module of this path, for one more user, who gives it back by `release`.
   * @throws {SettingsError} `certificate.module-unusable`
   */
  use(path: string, field: string, maker: CryptokiMaker): TokenModule {
    let module = this.#modules.get(path)
    if (!module) {
      module = new TokenModule(path, maker(), field)
      this.#modules.set(path, module)
    }
    module.use(field)
    return module
  }
}

/** One module. What is done with it is done one thing after the other: not every module has locks of its own. */
export class TokenModule {
  readonly path: string
  readonly cryptoki: Cryptoki
  readonly logins: TokenLogins
  #users = 0
  /** True when it was this class that initialized it, and not somebody else in the process. */
  #isOurs = false
  #isShared = false
  #last: Promise<unknown> = Promise.resolve()

  constructor(path: string, cryptoki: Cryptoki, field: string) {
    this.path = path
    this.cryptoki = cryptoki
    this.logins = new TokenLogins(cryptoki)
    try {
      cryptoki.load(path)
    } catch (error) {
      throw moduleUnusable(path, field, error)
    }
  }

  /** Waits for everybody who came before. */
  async exclusively<T>(work: () => T | Promise<T>): Promise<T> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => undefined)
    return done
  }

  /** @throws {SettingsError} `certificate.module-unusable` */
  use(field: string): void {
    if (this.#users === 0) this.initialize(field)
    this.#users++
  }

  /** After the last user the module is finalized, so that a smart card is free for others. */
  release(): void {
    this.#users--
    if (this.#users > 0 || !this.#isOurs || this.#isShared) return
    this.#isOurs = false
    this.cryptoki.C_Finalize()
  }

  /** From now on OpenSSL uses the module, too, and it is not finalized any more. */
  share(): void {
    this.#isShared = true
  }

  /** Does nothing when it is initialized. @throws {SettingsError} `certificate.module-unusable` */
  initialize(field: string): void {
    try {
      try {
        this.cryptoki.C_Initialize({ flags: CK.osLocking })
      } catch (error) {
        if (returnValue(error) !== 'CKR_CANT_LOCK') throw error
        this.cryptoki.C_Initialize()
      }
      this.#isOurs = true
    } catch (error) {
      if (returnValue(error) !== 'CKR_CRYPTOKI_ALREADY_INITIALIZED') throw moduleUnusable(this.path, field, error)
    }
  }
}
