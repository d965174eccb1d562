import type { X509Certificate } from 'node:crypto'
import type { EphemeralKeyInfo, TLSSocket } from 'node:tls'
import { printable } from '../diagnosis.js'
import type { TlsFacts } from '../options.js'
import { cipherStrengthBits } from './cipher-strength.js'
import type { Peer } from './peer.js'
import type { Verdict } from './verdict.js'

/** What was agreed on, as far as Node tells. */
export function tlsFacts(socket: TLSSocket, { certificate, resumed }: Peer, verdict: Verdict): TlsFacts {
  const { name = 'unknown', standardName = 'unknown' } = socket.getCipher() ?? {}
  const { verified, unverified, revocation } = verdict
  return {
    protocol: socket.getProtocol() ?? 'unknown',
    cipher: standardName,
    cipherName: name,
    strengthBits: cipherStrengthBits(standardName),
    ...keyExchange(socket.getEphemeralKeyInfo(), standardName, certificate),
    resumed,
    verified,
    ...(unverified === undefined ? {} : { unverified }),
    subject: certificate ? nameOf(certificate.subject, certificate.subjectAltName) : '',
    issuer: certificate ? nameOf(certificate.issuer) : '',
    fingerprint: certificate ? certificate.fingerprint256.replaceAll(':', '').toLowerCase() : '',
    ...(revocation === undefined ? {} : { revocation }),
  }
}

/** `CN=mail.example.test, O=Example`; something else when it is empty. */
export function nameOf(distinguishedName: string | undefined, otherwise = ''): string {
  return printable(distinguishedName ? distinguishedName.replaceAll('\n', ', ') : otherwise)
}

function keyExchange(
  found: EphemeralKeyInfo | object | null,
  suite: string,
  certificate: X509Certificate | undefined,
): Pick<TlsFacts, 'keyExchange' | 'keyExchangeBits'> {
  const { type, name, size = 0 } = (found ?? {}) as Partial<EphemeralKeyInfo>
  if (type === 'DH') return { keyExchange: 'DHE', keyExchangeBits: size }
  if (type !== undefined) return { keyExchange: name ? `ECDHE_${name}` : 'ECDHE', keyExchangeBits: size }
  // A session of TLS 1.2 that was resumed exchanged no keys; how the first one did is in the name of the suite.
  if (suite.startsWith('TLS_RSA_WITH_')) {
    const bits = certificate?.publicKey.asymmetricKeyDetails?.modulusLength ?? 0
    return { keyExchange: 'RSA', keyExchangeBits: bits }
  }
  return { keyExchange: /^TLS_(ECDHE|DHE)_/.exec(suite)?.[1] ?? '', keyExchangeBits: 0 }
}
