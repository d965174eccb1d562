import type { KeyObject } from 'node:crypto'
import type { Secret } from '@posthorn/ground'
import type { Certificate } from '../certificate.js'
import type { PrivateKey } from '../private-key.js'
import type { Work } from './pkcs12/work.js'

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

/** All of a store, in its own order. */
export interface StoreContents {
  readonly certificates: readonly StoredCertificate[]
  readonly keys: readonly StoredKey[]
}

/** What an opener is given. */
export interface StoreInput {
  /** The store itself: the file, or what was given; base64 around it is gone. */
  readonly octets: Uint8Array
  /** For sentences: `the file ann.pfx`, or `the store`. */
  readonly place: string
  readonly password: Secret | undefined
  /** Opens the private keys, when it is not the password of the store. */
  readonly keyPassword: Secret | undefined
  /** What is left of the key derivation that all sources together may ask for. */
  readonly work: Work
  /** The names of the settings, for errors. */
  readonly sourceField: string
  readonly passwordField: string
  readonly keyPasswordField: string
}

/** One kind of store. */
export interface Opener {
  /** Whether these octets look like this kind; asked for `auto`. */
  recognises(octets: Uint8Array): boolean
  /** @throws {SettingsError} `certificate.format`, `certificate.password` */
  open(input: StoreInput): Promise<StoreContents>
}
