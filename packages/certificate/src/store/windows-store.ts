import { refusal } from '../refusal.js'

const EXPORT_HINT =
  'Export the certificate with its private key as a PFX file (type pfx), or as PEM (type pem), and give that file; without a private key, .cer, .p7b or PEM will do.'

/** The stores of Windows that programs for it name; whoever writes one of them means no file. */
const WINDOWS_STORES: readonly string[] = ['my', 'ca', 'root', 'spc']

/** True for `MY`, `CA`, `ROOT` and `SPC`, as text or as a path. */
export function namesWindowsStore(source: unknown): source is string {
  return typeof source === 'string' && WINDOWS_STORES.includes(source.trim().toLowerCase())
}

/** The error for the name of a store of Windows in place of a file. */
export function windowsStoreUnavailable(field: string, name: string): Error {
  return storeUnavailable(field, `'${name.trim()}' is a certificate store of Windows, which Node cannot read`)
}

/** The error for a store of the operating system. */
export function storeUnavailable(field: string, message: string): Error {
  return refusal('certificate.store-unavailable', field, message, EXPORT_HINT)
}
