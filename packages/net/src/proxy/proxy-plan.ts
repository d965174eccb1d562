import { Secret, SettingsError } from '@posthorn/ground'
import type { Target } from '../diagnosis.js'
import { planTls, type TlsPlan } from '../handshake.js'
import type { ProxyOptions } from '../options.js'
import { checkHost, isPort } from '../target.js'
import { authority } from './proxy-error.js'

type Type = ProxyOptions['type']
type Authentication = NonNullable<ProxyOptions['authentication']>

/** The settings of a proxy, checked and made ready before the first packet. */
export interface ProxyPlan {
  readonly type: Type
  /** Where the proxy is. */
  readonly target: Target
  /** `socks5://proxy.example:1080`: for people; never with user and password. */
  readonly name: string
  readonly user: string | undefined
  readonly password: Secret
  readonly authentication: Authentication
  readonly ntlm: ProxyOptions['ntlm']
  readonly resolve: 'remote' | 'local'
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** For `https`. */
  readonly tls: TlsPlan | undefined
}

const PORTS: Readonly<Record<Type, number>> = { http: 80, https: 443, socks4: 1080, socks4a: 1080, socks5: 1080 }

const AUTHENTICATIONS: Readonly<Record<Type, readonly Authentication[]>> = {
  http: ['auto', 'none', 'basic', 'digest', 'ntlm'],
  https: ['auto', 'none', 'basic', 'digest', 'ntlm'],
  socks4: ['auto', 'none'],
  socks4a: ['auto', 'none'],
  socks5: ['auto', 'none', 'password'],
}

/** What one octet can count (RFC 1929 2). */
const MAX_LOGIN_OCTETS = 255

/** Fields that decide where the request goes, who asks, and where it ends. */
const OWN_FIELDS = new Set(['host', 'proxy-authorization', 'content-length', 'transfer-encoding'])

/**
 * @throws {SettingsError} `settings.proxy` with the field that is wrong; `settings.host`; `settings.tls`
 */
export async function planProxy(options: ProxyOptions): Promise<ProxyPlan> {
  const { type, user, authentication = 'auto', ntlm, headers = {}, tls } = options
  if (!Object.hasOwn(PORTS, type)) throw wrong('proxy.type', `is none of ${Object.keys(PORTS).join(', ')}`)
  if (typeof options.host !== 'string' || options.host === '') {
    throw wrong('proxy.host', 'is empty', 'Give the host of the proxy, or leave proxy out to connect directly.')
  }
  const port = options.port || PORTS[type] // the documents write 0 for the usual port of the type
  if (!isPort(port)) throw wrong('proxy.port', `${port} is not a port; 1 to 65535 are`)
  if (!AUTHENTICATIONS[type].includes(authentication)) {
    throw wrong('proxy.authentication', `${type} knows ${AUTHENTICATIONS[type].join(', ')}, not ${authentication}`)
  }
  if (!['none', 'auto'].includes(authentication) && user === undefined) {
    throw wrong('proxy.user', `is missing: the login by ${authentication} needs it`)
  }
  const target = { host: checkHost(options.host, 'proxy.host'), port }
  const password = Secret.of(options.password ?? '')
  checkLogin(type, authentication, user ?? '', password)
  return {
    type,
    target,
    name: `${type}://${authority(target)}`,
    user,
    password,
    authentication,
    ntlm,
    resolve: options.resolve ?? (type === 'socks4' ? 'local' : 'remote'),
    headers: checkHeaders(headers),
    tls: type === 'https' ? await planTls(target.host, tls) : undefined,
  }
}

/** What the protocol has no place for is refused here; shortened or changed it would be another login. */
function checkLogin(type: Type, authentication: Authentication, user: string, password: Secret): void {
  const tooLong = (text: string) => Buffer.byteLength(text) > MAX_LOGIN_OCTETS
  if (type === 'socks5') {
    if (tooLong(user)) throw wrong('proxy.user', 'is longer than the 255 octets that SOCKS 5 has room for')
    if (tooLong(password.reveal()))
      throw wrong('proxy.password', 'is longer than the 255 octets that SOCKS 5 has room for')
  }
  if (type.startsWith('socks4')) {
    if (user.includes('\0')) throw wrong('proxy.user', 'has a NUL in it, which ends the user id of SOCKS 4')
    if (tooLong(user)) throw wrong('proxy.user', 'is longer than 255 octets')
  }
  if (authentication === 'basic' && user.includes(':')) {
    throw wrong('proxy.user', 'has a colon in it, which Basic cannot carry (RFC 7617 2)', 'Use Digest or NTLM.')
  }
}

function checkHeaders(headers: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(headers).map(([name, value]) => {
    const field = `proxy.headers[${JSON.stringify(name.slice(0, 50))}]`
    if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name)) throw wrong(field, 'is not the name of a header field')
    if (OWN_FIELDS.has(name.toLowerCase())) throw wrong(field, 'is written by Posthorn itself')
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) {
      throw wrong(field, 'has a line end, another control character, or one beyond ISO 8859-1 in its value')
    }
    return [name, value.trim()]
  })
}

function wrong(field: string, what: string, hint?: string): SettingsError {
  return new SettingsError('settings.proxy', field, what, hint === undefined ? {} : { hint })
}
