/** One port of a provider's submission server. */
export interface ProviderServer {
  /** `{region}` stands for what the MX pattern found there, `{domain}` for the domain of the address. */
  readonly host: string
  readonly port: number
  readonly security: 'implicit' | 'starttls'
}

/** What is known of a provider of mailboxes. */
export interface Provider {
  readonly id: string
  readonly name: string
  /** Domains of its own whose mailboxes it hosts; `*.` in front stands for one or more labels. */
  readonly domains: readonly string[]
  /**
   * Mail exchangers by which the domains of its customers are known: a name, and all below it. `{region}` stands for one label, or for what
   * follows a name at its end, such as `.co.uk`.
   */
  readonly mx: readonly string[]
  /** `filter`: it looks at mail on its way in, and another provider has the mailboxes. `inbound`: it forwards or stores, nothing can be sent. */
  readonly kind: 'mailboxes' | 'filter' | 'inbound'
  /** Best first. Empty: it has no submission server that programs can use. */
  readonly servers: readonly ProviderServer[]
  readonly login: 'address' | 'local-part' | 'given'
  /** Which password programs need; absent: that of the mailbox, as far as is known. */
  readonly password?: 'app' | 'token'
  readonly oauth2?: { readonly need: 'possible' | 'required'; readonly provider?: string }
  readonly note?: string
  /** The day on which the facts were compared with what stands at `readAt`. */
  readonly checkedOn: string
  readonly readAt: readonly string[]
}

/** A provider, and why it is the one. */
export interface ProviderMatch {
  readonly provider: Provider
  readonly by: 'domain' | 'mx'
  /** What stood in place of `{region}`. */
  readonly region: string | undefined
  /** The domain or mail exchanger that fits. */
  readonly matched: string
}

/** The provider a domain itself belongs to. */
export function providerOfDomain(providers: readonly Provider[], domain: string): ProviderMatch | undefined {
  const provider = providers.find(({ domains }) => domains.some((each) => fitsDomain(each, domain)))
  return provider && { provider, by: 'domain', region: undefined, matched: domain }
}

/** The provider a mail exchanger belongs to; the longest pattern counts. */
export function providerOfMx(providers: readonly Provider[], exchange: string): ProviderMatch | undefined {
  let best: (ProviderMatch & { readonly length: number }) | undefined
  for (const provider of providers) {
    for (const pattern of provider.mx) {
      const found = fitsMx(pattern, exchange)
      if (found && pattern.length > (best?.length ?? 0)) {
        best = { provider, by: 'mx', region: found.region, matched: exchange, length: pattern.length }
      }
    }
  }
  return best
}

/** The servers of a match with their places filled in. */
export function serversOf({ provider, region }: ProviderMatch, domain: string): readonly ProviderServer[] {
  return provider.servers.map((server) => ({
    ...server,
    host: server.host.replace('{region}', region ?? '').replace('{domain}', domain),
  }))
}

function fitsDomain(pattern: string, domain: string): boolean {
  return pattern.startsWith('*.') ? domain.endsWith(pattern.slice(1)) : domain === pattern
}

function fitsMx(pattern: string, exchange: string): { readonly region: string | undefined } | undefined {
  const place = pattern.indexOf('{region}')
  if (place < 0) return exchange === pattern || exchange.endsWith(`.${pattern}`) ? { region: undefined } : undefined
  const [before, after] = [pattern.slice(0, place), pattern.slice(place + '{region}'.length)]
  const start = exchange.startsWith(before) ? 0 : exchange.indexOf(`.${before}`) + 1
  if (start === 0 && !exchange.startsWith(before)) return undefined
  if (!exchange.endsWith(after)) return undefined
  const region = exchange.slice(start + before.length, exchange.length - after.length)
  const form = after === '' ? /^[a-z]{2,3}(?:\.[a-z]{2})?$/ : /^[a-z0-9-]+$/
  return form.test(region) ? { region } : undefined
}
