import type { SettingValue } from '../../values.js'
import { applyClientCertificate } from './client-certificate.js'
import { applyOAuth2, isOAuth2Filled } from './oauth2-tab.js'
import type { ProfileFields } from './profile-fields.js'

type Method = 'USER_PASSWORD' | 'CRAMMD5' | 'NTLM' | 'SASLPLAIN' | 'KERBEROS' | 'XOAUTH2'

/** What each method is as a setting. */
const METHODS: Readonly<Record<Method, SettingValue>> = {
  USER_PASSWORD: ['credentials.mechanisms', ['PLAIN', 'LOGIN']],
  CRAMMD5: ['credentials.mechanism', 'CRAM-MD5'],
  NTLM: ['credentials.mechanism', 'NTLM'],
  SASLPLAIN: ['credentials.mechanism', 'PLAIN'],
  KERBEROS: ['credentials.mechanism', 'GSSAPI'],
  XOAUTH2: ['credentials.mechanism', 'XOAUTH2'],
}
/** Those that send the password as it is. */
const READABLE: readonly Method[] = ['USER_PASSWORD', 'SASLPLAIN']
const MAX_SECONDS = 2_147_483

/** The server, TLS, the login, and the OAuth2 tab, which belongs to it. */
export function applyServer(fields: ProfileFields): void {
  if (fields.needs('ServerName')) fields.takeText('ServerName', 'relay.host')
  const port = fields.text('Port')
  if (port === undefined) fields.defaulted('Port', [['relay.port', 25]])
  else fields.take('Port', [['relay.port', fields.whole('Port', 1, 65_535)]])
  applyTimeout(fields)
  const security = applyEncryption(fields)
  applyLogin(fields, security)
  applyClientCertificate(fields, security)
}

function applyTimeout(fields: ProfileFields): void {
  if (fields.text('ServerTimeout') === undefined)
    return fields.defaulted('ServerTimeout', [['timeouts.totalMs', 60_000]], '60 seconds for a message')
  const seconds = fields.whole('ServerTimeout', 0, Number.MAX_SAFE_INTEGER)
  const cut = Math.min(seconds, MAX_SECONDS)
  if (seconds > cut)
    fields.take('ServerTimeout', [['timeouts.totalMs', cut * 1000]], 'cut to 24 days, the longest there is', 'changed')
  else
    fields.take('ServerTimeout', [['timeouts.totalMs', cut * 1000]], cut === 0 ? 'no limit for a message' : undefined)
}

const ENCRYPTIONS = ['automatic', 'implicit', 'explicit', 'none'] as const

function applyEncryption(fields: ProfileFields): string {
  const word = fields.word('ChannelEncryption')
  const given = ENCRYPTIONS.find((each) => each === (word ?? 'automatic'))
  if (given === undefined)
    throw fields.refused(
      'ChannelEncryption',
      'is none of AUTOMATIC, IMPLICIT, EXPLICIT and NONE',
      'Write one of these.',
    )
  const automatic = fields.draft.get('relay.port') === 465 ? 'implicit' : 'opportunistic'
  const security = { automatic, implicit: 'implicit', explicit: 'starttls', none: 'none' }[given]
  const values: SettingValue[] = [['security', security]]
  const note = NOTES.get(`${given} ${security}`) ?? NOTES.get(security)
  if (word === undefined) fields.defaulted('ChannelEncryption', values, note)
  else fields.take('ChannelEncryption', values, note)
  return security
}

const NOTES = new Map([
  ['automatic implicit', 'TLS from the first octet, because the port is 465'],
  ['opportunistic', 'where STARTTLS is not offered, or anyone on the way takes it away, all goes in the clear'],
  ['explicit starttls', 'STARTTLS or no session; for STARTTLS only where it is offered there is AUTOMATIC'],
  ['none', 'everything goes in the clear'],
])

function applyLogin(fields: ProfileFields, security: string): void {
  const method = methodOf(fields)
  const switched = fields.flag('UseCredentials')
  const filled = isOAuth2Filled(fields)
  const login = method === 'XOAUTH2' ? switched || filled : switched
  if (login && method === 'XOAUTH2') applyXOAuth2(fields)
  else {
    applyOAuth2(fields, false)
    if (login && method !== 'KERBEROS') {
      fields.needs('UserName')
      fields.needs('Password')
    }
    fields.takeText('UserName', 'credentials.user')
    const password = fields.text('Password')
    if (password !== undefined) fields.take('Password', [['credentials.password', password]])
  }
  sayMethod(fields, method, login && security === 'none')
  saySwitch(fields, switched, login)
  if (!login || (security !== 'none' && security !== 'opportunistic')) return
  fields.draft.take(
    { entry: 'login without TLS' },
    [['credentials.allowCleartextAuth', true]],
    'defaulted',
    `where there is no TLS, the login goes on${READABLE.includes(method) ? ', and anyone on the way reads the password' : ''}; better: EXPLICIT or IMPLICIT, and without this`,
  )
}

function methodOf(fields: ProfileFields): Method {
  const word = fields.word('AuthenticationMethod')
  if (word === undefined) return 'USER_PASSWORD'
  const names = Object.keys(METHODS) as Method[]
  const method = names.find(
    (name) => name.replace('_', '').toLowerCase() === word.replace(/^sasl_?plain$/, 'saslplain'),
  )
  if (method) return method
  throw fields.refused('AuthenticationMethod', `is none of ${names.join(', ')}`, 'Write one of these.')
}

function sayMethod(fields: ProfileFields, method: Method, inTheClear: boolean): void {
  const notes: string[] = []
  if (method === 'SASLPLAIN') notes.push('it sends the password as it is: it is no challenge and response')
  if (method === 'KERBEROS') notes.push('the ticket of the process logs in; the optional package kerberos is needed')
  if (inTheClear && READABLE.includes(method)) notes.push('without TLS anyone on the way reads it')
  const note = notes.length === 0 ? undefined : notes.join('; ')
  const given = fields.text('AuthenticationMethod') !== undefined
  if (given) fields.take('AuthenticationMethod', [METHODS[method]], note)
  else fields.defaulted('AuthenticationMethod', [METHODS[method]], 'USER_PASSWORD: PLAIN, else LOGIN')
}

function saySwitch(fields: ProfileFields, switched: boolean, login: boolean): void {
  const values: SettingValue[] = [['credentials.enabled', login]]
  if (fields.text('UseCredentials') === undefined)
    fields.defaulted('UseCredentials', values, login ? FILLED : undefined)
  else if (login && !switched) fields.take('UseCredentials', values, FILLED, 'changed')
  else
    fields.take(
      'UseCredentials',
      values,
      login ? undefined : 'there is no login; what is set for one is kept and not used',
    )
}

const FILLED = 'XOAUTH2 with its tab filled in logs in, whatever this says'

/** The mailbox of the token is the user, or the sender. */
function applyXOAuth2(fields: ProfileFields): void {
  applyOAuth2(fields, true)
  const sender = fields.text('SenderEmail')?.trim()
  if (fields.text('UserName') !== undefined) fields.takeText('UserName', 'credentials.user')
  else if (sender !== undefined)
    fields.defaulted('UserName', [['credentials.user', sender]], 'the mailbox of the token: taken from SenderEmail')
  fields.sayAll(['Password'], 'ignored', 'XOAUTH2 logs in with a token')
}
