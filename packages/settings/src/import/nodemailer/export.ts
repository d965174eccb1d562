import { SETTINGS } from '../../table.js'
import { valuesOf } from '../../values.js'
import { loginNeedsTls } from '../clear-login.js'
import { clearText } from '../clear-text.js'
import type { Export, ImportedProfile } from '../import.js'

/** What is written so far, and what could not be. */
interface Writing {
  readonly options: Record<string, unknown>
  readonly defaults: Record<string, unknown>
  readonly lost: { setting: string; note: string }[]
  readonly values: ReadonlyMap<string, unknown>
}

/** Settings whose loss would make mail go out less safely than the profile has it. */
const CHECKS: ReadonlySet<string> = new Set([
  ...['tls.pins', 'tls.revocation.crl', 'tls.revocation.ocsp', 'tls.minStrengthBits', 'tls.ca', 'delivery.requireTls'],
  ...['credentials.minimumAuthStrength', 'attachments.files', 'attachments.basePath', 'smime.encrypt.enabled'],
])

/** Settings that stand in an option of the same value. */
const SAME: Readonly<Record<string, string>> = {
  'relay.host': 'host',
  'relay.port': 'port',
  'identity.localName': 'name',
  'identity.localAddress': 'localAddress',
  'tls.rejectUnauthorized': 'tls.rejectUnauthorized',
  'tls.minVersion': 'tls.minVersion',
  'tls.maxVersion': 'tls.maxVersion',
  'tls.ciphers': 'tls.ciphers',
  'tls.servername': 'tls.servername',
  'tls.ecdhCurve': 'tls.ecdhCurve',
  'tls.sigalgs': 'tls.sigalgs',
}

/** Settings that stand in a default of every message. */
const SAME_DEFAULTS: Readonly<Record<string, string>> = {
  'sender.replyTo': 'replyTo',
  'sender.defaultRecipient': 'to',
  'delivery.requireTls': 'requireTLSExtensionEnabled',
}

/**
 * The profile as options of Nodemailer: JSON, or, when messages have defaults, a call of `createTransport` with both. Secrets that stand in the
 * profile are written in clear; a `Secret` in memory and references are lost. Where the profile logs in with TLS only, TLS is required.
 */
export function exportNodemailer({ profile }: ImportedProfile): Export {
  const writing: Writing = { options: {}, defaults: {}, lost: [], values: new Map(valuesOf(profile)) }
  const left = new Map(writing.values)
  const handle = (paths: readonly string[], write: () => void) => {
    for (const path of paths) left.delete(path)
    write()
  }
  handle(['transport', 'security'], () => writeProtection(writing, loginNeedsTls(profile, true)))
  for (const [path, option] of Object.entries(SAME))
    if (left.has(path)) handle([path], () => put(writing.options, option, writing.values.get(path)))
  for (const [path, option] of Object.entries(SAME_DEFAULTS))
    if (left.has(path)) handle([path], () => put(writing.defaults, option, writing.values.get(path)))
  for (const [path, option] of Object.entries(LIMITS))
    if (left.has(path)) handle([path], () => writeLimit(writing, path, option))
  for (const { paths, write } of GROUPS) if (paths.some((path) => left.has(path))) handle(paths, () => write(writing))
  for (const path of left.keys()) lose(writing, path, 'Nodemailer has no option for it')
  return { text: textOf(writing), lost: writing.lost }
}

const LIMITS: Readonly<Record<string, string>> = {
  'timeouts.connectMs': 'connectionTimeout',
  'timeouts.idleMs': 'socketTimeout',
}

