import type { KeyObject } from 'node:crypto'
import type { Certificate } from './certificate.js'

/** What a certificate is wanted for. */
export type CertificatePurpose = 'sign-mail' | 'encrypt-mail'

/** Why a certificate cannot be used. The sentence goes on from its name: `expired on 2024-01-01`. */
export interface CertificateProblem {
  readonly code: 'certificate.expired' | 'certificate.not-yet-valid' | 'certificate.wrong-usage'
  readonly sentence: string
}

const EMAIL_PROTECTION = '1.3.6.1.5.5.7.3.4'
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
const ANY_EXTENDED_KEY_USAGE = '2.5.29.37.0'

/**
 * Says why a certificate cannot sign mail or be encrypted for, or undefined when it can: its dates, its key usage, its extended key usage
 * (RFC 8550 4.4) and the kind of its key. An authority counts as one only without a mail address in it: many people who sign their own
 * certificate make it an authority unawares.
 */
export function certificateProblem(
  certificate: Certificate,
  purpose: CertificatePurpose,
  now: Date,
): CertificateProblem | undefined {
  return validityProblem(certificate, now) ?? usageProblem(certificate, purpose)
}

/** Says why a certificate is not valid now, or undefined when it is (RFC 5280 4.1.2.5: both ends are included). */
export function validityProblem({ validFrom, validTo }: Certificate, now: Date): CertificateProblem | undefined {
  if (now > validTo) return { code: 'certificate.expired', sentence: `expired on ${day(validTo)}` }
  if (now < validFrom) return { code: 'certificate.not-yet-valid', sentence: `is valid only from ${day(validFrom)} on` }
  return undefined
}

function usageProblem(certificate: Certificate, purpose: CertificatePurpose): CertificateProblem | undefined {
  const wrong = (sentence: string): CertificateProblem => ({ code: 'certificate.wrong-usage', sentence })
  if (certificate.isAuthority && certificate.emails.length === 0) {
    return wrong('is the certificate of an authority and not of a person')
  }
  if (!isForMail(certificate)) {
    return wrong('is not for mail: its extended key usage does not have emailProtection')
  }
  const keyType = publicKeyOf(certificate)?.asymmetricKeyType
  const needed = purpose === 'sign-mail' ? SIGNING[keyType ?? ''] : ENCRYPTING[keyType ?? '']
  const deed = purpose === 'sign-mail' ? 'sign' : 'be encrypted for'
  if (!needed) return wrong(`cannot ${deed}: its key is ${keyType ?? 'of an unknown kind'}`)
  if (certificate.keyUsage && !needed.some((usage) => certificate.keyUsage?.includes(usage))) {
    return wrong(`must not ${deed}: its key usage does not have ${needed.join(' or ')}`)
  }
  return undefined
}

/** True when the extended key usage of a certificate, if it has one, lets it be used for mail (RFC 8550 4.4.4). */
export function isForMail({ extendedKeyUsage }: Certificate): boolean {
  return extendedKeyUsage?.some((oid) => oid === EMAIL_PROTECTION || oid === ANY_EXTENDED_KEY_USAGE) ?? true
}

/** True when the extended key usage of a certificate, if it has one, lets it be used by a TLS server (RFC 5280 4.2.1.12). */
export function isForServers({ extendedKeyUsage }: Pick<Certificate, 'extendedKeyUsage'>): boolean {
  return extendedKeyUsage?.some((oid) => oid === SERVER_AUTH || oid === ANY_EXTENDED_KEY_USAGE) ?? true
}

/** The public key; undefined when it is of a kind that Node does not know. */
export function publicKeyOf(certificate: Certificate): KeyObject | undefined {
  try {
    return certificate.publicKey
  } catch {
    return undefined // whoever reads it will be told; here it is a fact about the certificate
  }
}

/** The key usages of which one is needed, by the kind of key (RFC 8550 4.4.2, RFC 8410 5). */
const SIGNS = ['digitalSignature', 'nonRepudiation']
const SIGNING: Readonly<Record<string, readonly string[]>> = { rsa: SIGNS, 'rsa-pss': SIGNS, ec: SIGNS, ed25519: SIGNS }
const ENCRYPTING: Readonly<Record<string, readonly string[]>> = {
  rsa: ['keyEncipherment'],
  ec: ['keyAgreement'],
  x25519: ['keyAgreement'],
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10)
}
