import { Secret } from '@posthorn/ground'
import { refusal } from '../refusal.js'
import { certificateStore } from './certificate-store.js'
import type { CertificateStore } from './certificate-store.js'
import type { OpenedSource, Opener, SourceOpener, StoreContents, StoreSettings } from './opener.js'
import type { OPENERS, StoreType } from './openers.js'
import { isTokenUri } from './pkcs11/token-uri.js'
import { Work } from './pkcs12/work.js'
import { readStoreSource } from './store-source.js'
import { inTurns, step } from './steps.js'
import type { Steps } from './steps.js'
import { Turn } from './turn.js'
import type { StoreOctets, StoreSource } from './store-source.js'
import { namesWindowsStore, windowsStoreUnavailable } from './windows-store.js'

/** Which store to open, and with what. */
export interface CertificateStoreOptions {
  /** Default `auto`: the octets decide. */
  readonly type?: StoreType
  /** A file, octets or text (PEM, JWK, XML, ..., or the base64 of a store); several, each of its own type when that is `auto`, are one store, such as a certificate and its key in files of their own. */
  readonly source: StoreSource | readonly StoreSource[]
  /** Opens PFX, and encrypted private keys. */
  readonly password?: string | Secret
  /** Opens the private keys, when they have a password of their own. */
  readonly keyPassword?: string | Secret
  /**
   * For TLS with a key in a token: the path of the engine `pkcs11` of OpenSSL, `/usr/lib/x86_64-linux-gnu/engines-3/pkcs11.so` in Debian's
   * libengine-pkcs11-openssl. Tried with Node 20, 22 and 24 on Linux.
   */
  readonly engine?: string
  /** What `select()` and `identity()` look for when they are not told; default `*`. */
  readonly subject?: string
  /** The setting to name in errors, such as `smime.sign`; default `store`. */
  readonly field?: string
  /** The settings to name in errors of each source, in their order; default `store.source`, of several `store.source[0]` and so on. */
  readonly sourceFields?: readonly string[]
}

/**
 * Opens a store of certificates and private keys and reads it whole. Passwords are tried off the event loop where Node can.
 * @throws {SettingsError} `certificate.unreadable` for a file that is not there, `certificate.format` for octets that are no such store,
 *   more than 10 000 certificates, and for what is no source, `certificate.password` for a password that is missing or wrong, `certificate.store-unavailable` for the stores of Windows and macOS
 */
export async function openCertificateStore(options: CertificateStoreOptions): Promise<CertificateStore> {
  const { OPENERS: openers } = await import('./openers.js') // whoever opens no store need not load them
  return await inTurns(storeInSteps(options, openers))
}

/** Opens a store in steps. */
export function* storeInSteps(options: CertificateStoreOptions, openers: typeof OPENERS): Steps<CertificateStore> {
  const { source, type = 'auto', field = 'store' } = options
  const sources = isList(source) ? source : [source]
  if (sources.length === 0) throw refusal('certificate.format', `${field}.source`, 'is an empty list', SOURCE_HINT)
  const settings = {
    typeField: `${field}.type`,
    password: secretOf(options.password, `${field}.password`),
    passwordField: `${field}.password`,
    keyPassword: secretOf(options.keyPassword, `${field}.keyPassword`),
    keyPasswordField: `${field}.keyPassword`,
    engine: options.engine,
    work: new Work(),
  }
  const opened: StoreContents[] = []
  const places: string[] = []
  const close = async () => {
    for (const each of opened) await each.close?.()
  }
  try {
    let certificates = 0
    for (const [index, each] of sources.entries()) {
      const numbered = sources.length === 1 ? `${field}.source` : `${field}.source[${index}]`
      const sourceField = options.sourceFields?.[index] ?? numbered
      const { contents, place } = yield* openSource(type, each, { ...settings, sourceField }, openers)
      opened.push(contents)
      places.push(place)
      certificates += contents.certificates.length
      if (certificates > MAX_CERTIFICATES) throw tooMany(sourceField)
    }
    const contents = {
      certificates: opened.flatMap(({ certificates }) => certificates),
      keys: opened.flatMap(({ keys }) => keys),
      publicKeys: opened.flatMap(({ publicKeys = [] }) => publicKeys),
      closed: opened.flatMap(({ closed = [] }) => closed),
      close,
    }
    return yield* certificateStore(contents, places.join(' and '), `${field}.subject`, options.subject)
  } catch (error) {
    yield* step(() => undefined, close) // what cannot be opened at once holds nothing open
    throw error
  }
}

