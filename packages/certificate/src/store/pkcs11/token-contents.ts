import { publicKeyOf } from '../../certificate-problem.js'
import type { EngineKey } from '../../private-key.js'
import { readCertificate } from '../../read-certificate.js'
import { refusal } from '../../refusal.js'
import type { StoreContents, StoredCertificate, StoredKey, StoreSettings } from '../opener.js'
import { CK } from './cryptoki.js'
import { tokenKeys, tokenPrivateKey, tokenPublicKey } from './token-key.js'
import type { TokenKey } from './token-key.js'
import type { TokenSession } from './token-session.js'
import type { TokenUri } from './token-uri.js'

/** How OpenSSL reaches a key; undefined when it does not. */
export type Reach = (key: TokenKey) => (() => EngineKey) | undefined

/**
 * What is in a token: every certificate, and the keys that the URI asks for by object or id, or all of them.
 * @throws {SettingsError} `certificate.not-found` when there is no such key, `certificate.format` for a certificate that cannot be read
 */
export function tokenContents(
  session: TokenSession,
  uri: TokenUri,
  { sourceField, passwordField }: StoreSettings,
  reach: Reach,
): StoreContents {
  const certificates = certificatesOf(session, sourceField)
  if (!session.seesKeys)
    return { certificates, keys: [], closed: closedKeys(certificates, session.place, passwordField) }
  return { certificates, keys: keysOf(session, uri, certificates, sourceField, reach) }
}

function certificatesOf(session: TokenSession, field: string): readonly StoredCertificate[] {
  return session.objects([{ type: CK.class, value: CK.certificate }]).flatMap((object) => {
    const der = session.attribute(object, CK.value)
    if (!der) return [] // kept elsewhere (CKA_URL), or no X.509
    const name = session.attribute(object, CK.label)?.toString('utf8')
    const id = session.attribute(object, CK.id)?.toString('hex')
    return [{ certificate: readCertificate(der, field), name, id }]
  })
}

function keysOf(
  session: TokenSession,
  uri: TokenUri,
  certificates: readonly StoredCertificate[],
  field: string,
  reach: Reach,
): readonly StoredKey[] {
  const all = tokenKeys(session)
  const chosen = all.filter((key) => isChosen(key, uri))
  if (chosen.length === 0 && (uri.object ?? uri.id) !== undefined) throw noSuchKey(uri, all, session.place, field)
  return chosen.flatMap((key) => {
    const id = key.id?.toString('hex')
    const publicKey = tokenPublicKey(session, key) ?? publicKeyBeside(certificates, id, key)
    if (!publicKey) return [] // nothing says which certificate it belongs to
    const engineKey = reach(key)
    const inToken = tokenPrivateKey(session, key, publicKey, field)
    const privateKey = engineKey ? { ...inToken, engineKey } : inToken
    return [{ privateKey, publicKey, name: key.label, id }]
  })
}

function isChosen({ label, id }: TokenKey, uri: TokenUri): boolean {
  return (uri.object === undefined || uri.object === label) && (uri.id === undefined || id?.equals(uri.id) === true)
}

function publicKeyBeside(certificates: readonly StoredCertificate[], id: string | undefined, { type }: TokenKey) {
  const beside = id === undefined ? undefined : certificates.find((each) => each.id === id)
  const publicKey = beside && publicKeyOf(beside.certificate)
  return publicKey?.asymmetricKeyType === type ? publicKey : undefined
}

/** Nobody has logged in: private keys cannot be seen then, so that every certificate may have one. */
function closedKeys(certificates: readonly StoredCertificate[], place: string, field: string) {
  return certificates.flatMap(({ id }) => {
    if (id === undefined) return []
    const hint = 'Give the PIN of the token as password, or in a file that pin-source of the URI names.'
    return [
      {
        id,
        error: refusal('certificate.password', field, `is needed for the private keys in ${place}: its PIN`, hint),
      },
    ]
  })
}

function noSuchKey(uri: TokenUri, all: readonly TokenKey[], place: string, field: string): Error {
  const wanted = uri.object === undefined ? `id ${Buffer.from(uri.id ?? []).toString('hex')}` : `object '${uri.object}'`
  const there = all.map(({ label, id }) => `'${label ?? ''}' (id ${id?.toString('hex') ?? 'none'})`)
  const message = `no private key in ${place} has the ${wanted}; it has ${there.length === 0 ? 'none' : there.slice(0, 10).join(', ')}`
  return refusal(
    'certificate.not-found',
    field,
    message,
    'Correct object or id in the PKCS #11 URI, or leave them away.',
  )
}
