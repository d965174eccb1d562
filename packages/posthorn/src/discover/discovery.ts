import type { DialOptions, Resolve } from '@posthorn/net'

/** Where a candidate comes from. */
export type CandidateSource = 'srv' | 'autoconfig' | 'autodiscover' | 'mx' | 'provider-table' | 'guess'

/** One record of `_submissions._tcp` or `_submission._tcp` (RFC 2782); `name` is '' or '.' when the service is not offered. */
export interface SrvAnswer {
  readonly name: string
  readonly port: number
  readonly priority: number
  readonly weight: number
}

/** One mail exchanger; `exchange` is '' or '.' when the domain takes no mail (RFC 7505). */
export interface MxAnswer {
  readonly exchange: string
  readonly priority: number
}

/**
 * Answers of DNS. A method that rejects with the code `ENOTFOUND` or `ENODATA` says that there is no such record; any other rejection is
 * taken for a fault of the road. What is answered is believed no further than the certificate of the server goes.
 */
export interface DiscoverResolver {
  readonly srv: (name: string, options: { readonly signal: AbortSignal }) => Promise<readonly SrvAnswer[]>
  readonly mx: (domain: string, options: { readonly signal: AbortSignal }) => Promise<readonly MxAnswer[]>
  /** Addresses of the hosts that are connected to; default: those of the system. */
  readonly address?: Resolve | undefined
}

/** How hosts are reached, for questions over HTTPS and for the proof by connecting. */
export type DiscoverRoad = Pick<DialOptions, 'family' | 'localAddress' | 'tls' | 'proxy' | 'connector'>

/** What `discover` may ask, and how. */
export interface DiscoverOptions {
  /** Default: the name servers of this machine. */
  readonly resolver?: DiscoverResolver | undefined
  /**
   * The web, as `fetch` has it. Default: `webFetch` of `@posthorn/net/web` over `road`. One of your own must verify certificates; it is told
   * not to follow redirects.
   */
  readonly fetch?: typeof fetch | undefined
  readonly road?: DiscoverRoad | undefined
  /**
   * The public list of providers in Thunderbird's format that is asked when nothing else is known: the address before the domain. It learns
   * the domain, never the mailbox. Default `https://autoconfig.thunderbird.net/v1.1/`; false: it is not asked.
   */
  readonly ispdb?: string | false | undefined
  /**
   * What is proved by connecting (TLS with a fitting certificate and an EHLO; no credentials): `guesses` (default) alone, `all` candidates, of
   * which those that do not answer go behind the others (when none does, names are guessed, too), or `none`, and then nothing is guessed either.
   */
  readonly verify?: 'guesses' | 'all' | 'none' | undefined
  /**
   * Which hosts may have addresses that are not public (10.0.0.0/8, ::1 and the like): those `inside` the domain (default), `always` all, or
   * `never` any, which is right where strangers type the address.
   */
  readonly privateAddresses?: 'inside' | 'always' | 'never' | undefined
  /** For everything together, in milliseconds; what is known by then is given. Default 20 000. */
  readonly deadlineMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** One question, and what came back. */
export interface Evidence {
  readonly kind: 'provider-table' | 'srv' | 'mx' | 'autoconfig' | 'autodiscover' | 'ispdb' | 'connect'
  /** The name, address or server that was asked. */
  readonly asked: string
  /** `refused`: there was an answer, which must not be used. `skipped`: it was not asked, and why. */
  readonly status: 'found' | 'none' | 'failed' | 'refused' | 'skipped'
  /** In a line, without control characters. */
  readonly answer: string
  readonly ms: number
}

/** How a server is used, as far as it is known. */
export interface CandidateSettings {
  /** A DNS name in A-labels. */
  readonly host: string
  readonly port: number
  readonly security: 'implicit' | 'starttls'
  /** How the login name is formed; `given`: the provider says it, `none`: nobody logs in. Absent: not known, most often the address. */
  readonly login?: 'address' | 'local-part' | 'given' | 'none' | undefined
  /** The login name, where it can be told. */
  readonly user?: string | undefined
  /** What the password is: that of the mailbox (`own`), one made for programs (`app`), or a token made for sending. */
  readonly password?: 'own' | 'app' | 'token' | undefined
  /** `required`: passwords are not taken. `provider` is one `oauth2.provider` of a profile knows, or the issuer. */
  readonly oauth2?: { readonly need: 'possible' | 'required'; readonly provider?: string | undefined } | undefined
  /** SASL mechanisms that are said to be offered, strongest first. A hint: the server decides. */
  readonly mechanisms?: readonly string[] | undefined
  readonly notes: readonly string[]
}

/** What connecting showed. */
export interface Verification {
  /** TLS with a fitting certificate, and an answer to EHLO. */
  readonly ok: boolean
  /** True when there was a greeting of SMTP, whatever came after it. */
  readonly greeted: boolean
  /** `TLSv1.3, CN=smtp.example.com`. */
  readonly tls?: string | undefined
  /** The mechanisms the server offers. */
  readonly mechanisms?: readonly string[] | undefined
  /** Why not: the code of the error, and its sentence. */
  readonly problem?: { readonly code: string; readonly message: string } | undefined
  readonly ms: number
}

/** A server that takes the mail of the address. */
export interface Candidate {
  readonly settings: CandidateSettings
  readonly source: CandidateSource
  /** Who named it, in a line: the record, the address, the provider. */
  readonly from: string
  /** Others that name the same server. */
  readonly agrees: readonly CandidateSource[]
  /**
   * Why a person should look at the name before a password is sent there: it is outside the domain, and nothing but DNS names it (RFC 6186 6).
   * Absent: it is inside the domain, vouched for over HTTPS, or in the table of providers.
   */
  readonly confirm?: string | undefined
  /** `own-domain`: takes mail for recipients of this domain alone, without login. */
  readonly delivers: 'anywhere' | 'own-domain'
  readonly verified?: Verification | undefined
}

/** The provider of a domain, when it is known. */
export interface DiscoveredProvider {
  readonly id: string
  readonly name: string
  readonly by: 'domain' | 'mx'
  readonly note?: string | undefined
  /** The day on which the facts were checked, and where they were read. */
  readonly checkedOn: string
  readonly readAt: readonly string[]
}

/** What `discover` found. */
export interface Discovery {
  /** As it was given. */
  readonly address: string
  /** In A-labels. */
  readonly domain: string
  /** Best first; never empty. */
  readonly candidates: readonly Candidate[]
  /** In the order in which they count, whatever answered first. */
  readonly steps: readonly Evidence[]
  readonly provider?: DiscoveredProvider | undefined
}
