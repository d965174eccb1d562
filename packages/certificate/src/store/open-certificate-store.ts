import { Secret } from '@posthorn/ground'
import { refusal } from '../refusal.js'
import { certificateStore } from './certificate-store.js'
import type { CertificateStore } from './certificate-store.js'
import type { Opener, StoreContents } from './opener.js'
import type { OPENERS, StoreType } from './openers.js'
import { Work } from './pkcs12/work.js'
import { readStoreSource } from './store-source.js'
import type { StoreOctets, StoreSource } from './store-source.js'

/** Which store to open, and with what. */
export interface CertificateStoreOptions {
  /** Default `auto`: the octets decide. */
  readonly type?: StoreType
  /** A file, octets or text (PEM, or the base64 of a store); several are one store, such as a certificate and its key in files of their own. */
  readonly source: StoreSource | readonly StoreSource[]
  /** Opens PFX, and encrypted private keys. */
  readonly password?: string | Secret
  /** Opens the private keys, when they have a password of their own. */
  readonly keyPassword?: string | Secret
  /** What `select()` and `identity()` look for when they are not told; default `*`. */
  readonly subject?: string
  /** The setting to name in errors, such as `smime.sign`; default `store`. */
  readonly field?: string
}

/**
 * Opens a store of certificates and private keys and reads it whole. Passwords are tried off the event loop where Node can.
 * @throws {SettingsError} `certificate.unreadable` for a file that is not there, `certificate.format` for octets that are no such store,
 *   `certificate.password` for a password that is missing or wrong
 */
export async function openCertificateStore(options: CertificateStoreOptions): Promise<CertificateStore> {
  const { source, type = 'auto', field = 'store' } = options
  const sources = isList(source) ? source : [source]
  const { OPENERS: openers } = await import('./openers.js') // whoever opens no store need not load them
  const passwords = {
    password: options.password === undefined ? undefined : Secret.of(options.password),
    passwordField: `${field}.password`,
    keyPassword: options.keyPassword === undefined ? undefined : Secret.of(options.keyPassword),
    keyPasswordField: `${field}.keyPassword`,
  }
  const work = new Work()
  const opened: StoreContents[] = []
  const places: string[] = []
  for (const [index, each] of sources.entries()) {
    const sourceField = sources.length === 1 ? `${field}.source` : `${field}.source[${index}]`
    const found = await readStoreSource(each, sourceField)
    const opener = openerOf(openers, type, found, sourceField, `${field}.type`)
    opened.push(await opener.open({ ...found, ...passwords, sourceField, work }))
    places.push(found.place)
  }
  const contents = {
    certificates: opened.flatMap(({ certificates }) => certificates),
    keys: opened.flatMap(({ keys }) => keys),
  }
  return await certificateStore(contents, places.join(' and '), `${field}.subject`, options.subject)
}

function isList(source: StoreSource | readonly StoreSource[]): source is readonly StoreSource[] {
  return Array.isArray(source)
}

function openerOf(
  openers: typeof OPENERS,
  type: StoreType,
  { octets, place }: StoreOctets,
  sourceField: string,
  typeField: string,
): Opener {
  if (type !== 'auto') {
    if (Object.hasOwn(openers, type)) return openers[type]
    const hint = `Use one of ${Object.keys(openers).join(', ')}, or auto.`
    throw refusal('certificate.format', typeField, `'${String(type)}' is not a type of store`, hint)
  }
  const opener = Object.values(openers).find((each) => each.recognises(octets))
  if (opener) return opener
  const hint = `Give a file of one of the types ${Object.keys(openers).join(', ')}.`
  throw refusal('certificate.format', sourceField, `${place} is no store of certificates that is known`, hint)
}
