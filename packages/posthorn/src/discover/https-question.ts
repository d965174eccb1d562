import { unlessAborted } from '@posthorn/ground'
import { oneLine, type StepResult } from './steps.js'

/** The most octets of an answer. */
export const MAX_ANSWER_OCTETS = 65_536
const MAX_REDIRECTS = 3
const QUESTION_MS = 8_000

/** An answer over HTTPS, or why there is none. */
export type HttpsAnswer =
  { readonly text: string; readonly url: string; readonly redirects: number } | { readonly instead: StepResult }

/** What is asked. */
export interface HttpsQuestion {
  readonly url: string
  /** XML to be posted; without it the question is a GET. */
  readonly post?: string | undefined
}

/**
 * Asks over HTTPS: at most 3 redirects, to https: alone, at most 64 KiB, at most 8 seconds, no credentials whatever is asked for, no
 * cookies. Never rejects but for the signal.
 */
export async function askHttps(
  ask: typeof fetch,
  { url, post }: HttpsQuestion,
  signal: AbortSignal,
): Promise<HttpsAnswer> {
  signal.throwIfAborted()
  const limit = new AbortController()
  const giveUp = () => limit.abort(signal.reason)
  const timer = setTimeout(() => limit.abort(new Error(`no answer within ${QUESTION_MS / 1000} seconds`)), QUESTION_MS)
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    return await follow(ask, { url, post }, limit.signal)
  } catch (error) {
    signal.throwIfAborted()
    return { instead: { status: 'failed', answer: reasonOf(error) } }
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', giveUp)
    limit.abort(new Error('the question is over'))
  }
}

async function follow(ask: typeof fetch, { url, post }: HttpsQuestion, signal: AbortSignal): Promise<HttpsAnswer> {
  let at = url
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const accept = 'application/xml, text/xml'
    const request =
      post === undefined
        ? { headers: { accept } }
        : { method: 'POST', body: post, headers: { accept, 'content-type': 'text/xml; charset=utf-8' } }
    const response = await unlessAborted(
      ask(at, { ...request, redirect: 'manual', credentials: 'omit', signal }),
      signal,
    )
    const { status } = response
    if (status === 200) {
      const text = await unlessAborted(boundedText(response), signal)
      if (text === undefined) return { instead: { status: 'refused', answer: `more than ${MAX_ANSWER_OCTETS} octets` } }
      return { text, url: at, redirects }
    }
    letGo(response.body?.cancel())
    const location = [301, 302, 303, 307, 308].includes(status) ? response.headers.get('location') : null
    if (location === null) return { instead: withoutAnswer(status) }
    const next = redirectOf(location, at)
    if (next === undefined) {
      return { instead: { status: 'refused', answer: `a redirect that is not to https: ${oneLine(location)}` } }
    }
    at = next
  }
  return { instead: { status: 'refused', answer: `more than ${MAX_REDIRECTS} redirects` } }
}

function withoutAnswer(status: number): StepResult {
  if (status === 401 || status === 403) {
    return { status: 'none', answer: `HTTP ${status}: it asks for a login; none is ever sent` }
  }
  return { status: status >= 500 ? 'failed' : 'none', answer: `HTTP ${status}` }
}

/** Undefined for what is not https:, or has a user in it. */
export function redirectOf(location: string, from: string): string | undefined {
  if (location.length > 2000 || !URL.canParse(location, from)) return undefined
  const url = new URL(location, from)
  url.hash = ''
  return url.protocol === 'https:' && url.username === '' && url.password === '' ? url.href : undefined
}

/** Undefined for more than 64 KiB. */
async function boundedText(response: Response): Promise<string | undefined> {
  if (!response.body) return ''
  const reader = response.body.getReader() as ReadableStreamDefaultReader<Uint8Array>
  const pieces: Uint8Array[] = []
  let octets = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    octets += value.length
    if (octets > MAX_ANSWER_OCTETS) {
      letGo(reader.cancel())
      return undefined
    }
    pieces.push(value)
  }
  return new TextDecoder().decode(Buffer.concat(pieces))
}

/** Not waited for: it may take as long as whoever made the stream likes, and the end of the question ends it, too. */
function letGo(cancelled: Promise<void> | undefined): void {
  cancelled?.catch(() => undefined)
}

/** The message of an error, with its code when it has one of ours; a TypeError of `fetch` says more in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'an unexpected error'
  const { cause } = error
  return error.message === 'fetch failed' && cause instanceof Error ? cause.message : error.message
}
