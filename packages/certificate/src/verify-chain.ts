import type { Certificate } from './certificate.js'
import { isForMail, publicKeyOf, validityProblem } from './certificate-problem.js'
import { equalOctets, isSelfIssued, possibleIssuers, signed } from './chain-of.js'
import { nameConstraintProblem } from './name-constraints.js'
import { certificateParts } from './read-certificate.js'

/** Why no path leads to a trusted root. */
export type ChainProblemCode =
  | 'certificate.untrusted'
  | 'certificate.expired'
  | 'certificate.not-yet-valid'
  | 'certificate.wrong-usage'
  | 'certificate.weak'

/** A path from the certificate to a trusted one, both included, or the reason why there is none. */
export type ChainVerdict =
  | { readonly trusted: true; readonly path: readonly Certificate[] }
  | { readonly trusted: false; readonly code: ChainProblemCode; readonly sentence: string }

type Refused = Extract<ChainVerdict, { trusted: false }>

const MAX_PATH = 10
/** Enough for any cross-signed chain; without a bound, a few certificates with the same name make for millions of paths. */
const MAX_SIGNATURES = 100

/**
 * Looks for a path from a mail certificate to a trusted root and checks it (RFC 5280 6.1): signatures, dates, names, that every issuer is
 * an authority that may issue for mail, path lengths, name constraints for mail addresses, DNS names and subjects, and that no critical extension is
 * unknown. It does not check revocation and certificate policies, nor what the certificate itself may be used for:
 * `certificateProblem` does that.
 * @param chain certificates that may stand between, in any order, such as those in a signature: nothing in them is believed
 * @param roots certificates that are trusted; one that is trusted itself needs no issuer
 */
export function verifyChain(
  certificate: Certificate,
  chain: readonly Certificate[],
  roots: readonly Certificate[],
  now: Date,
): ChainVerdict {
  let signatures = 0
  let refused: Refused | undefined

  /** Goes up from the end of the path. */
  const extend = (path: readonly Certificate[]): ChainVerdict | undefined => {
    const at = path.at(-1)!
    if (roots.some(({ der }) => equalOctets(der, at.der))) {
      const problem = pathProblem(path, now)
      if (!problem) return { trusted: true, path }
      refused ??= problem
      return undefined
    }
    if (path.length === MAX_PATH) return undefined
    for (const issuer of [...possibleIssuers(at, roots), ...possibleIssuers(at, chain)]) {
      if (path.some(({ der }) => equalOctets(der, issuer.der))) continue
      if (++signatures > MAX_SIGNATURES) return undefined
      if (!signed(issuer, at)) continue
      const verdict = extend([...path, issuer])
      if (verdict) return verdict
    }
    return undefined
  }

  return extend([certificate]) ?? refused ?? untrusted(certificate, chain)
}

function untrusted(certificate: Certificate, chain: readonly Certificate[]): Refused {
  let top = certificate
  for (let step = 0; step < MAX_PATH && !isSelfIssued(top); step++) {
    const at = top
    const issuer = possibleIssuers(at, chain).find((each) => signed(each, at))
    if (!issuer) break
    top = issuer
  }
  const sentence = isSelfIssued(top)
    ? `'${certificate.subject}' leads to '${top.subject}', which is not among the trusted roots`
    : `'${certificate.subject}' leads to the issuer '${top.issuer}', whose certificate is not there or did not sign it`
  return { trusted: false, code: 'certificate.untrusted', sentence }
}

/** What is wrong with a path whose signatures are right and whose end is trusted. */
function pathProblem(path: readonly Certificate[], now: Date): Refused | undefined {
  for (const [index, certificate] of path.entries()) {
    const isAnchor = index === path.length - 1
    const problem =
      validityProblem(certificate, now) ??
      weakness(certificate, isAnchor) ??
      unknownExtension(certificate) ??
      (index > 0 ? issuerProblem(certificate, path.slice(0, index), isAnchor) : undefined)
    if (problem) return { trusted: false, ...problem, sentence: `'${certificate.subject}' ${problem.sentence}` }
  }
  return undefined
}

type Problem = Omit<Refused, 'trusted'>

const wrongUsage = (sentence: string): Problem => ({ code: 'certificate.wrong-usage', sentence })

/** RFC 5280 6.1.4 (h) to (o). @param below the certificates under this one, the last one first */
function issuerProblem(issuer: Certificate, below: readonly Certificate[], isAnchor: boolean): Problem | undefined {
  const { version, extensions } = certificateParts(issuer)
  // a root of version 1 cannot say that it is one: who trusts it has said it
  if (!issuer.isAuthority && !(isAnchor && version === 1))
    return wrongUsage('is no authority and has issued a certificate')
  if (issuer.keyUsage && !issuer.keyUsage.includes('keyCertSign')) return wrongUsage('must not issue certificates')
  // RFC 5280 leaves this open; browsers and OpenSSL bind an authority by the purposes it names, and so do the rules for public ones
  if (!isForMail(issuer)) return wrongUsage('must not issue certificates for mail')
  const between = below.slice(1).filter((each) => !isSelfIssued(each)).length
  if (extensions.pathLength !== undefined && between > extensions.pathLength) {
    return wrongUsage(`allows ${extensions.pathLength} authorities below it, and there are ${between}`)
  }
  if (extensions.nameConstraints === undefined) return undefined
  for (const [index, certificate] of below.entries()) {
    if (index > 0 && isSelfIssued(certificate)) continue
    const sentence = nameConstraintProblem(extensions.nameConstraints, certificate)
    if (sentence) return wrongUsage(sentence)
  }
  return undefined
}

function unknownExtension(certificate: Certificate): Problem | undefined {
  const [oid] = certificateParts(certificate).extensions.unknownCritical
  return oid === undefined ? undefined : wrongUsage(`has a critical extension that is not known (${oid})`)
}

/** MD2, MD4 and MD5 with RSA: a second certificate with the same signature can be made. */
const BROKEN_SIGNATURES: readonly string[] = [2, 3, 4].map((last) => `1.2.840.113549.1.1.${last}`)
const MIN_RSA_BITS = 1024

function weakness(certificate: Certificate, isAnchor: boolean): Problem | undefined {
  if (!isAnchor && BROKEN_SIGNATURES.includes(certificateParts(certificate).signatureAlgorithm)) {
    return { code: 'certificate.weak', sentence: 'is signed with a digest that is broken' }
  }
  const bits = publicKeyOf(certificate)?.asymmetricKeyDetails?.modulusLength
  if (bits === undefined || bits >= MIN_RSA_BITS) return undefined
  return { code: 'certificate.weak', sentence: `has a key of ${bits} bits, which is too short` }
}
