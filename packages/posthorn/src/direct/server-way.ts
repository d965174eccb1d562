import type { TlsOptions } from '@posthorn/net'
import type { RelayPolicy } from '@posthorn/net/policy'
import type { Security, SmtpOptions } from '@posthorn/smtp'

/** Connections to one server, unless the options say otherwise. */
const MAX_CONNECTIONS = 5

/** How one server is spoken to. */
export interface ServerWay {
  /** Two of the same may share sessions. */
  readonly key: string
  readonly security: Security
  readonly options: () => SmtpOptions
  /** What of the domain itself demands TLS; absent when nothing does, or only the profile or the message. */
  readonly demandedBy?: string
  /** For the trail. */
  readonly says: string
}

/**
 * How a server is spoken to by a policy, and how else when that fails at TLS: in the clear where nothing asks for TLS, as mail servers do.
 * Whoever could make the handshake fail could have taken the offer of STARTTLS away as well.
 */
export function waysTo(
  server: string,
  policy: RelayPolicy,
  smtp: Omit<SmtpOptions, 'host'>,
  isLiteral: boolean,
): readonly ServerWay[] {
  const wanted = smtp.security ?? 'opportunistic'
  const isOwnDemand = wanted === 'starttls' && policy.tls.rejectUnauthorized === false
  const security = policy.security === 'starttls' || isOwnDemand ? 'starttls' : wanted
  const tls = isOwnDemand ? { ...smtp.tls, servername: policy.tls.servername } : underPolicy(smtp.tls, policy)
  const demandedBy = demander(policy)
  const way = (chosen: Security, says: string): ServerWay => ({
    ...(demandedBy === undefined ? {} : { demandedBy }),
    key: JSON.stringify([server, chosen, chosen === 'none' ? '' : keyOf(tls)]),
    security: chosen,
    says: `${server}: ${says}`,
    options: () => ({
      ...smtp,
      host: server,
      port: smtp.port ?? 25,
      security: chosen,
      tls: isLiteral ? { ...tls, servername: undefined } : tls,
      pool: { maxConnections: MAX_CONNECTIONS, ...smtp.pool },
    }),
  })
  if (security === 'none') return [way('none', 'in the clear')]
  if (security === 'starttls') return [way('starttls', demand(policy, isOwnDemand))]
  return [
    way('opportunistic', `TLS if it is offered, nobody is authenticated${reported(policy)}`),
    way('none', 'TLS did not come about, and nothing asks for it: in the clear'),
  ]
}

/** TLS as the policy wants it: what a profile has that weakens checks does not weaken those of a domain. */
function underPolicy(tls: TlsOptions | undefined, policy: RelayPolicy): TlsOptions {
  if (policy.security !== 'starttls') return { ...tls, ...policy.tls }
  const { trustHosts: _trusted, acceptedCertificates: _accepted, ...strict } = tls ?? {}
  return { ...strict, rejectUnauthorized: true, verifyHost: true, ...policy.tls }
}

/** What distinguishes the policies; the rest of the options is the same for all. */
function keyOf({ servername, rejectUnauthorized, verifyHost, minVersion, dane }: TlsOptions): unknown {
  const records = dane?.records.map(({ usage, selector, matching, data }) =>
    [usage, selector, matching, Buffer.from(data).toString('hex')].join(' '),
  )
  return [servername, rejectUnauthorized, verifyHost, minVersion, dane?.names, records]
}

/** RFC 8461 5, RFC 7672 2.2. A policy in testing demands nothing, even where REQUIRETLS does. */
function demander({ kind, security, report }: RelayPolicy): string | undefined {
  if (security !== 'starttls' || kind === 'none' || report.mode === 'testing') return undefined
  return kind === 'dane' ? 'DANE' : 'MTA-STS'
}

function demand({ kind, tls }: RelayPolicy, isOwn: boolean): string {
  if (isOwn) return 'verified TLS, because the profile asks for it'
  if (kind === 'dane') return tls.dane ? 'TLS by its TLSA records (DANE)' : 'TLS; no TLSA record can be used'
  return kind === 'mta-sts' ? 'verified TLS, because the MTA-STS policy of the domain asks for it' : 'verified TLS'
}

function reported({ report: { failure } }: RelayPolicy): string {
  return failure ? ` (${failure.resultType}: ${failure.sentence})` : ''
}
