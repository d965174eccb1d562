import { ApiError } from '@posthorn/ground'
import type { AuthorizationServer, TokenAnswer } from './authorization-server.js'
import { cleaned } from './cleaned.js'
import type { Clock } from './clock.js'
import { urlProblem } from './endpoint-url.js'
import type { DeviceCode } from './grant.js'
import { notUnderstood } from './provider-request.js'

const DEFAULT_INTERVAL_S = 5
const SLOW_DOWN_MS = 5_000
const MAX_INTERVAL_MS = 60_000
/** The most a code is waited for, whatever the provider says. */
const MAX_LIFETIME_S = 1_800
const MAX_CODE_LENGTH = 100

/**
 * Signs in by a code that is entered on another device, RFC 8628: shows it, then asks as often as the provider allows.
 * @throws {ApiError} `oauth2.device-expired`, `oauth2.denied`, and others by the refusal
 */
export async function signInWithDevice(
  server: AuthorizationServer,
  parameters: Record<string, string>,
  show: (code: DeviceCode) => Promise<void> | void,
  clock: Clock,
  signal: AbortSignal,
): Promise<TokenAnswer> {
  const { json = {}, askedAt } = await server.deviceAuthorization(parameters, signal)
  const { device_code, user_code, verification_uri_complete, expires_in, interval } = json
  const uri = json['verification_uri'] ?? json['verification_url'] // Google's name for it
  const place = 'device authorization endpoint'
  const valid = typeof device_code === 'string' && typeof user_code === 'string' && typeof uri === 'string'
  if (!valid || device_code === '' || user_code === '' || urlProblem(uri) !== undefined)
    throw notUnderstood(place, 'has no code, or no address to enter it at')
  const lifetimeMs = between(expires_in, 1, MAX_LIFETIME_S, 600) * 1000
  const expiresAt = askedAt + lifetimeMs
  const until = clock.elapsed() + lifetimeMs
  const complete =
    typeof verification_uri_complete === 'string' && urlProblem(verification_uri_complete) === undefined
      ? new URL(verification_uri_complete).href
      : undefined
  const userCode = cleaned(user_code).slice(0, MAX_CODE_LENGTH)
  await show({ userCode, verificationUri: new URL(uri).href, verificationUriComplete: complete, expiresAt })

  let intervalMs = between(interval, 1, MAX_INTERVAL_MS / 1000, DEFAULT_INTERVAL_S) * 1000
  for (;;) {
    await clock.wait(intervalMs, signal)
    if (clock.elapsed() >= until) throw expired()
    const answer = await ask(server, device_code, signal)
    if (answer === 'passing fault')
      intervalMs = Math.min(2 * intervalMs, MAX_INTERVAL_MS) // RFC 8628 3.5
    else if ('accessToken' in answer) return answer
    else if (answer.reason === 'slow_down') intervalMs = Math.min(intervalMs + SLOW_DOWN_MS, MAX_INTERVAL_MS)
    else if (answer.reason !== 'authorization_pending') throw answer.error
  }
}

async function ask(server: AuthorizationServer, deviceCode: string, signal: AbortSignal) {
  try {
    const answer = await server.deviceToken(deviceCode, signal)
    const passing = 'error' in answer && answer.error.outcome === 'transient' && answer.reason !== 'slow_down'
    return passing ? ('passing fault' as const) : answer
  } catch (error) {
    if (error instanceof ApiError && error.outcome === 'transient') return 'passing fault' as const
    throw error
  }
}

function between(value: unknown, least: number, most: number, usual: number): number {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) && number > 0
    ? Math.min(Math.max(number, least), most)
    : usual
}

function expired(): ApiError {
  return new ApiError('oauth2.device-expired', 'the code was not entered in time', {
    phase: 'auth',
    outcome: 'permanent',
    hint: 'Start the sign-in again and enter the code before it expires.',
  })
}
