import { PosthornError, type Reply } from '@posthorn/ground'
import type { DiagnosisCode } from './diagnoses.js'
import { diagnoseRefusal } from './refusal-diagnosis.js'

/** What is known besides the error. */
export interface Circumstances {
  /** Login is by access token. */
  readonly token: boolean
  /** The function for access tokens was asked, and has not answered. */
  readonly tokenAwaited: boolean
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
  'credentials.package-missing': 'kerberos.unavailable',
  'credentials.kerberos': 'kerberos.unavailable',
}

/** Why there is no token, by what the token manager says. */
const BY_TOKEN_CODE: Readonly<Record<string, DiagnosisCode>> = {
  'oauth2.rejected': 'token.refused',
  'oauth2.invalid-client': 'token.invalid-client',
  'oauth2.invalid-scope': 'token.scope-refused',
  'oauth2.invalid-grant': 'token.sign-in-needed',
  'oauth2.interaction-needed': 'token.sign-in-needed',
  'oauth2.consent-needed': 'token.sign-in-needed',
  'oauth2.denied': 'token.sign-in-needed',
  'oauth2.device-expired': 'token.sign-in-needed',
  'oauth2.timeout': 'token.no-answer',
  'oauth2.unreachable': 'token.provider-unreachable',
  'oauth2.unavailable': 'token.provider-unreachable',
  'oauth2.discovery': 'token.provider-unreachable',
  'oauth2.settings': 'settings.invalid',
  'oauth2.file': 'settings.invalid',
  'oauth2.file-read': 'settings.invalid',
  'oauth2.assertion': 'settings.invalid',
  'oauth2.service-account': 'settings.invalid',
}

/** How deep causes are followed. */
const MAX_CAUSES = 10

/** What the token manager said, wherever in the causes of an error it stands; a caller's own function may have wrapped it. */
export function tokenError(error: unknown): PosthornError | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < MAX_CAUSES; at = at.cause, depth++)
    if (at instanceof PosthornError && at.code.startsWith('oauth2.')) return at
  return undefined
}

const TIMEOUTS: readonly string[] = ['smtp.timeout', 'deadline.exceeded']

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
  const noToken = noTokenDiagnosis(error, circumstances)
  if (noToken) return noToken
  const known = BY_CODE[code]
  if (known) return known
  if (code.startsWith('smtp.reply.')) return 'server.not-smtp'
  if (code.startsWith('tls.')) return 'tls.certificate-refused'
  if (error.reply) return diagnoseRefusal(phase, error.reply, circumstances.token)
  if (code === 'smtp.timeout' || code === 'deadline.exceeded')
    return phase === 'greeting' || phase === 'ehlo' ? 'server.silent' : 'server.busy'
  if (code === 'smtp.connection.lost') return phase === 'greeting' ? 'network.hung-up' : 'server.busy'
  if (code.startsWith('settings.') || code.startsWith('credentials.')) return 'settings.invalid'
  return 'unexplained'
}

/** For errors on the way to an access token; undefined for all others. */
function noTokenDiagnosis(error: PosthornError, { tokenAwaited }: Circumstances): DiagnosisCode | undefined {
  const { code, phase } = error
  if (tokenAwaited && phase === 'auth' && (TIMEOUTS.includes(code) || code.startsWith('smtp.auth.token')))
    return 'token.no-answer'
  if (!code.startsWith('smtp.auth.token') && !code.startsWith('oauth2.')) return undefined
  const said = tokenError(error)?.code ?? code
  return BY_TOKEN_CODE[said] ?? (said.startsWith('oauth2.store-') ? 'token.store' : 'token.not-to-be-had')
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
