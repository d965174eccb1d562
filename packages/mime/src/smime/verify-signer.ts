import { createHash } from 'node:crypto'
import {
  certificateProblem,
  readCertificate,
  verifyChain,
  type Certificate,
  type DigestName,
} from '@posthorn/certificate'
import { refusal } from '../refusal.js'
import type { SignerIdentifier, SignerInfo } from './signer-info.js'
import { holds, suits, type SignatureScheme } from './signature-scheme.js'
import { refuseAlgorithm } from './scheme-by-identifier.js'

/** What is to be known for judging a signature. */
export interface VerifyOptions {
  /** The authorities that are trusted. Absent: nobody is asked whether the signer is who the certificate says. */
  readonly roots?: readonly Certificate[]
  /** Certificates of signers who do not send theirs along, and of authorities between them and the roots. */
  readonly certificates?: readonly Certificate[]
  /** When the certificates must be valid. Default: now. The signing time is the signer's word, and proves nothing. */
  readonly now?: () => Date
}

/** Something that is wrong with a signature that holds: whoever reads the message is to be told. */
export interface SignatureProblem {
  readonly code: string
  /** Goes on from "the signature". */
  readonly sentence: string
}

/** A signature that holds: these octets were signed with the key of this certificate. */
export interface Signature {
  readonly signer: Certificate
  /** As the signer says. */
  readonly signedAt: Date | undefined
  readonly digest: DigestName
  readonly scheme: SignatureScheme['name']
  /** True: the certificate leads to one of `roots`; undefined when no roots were given. */
  readonly trusted: boolean | undefined
  readonly problems: readonly SignatureProblem[]
}

/** What was signed, as the message has it. */
export interface SignedContent {
  readonly contentType: string
  /** The digest of the content that was found. */
  readonly messageDigest: Uint8Array
  /** Certificates that came with the message, DER. */
  readonly certificates: readonly Uint8Array[]
}

const MIN_RSA_BITS = 2048

/**
 * Verifies one signature, RFC 5652 5.6.
 * @throws {SettingsError} `smime.tampered` when the content or the signature is not what was signed; `smime.signer-unknown` when the
 * certificate is not there; `smime.algorithm`; `smime.malformed`
 */
export async function verifySigner(
  info: SignerInfo,
  content: SignedContent,
  options: VerifyOptions,
): Promise<Signature> {
  if (!same(info.messageDigest, content.messageDigest)) {
    throw tampered('was changed after it was signed', 'Ask the sender to send it again, by another way if need be.')
  }
  if (info.contentType !== content.contentType) throw tampered('has another type of content than was signed', FORGED)
  const known = [...candidates(info.signer, content.certificates), ...(options.certificates ?? [])]
  const signer = known.find((certificate) => names(info.signer, certificate))
  if (!signer) {
    throw refusal(
      'smime.signer-unknown',
      'message',
      `is signed with ${described(info.signer)}, which is not in it`,
      'Give the certificate of the signer in certificates, or ask the sender to send it along.',
    )
  }
  if (!suits(signer.publicKey, info.scheme)) {
    refuseAlgorithm('the key of the signer does not make such signatures', info.scheme.name)
  }
  const pinned = info.signingCertificate
  if (pinned && !same(createHash(pinned.digestAlgorithm.name).update(signer.der).digest(), pinned.hash)) {
    throw tampered('has another certificate of the signer than was signed', FORGED)
  }
  if (!(await holds(signer.publicKey, info.scheme, info.attributes, info.signature))) {
    throw tampered('has a signature that the key of its signer did not make', FORGED)
  }
  const now = options.now?.() ?? new Date()
  const verdict = options.roots && verifyChain(signer, allOf(content, options), options.roots, now)
  const problems = problemsOf(signer, info, now)
  if (verdict?.trusted === false && problems.every(({ code }) => code !== verdict.code)) {
    problems.push({ code: verdict.code, sentence: `is of nobody who is trusted: ${verdict.sentence}` })
  }
  return {
    signer,
    signedAt: info.signedAt,
    digest: info.scheme.digest,
    scheme: info.scheme.name,
    trusted: verdict?.trusted,
    problems,
  }
}

const FORGED = 'The message was damaged on its way or forged: do not believe it.'

function tampered(message: string, hint: string): Error {
  return refusal('smime.tampered', 'message', message, hint)
}

function problemsOf(signer: Certificate, info: SignerInfo, now: Date): SignatureProblem[] {
  const problems: SignatureProblem[] = []
  const problem = certificateProblem(signer, 'sign-mail', now)
  if (problem) problems.push({ code: problem.code, sentence: `was made with a certificate that ${problem.sentence}` })
  if (info.digestAlgorithm.name === 'sha1') {
    problems.push({ code: 'smime.weak-digest', sentence: 'was made with SHA-1, which can be forged' })
  }
  const bits = signer.publicKey.asymmetricKeyDetails?.modulusLength
  if (bits !== undefined && bits < MIN_RSA_BITS) {
    problems.push({ code: 'smime.weak-key', sentence: `was made with an RSA key of ${bits} bits` })
  }
  return problems
}

/** The certificates that may be the one that is meant, out of those that came along. */
function candidates(signer: SignerIdentifier, certificates: readonly Uint8Array[]): Certificate[] {
  const wanted = Buffer.from('issuerDer' in signer ? signer.serialNumber : signer.subjectKeyIdentifier)
  return parsed(certificates.filter((der) => Buffer.from(der.buffer, der.byteOffset, der.byteLength).includes(wanted)))
}

/** What may stand between the signer and a root. */
function allOf({ certificates }: SignedContent, options: VerifyOptions): Certificate[] {
  return [...parsed(certificates), ...(options.certificates ?? [])]
}

/** What cannot be read is left out: it belongs to nobody who counts. */
function parsed(certificates: readonly Uint8Array[]): Certificate[] {
  return certificates.flatMap((der) => {
    try {
      return readCertificate(der)
    } catch {
      return []
    }
  })
}

function names(signer: SignerIdentifier, certificate: Certificate): boolean {
  if ('issuerDer' in signer) {
    return same(signer.issuerDer, certificate.issuerDer) && same(signer.serialNumber, certificate.serialNumber)
  }
  const { subjectKeyIdentifier } = certificate
  return subjectKeyIdentifier !== undefined && same(signer.subjectKeyIdentifier, subjectKeyIdentifier)
}

function described(signer: SignerIdentifier): string {
  if ('issuerDer' in signer) return `certificate number ${Buffer.from(signer.serialNumber).toString('hex')}`
  return `the key ${Buffer.from(signer.subjectKeyIdentifier).toString('hex')}`
}

const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0
