import type { RevocationQuestion } from './ask-addresses.js'
import { askCrl } from './ask-crl.js'
import { askOcsp } from './ask-ocsp.js'
import { RevocationCache } from './revocation-cache.js'
import type { KnownAnswer } from './revocation-cache.js'
import type { RevocationCheck, RevocationFinding, RevocationRequest } from './revocation.js'

/** One for the process, as answers are true for everybody. */
const sharedCache = new RevocationCache()

const MAX_ASKED = 10

/** `checkRevocation`, in the part that is loaded only when it is needed. */
export async function checkChain(request: RevocationRequest): Promise<RevocationFinding> {
  const { chain, crl, ocsp, at = new Date(), cache = sharedCache } = request
  const unknown = (refused: boolean, reason: string) => ({ status: 'unknown', refused, reason }) as const
  if (crl === 'off' && ocsp === 'off') return unknown(false, 'nobody was asked')
  const isRequired = crl === 'required' || ocsp === 'required'
  if (chain.length < 2) return unknown(isRequired, 'nobody can say anything about a certificate that is trusted itself')
  if (chain.length - 1 > MAX_ASKED) return unknown(isRequired, 'the chain is too long to ask after')
  const findings = await Promise.all(
    chain.slice(0, -1).map((certificate, index) => {
      return checkOne({ certificate, issuer: chain[index + 1]!, request, at, cache }, index === 0)
    }),
  )
  const told = findings.filter((finding) => finding !== undefined)
  return (
    told.find(({ status }) => status === 'revoked') ??
    told.find(({ refused }) => refused) ??
    told.find(({ status }) => status === 'unknown') ??
    told[0]!
  )
}

/** What one way of asking came to; nothing at all when there was nobody to ask. */
interface Asked {
  readonly name: 'OCSP' | 'CRL'
  readonly check: RevocationCheck
  readonly known: KnownAnswer | undefined
}

/**
 * Asks after one certificate, by OCSP and then by CRL, each as it is set; undefined for an authority that names no address. An authority
 * is asked after only where it names one, whatever is required: many name one of the two, and whoever needs the server cannot change that.
 */
async function checkOne(question: RevocationQuestion, isServer: boolean): Promise<RevocationFinding | undefined> {
  const { request, certificate } = question
  const about = isServer ? '' : ` for '${certificate.subject}'`
  const asked: Asked[] = []
  if (request.ocsp !== 'off') {
    // RFC 7633: the certificate itself says that it is worth nothing without an answer; one from the responder is as good as a stapled one
    const check = isServer && certificate.mustStaple ? 'required' : request.ocsp
    const known = await askOcsp(check, question, isServer ? request.stapled : undefined)
    if (known?.status === 'revoked') return revoked(known, about)
    asked.push({ name: 'OCSP', check, known })
  }
  if (request.crl !== 'off') {
    const known = await askCrl(request.crl, question)
    if (known?.status === 'revoked') return revoked(known, about)
    asked.push({ name: 'CRL', check: request.crl, known })
  }
  if (!isServer && asked.every(({ known }) => known === undefined)) return undefined

  const good = asked.filter(({ known }) => known?.status === 'good')
  const missing = asked.filter(({ known }) => known?.status !== 'good')
  const refused = missing.some(({ check, known }) => check === 'required' && (isServer || known !== undefined))
  const reasonOf = (several: readonly Asked[]) => several.map(sourceOf).join('; ') + about
  if (refused || good.length === 0) return { status: 'unknown', refused, reason: reasonOf(missing) }
  return { status: 'good', refused: false, reason: reasonOf(good) }
}

function sourceOf({ name, known }: Asked): string {
  return known?.source ?? `the certificate names no address for ${name} that begins with http:`
}

function revoked(known: Extract<KnownAnswer, { status: 'good' | 'revoked' }>, about: string): RevocationFinding {
  return { status: 'revoked', refused: true, reason: known.source + about, revokedAt: known.revokedAt }
}
