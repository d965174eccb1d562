// A table: what the numbers of IPWorks stand for, for those who read its settings and for those who take them in its place.

/** The SASL mechanism of each `AuthMechanism` that has one alone; 0 is PLAIN, and LOGIN where that is not offered; 3, APOP, is none. */
export const MECHANISM_NAMES: Readonly<Record<number, string>> = {
  1: 'CRAM-MD5',
  2: 'NTLM',
  4: 'PLAIN',
  5: 'DIGEST-MD5',
  6: 'GSSAPI',
  7: 'XOAUTH2',
}

/** The type of proxy of each `FirewallType` but 0, which is none. */
export const PROXY_TYPES = { 1: 'http', 2: 'socks4', 3: 'socks5', 10: 'socks4a' } as const

/** The bits of `SSLEnabledProtocols`, the oldest version first. One of each pair is the server's; either of them names the version. */
export const TLS_VERSION_BITS = [
  [192, 'TLSv1'],
  [768, 'TLSv1.1'],
  [3072, 'TLSv1.2'],
  [12_288, 'TLSv1.3'],
] as const

/** SSL 3 and 2 in `SSLEnabledProtocols`. */
export const SSL_BITS = 48 | 12

/** What `SSLStartMode` comes to on a port: automatic goes by the port, and never in the clear. */
export function securityOf(startMode: number, port: number): 'implicit' | 'starttls' | 'none' {
  if (startMode === 3) return 'none'
  if (startMode === 0) return port === 25 || port === 587 ? 'starttls' : 'implicit'
  return startMode === 1 ? 'implicit' : 'starttls'
}

/**
 * One list of groups for all versions, as OpenSSL has it, each once. The first of `shares` that is in it comes first, because OpenSSL sends
 * one key share, for the first group.
 */
export function offeredGroups(groups: readonly string[], shares: readonly string[]): readonly string[] {
  const bare = (name: string): string => name.toLowerCase().replace(/^ecdhe_/, '')
  const known = new Map(groups.map((name) => [bare(name), name]))
  const first = shares.find((name) => known.has(bare(name)))
  if (first === undefined) return [...known.values()]
  const names = new Map([[bare(first), known.get(bare(first))!], ...known])
  return [...names.values()]
}
