import type { SettingValue } from '../../values.js'
import { SecretReference } from '../report.js'
import type { JavaMailOutcome } from './apply-javamail-properties.js'
import type { JavaMailProperties, Understood } from './javamail-properties.js'
import { words } from './tls-properties.js'

/** What JavaMail tries by itself, in its order. */
export const JAVAMAIL_MECHANISMS: readonly string[] = ['LOGIN', 'PLAIN', 'DIGEST-MD5', 'NTLM']
/** Those whose password is an access token. */
const TOKEN = ['XOAUTH2', 'OAUTHBEARER']
/** Those that need no password. */
const WITHOUT_PASSWORD = ['GSSAPI', 'EXTERNAL', 'ANONYMOUS']
/** Where a password is looked for when the file has none. */
export const PASSWORD_VARIABLE = 'SMTP_PASSWORD'

/** Who logs in, and how. */
export function applyLogin(
  properties: JavaMailProperties,
  authByDefault: boolean,
  hadCredentials: boolean,
): JavaMailOutcome {
  const { draft } = properties
  const mechanisms = applyMechanisms(properties)
  applyIdentities(properties)
  applyNtlm(properties)
  const auth = properties.flag('mail.smtp.auth', authByDefault)
  const asked = auth?.value ?? authByDefault
  const user = first(properties, ['mail.smtp.user', 'mail.user'], 'mail.smtp.user is more exact')
  const password = first(properties, ['mail.smtp.password', 'mail.password'], 'mail.smtp.password is more exact')
  if (user) properties.take(user, [['credentials.user', user.value]])
  if (password) applyPassword(properties, password, mechanisms)
  const complete =
    draft.has('credentials.user') && (draft.has('credentials.password') || draft.has('credentials.accessToken'))
  const hasLogin = complete || (hadCredentials && draft.has('credentials.user'))
  let without: JavaMailOutcome = {}
  if (hasLogin) sayAuth(properties, auth, asked, hadCredentials)
  else if (user && mechanisms?.length === 1 && WITHOUT_PASSWORD.includes(mechanisms[0]!)) {
    draft.drop('credentials.mechanisms')
    draft.take({ entry: user.entry.place.entry }, [['credentials.mechanism', mechanisms[0]]], 'taken')
    sayAuth(properties, auth, asked, hadCredentials)
  } else if (user && asked) {
    draft.take(
      (auth ?? user).entry.place,
      [
        ['credentials.password', new SecretReference(`env:${PASSWORD_VARIABLE}`)],
        ...(auth ? [['credentials.required', true] as const] : []),
      ],
      'changed',
      `a login is asked for, and its password is not here: it is read from the variable ${PASSWORD_VARIABLE}`,
    )
    if (auth) properties.reported(auth.entry)
  } else if (user ?? password) {
    const missing = user ? 'password' : 'name'
    if (auth?.value) without = { loginWithoutName: auth.entry.place }
    const place = auth?.entry.place ?? (user ?? password)!.entry.place
    if (auth) properties.reported(auth.entry)
    draft.take(place, [['credentials.enabled', false]], 'taken', `nobody logs in: there is no ${missing} beside it`)
  } else if (auth?.value) {
    without = { loginWithoutName: auth.entry.place }
    properties.say(auth.entry, 'lost', 'there is no name and no password to log in with; mail goes out without login')
  } else if (auth) properties.say(auth.entry, 'ignored', 'there is nothing to log in with')
  if (draft.has('credentials.user') && draft.get('credentials.enabled') !== false) writeDefaults(properties, mechanisms)
  return without
}

/** `auth` false or missing means: log in when the server offers it. */
function sayAuth(
  properties: JavaMailProperties,
  auth: Understood<boolean> | undefined,
  asked: boolean,
  decided: boolean,
): void {
  const note =
    'there are credentials: JavaMail logs in with them where the server offers a login, and goes on without where it does not'
  if (auth) properties.take(auth, [['credentials.required', asked]], asked ? undefined : note)
  else if (!asked && !decided) properties.defaulted('mail.smtp.auth', [['credentials.required', false]], note)
}

function applyPassword(
  properties: JavaMailProperties,
  password: Understood<string>,
  mechanisms: readonly string[] | undefined,
): void {
  const { entry } = password
  // blanks belong to a password: java.util.Properties takes those at its end as part of it
  const value = entry.value
  if (entry.variable !== undefined) {
    const reference = new SecretReference(`env:${entry.variable}`)
    properties.take(
      { entry, value },
      [['credentials.password', reference]],
      `stands for the variable ${entry.variable} of the environment, which is read when mail is sent and given to the server of this profile`,
      'changed',
    )
    return
  }
  const token =
    mechanisms !== undefined &&
    (TOKEN.includes(mechanisms[0]!) || properties.flag(XOAUTH2_DISABLE, true)?.value === false)
  const path =
    token && mechanisms.some((name) => TOKEN.includes(name)) ? 'credentials.accessToken' : 'credentials.password'
  if (path === 'credentials.password') properties.take({ entry, value, note: entry.note }, [[path, value]])
  else
    properties.take(
      { entry, value },
      [[path, value]],
      'with XOAUTH2 JavaMail takes the password for an access token; it ends after an hour or so: set up oauth2',
      'changed',
    )
}

const XOAUTH2_DISABLE = 'mail.smtp.auth.xoauth2.disable'

