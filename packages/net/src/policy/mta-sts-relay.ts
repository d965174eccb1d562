import type { MtaStsFinding } from './mta-sts-policies.js'
import { allowsMx } from './mta-sts-policy.js'
import type { MtaStsPolicy } from './mta-sts-policy.js'
import { relayRefusal } from './relay-refusal.js'
import { hostName } from './relay-target.js'
import type { RelayPolicy, RelayReport, RelayTarget } from './relay-target.js'

/** What MTA-STS comes to for one server. */
export interface MtaStsRelay {
  /** Undefined without a policy that counts. */
  readonly policy: RelayPolicy | undefined
  /** Whether a policy names the server. */
  readonly isListed: boolean
  /** What is to be reported when there is no policy: why it could not be had. */
  readonly report: Partial<RelayReport>
}

/** RFC 8461 5. */
export async function mtaStsPolicy(target: RelayTarget): Promise<MtaStsRelay> {
  const { domain, mxHost, mtaSts, signal } = target
  if (!mtaSts) return { policy: undefined, isListed: false, report: {} }
  let found = await mtaSts.find(domain, { signal })
  if (found.policy?.mode === 'enforce' && !found.fresh && !allowsMx(found.policy, mxHost)) {
    found = await mtaSts.find(domain, { signal, refetch: true }) // 5.1: the domain may have moved since
  }
  const { policy, problem } = found
  const failure = problem && { resultType: problem.resultType, sentence: problem.sentence }
  if (!policy || policy.mode === 'none') {
    return { policy: undefined, isListed: false, report: { mode: policy?.mode, failure } }
  }
  return { policy: relayPolicyOf(target, policy, found), isListed: allowsMx(policy, mxHost), report: {} }
}

function relayPolicyOf({ domain, mxHost }: RelayTarget, policy: MtaStsPolicy, { problem }: MtaStsFinding): RelayPolicy {
  const isListed = allowsMx(policy, mxHost)
  const sentence = `the MTA-STS policy of ${domain} does not name ${mxHost}`
  const failure = isListed
    ? problem && { resultType: problem.resultType, sentence: problem.sentence }
    : { resultType: 'validation-failure', sentence }
  const report: RelayReport = {
    policyType: 'sts',
    policyDomain: hostName(domain),
    policyString: linesOf(policy),
    mxHost,
    mode: policy.mode,
    failure,
  }
  if (policy.mode === 'testing') {
    const tls = { servername: hostName(mxHost), rejectUnauthorized: false }
    return { kind: 'mta-sts', security: 'opportunistic', tls, report }
  }
  const refuse = isListed
    ? undefined
    : relayRefusal('policy.mx-not-allowed', sentence, {
        hint: `Its MX records lead elsewhere than it says at https://mta-sts.${hostName(domain)}/.well-known/mta-sts.txt: the message waits, or its postmaster has to be told.`,
      })
  return { kind: 'mta-sts', security: 'starttls', tls: verifiedTls(mxHost), refuse, report }
}

function linesOf({ mode, mx, maxAgeSeconds }: MtaStsPolicy): readonly string[] {
  return ['version: STSv1', `mode: ${mode}`, ...mx.map((name) => `mx: ${name}`), `max_age: ${maxAgeSeconds}`]
}

/** TLS as MTA-STS wants it (RFC 8461 4.2, 7): the certificate for the name of the server, from an authority that is trusted. */
export function verifiedTls(mxHost: string): RelayPolicy['tls'] {
  return { servername: hostName(mxHost), rejectUnauthorized: true, verifyHost: true, minVersion: 'TLSv1.2' }
}
