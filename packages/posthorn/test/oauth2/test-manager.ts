import type { Secret } from '@posthorn/ground'
import { TokenManager } from '../../src/oauth2/token-manager.js'
import type { TokenOptions } from '../../src/oauth2/token-options.js'
import type { TestClock } from './test-clock.js'
import type { TokenEndpoint } from './token-endpoint.js'

export const HOUR = 3_600_000

/** A manager for client credentials at that endpoint, unless told otherwise. */
export function manager(endpoint: TokenEndpoint, clock: TestClock, more: Partial<TokenOptions> = {}): TokenManager {
  return new TokenManager({
    provider: endpoint.provider,
    clientId: 'app',
    clientSecret: 'app-secret',
    grant: { type: 'client-credentials' },
    clock,
    ...more,
  })
}

export const plain = async (promise: Promise<{ token: Secret }>) => (await promise).token.reveal()