const GROUPS: readonly { readonly paths: readonly string[]; readonly write: (writing: Writing) => void }[] = [
  { paths: ['timeouts.totalMs'], write: writeTotal },
  { paths: ['tls.ca'], write: (writing) => writeContent(writing, 'tls.ca', 'tls.ca') },
  {
    paths: ['source', 'key', 'password'].map((name) => `tls.clientCertificate.${name}`),
    write: writeClientCertificate,
  },
  {
    paths: [
      ...['credentials.enabled', 'credentials.user', 'credentials.password', 'credentials.accessToken'],
      ...[
        'credentials.mechanism',
        'credentials.allowCleartextAuth',
        'oauth2.provider',
        'oauth2.tenant',
        'oauth2.authority',
      ],
      ...[
        'oauth2.tokenUrl',
        'oauth2.clientId',
        'oauth2.clientSecret',
        'oauth2.grant',
        'oauth2.refreshToken',
        'oauth2.scope',
      ],
      ...['oauth2.serviceAccountKey', 'oauth2.subject'],
    ],
    write: writeLogin,
  },
  { paths: ['proxy.type', 'proxy.host', 'proxy.port', 'proxy.user', 'proxy.password'], write: writeProxy },
  {
    paths: [
      ...['pool.maxConnections', 'pool.maxMessagesPerConnection', 'pool.maxIdleMs'],
      ...['limits.rate.messages', 'limits.rate.perMs'],
    ],
    write: writePool,
  },
  { paths: ['dkim'], write: writeDkim },
  { paths: ['attachments.files'], write: writeFiles },
  { paths: ['logging.level', 'logging.destinations'], write: writeLogging },
  { paths: ['sender.from', 'sender.name'], write: writeFrom },
  {
    paths: ['sender.returnPath'],
    write: ({ defaults, values }) => put(defaults, 'envelope.from', values.get('sender.returnPath')),
  },
  { paths: ['headers.priority'], write: writePriority },
  { paths: ['headers.fields'], write: writeFields },
  { paths: ['delivery.dsn.notify', 'delivery.dsn.ret'], write: writeDsn },
]

function writeProtection(writing: Writing, needsTls: boolean): void {
  const { options, values } = writing
  const transport = values.get('transport')
  if (transport === 'lmtp') options['lmtp'] = true
  else if (transport !== undefined && transport !== 'smtp')
    lose(writing, 'transport', 'Nodemailer goes out by SMTP and LMTP')
  const implicit = values.get('relay.port') === 465 && values.get('security') === undefined
  const security = needsTls ? 'starttls' : implicit ? 'implicit' : (values.get('security') ?? 'starttls')
  if (needsTls)
    lose(
      writing,
      'security',
      'STARTTLS is required in its place: Nodemailer would log in in the clear where there is no TLS',
    )
  options['secure'] = security === 'implicit'
  if (security === 'starttls') options['requireTLS'] = true
  if (security === 'none') options['ignoreTLS'] = true
}

function writeLimit(writing: Writing, path: string, option: string): void {
  const value = writing.values.get(path)
  if (value === 0) lose(writing, path, 'Nodemailer takes 0 for its own limit')
  else writing.options[option] = value
}

function writeTotal(writing: Writing): void {
  if (writing.values.get('timeouts.totalMs') !== 0)
    lose(writing, 'timeouts.totalMs', 'Nodemailer has no limit for the whole of a message')
}

function writeContent(writing: Writing, path: string, option: string): void {
  const text = clearText(writing.values.get(path))
  if (text === undefined) lose(writing, path, REFERENCE)
  else put(writing.options, option, text)
}

function writeClientCertificate(writing: Writing): void {
  const paths = ['source', 'key', 'password'].map((name) => `tls.clientCertificate.${name}`) as [string, string, string]
  const [source, key, password] = paths
  const certificateText = clearText(writing.values.get(source))
  const keyText = writing.values.has(key) ? clearText(writing.values.get(key)) : certificateText
  if (!certificateText?.includes('-----BEGIN') || !keyText?.includes('-----BEGIN')) {
    for (const path of paths) if (writing.values.has(path)) lose(writing, path, REFERENCE)
    return
  }
  put(writing.options, 'tls.cert', certificateText)
  put(writing.options, 'tls.key', keyText)
  writeSecret(writing, password, 'tls.passphrase')
}

function writeLogin(writing: Writing): void {
  const { values, options } = writing
  const has = (name: string) => values.has(`credentials.${name}`) || values.has(`oauth2.${name}`)
  if (values.get('credentials.enabled') === false) {
    for (const path of [...values.keys()].filter((each) => /^(?:credentials|oauth2)\./.test(each)))
      lose(writing, path, 'the login is switched off, and Nodemailer uses what it is given')
    return
  }
  const password = values.has('credentials.password')
  const secure = options['secure'] === true || options['requireTLS'] === true
  if (secure && values.get('credentials.allowCleartextAuth') === true)
    lose(writing, 'credentials.allowCleartextAuth', 'TLS is required, so nothing goes in the clear')
  const mechanism = values.get('credentials.mechanism')
  const tokens = mechanism === 'XOAUTH2' || values.has('credentials.accessToken')
  if (has('user')) put(options, 'auth.user', values.get('credentials.user'))
  if (!tokens) {
    for (const path of [...values.keys()].filter((each) => each.startsWith('oauth2.')))
      lose(writing, path, 'Nodemailer asks for tokens for XOAUTH2 only')
    writeSecret(writing, 'credentials.password', 'auth.pass')
    if (mechanism !== undefined) put(options, values.has('credentials.user') ? 'auth.method' : 'authMethod', mechanism)
    return
  }
  put(options, 'auth.type', 'OAuth2')
  if (password) lose(writing, 'credentials.password', 'a login by token uses no password')
  if (mechanism !== undefined && mechanism !== 'XOAUTH2')
    lose(writing, 'credentials.mechanism', 'a token goes by XOAUTH2')
  writeSecret(writing, 'credentials.accessToken', 'auth.accessToken')
  if (!values.has('credentials.accessToken')) writeTokens(writing)
  else
    for (const path of [...values.keys()].filter((each) => each.startsWith('oauth2.')))
      lose(writing, path, 'there is an access token, which is used as it is')
}

