import { Secret, SettingsError, type ConnectError } from '@posthorn/ground'
import { X509Certificate } from 'node:crypto'
import { isIP, type Socket } from 'node:net'
import {
  connect,
  createSecureContext,
  type ConnectionOptions,
  type SecureContextOptions,
  type TLSSocket,
} from 'node:tls'
import { own, type Attempt } from './attempt.js'
import { chainFailure, connectError, nameFailure, printable, tlsFailure } from './diagnosis.js'
import { identityError, sessionCertificate } from './identity.js'
import type { NetEvent, TlsOptions } from './options.js'

/** TLS options made ready before the first packet, so that a key that does not open costs no connection. */
export interface TlsPlan {
  /** What the certificate must be for. */
  readonly name: string
  readonly verify: boolean
  readonly clientCertificate: boolean
  /** The certificate seen when the session to be resumed was made. */
  readonly earlier: X509Certificate | undefined
  readonly options: ConnectionOptions
}

/** @throws {SettingsError} `settings.tls` when a certificate, key or cipher list cannot be used */
export function planTls(host: string, tls: TlsOptions = {}): TlsPlan {
  const name = (tls.servername || host).replace(/\.$/, '')
  const verify = tls.rejectUnauthorized !== false
  const sni = tls.servername ?? name
  const earlier = tls.session && sessionCertificate(tls.session)
  // Without the name in the earlier certificate the session may belong to another host: shake hands in full.
  const resumable = earlier !== undefined && (!verify || identityError(name, earlier) === undefined)
  return {
    name,
    verify,
    clientCertificate: Boolean(tls.cert ?? tls.pfx),
    earlier,
    options: {
      host,
      servername: isIP(sni) ? '' : sni, // RFC 6066 3: no IP literals in SNI
      secureContext: tls.secureContext ?? secureContext(tls),
      ...(resumable ? { session: tls.session } : {}),
      // Node would refuse without saying what it saw, and checks no name on resumption; `refusal` judges, on each path to success.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
    },
  }
}

export interface HandshakeOptions {
  /** After STARTTLS: clear text in place of TLS then means something else. */
  readonly upgrading: boolean
  readonly onEvent?: ((event: NetEvent) => void) | undefined
}

/**
 * One TLS handshake as client over an open stream, and the judgement of the certificate. The socket given back does not flow.
 * @throws {ConnectError} `tls.*`, or `connect.reset` in phase `tls`
 */
export async function handshake(
  attempt: Attempt,
  stream: Socket,
  plan: TlsPlan,
  { upgrading, onEvent }: HandshakeOptions,
): Promise<TLSSocket> {
  const { target } = attempt
  attempt.step = 'tls'
  if (stream.destroyed) throw connectError('connect.reset', 'tls', `${target.host} hung up before the TLS handshake`)
  const socket = connect({ ...plan.options, socket: stream })
  own(attempt, socket)
  await secured(attempt, socket, upgrading, plan.clientCertificate)

  const certificate = socket.isSessionReused() ? plan.earlier : peerCertificate(socket)
  const error = plan.verify ? refusal(attempt, socket, certificate, plan.name) : undefined
  if (error) throw error
  onEvent?.({
    type: 'tls',
    to: 'server',
    protocol: socket.getProtocol() ?? 'unknown',
    cipher: socket.getCipher()?.standardName ?? 'unknown',
    cipherName: socket.getCipher()?.name ?? 'unknown',
    strengthBits: 0,
    keyExchange: '',
    keyExchangeBits: 0,
    resumed: socket.isSessionReused(),
    verified: plan.verify,
    subject: certificate ? subjectOf(certificate) : '',
    issuer: '',
    fingerprint: '',
  })
  return socket
}

/** Waits for the end of the handshake, whoever the server is. */
function secured({ target }: Attempt, socket: TLSSocket, upgrading: boolean, clientCertificate: boolean) {
  return new Promise<void>((resolve, reject) => {
    let agreed = false
    const onKeys = () => (agreed = true)
    const onError = (error: Error) => settle(tlsFailure(error, target, { upgrading, agreed, clientCertificate }))
    const onClose = () => onError(Object.assign(new Error('closed during the handshake'), { code: 'ECONNRESET' }))
    const onSecure = () => settle()
    const settle = (error?: ConnectError) => {
      socket.off('keylog', onKeys).off('error', onError).off('close', onClose).off('secureConnect', onSecure)
      if (error) reject(error)
      else resolve()
    }
    socket.on('keylog', onKeys).on('error', onError).on('close', onClose).on('secureConnect', onSecure)
  })
}

/** Why the server is not the one that was asked for; undefined when it is. */
function refusal(
  { target }: Attempt,
  socket: TLSSocket,
  certificate: X509Certificate | undefined,
  name: string,
): ConnectError | undefined {
  if (!socket.authorized) {
    const reason: unknown = socket.authorizationError // typed as an error, but it is OpenSSL's name for it
    return chainFailure(reason instanceof Error ? reason.message : String(reason), certificate, target)
  }
  if (!certificate) return chainFailure('no certificate was sent', certificate, target)
  const mismatch = identityError(name, certificate)
  return mismatch && nameFailure(name, certificate, mismatch)
}

/** Not by `getPeerX509Certificate`: in Node 20 that takes the certificate away from whoever asks next. */
function peerCertificate(socket: TLSSocket): X509Certificate | undefined {
  const raw: Buffer | undefined = socket.getPeerCertificate()?.raw // an empty object when there is none
  return raw && new X509Certificate(raw)
}

/** `CN=mail.example.test, O=Example`; the alternative names when the subject is empty. */
function subjectOf({ subject, subjectAltName }: X509Certificate): string {
  return printable(subject ? subject.replaceAll('\n', ', ') : (subjectAltName ?? ''))
}

function secureContext({
  ca,
  cert,
  key,
  passphrase,
  pfx,
  minVersion,
  maxVersion,
  ciphers,
  ecdhCurve,
  sigalgs,
}: TlsOptions) {
  const wanted: Record<keyof TlsOptions & keyof SecureContextOptions, unknown> = {
    ca,
    cert,
    key,
    passphrase: passphrase === undefined ? undefined : Secret.of(passphrase).reveal(),
    pfx,
    minVersion: minVersion ?? 'TLSv1.2',
    maxVersion,
    ciphers,
    ecdhCurve,
    sigalgs,
  }
  const given = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined))
  try {
    return createSecureContext(given)
  } catch (error) {
    const { reason, message } = error as Error & { reason?: string }
    throw new SettingsError('settings.tls', 'tls', `cannot be used: ${reason ?? message}`, {
      cause: error,
      hint: 'Check that tls.cert and tls.key are PEM and belong together, tls.pfx is PKCS#12, and tls.passphrase opens them.',
    })
  }
}
