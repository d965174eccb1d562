import { actsAsOther } from './acts-as-other.js'
import type { Exchange, Mechanism, SaslContext } from './mechanism.js'
import { refuseNul } from './refuse.js'
import { tokenFailure } from './token-failure.js'

/**
 * XOAUTH2, Google's and Microsoft's bearer token mechanism. A refusal comes as a challenge with JSON that says why; it is answered
 * with an empty line, and the 535 follows.
 */
export const xoauth2: Mechanism = {
  name: 'XOAUTH2',
  strength: 'token',
  oneStep: false,
  begin(context: SaslContext): Exchange | null {
    const { user, accessToken } = context
    if (accessToken === undefined || actsAsOther(context)) return null
    refuseNul({ user, accessToken: accessToken() })
    let refusal: string | undefined
    return {
      initial: () => Buffer.from(`user=${user}\x01auth=Bearer ${accessToken()}\x01\x01`, 'utf8'),
      respond(challenge) {
        if (refusal !== undefined) return null
        refusal = tokenFailure(challenge)
        return Buffer.alloc(0)
      },
      mayEnd: () => refusal === undefined,
      failure: () => refusal || undefined,
    }
  },
}
