import { ConnectError, PosthornError, type ErrorOutcome } from '@posthorn/ground'
import type { ResolvedAddress } from './options.js'

/** The steps of an attempt, in their order. `verdict`: the handshake is done, and the certificate is being judged; phase `tls`. */
export type Step = 'resolve' | 'connect' | 'tls' | 'verdict'

/** Where the caller wants to go. */
export interface Target {
  /** As it is looked up: no brackets, an international name as A-label. */
  readonly host: string
  readonly port: number
}

/** One address that could not be connected to, and why. */
export interface AddressFailure {
  readonly address: string
  readonly error: Error
}

/**
 * Every way in which no connection comes about: the code (stable), whether trying again unchanged may help, and what to do. What the
 * other side may repair without us, such as an expired certificate, is transient; what needs another setting is permanent.
 */
const CODES = {
  'resolve.not-found': [
    'permanent',
    'Check the spelling of the host name and the setting of the address family, and ask the name server of this machine for the name.',
  ],
  'resolve.failed': [
    'transient',
    'The name server did not give an answer. Check the name servers of this machine, then try again.',
  ],
  'resolve.timeout': [
    'transient',
    'The name server did not answer in time. Check the name servers of this machine, and whether a firewall is in between.',
  ],
  'connect.refused': [
    'transient',
    'The machine is there, but nothing listens on the port. Check the port number, and whether the server is running.',
  ],
  'connect.unreachable': [
    'transient',
    'There is no route to the address. Check the network and the setting of the address family.',
  ],
  'connect.timeout': [
    'transient',
    'Nothing answered. Most often a firewall drops the packets: many networks block port 25; 465 and 587 are the ports for submission.',
  ],
  'connect.reset': [
    'transient',
    'The other side hung up. It may be overloaded, or it does not take connections from this address.',
  ],
  'connect.local-address': [
    'permanent',
    'The setting localAddress or localPort names an address this machine does not have, or one that is in use.',
  ],
  'connect.denied': [
    'permanent',
    'This machine forbids the connection. Check its firewall and the rights of the process.',
  ],
  'connect.failed': ['transient', 'See the cause for what the system said.'],
  'tls.plaintext': [
    'permanent',
    "The port does not begin with TLS. Set security to 'starttls', or use the port for implicit TLS, which is 465.",
  ],
  'tls.injected': [
    'transient',
    'Clear text came where TLS must begin: the server is broken, or someone on the way is adding octets (RFC 3207 6). Use implicit TLS on port 465 if the server has it.',
  ],
  'tls.certificate-expired': [
    'transient',
    'The server must renew its certificate. If the date looks right, check the clock of this machine.',
  ],
  'tls.certificate-not-yet-valid': [
    'transient',
    'Check the clock of this machine; if it is right, the server uses its certificate too early.',
  ],
  'tls.wrong-name': [
    'permanent',
    'If this is the server you mean, use one of the names in its certificate as host, or as tls.servername. If not, someone is in between.',
  ],
  'tls.self-signed': [
    'permanent',
    'If this is the right server, give its certificate as tls.ca; better is one from an authority.',
  ],
  'tls.unknown-issuer': [
    'permanent',
    'Give the certificate of the authority as tls.extraCa. With a public authority, the server most likely leaves out its intermediate certificate.',
  ],
  'tls.missing-intermediate': [
    'permanent',
    'The server sends its own certificate alone. Its operator should add the intermediate certificate to the chain; until then give that as tls.extraCa. With an authority of your own give its certificate there.',
  ],
  'tls.weak-key': [
    'permanent',
    'A key is too short to protect anything. The operator of the server must replace it: RSA and DH with 2048 bits or more, or an elliptic curve.',
  ],
  'tls.weak-signature': [
    'permanent',
    'A certificate is signed by way of MD5 or SHA-1, which can be forged. The operator of the server must replace it.',
  ],
  'tls.no-certificate': [
    'permanent',
    'Nobody knows who the server is. Name no anonymous cipher suite (DH_anon, ECDH_anon) in tls.ciphers.',
  ],
  'tls.no-encryption': [
    'permanent',
    'Everything would go in clear text. Name no suite with NULL in tls.ciphers, nor in the context given as tls.secureContext.',
  ],
  'tls.pin-mismatch': [
    'permanent',
    'If the server has a new key on purpose, put its pin into tls.pins. If not, someone is in between.',
  ],
  'tls.revoked': [
    'permanent',
    'The authority has taken the certificate back, most often because its key was stolen. The operator of the server must replace it.',
  ],
  'tls.revocation-unknown': [
    'transient',
    "Check that this machine reaches the addresses in the certificate. tls.revocation 'soft' takes a certificate that cannot be asked after.",
  ],
  'tls.dane-mismatch': [
    'transient',
    'The certificate is not one that the TLSA records of the server allow. Its operator must bring both together; or someone is in between.',
  ],
  'tls.refused-by-caller': ['permanent', 'The function tls.decide answered false for this certificate.'],
  'tls.decision-failed': [
    'transient',
    'The function tls.decide must answer true, false or undefined, or promise to; see the cause for what it threw.',
  ],
  'tls.verdict-timeout': [
    'transient',
    'The handshake itself was done. Look at what tls.decide waits for, and whether the addresses for revocation in the certificate can be reached.',
  ],
  'tls.certificate-invalid': [
    'permanent',
    'The certificate cannot be used for this server. Its operator must replace it.',
  ],
  'tls.old-protocol': [
    'permanent',
    'The server has none of the TLS versions allowed here. It should be updated; tls.minVersion decides what is allowed (RFC 8996).',
  ],
  'tls.client-certificate-required': [
    'permanent',
    'Give a client certificate the server accepts as tls.cert and tls.key, or as tls.pfx.',
  ],
  'tls.client-certificate-refused': [
    'permanent',
    'The server does not accept the client certificate. Check its issuer, its dates and its name with the operator.',
  ],
  'tls.handshake': [
    'permanent',
    'The two sides could not agree. Compare tls.ciphers, tls.ecdhCurve, tls.sigalgs and the versions with what the server offers.',
  ],
  'tls.decryption-failed': [
    'transient',
    'Something on the way changes the octets: a proxy, a firewall that looks into TLS, or broken memory. Try another way to the server.',
  ],
  'tls.encryption-failed': [
    'transient',
    'What was sent did not arrive as it was, or could not be put into a TLS record. Try another way to the server.',
  ],
  'tls.timeout': [
    'transient',
    "The port is open but TLS did not come about in time. If the port begins in clear text, set security to 'starttls'.",
  ],
  aborted: ['transient', 'The caller gave up; nothing was wrong with the connection.'],
} as const satisfies Record<string, readonly [ErrorOutcome, string]>

