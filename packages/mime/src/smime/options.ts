import type { Certificate, DigestName, Identity, RsaPadding } from '@posthorn/certificate'

/** What S/MIME does to a message (RFC 8551). Signing comes first, then encrypting. */
export interface SmimeOptions {
  readonly sign?: SignOptions
  readonly encrypt?: EncryptOptions
  /** Signs, encrypts, and signs the whole once more (RFC 2634 1.1); needs both. */
  readonly tripleWrap?: boolean
}

export interface SignOptions {
  readonly identity: Identity
  /** `detached` (default): multipart/signed, readable everywhere. `opaque`: application/pkcs7-mime. */
  readonly form?: 'detached' | 'opaque'
  /** Default `sha256`. Ed25519 always uses SHA-512 (RFC 8419). `sha1` only where an old reader needs it. */
  readonly digest?: DigestName
  /** For RSA keys; default `pkcs1`. */
  readonly padding?: RsaPadding
  /** Which certificates go along: with the chain (default), the signer's alone, or none (the reader must have it). */
  readonly attach?: 'chain' | 'certificate' | 'none'
  /** The clock of the signing-time attribute. */
  readonly now?: () => Date
}

export type ContentCipher =
  'aes-128-cbc' | 'aes-192-cbc' | 'aes-256-cbc' | 'aes-128-gcm' | 'aes-192-gcm' | 'aes-256-gcm' | '3des-cbc'

export interface EncryptOptions {
  /**
   * The certificates of the recipients: a list, from which each recipient's is found by the mail addresses in it, or a function asked for
   * each address. Every recipient must have one, unless there is one `forAll`.
   */
  readonly certificates?:
    readonly Certificate[] | ((address: string) => Certificate | undefined | Promise<Certificate | undefined>)
  /** One certificate for every recipient, whatever addresses stand in it. */
  readonly forAll?: Certificate
  /** Who can read it, too, such as the author (RFC 8551 3.3). */
  readonly alsoFor?: readonly Certificate[]
  /** Default `aes-256-cbc`, which every reader opens; `aes-256-gcm` (AuthEnvelopedData) also protects against changes. */
  readonly cipher?: ContentCipher
  /** For RSA certificates. Default `pkcs1`, which every reader opens; `oaep` with SHA-256 (RFC 8017 7.1). */
  readonly keyTransport?: 'pkcs1' | 'oaep'
  /** Also encrypts for RSA keys of 1024 to 2047 bits (RFC 8551 4.4: SHOULD NOT). Default false: they are refused. */
  readonly allowWeakKeys?: boolean
  /** The clock for the validity of certificates. */
  readonly now?: () => Date
}
