import { actsAsOther } from './acts-as-other.js'
import type { Exchange, Mechanism, SaslContext } from './mechanism.js'
import { refuseNul } from './refuse.js'

/**
 * LOGIN, never a standard but everywhere (draft-murchison-sasl-login). Two challenges, whose texts differ between servers and do not
 * count: the first is answered with the user, the second with the password, and there is no third.
 */
export const login: Mechanism = {
  name: 'LOGIN',
  strength: 'cleartext',
  oneStep: false,
  begin(context: SaslContext): Exchange | null {
    const { user, password } = context
    if (password === undefined || actsAsOther(context)) return null
    refuseNul({ user, password: password() })
    let step = 0
    return {
      initial: () => undefined,
      respond() {
        step++
        if (step === 1) return Buffer.from(user, 'utf8')
        return step === 2 ? Buffer.from(password(), 'utf8') : null
      },
      mayEnd: () => step >= 2,
    }
  },
}
