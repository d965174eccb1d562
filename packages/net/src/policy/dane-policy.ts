import type { TlsaRecord } from '../options.js'
import { usableTlsa } from './dane.js'
import { relayRefusal } from './relay-refusal.js'
import { hostName } from './relay-target.js'
import type { RelayPolicy, RelayTarget } from './relay-target.js'
import type { SecureResolver } from './secure-resolver.js'

/** What DANE asks for; undefined when it does not apply (RFC 7672 2.2). */
export async function danePolicy(target: RelayTarget): Promise<RelayPolicy | undefined> {
  const { domain, mxHost, mxSecure, resolver } = target
  if (!resolver || !mxSecure) return undefined
  try {
    const found = await findTlsa(target, resolver)
    return found && policyOf(target, found)
  } catch (cause) {
    target.signal?.throwIfAborted()
    const sentence = `whether ${mxHost} has TLSA records cannot be found out`
    return {
      kind: 'dane',
      security: 'starttls',
      tls: { servername: hostName(mxHost) },
      // RFC 7672 2.1: to go on without would let whoever suppresses the answer choose
      refuse: relayRefusal('policy.tlsa-lookup-failed', `${sentence}: ${(cause as Error).message}`, {
        hint: `Check the DNSSEC signatures of ${mxHost} and of its TLSA records, and that the resolver can be reached.`,
        cause,
      }),
      report: {
        policyType: 'tlsa',
        policyDomain: domain,
        policyString: [],
        mxHost,
        failure: { resultType: 'dnssec-invalid', sentence },
      },
    }
  }
}

interface FoundTlsa {
  readonly baseDomain: string
  readonly records: readonly TlsaRecord[]
}

/** RFC 7672 2.2.2, 2.2.3: records below the name that the aliases of the server lead to, else below its own. */
async function findTlsa(
  { mxHost, port = 25, signal }: RelayTarget,
  resolver: SecureResolver,
): Promise<FoundTlsa | undefined> {
  const name = hostName(mxHost)
  const host = await resolver.resolveHost(name, { signal })
  const names = host.secure ? [hostName(host.canonicalName), name] : host.secureAlias ? [name] : []
  // a host in a zone that is not signed is not asked for TLSA records: some of their servers cannot answer that (2.2.2)
  for (const baseDomain of new Set(names)) {
    const { secure, records } = await resolver.resolveTlsa(`_${port}._tcp.${baseDomain}`, { signal })
    if (secure && records.length > 0) return { baseDomain, records }
  }
  return undefined
}

function policyOf({ domain, mxHost }: RelayTarget, { baseDomain, records }: FoundTlsa): RelayPolicy {
  const report = {
    policyType: 'tlsa',
    policyDomain: baseDomain,
    policyString: records.map(tlsaText),
    mxHost,
  } as const
  const common = { kind: 'dane', security: 'starttls' } as const
  if (usableTlsa(records).length === 0) {
    const failure = { resultType: 'tlsa-invalid', sentence: 'none of the TLSA records can be used' }
    const tls = { servername: baseDomain, rejectUnauthorized: false }
    return { ...common, tls, report: { ...report, failure } }
  }
  // RFC 7672 3.2.2: the base domain, and for mail by MX the domain of the recipient, which DNSSEC has led here
  const names = [...new Set([baseDomain, hostName(mxHost), hostName(domain)])]
  return { ...common, tls: { servername: baseDomain, dane: { records, names } }, report }
}

/** RFC 6698 2.2. */
function tlsaText({ usage, selector, matching, data }: TlsaRecord): string {
  return `${usage} ${selector} ${matching} ${Buffer.from(data).toString('hex')}`
}
