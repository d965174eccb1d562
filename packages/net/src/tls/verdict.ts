import type { ConnectError } from '@posthorn/ground'
import type { Certificate } from '@posthorn/certificate'
import type { X509Certificate } from 'node:crypto'
import { connectError, printable } from '../diagnosis.js'
import { identityError, isByCommonName } from '../identity.js'
import type { DaneRequirement, TlsFacts, TlsOptions } from '../options.js'
import type { Case } from './case.js'
import { cipherStrengthBits } from './cipher-strength.js'
import { signedChain, type Peer } from './peer.js'
import type { TlsPlan } from './plan.js'
import { readChain } from './read-chain.js'
import { signatureDigest } from './signature-digest.js'
import { chainFailure, nameFailure } from './tls-failure.js'

/** The peer is taken; with what is to be said about it. */
export interface Verdict extends Pick<TlsFacts, 'verified' | 'unverified' | 'revocation'> {
  readonly notes: readonly string[]
}

/**
 * Judges the peer: who it is (by DANE, or by chain and name), what overrules that, pins, revocation, and last what the caller decides.
 * A certificate in `acceptedCertificates` comes before `trustHosts`, and that before `rejectUnauthorized: false`.
 * @throws {ConnectError} when it is not taken
 */
export async function judge(c: Case): Promise<Verdict> {
  refuseCleartext(c)
  const { tls, settled } = c.plan
  const found = tls.dane && settled.daneUsable ? await byDane(c, tls.dane) : byAuthorities(c)
  const overruled = overrule(c, found)
  let { problem } = overruled
  const isVerified = overruled.chainVerified || overruled.path !== undefined
  let known: Promise<readonly Certificate[] | undefined> | undefined
  const path = () => (known ??= overruled.chainVerified ? pathOf(c) : Promise.resolve(overruled.path))
  if (!problem && settled.pins) {
    const { pinProblem } = await import('./pin-check.js')
    problem = await pinProblem(c, settled.pins, isVerified, path)
  }
  let revocation: TlsFacts['revocation']
  const notes = [...overruled.notes]
  if (!problem && tls.revocation && isAccepted(c)) {
    notes.push('tls.acceptedCertificates has this certificate: nobody is asked whether it was revoked')
  } else if (!problem && tls.revocation && overruled.chainVerified) {
    const asks = tls.revocation
    const { askAfter } = await import('./revocation-check.js')
    const asked = await inVerdict(c, async () => askAfter(c, asks, await path()))
    problem = asked.problem
    revocation = asked.revocation
    notes.push(...asked.notes)
  }
  const unverified = [...overruled.unverified]
  const { decide } = tls
  if (decide && c.peer.certificate) {
    const { decision } = await import('./decision.js')
    const taken = await inVerdict(c, async () => decision(c, decide, problem, isVerified, await path()))
    if (problem && taken) {
      unverified.push(`${problem.code} overruled by tls.decide`)
      notes.push(`tls.decide took a certificate that would have been refused: ${problem.message}`)
      problem = undefined
    }
  }
  if (problem) throw problem
  return {
    verified: unverified.length === 0,
    ...(unverified.length === 0 ? {} : { unverified: unverified.join('; ') }),
    ...(revocation === undefined ? {} : { revocation }),
    notes,
  }
}

/** What waits for somebody else: a deadline that strikes meanwhile is not one of TLS. */
async function inVerdict<T>({ attempt }: Case, work: () => Promise<T>): Promise<T> {
  attempt.step = 'verdict'
  try {
    return await work()
  } finally {
    attempt.step = 'tls'
  }
}

interface Finding {
  readonly problem: ConnectError | undefined
  /** What was not checked, or did not count. */
  readonly unverified: readonly string[]
  readonly notes: readonly string[]
  /** True when the chain leads to an authority that is trusted. */
  readonly chainVerified: boolean
  /** The certificates by which TLSA records were met. */
  readonly path?: readonly Certificate[] | undefined
}

async function pathOf(c: Case): Promise<readonly Certificate[] | undefined> {
  const { verifiedPath } = await import('./verified-path.js')
  return verifiedPath(c)
}

/** A suite that does not encrypt is not TLS as anybody means it, whatever the settings say. */
function refuseCleartext({ attempt, socket }: Case): void {
  const { standardName } = socket.getCipher() ?? {} // nothing, once the socket is destroyed
  if (standardName === undefined || cipherStrengthBits(standardName) > 0) return
  const message = `${attempt.target.host} agreed on ${printable(standardName)}, which does not encrypt`
  throw connectError('tls.no-encryption', 'tls', message)
}

/** RFC 7672 3: the TLSA records stand in the place of the authorities. */
async function byDane(c: Case, dane: DaneRequirement): Promise<Finding> {
  const { attempt, peer } = c
  const { matchDane } = await import('../policy/dane.js')
  const { matched, reason, path } = await matchDane(dane, await readChain(c, peer.shown()))
  const problem = matched
    ? undefined
    : connectError('tls.dane-mismatch', 'tls', `${attempt.target.host} does not fit its TLSA records: ${reason}`)
  return { problem, unverified: [], notes: [], chainVerified: false, path }
}

