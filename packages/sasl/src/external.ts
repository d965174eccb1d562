import type { Exchange, Mechanism, SaslContext } from './mechanism.js'
import { refuseNul } from './refuse.js'

/**
 * EXTERNAL, RFC 4422 appendix A: who one is was shown another way, mostly by a client certificate in the TLS handshake. Its one message is
 * the identity to act as, by default the user, or empty for the one that was shown.
 */
export const external: Mechanism = {
  name: 'EXTERNAL',
  strength: 'hash',
  oneStep: true,
  begin({ user, authorizationId }: SaslContext): Exchange | null {
    const identity = authorizationId ?? user
    refuseNul({ authorizationId: identity })
    return {
      initial: () => Buffer.from(identity, 'utf8'),
      respond: () => null,
      mayEnd: () => true,
    }
  },
}
