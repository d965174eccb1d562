import type { Certificate } from '@posthorn/certificate'
import type { X509Certificate } from 'node:crypto'
import { connectError } from '../diagnosis.js'
import type { Case } from './case.js'

/**
 * What the peer showed, read; nothing in it is proved. What cannot be read above the first leads nowhere, and is left out. Only what asks for
 * more than node:tls tells loads the package for it.
 * @throws {ConnectError} `tls.certificate-invalid` when the peer's own certificate cannot be read
 */
export async function readChain(
  { attempt }: Case,
  [own, ...above]: readonly X509Certificate[],
): Promise<readonly Certificate[]> {
  if (!own) return []
  const { readCertificate } = await import('@posthorn/certificate')
  try {
    const server = readCertificate(own.raw)
    return [server, ...above.flatMap(({ raw }) => readable(raw, readCertificate))]
  } catch (cause) {
    const message = `the certificate of ${attempt.target.host} cannot be read`
    throw connectError('tls.certificate-invalid', 'tls', message, cause)
  }
}

/** One certificate, or none when it cannot be read. */
export function readable(der: Uint8Array, read: (der: Uint8Array) => Certificate): readonly Certificate[] {
  try {
    return [read(der)]
  } catch {
    return []
  }
}
