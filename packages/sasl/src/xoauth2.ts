import type { Exchange, Mechanism, SaslContext } from './mechanism.js'
import { refuseNul } from './refuse.js'

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
    if (accessToken === undefined) return null
    refuseNul({ user, accessToken: accessToken() })
    let refusal: string | undefined
    return {
      initial: () => Buffer.from(`user=${user}\x01auth=Bearer ${accessToken()}\x01\x01`, 'utf8'),
      respond(challenge) {
        if (refusal !== undefined) return null
        refusal = reason(challenge)
        return Buffer.alloc(0)
      },
      mayEnd: () => refusal === undefined,
      failure: () => refusal || undefined,
    }
  },
}

/** `status` and `scope` of the JSON, which name no secret; nothing when it is no such JSON. */
function reason(challenge: Uint8Array): string {
  try {
    const facts = JSON.parse(Buffer.from(challenge).toString('utf8')) as { status?: unknown; scope?: unknown }
    const shown = (value: unknown) =>
      typeof value === 'string' || typeof value === 'number'
        ? String(value)
            .replace(/[^\x20-\x7e]/g, '?')
            .slice(0, 120)
        : ''
    return [
      facts.status !== undefined && `status ${shown(facts.status)}`,
      facts.scope !== undefined && `scope ${shown(facts.scope)}`,
    ]
      .filter(Boolean)
      .join(', ')
  } catch {
    return ''
  }
}