/** RFC 5280 6 and RFC 7817 3: the chain leads to a trusted authority, and the certificate is for the name. */
function byAuthorities(c: Case): Finding {
  const { attempt, plan, peer } = c
  const { name, tls } = plan
  const { certificate } = peer
  if (!certificate) {
    const message = `${attempt.target.host} showed no certificate (${c.socket.getCipher()?.name})`
    const problem = connectError('tls.no-certificate', 'tls', message)
    return { problem, unverified: [], notes: [], chainVerified: false }
  }
  const unverified: string[] = []
  const notes: string[] = []
  let problem = chainProblem(c, certificate)
  let chainVerified = problem === undefined
  if (isTrustedHost(plan, attempt.target.host)) {
    const note = `tls.trustHosts has ${attempt.target.host}: the chain of its certificate is not checked`
    unverified.push(note)
    notes.push(note)
    problem = undefined
    chainVerified = false
  }
  if (tls.verifyHost === false) {
    const note = `tls.verifyHost is false: the name in the certificate is not checked`
    unverified.push(note)
    notes.push(note)
    return { problem, unverified, notes, chainVerified }
  }
  const mismatch = identityError(name, certificate)
  if (mismatch) problem ??= nameFailure(name, certificate, mismatch)
  else if (isByCommonName(name, certificate)) {
    notes.push(`the certificate has no DNS name; ${name} is its common name, which RFC 9525 no longer lets count`)
  }
  return { problem, unverified, notes, chainVerified }
}

/** What the settings say about a certificate whatever is wrong with it. */
function overrule(c: Case, found: Finding): Finding {
  const { tls } = c.plan
  const { problem, unverified, notes } = found
  if (isAccepted(c)) {
    if (!problem) return found
    const note = `tls.acceptedCertificates has this certificate, which would have been refused: ${problem.message}`
    const what = `${problem.code} overruled by tls.acceptedCertificates`
    return { problem: undefined, unverified: [...unverified, what], notes: [...notes, note], chainVerified: false }
  }
  if (tls.rejectUnauthorized !== false) return found
  const note = `tls.rejectUnauthorized is false: any certificate is taken, and none is asked after${problem ? `, also this one: ${problem.message}` : ''}`
  const what = `tls.rejectUnauthorized is false${problem ? ` (${problem.code})` : ''}`
  return { problem: undefined, unverified: [...unverified, what], notes: [...notes, note], chainVerified: false }
}

function isAccepted({ plan: { settled }, peer: { certificate } }: Case): boolean {
  return certificate !== undefined && settled.accepted.some((each) => each.equals(certificate.raw))
}

function isTrustedHost({ name, tls: { trustHosts } }: TlsPlan, host: string): boolean {
  const listed = trustHosts?.map((each) => each.toLowerCase().replace(/\.$/, ''))
  return listed?.some((each) => each === '*' || each === host.toLowerCase() || each === name.toLowerCase()) ?? false
}

function chainProblem({ attempt, socket, peer }: Case, certificate: X509Certificate): ConnectError | undefined {
  if (socket.authorized) return undefined
  const given: unknown = socket.authorizationError // typed as an error, but it is OpenSSL's name for it
  const reason = given instanceof Error ? given.message : String(given)
  const alone = signedChain(peer).length === 1
  return chainFailure(reason === 'UNSPECIFIED' ? weakness(peer) : reason, certificate, attempt.target, alone)
}

const WEAK_DIGESTS: ReadonlySet<string | undefined> = new Set(['md5', 'sha1'])
const SHORTEST_KEY_BITS = 2048

/** What OpenSSL's security level did not like: Node has no name for it. */
function weakness(peer: Peer): string {
  const chain = signedChain(peer)
  const short = chain.findIndex(({ publicKey }) => {
    const bits = publicKey.asymmetricKeyDetails?.modulusLength
    return bits !== undefined && bits < SHORTEST_KEY_BITS
  })
  if (short === 0) return 'EE_KEY_TOO_SMALL'
  if (short > 0) return 'CA_KEY_TOO_SMALL'
  // the signature of a root counts for nothing
  const signed = chain.filter(({ subject, issuer }) => subject !== issuer)
  return signed.some(({ raw }) => WEAK_DIGESTS.has(signatureDigest(raw))) ? 'CA_MD_TOO_WEAK' : 'UNSPECIFIED'
}

/** True when the judgement takes more than a moment: somebody else is asked, or signatures are checked. */
export function mayTakeTime({ decide, revocation, pins, dane }: TlsOptions): boolean {
  return [decide, revocation, pins, dane].some((each) => each !== undefined)
}
