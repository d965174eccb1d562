import { isIP } from 'node:net'
import { ConnectError, PosthornError } from '@posthorn/ground'
import { mxLookupFailed, type DirectResolver } from './direct-resolver.js'

/** Where the mail of one domain goes, RFC 5321 5.1. */
export interface MailRoute {
  readonly domain: string
  /** Names in A-labels, or IP addresses, in the order they are tried; at least one. */
  readonly servers: readonly string[]
  /** Whether DNSSEC proves it; without, DANE does not apply. */
  readonly secure: boolean
  /** `mx`: by MX records; `implicit`: there are none, so it is the domain itself; `literal`: an address in the mailbox. */
  readonly by: 'mx' | 'implicit' | 'literal'
  /** How it came about, for the trail. */
  readonly says: string
}

/** More than any domain needs; the ones behind are never tried. */
const MAX_SERVERS = 20
const LABELS = /^(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/

/**
 * Finds the servers of a domain: its MX records by preference, those of the same preference in random order; the domain itself when it has
 * none; the address of a literal. A server that is this machine is tried like any other: who has mail for domains of its own must not send it
 * directly.
 * @param domain as `parseMailbox` gives it: A-labels in lower case, or `[192.0.2.1]`, `[IPv6:2001:db8::1]`
 * @param random from 0 up to 1
 * @throws {ConnectError} `direct.null-mx`, `direct.no-domain`, `direct.no-server` (permanent), `direct.mx-lookup` (transient)
 */
export async function mailRoute(
  domain: string,
  resolver: DirectResolver,
  random: () => number,
  signal: AbortSignal,
): Promise<MailRoute> {
  if (domain.startsWith('[')) {
    const address = domain.slice(1, -1).replace(/^IPv6:/i, '')
    return { domain, servers: [address], secure: false, by: 'literal', says: `${domain} is an address` }
  }
  const { records, secure, exists } = await resolver.resolveMx(domain, { signal }).catch((error: unknown) => {
    signal.throwIfAborted()
    if (error instanceof PosthornError) throw error
    throw mxLookupFailed(domain, error instanceof Error ? error.message : String(error), error)
  })
  if (!exists) throw noDomain(domain)
  if (records.length === 0) {
    return {
      domain,
      servers: [domain],
      secure,
      by: 'implicit',
      says: `${domain} has no MX records: it is its own server`,
    }
  }
  const named = records
    .map(({ exchange, priority }) => ({ priority, exchange: exchange.replace(/\.$/, '').toLowerCase() }))
    .filter(({ exchange }) => exchange !== '')
  if (named.length === 0) throw nullMx(domain)
  // an address is no name (RFC 5321 5.1, RFC 1035 3.3.9): whoever wrote it there has no server
  const usable = named.filter(({ exchange }) => exchange.length <= 253 && LABELS.test(exchange) && isIP(exchange) === 0)
  if (usable.length === 0) throw noServer(domain)
  const ordered = byPreference(usable, random)
  const servers = [...new Set(ordered.map(({ exchange }) => exchange))].slice(0, MAX_SERVERS)
  const says = ordered.map(({ exchange, priority }) => `${exchange} (${priority})`).slice(0, MAX_SERVERS)
  return { domain, servers, secure, by: 'mx', says: `MX of ${domain}: ${says.join(', ')}` }
}

/** The lowest first, equal ones shuffled (RFC 5321 5.1). */
function byPreference<T extends { readonly priority: number }>(records: readonly T[], random: () => number): T[] {
  const shuffled = [...records]
  for (let last = shuffled.length - 1; last > 0; last--) {
    const other = Math.min(last, Math.floor(random() * (last + 1)))
    ;[shuffled[last], shuffled[other]] = [shuffled[other]!, shuffled[last]!]
  }
  return shuffled.sort((a, b) => a.priority - b.priority)
}

function nullMx(domain: string): ConnectError {
  return new ConnectError('direct.null-mx', `${domain} takes no mail: it says so by a null MX (RFC 7505; 5.1.10)`, {
    phase: 'resolve',
    outcome: 'permanent',
    hint: 'Check the address of the recipient.',
  })
}

function noDomain(domain: string): ConnectError {
  return new ConnectError('direct.no-domain', `there is no domain ${domain} (5.1.2)`, {
    phase: 'resolve',
    outcome: 'permanent',
    hint: 'Check the address of the recipient.',
  })
}

function noServer(domain: string): ConnectError {
  return new ConnectError('direct.no-server', `no MX record of ${domain} names a server`, {
    phase: 'resolve',
    outcome: 'permanent',
    hint: 'Its postmaster has to correct them: an MX record names a host, and no address.',
  })
}
