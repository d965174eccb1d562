import { chainOf } from '../chain-of.js'
import type { Certificate } from '../certificate.js'
import { publicKeyOf } from '../certificate-problem.js'
import type { Identity } from '../identity.js'
import type { PrivateKey } from '../private-key.js'
import { readCertificates } from '../read-certificates.js'
import type { CertificateInput } from '../read-certificates.js'
import { refusal } from '../refusal.js'
import { certificateChoice } from './certificate-choice.js'
import { keyName } from './key-name.js'
import { namedPublicKeys } from './named-public-key.js'
import type { NamedPublicKey } from './named-public-key.js'
import type { StoreContents, StoredCertificate, StoredKey } from './opener.js'
import { Turn } from './turn.js'
import type { Steps } from './steps.js'

/** A store that has been opened and read whole. */
export interface CertificateStore {
  /** Every certificate once, in the order of the store. */
  readonly certificates: readonly Certificate[]
  /** The certificates whose private key is in the store, with it. */
  readonly identities: readonly Identity[]
  /** Every private key, whether or not there is a certificate for it. */
  readonly privateKeys: readonly PrivateKey[]
  /** Every public key that is there without a certificate or with its private key, whether or not there is a certificate for it. */
  readonly publicKeys: readonly NamedPublicKey[]
  /**
   * The certificate with this subject, without case: a thumbprint (MD5, SHA-1 or SHA-256 in hexadecimal, with colons or spaces if you like),
   * which fits nothing else; or a whole subject (its parts in either order), its common name, a DNS name or a mail address in it, the name the
   * store gives it, whole attributes, or else a part of the subject. What has an `@` in it is never met by a part of another address. The
   * strictest way in which some certificate fits decides. Of several that fit equally, and for `*` or nothing, those with a private key come
   * first, then those that are valid now; for `*` without any private key, those that are no authority.
   * @throws {SettingsError} `certificate.not-found`, naming what there is
   */
  select(subject?: string): Certificate
  /**
   * The certificate that `select` gives, with its private key.
   * @throws {SettingsError} `certificate.no-key`, `certificate.key-mismatch`, and `certificate.password` for a key that was left closed, besides
   */
  identity(subject?: string): Identity
  /**
   * A certificate that need not be in the store, with its private key, which must be: for keys that stand there alone (JWK, XML, SSH, PuTTY).
   * The chain is looked for in the store and behind the first certificate of the text.
   * @param certificate PEM, its base64, DER, or read already
   * @throws {SettingsError} `certificate.no-key` when the store has no private key, `certificate.key-mismatch` when it has others,
   *   `certificate.format` when this is no certificate
   */
  identityFor(certificate: CertificateInput): Identity
  /**
   * Lets go of what the store holds. A token: the session ends, and its keys sign no more. Anything else was read whole and holds nothing.
   */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Puts keys to their certificates and gives the store.
 * @param place for sentences: `the file ann.pfx`
 * @param field the setting that errors of `select` and `identity` name
 * @param usual what they look for when they are not told
 */
export function* certificateStore(
  contents: StoreContents,
  place: string,
  field: string,
  usual?: string,
): Steps<CertificateStore> {
  const stored = yield* withoutCopies(contents.certificates)
  const certificates = stored.map(({ certificate }) => certificate)
  const own = new Map<StoredCertificate, Identity>()
  for (const [each, { privateKey }] of yield* matched(stored, contents.keys)) {
    own.set(each, identityOf(each.certificate, privateKey, certificates))
  }
  const identities = [...own.values()]
  const nothing = () => {
    const hint = 'Give the certificate as well: a list of sources is one store.'
    const kind = contents.keys.length > 0 ? 'private keys' : 'public keys'
    return refusal('certificate.not-found', field, `${place} has ${kind} but no certificate`, hint)
  }
  let publicKeys: readonly NamedPublicKey[] | undefined

  const closed = new Map(contents.closed?.toReversed().map(({ id, error }) => [id, error]))
  const closedKey = (id?: string) => (id === undefined ? undefined : closed.get(id))
  const keyState = (each: StoredCertificate) => (own.has(each) ? 'open' : closedKey(each.id) ? 'closed' : 'none')
  const choice = yield* certificateChoice([...own.keys(), ...stored.filter((each) => !own.has(each))], keyState)
  const found = (subject: string | undefined): StoredCertificate => {
    if (stored.length === 0) throw nothing()
    const chosen = choice(subject, new Date())
    if (!chosen) throw notFound(subject ?? '*', certificates, place, field)
    return chosen
  }
  const close = contents.close ?? (() => Promise.resolve())

  return {
    certificates,
    identities,
    privateKeys: contents.keys.map(({ privateKey }) => privateKey),
    get publicKeys() {
      return (publicKeys ??= namedPublicKeys(contents))
    },
    select: (subject = usual) => found(subject).certificate,
    identity: (subject = usual) => {
      const chosen = found(subject)
      const identity = own.get(chosen)
      if (identity) return identity
      throw closedKey(chosen.id) ?? withoutKey(chosen.certificate, contents.keys, identities, place, field)
    },
    identityFor: (given) => {
      const [certificate, ...further] = readCertificates(given, field)
      if (!certificate) throw noCertificate(field)
      const publicKey = publicKeyOf(certificate)
      const name = publicKey && keyName(publicKey)
      const key = contents.keys.find((each) => keyName(each.publicKey) === name)
      if (key) return identityOf(certificate, key.privateKey, [...further, ...certificates])
      const tied = stored.find((each) => each.certificate.fingerprints.sha256 === certificate.fingerprints.sha256)
      throw closedKey(tied?.id) ?? withoutKey(certificate, contents.keys, [], place, field)
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** An identity whose chain is looked for when somebody wants it. */
function identityOf(certificate: Certificate, privateKey: PrivateKey, among: readonly Certificate[]): Identity {
  let chain: readonly Certificate[] | undefined
  return {
    certificate,
    privateKey,
    get chain() {
      return (chain ??= chainOf(certificate, among))
    },
  }
}

function* withoutCopies(stored: readonly StoredCertificate[]): Steps<readonly StoredCertificate[]> {
  const seen = new Set<string>()
  const turn = new Turn()
  const once: StoredCertificate[] = []
  for (const each of stored) {
    yield* turn.pass()
    const { sha256 } = each.certificate.fingerprints
    if (!seen.has(sha256)) once.push(each)
    seen.add(sha256)
  }
  return once
}

type Pair = readonly [StoredCertificate, StoredKey]

/** Every certificate with its key, in the order of the keys. Of certificates with the same key, the one the store ties to it comes first. */
function* matched(stored: readonly StoredCertificate[], keys: readonly StoredKey[]): Steps<readonly Pair[]> {
  if (keys.length === 0) return [] // a store of authorities may be large
  const turn = new Turn()
  const byKey = new Map<string, StoredCertificate[]>()
  for (const each of stored) {
    yield* turn.pass()
    const publicKey = publicKeyOf(each.certificate)
    if (!publicKey) continue // a kind of key that Node does not know is not that of a key it has read
    const name = keyName(publicKey)
    const same = byKey.get(name)
    if (same) same.push(each)
    else byKey.set(name, [each])
  }
  const pairs: Pair[] = []
  for (const key of keys) {
    yield* turn.pass()
    const name = keyName(key.publicKey)
    const own = byKey.get(name) ?? []
    byKey.delete(name) // a certificate belongs to the first of keys that are the same
    const tied = own.filter(({ id }) => id !== undefined && id === key.id)
    for (const each of new Set([...tied, ...own])) pairs.push([each, key])
  }
  return pairs
}

function noCertificate(field: string): Error {
  const hint = 'Give PEM with lines such as -----BEGIN CERTIFICATE-----, or the octets of one certificate in DER.'
  return refusal('certificate.format', field, 'the certificate is empty', hint)
}

const MAX_LISTED = 10

function notFound(subject: string, certificates: readonly Certificate[], place: string, field: string): Error {
  const message = `no certificate in ${place} fits '${subject}'; it has ${listed(certificates)}`
  const hint = 'Give a whole subject, a part of one, a mail address or a thumbprint; * takes the first.'
  return refusal('certificate.not-found', field, message, hint)
}

function listed(certificates: readonly Certificate[]): string {
  const names = certificates.slice(0, MAX_LISTED).map(({ subject }) => `'${shortened(subject)}'`)
  const more = certificates.length - names.length
  return names.join(', ') + (more > 0 ? ` and ${more} more` : '')
}

const MAX_NAME = 200

function shortened(name: string): string {
  return name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}...` : name
}

function withoutKey(
  { subject }: Certificate,
  keys: readonly StoredKey[],
  identities: readonly Identity[],
  place: string,
  field: string,
): Error {
  if (keys.length > identities.length && identities.length === 0) {
    const message = `the private key in ${place} is not that of '${subject}'`
    const hint = 'Give the key the certificate was made for; its public key must be the one in the certificate.'
    return refusal('certificate.key-mismatch', field, message, hint)
  }
  const hint = 'Give a store that has the private key: a PFX file, or PEM with certificate and key.'
  return refusal('certificate.no-key', field, `${place} has no private key for '${subject}'`, hint)
}
