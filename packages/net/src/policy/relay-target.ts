import type { ConnectError } from '@posthorn/ground'
import { domainToASCII } from 'node:url'
import type { TlsOptions } from '../options.js'
import type { MtaStsPolicies } from './mta-sts-policies.js'
import type { SecureResolver } from './secure-resolver.js'

/** A server that mail for a domain is to be handed to. */
export interface RelayTarget {
  /** Behind the "@" of the recipients; for a relay that is set by its name, that name (RFC 8461 3.4). */
  readonly domain: string
  /** The server: out of an MX record, or the domain itself where it has none. */
  readonly mxHost: string
  /** Whether DNSSEC proves the MX records, or that there are none. Without, DANE does not apply (RFC 7672 2.2.1). */
  readonly mxSecure: boolean
  /** Default 25. */
  readonly port?: number | undefined
  /** Switches DANE on. */
  readonly resolver?: SecureResolver | undefined
  /** Switches MTA-STS on. */
  readonly mtaSts?: MtaStsPolicies | undefined
  /** The message asks for REQUIRETLS (RFC 8689): the server must then be proved one way or another. */
  readonly requireTls?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/** How TLS must be spoken with one server. */
export interface RelayPolicy {
  readonly kind: 'dane' | 'mta-sts' | 'none'
  /** `starttls`: no mail without TLS; `opportunistic`: TLS if the server offers it. */
  readonly security: 'starttls' | 'opportunistic'
  /**
   * To be laid over the options for the connection. With `opportunistic`, and with TLSA records of which none can be used, nobody is
   * authenticated (`rejectUnauthorized: false`): log in nowhere over such a connection.
   */
  readonly tls: Pick<TlsOptions, 'servername' | 'dane' | 'rejectUnauthorized' | 'verifyHost' | 'minVersion'>
  /** Why this server must not be used now; the next one may be. Transient: the mail stays in the queue. */
  readonly refuse?: ConnectError | undefined
  readonly report: RelayReport
}

/** What a report to the domain tells (TLSRPT, RFC 8460 4.2, 4.3). */
export interface RelayReport {
  readonly policyType: 'tlsa' | 'sts' | 'no-policy-found'
  /** The domain of the policy; for `tlsa` the TLSA base domain. */
  readonly policyDomain: string
  /** TLSA records as RFC 6698 2.2 writes them, or the lines of the policy. */
  readonly policyString: readonly string[]
  readonly mxHost: string
  /** Of MTA-STS. With `testing` a failure is told, and the mail is sent. */
  readonly mode?: 'enforce' | 'testing' | 'none' | undefined
  /** `resultType` is one of RFC 8460 4.3, such as `validation-failure`. */
  readonly failure?: { readonly resultType: string; readonly sentence: string } | undefined
}

/** In A-labels and lower case, without a dot at the end. */
export function hostName(name: string): string {
  const plain = name.replace(/\.$/, '')
  return domainToASCII(plain) || plain.toLowerCase()
}