function writeTokens(writing: Writing): void {
  const { values, options } = writing
  const key = clearText(values.get('oauth2.serviceAccountKey'))
  const grant = values.get('oauth2.grant')
  for (const [path, option] of [
    ['oauth2.clientId', 'auth.clientId'],
    ['oauth2.scope', 'auth.scope'],
  ] as const)
    if (values.has(path)) put(options, option, values.get(path))
  writeSecret(writing, 'oauth2.clientSecret', 'auth.clientSecret')
  writeSecret(writing, 'oauth2.refreshToken', 'auth.refreshToken')
  writeAccessUrl(writing)
  if (key !== undefined) writeServiceAccount(writing, key)
  else if (values.has('oauth2.serviceAccountKey')) lose(writing, 'oauth2.serviceAccountKey', REFERENCE)
  const auth = (options['auth'] ?? {}) as Record<string, unknown>
  const said =
    grant === 'refresh-token' ? 'refreshToken' in auth : grant === 'service-account' && 'serviceClient' in auth
  if (grant !== undefined && !said)
    lose(writing, 'oauth2.grant', 'Nodemailer knows refresh tokens and service accounts of Google')
  if (values.has('oauth2.subject') && values.get('oauth2.subject') !== values.get('credentials.user'))
    lose(writing, 'oauth2.subject', 'a service account acts for the user that logs in')
}

function writeAccessUrl({ values, options, lost }: Writing): void {
  const url = values.get('oauth2.tokenUrl')
  const provider = values.get('oauth2.provider')
  if (url !== undefined) put(options, 'auth.accessUrl', url)
  else if (provider === 'microsoft') {
    const authority = (values.get('oauth2.authority') as string | undefined) ?? 'https://login.microsoftonline.com'
    const tenant = (values.get('oauth2.tenant') as string | undefined) ?? 'common'
    put(options, 'auth.accessUrl', `${authority.replace(/\/$/, '')}/${tenant}/oauth2/v2.0/token`)
  } else if (provider !== undefined && provider !== 'google')
    lost.push({
      setting: 'oauth2.provider',
      note: 'Nodemailer wants the address of the tokens itself: set oauth2.tokenUrl',
    })
}

function writeServiceAccount(writing: Writing, key: string): void {
  try {
    const { client_email: client, private_key: text } = JSON.parse(key) as Record<string, unknown>
    if (typeof client !== 'string' || typeof text !== 'string') throw new SyntaxError('no key of a service account')
    put(writing.options, 'auth.serviceClient', client)
    put(writing.options, 'auth.privateKey', text)
  } catch {
    lose(writing, 'oauth2.serviceAccountKey', 'it is no key of a service account') // no cause: it would repeat a piece of the key
  }
}

function writeProxy(writing: Writing): void {
  const { values, options } = writing
  const type = (values.get('proxy.type') as string | undefined) ?? (values.has('proxy.host') ? 'http' : 'none')
  const host = values.get('proxy.host')
  if (type === 'none' || typeof host !== 'string') {
    if (type !== 'none')
      lose(writing, 'proxy.type', 'Nodemailer asks neither the environment nor the system for a proxy')
    return
  }
  const user = values.get('proxy.user') as string | undefined
  const password = values.has('proxy.password') ? clearText(values.get('proxy.password')) : ''
  if (password === undefined) lose(writing, 'proxy.password', REFERENCE)
  const login =
    user === undefined ? '' : `${encodeURIComponent(user)}${password ? `:${encodeURIComponent(password)}` : ''}@`
  const port = values.get('proxy.port') as number | undefined
  const named = host.includes(':') ? `[${host}]` : encodeURIComponent(host)
  options['proxy'] = `${type}://${login}${named}${port === undefined ? '' : `:${port}`}`
  if (user === undefined && password) lose(writing, 'proxy.password', 'there is no user beside it')
}

