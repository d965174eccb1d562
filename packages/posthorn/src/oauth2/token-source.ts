import type { TokenSource } from '@posthorn/sasl'
import { TokenManager } from './token-manager.js'
import type { TokenOptions } from './token-options.js'

/**
 * Access tokens for `credentials.accessToken`. One request serves all who ask, and the token is renewed before it ends, or when a server
 * refused it.
 *
 * ```ts
 * const accessToken = tokenSource({
 *   provider: microsoft({ tenant: 'example.onmicrosoft.com' }),
 *   clientId: '...', clientSecret: '...',
 *   grant: { type: 'client-credentials' },
 * })
 * new SmtpClient({ host: 'smtp.office365.com', credentials: { user: 'app@example.com', accessToken } })
 * ```
 * @throws {SettingsError} `oauth2.settings`
 */
export function tokenSource(options: TokenOptions | TokenManager): TokenSource {
  const manager = options instanceof TokenManager ? options : new TokenManager(options)
  return (request) => manager.token(request)
}
