import type { ConnectError } from '@posthorn/ground'
import type { Certificate } from '@posthorn/certificate'
import { connectError } from '../diagnosis.js'
import type { ServerCertificateFacts, TlsOptions } from '../options.js'
import type { Case } from './case.js'
import { signedChain } from './peer.js'
import { readChain } from './read-chain.js'

/**
 * Asks the caller. True when the certificate is taken whatever `problem` says; false when the judgement stands as it is.
 * @param isVerified whether the chain counts as verified; then nothing is shown above the first certificate but what is in the path
 * @param path to an authority that is trusted; undefined when none could be verified
 * @throws {ConnectError} `tls.refused-by-caller`; `tls.decision-failed` when it threw or gave something else than true, false and undefined;
 *   `tls.certificate-invalid` for a certificate that cannot be read
 */
export async function decision(
  c: Case,
  decide: NonNullable<TlsOptions['decide']>,
  problem: ConnectError | undefined,
  isVerified: boolean,
  path: readonly Certificate[] | undefined,
): Promise<boolean> {
  const { target } = c.attempt
  const sent = signedChain(c.peer)
  const chain = path ?? (await readChain(c, isVerified ? sent.slice(0, 1) : sent))
  const certificate = chain[0]!
  const facts: ServerCertificateFacts = {
    host: target.host,
    port: target.port,
    name: c.plan.name,
    protocol: c.socket.getProtocol() ?? 'unknown',
    certificate,
    chain,
    chainVerified: path !== undefined,
    subject: certificate.subject,
    issuer: certificate.issuer,
    status: problem?.code ?? 'ok',
    reason: problem?.message ?? '',
  }
  let answer: unknown
  try {
    answer = await decide(facts)
  } catch (cause) {
    throw connectError('tls.decision-failed', 'tls', `tls.decide failed for the certificate of ${target.host}`, cause)
  }
  if (answer === false) {
    const message = `tls.decide refused the certificate of ${target.host}`
    throw connectError('tls.refused-by-caller', 'tls', message, problem)
  }
  if (answer !== true && answer !== undefined) {
    throw connectError('tls.decision-failed', 'tls', `tls.decide gave a ${typeof answer} for ${target.host}`)
  }
  return answer === true
}
