import type { ProxyChoice, ProxyOptions } from '@posthorn/net'
import type { Profile } from '@posthorn/settings'
import type { KeptValues } from './kept-values.js'

/**
 * The way through a proxy that a profile says; undefined: none. The type `none` wins over a host that stands there, too, and a host without
 * a type is an HTTP proxy.
 * @throws {SettingsError} `settings.*` for what is kept elsewhere
 */
export async function proxyOf({ proxy }: Profile, kept: KeptValues): Promise<ProxyChoice | undefined> {
  if (proxy === undefined) return undefined
  const type = proxy.type ?? (proxy.host === undefined ? 'none' : 'http')
  if (type === 'none') return undefined
  if (type === 'environment' || type === 'system') return type
  const { host = '', port, user, password, authentication, ntlm, resolve, bypass, tls } = proxy
  const options: ProxyOptions = {
    ...{ type, host, port, user, authentication, resolve, bypass },
    ...(password === undefined ? {} : { password: await kept.secret('proxy.password', password) }),
    ...(ntlm?.domain === undefined ? {} : { ntlm: { domain: ntlm.domain } }),
    ...(tls === undefined || type !== 'https' ? {} : { tls: await tlsOf(tls, kept) }),
  }
  return options
}

async function tlsOf(
  { ca, servername, rejectUnauthorized }: NonNullable<NonNullable<Profile['proxy']>['tls']>,
  kept: KeptValues,
): Promise<NonNullable<ProxyOptions['tls']>> {
  return {
    ...(ca === undefined ? {} : { ca: (await kept.content('proxy.tls.ca', ca)).reveal() }),
    servername,
    rejectUnauthorized,
  }
}