function writePool({ values, options }: Writing): void {
  options['pool'] = true
  for (const [path, option] of [
    ['pool.maxConnections', 'maxConnections'],
    ['pool.maxMessagesPerConnection', 'maxMessages'],
    ['pool.maxIdleMs', 'idleTimeout'],
    ['limits.rate.messages', 'rateLimit'],
    ['limits.rate.perMs', 'rateDelta'],
  ] as const)
    if (values.has(path)) options[option] = values.get(path)
  options['maxConnections'] ??= 10
  options['maxMessages'] ??= 1000
}

function writeDkim(writing: Writing): void {
  const keys = (writing.values.get('dkim') as readonly Record<string, unknown>[]).flatMap((signature) => {
    const { domain, selector, privateKey, headerFields, ...others } = signature
    const text = clearText(privateKey)
    if (Object.keys(others).length > 0) lose(writing, 'dkim', `Nodemailer has no ${Object.keys(others).join(', ')}`)
    if (text === undefined) lose(writing, 'dkim', REFERENCE)
    const names = Array.isArray(headerFields) ? { headerFieldNames: headerFields.join(':') } : {}
    return text === undefined ? [] : [{ domainName: domain, keySelector: selector, privateKey: text, ...names }]
  })
  if (keys.length > 0) writing.options['dkim'] = keys.length === 1 ? keys[0] : { keys }
}

function writeFiles(writing: Writing): void {
  const files = writing.values.get('attachments.files')
  if (files === 'none') writing.options['disableFileAccess'] = true
  else if (files !== 'all') lose(writing, 'attachments.files', 'Nodemailer reads every file or none')
}

function writeLogging(writing: Writing): void {
  const level = writing.values.get('logging.level')
  const destinations = writing.values.get('logging.destinations')
  if (Array.isArray(destinations) && destinations.join() === 'stderr' && (level === 'info' || level === 'debug')) {
    writing.options['logger'] = true
    if (level === 'debug') writing.options['debug'] = true
    return
  }
  for (const path of ['logging.level', 'logging.destinations'])
    if (writing.values.has(path)) lose(writing, path, 'Nodemailer logs to the console, or to a logger of the program')
}

function writeFrom({ values, defaults, lost }: Writing): void {
  const [address, name] = [values.get('sender.from'), values.get('sender.name')]
  if (address === undefined) lost.push({ setting: 'sender.name', note: 'there is no mailbox beside it' })
  else defaults['from'] = name === undefined ? address : { name, address }
}

function writePriority(writing: Writing): void {
  const priority = writing.values.get('headers.priority')
  if (priority === 'high' || priority === 'normal' || priority === 'low') writing.defaults['priority'] = priority
  else lose(writing, 'headers.priority', 'Nodemailer knows high, normal and low')
}

function writeFields({ values, defaults }: Writing): void {
  const fields = values.get('headers.fields') as readonly { name: string; value: string }[]
  defaults['headers'] = fields.map(({ name, value }) => ({ key: name, value }))
}

function writeDsn({ values, defaults }: Writing): void {
  const [notify, ret] = [values.get('delivery.dsn.notify'), values.get('delivery.dsn.ret')]
  defaults['dsn'] = { ...(ret === undefined ? {} : { return: ret }), ...(notify === undefined ? {} : { notify }) }
}

function writeSecret(writing: Writing, path: string, option: string): void {
  if (!writing.values.has(path)) return
  const text = clearText(writing.values.get(path))
  if (text === undefined) lose(writing, path, REFERENCE)
  else put(writing.options, option, text)
}

const REFERENCE = 'it is kept elsewhere, and JSON has no place for that: put it in where the options are made'
const LOUD = 'UNSAFE: '

function lose({ lost }: Writing, setting: string, note: string): void {
  const weaker = CHECKS.has(setting) || (SETTINGS.get(setting)?.weakens !== undefined && note.startsWith(LOUD))
  lost.push({ setting, note: weaker && !note.startsWith(LOUD) ? `${LOUD}a check is gone; ${note}` : note })
}

function put(target: Record<string, unknown>, option: string, value: unknown): void {
  const [first = '', ...rest] = option.split('.')
  if (rest.length === 0) target[first] = value
  else put((target[first] ??= {}) as Record<string, unknown>, rest.join('.'), value)
}

function textOf({ options, defaults }: Writing): string {
  const first = JSON.stringify(options, null, 2)
  if (Object.keys(defaults).length === 0) return `${first}\n`
  return `nodemailer.createTransport(\n${first},\n${JSON.stringify(defaults, null, 2)}\n)\n`
}
