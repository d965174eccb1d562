import type { SettingsError } from '@posthorn/ground'
import { openAccess, type Access } from './access.js'
import type { ComposeOptions } from './compose.js'
import { ownFields } from './own-draft.js'
import { refusal } from './refusal.js'
import { unknownOption } from './unknown-field.js'

/** What each option must be; `checked`: where it is used. */
const KINDS: Record<keyof ComposeOptions | 'signal', 'object' | 'boolean' | 'function' | 'checked'> = {
  access: 'checked',
  smime: 'object',
  dkim: 'object',
  foldAt: 'checked',
  charset: 'checked',
  utf8Headers: 'boolean',
  messageIdAlgorithm: 'checked',
  allowNoRecipients: 'boolean',
  now: 'function',
  randomOctets: 'function',
  signal: 'object',
}
const KEYS: ReadonlySet<string> = new Set(Object.keys(KINDS))
/** It has all of them itself, so nothing that was written to the prototype of all objects is an option. */
const NONE: OwnOptions = Object.freeze({
  ...(Object.fromEntries(Object.keys(KINDS).map((key) => [key, undefined])) as ComposeOptions),
  access: openAccess,
})

/** Options with an access that is one. */
export type OwnOptions = ComposeOptions & { readonly access: Access }

/**
 * The options with what stands in them itself. Those that are undefined are absent; null is none of them, so that nothing that protects is
 * switched off by a value that is missing.
 * @throws {SettingsError} `compose.options`, `compose.unknown-option`, `compose.access`
 */
export function ownOptions(options: unknown): OwnOptions {
  if (options === undefined) return NONE
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw refusal(
      'compose.options',
      'options',
      `must be an object, not ${options === null ? 'null' : Array.isArray(options) ? 'an array' : typeof options}`,
      'Leave them out, or give an object such as { access, dkim }.',
    )
  }
  const own = ownFields<ComposeOptions>(options, KEYS, '', unknownOption)
  for (const key in own) {
    const option = key as keyof ComposeOptions
    const value: unknown = own[option]
    const kind = KINDS[option]
    if (value === undefined || key === 'access') continue
    if (value === null || (kind !== 'checked' && typeof value !== kind)) throw unfit(key, value, kind)
  }
  return Object.assign(own, { access: accessOf(own.access) }) // in place, since it may be without a prototype
}

function accessOf(access: unknown): Access {
  if (access === undefined) return openAccess
  if (typeof access === 'object' && access !== null && Object.hasOwn(access, 'files')) {
    const { files, fetch } = access as { readonly files: unknown; readonly fetch?: unknown }
    const below = typeof files === 'object' && files !== null && Object.hasOwn(files, 'below')
    if ((files === 'all' || files === 'none' || below) && (fetch === undefined || typeof fetch === 'function')) {
      return access as Access
    }
  }
  throw refusal(
    'compose.access',
    'access',
    "is not an access: { files: 'all' | 'none' | { below }, fetch }",
    'Give openAccess, closedAccess or such an object, or leave it out for openAccess.',
  )
}

function unfit(key: string, value: unknown, kind: string): SettingsError {
  const given = value === null ? 'null' : typeof value
  return refusal(
    'compose.options',
    key,
    kind === 'checked' ? `must not be ${given}` : `must be ${kind === 'object' ? 'an' : 'a'} ${kind}, not ${given}`,
    'Leave it out, or give what its documentation says.',
  )
}
