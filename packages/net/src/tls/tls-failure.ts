import type { ConnectError } from '@posthorn/ground'
import type { X509Certificate } from 'node:crypto'
import { connectError, endpoint, printable, systemCode, text, type ConnectCode, type Target } from '../diagnosis.js'

/** What is known about a handshake that failed. */
export interface TlsSituation {
  /** After STARTTLS, and not on a port of its own. */
  readonly upgrading: boolean
  /** True once both sides have agreed on version, cipher and keys. */
  readonly agreed: boolean
  /** True when a client certificate was configured. */
  readonly clientCertificate: boolean
}

/** The handshake failed before there was a certificate to judge, or the other side ended it. */
export function tlsFailure(error: unknown, target: Target, situation: TlsSituation): ConnectError {
  const reason = systemCode(error) ?? ''
  const where = endpoint(target)
  const fail = (code: ConnectCode, message: string) => connectError(code, 'tls', message, error)
  if (PLAINTEXT.test(reason) && !situation.agreed) {
    return situation.upgrading
      ? fail('tls.injected', `${where} sent clear text after it had agreed to STARTTLS`)
      : fail('tls.plaintext', `${where} answered in clear text, not with TLS`)
  }
  if (OLD_PROTOCOL.test(reason))
    return fail('tls.old-protocol', `${where} does not speak a TLS version that is allowed here`)
  if (WEAK_KEY.test(reason)) return fail('tls.weak-key', `${where} has a key that is too short (${alert(error)})`)
  const record = recordFailure(error, reason, where)
  if (record) return record
  const clientCertificate = CLIENT_CERTIFICATE.test(reason)
  // Alert 40 is a catch-all. Once the keys are agreed, what is left to dislike on our side is the missing certificate.
  if (clientCertificate || (HANDSHAKE_ALERT.test(reason) && situation.agreed)) {
    return situation.clientCertificate
      ? fail('tls.client-certificate-refused', `${where} refused the client certificate (${alert(error)})`)
      : fail('tls.client-certificate-required', `${where} wants a client certificate (${alert(error)})`)
  }
  if (RESET.test(reason)) return fail('connect.reset', `${where} hung up during the TLS handshake (${reason})`)
  return fail('tls.handshake', `the TLS handshake with ${where} failed: ${alert(error)}`)
}

/** A record that one of the two sides could not read; undefined when it is something else. */
function recordFailure(error: unknown, reason: string, where: string): ConnectError | undefined {
  if (OUR_BAD_RECORD.test(reason)) {
    return connectError(
      'tls.encryption-failed',
      'tls',
      `${where} could not read what was sent (${alert(error)})`,
      error,
    )
  }
  if (!THEIR_BAD_RECORD.test(reason)) return undefined
  return connectError('tls.decryption-failed', 'tls', `a TLS record of ${where} is broken (${alert(error)})`, error)
}

/**
 * What a TLS error means that comes on an established stream: with TLS 1.3 a server refuses a client certificate, or the lack of one,
 * only after the handshake is over for the client, and records may be damaged on the way at any time. Undefined when it is no TLS error.
 */
export function diagnoseTls(error: unknown, target: Target, clientCertificate: boolean): ConnectError | undefined {
  const reason = systemCode(error) ?? ''
  if (/^ERR_SSL_.*_ALERT_/.test(reason)) {
    return tlsFailure(error, target, { upgrading: false, agreed: true, clientCertificate })
  }
  return reason.startsWith('ERR_SSL_') ? brokenStream(error, reason, endpoint(target)) : undefined
}

/** Behind the handshake there is nothing left to disagree on: what goes wrong is a record, read or written. */
function brokenStream(error: unknown, reason: string, where: string): ConnectError {
  const record = recordFailure(error, reason, where)
  if (record) return record
  return WRITING.test(reason)
    ? connectError('tls.encryption-failed', 'tls', `nothing could be written to ${where} (${alert(error)})`, error)
    : connectError('tls.decryption-failed', 'tls', `what ${where} sent cannot be read (${alert(error)})`, error)
}

/**
 * OpenSSL does not accept the certificate chain; `reason` is its name for why.
 * @param alone the server sent no certificate of an issuer
 */
