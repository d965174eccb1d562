import type { TlsaRecord } from '../options.js'

/**
 * Answers of DNS of which it is known whether DNSSEC proves them. The resolver of Node does not say so, and neither does the system's: one
 * must be passed in that validates itself, or that asks a validating one over a way nobody else can write on (RFC 7672 2.1.1): on this
 * machine, or over HTTPS (`secureResolverOverHttps`).
 *
 * Each method resolves when there is an answer, also one that says that there is no such name or record; it rejects when there is none:
 * the server cannot be reached, answers SERVFAIL, or the answer is forged (`bogus`). Names are in A-labels without a dot at the end.
 */
export interface SecureResolver {
  /** TLSA records, following CNAMEs. */
  resolveTlsa(name: string, options: { readonly signal?: AbortSignal | undefined }): Promise<SecureAnswer<TlsaRecord>>
  /** Where a host name leads to; addresses of either family count. */
  resolveHost(name: string, options: { readonly signal?: AbortSignal | undefined }): Promise<SecureHost>
}

export interface SecureAnswer<Item> {
  /** Empty when there are none. */
  readonly records: readonly Item[]
  /** True when DNSSEC proves that these are all, and also that there are none. */
  readonly secure: boolean
}

export interface SecureHost {
  /** The name behind all CNAMEs; the name itself when it is no alias. */
  readonly canonicalName: string
  /** True when DNSSEC proves all of it: aliases and addresses. */
  readonly secure: boolean
  /** True when the name is an alias and DNSSEC proves that, whatever it leads to. */
  readonly secureAlias: boolean
}
