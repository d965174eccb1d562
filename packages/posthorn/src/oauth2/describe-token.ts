import { Secret } from '@posthorn/ground'
import { cleaned } from './cleaned.js'

/** What an access token says about itself. */
export interface TokenDescription {
  /** `opaque`: nothing can be read in it, as with Google's. */
  readonly form: 'jwt' | 'opaque'
  /** Which service it is for: Microsoft's SMTP takes https://outlook.office.com and https://outlook.office365.com. */
  readonly audience: readonly string[]
  /** Delegated permissions (`scp`, `scope`). */
  readonly scopes: readonly string[]
  /** Application permissions. */
  readonly roles: readonly string[]
  readonly issuer: string | undefined
  readonly tenant: string | undefined
  /** The client it was given to. */
  readonly application: string | undefined
  /** The person it stands for. */
  readonly user: string | undefined
  /** Milliseconds since 1970. */
  readonly issuedAt: number | undefined
  readonly notBefore: number | undefined
  readonly expiresAt: number | undefined
}

const MAX_TOKEN_LENGTH = 100_000
const MAX_ENTRIES = 50

/**
 * What an access token says, for a diagnosis. Nothing is verified: that is the business of the service the token is for. The token, or a
 * piece of it, is never in the result.
 */
export function describeToken(token: string | Secret): TokenDescription {
  const text = Secret.of(token).reveal()
  const claims = claimsOf(text)
  const c = claims ?? {}
  const one = (...names: string[]) => {
    const value = names.map((name) => c[name]).find((each) => typeof each === 'string')
    return value === undefined ? undefined : cleaned(value, [text])
  }
  const many = (value: unknown) =>
    (Array.isArray(value) ? value : typeof value === 'string' ? value.split(' ') : [])
      .filter((each): each is string => typeof each === 'string' && each !== '')
      .slice(0, MAX_ENTRIES)
      .map((each) => cleaned(each, [text]))
  const time = (value: unknown) =>
    typeof value === 'number' && Number.isFinite(value) && value > 0 && value < 1e11 ? value * 1000 : undefined
  return {
    form: claims ? 'jwt' : 'opaque',
    audience: many(Array.isArray(c['aud']) ? c['aud'] : [c['aud']]),
    scopes: [...many(c['scp']), ...many(c['scope'])],
    roles: many(c['roles']),
    issuer: one('iss'),
    tenant: one('tid'),
    application: one('appid', 'azp', 'client_id'),
    user: one('upn', 'preferred_username', 'unique_name', 'email', 'sub'),
    issuedAt: time(c['iat']),
    notBefore: time(c['nbf']),
    expiresAt: time(c['exp']),
  }
}

function claimsOf(text: string): Record<string, unknown> | undefined {
  const parts = text.length > MAX_TOKEN_LENGTH ? [] : text.split('.')
  if (parts.length !== 3 || !parts.every((part) => /^[A-Za-z0-9_-]+$/.test(part))) return undefined
  try {
    const claims: unknown = JSON.parse(Buffer.from(parts[1]!, 'base64url').toString('utf8'))
    return typeof claims === 'object' && claims !== null && !Array.isArray(claims)
      ? (claims as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