/** The codes of the `ConnectError`s of this package. */
export type ConnectCode = keyof typeof CODES

/** A `ConnectError` with the outcome and the hint of its code. */
export function connectError(code: ConnectCode, step: Step, message: string, cause?: unknown): ConnectError {
  const [outcome, hint] = CODES[code]
  return new ConnectError(code, message, { outcome, phase: step === 'verdict' ? 'tls' : step, hint, cause })
}

/** The deadline struck. Says which addresses had failed by then. */
export function timedOut({ step, target, failures }: Situation, timeoutMs: number): ConnectError {
  const what = {
    resolve: `resolving ${target.host}`,
    connect: `connecting to ${endpoint(target)}`,
    tls: `TLS with ${endpoint(target)}`,
    verdict: `the verdict on the certificate of ${endpoint(target)}`,
  }
  const before = failures.length > 0 && step === 'connect' ? `; before that ${reasons(failures)}` : ''
  return connectError(
    step === 'verdict' ? 'tls.verdict-timeout' : `${step}.timeout`,
    step,
    `${what[step]} did not come about within ${timeoutMs} ms${before}`,
    causeOf(failures),
  )
}

/** The caller's signal was aborted. The cause is its reason. */
export function aborted({ step, target }: Situation, reason: unknown): ConnectError {
  return connectError('aborted', step, `aborted at step ${step} on the way to ${endpoint(target)}`, reason)
}

/** The resolver gave an error. */
export function resolveFailure(error: unknown, host: string): ConnectError {
  if (error instanceof PosthornError) return error
  const reason = systemCode(error)
  if (reason === 'ENOTFOUND' || reason === 'ENODATA' || reason === 'EAI_NODATA' || reason === 'EAI_ADDRFAMILY') {
    return connectError('resolve.not-found', 'resolve', `${host} has no address (${reason})`, error)
  }
  return connectError('resolve.failed', 'resolve', `${host} could not be resolved (${reason ?? text(error)})`, error)
}

