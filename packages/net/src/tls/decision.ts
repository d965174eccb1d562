import type { ConnectError } from '@posthorn/ground'
import { connectError } from '../diagnosis.js'
import type { ServerCertificateFacts, TlsOptions } from '../options.js'
import { readChain } from './read-chain.js'
import type { Case } from './case.js'

/**
 * Asks the caller. True when the certificate is taken whatever `problem` says; false when the judgement stands as it is.
 * @throws {ConnectError} `tls.refused-by-caller`; `tls.decision-failed` when it threw or gave something else than true, false and undefined;
 *   `tls.certificate-invalid` for a certificate that cannot be read
 */
export async function decision(
  c: Case,
  decide: NonNullable<TlsOptions['decide']>,
  problem: ConnectError | undefined,
): Promise<boolean> {
  const { target } = c.attempt
  const chain = await readChain(c)
  const certificate = chain[0]!
  const facts: ServerCertificateFacts = {
    host: target.host,
    port: target.port,
    name: c.plan.name,
    certificate,
    chain,
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
