import type { Certificate } from './certificate.js'
import { signedBy } from './certificate-signature.js'
import { equalOctets, isSelfIssued, possibleIssuers } from './chain-of.js'
import { unusableKey } from './key-strength.js'
import { pathProblem } from './path-problem.js'
import type { PathProblem, PathPurpose } from './path-problem.js'

/** Why no path leads to a trusted root. */
export type ChainProblemCode = 'certificate.untrusted' | PathProblem['code']

/** A path from the certificate to a trusted one, both included, or the reason why there is none. */
export type ChainVerdict =
  | { readonly trusted: true; readonly path: readonly Certificate[] }
  | { readonly trusted: false; readonly code: ChainProblemCode; readonly sentence: string }

type Refused = Extract<ChainVerdict, { trusted: false }>

const MAX_PATH = 10
/**
 * Enough for any cross-signed chain. Without a bound, a few certificates with the same name make for millions of paths, and whoever wrote
 * the message chose the keys.
 */
const MAX_CHECKS = 20

/**
 * Looks for a path from a certificate to a trusted root and checks it (RFC 5280 6.1): signatures, dates, names, that every issuer is
 * an authority that may issue for the purpose, path lengths, name constraints for mail addresses, DNS names and subjects, that no critical
 * extension is unknown, and that keys and digests are strong enough. It does not check revocation and certificate policies, nor what the
 * certificate itself may be used for: `certificateProblem` does that. At most 20 signatures are checked, in the thread pool.
 * @param chain certificates that may stand between, in any order, such as those in a signature: nothing in them is believed
 * @param roots certificates that are trusted; one that is trusted itself needs no issuer
 * @param purpose what the authorities must be allowed to issue for: mail (S/MIME) unless `server` (TLS) is asked for
 */
export async function verifyChain(
  certificate: Certificate,
  chain: readonly Certificate[],
  roots: readonly Certificate[],
  now: Date,
  purpose: PathPurpose = 'mail',
): Promise<ChainVerdict> {
  const checks = new Checks()
  let refused: PathProblem | undefined

  /** Goes up from the end of the path. */
  const extend = async (path: readonly Certificate[]): Promise<ChainVerdict | undefined> => {
    const at = path.at(-1)!
    if (roots.some(({ der }) => equalOctets(der, at.der))) {
      const problem = await pathProblem(path, now, purpose)
      if (!problem) return { trusted: true, path }
      refused ??= problem
      return undefined
    }
    if (path.length === MAX_PATH) return undefined
    for (const issuer of [...possibleIssuers(at, roots), ...possibleIssuers(at, chain)]) {
      if (path.some(({ der }) => equalOctets(der, issuer.der))) continue
      if (!(await checks.signedBy(issuer, at))) continue
      const verdict = await extend([...path, issuer])
      if (verdict) return verdict
    }
    return undefined
  }

  const verdict = await extend([certificate])
  if (verdict) return verdict
  const problem = refused ?? checks.unusable
  return problem ? { trusted: false, ...problem } : untrusted(certificate, chain, checks)
}

/** The signatures that are checked for one certificate: each once, and not many altogether. */
class Checks {
  /** The first key that was not used, because no signature should be checked with it. */
  unusable: PathProblem | undefined
  readonly #known = new Map<Certificate, Map<Certificate, boolean>>()
  #left = MAX_CHECKS

  /** Whether the key of `issuer` made the signature of `certificate`; false, too, when there were too many to check. */
  async signedBy(issuer: Certificate, certificate: Certificate): Promise<boolean> {
    const issued = this.#known.get(issuer) ?? new Map<Certificate, boolean>()
    this.#known.set(issuer, issued)
    const known = issued.get(certificate)
    if (known !== undefined) return known
    const sentence = unusableKey(issuer)
    if (sentence !== undefined)
      this.unusable ??= { code: 'certificate.weak', sentence: `'${issuer.subject}' ${sentence}` }
    const found = sentence === undefined && --this.#left >= 0 && (await signedBy(issuer, certificate))
    issued.set(certificate, found)
    return found
  }
}

async function untrusted(certificate: Certificate, chain: readonly Certificate[], checks: Checks): Promise<Refused> {
  let top = certificate
  for (let step = 0; step < MAX_PATH && !isSelfIssued(top); step++) {
    const issuer = await firstSigner(top, possibleIssuers(top, chain), checks)
    if (!issuer) break
    top = issuer
  }
  const sentence = isSelfIssued(top)
    ? `'${certificate.subject}' leads to '${top.subject}', which is not among the trusted roots`
    : `'${certificate.subject}' leads to the issuer '${top.issuer}', whose certificate is not there or did not sign it`
  return { trusted: false, code: 'certificate.untrusted', sentence }
}

async function firstSigner(
  certificate: Certificate,
  issuers: readonly Certificate[],
  checks: Checks,
): Promise<Certificate | undefined> {
  for (const issuer of issuers) if (await checks.signedBy(issuer, certificate)) return issuer
  return undefined
}
