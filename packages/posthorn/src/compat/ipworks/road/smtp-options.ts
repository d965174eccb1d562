import { securityOf } from '@posthorn/settings/ipworks'
import type { PoolOptions, SmtpOptions } from '@posthorn/smtp'
import { NO_LIMIT_MS } from '../../../way/no-limit.js'
import { IPWorksError } from '../ipworks-error.js'
import type { ConfigName } from '../table/config-settings.js'
import { errorText } from '../table/errors.js'
import type { ComponentValues } from '../values.js'
import { localName } from './hello.js'
import { localAddress } from './local-address.js'
import { loginOptions } from './login-options.js'
import { roadTo } from './proxy-options.js'
import type { RoadTerms } from './road-terms.js'
import { serverName } from './server-name.js'
import { familyOf, socketOptions } from './socket-options.js'
import { tlsOptions } from './tls-options.js'
import { usableResolver } from './usable-address.js'

/**
 * What the settings come to, for one session of one's own: nothing is probed, aged or counted, and nothing has a deadline but silence. A login
 * goes over a connection without TLS when that is asked for, as in the document.
 * @throws {IPWorksError} 163 no server, 116 port 0, 102 an address that is none, 118 a star with SOCKS4, 211 AllowExtensions False with
 *   explicit TLS or a login, or amAPOP; 270 no version of TLS, 303 the key log, 11001 to 11004 LocalHost, 10022; and what the store of
 *   SSLCert gives
 * @throws the reason of the signal, while LocalHost is looked up
 */
export async function smtpOptions(values: ComponentValues, terms: RoadTerms): Promise<SmtpOptions> {
  const { note } = terms
  const server = serverName(values)
  const port = values.property('MailPort')
  if (port === 0) throw new IPWorksError(116, `${errorText(116)}: MailPort is 0`)
  const road = roadTo(server, values, note)
  const security = securityOf(values.property('SSLStartMode'), port)
  const login = loginOptions(values, note)
  const extensions = values.property('AllowExtensions')
  if (!extensions) refuseWithoutExtensions(security === 'starttls', login.credentials !== undefined)
  const name = localName(values.config('Hello'))
  if (name === undefined && values.config('Hello') !== '')
    note('Hello is no name that SMTP knows: the local address is said in its place')
  const family = familyOf(road.host, values)
  const localHost = values.property('LocalHost').trim()
  const tls = security === 'none' ? undefined : await tlsOptions(values, terms)
  const local = localHost === '' ? undefined : await localAddress(localHost, family, terms.signal)
  for (const text of WITHOUT_EFFECT) if (isGiven(values, text[0])) note(`${text[0]} has no effect: ${text[1]}`)
  return {
    ...road,
    ...socketOptions(values),
    ...login,
    port,
    security,
    extensions,
    family,
    resolve: usableResolver,
    allowCleartextAuth: true,
    trailSecrets: !values.config('MaskSensitiveData'),
    pool: ONE_SESSION,
    ...(name === undefined ? {} : { localName: name }),
    ...(local === undefined ? {} : { localAddress: local }),
    ...(tls ? { tls } : {}),
  }
}

const ONE_SESSION: PoolOptions = {
  maxConnections: 1,
  maxMessagesPerConnection: Number.MAX_SAFE_INTEGER,
  maxAgeMs: NO_LIMIT_MS,
  probeIdleMs: NO_LIMIT_MS,
  maxIdleMs: NO_LIMIT_MS,
  tokenMarginMs: 0,
}

/** Both begin with EHLO, and nothing goes in the clear that was not to. [ipworks.prop.AllowExtensions] */
function refuseWithoutExtensions(startsTls: boolean, logsIn: boolean): void {
  const what = startsTls ? 'explicit TLS' : logsIn ? 'a login' : undefined
  if (what === undefined) return
  throw new IPWorksError(211, `${errorText(211)}: AllowExtensions is False, and ${what} needs EHLO`)
}

/** Settings that are kept and do nothing, with why. */
const WITHOUT_EFFECT: readonly (readonly [name: ConfigName, why: string])[] = [
  ['KeepAliveInterval', 'Node.js has no call for it, and the system decides'],
  ['SSLContextProtocol', 'it is about Java; SSLEnabledProtocols says which versions are spoken'],
  ['SSLTrustManagerFactoryAlgorithm', 'it is about Java; SSLServerCACerts says who is trusted besides'],
]

function isGiven(values: ComponentValues, name: ConfigName): boolean {
  return values.isSet(name) && values.config(name) !== undefined
}
