import { existsSync } from 'node:fs'
import { SettingsError } from '@posthorn/ground'
import { openCertificateStore, type CertificateStore } from '@posthorn/certificate'
import { openCertificateStoreAtOnce, tokensCanBeOpened } from '@posthorn/certificate/sync'
import { IPWorksError } from '../ipworks-error.js'
import { errorText } from '../table/errors.js'
import { storeWay, type StoreWay } from './store-type.js'

/** Where a store is, and what opens it. */
export interface StorePlace {
  readonly storeType: number
  readonly store: string | Uint8Array
  readonly password: string
  readonly keyPassword: string | undefined
  /** For a token: the path of an engine of OpenSSL that reaches its keys. */
  readonly engine: string | undefined
}

const EXPORT =
  'Export the certificate with its key to a PFX file (StoreType 2, cstPFXFile) or a PEM file (StoreType 6, cstPEMKeyFile) and name that.'
const FILE_OR_CONTENT = 'Give the name of a file, or, with the StoreType of a blob, what stands in one.'
/** Kinds for which the document's own platforms have something that is not everywhere. */
const SELDOM: readonly StoreWay['kind'][] = ['jks', 'bcfks', 'pkcs11', 'windows-user', 'windows-machine']
const PASSWORDS: Readonly<Record<string, string>> = {
  [`store.password`]: 'StorePassword',
  [`store.keyPassword`]: 'KeyPassword',
}

/** True for a token: it answers when it answers, so its store is opened when the connection needs it. */
export function isToken({ storeType }: Pick<StorePlace, 'storeType'>): boolean {
  return storeWay(storeType).text === 'token'
}

/**
 * Opens a store and has it when it returns; nothing else runs meanwhile, which may be some hundred milliseconds for a well protected one.
 * @throws {IPWorksError} 271
 */
export function openedStore(place: StorePlace): CertificateStore {
  const way = storeWay(place.storeType)
  if (way.text === 'windows') throw unopened('Node.js cannot read the certificate stores of Windows')
  if (way.text === 'token') throw unopened('a token is opened when the connection needs it')
  try {
    return openCertificateStoreAtOnce({ type: way.kind, source: sourceOf(place.store, way), ...passwords(place) })
  } catch (error) {
    throw storeProblem(error, way)
  }
}

/** @throws {IPWorksError} 271 when no token can be opened here */
export function checkTokens(): void {
  if (tokensCanBeOpened()) return
  throw unopened('a token (PKCS #11) needs the package pkcs11js, which is not installed')
}

/** Opens the store in a token. @throws {IPWorksError} 271 */
export async function openedToken(place: StorePlace): Promise<CertificateStore> {
  const way = storeWay(place.storeType)
  const source = typeof place.store === 'string' ? place.store : Buffer.from(place.store).toString('utf8')
  const { engine } = place
  try {
    return await openCertificateStore({
      type: way.kind,
      source,
      ...passwords(place),
      ...(engine === undefined ? {} : { engine }),
    })
  } catch (error) {
    throw storeProblem(error, way)
  }
}

/** 271 for a store that was not opened, or a key in it. @param error of the certificate package; anything else is rethrown */
export function storeProblem(error: unknown, way: StoreWay): IPWorksError {
  if (!(error instanceof SettingsError)) throw error
  const name = PASSWORDS[error.field]
  const problem = error.message.slice(error.field.length + 2)
  const hint = error.hint?.includes('{ path }') ? FILE_OR_CONTENT : error.hint
  const advice = SELDOM.includes(way.kind) ? EXPORT : (hint ?? '')
  return unopened(name === undefined ? problem : `${name} ${problem}`, advice, error)
}

/** 271, with the way out. */
export function unopened(problem: string, advice = EXPORT, cause?: unknown): IPWorksError {
  return new IPWorksError(271, `${errorText(271)}: ${problem}. ${advice}`.trimEnd(), { cause })
}

function passwords({ password, keyPassword }: StorePlace): {
  readonly password?: string
  readonly keyPassword?: string
} {
  return {
    ...(password === '' ? {} : { password }),
    ...(keyPassword === undefined ? {} : { keyPassword }),
  }
}

/** A store as octets: a text that is octets, one for each character, as these; any other text in UTF-8. */
export function octetsOfStore({ store, storeType }: Pick<StorePlace, 'store' | 'storeType'>): Uint8Array {
  if (typeof store !== 'string') return store
  const way = storeWay(storeType)
  return (isPath(store, way) ? undefined : binaryOf(store, way)) ?? Buffer.from(store)
}

/** Octets are always what would stand in a file. */
function sourceOf(store: string | Uint8Array, way: StoreWay): { path: string } | string | Uint8Array {
  if (typeof store !== 'string') return store
  if (isPath(store, way)) return { path: store }
  return binaryOf(store, way) ?? textInBase64(store) ?? store
}

function isPath(store: string, { text }: StoreWay): boolean {
  return text === 'file' || (text === 'either' && isFile(store))
}

/** The octets of a text that has one character for each; undefined where it is ASCII, which is the same in any way, or can be none. */
function binaryOf(store: string, { isBinary }: StoreWay): Buffer | undefined {
  if (!isBinary || !/[\x80-\xff]/.test(store) || /[^\0-\xff]/.test(store)) return undefined
  return Buffer.from(store, 'latin1')
}

/** PEM, JSON, XML or a key of SSH or PuTTY that is wrapped in base64 once more. A store that is binary is unwrapped where it is read. */
function textInBase64(text: string): Uint8Array | undefined {
  if (!/^[\w+/=\s-]+$/.test(text)) return undefined
  const octets = Buffer.from(text, 'base64')
  return /^\s*(?:-----BEGIN |---- BEGIN |[{<]|PuTTY-User-Key-File-|ssh-|ecdsa-sha2-)/.test(
    octets.toString('latin1', 0, 100),
  )
    ? octets
    : undefined
}

const MAX_PATH = 4096

function isFile(text: string): boolean {
  return text.length <= MAX_PATH && !/[\0\r\n]/.test(text) && existsSync(text)
}
