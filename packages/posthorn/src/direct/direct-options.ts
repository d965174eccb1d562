import { hostname } from 'node:os'
import { SettingsError } from '@posthorn/ground'
import type { MtaStsStore } from '@posthorn/net/policy'
import type { SendWebRequest } from '@posthorn/net/web'
import type { Profile } from '@posthorn/settings'
import { SmtpClient, type SmtpOptions } from '@posthorn/smtp'
import type { DirectResolver } from './direct-resolver.js'

/** How mail is handed to the servers of each domain. */
export interface DirectOptions {
  /**
   * What holds for every server: names, addresses, pool (per server), times, proxy, TLS. `port` is 25 unless it is given. Without `security`
   * STARTTLS is used where it is offered, and nobody is authenticated, unless a policy of the domain asks for more; with `starttls` every
   * server must have it and show a certificate for its name; with `none` only policies make TLS. No credentials: servers of strangers get none.
   */
  readonly smtp: Omit<SmtpOptions, 'host'>
  /** The settings `direct.*` of a profile. */
  readonly direct?: Profile['direct']
  /** Default: DNS over HTTPS when `direct.dnsOverHttps` is set, else the name servers of the system, with which DANE does not count. */
  readonly resolver?: DirectResolver | undefined
  /** From 0 up to 1, for the order of servers with the same preference; default `Math.random`. */
  readonly random?: (() => number) | undefined
  /** Milliseconds since 1970; default: the clock. */
  readonly clock?: (() => number) | undefined
  /** Where MTA-STS policies are kept. Default: in memory, which protects only until the process ends; better a `MtaStsFileStore`. */
  readonly mtaStsStore?: MtaStsStore | undefined
  /** Fetches MTA-STS policies and asks DNS over HTTPS; default `webRequest` by the proxy of `smtp`. */
  readonly request?: SendWebRequest | undefined
  /** The domain that `verify` asks when it is given none: usually that of the sender. */
  readonly verifyDomain?: string | undefined
}

/** @throws {SettingsError} `direct.*` for what has no place in direct delivery, and as `SmtpClient` */
export function checkDirectOptions({ smtp, direct }: DirectOptions): void {
  if (typeof smtp !== 'object' || smtp === null) {
    throw new SettingsError('direct.options', 'smtp', 'must be options of a client, without a host', {
      hint: "Give { smtp: { localName: 'mail.example.com' } }.",
    })
  }
  if ((smtp as Partial<SmtpOptions>).host !== undefined) {
    throw new SettingsError('direct.host', 'relay.host', 'has no place in direct delivery', {
      hint: 'Leave it out, or use the transport smtp.',
    })
  }
  if (smtp.credentials !== undefined) {
    throw new SettingsError('direct.credentials', 'credentials', 'are for a relay: no stranger gets them', {
      hint: 'Leave them out, or use the transport smtp with a relay.',
    })
  }
  if (smtp.security === 'implicit') {
    throw new SettingsError('direct.security', 'security', 'cannot be implicit: servers of domains use STARTTLS', {
      hint: "Leave it out, or use 'starttls' to have mail wait where a server has no verified TLS.",
    })
  }
  if (smtp.protocol === 'lmtp') {
    throw new SettingsError('direct.protocol', 'transport', 'cannot be LMTP: servers of domains speak SMTP', {
      hint: 'Leave protocol out.',
    })
  }
  const { dnsOverHttps } = direct ?? {}
  if (dnsOverHttps !== undefined && !/^https:\/\/[^\s/@]+(?:\/\S*)?$/i.test(dnsOverHttps)) {
    throw new SettingsError('direct.resolver', 'direct.dnsOverHttps', 'is not the address of a resolver', {
      hint: 'Write it whole: https://dns.example/dns-query. It must answer in JSON and validate DNSSEC.',
    })
  }
  new SmtpClient({ ...smtp, host: 'localhost' }) // opens nothing: it checks the options, each of which holds for every server
}

/** What is said about the EHLO argument when it is no name that other servers could look up; undefined when it is one. */
export function localNameWarning(localName = hostname()): string | undefined {
  if (/^[^[\]]+\.[a-z][^.[\]]*$/i.test(localName) && !/\.(?:local|localdomain|lan|internal)$/i.test(localName)) return
  return `'${localName}' is no name that others can look up: many servers refuse EHLO with it; set identity.localName to the name of this machine in DNS`
}
