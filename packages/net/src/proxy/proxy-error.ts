import { ConnectError, type ErrorOutcome } from '@posthorn/ground'
import type { Target } from '../diagnosis.js'

/**
 * Every way in which a proxy does not open the way: the code (stable), whether trying again unchanged may help, and what to do. All have
 * the phase `proxy`, so that a fault of the proxy is never taken for one of the server.
 */
const CODES = {
  'proxy.unreachable': [
    'transient',
    'Check proxy.host and proxy.port, and whether the proxy is running and lets this machine in.',
  ],
  'proxy.authentication-required': [
    'permanent',
    'Give proxy.user and proxy.password, and a proxy.authentication the proxy offers.',
  ],
  'proxy.authentication-refused': [
    'permanent',
    'Check proxy.user and proxy.password; for NTLM the domain, too. They were sent once and will not be tried another way.',
  ],
  'proxy.refused': [
    'permanent',
    'The proxy forbids the way to this host and port. Many allow CONNECT to port 443 only: ask its operator to allow the port, 465 or 587.',
  ],
  'proxy.target-not-found': [
    'permanent',
    "The proxy cannot resolve the name of the server. Check its spelling; with proxy.resolve 'local' this machine resolves it.",
  ],
  'proxy.target-unreachable': [
    'transient',
    'The proxy is fine, but it cannot reach the server. Check host and port, and what the network of the proxy lets out.',
  ],
  'proxy.target-refused': ['transient', 'The proxy is fine, but nothing listens at the server. Check host and port.'],
  'proxy.protocol': [
    'permanent',
    'Check proxy.type, proxy.host and proxy.port: what answers there does not speak the protocol of that type of proxy.',
  ],
  'proxy.timeout': [
    'transient',
    'The proxy did not open the way in time. A firewall may drop the packets, the type may be wrong, or the proxy waits for the server.',
  ],
} as const satisfies Record<string, readonly [ErrorOutcome, string]>

/** The codes of the `ConnectError`s in phase `proxy`. */
export type ProxyCode = keyof typeof CODES | 'proxy.resolve' | 'proxy.tls'

/** A `ConnectError` in phase `proxy` with the outcome and the hint of its code. */
export function proxyError(code: keyof typeof CODES, message: string, cause?: unknown): ConnectError {
  const [outcome, hint] = CODES[code]
  return new ConnectError(code, message, { outcome, phase: 'proxy', hint, cause })
}

/** How far the way through a proxy has come. */
export interface ProxyProgress {
  /** `socks5://proxy.example:1080`: never with user and password. */
  readonly name: string
  /** What is being waited for, in words that fit behind a colon. */
  readonly doing: string
}

/** The deadline struck before the proxy had opened the way. */
export function proxyTimedOut({ name, doing }: ProxyProgress, target: Target, timeoutMs: number): ConnectError {
  return proxyError(
    'proxy.timeout',
    `the proxy ${name} did not open the way to ${authority(target)} within ${timeoutMs} ms: ${doing}`,
  )
}

/** The caller gave up before the proxy had opened the way. The cause is the signal's reason. */
export function proxyAborted({ name, doing }: ProxyProgress, target: Target, reason: unknown): ConnectError {
  return new ConnectError('aborted', `aborted on the way through ${name} to ${authority(target)}: ${doing}`, {
    outcome: 'transient',
    phase: 'proxy',
    hint: 'The caller gave up; nothing was wrong with the connection.',
    cause: reason,
  })
}

/** The name of the proxy could not be resolved, or it could not be connected to. `cause` is what `resolve` or `connect` said. */
export function proxyOutOfReach(cause: ConnectError, name: string): ConnectError {
  const message = `the proxy ${name} cannot be reached: ${cause.message}`
  if (!cause.code.startsWith('resolve.')) return proxyError('proxy.unreachable', message, cause)
  const outcome = cause.code === 'resolve.not-found' ? 'permanent' : 'transient'
  return new ConnectError('proxy.resolve', message, {
    outcome,
    phase: 'proxy',
    hint: 'Check the spelling of proxy.host, and the name servers of this machine: the name is that of the proxy, not of the mail server.',
    cause,
  })
}

/** TLS with the proxy itself did not come about; `cause` has the code and the hint of TLS. */
export function proxyTlsFailure(cause: ConnectError, name: string): ConnectError {
  if (cause.code === 'connect.reset')
    return proxyError('proxy.unreachable', `the proxy ${name}: ${cause.message}`, cause)
  const outcome = cause.outcome === 'transient' ? 'transient' : 'permanent'
  return new ConnectError('proxy.tls', `no TLS with the proxy ${name} (${cause.code}): ${cause.message}`, {
    outcome,
    phase: 'proxy',
    hint: "This is the certificate and the TLS of the proxy, not of the mail server. Its settings are below proxy.tls, such as proxy.tls.ca; without TLS to the proxy its type is 'http'.",
    cause,
  })
}

/** `mail.example:587`, an IPv6 address in brackets (RFC 3986 3.2.2). */
export function authority({ host, port }: Target): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
