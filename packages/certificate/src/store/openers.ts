import { derStore } from './der-store.js'
import type { Opener } from './opener.js'
import { pemStore } from './pem-store.js'
import { pfxStore } from './pkcs12/pfx-store.js'

/** Every kind of store, in the order in which `auto` asks. A new kind is one file and one line here. */
export const OPENERS = {
  pem: pemStore,
  pfx: pfxStore,
  der: derStore,
} as const satisfies Readonly<Record<string, Opener>>

/** The kinds of store, and `auto`, which looks at the octets. */
export type StoreType = keyof typeof OPENERS | 'auto'
