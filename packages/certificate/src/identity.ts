import type { Certificate } from './certificate.js'
import type { PrivateKey } from './private-key.js'

/** Who one is: a certificate, its private key, and the certificates that lead to its root. */
export interface Identity {
  readonly certificate: Certificate
  readonly privateKey: PrivateKey
  /** The issuers, nearest first, as far as the store has them; without the certificate itself. */
  readonly chain: readonly Certificate[]
}
