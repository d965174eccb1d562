import type { Secret } from '@posthorn/ground/portable'
import type { Profile } from '../../profile/profile.js'
import { clearText } from '../clear-text.js'
import type { Security } from './security-properties.js'

type Property = readonly [name: string, value: string]

/** The properties that say what a profile says, as far as JavaMail can. Where its default is another than Posthorn's, it is said, too. */
export function* propertiesOf(profile: Profile): Generator<Property> {
  const security = exportedSecurity(profile)
  yield ['mail.transport.protocol', 'smtp']
  yield ['mail.smtp.host', profile.relay!.host!]
  yield ['mail.smtp.port', String(profile.relay?.port ?? (security === 'implicit' ? 465 : 587))]
  yield* securityProperties(security)
  yield* tlsProperties(profile)
  yield* loginProperties(profile)
  yield* sessionProperties(profile)
  yield* proxyProperties(profile)
  yield* deliveryProperties(profile)
}

/** True when the profile logs in with a name and something to prove it. */
export function logsIn({ credentials, oauth2 }: Profile): boolean {
  if (credentials?.user === undefined || credentials.enabled === false) return false
  const { password, accessToken, mechanism } = credentials
  return [password, accessToken, mechanism, oauth2].some((each) => each !== undefined)
}

/** As it is, but where a login must not go in the clear: JavaMail does not know that, and STARTTLS is required in its place. */
export function exportedSecurity(profile: Profile): Security {
  const security = profile.security ?? (profile.relay?.port === 465 ? 'implicit' : 'starttls')
  const clear = security === 'none' || security === 'opportunistic'
  return clear && logsIn(profile) && profile.credentials?.allowCleartextAuth !== true ? 'starttls' : security
}

function* securityProperties(security: Security): Generator<Property> {
  if (security === 'implicit') yield ['mail.smtp.ssl.enable', 'true']
  if (security === 'starttls') {
    yield ['mail.smtp.starttls.enable', 'true']
    yield ['mail.smtp.starttls.required', 'true']
  }
  if (security === 'opportunistic') yield ['mail.smtp.starttls.enable', 'true']
}

const VERSIONS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const

function* tlsProperties({ tls }: Profile): Generator<Property> {
  if (!tls) return
  const all = tls.rejectUnauthorized === false
  if (all) yield ['mail.smtp.ssl.trust', '*']
  else if (tls.trustHosts !== undefined) yield* listed('mail.smtp.ssl.trust', tls.trustHosts)
  if (all || tls.verifyHost !== undefined) {
    yield ['mail.smtp.ssl.checkserveridentity', String(!all && tls.verifyHost === true)]
  }
  if (tls.minVersion !== undefined || tls.maxVersion !== undefined) {
    const last = VERSIONS.indexOf(tls.maxVersion ?? 'TLSv1.3')
    const first = Math.min(VERSIONS.indexOf(tls.minVersion ?? 'TLSv1.2'), last)
    yield ['mail.smtp.ssl.protocols', VERSIONS.slice(first, last + 1).join(' ')]
  }
  if (tls.ciphers !== undefined) yield* text('mail.smtp.ssl.ciphersuites', tls.ciphers)
}

function* loginProperties(profile: Profile): Generator<Property> {
  const { credentials, oauth2 } = profile
  if (!credentials) return
  const active = logsIn(profile)
  const token = credentials.accessToken ?? (credentials.password === undefined ? oauth2 : undefined)
  if (active) yield ['mail.smtp.auth', String(credentials.required !== false)]
  else if (credentials.user !== undefined) yield ['mail.smtp.auth', 'false']
  yield* text('mail.smtp.user', credentials.user)
  if (active) yield* secretText('mail.smtp.password', credentials.password ?? credentials.accessToken)
  const alone = credentials.mechanism === undefined ? credentials.mechanisms : [credentials.mechanism]
  const mechanisms = alone ?? (token === undefined ? undefined : ['XOAUTH2'])
  if (mechanisms !== undefined) yield* listed('mail.smtp.auth.mechanisms', mechanisms)
  else if (active) yield ['mail.smtp.sasl.enable', 'true'] // all that are offered, not only the four of its own
  yield* text('mail.smtp.sasl.authorizationid', credentials.authorizationId)
  yield* text('mail.smtp.sasl.realm', credentials.realm)
  if (mechanisms?.includes('NTLM')) yield* text('mail.smtp.auth.ntlm.domain', credentials.realm)
  yield* given('mail.smtp.sasl.usecanonicalhostname', credentials.canonicalHost)
  const { version, flags } = credentials.ntlm ?? {}
  if (version !== undefined) yield ['mail.smtp.auth.ntlm.v2', String(version === 2)]
  if (flags !== undefined) yield ['mail.smtp.auth.ntlm.flags', String(flags | 0)]
}

