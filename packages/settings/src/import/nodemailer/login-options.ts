import type { OptionReader } from './option-reader.js'

/** Where Nodemailer asks for tokens when nothing is said. */
const GOOGLE = /^https:\/\/(?:accounts\.google\.com|oauth2\.googleapis\.com|www\.googleapis\.com)\//i
const MICROSOFT = /^https:\/\/(login\.[a-z0-9.-]+)\/([^/\s]{1,255})\/oauth2\/(?:v2\.0\/)?token\/?$/i

const TYPES: Readonly<Record<string, string>> = {
  login: 'with user and password',
  custom: 'a login of its own is a program: Posthorn takes it as a mechanism of SmtpOptions',
}

/** Who logs in, and how. */
export function takeLogin(options: OptionReader): void {
  if (options.has('auth')) takeAuthThatIsNoObject(options)
  if (!options.rest().some((path) => path.startsWith('auth.'))) {
    options.tell('authMethod', 'ignored', 'nobody logs in')
    return
  }
  const type = options.plain('auth.type')
  const kind = typeof type?.value === 'string' ? type.value.toLowerCase() : 'login'
  for (const [inner, path] of [
    ['auth.credentials.user', 'auth.user'],
    ['auth.credentials.pass', 'auth.pass'],
  ] as const) {
    if (options.has(path)) options.tell(inner, 'ignored', `${path} says it`)
    else if (options.has(inner)) options.take(inner, path === 'auth.user' ? 'credentials.user' : 'credentials.password')
  }
  options.take('auth.user', 'credentials.user', String)
  if (kind === 'oauth2') {
    options.draft.take(type!.place, [['credentials.mechanism', 'XOAUTH2']])
    takeTokens(options)
  } else {
    if (type)
      options.draft.say(
        type.place,
        kind === 'login' ? 'taken' : 'lost',
        Object.hasOwn(TYPES, kind) ? TYPES[kind] : 'this type of login is not known',
      )
    if (options.has('auth.pass')) options.takeSecret('auth.pass', 'credentials.password')
    for (const path of ['auth.method', 'authMethod']) {
      if (options.draft.has('credentials.mechanism')) options.tell(path, 'ignored', 'auth.method says it')
      else options.take(path, 'credentials.mechanism', (value) => String(value).trim().toUpperCase())
    }
  }
  options.tell('auth.pass', 'ignored', 'a login by token uses no password')
  options.tell('authMethod', 'ignored', 'a login by token is XOAUTH2')
}

function takeAuthThatIsNoObject(options: OptionReader): void {
  const literal = options.literal('auth')
  if (literal?.kind === 'plain' && !literal.value) options.tell('auth', 'ignored', 'nobody logs in')
  else options.lose('auth', 'only running the program would tell who logs in: write auth: { user, pass }')
}

function takeTokens(options: OptionReader): void {
  const { draft } = options
  const service = options.has('auth.serviceClient')
  const refresh = options.has('auth.refreshToken')
  takeEndpoint(options)
  options.take('auth.scope', 'oauth2.scope')
  if (service) takeServiceAccount(options)
  else {
    options.take('auth.clientId', 'oauth2.clientId')
    if (options.has('auth.clientSecret')) options.takeSecret('auth.clientSecret', 'oauth2.clientSecret')
    if (refresh) {
      options.takeSecret('auth.refreshToken', 'oauth2.refreshToken')
      draft.take(options.place('auth.type'), [['oauth2.grant', 'refresh-token']], 'taken')
    }
  }
  if (refresh || service) options.tell('auth.accessToken', 'ignored', 'a new one is had at once')
  else if (options.has('auth.accessToken')) {
    options.takeSecret('auth.accessToken', 'credentials.accessToken')
    for (const path of [
      'oauth2.provider',
      'oauth2.tenant',
      'oauth2.tokenUrl',
      'oauth2.clientId',
      'oauth2.clientSecret',
      'oauth2.scope',
    ])
      draft.drop(path)
  }
  if (!refresh && !service && !draft.has('credentials.accessToken')) {
    draft.say(
      options.place('auth.type'),
      'lost',
      'there is neither a refresh token nor an access token; a program hands it out: set up oauth2',
    )
  }
  options.tell('auth.privateKey', 'ignored', 'it needs serviceClient')
  options.tell('auth.expires', 'ignored', 'the answer with the token says how long it is good')
  options.tell('auth.timeout', 'ignored', 'the answer with the token says how long it is good')
  for (const path of ['auth.customHeaders', 'auth.customParams', 'auth.provisionCallback', 'auth.tls'])
    options.lose(path, 'a request for a token has no such addition here')
}

function takeEndpoint(options: OptionReader): void {
  const { draft } = options
  const plain = options.plain('auth.accessUrl')
  if (!plain) {
    draft.take(
      options.place('auth.accessUrl'),
      [['oauth2.provider', 'google']],
      'defaulted',
      'Nodemailer asks Google for tokens',
    )
    return
  }
  const url = String(plain.value)
  const [, host = '', tenant = ''] = MICROSOFT.exec(url) ?? []
  if (GOOGLE.test(url)) draft.take(plain.place, [['oauth2.provider', 'google']])
  else if (/^login\.(?:microsoftonline\.(?:com|us)|partner\.microsoftonline\.cn|chinacloudapi\.cn)$/i.test(host)) {
    draft.take(plain.place, [
      ['oauth2.provider', 'microsoft'],
      ['oauth2.tenant', tenant],
      ...(host.toLowerCase() === 'login.microsoftonline.com' ? [] : [['oauth2.authority', `https://${host}`] as const]),
    ])
  } else draft.take(plain.place, [['oauth2.tokenUrl', url]])
}

/** The key of a service account, as the file of Google has it, from the pieces Nodemailer wants. */
function takeServiceAccount(options: OptionReader): void {
  const { draft } = options
  const client = options.plain('auth.serviceClient')
  const key = options.literal('auth.privateKey')
  if (!client || key?.kind !== 'plain' || typeof key.value !== 'string') {
    options.lose(
      'auth.privateKey',
      'the key must stand in oauth2.serviceAccountKey: give file:PATH of the JSON file of the service account',
    )
    if (client) draft.say(client.place, 'lost', 'it stands in the JSON file of the service account')
    return
  }
  const text = JSON.stringify({ type: 'service_account', client_email: String(client.value), private_key: key.value })
  const place = options.place('auth.privateKey')
  options.done('auth.privateKey')
  const user = draft.get('credentials.user')
  draft.take(client.place, [
    ['oauth2.grant', 'service-account'],
    ...(typeof user === 'string' ? [['oauth2.subject', user] as const] : []),
  ])
  draft.take(place, [['oauth2.serviceAccountKey', text]])
}
