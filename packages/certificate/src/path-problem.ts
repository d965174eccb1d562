import { setImmediate as otherWork } from 'node:timers/promises'
import type { Certificate } from './certificate.js'
import { isForMail, isForServers, validityProblem } from './certificate-problem.js'
import { signatureOf } from './certificate-signature.js'
import { isSelfIssued } from './chain-of.js'
import { weakKey } from './key-strength.js'
import { nameConstraintProblem } from './name-constraints.js'
import { certificateParts } from './read-certificate.js'

/** What is wrong with a certificate in a path, and why it is not trusted therefore. */
export interface PathProblem {
  readonly code: 'certificate.expired' | 'certificate.not-yet-valid' | 'certificate.wrong-usage' | 'certificate.weak'
  /** Begins with the name of the certificate. */
  readonly sentence: string
}

/** What the authorities of a path must be allowed to issue for. */
export type PathPurpose = 'mail' | 'server'

/**
 * What is wrong with a path whose signatures are right and whose end is trusted (RFC 5280 6.1.3, 6.1.4). Others get a turn between the
 * certificates.
 * @param path the certificate first, the trusted one last
 */
export async function pathProblem(
  path: readonly Certificate[],
  now: Date,
  purpose: PathPurpose,
): Promise<PathProblem | undefined> {
  for (const [index, certificate] of path.entries()) {
    const isAnchor = index === path.length - 1
    const problem =
      validityProblem(certificate, now) ??
      weakness(certificate, index > 0, isAnchor) ??
      extensionProblem(certificate) ??
      (index > 0 ? await issuerProblem(certificate, path.slice(0, index), isAnchor, purpose) : undefined)
    if (problem) return { code: problem.code, sentence: `'${certificate.subject}' ${problem.sentence}` }
  }
  return undefined
}

const wrongUsage = (sentence: string): PathProblem => ({ code: 'certificate.wrong-usage', sentence })
const weak = (sentence: string): PathProblem => ({ code: 'certificate.weak', sentence })

/** RFC 5280 6.1.4 (h) to (o). @param below the certificates under this one, the last one first */
async function issuerProblem(
  issuer: Certificate,
  below: readonly Certificate[],
  isAnchor: boolean,
  purpose: PathPurpose,
): Promise<PathProblem | undefined> {
  const { version, extensions } = certificateParts(issuer)
  // a root of version 1 cannot say that it is one: who trusts it has said it
  if (!issuer.isAuthority && !(isAnchor && version === 1)) {
    return wrongUsage('is no authority and has issued a certificate')
  }
  if (issuer.keyUsage && !issuer.keyUsage.includes('keyCertSign')) return wrongUsage('must not issue certificates')
  // RFC 5280 leaves this open; browsers and OpenSSL bind an authority by the purposes it names, and so do the rules for public ones
  if (purpose === 'mail' && !isForMail(issuer)) return wrongUsage('must not issue certificates for mail')
  if (purpose === 'server' && !isForServers(issuer)) return wrongUsage('must not issue certificates for servers')
  const between = below.slice(1).filter((each) => !isSelfIssued(each)).length
  if (extensions.pathLength !== undefined && between > extensions.pathLength) {
    return wrongUsage(`allows ${extensions.pathLength} authorities below it, and there are ${between}`)
  }
  if (extensions.nameConstraints === undefined) return undefined
  for (const [index, certificate] of below.entries()) {
    if (index > 0 && isSelfIssued(certificate)) continue
    const sentence = nameConstraintProblem(extensions.nameConstraints, certificate)
    if (sentence) return wrongUsage(sentence)
    await otherWork() // constraints may be many
  }
  return undefined
}

function extensionProblem(certificate: Certificate): PathProblem | undefined {
  const { unknownCritical, requiresPolicy } = certificateParts(certificate).extensions
  if (requiresPolicy) return wrongUsage('requires a certificate policy, and policies are not checked')
  const [oid] = unknownCritical
  return oid === undefined ? undefined : wrongUsage(`has a critical extension that is not known (${oid})`)
}

/** Digests of which a second certificate with the same signature can be made. */
const BROKEN_DIGESTS: Readonly<Record<string, string>> = { md5: 'MD5', sha1: 'SHA-1' }

/** For people, whose short keys are reported with their signatures, and for what is trusted whatever it is. */
const MIN_RSA_BITS = 1024
/** For authorities in between: nobody who is trusted has made shorter ones since 2014. */
const MIN_RSA_BITS_BETWEEN = 2048

function weakness(certificate: Certificate, isIssuer: boolean, isAnchor: boolean): PathProblem | undefined {
  const digest = isAnchor ? undefined : BROKEN_DIGESTS[signatureOf(certificate)?.digest ?? '']
  if (digest !== undefined) return weak(`is signed with ${digest}, which can be forged`)
  const sentence = weakKey(certificate, isIssuer && !isAnchor ? MIN_RSA_BITS_BETWEEN : MIN_RSA_BITS)
  return sentence === undefined ? undefined : weak(sentence)
}
