import { Secret, SettingsError } from '@posthorn/ground'
import { clientProof } from './client-authentication.js'
import { endpointUrl } from './endpoint-url.js'
import type { Grant } from './grant.js'
import type { TokenOptions } from './token-options.js'

const GRANTS: ReadonlySet<Grant['type']> = new Set([
  'client-credentials',
  'refresh-token',
  'authorization-code',
  'device-code',
  'password',
  'service-account',
  'given',
])
const MAX_MARGIN_MS = 3_600_000

/** Finds what is wrong with the settings before anything is sent. @throws {SettingsError} `oauth2.settings` */
export function checkTokenOptions(options: TokenOptions): void {
  const { grant, expiryMarginMs: margin, web } = options
  if (!GRANTS.has(grant?.type)) throw wrong('grant', 'is not known', `Use one of ${[...GRANTS].join(', ')}.`)
  if (margin !== undefined && !(Number.isFinite(margin) && margin >= 0 && margin < MAX_MARGIN_MS))
    throw wrong('expiryMarginMs', 'must be less than an hour', 'Give milliseconds, from 0 to 3 599 999.')
  for (const name of ['connectMs', 'timeoutMs'] as const) {
    const value = web?.[name]
    if (value !== undefined && !(Number.isSafeInteger(value) && value > 0 && value < 2 ** 31))
      throw wrong(`web.${name}`, 'is no time', 'Give milliseconds, above 0.')
  }
  clientProof(options)
  checkGrant(grant, options)
  if (grant.type !== 'given' && grant.type !== 'service-account') checkProvider(options)
}

function checkGrant(grant: Grant, { store, credential }: TokenOptions): void {
  switch (grant.type) {
    case 'given':
      checkAuthorization(Secret.of(grant.authorization).reveal())
      break
    case 'password':
      if (!grant.user) throw wrong('grant.user', 'is missing', 'Give the name of the mailbox or account.')
      if (!Secret.of(grant.password).reveal()) throw wrong('grant.password', 'is missing', 'Give the password.')
      break
    case 'refresh-token':
      if (!Secret.of(grant.refreshToken).reveal())
        throw wrong('grant.refreshToken', 'is missing', 'Give the refresh token, or sign in (authorization-code).')
      break
    case 'authorization-code':
    case 'device-code':
      // two mailboxes of one application would take each other's tokens
      if (store && !credential)
        throw wrong('credential', 'is missing', 'Name the sign-in in the store, for instance after its mailbox.')
      break
    default:
  }
}

function checkAuthorization(authorization: string): void {
  const hint = 'Give the access token, with or without "Bearer " before it.'
  const [, scheme, token] = /^(?:([A-Za-z][\w-]*) +)?(\S+)$/.exec(authorization.trim()) ?? []
  if (token === undefined || /[^\x21-\x7e]/.test(token)) throw wrong('grant.authorization', 'is no token', hint)
  if (scheme !== undefined && scheme.toLowerCase() !== 'bearer')
    throw wrong('grant.authorization', 'is not of the scheme Bearer, which is all that XOAUTH2 knows', hint)
}

function checkProvider({ provider, clientId, grant }: TokenOptions): void {
  if (!clientId) throw wrong('clientId', 'is missing', 'Give the id the application has at the provider.')
  const { issuer, tokenUrl, authorizationUrl, deviceAuthorizationUrl } = provider ?? {}
  if (issuer === undefined && tokenUrl === undefined)
    throw wrong(
      'provider',
      'has neither an issuer nor a token endpoint',
      'Use microsoft(), google(), { issuer } or { tokenUrl }.',
    )
  for (const [name, url] of Object.entries({ issuer, tokenUrl, authorizationUrl, deviceAuthorizationUrl }))
    if (url !== undefined) endpointUrl(`provider.${name}`, url)
  if (tokenUrl === undefined) return // discovered
  if (grant.type === 'authorization-code' && grant.browser && authorizationUrl === undefined)
    throw wrong('provider.authorizationUrl', 'is missing', 'Give the address where people sign in.')
  if (grant.type === 'device-code' && grant.show && deviceAuthorizationUrl === undefined)
    throw wrong('provider.deviceAuthorizationUrl', 'is missing', 'Give the address where device codes are had.')
}

function wrong(field: string, problem: string, hint: string): SettingsError {
  return new SettingsError('oauth2.settings', field, problem, { hint })
}
