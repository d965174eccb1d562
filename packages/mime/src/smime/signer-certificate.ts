import { createHash } from 'node:crypto'
import { readCertificate, type Certificate } from '@posthorn/certificate'
import { Turn } from '../turn.js'
import { readRefusal } from './read-refusal.js'
import type { SignerIdentifier, SignerInfo } from './signer-info.js'

/**
 * The certificates of a message, read once for all its signers, and those that are given besides. What cannot be read is left out: it
 * belongs to nobody who counts.
 */
export async function certificatesOf(
  ders: readonly Uint8Array[],
  others: readonly Certificate[],
): Promise<readonly Certificate[]> {
  const certificates = new Map<string, Certificate>()
  const turn = new Turn()
  for (const der of ders) {
    const certificate = readable(der)
    if (certificate) certificates.set(certificate.fingerprints.sha256, certificate)
    if (turn.isOver) await turn.pass()
  }
  return [...certificates.values(), ...others]
}

/**
 * The certificates that a signer may mean: those with the name, and of these the one that was signed along (RFC 5035 3, RFC 2634 5.4). There
 * can be several, such as a renewed one for the same key when the key is the name.
 * @throws {SettingsError} `smime.signer-unknown`, `smime.tampered`
 */
export function signerCertificates(info: SignerInfo, certificates: readonly Certificate[]): readonly Certificate[] {
  const named = certificates.filter((certificate) => names(info.signer, certificate))
  if (named.length === 0) {
    throw readRefusal(
      'smime.signer-unknown',
      'message',
      `is signed with ${described(info.signer)}, which is not in it`,
      'Give the certificate of the signer in certificates, or ask the sender to send it along.',
    )
  }
  const { signingCertificate: pinned } = info
  if (!pinned) return named
  const { name } = pinned.digestAlgorithm
  const meant = named.filter(({ der }) => same(createHash(name).update(der).digest(), pinned.hash))
  if (meant.length > 0) return meant
  throw tampered('has another certificate of the signer than was signed', FORGED)
}

export const FORGED = 'The message was damaged on its way or forged: do not believe it.'

export function tampered(message: string, hint: string): Error {
  return readRefusal('smime.tampered', 'message', message, hint)
}

function readable(der: Uint8Array): Certificate | undefined {
  try {
    return readCertificate(der)
  } catch {
    return undefined
  }
}

function names(signer: SignerIdentifier, certificate: Certificate): boolean {
  if ('issuerDer' in signer) {
    return same(signer.issuerDer, certificate.issuerDer) && same(signer.serialNumber, certificate.serialNumber)
  }
  const { subjectKeyIdentifier } = certificate
  return subjectKeyIdentifier !== undefined && same(signer.subjectKeyIdentifier, subjectKeyIdentifier)
}

function described(signer: SignerIdentifier): string {
  if ('issuerDer' in signer) return `certificate number ${hex(signer.serialNumber)}`
  return `the key ${hex(signer.subjectKeyIdentifier)}`
}

/** A serial number has 20 octets at most (RFC 5280 4.1.2.2). */
const hex = (octets: Uint8Array) => Buffer.from(octets.subarray(0, 32)).toString('hex')

const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0
