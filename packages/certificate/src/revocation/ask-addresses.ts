import { SettingsError } from '@posthorn/ground'
import { BerError } from '../asn1/ber-reader.js'
import type { Certificate } from '../certificate.js'
import { UnusableAnswer } from './revocation-answer.js'
import type { RevocationAnswer } from './revocation-answer.js'
import type { KnownAnswer, RevocationCache } from './revocation-cache.js'
import type { RevocationCheck, RevocationRequest } from './revocation.js'

/** A certificate that is asked after. */
export interface RevocationQuestion {
  readonly certificate: Certificate
  readonly issuer: Certificate
  readonly request: RevocationRequest
  readonly at: Date
  readonly cache: RevocationCache
}

/** So long is waited for one answer, whatever time there is left: who only wants to know if possible must not miss the handshake for it. */
const ASK_MS: Readonly<Record<RevocationCheck, number>> = { off: 0, soft: 5000, required: 15_000 }
const MAX_ADDRESSES = 2
const MAX_SENTENCE = 300

/**
 * Asks one address after the other until one gives an answer that can be used; what is known already is not asked again.
 * @param judge gets the answer of an address and judges it
 * @returns undefined when there is no address to ask
 */
export async function askAddresses(
  kind: 'ocsp' | 'crl',
  check: RevocationCheck,
  question: RevocationQuestion,
  judge: (url: string) => Promise<RevocationAnswer>,
): Promise<KnownAnswer | undefined> {
  const { certificate, issuer, at, cache, request } = question
  const urls = httpAddresses(kind === 'ocsp' ? certificate.ocspUrls : certificate.crlUrls)
  if (urls.length === 0) return undefined
  const key = `${kind} ${certificate.fingerprints.sha256} ${issuer.fingerprints.sha256}`
  const known = cache.get(key, at)
  if (known && (known.status !== 'unknown' || check === 'soft')) return known
  const failures: string[] = []
  for (const url of urls) {
    const source = `${kind} ${url}`
    try {
      const answer = await judge(url)
      cache.keep(key, source, answer, at)
      return { source, status: answer.status, revokedAt: answer.revokedAt }
    } catch (error) {
      failures.push(`${source}: the answer ${unusable(error)}`)
    }
  }
  const source = failures.join('; ')
  if (!request.signal.aborted) cache.keepFailure(key, source, at)
  return { source, status: 'unknown' }
}

/** Why an answer cannot be used. @throws what is no such reason */
export function unusable(error: unknown): string {
  if (error instanceof UnusableAnswer) return printable(error.message)
  if (error instanceof BerError || error instanceof SettingsError) return `cannot be read: ${printable(error.message)}`
  throw error
}

/**
 * What an address answers.
 * @throws {UnusableAnswer} when it cannot be had, is larger than it may be, or is not there in time
 */
export async function answerOf(
  { request: { fetch, signal } }: RevocationQuestion,
  check: RevocationCheck,
  url: string,
  wanted: Omit<Parameters<RevocationRequest['fetch']>[1], 'signal'>,
): Promise<Uint8Array> {
  const limit = new AbortController()
  const onAbort = () => limit.abort(new Error('the time is over'))
  const timeMs = ASK_MS[check]
  const timer = setTimeout(() => limit.abort(new Error(`it was not there within ${timeMs / 1000} seconds`)), timeMs)
  signal.addEventListener('abort', onAbort, { once: true })
  const over = aborted(limit.signal)
  over.catch(() => {}) // the race is told, when there is one
  try {
    if (signal.aborted) throw new Error('the time is over')
    const answer = await Promise.race([over, fetch(url, { ...wanted, signal: limit.signal })])
    if (answer.length > wanted.maxOctets) throw new Error(`it has more than ${wanted.maxOctets} octets`)
    return answer
  } catch (cause) {
    throw new UnusableAnswer(`cannot be had: ${cause instanceof Error ? cause.message : 'unknown'}`, { cause })
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  }
}

/** Rejects when the signal is aborted: a fetch that does not heed it is not waited for. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
}

/**
 * The addresses that are asked, at most two. Only `http:`: what comes back is signed, and with `https:` the question would come up
 * again for that server's certificate, without end.
 */
function httpAddresses(urls: readonly string[]): readonly string[] {
  return urls
    .filter((url) => URL.canParse(url) && new URL(url).protocol === 'http:')
    .map((url) => new URL(url).href)
    .slice(0, MAX_ADDRESSES)
}

function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e\u00a1-\u{10ffff}]/gu, '?').slice(0, MAX_SENTENCE)
}
