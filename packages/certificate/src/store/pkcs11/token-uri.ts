import { Secret } from '@posthorn/ground'
import { refusal } from '../../refusal.js'

/** Which token, which key in it and by which module: what a PKCS #11 URI says (RFC 7512). */
export interface TokenUri {
  /** The path of the module, a shared library. */
  readonly modulePath: string
  readonly token?: string | undefined
  readonly manufacturer?: string | undefined
  readonly model?: string | undefined
  readonly serial?: string | undefined
  readonly slotId?: number | undefined
  /** The label of the key. */
  readonly object?: string | undefined
  /** The identifier of the key. */
  readonly id?: Uint8Array | undefined
  readonly pin?: Secret | undefined
  /** The file that has the PIN. */
  readonly pinFile?: string | undefined
}

const SCHEME = /^pkcs11:/i

/** True for text that begins as a PKCS #11 URI does. */
export function isTokenUri(text: string): boolean {
  return SCHEME.test(text)
}

/** What is told apart of a token and its objects (RFC 7512 2.3); the others, of libraries and of other objects, choose nothing here. */
const PATH_ATTRIBUTES = ['token', 'manufacturer', 'model', 'serial', 'slot-id', 'object', 'id', 'type'] as const
const PASSED_OVER = [
  'library-manufacturer',
  'library-description',
  'library-version',
  'slot-description',
  'slot-manufacturer',
]
const KINDS = ['private', 'cert']
const MAX_LENGTH = 4096

/**
 * Reads a PKCS #11 URI, or the bare path of a module.
 * @throws {SettingsError} `certificate.format` when it is malformed, names no module, or asks for what cannot be had. What the PIN is
 *   stands in no error.
 */
export function readTokenUri(text: string, field: string): TokenUri {
  if (!isTokenUri(text)) return { modulePath: text }
  if (text.length > MAX_LENGTH) throw wrongUri(field, `is longer than ${MAX_LENGTH} characters`)
  const rest = text.replace(SCHEME, '')
  const mark = rest.indexOf('?')
  const path = attributes(mark < 0 ? rest : rest.slice(0, mark), ';', field)
  const query = attributes(mark < 0 ? '' : rest.slice(mark + 1), '&', field)
  for (const name of path.keys()) {
    const isKnown = [...PATH_ATTRIBUTES, ...PASSED_OVER].includes(name)
    if (!isKnown) throw wrongUri(field, `has an attribute that is not known (${name})`)
  }
  const kind = textOf(path, 'type', field)
  if (kind !== undefined && !KINDS.includes(kind)) throw wrongUri(field, `asks for objects of the type '${kind}'`)
  const modulePath = textOf(query, 'module-path', field)
  if (!modulePath) throw wrongUri(field, 'does not say which module to use')
  const slot = textOf(path, 'slot-id', field)
  if (slot !== undefined && !/^\d{1,15}$/.test(slot)) throw wrongUri(field, 'has a slot-id that is no number')
  return {
    modulePath,
    token: textOf(path, 'token', field),
    manufacturer: textOf(path, 'manufacturer', field),
    model: textOf(path, 'model', field),
    serial: textOf(path, 'serial', field),
    slotId: slot === undefined ? undefined : Number(slot),
    object: textOf(path, 'object', field),
    id: path.get('id'),
    ...pinOf(query, field),
  }
}

function attributes(text: string, separator: string, field: string): ReadonlyMap<string, Uint8Array> {
  const found = new Map<string, Uint8Array>()
  for (const each of text === '' ? [] : text.split(separator)) {
    const equals = each.indexOf('=')
    if (equals <= 0) throw wrongUri(field, 'has an attribute without a value')
    const name = each.slice(0, equals)
    if (!/^[\w-]+$/.test(name)) throw wrongUri(field, 'has an attribute whose name is none')
    if (found.has(name)) throw wrongUri(field, `has the attribute ${name} twice`)
    found.set(name, percentDecoded(each.slice(equals + 1), name, field))
  }
  return found
}

function percentDecoded(text: string, name: string, field: string): Uint8Array {
  if (/%(?![\dA-Fa-f]{2})/.test(text)) throw wrongUri(field, `has a percent sign out of place in ${name}`)
  const octets = Buffer.from(text, 'utf8').toString('latin1')
  return Buffer.from(
    octets.replaceAll(/%([\dA-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  )
}

function textOf(found: ReadonlyMap<string, Uint8Array>, name: string, field: string): string | undefined {
  const octets = found.get(name)
  if (!octets) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(octets)
  } catch {
    throw wrongUri(field, `has a ${name} that is not UTF-8`)
  }
}

/** RFC 7512 2.4: one of pin-value and pin-source, which is a file here; a command to run it may name as well, and is refused. */
function pinOf(query: ReadonlyMap<string, Uint8Array>, field: string): Pick<TokenUri, 'pin' | 'pinFile'> {
  const value = textOf(query, 'pin-value', field)
  const source = textOf(query, 'pin-source', field)
  if (value !== undefined && source !== undefined) throw wrongUri(field, 'has both pin-value and pin-source')
  if (value !== undefined) return { pin: new Secret(value) }
  if (source === undefined) return {}
  const path = source.replace(/^file:(?:\/\/(?=\/))?/i, '')
  if (!path.startsWith('/') && !/^[A-Za-z]:[\\/]/.test(path))
    throw wrongUri(field, 'has a pin-source that is no file by its whole path')
  return { pinFile: path }
}

function wrongUri(field: string, what: string): Error {
  const hint =
    'Write it as in RFC 7512: pkcs11:token=mail;object=alice?module-path=/usr/lib/softhsm/libsofthsm2.so, with pin-source=/path/of/a/file or the PIN as password.'
  return refusal('certificate.format', field, `the PKCS #11 URI ${what}`, hint)
}
