import { LEFT_OUT_SECRET } from './entries.js'
import { isStartTlsPort } from './take-connection.js'
import type { Said } from './said.js'

/** Relay, TLS and login as keys; how TLS starts where the port does not tell it. */
export function sayConnection(said: Said): void {
  const { relay, security: given, transport } = said.profile
  if (transport !== undefined) said.done('transport')
  const security = given ?? (relay?.port === 465 ? 'implicit' : 'starttls')
  const port = relay?.port ?? (security === 'implicit' ? 465 : 587)
  said.key('relay.host', 'EMailSMTPServer', relay!.host!)
  said.key('relay.port', 'EMailSMTPPort', String(port))
  said.key('security', 'EMailSecure', security === 'none' ? 'No' : 'Yes')
  if (security === 'opportunistic') said.lose('security', 'STARTTLS is required: ILLiad cannot go on without it')
  const mode = security === 'implicit' ? 'sslImplicit' : 'sslExplicit'
  const automatic = isStartTlsPort(port) ? 'sslExplicit' : 'sslImplicit'
  if (security !== 'none' && mode !== automatic) said.element('security', 'SslStartMode', mode)
  sayLogin(said, security === 'none')
}

function sayLogin(said: Said, clear: boolean): void {
  const { user, password, enabled, allowCleartextAuth } = said.profile.credentials ?? {}
  said.done('credentials.enabled')
  if (enabled === false && (user === undefined) === (password === undefined)) {
    // ILLiad uses every whole login it has; a site that switches off that of all has none
    said.leaveUnused('credentials.user', 'credentials.password')
    if (!said.isShared('credentials.user')) said.leaveUnused('credentials.enabled')
    return
  }
  const named = user !== undefined && said.key('credentials.user', 'SMTPUserID', user)
  if (clear && named && password !== undefined && allowCleartextAuth !== true) {
    said.lose('credentials.password', 'ILLiad would send it in the clear, which the profile forbids, so it is left out')
    return
  }
  const text = said.secret('credentials.password')
  const logsIn = text !== undefined && said.key('credentials.password', 'SMTPPassword', text) && named
  if (clear && logsIn && text !== LEFT_OUT_SECRET) said.done('credentials.allowCleartextAuth')
}

/** Who sends, and the stand-in recipient. */
export function saySender(said: Said): void {
  const { sender = {} } = said.profile
  if (sender.from !== undefined) said.key('sender.from', 'EMailFromAddress', sender.from)
  if (sender.name !== undefined) said.key('sender.name', 'EMailFromName', sender.name)
  if (sender.defaultRecipient !== undefined)
    said.key('sender.defaultRecipient', 'EMailNoAccountAddress', sender.defaultRecipient)
}
