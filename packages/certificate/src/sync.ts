import { createRequire } from 'node:module'
import * as argon2 from '@noble/hashes/argon2.js'
import type { CertificateStore } from './store/certificate-store.js'
import { storeInSteps } from './store/open-certificate-store.js'
import type { CertificateStoreOptions } from './store/open-certificate-store.js'
import { OPENERS } from './store/openers.js'
import { provideArgon2 } from './store/ssh/argon2.js'
import { TOKEN_PACKAGE } from './store/pkcs11/cryptoki.js'
import { atOnce } from './store/steps.js'

/**
 * Opens a store as `openCertificateStore` does, and has it when it returns. Nothing else runs meanwhile, which may be some seconds where a
 * password is protected well: it is for programs that cannot wait for a promise, when they start.
 * @throws {SettingsError} as `openCertificateStore`; `certificate.store-unavailable` for a token, which cannot be opened at once
 */
export function openCertificateStoreAtOnce(options: CertificateStoreOptions): CertificateStore {
  provideArgon2(argon2)
  return atOnce(storeInSteps(options, OPENERS))
}

/** True when the package for tokens, `pkcs11js`, is installed, whether or not it works. */
export function tokensCanBeOpened(): boolean {
  try {
    createRequire(import.meta.url).resolve(TOKEN_PACKAGE)
    return true
  } catch {
    return false
  }
}