/** The bundles of authorities that operating systems bring have some hundreds. */
const MAX_CERTIFICATES = 10_000
const SOURCE_HINT = 'Give the text of a PEM file, or { path } for a file.'

function tooMany(field: string): Error {
  const message = `there are more than ${MAX_CERTIFICATES} certificates`
  return refusal('certificate.format', field, message, 'Give those alone that are needed.')
}

/** The password must be text: a number, or octets, would fail somewhere deep. */
function secretOf(given: unknown, field: string): Secret | undefined {
  if (given === undefined || given instanceof Secret) return given
  if (typeof given === 'string') return new Secret(given)
  throw refusal('certificate.password', field, 'is not text', 'Give the password as a string, or as a Secret.')
}

function isList(source: StoreSource | readonly StoreSource[]): source is readonly StoreSource[] {
  return Array.isArray(source)
}

function* openSource(
  type: StoreType,
  source: StoreSource,
  settings: StoreSettings,
  openers: typeof OPENERS,
): Steps<OpenedSource> {
  if (type === 'auto' && typeof source === 'string' && isTokenUri(source)) {
    return yield* openElsewhere(openers.pkcs11, source, settings)
  }
  if (type === 'auto') {
    const turn = new Turn() // some megabytes are read over several times until they are known
    const found = yield* readStoreSource(source, settings.sourceField)
    yield* turn.pass()
    const opener = Object.values<Opener | SourceOpener>(openers).find(
      (each): each is Opener => 'recognises' in each && each.recognises(found.octets),
    )
    if (!opener) throw notRecognised(source, found, settings.sourceField, openers)
    yield* turn.pass()
    return { place: found.place, contents: yield* opener.open({ ...settings, ...found }) }
  }
  if (!Object.hasOwn(openers, type)) {
    const hint = `Use one of ${Object.keys(openers).join(', ')}, or auto.`
    throw refusal('certificate.format', settings.typeField, `'${String(type)}' is not a type of store`, hint)
  }
  const opener: Opener | SourceOpener = openers[type]
  if ('openSource' in opener) return yield* openElsewhere(opener, source, settings)
  const found = yield* readStoreSource(source, settings.sourceField)
  return { place: found.place, contents: yield* opener.open({ ...settings, ...found }) }
}

/** What is no file answers when it answers. */
function openElsewhere(opener: SourceOpener, source: StoreSource, settings: StoreSettings): Steps<OpenedSource> {
  const refuse = (): never => {
    const hint = 'Open it with openCertificateStore, which waits for it.'
    throw refusal('certificate.store-unavailable', settings.typeField, 'a token cannot be opened at once', hint)
  }
  return step(refuse, () => opener.openSource(source, settings))
}

/** The error for octets that no opener knows. */
function notRecognised(source: StoreSource, { place }: StoreOctets, field: string, openers: typeof OPENERS): Error {
  if (typeof source === 'string') {
    if (namesWindowsStore(source)) return windowsStoreUnavailable(field, source)
    const message = 'is text that is neither PEM nor another store of a known type nor the base64 of one'
    const hint = `Give the text of a PEM file, or { path } for a file. The types are ${fileTypes(openers)}.`
    return refusal('certificate.format', field, message, hint)
  }
  const hint = `Give a file of one of the types ${fileTypes(openers)}.`
  return refusal('certificate.format', field, `${place} is no store of certificates that is known`, hint)
}

function fileTypes(openers: typeof OPENERS): string {
  const entries = Object.entries<Opener | SourceOpener>(openers)
  return entries.flatMap(([type, opener]) => ('recognises' in opener ? [type] : [])).join(', ')
}
