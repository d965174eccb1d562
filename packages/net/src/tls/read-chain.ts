import type { Certificate } from '@posthorn/certificate'
import { connectError } from '../diagnosis.js'
import type { Case } from './case.js'

/**
 * The chain of the peer, read. Only what asks for more than node:tls tells loads the package for it.
 * @throws {ConnectError} `tls.certificate-invalid` for a certificate that cannot be read
 */
export async function readChain({ attempt, peer }: Case): Promise<readonly Certificate[]> {
  const { readCertificate } = await import('@posthorn/certificate')
  try {
    return peer.chain().map(({ raw }) => readCertificate(raw))
  } catch (cause) {
    throw connectError(
      'tls.certificate-invalid',
      'tls',
      `a certificate of ${attempt.target.host} cannot be read`,
      cause,
    )
  }
}
