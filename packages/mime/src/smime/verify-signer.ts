import { certificateProblem, verifyChain, type Certificate, type DigestName } from '@posthorn/certificate'
import { CURVES } from './key-agreement.js'
import { refuseAlgorithm } from './scheme-by-identifier.js'
import { holds, suits, type SignatureScheme } from './signature-scheme.js'
import { FORGED, signerCertificates, tampered } from './signer-certificate.js'
import type { SignerInfo } from './signer-info.js'

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
  /** Certificates that came with the message or were given besides: of the signers, and of who may stand between them and a root. */
  readonly certificates: readonly Certificate[]
}

const MIN_RSA_BITS = 2048
/** How many certificates with the name of the signer are tried: a key may have been given a new one or two. */
const MAX_CANDIDATES = 4

/**
 * Verifies one signature, RFC 5652 5.6.
 * When several certificates go with the signature, the one counts that there is least to say against.
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
  const suitable = signerCertificates(info, content.certificates).filter(({ publicKey }) =>
    suits(publicKey, info.scheme),
  )
  if (suitable.length === 0) refuseAlgorithm('the key of the signer does not make such signatures', info.scheme.name)
  const signatures: Signature[] = []
  for (const signer of suitable.slice(0, MAX_CANDIDATES)) {
    if (!(await holds(signer.publicKey, info.scheme, info.attributes, info.signature))) continue
    const signature = await judged(signer, info, content, options)
    if (signature.problems.length === 0) return signature
    signatures.push(signature)
  }
  const found = signatures.find(({ trusted }) => trusted) ?? signatures[0]
  if (found) return found
  throw tampered('has a signature that the key of its signer did not make', FORGED)
}

async function judged(
  signer: Certificate,
  info: SignerInfo,
  { certificates }: SignedContent,
  { roots, now: clock }: VerifyOptions,
): Promise<Signature> {
  const now = clock?.() ?? new Date()
  const verdict = roots && (await verifyChain(signer, certificates, roots, now))
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

function problemsOf(signer: Certificate, info: SignerInfo, now: Date): SignatureProblem[] {
  const problems: SignatureProblem[] = []
  const problem = certificateProblem(signer, 'sign-mail', now)
  if (problem) problems.push({ code: problem.code, sentence: `was made with a certificate that ${problem.sentence}` })
  if (info.digestAlgorithm.name === 'sha1') {
    problems.push({ code: 'smime.weak-digest', sentence: 'was made with SHA-1, which can be forged' })
  }
  const weakness = weaknessOf(signer)
  if (weakness !== undefined) problems.push({ code: 'smime.weak-key', sentence: `was made with ${weakness}` })
  return problems
}

function weaknessOf({ publicKey: { asymmetricKeyType: type, asymmetricKeyDetails: details } }: Certificate) {
  const { modulusLength, namedCurve } = details ?? {}
  if (modulusLength !== undefined && modulusLength < MIN_RSA_BITS) return `an RSA key of ${modulusLength} bits`
  if (type !== 'ec' || (namedCurve !== undefined && CURVES.includes(namedCurve))) return undefined
  return `a key on a curve that is not used for mail (${namedCurve ?? 'without a name'})`
}

const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0
