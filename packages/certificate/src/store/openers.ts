import { bcfksStore } from './bcfks/bcfks-store.js'
import { derStore } from './der-store.js'
import { jksStore } from './jks/jks-store.js'
import { jwkStore } from './jwk/jwk-store.js'
import type { Opener, SourceOpener } from './opener.js'
import { p7bStore } from './p7b-store.js'
import { pemStore } from './pem-store.js'
import { pfxStore } from './pkcs12/pfx-store.js'
import { tokenStore } from './pkcs11/token-store.js'
import { publicKeyStore } from './public-key-store.js'
import { ppkStore } from './ssh/ppk-store.js'
import { sshStore } from './ssh/ssh-store.js'
import { systemStore } from './system-store.js'
import { xmlStore } from './xml-store.js'

/** Every kind of store, in the order in which `auto` asks. A new kind is one file and one line here. */
export const OPENERS = {
  pfx: pfxStore,
  pem: pemStore,
  bcfks: bcfksStore, // one that is not encrypted looks like a certificate without a version from outside, so it is asked before der
  der: derStore,
  p7b: p7bStore,
  jwk: jwkStore,
  ppk: ppkStore,
  ssh: sshStore,
  xml: xmlStore,
  jks: jksStore,
  publickey: publicKeyStore,
  pkcs11: tokenStore(),
  'windows-user': systemStore('the certificate store of a Windows user'),
  'windows-machine': systemStore('the certificate store of a Windows machine'),
  'macos-keychain': systemStore('the keychain of macOS'),
} as const satisfies Readonly<Record<string, Opener | SourceOpener>>

/** The kinds of store, and `auto`, which looks at the octets. */
export type StoreType = keyof typeof OPENERS | 'auto'
