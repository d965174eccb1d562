import type { SettingsError } from '@posthorn/ground'
import { tlsVersionRange, type TlsVersionRange } from '@posthorn/net'
import { SSL_BITS, TLS_VERSION_BITS } from '@posthorn/settings/ipworks'
import { invalidArgument } from '../ipworks-error.js'

const KNOWN_BITS = TLS_VERSION_BITS.reduce((all, [bits]) => all | bits, SSL_BITS)

/**
 * Refuses SSL 2 and 3, which cannot be spoken, bits that stand for nothing, and a mask with a gap. [ipworks.config.SSLEnabledProtocols]
 * @throws {IPWorksError} 10022
 */
export function checkProtocols(mask: number, name: string): void {
  if ((mask & SSL_BITS) !== 0)
    throw invalidArgument(name, 'has the bits of SSL 2 or 3, which cannot be spoken; 3072 is TLS 1.2')
  if ((mask & ~KNOWN_BITS) !== 0)
    throw invalidArgument(name, 'has bits that stand for no version; 15360 is TLS 1.2 and 1.3')
  if (mask === 0) return // no version is left: that is for connect() to say
  try {
    protocolRange(mask)
  } catch (cause) {
    throw invalidArgument(name, `${(cause as SettingsError).message}; versions are a range`, cause)
  }
}

/** The versions of a mask. @throws {SettingsError} `settings.tls` for a mask with a gap, or without a version */
export function protocolRange(mask: number): TlsVersionRange {
  const names = TLS_VERSION_BITS.filter(([bits]) => (mask & bits) !== 0).map(([, version]) => version)
  return tlsVersionRange(names, 'SSLEnabledProtocols')
}

/** Suites by name. Which of them this Node has is told by `connect()`: 270 when none is left. @throws {IPWorksError} 10022 */
export function checkCipherSuites(value: string, name: string): void {
  checkNames(value, name, 'suites such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256')
}

/** Groups by name; `connect()` tells which there are. @throws {IPWorksError} 10022 */
export function checkGroups(value: string, name: string): void {
  checkNames(value, name, 'groups such as ecdhe_secp256r1')
}

/** Signature algorithms by name; `connect()` tells which there are. @throws {IPWorksError} 10022 */
export function checkSignatureAlgorithms(value: string, name: string): void {
  checkNames(value, name, 'signature algorithms such as sha256-rsa or rsa_pss_sha256')
}

/** Names, the words of OpenSSL's cipher strings, and what may stand between them. */
const NAMES = /^[\w\s.,;:!+@=*-]*$/

function checkNames(value: string, name: string, what: string): void {
  if (!NAMES.test(value)) throw invalidArgument(name, `must be names of ${what}, between semicolons or commas`)
}

/** The names in a list, between `;`, `:`, `,` or blanks. */
export function namesIn(value: string): readonly string[] {
  return value.split(/[\s;:,]+/).filter((name) => name !== '')
}
