import { BerReader } from './asn1/ber-reader.js'
import { base64Octets } from './base64.js'
import type { Certificate } from './certificate.js'
import { readCertificate } from './read-certificate.js'
import { refusal } from './refusal.js'
import { pemBlocks } from './store/pem-blocks.js'

/** Certificates as people have them: PEM (several in one text), the base64 or the octets of one in DER, or read already. */
export type CertificateInput = string | Uint8Array | Certificate

const LABELS = ['CERTIFICATE', 'X509 CERTIFICATE', 'TRUSTED CERTIFICATE'] as const
const HINT = 'Give PEM with lines such as -----BEGIN CERTIFICATE-----, or the octets of one certificate in DER.'

/**
 * Every certificate in what is given, in its order: all those in PEM text (what stands between the blocks is passed over), or the one in
 * DER or its base64. Blank text and an empty list have none.
 * @param field the setting to name in errors
 * @throws {SettingsError} `certificate.format` for anything else
 */
export function readCertificates(
  trusted: CertificateInput | readonly CertificateInput[],
  field = 'certificates',
): readonly Certificate[] {
  if (!isList(trusted)) return readOne(trusted, field)
  return trusted.flatMap((each, index) => readOne(each, `${field}[${index}]`))
}

/** A certificate as PEM (RFC 7468), with a line feed at the end: the texts of several can be put one after the other. */
export function certificateToPem(certificate: Certificate): string {
  return certificate.pem
}

function readOne(input: CertificateInput, field: string): readonly Certificate[] {
  if (typeof input === 'string') return readText(input, field)
  if (!(input instanceof Uint8Array)) return [input]
  const begin = Buffer.from(input.buffer, input.byteOffset, input.length).indexOf('-----BEGIN ')
  const isDer = input[0] === 0x30 && begin !== 0
  return isDer ? [readCertificate(input, field)] : readText(Buffer.from(input).toString('latin1'), field)
}

function readText(text: string, field: string): readonly Certificate[] {
  if (text.trim() === '') return []
  if (!text.includes('-----BEGIN ')) {
    const octets = base64Octets(text)
    if (octets) return [readCertificate(octets, field)]
    throw refusal('certificate.format', field, 'is neither PEM nor the base64 of a certificate', HINT)
  }
  const blocks = [...pemBlocks(text, LABELS, 'the text', field)]
  const found = blocks.map(({ octets }) => readCertificate(firstElement(octets), field))
  if (found.length === 0) throw refusal('certificate.format', field, 'has no certificate in its PEM', HINT)
  return found
}

/** In a TRUSTED CERTIFICATE, what OpenSSL trusts it for stands behind the certificate. */
export function firstElement(octets: Uint8Array): Uint8Array {
  try {
    return new BerReader(octets).next().whole
  } catch {
    return octets // its reader says what is wrong
  }
}

function isList(trusted: CertificateInput | readonly CertificateInput[]): trusted is readonly CertificateInput[] {
  return Array.isArray(trusted)
}
