import { PosthornError, type Reply } from '@posthorn/ground'
import type { DiagnosisCode } from './diagnoses.js'
import { diagnoseRefusal } from './refusal-diagnosis.js'

/** What is known besides the error. */
export interface Circumstances {
  /** Login is by access token. */
  readonly token: boolean
  /** The session was under TLS when it happened. */
  readonly secure: boolean
  /** Mechanisms the server offered. */
  readonly mechanisms: readonly string[]
  /** What EHLO gave, line by line, in the clear. */
  readonly offers: readonly string[]
}

const BY_CODE: Readonly<Record<string, DiagnosisCode>> = {
  'resolve.not-found': 'name.not-found',
  'resolve.failed': 'name.resolver-failed',
  'resolve.timeout': 'name.resolver-failed',
  'connect.refused': 'port.closed',
  'connect.timeout': 'port.blocked',
  'connect.unreachable': 'network.unreachable',
  'connect.local-address': 'network.local-address',
  'connect.denied': 'network.denied',
  'connect.reset': 'network.hung-up',
  'proxy.resolve': 'proxy.unreachable',
  'proxy.unreachable': 'proxy.unreachable',
  'proxy.timeout': 'proxy.unreachable',
  'proxy.tls': 'proxy.tls',
  'proxy.authentication-required': 'proxy.login-needed',
  'proxy.authentication-refused': 'proxy.login-refused',
  'proxy.refused': 'proxy.refuses',
  'proxy.target-not-found': 'proxy.server-unreachable',
  'proxy.target-unreachable': 'proxy.server-unreachable',
  'proxy.target-refused': 'proxy.server-unreachable',
  'proxy.protocol': 'proxy.not-a-proxy',
  'tls.plaintext': 'tls.use-starttls',
  'tls.expected': 'tls.use-implicit',
  'tls.injected': 'starttls.injected',
  'smtp.starttls.injected': 'starttls.injected',
  'tls.wrong-name': 'tls.wrong-name',
  'tls.certificate-expired': 'tls.expired',
  'tls.certificate-not-yet-valid': 'tls.not-yet-valid',
  'tls.self-signed': 'tls.self-signed',
  'tls.unknown-issuer': 'tls.unknown-issuer',
  'tls.missing-intermediate': 'tls.missing-intermediate',
  'tls.revoked': 'tls.revoked',
  'tls.revocation-unknown': 'tls.revocation-unknown',
  'tls.pin-mismatch': 'tls.pin-mismatch',
  'tls.old-protocol': 'tls.old-protocol',
  'tls.client-certificate-required': 'tls.client-certificate-needed',
  'tls.client-certificate-refused': 'tls.client-certificate-refused',
  'tls.handshake': 'tls.no-agreement',
  'tls.timeout': 'tls.silent',
  'smtp.auth.cleartext': 'settings.credentials-in-the-clear',
  'smtp.auth.unproven': 'auth.server-unproven',
  'smtp.auth.server-proof': 'auth.server-unproven',
  'smtp.auth.token': 'token.not-to-be-had',
  'credentials.package-missing': 'kerberos.unavailable',
  'credentials.kerberos': 'kerberos.unavailable',
}

/** Names that firewalls put over a word they do not like: `XXXXXXXA`, `*****`. */
const MASKED = /^[X*]{3,}[A-Z]?(?:\s|$)/i

/** Greetings of other protocols. */
const OTHER_PROTOCOL = /^(?:HTTP\/|<|\+OK|\* (?:OK|BYE|PREAUTH)|SSH-|RFB |AMQP|-ERR)/

/** What an error of a session means. */
export function diagnoseError(error: unknown, circumstances: Circumstances): DiagnosisCode {
  if (!(error instanceof PosthornError)) return 'unexplained'
  const { code, phase } = error
  if (code === 'smtp.starttls.not-offered') {
    return circumstances.offers.some((line) => MASKED.test(line)) ? 'starttls.stripped' : 'starttls.not-offered'
  }
  if (code === 'smtp.auth.not-offered') {
    const startTls = circumstances.offers.some((line) => /^STARTTLS\b/i.test(line))
    return !circumstances.secure && startTls ? 'auth.not-offered-before-tls' : 'auth.not-offered'
  }
  if (code === 'smtp.auth.no-mechanism') return fitOf(circumstances)
  const known = BY_CODE[code]
  if (known) return known
  if (code.startsWith('smtp.reply.')) return 'server.not-smtp'
  if (code.startsWith('tls.')) return 'tls.certificate-refused'
  if (code.startsWith('oauth2.')) return 'token.not-to-be-had'
  if (error.reply) return diagnoseRefusal(phase, error.reply, circumstances.token)
  if (code === 'smtp.timeout' || code === 'deadline.exceeded')
    return phase === 'greeting' || phase === 'ehlo' ? 'server.silent' : 'server.busy'
  if (code === 'smtp.connection.lost') return phase === 'greeting' ? 'network.hung-up' : 'server.busy'
  if (code.startsWith('settings.') || code.startsWith('credentials.')) return 'settings.invalid'
  return 'unexplained'
}

/** Whether the lines that came in place of a greeting are another protocol. */
export function isOtherProtocol(reply: Reply | undefined, text: string): boolean {
  return OTHER_PROTOCOL.test(reply?.lines[0] ?? text)
}

function fitOf({ token, mechanisms }: Circumstances): DiagnosisCode {
  const forTokens = mechanisms.filter((name) => name === 'XOAUTH2' || name === 'OAUTHBEARER')
  if (!token && forTokens.length > 0 && forTokens.length === mechanisms.length) return 'auth.token-needed'
  if (token && forTokens.length === 0 && mechanisms.length > 0) return 'auth.password-needed'
  return 'auth.wrong-mechanism'
}
