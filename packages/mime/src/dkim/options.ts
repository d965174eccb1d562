import type { KeyObject } from 'node:crypto'
import type { Secret } from '@posthorn/ground'

/** One DKIM signature (RFC 6376, RFC 8463). */
export interface DkimOptions {
  /** d=: who answers for the message. A U-label is taken and written as its A-label. */
  readonly domain: string
  /** s=: where the public key stands: `selector._domainkey.domain`. */
  readonly selector: string
  /** RSA (rsa-sha256) or Ed25519 (ed25519-sha256): PEM in PKCS#8 or PKCS#1, or a key. At least 1024 bits. */
  readonly privateKey: string | Uint8Array | Secret | KeyObject
  /** Header and body. Default relaxed/relaxed. */
  readonly canonicalization?: 'relaxed/relaxed' | 'relaxed/simple' | 'simple/relaxed' | 'simple/simple'
  /** The fields to sign, those that are there. Default: those RFC 6376 5.4.1 names. From is always among them. */
  readonly headerFields?: readonly string[]
  /** Fields of which one more than there are is signed, so that none can be added. Default: From, To, Cc, Subject, Date, Message-ID, Reply-To, Content-Type and others. */
  readonly oversign?: readonly string[]
  /** i=: the user or agent, `@domain` or `user@sub.domain`. */
  readonly identity?: string
  /** x=: for how long the signature is good, in seconds from t=. */
  readonly expiresAfterSeconds?: number
}
