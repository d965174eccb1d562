import { danePolicy } from './dane-policy.js'
import { mtaStsPolicy, verifiedTls } from './mta-sts-relay.js'
import { relayRefusal } from './relay-refusal.js'
import { hostName } from './relay-target.js'
import type { RelayPolicy, RelayReport, RelayTarget } from './relay-target.js'

/**
 * How TLS must be spoken with one server of a domain, for delivery by MX: DANE where DNSSEC proves the way to its TLSA records (RFC 7672
 * 2.2), else MTA-STS where the domain has a policy (RFC 8461 5), else TLS if it is offered.
 *
 * Where TLSA records can be used they decide alone: a policy of MTA-STS never helps over a DANE failure (RFC 8461 2), and is not asked for.
 * When they cannot be looked up, mail waits; where none of them can be used, TLS is required and nobody is authenticated (RFC 7672 2.2),
 * unless MTA-STS asks for more.
 * @throws what the store of the policies throws; the signal's reason when it is aborted
 */
export async function relayPolicy(target: RelayTarget): Promise<RelayPolicy> {
  const dane = await danePolicy(target)
  if (dane?.refuse || dane?.tls.dane) return dane
  const sts = await mtaStsPolicy(target)
  const found = strictest(dane, sts.policy) ?? opportunistic(target, sts.report)
  return target.requireTls ? required(target, found, sts.isListed) : found
}

/** Of TLSA records that cannot be used and a policy of MTA-STS: what the policy enforces is more. */
function strictest(unusable: RelayPolicy | undefined, sts: RelayPolicy | undefined): RelayPolicy | undefined {
  return sts?.security === 'starttls' ? sts : (unusable ?? sts)
}

function opportunistic({ domain, mxHost }: RelayTarget, report: Partial<RelayReport>): RelayPolicy {
  return {
    kind: 'none',
    security: 'opportunistic',
    tls: { servername: hostName(mxHost), rejectUnauthorized: false },
    report: { policyType: 'no-policy-found', policyDomain: domain, policyString: [], mxHost, ...report },
  }
}

/**
 * RFC 8689 4.2.1: the name of the server must come out of secure DNS, or stand in a policy of MTA-STS, and its certificate must be right.
 * @param isListed whether a policy names the server, in whatever mode
 */
function required({ mxHost, mxSecure }: RelayTarget, found: RelayPolicy, isListed: boolean): RelayPolicy {
  if (found.refuse || (found.security === 'starttls' && found.tls.rejectUnauthorized === true)) return found
  if (mxSecure || isListed) return { ...found, security: 'starttls', tls: verifiedTls(mxHost) }
  const refuse = relayRefusal('policy.requiretls', `nothing proves that mail may be handed to ${mxHost}`, {
    outcome: 'permanent',
    hint: 'The message asks for REQUIRETLS: its domain needs DNSSEC or an MTA-STS policy. Send it without, or by another way.',
  })
  return { ...found, refuse }
}
