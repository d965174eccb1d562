import { createHash, randomUUID, type Hash } from 'node:crypto'
import type { SecureContext } from 'node:tls'
import type { TlsOptions } from '../options.js'
import { trustedCertificates } from './trusted.js'

/** What makes a session fit: everything that decides whom one trusts, who one is, and what is offered. */
const TEXTS = ['minVersion', 'maxVersion', 'ciphers', 'minStrengthBits', 'ecdhCurve', 'sigalgs'] as const
const CHECKS = ['rejectUnauthorized', 'verifyHost', 'trustHosts', 'pins', 'revocation'] as const

/**
 * The name under which a session is kept: a digest of the server's name and port and of the settings, so that a session is never resumed with
 * another trust, another client certificate or other checks than it was made with. No private key goes into it.
 */
export function sessionKey(name: string, port: number, settings: string): string {
  return createHash('sha256')
    .update(JSON.stringify([name.toLowerCase(), port, settings]))
    .digest('hex')
}

/** A digest of the settings that count for resuming. */
export function settingsDigest(tls: TlsOptions): string {
  const hash = createHash('sha256')
  for (const field of [...TEXTS, ...CHECKS]) hash.update(`${field}=${JSON.stringify(tls[field] ?? null)}\n`)
  addAll(hash, 'ca', tls.ca)
  addAll(hash, 'cert', tls.cert)
  addAll(hash, 'pfx', tls.pfx)
  addAll(hash, 'identity', tls.identity?.certificate.der)
  addAll(hash, 'extraCa', trustedCertificates(tls.extraCa, 'tls.extraCa'))
  addAll(hash, 'accepted', trustedCertificates(tls.acceptedCertificates, 'tls.acceptedCertificates'))
  const records = tls.dane?.records.map(({ usage, selector, matching, data }) => {
    return [usage, selector, matching, Buffer.from(data).toString('hex')]
  })
  hash.update(`dane=${JSON.stringify([records, tls.dane?.names])}\n`)
  hash.update(`decide=${tls.decide !== undefined}\n`) // asked again for every connection, whatever it is
  if (tls.secureContext) hash.update(`secureContext=${contextId(tls.secureContext)}`)
  return hash.digest('hex')
}

function addAll(hash: Hash, field: string, value: unknown): void {
  const list: readonly unknown[] = Array.isArray(value) ? value : value === undefined ? [] : [value]
  hash.update(`${field}=${list.length}\n`)
  for (const each of list) {
    const given = (each as { readonly buf?: unknown }).buf ?? each // a PKCS #12 with a password of its own
    const octets = given instanceof Uint8Array ? given : Buffer.from(String(given))
    hash.update(`${octets.length}\n`).update(octets)
  }
}

const contextIds = new WeakMap<SecureContext, string>()

/** Nobody can look into a context: each is its own. */
function contextId(context: SecureContext): string {
  const id = contextIds.get(context) ?? randomUUID()
  contextIds.set(context, id)
  return id
}
