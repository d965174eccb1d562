import type { ConnectError } from '@posthorn/ground'
import type { Target } from '../../diagnosis.js'
import { authority, proxyError, type ProxyCode } from '../proxy-error.js'
import { valuesOf, type Answer } from './answer.js'

type Code = Exclude<ProxyCode, 'proxy.resolve' | 'proxy.tls'>

/** `Proxy-Status: name; error=dns_error`, RFC 9209 2.3. */
const BY_PROXY_STATUS: Readonly<Record<string, Code>> = {
  dns_timeout: 'proxy.target-not-found',
  dns_error: 'proxy.target-not-found',
  destination_not_found: 'proxy.target-not-found',
  destination_unavailable: 'proxy.target-unreachable',
  destination_ip_prohibited: 'proxy.refused',
  destination_ip_unroutable: 'proxy.target-unreachable',
  connection_refused: 'proxy.target-refused',
  connection_terminated: 'proxy.target-unreachable',
  connection_timeout: 'proxy.target-unreachable',
  connection_limit_reached: 'proxy.target-unreachable',
  http_request_denied: 'proxy.refused',
}

/** `X-Squid-Error: ERR_CONNECT_FAIL 111`. */
const BY_SQUID_ERROR: readonly (readonly [RegExp, Code])[] = [
  [/^ERR_DNS_FAIL\b/, 'proxy.target-not-found'],
  [/^ERR_CONNECT_FAIL (111|61|10061)\b/, 'proxy.target-refused'], // ECONNREFUSED of Linux, of BSD, of Windows
  [/^ERR_(CONNECT_FAIL|READ_TIMEOUT|LIFETIME_EXP|CANNOT_FORWARD)\b/, 'proxy.target-unreachable'],
  [/^ERR_(ACCESS_DENIED|FORWARDING_DENIED|TOO_BIG)\b/, 'proxy.refused'],
]

/** What the fields say that only proxies send; undefined when there are none that are known. */
export function saidByProxy(answer: Answer): Code | undefined {
  for (const value of valuesOf(answer, 'proxy-status')) {
    const error = /;\s*error\s*=\s*"?([a-z_]+)/i.exec(value)?.[1]?.toLowerCase()
    const code = error === undefined ? undefined : BY_PROXY_STATUS[error]
    if (code) return code
  }
  const [squid = ''] = valuesOf(answer, 'x-squid-error')
  return BY_SQUID_ERROR.find(([pattern]) => pattern.test(squid))?.[1]
}

/**
 * Why CONNECT was refused, by what the proxy says in its fields, else by the status.
 * @param said its status line, fit for a message
 */
export function tunnelRefusal(answer: Answer, said: string, proxy: string, target: Target): ConnectError {
  const code = saidByProxy(answer) ?? byStatus(answer.status)
  return proxyError(code, `the proxy ${proxy} ${WORDS[code]} ${authority(target)}: ${said}`)
}

const WORDS: Readonly<Record<Code, string>> = {
  'proxy.refused': 'refuses the way to',
  'proxy.target-not-found': 'does not find',
  'proxy.target-unreachable': 'cannot reach',
  'proxy.target-refused': 'is refused by',
  'proxy.protocol': 'does not understand CONNECT to',
  'proxy.unreachable': 'does not go on to',
  'proxy.authentication-required': 'wants a login for',
  'proxy.authentication-refused': 'does not accept the login for',
  'proxy.timeout': 'takes too long for',
}

function byStatus(status: number): Code {
  if (status === 404 || status === 410) return 'proxy.target-not-found'
  // what web servers answer that are no proxies; 401 is for those who log in to them
  if (status < 400 || [400, 401, 405, 411, 414, 426, 501, 505].includes(status)) return 'proxy.protocol'
  return status < 500 ? 'proxy.refused' : 'proxy.target-unreachable'
}
