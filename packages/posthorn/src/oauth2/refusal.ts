import { ApiError } from '@posthorn/ground'
import { aadstsMeaning } from './aadsts.js'
import { cleaned } from './cleaned.js'
import type { RefusalCode } from './refusal-code.js'

/** An answer that says no. */
export interface RefusalAnswer {
  /** Undefined for an answer that came by the browser. */
  readonly status?: number | undefined
  readonly error?: unknown
  readonly error_description?: unknown
  readonly error_codes?: unknown
  readonly suberror?: unknown
}

/** Where it was said, and what for. */
export interface RefusalPlace {
  /** `token endpoint of login.example.com`. */
  readonly where: string
  /** `refresh_token`, `password`, ... */
  readonly grantType: string
  /** What was sent and must not be repeated. */
  readonly secrets: Iterable<string>
  /** How far this machine's clock is before the other's, when that is known. */
  readonly clockAheadMs?: number | undefined
}

/** The `error` of RFC 6749 4.1.2.1 and 5.2, RFC 8628 3.5, OpenID Connect 3.1.2.6. */
const CODES: Readonly<Record<string, RefusalCode>> = {
  invalid_client: 'oauth2.invalid-client',
  invalid_grant: 'oauth2.invalid-grant',
  invalid_scope: 'oauth2.invalid-scope',
  invalid_target: 'oauth2.invalid-scope',
  consent_required: 'oauth2.consent-needed',
  interaction_required: 'oauth2.interaction-needed',
  login_required: 'oauth2.interaction-needed',
  account_selection_required: 'oauth2.interaction-needed',
  access_denied: 'oauth2.denied',
  authorization_declined: 'oauth2.denied', // Microsoft's name for it with device codes
  expired_token: 'oauth2.device-expired',
  server_error: 'oauth2.unavailable',
  temporarily_unavailable: 'oauth2.unavailable',
}

const HINTS: Readonly<Record<RefusalCode, string>> = {
  'oauth2.invalid-client':
    'Check client id and client secret (or certificate), and how the secret is sent (clientSecretMethod).',
  'oauth2.invalid-grant': 'It was revoked, used up or has expired. Sign in again.',
  'oauth2.invalid-scope': 'Check the scope.',
  'oauth2.consent-needed': 'Sign in again and agree, or let an administrator consent for the application.',
  'oauth2.interaction-needed': 'Sign in again.',
  'oauth2.denied': 'The sign-in was declined, or the account may not do this. Sign in again and agree.',
  'oauth2.device-expired': 'The code was not entered in time: start again.',
  'oauth2.unavailable': 'Try again later.',
  'oauth2.refused': 'Check the grant, and that the provider allows it for this client.',
}

const GRANT_HINTS: Readonly<Record<string, string>> = {
  password: 'Check user and password; accounts with a second factor cannot use this grant.',
  'urn:ietf:params:oauth:grant-type:jwt-bearer':
    'Check the key, the subject, its domain-wide delegation, and the clock of this machine.',
  authorization_code: 'The code was used up or came too late: sign in again.',
}

/** An error out of a refusal: `invalid_client` and so on, with Microsoft's numbers where there are any. */
export function refusalError(answer: RefusalAnswer, place: RefusalPlace): ApiError {
  const error = typeof answer.error === 'string' ? answer.error : ''
  const description = typeof answer.error_description === 'string' ? answer.error_description : ''
  const meaning = aadstsMeaning(answer.error_codes, description)
  const code: RefusalCode = meaning?.code ?? (Object.hasOwn(CODES, error) ? CODES[error]! : byStatus(answer.status))
  const said = [
    error && `(${cleaned(error, place.secrets).slice(0, 80)})`,
    description && cleaned(description, place.secrets),
    !error && answer.status !== undefined && `(HTTP status ${answer.status})`,
  ]
  const { clockAheadMs = 0 } = place
  const clock =
    Math.abs(clockAheadMs) > 60_000
      ? ` This machine's clock is ${Math.round(Math.abs(clockAheadMs) / 1000)} s ${clockAheadMs > 0 ? 'ahead of' : 'behind'} the provider's.`
      : ''
  const usual = code === 'oauth2.invalid-grant' ? (GRANT_HINTS[place.grantType] ?? HINTS[code]) : HINTS[code]
  return new ApiError(code, `the ${place.where} refused ${said.filter(Boolean).join(' ')}`.trimEnd(), {
    phase: 'auth',
    outcome: code === 'oauth2.unavailable' ? 'transient' : 'permanent',
    hint: `${meaning?.hint ?? delegationHint(error, place.grantType) ?? usual}${clock}`,
  })
}

function byStatus(status: number | undefined): RefusalCode {
  if (status !== undefined && (status >= 500 || status === 429 || status === 408)) return 'oauth2.unavailable'
  return status === 401 ? 'oauth2.invalid-client' : 'oauth2.refused'
}

/** Google says so when an administrator has not allowed the service account to act for others. */
function delegationHint(error: string, grantType: string): string | undefined {
  return error === 'unauthorized_client' && grantType.endsWith(':jwt-bearer')
    ? 'Allow the client id of the service account with this scope under "Domain-wide delegation" in the admin console.'
    : undefined
}
