import { ApiError, PosthornError, SettingsError } from '@posthorn/ground'
import type { Clock } from './clock.js'

const MAX_ANSWER_OCTETS = 1_000_000

/** One request to a provider, and where it goes. */
export interface ProviderRequest {
  /** `token endpoint`, ... */
  readonly what: string
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: URLSearchParams | undefined
}

/** What was answered, whatever its status. */
export interface ProviderAnswer {
  readonly status: number
  readonly json: Readonly<Record<string, unknown>> | undefined
  /** When the request was begun, milliseconds since 1970. */
  readonly askedAt: number
  /** How far this machine's clock is before the provider's; undefined when that cannot be told. */
  readonly clockAheadMs: number | undefined
  /** `Retry-After`, RFC 9110 10.2.3. */
  readonly retryAfterMs: number | undefined
}

/** How requests are made. */
export interface ProviderRoad {
  readonly fetch: typeof fetch
  readonly timeoutMs: number
  readonly clock: Clock
}

/**
 * Sends one request and reads its answer whole, within its time. Redirects are not followed.
 * @throws {ApiError} `oauth2.unreachable`, `oauth2.timeout`, `oauth2.response` for an answer that is too long; {SettingsError} of the road
 */
export async function askProvider(
  request: ProviderRequest,
  { fetch, timeoutMs, clock }: ProviderRoad,
  signal: AbortSignal | undefined,
): Promise<ProviderAnswer> {
  const { url, method, headers, body } = request
  const askedAt = clock.now()
  const end = AbortSignal.timeout(timeoutMs)
  try {
    const response = await fetch(url, {
      method,
      headers,
      redirect: 'manual',
      signal: signal ? AbortSignal.any([signal, end]) : end,
      ...(body ? { body: body.toString() } : {}),
    })
    const text = await textOf(response, placeOf(request))
    const date = Date.parse(response.headers.get('date') ?? '')
    return {
      status: response.status,
      json: objectOf(text),
      askedAt,
      clockAheadMs: Number.isNaN(date) ? undefined : clock.now() - date,
      retryAfterMs: retryAfter(response.headers.get('retry-after'), clock),
    }
  } catch (error) {
    if (error instanceof ApiError && error.code === 'oauth2.response') throw error
    if (error instanceof SettingsError) throw error // of the proxy or TLS: nothing was sent
    signal?.throwIfAborted()
    if (end.aborted || isTimeout(error)) throw timedOut(request, error)
    throw unreachable(request, error)
  }
}

/** `token endpoint of login.example.com`. */
export function placeOf({ what, url }: Pick<ProviderRequest, 'what' | 'url'>): string {
  return `${what} of ${new URL(url).host}`
}

async function textOf(response: Response, place: string): Promise<string> {
  const pieces: Uint8Array[] = []
  let octets = 0
  for await (const piece of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    octets += piece.length
    if (octets > MAX_ANSWER_OCTETS) throw notUnderstood(place, 'is too long')
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

/** An answer that is not one. The answer itself is not repeated: it may have a token in it. */
export function notUnderstood(place: string, problem: string): ApiError {
  return new ApiError('oauth2.response', `the answer of the ${place} ${problem}`, {
    phase: 'auth',
    outcome: 'permanent',
    hint: 'Check the address: something else than an OAuth 2.0 server may be answering there, such as a proxy or a sign-in page.',
  })
}

function objectOf(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

function retryAfter(field: string | null, clock: Clock): number | undefined {
  if (field === null) return undefined
  const ms = /^\d{1,9}$/.test(field.trim()) ? Number(field) * 1000 : Date.parse(field) - clock.now()
  return ms > 0 ? ms : undefined
}

/** The road may have run out of its own time before. */
function isTimeout(error: unknown): boolean {
  if (error instanceof PosthornError) return /(?:timeout|deadline|timed-out)/.test(error.code)
  return error instanceof Error && error.name === 'TimeoutError'
}

function timedOut(request: ProviderRequest, error: unknown): ApiError {
  return new ApiError('oauth2.timeout', `the ${placeOf(request)} did not answer in time`, {
    phase: 'auth',
    outcome: 'transient',
    cause: error instanceof PosthornError ? error : undefined,
    hint: 'Try again later; when it stays so, check firewall and proxy, or allow more time (web.connectMs, web.timeoutMs).',
  })
}

/** Our own errors hold no secret and say which step failed; of any other only its code is kept. */
function unreachable(request: ProviderRequest, error: unknown): ApiError {
  const own = error instanceof PosthornError ? error : undefined
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = (inner as { readonly code?: unknown } | undefined)?.code
  const reason = own?.message ?? (typeof code === 'string' && /^[A-Z0-9_]{2,60}$/.test(code) ? code : 'no connection')
  return new ApiError('oauth2.unreachable', `the ${placeOf(request)} could not be reached: ${reason}`, {
    phase: 'auth',
    outcome: own?.outcome === 'permanent' ? 'permanent' : 'transient',
    cause: own,
    hint: own?.hint ?? 'Check the address, the network, and the proxy settings (web).',
  })
}