function* sessionProperties({ relay, timeouts, identity, pool, logging }: Profile): Generator<Property> {
  yield* given('mail.smtp.connectiontimeout', timeouts?.connectMs)
  yield* given('mail.smtp.timeout', timeouts?.idleMs)
  yield* given('mail.smtp.writetimeout', timeouts?.writeMs)
  const { quitMs, idleMs } = timeouts ?? {}
  if (quitMs === 0) yield ['mail.smtp.quitwait', 'false']
  else if (quitMs !== undefined && quitMs === idleMs) yield ['mail.smtp.quitwait', 'true']
  yield* text('mail.smtp.localhost', identity?.localName)
  yield* text('mail.smtp.localaddress', identity?.localAddress)
  yield* given('mail.smtp.localport', identity?.localPort)
  yield* given('mail.smtp.ehlo', relay?.extensions)
  yield ['mail.smtp.quitonsessionreject', String(relay?.quitAfterRefusedGreeting ?? true)]
  if (relay?.chunking === 'off') yield ['mail.smtp.chunksize', '-1']
  else yield* given('mail.smtp.chunksize', relay?.chunkOctets)
  if (pool?.probeCommand !== undefined) yield ['mail.smtp.userset', String(pool.probeCommand === 'RSET')]
  yield* given('mail.smtp.noop.strict', pool?.probeStrict)
  if (logging?.level === 'debug') yield ['mail.debug', 'true']
  yield* given('mail.debug.auth.username', logging?.showUser)
}

function* proxyProperties({ proxy }: Profile): Generator<Property> {
  const type = proxy?.type ?? 'http'
  if (proxy?.host === undefined || (type !== 'http' && type !== 'socks5')) return
  const name = type === 'http' ? 'proxy' : 'socks'
  yield [`mail.smtp.${name}.host`, proxy.host]
  yield* given(`mail.smtp.${name}.port`, proxy.port)
  if (type !== 'http' || proxy.user === undefined || proxy.password === undefined) return
  yield* text('mail.smtp.proxy.user', proxy.user)
  yield* secretText('mail.smtp.proxy.password', proxy.password)
}

function* deliveryProperties({ delivery, sender, headers }: Profile): Generator<Property> {
  const { to, cc, bcc } = delivery?.onRefused ?? {}
  yield ['mail.smtp.sendpartial', String(![to, cc, bcc].includes('stop'))]
  const { notify, ret } = delivery?.dsn ?? {}
  if (notify !== undefined) yield ['mail.smtp.dsn.notify', notify.join(',').toUpperCase()]
  if (ret !== undefined) yield ['mail.smtp.dsn.ret', ret === 'full' ? 'FULL' : 'HDRS']
  const { transferEncoding, smtpUtf8, submitter, mailParameters } = delivery ?? {}
  if (transferEncoding !== undefined) yield ['mail.smtp.allow8bitmime', String(transferEncoding !== '7bit')]
  if (smtpUtf8 !== undefined) yield ['mail.mime.allowutf8', String(smtpUtf8 !== 'auto')]
  yield* text('mail.smtp.submitter', submitter)
  if (mailParameters !== undefined) yield* listed('mail.smtp.mailextension', mailParameters)
  yield* text('mail.smtp.from', sender?.returnPath)
  const { from, name } = sender ?? {}
  if (from !== undefined && name !== undefined)
    yield* text('mail.from', `"${name.replace(/["\\]/g, '\\$&')}" <${from}>`)
  else yield* text('mail.from', from)
  yield* text('mail.mime.charset', headers?.charset)
}

function* given(name: string, value: number | boolean | undefined): Generator<Property> {
  if (value !== undefined) yield [name, String(value)]
}

/** What would be read as something else is left out; that it is lost is found out by reading it back. */
function* text(name: string, value: string | undefined): Generator<Property> {
  if (value !== undefined && value.trim() !== '' && !value.includes('${')) yield [name, value]
}

function* listed(name: string, values: readonly string[]): Generator<Property> {
  if (values.every((value) => /^[^\s,]+$/.test(value))) yield* text(name, values.join(' '))
}

/** A secret that is text in the profile, or `${NAME}` for one in the environment, which Spring and build tools resolve. */
function* secretText(name: string, value: string | Secret | undefined): Generator<Property> {
  const variable = typeof value === 'string' ? /^env:(.*)$/.exec(value)?.[1] : undefined
  if (variable !== undefined) yield [name, `\${${variable}}`]
  else yield* text(name, clearText(value))
}
