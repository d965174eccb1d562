import { createPublicKey } from 'node:crypto'
import { SettingsError } from '@posthorn/ground'
import {
  readCertificates,
  type Certificate,
  type CertificateStore,
  type Identity,
  type NamedPublicKey,
  type PrivateKey,
} from '@posthorn/certificate'
import { invalidArgument } from '../ipworks-error.js'
import { documentedName } from './documented-name.js'

/** What was chosen: a certificate, with its key where that was found, or a key that has none. */
export interface Chosen {
  readonly certificate?: Certificate | undefined
  /** The certificate with its private key. */
  readonly identity?: Identity | undefined
  /** A public key without a certificate. */
  readonly bareKey?: NamedPublicKey | undefined
  readonly privateKey?: PrivateKey | undefined
  /** Why the private key of the certificate is not there, when there is one that could be it. */
  readonly keyProblem?: SettingsError | undefined
}

/**
 * The certificate of a store with this subject: first by all of it, or by what else `select` of a store knows, then by a part of it. `*` is
 * the first with a private key. Where there are keys and no certificates, one of the keys, by its name. Undefined when nothing fits.
 * [ipworks.type.Certificate.Subject]
 */
export function chosenBySubject(store: CertificateStore, subject: string): Chosen | undefined {
  if (store.certificates.length === 0) return chosenKey(store, subject)
  const certificate = selected(store, subject)
  if (!certificate) return undefined
  return { certificate, ...keyBy(() => store.identity(`Thumbprint=${certificate.fingerprints.sha256}`)) }
}

/**
 * A certificate with its private key out of a store; without a store, without one. [ipworks.type.Certificate.Encoded]
 * @throws {SettingsError} `certificate.format`; {IPWorksError} 10022 when it is none
 */
export function chosenByCertificate(store: CertificateStore | undefined, encoded: string | Uint8Array): Chosen {
  const [certificate, ...issuers] = readCertificates(encoded, 'Encoded')
  if (!certificate) throw invalidArgument('Encoded', 'is empty')
  const given = [certificate, ...issuers].map(({ pem }) => pem).join('')
  return { certificate, ...(store ? keyBy(() => store.identityFor(given)) : {}) }
}

/** The key, or why there is none, but for a store that has no keys at all, or those of others. */
function keyBy(identify: () => Identity): Chosen {
  try {
    const identity = identify()
    return { identity, privateKey: identity.privateKey }
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    return error.code === 'certificate.no-key' ? {} : { keyProblem: error }
  }
}

function selected(store: CertificateStore, subject: string): Certificate | undefined {
  try {
    return store.select(subject)
  } catch (error) {
    if (!(error instanceof SettingsError) || error.code !== 'certificate.not-found') throw error
  }
  // a store does not take a part of a mail address for the whole; the document does not ask who is meant
  const wanted = subject.trim().toLowerCase()
  if (isThumbprint(wanted)) return undefined
  const own = store.identities.map(({ certificate }) => certificate)
  return [...own, ...store.certificates].find((each) =>
    [each.subject, documentedName(each.subject)].some((name) => name.toLowerCase().includes(wanted)),
  )
}

function chosenKey(store: CertificateStore, subject: string): Chosen | undefined {
  const wanted = subject.trim().toLowerCase()
  const keys = store.publicKeys.map((bareKey): Chosen => ({ bareKey, privateKey: privateHalf(store, bareKey) }))
  const fitting = keys.filter(({ bareKey }) => wanted === '*' || fits(bareKey!, wanted))
  return fitting.find(({ privateKey }) => privateKey !== undefined) ?? fitting[0]
}

function fits({ name, fingerprints }: NamedPublicKey, wanted: string): boolean {
  if (isThumbprint(wanted)) {
    const digits = wanted.replace(/^thumbprint\s*=/, '').replaceAll(/[\s:]/g, '')
    return Object.values(fingerprints).includes(digits)
  }
  return name?.toLowerCase().includes(wanted) === true
}

function isThumbprint(wanted: string): boolean {
  return /^thumbprint\s*=/.test(wanted)
}

function privateHalf(store: CertificateStore, { keyObject }: NamedPublicKey): PrivateKey | undefined {
  return store.privateKeys.find((each) => each.keyObject && createPublicKey(each.keyObject).equals(keyObject))
}