export function chainFailure(
  reason: string,
  certificate: X509Certificate | undefined,
  target: Target,
  alone: boolean,
): ConnectError {
  const where = endpoint(target)
  const fail = (code: ConnectCode, message: string) => connectError(code, 'tls', message, new Error(reason))
  switch (reason) {
    case 'CERT_HAS_EXPIRED':
      return fail('tls.certificate-expired', `a certificate of ${where} has expired (its own: ${certificate?.validTo})`)
    case 'CERT_NOT_YET_VALID': {
      const from = certificate?.validFrom
      return fail('tls.certificate-not-yet-valid', `a certificate of ${where} is not yet valid (its own: ${from})`)
    }
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return fail('tls.self-signed', `the certificate of ${where} is signed by itself, and it is not trusted here`)
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE': {
      const issuer = printable(certificate?.issuer?.replaceAll('\n', ', ') || 'an unnamed issuer')
      // what says where its issuer is to be had is from a hierarchy
      return alone && /^CA Issuers - /m.test(certificate?.infoAccess ?? '')
        ? fail('tls.missing-intermediate', `${where} sent a certificate from ${issuer} without that of the issuer`)
        : fail('tls.unknown-issuer', `the certificate of ${where} is from ${issuer}, which is not trusted here`)
    }
    case 'EE_KEY_TOO_SMALL':
    case 'CA_KEY_TOO_SMALL':
      return fail('tls.weak-key', `a certificate of ${where} has a key that is too short`)
    case 'CA_MD_TOO_WEAK':
      return fail('tls.weak-signature', `a certificate of ${where} is signed by way of a digest that can be forged`)
    default:
      return fail('tls.certificate-invalid', `the certificate of ${where} was refused (${printable(reason)})`)
  }
}

/** The certificate is in order, but for other names. */
export function nameFailure(name: string, { subject, subjectAltName }: X509Certificate, cause: Error): ConnectError {
  const found = (subjectAltName?.split(', ') ?? subject?.split('\n') ?? []).map((each) =>
    printable(each.replace(/^(DNS|IP Address):/, '')),
  )
  const list = found.length === 0 ? 'no name at all' : found.slice(0, 10).join(', ')
  const more = found.length > 10 ? ` and ${found.length - 10} more` : ''
  return connectError('tls.wrong-name', 'tls', `the certificate is for ${list}${more}, not for ${name}`, cause)
}

/** OpenSSL's sentence without its file names and addresses: `tlsv1 alert protocol version`. */
function alert(error: unknown): string {
  const reason = (error as { reason?: unknown } | undefined)?.reason
  return typeof reason === 'string' ? reason : text(error)
}

const PLAINTEXT =
  /^ERR_SSL_(WRONG_VERSION_NUMBER|UNKNOWN_PROTOCOL|HTTP_REQUEST|PACKET_LENGTH_TOO_LONG|RECORD_LAYER_FAILURE)$/
const OLD_PROTOCOL = /^ERR_SSL_(UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW|WRONG_SSL_VERSION|TLSV1_ALERT_PROTOCOL_VERSION)$/
const CLIENT_CERTIFICATE =
  /_ALERT_(NO_CERTIFICATE|BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_REVOKED|CERTIFICATE_EXPIRED|CERTIFICATE_UNKNOWN|CERTIFICATE_REQUIRED|UNKNOWN_CA|ACCESS_DENIED)$/
const HANDSHAKE_ALERT = /_ALERT_HANDSHAKE_FAILURE$/
const WEAK_KEY = /^ERR_SSL_(DH_KEY_TOO_SMALL|EE_KEY_TOO_SMALL|CA_KEY_TOO_SMALL|BAD_DH_VALUE)$/
const OUR_BAD_RECORD = /_ALERT_(BAD_RECORD_MAC|DECRYPTION_FAILED|RECORD_OVERFLOW)$/
const THEIR_BAD_RECORD =
  /^ERR_SSL_(DECRYPTION_FAILED|DECRYPTION_FAILED_OR_BAD_RECORD_MAC|BAD_RECORD_TYPE|DATA_LENGTH_TOO_LONG|DIGEST_CHECK_FAILED|BLOCK_CIPHER_PAD_IS_WRONG|LENGTH_TOO_LONG|ENCRYPTED_LENGTH_TOO_LONG)$/
const WRITING = /^ERR_SSL_(BAD_WRITE_RETRY|BAD_LENGTH|PROTOCOL_IS_SHUTDOWN|UNINITIALIZED|TOO_MANY_KEY_UPDATES)$/
const RESET = /^(ECONNRESET|EPIPE|ECONNABORTED)$/
