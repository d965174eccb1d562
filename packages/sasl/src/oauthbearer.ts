import type { Exchange, Mechanism, SaslContext } from './mechanism.js'
import { refuseNul } from './refuse.js'
import { saslName } from './scram-message.js'
import { tokenFailure } from './token-failure.js'

/**
 * OAUTHBEARER, RFC 7628: a bearer token, the identity to act as, and the host and port it is meant for. A refusal comes as a challenge
 * with JSON that says why; it is answered with ^A, and the 535 follows (3.2.3).
 */
export const oauthbearer: Mechanism = {
  name: 'OAUTHBEARER',
  strength: 'token',
  oneStep: false,
  begin(context: SaslContext): Exchange | null {
    const { accessToken, host, port } = context
    if (accessToken === undefined) return null
    const identity = context.authorizationId || context.user
    refuseNul({ user: identity, accessToken: accessToken() })
    let refusal: string | undefined
    return {
      initial() {
        const header = identity === '' ? 'n,,' : `n,a=${saslName(identity)},`
        return Buffer.from(`${header}\x01host=${host}\x01port=${port}\x01auth=Bearer ${accessToken()}\x01\x01`, 'utf8')
      },
      respond(challenge) {
        if (refusal !== undefined) return null
        refusal = tokenFailure(challenge)
        return Buffer.from([1])
      },
      mayEnd: () => refusal === undefined,
      failure: () => refusal || undefined,
    }
  },
}