/** There were addresses, but none of the wanted kind. */
export function noAddress(host: string, family: 0 | 4 | 6, found: readonly ResolvedAddress[]): ConnectError {
  const wanted = family === 0 ? 'address' : `IPv${family} address`
  const others = found.length > 0 ? `, only ${found.map(({ address }) => address).join(', ')}` : ''
  return connectError('resolve.not-found', 'resolve', `${host} has no ${wanted}${others}`)
}

/** None of the addresses could be connected to. Reports the most telling reason: one from a machine before one from the road. */
export function connectFailure(failures: readonly AddressFailure[], target: Target): ConnectError {
  const codes = failures.map(({ error }) => connectCode(error))
  const code = codes.find((each) => each !== 'connect.unreachable') ?? codes[0] ?? 'connect.failed'
  const message =
    failures.length === 1
      ? `could not connect to ${endpoint(target)}: ${reasons(failures)}`
      : `none of the ${failures.length} addresses of ${endpoint(target)} could be connected to: ${reasons(failures)}`
  return connectError(code, 'connect', message, causeOf(failures))
}

/** A connector gave an error; its own `ConnectError` stays as it is. */
export function connectorFailure(error: unknown, target: Target): ConnectError {
  if (error instanceof PosthornError) return error
  const reason = systemCode(error) ?? text(error)
  return connectError(connectCode(error), 'connect', `could not connect to ${endpoint(target)}: ${reason}`, error)
}

type Situation = { readonly step: Step; readonly target: Target; readonly failures: readonly AddressFailure[] }

const BY_SYSTEM_CODE: Readonly<Record<string, ConnectCode>> = {
  ECONNREFUSED: 'connect.refused',
  EHOSTUNREACH: 'connect.unreachable',
  ENETUNREACH: 'connect.unreachable',
  EHOSTDOWN: 'connect.unreachable',
  ENETDOWN: 'connect.unreachable',
  EAFNOSUPPORT: 'connect.unreachable',
  ETIMEDOUT: 'connect.timeout',
  ECONNRESET: 'connect.reset',
  ECONNABORTED: 'connect.reset',
  EPIPE: 'connect.reset',
  EADDRINUSE: 'connect.local-address',
  EACCES: 'connect.denied',
  EPERM: 'connect.denied',
}

function connectCode(error: unknown): ConnectCode {
  const reason = systemCode(error) ?? ''
  // Without a route of its family Linux says EADDRNOTAVAIL too; binding is what fails when a local address was asked for.
  if (reason === 'EADDRNOTAVAIL' || reason === 'EINVAL') {
    return (error as NodeJS.ErrnoException).syscall === 'bind' ? 'connect.local-address' : 'connect.unreachable'
  }
  return BY_SYSTEM_CODE[reason] ?? 'connect.failed'
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused the connection',
  EHOSTUNREACH: 'is unreachable',
  ENETUNREACH: 'is unreachable',
  ETIMEDOUT: 'did not answer',
  ECONNRESET: 'hung up',
}

/** The first three reasons, in the order they came. */
function reasons(failures: readonly AddressFailure[]): string {
  const first = failures.slice(0, 3).map(({ address, error }) => {
    const code = systemCode(error)
    return `${address} ${REASONS[code ?? ''] ?? 'failed'} (${code ?? text(error)})`
  })
  return first.join('; ') + (failures.length > 3 ? `; and ${failures.length - 3} more` : '')
}

function causeOf(failures: readonly AddressFailure[]): Error | undefined {
  if (failures.length < 2) return failures[0]?.error
  return new AggregateError(
    failures.map(({ error }) => error),
    reasons(failures),
  )
}

/** The code of an error of the system, of Node or of OpenSSL. */
export function systemCode(error: unknown): string | undefined {
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  return typeof code === 'string' ? code : undefined
}

/** `host:port`, an IPv6 address in brackets. */
export function endpoint({ host, port }: Target): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** What an error says, made fit for a log. */
export function text(error: unknown): string {
  return printable(error instanceof Error ? error.message : String(error))
}

/** What strangers wrote, made fit for a log: one line, no control characters, no reordering, at most 255 characters. */
export function printable(value: string): string {
  return value.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?').slice(0, 255)
}
