import { open } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Secret } from '@posthorn/ground'
import { publicKeyOf } from '../../certificate-problem.js'
import { readCertificate } from '../../read-certificate.js'
import { refusal } from '../../refusal.js'
import type { SourceOpener, StoreContents, StoredCertificate, StoredKey, StoreSettings } from '../opener.js'
import type { StoreSource } from '../store-source.js'
import { CK, loadPkcs11js } from './cryptoki.js'
import type { CryptokiMaker } from './cryptoki.js'
import { engineKey } from './engine-key.js'
import { tokenKeys, tokenPrivateKey, tokenPublicKey } from './token-key.js'
import type { TokenKey } from './token-key.js'
import { TokenModules } from './token-module.js'
import type { TokenModule } from './token-module.js'
import { tokenRefusal } from './token-refusal.js'
import { TokenSession } from './token-session.js'
import { readTokenUri } from './token-uri.js'
import type { TokenUri } from './token-uri.js'

/**
 * A token behind a PKCS #11 module. Its keys sign where they are. Logging in and looking around hold up the event loop for as long as the
 * token takes; signing does not.
 * @param load gives what modules are loaded into; another one in tests
 */
export function tokenStore(load: (field: string) => CryptokiMaker = (field) => loadPkcs11js(field)): SourceOpener {
  const modules = new TokenModules()
  return {
    openSource: async (source, settings) => {
      const { sourceField } = settings
      const uri = readTokenUri(textOf(source, sourceField), sourceField)
      const pin =
        settings.password ?? uri.pin ?? (uri.pinFile === undefined ? undefined : await pinIn(uri.pinFile, sourceField))
      const module = modules.use(uri.modulePath, sourceField, load(sourceField))
      const session = await module.exclusively(() => openSession(module, uri, pin, settings))
      try {
        const contents = await module.exclusively(() => contentsOf(session, module, uri, settings))
        return { place: session.place, contents }
      } catch (error) {
        await session.close()
        throw tokenRefusal(error, sourceField, session.place)
      }
    },
  }
}

function openSession(
  module: TokenModule,
  uri: TokenUri,
  pin: Secret | undefined,
  { sourceField, passwordField }: StoreSettings,
): TokenSession {
  try {
    return new TokenSession(module, { uri, pin, sourceField, pinField: passwordField })
  } catch (error) {
    module.release()
    throw error
  }
}

function contentsOf(session: TokenSession, module: TokenModule, uri: TokenUri, settings: StoreSettings): StoreContents {
  const { sourceField, passwordField, engine } = settings
  const certificates = certificatesOf(session, sourceField)
  const keys = session.seesKeys ? keysOf(session, module, uri, certificates, settings) : []
  const closed = session.seesKeys ? [] : closedKeys(certificates, session.place, passwordField)
  if (engine !== undefined) module.share()
  return { certificates, keys, closed, close: () => session.close() }
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
  module: TokenModule,
  uri: TokenUri,
  certificates: readonly StoredCertificate[],
  { sourceField, engine }: StoreSettings,
): readonly StoredKey[] {
  const all = tokenKeys(session)
  const chosen = all.filter((key) => isChosen(key, uri))
  if (chosen.length === 0 && (uri.object ?? uri.id) !== undefined) throw noSuchKey(uri, all, session.place, sourceField)
  return chosen.flatMap((key) => {
    const id = key.id?.toString('hex')
    const publicKey = tokenPublicKey(session, key) ?? publicKeyBeside(certificates, id, key)
    if (!publicKey) return [] // nothing says which certificate it belongs to
    const inToken = tokenPrivateKey(session, key, publicKey, sourceField)
    const privateKey =
      engine === undefined ? inToken : { ...inToken, engineKey: engineKey(session, key, module, engine) }
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

const MAX_PIN_OCTETS = 1024

/** The PIN in a file, without the end of its line. @throws {SettingsError} `certificate.unreadable` */
async function pinIn(path: string, field: string): Promise<Secret> {
  const hint = 'Check the path and the permissions of the file: it should have the PIN in one line.'
  try {
    const file = await open(path)
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(MAX_PIN_OCTETS + 1), 0, MAX_PIN_OCTETS + 1, 0)
      if (bytesRead > MAX_PIN_OCTETS) throw refusal('certificate.format', field, `the PIN file ${path} is no PIN`, hint)
      return new Secret(buffer.toString('utf8', 0, bytesRead).replace(/\r?\n$/, ''))
    } finally {
      await file.close()
    }
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code
    if (reason === undefined || reason.startsWith('certificate.')) throw error
    throw refusal('certificate.unreadable', field, `the PIN file ${path} cannot be read (${reason})`, hint, error)
  }
}

function textOf(source: StoreSource, field: string): string {
  if (typeof source === 'string') return source
  if (source instanceof Uint8Array) {
    const hint = 'Give the path of the module, or a PKCS #11 URI, as text.'
    throw refusal('certificate.format', field, 'is octets, and a token is named by a PKCS #11 URI', hint)
  }
  return source.path instanceof URL ? fileURLToPath(source.path) : source.path
}
