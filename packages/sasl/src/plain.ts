import type { Exchange, Mechanism, SaslContext } from './mechanism.js'
import { refuseNul } from './refuse.js'

/** PLAIN, RFC 4616. One message, sent as the initial response. */
export const plain: Mechanism = {
  name: 'PLAIN',
  strength: 'cleartext',
  oneStep: true,
  begin(context: SaslContext): Exchange | null {
    const { user, password, authorizationId = '' } = context
    if (password === undefined) return null
    refuseNul({ user, authorizationId, password: password() })
    return {
      initial: () => Buffer.from(`${authorizationId}\0${user}\0${password()}`, 'utf8'),
      respond: () => null,
      mayEnd: () => true,
    }
  },
}
