import { refusal } from '../refusal.js'
import type { SourceOpener } from './opener.js'
import type { StoreSource } from './store-source.js'

const EXPORT_HINT =
  'Export the certificate with its private key as a PFX file (type pfx), or as PEM (type pem), and give that file; without a private key, .cer, .p7b or PEM will do.'

/** The stores of Windows that programs for it name; whoever writes one of them means no file. */
const WINDOWS_STORES: readonly string[] = ['my', 'ca', 'root', 'spc']

/** True for `MY`, `CA`, `ROOT` and `SPC`, written as text or as a path. */
export function namesWindowsStore(source: StoreSource): boolean {
  const name = typeof source === 'string' ? source : source instanceof Uint8Array ? undefined : source.path
  return typeof name === 'string' && WINDOWS_STORES.includes(name.trim().toLowerCase())
}

/** The error for a store of the operating system. */
export function storeUnavailable(field: string, message: string): Error {
  return refusal('certificate.store-unavailable', field, message, EXPORT_HINT)
}

/** The error for the name of a store of Windows in place of a file. */
export function windowsStoreUnavailable(field: string, source: StoreSource): Error {
  const name = String(source instanceof Uint8Array || typeof source === 'string' ? source : source.path).trim()
  return storeUnavailable(field, `'${name}' is a certificate store of Windows, which Node cannot read`)
}

/** A store of an operating system: Node can read none of them, on no system, and native code is not worth a file that Windows exports. */
export function systemStore(what: string): SourceOpener {
  return {
    openSource: (_, { typeField }) =>
      Promise.reject(storeUnavailable(typeField, `${what} cannot be read: Node has no access to it`)),
  }
}
