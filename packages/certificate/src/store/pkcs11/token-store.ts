import { open } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { Secret } from '@posthorn/ground'
import { refusal } from '../../refusal.js'
import type { SourceOpener, StoreSettings } from '../opener.js'
import { pathOf } from '../store-source.js'
import type { StoreSource } from '../store-source.js'
import { isTextOfStore } from '../text-in-path.js'
import { loadPkcs11js } from './cryptoki.js'
import type { CryptokiMaker } from './cryptoki.js'
import { engineKey } from './engine-key.js'
import type { ContextMaker } from './engine-key.js'
import { tokenContents } from './token-contents.js'
import type { TokenKey } from './token-key.js'
import { TokenModules } from './token-module.js'
import type { TokenModule } from './token-module.js'
import { tokenRefusal } from './token-refusal.js'
import { TokenSession } from './token-session.js'
import { isTokenUri, readTokenUri } from './token-uri.js'
import type { TokenUri } from './token-uri.js'

/**
 * A token behind a PKCS #11 module. Its keys sign where they are. Logging in and looking around hold up the event loop for as long as the
 * token takes; signing does not.
 * @param load gives what modules are loaded into, and `make` makes contexts of TLS; others in tests
 */
export function tokenStore(
  load: (field: string) => Promise<CryptokiMaker> = (field) => loadPkcs11js(field),
  make: ContextMaker = createSecureContext,
): SourceOpener {
  const modules = new TokenModules()
  return {
    openSource: async (source, settings) => {
      const { sourceField } = settings
      const uri = readTokenUri(textOf(source, sourceField), sourceField)
      const pin =
        settings.password ?? uri.pin ?? (uri.pinFile === undefined ? undefined : await pinIn(uri.pinFile, sourceField))
      const module = modules.use(uri.modulePath, sourceField, await load(sourceField))
      const session = await module.exclusively(() => openSession(module, uri, pin, settings))
      const { engine } = settings
      const reach = (key: TokenKey) =>
        engine === undefined ? undefined : engineKey(session, key, module, engine, sourceField, make)
      try {
        if (engine !== undefined) module.share()
        const contents = await module.exclusively(() => tokenContents(session, uri, settings, reach))
        return { place: session.place, contents: { ...contents, close: () => session.close() } }
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
  { sourceField, passwordField, keyPassword, keyPasswordField }: StoreSettings,
): TokenSession {
  try {
    const keyPin = { keyPin: keyPassword, keyPinField: keyPasswordField }
    return new TokenSession(module, { uri, pin, sourceField, pinField: passwordField, ...keyPin })
  } catch (error) {
    module.release()
    throw error
  }
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
  if (typeof source === 'string') {
    if (isTokenUri(source) || !isTextOfStore(source)) return source
    throw refusal('certificate.format', field, 'is the text of a store, and a token is named by a PKCS #11 URI', HINT)
  }
  if (source instanceof Uint8Array) {
    throw refusal('certificate.format', field, 'is octets, and a token is named by a PKCS #11 URI', HINT)
  }
  const { path } = source
  return typeof path === 'string' && isTokenUri(path) ? path : pathOf(source, field)
}

const HINT = 'Give the path of the module, or a PKCS #11 URI, as text.'
