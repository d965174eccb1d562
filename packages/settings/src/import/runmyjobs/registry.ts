import type { Verdict } from '../import.js'
import type { Place } from '../report.js'

/** One entry of the configuration registry. */
export interface RegistryEntry {
  /** The parts of its path: `configuration`, `mail`, `Server`. */
  readonly path: readonly string[]
  readonly value: string
  readonly place: Omit<Place, 'entry'>
}

/** One credential. Its fields bear the names of the dialog, in lower case and without blanks. */
export interface CredentialRecord {
  readonly fields: ReadonlyMap<string, string>
  readonly place: Omit<Place, 'entry'>
}

/** All that was read, in the order of the source. */
export interface Registry {
  readonly entries: RegistryEntry[]
  readonly credentials: CredentialRecord[]
  /** What is neither. */
  readonly others: { readonly place: Place; readonly verdict: Verdict; readonly note: string }[]
}

/** The most entries and credentials that are read. */
export const MAX_ENTRIES = 5000

/** The field a name means: `Virtual User`, `virtualUser` and `VIRTUAL_USER` are one. */
export function fieldOf(name: string): string | undefined {
  const plain = name.toLowerCase().replace(/[\s_-]/g, '')
  if (plain === 'credentialprotocol' || plain === 'type') return 'protocol'
  return FIELDS.includes(plain) ? plain : undefined
}

const FIELDS = ['protocol', 'virtualuser', 'endpoint', 'realuser', 'password', 'certificate']

/** The entries of one kind of folder; the name of a folder of a host stands in their place. */
export const KEYS = [
  ...['Server', 'Transport', 'Port', 'From', 'User', 'AttachmentError', 'ConnectionSecurity', 'AccessiblePath'],
  ...['SendPartial', 'JavaMail'],
] as const

export type Key = Exclude<(typeof KEYS)[number], 'JavaMail'>

export const isKey = (name: string | undefined): name is (typeof KEYS)[number] => KEYS.some((key) => key === name)

/** True for what leads to a key store of Java. */
export const isKeyStore = (text: string) => /\.(?:jks|keystore|p12|pfx)$|(?:^|[/\\])cacerts$/i.test(text)

/** What is said of one. */
export const KEY_STORE =
  'a Java key store is not read; export its certificates as PEM (keytool -exportcert -rfc) and add each as X509_TrustedCertificate'