/** The mechanisms that were named; undefined for all that are offered. */
function applyMechanisms(properties: JavaMailProperties): readonly string[] | undefined {
  const sasl = properties.flag('mail.smtp.sasl.enable', false)
  const saslList = properties.text('mail.smtp.sasl.mechanisms')
  const list = properties.text('mail.smtp.auth.mechanisms')
  if (sasl)
    properties.say(
      sasl.entry,
      'ignored',
      sasl.value ? 'all mechanisms are always there; sasl.mechanisms counts' : 'is so by default',
    )
  const counts = sasl?.value && saslList ? saslList : list
  for (const each of [saslList, list]) {
    if (!each) continue
    if (each === counts) {
      const names = mechanismNames(each.value)
      properties.take(
        each,
        listValues(names),
        names.length > 1 ? 'the first of them that the server offers is used, and after a refusal no other' : undefined,
      )
    } else if (each === list) properties.say(each.entry, 'ignored', 'sasl.mechanisms counts in its place')
    else properties.say(each.entry, 'ignored', 'counts only with sasl.enable=true')
  }
  const remaining = applySwitches(properties, counts !== undefined)
  if (counts && properties.draft.has('credentials.mechanisms')) return mechanismNames(counts.value)
  return sasl?.value && remaining === undefined ? undefined : (remaining ?? JAVAMAIL_MECHANISMS)
}

/** JavaMail takes the first of its list that the server offers, and tries no other after a refusal. */
const listValues = (names: readonly string[]): SettingValue[] => [
  ['credentials.mechanisms', names],
  ...(names.length > 1 ? [['credentials.mechanismFallback', false] as const] : []),
]

const mechanismNames = (text: string) => [
  ...new Set(words(text.replaceAll(',', ' ')).map((name) => name.toUpperCase())),
]

/** `auth.login.disable` and its like. */
function applySwitches(properties: JavaMailProperties, listed: boolean): readonly string[] | undefined {
  const switches = [...JAVAMAIL_MECHANISMS, 'XOAUTH2'].flatMap((mechanism) => {
    const byDefault = mechanism === 'XOAUTH2'
    const flag = properties.flag(`mail.smtp.auth.${mechanism.toLowerCase()}.disable`, byDefault)
    return flag ? [{ mechanism, flag, counts: flag.value !== byDefault }] : []
  })
  const off = switches.filter(({ flag, counts }) => counts && flag.value).map(({ mechanism }) => mechanism)
  const on = switches.filter(({ flag, counts }) => counts && !flag.value).map(({ mechanism }) => mechanism)
  const remaining = [...JAVAMAIL_MECHANISMS.filter((mechanism) => !off.includes(mechanism)), ...on]
  for (const { flag, counts } of switches) {
    if (listed) properties.say(flag.entry, 'ignored', 'is not looked at: the mechanisms are listed')
    else if (!counts) properties.say(flag.entry, 'ignored', 'is so by default')
    else properties.take(flag, listValues(remaining))
  }
  return off.length + on.length > 0 && !listed ? remaining : undefined
}

function applyIdentities(properties: JavaMailProperties): void {
  const identity = properties.text('mail.smtp.sasl.authorizationid')
  if (identity) properties.take(identity, [['credentials.authorizationId', identity.value]])
  const realm = first(properties, ['mail.smtp.sasl.realm', 'mail.smtp.saslrealm'], 'sasl.realm is its newer name')
  const domain = properties.text('mail.smtp.auth.ntlm.domain')
  if (realm) properties.take(realm, [['credentials.realm', realm.value]])
  if (domain && realm && realm.value !== domain.value) {
    properties.say(
      domain.entry,
      'lost',
      'sasl.realm says otherwise, and there is one realm for DIGEST-MD5 and NTLM; if the login is NTLM, set credentials.realm',
    )
  } else if (domain) properties.take(domain, [['credentials.realm', domain.value]])
  const canonical = properties.flag('mail.smtp.sasl.usecanonicalhostname', false)
  if (canonical?.value)
    properties.take(
      canonical,
      [['credentials.canonicalHost', true]],
      'who can change what DNS says chooses the server a login is made out to: better write its name as credentials.serviceHost',
    )
  else if (canonical) properties.take(canonical, [['credentials.canonicalHost', false]])
}

function applyNtlm(properties: JavaMailProperties): void {
  const flags = properties.number('mail.smtp.auth.ntlm.flags')
  if (flags) properties.take(flags, [['credentials.ntlm.flags', flags.value >>> 0]])
  const v2 = properties.flag('mail.smtp.auth.ntlm.v2', true)
  if (v2) properties.take(v2, [['credentials.ntlm.version', v2.value ? 2 : 1]])
  for (const name of ['unicode', 'lmcompat']) {
    const entry = properties.entry(`mail.smtp.auth.ntlm.${name}`)
    if (entry) properties.say(entry, 'ignored', 'has no effect in JavaMail either')
  }
}

/** What JavaMail does where nothing is said: its own mechanisms, and passwords in the clear where there is no TLS. */
function writeDefaults(properties: JavaMailProperties, mechanisms: readonly string[] | undefined): void {
  const { draft } = properties
  if (mechanisms !== undefined && !draft.has('credentials.mechanism') && !draft.has('credentials.mechanisms')) {
    properties.defaulted(
      'mail.smtp.auth.mechanisms',
      listValues(mechanisms),
      'the mechanisms of JavaMail: the first of them that the server offers, and after a refusal no other',
    )
  }
  const security = draft.get('security')
  if (security !== 'none' && security !== 'opportunistic') return
  properties.defaulted(
    'mail.smtp.starttls.required',
    [['credentials.allowCleartextAuth', true]],
    'JavaMail logs in where there is no TLS, too; with starttls.required=true it does not',
  )
}

/** The first that is there; the others are without effect. */
function first(properties: JavaMailProperties, names: readonly string[], note: string): Understood<string> | undefined {
  const [counts, ...others] = names.map((name) => properties.text(name)).filter((each) => each !== undefined)
  for (const other of others) properties.say(other.entry, 'ignored', note)
  return counts
}
