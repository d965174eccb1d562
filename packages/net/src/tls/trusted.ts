import { SettingsError } from '@posthorn/ground'
import { X509Certificate } from 'node:crypto'
import type { TrustedCertificate } from '../options.js'

/**
 * Certificates of a setting, as DER: PEM (several in one text, whatever stands between them), DER, base64 of DER, or read.
 * @throws {SettingsError} `settings.tls` naming the field, for what holds no certificate
 */
export function trustedCertificates(
  given: TrustedCertificate | readonly TrustedCertificate[] | undefined,
  field: string,
): readonly Buffer[] {
  if (given === undefined) return []
  const list = isList(given) ? given : [given]
  return list.flatMap((each, index) => certificatesIn(each, isList(given) ? `${field}[${index}]` : field))
}

/** One certificate as PEM. */
export function pemOf(der: Uint8Array): string {
  const lines = Buffer.from(der)
    .toString('base64')
    .match(/.{1,64}/g)
  return ['-----BEGIN CERTIFICATE-----', ...(lines ?? []), '-----END CERTIFICATE-----', ''].join('\n')
}

function certificatesIn(given: TrustedCertificate, field: string): readonly Buffer[] {
  if (typeof given !== 'string' && !(given instanceof Uint8Array)) return [Buffer.from(given.der)]
  const octets = typeof given === 'string' ? undefined : Buffer.from(given.buffer, given.byteOffset, given.byteLength)
  const found =
    octets?.[0] === DER_SEQUENCE ? [octets] : textualCertificates(octets?.toString('latin1') ?? String(given))
  if (found.length === 0) throw unreadable(field, 'holds no certificate')
  return found.map((der) => {
    try {
      return new X509Certificate(der).raw
    } catch (cause) {
      throw unreadable(field, 'holds something that is not a certificate', cause)
    }
  })
}

const DER_SEQUENCE = 0x30
const PEM_BLOCK = /-----BEGIN (?:X509 )?CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END/g

/** What stands in the certificate blocks of a text, as octets that were not looked at. */
export function pemCertificates(text: string): readonly Buffer[] {
  return [...text.matchAll(PEM_BLOCK)].map(([, base64]) => decoded(base64 ?? ''))
}

function textualCertificates(text: string): readonly Buffer[] {
  if (text.includes('-----BEGIN')) return pemCertificates(text)
  return /^[A-Za-z0-9+/=\s]+$/.test(text) && text.trim() !== '' ? [decoded(text)] : []
}

function decoded(base64: string): Buffer {
  return Buffer.from(base64, 'base64')
}

function isList(given: TrustedCertificate | readonly TrustedCertificate[]): given is readonly TrustedCertificate[] {
  return Array.isArray(given)
}

function unreadable(field: string, message: string, cause?: unknown): SettingsError {
  return new SettingsError('settings.tls', field, message, { cause, hint: 'Give certificates as PEM or DER.' })
}
