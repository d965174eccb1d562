import { SettingsError } from '@posthorn/ground'
import { createSecureContext } from 'node:tls'
import { listed } from './listed.js'

/** The signature algorithms of TLS 1.3 (RFC 8446 4.2.3) and the pairs of TLS 1.2, by names that OpenSSL knows. */
const ALGORITHMS: readonly string[] = [
  'ed25519',
  'ed448',
  'ecdsa_secp256r1_sha256',
  'ecdsa_secp384r1_sha384',
  'ecdsa_secp521r1_sha512',
  'rsa_pss_rsae_sha256',
  'rsa_pss_rsae_sha384',
  'rsa_pss_rsae_sha512',
  'rsa_pss_pss_sha256',
  'rsa_pss_pss_sha384',
  'rsa_pss_pss_sha512',
  'rsa_pkcs1_sha256',
  'rsa_pkcs1_sha384',
  'rsa_pkcs1_sha512',
  'ECDSA+SHA224',
  'RSA+SHA224',
  'DSA+SHA256',
  'DSA+SHA384',
  'DSA+SHA512',
  'ECDSA+SHA1',
  'RSA+SHA1',
  'DSA+SHA1',
]

/** The signature algorithms to be offered, for `createSecureContext`; undefined: what Node offers by itself. */
export interface SignatureAlgorithmChoice {
  readonly sigalgs: string | undefined
  readonly notes: readonly string[]
}

/**
 * Signature algorithms by IANA or OpenSSL names, as pairs such as `sha256-rsa`, or as Java writes them (`SHA256withRSA`).
 * @throws {SettingsError} `settings.tls` when none is left
 */
export function chooseSignatureAlgorithms(wanted: string | readonly string[] | undefined): SignatureAlgorithmChoice {
  const names = listed(wanted)
  if (names.length === 0 || names.includes('*')) return { sigalgs: undefined, notes: [] }
  const found = names.map((name) => ({ name, algorithms: opensslNames(name).filter(isAlgorithm) }))
  const unknown = found.filter(({ algorithms }) => algorithms.length === 0).map(({ name }) => name)
  const known = found.flatMap(({ algorithms }) => algorithms)
  const codes = known.map(ianaName)
  // OpenSSL refuses a list that has one algorithm twice
  const sigalgs = known.filter((_, at) => codes.indexOf(codes[at]!) === at).join(':')
  if (sigalgs === '') {
    const message = `this Node (OpenSSL ${process.versions.openssl}) has none of the algorithms ${unknown.join(', ')}`
    throw new SettingsError('settings.tls', 'tls.sigalgs', message, {
      hint: "Use names such as 'ecdsa_secp256r1_sha256:rsa_pss_rsae_sha256:rsa_pkcs1_sha256'.",
    })
  }
  return { sigalgs, notes: unknown.map((name) => `tls.sigalgs: ${name} is not known to this Node and was left out`) }
}

/** The signature algorithms this runtime has. */
export function spokenSignatureAlgorithms(): readonly string[] {
  return ALGORITHMS.filter(isAlgorithm)
}

function opensslNames(name: string): readonly string[] {
  const lower = name.toLowerCase()
  const pss = /^rsa_pss_(sha\d+)$/.exec(lower)?.[1] // one name for keys of both kinds
  if (pss) return [`rsa_pss_rsae_${pss}`, `rsa_pss_pss_${pss}`]
  const pair = /^(sha\d+)(?:-|with)(rsa|dsa|ecdsa)$/.exec(lower) ?? /^(md5)(?:-|with)(rsa)$/.exec(lower)
  if (pair) return [`${pair[2]!.toUpperCase()}+${pair[1]!.toUpperCase()}`]
  return [/^[a-z0-9_]+$/.test(lower) ? lower : name]
}

const CURVES: Readonly<Record<string, string>> = { '256': 'secp256r1', '384': 'secp384r1', '512': 'secp521r1' }

/** One name for what has two (RFC 8446 4.2.3): `RSA+SHA256` is `rsa_pkcs1_sha256`. */
function ianaName(name: string): string {
  const [, key = '', bits = ''] = /^(RSA|ECDSA|(?:RSA-)?PSS)\+SHA(\d+)$/.exec(name) ?? []
  if (key === 'RSA') return `rsa_pkcs1_sha${bits}`
  if (key === 'ECDSA') return `ecdsa_${CURVES[bits] ?? 'any'}_sha${bits}`
  return key === '' ? name : `rsa_pss_rsae_sha${bits}`
}

function isAlgorithm(name: string): boolean {
  try {
    createSecureContext({ sigalgs: name })
    return true
  } catch {
    return false // OpenSSL says only that it did not work
  }
}
