import { actsAsOther } from './acts-as-other.js'
import type { Exchange, Mechanism, SaslContext } from './mechanism.js'
import { ntlmAuthenticate, ntlmNegotiate } from './ntlm.js'

/** NTLM as Exchange and Cyrus SASL speak it (MS-SMTPNTLM): three messages, the first as initial response or after an empty 334. */
export const ntlm: Mechanism = {
  name: 'NTLM',
  strength: 'hash',
  oneStep: false,
  begin(context: SaslContext): Exchange | null {
    const { user, password, ntlm: settings = {}, realm: domain } = context
    if (password === undefined || actsAsOther(context)) return null
    const negotiate = ntlmNegotiate(domain === undefined ? settings : { ...settings, domain })
    const binding = context.channelBindings.find(({ type }) => type === 'tls-server-end-point')
    let asked = false
    let answered = false
    return {
      initial: () => negotiate,
      respond(challenge) {
        if (answered) return null
        if (challenge.length === 0 && !asked) {
          asked = true // a server that takes no initial response asks for it again
          return negotiate
        }
        answered = true
        return ntlmAuthenticate({
          challenge,
          negotiate,
          user,
          password: password(),
          domain,
          settings,
          targetName: `${context.service.toUpperCase()}/${context.serviceHost}`,
          channelBinding: binding?.octets(),
        })
      },
      mayEnd: () => answered,
    }
  },
}
