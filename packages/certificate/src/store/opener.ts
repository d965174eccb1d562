import type { KeyObject } from 'node:crypto'
import type { Secret } from '@posthorn/ground'
import type { Certificate } from '../certificate.js'
import type { PrivateKey } from '../private-key.js'
import type { Work } from './pkcs12/work.js'
import type { Steps } from './steps.js'
import type { StoreSource } from './store-source.js'

/** A certificate in a store, and what the store calls it. */
export interface StoredCertificate {
  readonly certificate: Certificate
  /** The name the store gives it: friendlyName in PKCS #12, an alias elsewhere. */
  readonly name?: string | undefined
  /** What ties it to its key in this store. */
  readonly id?: string | undefined
}

/** A private key in a store. Its certificate is found by the public key; `id` decides when several certificates have the same. */
export interface StoredKey {
  readonly privateKey: PrivateKey
  readonly publicKey: KeyObject
  readonly name?: string | undefined
  readonly id?: string | undefined
}

/** A private key that the passwords at hand do not open. */
export interface ClosedKey {
  readonly id: string
  readonly error: Error
}

/** A public key that stands in a store by itself. */
export interface StoredPublicKey {
  readonly publicKey: KeyObject
  readonly name?: string | undefined
}

/** All of a store, in its own order. */
export interface StoreContents {
  readonly certificates: readonly StoredCertificate[]
  readonly keys: readonly StoredKey[]
  readonly publicKeys?: readonly StoredPublicKey[]
  /** Private keys that were left closed, and why: `identity()` throws it when asked for the certificate with this `id`. */
  readonly closed?: readonly ClosedKey[]
  /** Lets go of what an open store holds, such as a session with a token. */
  readonly close?: (() => Promise<void>) | undefined
}

/** What every opener is given. */
export interface StoreSettings {
  readonly password: Secret | undefined
  /** Opens the private keys, when it is not the password of the store. */
  readonly keyPassword: Secret | undefined
  /** The path of an engine of OpenSSL that reaches the keys of a token. */
  readonly engine?: string | undefined
  /** What is left of the key derivation that all sources together may ask for. */
  readonly work: Work
  /** The names of the settings, for errors. */
  readonly sourceField: string
  readonly typeField: string
  readonly passwordField: string
  readonly keyPasswordField: string
}

/** What the opener of a file is given. */
export interface StoreInput extends StoreSettings {
  /** The store itself: the file, or what was given; base64 around it is gone. */
  readonly octets: Uint8Array
  /** For sentences: `the file ann.pfx`, or `the store`. */
  readonly place: string
}

/** One kind of store. */
export interface Opener {
  /** Whether these octets look like this kind; asked for `auto`. */
  recognises(octets: Uint8Array): boolean
  /** @throws {SettingsError} `certificate.format`, `certificate.password` */
  open(input: StoreInput): Steps<StoreContents>
}

/** What is in a store, and what to call it in a sentence: `the file ann.pfx`. */
export interface OpenedSource {
  readonly place: string
  readonly contents: StoreContents
}

/** A kind of store that is no file, such as a token: it is given the source as it was written, and nothing is read for it. */
export interface SourceOpener {
  /**
   * @throws {SettingsError} `certificate.store-unavailable`, `certificate.format`, `certificate.password`
   */
  openSource(source: StoreSource, settings: StoreSettings): Promise<OpenedSource>
}
