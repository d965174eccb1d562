import type { JavaMailProperties, Understood } from './javamail-properties.js'
import type { JavaMailTerms } from './apply-javamail-properties.js'

export type Security = 'implicit' | 'starttls' | 'opportunistic' | 'none'

/** The old way to ask for implicit TLS. */
const SSL_CLASS = 'javax.net.ssl.SSLSocketFactory'

/** Server, port, and how the session is protected. */
export function applySecurity(properties: JavaMailProperties, terms: JavaMailTerms): void {
  applyHost(properties)
  const security = securityOf(properties, terms)
  saySecurity(properties, security, terms)
  applySocketFactory(properties)
  applyPort(properties, security)
  if (terms.connectionDefaults === false) return
  const { draft } = properties
  if (security === 'implicit') {
    properties.defaulted('mail.transport.protocol', [['security', security]], 'smtps is TLS from the first octet')
  } else properties.defaulted('mail.smtp.starttls.enable', [['security', security]], 'TLS is not asked for')
  const port = terms.defaultPort ?? ((said: Security) => (said === 'implicit' ? 465 : 25))
  const said = (draft.get('security') as Security | undefined) ?? security
  properties.defaulted('mail.smtp.port', [['relay.port', port(said)]], 'the port when none is said')
}

function applyHost(properties: JavaMailProperties): void {
  const own = properties.text('mail.smtp.host')
  const general = properties.text('mail.host')
  if (own) properties.take(own, [['relay.host', own.value]])
  if (!general) return
  if (own) properties.say(general.entry, 'ignored', 'mail.smtp.host is more exact')
  else properties.take(general, [['relay.host', general.value]])
}

function securityOf(properties: JavaMailProperties, { implicit }: JavaMailTerms): Security {
  const said = properties.draft.get('security') as Security | undefined
  if (said !== undefined) return said
  if (implicit ?? properties.transport === 'smtps') return 'implicit'
  if (properties.isSet('mail.smtp.ssl.enable') || hasSslClass(properties)) return 'implicit'
  if (properties.isSet('mail.smtp.starttls.required')) return 'starttls'
  return startTlsEnabled(properties) ? 'opportunistic' : 'none'
}

const hasSslClass = (properties: JavaMailProperties) =>
  properties.text('mail.smtp.socketFactory.class')?.value === SSL_CLASS

/** The document of one product spells it `enabled`; JavaMail's own name wins. */
function startTlsEnabled(properties: JavaMailProperties): boolean {
  return (
    (properties.flag('mail.smtp.starttls.enable', false) ?? properties.flag('mail.smtp.starttls.enabled', false))
      ?.value === true
  )
}

function saySecurity(properties: JavaMailProperties, security: Security, { implicit }: JavaMailTerms): void {
  const [byTls, required, enable, enabled] = [
    properties.flag('mail.smtp.ssl.enable', false),
    properties.flag('mail.smtp.starttls.required', false),
    properties.flag('mail.smtp.starttls.enable', false),
    properties.flag('mail.smtp.starttls.enabled', false),
  ]
  const bySmtps = (implicit ?? properties.transport === 'smtps') && properties.transport === 'smtps'
  if (byTls?.value) properties.take(byTls, [['security', 'implicit']])
  else if (byTls && bySmtps)
    properties.say(byTls.entry, 'ignored', 'smtps is TLS from the first octet whatever this says')
  else if (byTls) sayOff(properties, byTls, security)
  if (required?.value) sayOn(properties, required, 'starttls', security)
  else if (required) sayOff(properties, required, security)
  for (const each of [enable, enabled]) {
    if (!each) continue
    if (each === enabled && enable && enable.value !== enabled.value) {
      properties.say(
        enabled.entry,
        'ignored',
        'starttls.enable says the contrary, and it is the name that JavaMail knows',
      )
    } else if (each.value) sayOn(properties, each === enabled ? misspelt(each) : each, 'opportunistic', security)
    else sayOff(properties, each, security)
  }
}

const misspelt = (flag: Understood<boolean>): Understood<boolean> => ({
  ...flag,
  note: flag.note ?? 'read as starttls.enable; JavaMail itself does not know the name with a d',
})

function sayOn(properties: JavaMailProperties, flag: Understood<boolean>, asks: Security, security: Security): void {
  if (security === 'implicit' && !properties.saidBefore('security')) {
    properties.say(flag.entry, 'ignored', 'TLS is on from the first octet already')
  } else {
    // what asks for more includes what asks for less
    properties.take(flag, [['security', asks === 'opportunistic' && security === 'starttls' ? security : asks]])
  }
}

function sayOff(properties: JavaMailProperties, flag: Understood<boolean>, security: Security): void {
  if (security === 'none' || properties.saidBefore('security')) properties.take(flag, [['security', 'none']])
  else properties.say(flag.entry, 'ignored', 'is without effect: another entry asks for TLS')
}

function applySocketFactory(properties: JavaMailProperties): void {
  const made = properties.text('mail.smtp.socketFactory.class')
  if (made?.value === SSL_CLASS) {
    properties.take(
      made,
      [['security', 'implicit']],
      'TLS from the first octet; JavaMail would fall back to a clear connection, Posthorn never does',
    )
  } else if (made) {
    properties.say(
      made.entry,
      'lost',
      'is a class of Java; if it speaks TLS from the first octet, set security to implicit',
    )
  }
  const fallback = properties.flag('mail.smtp.socketFactory.fallback', true)
  if (fallback?.value) properties.say(fallback.entry, 'ignored', 'there is no fallback to a connection in the clear')
  else if (fallback) properties.say(fallback.entry, 'ignored', 'there never is a fallback to a connection in the clear')
}

function applyPort(properties: JavaMailProperties, security: Security): void {
  const ofClass = portOf(properties, 'mail.smtp.socketFactory.port')
  const ofTlsClass = portOf(properties, 'mail.smtp.ssl.socketFactory.port')
  const port = portOf(properties, 'mail.smtp.port')
  const counts = [
    hasSslClass(properties) ? ofClass : undefined,
    security === 'implicit' ? ofTlsClass : undefined,
    port,
  ].filter((each) => each !== undefined)
  const [first] = counts
  if (first) properties.take(first, [['relay.port', first.value]])
  for (const each of [ofClass, ofTlsClass, port]) {
    if (!each || each === first) continue
    if (counts.includes(each)) properties.say(each.entry, 'ignored', 'the port of the socket factory counts')
    else properties.say(each.entry, 'ignored', 'goes with a class of Java or with TLS that is not in use')
  }
}

/** 0 and negative ports are none. */
function portOf(properties: JavaMailProperties, name: string): Understood<number> | undefined {
  const port = properties.number(name)
  if (!port || port.value > 0) return port
  properties.say(port.entry, 'ignored', 'JavaMail takes its default port for this')
  return undefined
}
