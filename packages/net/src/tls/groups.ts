import { SettingsError } from '@posthorn/ground'
import { createSecureContext } from 'node:tls'
import { listed } from './listed.js'

/** Groups for the key exchange by their OpenSSL names, with the other names they go by: IANA (RFC 8422, RFC 7919), NIST, ANSI. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  X25519: [],
  X448: [],
  'P-256': ['secp256r1', 'prime256v1', 'p256'],
  'P-384': ['secp384r1', 'p384'],
  'P-521': ['secp521r1', 'p521'],
  secp256k1: [],
  brainpoolP256r1: [],
  brainpoolP384r1: [],
  brainpoolP512r1: [],
  ffdhe2048: ['ffdhe_2048'],
  ffdhe3072: ['ffdhe_3072'],
  ffdhe4096: ['ffdhe_4096'],
  ffdhe6144: ['ffdhe_6144'],
  ffdhe8192: ['ffdhe_8192'],
  X25519MLKEM768: [],
  SecP256r1MLKEM768: [],
  SecP384r1MLKEM1024: [],
}

const opensslNames = new Map(
  Object.entries(GROUPS).flatMap(([name, others]) =>
    [name, ...others].map((each) => [each.toLowerCase(), name] as const),
  ),
)

/** The groups to be offered, for `createSecureContext`; undefined: what Node offers by itself. */
export interface GroupChoice {
  readonly ecdhCurve: string | undefined
  readonly notes: readonly string[]
}

/**
 * Groups by any of their names, the most wanted first; OpenSSL sends a key share for the first one.
 * @throws {SettingsError} `settings.tls` when none is left
 */
export function chooseGroups(wanted: string | readonly string[] | undefined): GroupChoice {
  const names = listed(wanted)
  if (names.length === 0 || names.includes('*') || names.includes('auto')) return { ecdhCurve: undefined, notes: [] }
  const found = names.map((name) => ({ name, group: groupName(name) }))
  const spoken = found.filter(({ group }) => isGroup(group))
  const unknown = found.filter((each) => !spoken.includes(each)).map(({ name }) => name)
  if (spoken.length === 0) {
    const message = `this Node (OpenSSL ${process.versions.openssl}) has none of the groups ${unknown.join(', ')}`
    throw new SettingsError('settings.tls', 'tls.ecdhCurve', message, { hint: "Use 'X25519:P-256:P-384'." })
  }
  return {
    ecdhCurve: [...new Set(spoken.map(({ group }) => group))].join(':'),
    notes: unknown.map((name) => `tls.ecdhCurve: ${name} is no group of this Node and was left out`),
  }
}

/** The groups this runtime has. */
export function spokenGroups(): readonly string[] {
  return Object.keys(GROUPS).filter(isGroup)
}

function groupName(name: string): string {
  const plain = name.toLowerCase().replace(/^ecdhe?_/, '')
  return opensslNames.get(plain) ?? name
}

function isGroup(name: string): boolean {
  try {
    createSecureContext({ ecdhCurve: name })
    return true
  } catch {
    return false // Node says only that it did not work
  }
}
