import { SettingsError } from '@posthorn/ground/portable'
import { valueFromText } from '../../parse-text.js'
import { SETTINGS, SETTINGS_BY_SMTP_NAME, type Setting } from '../../table.js'
import { SecretReference, type Place, type ProfileDraft } from '../report.js'
import { shownName } from '../shown-name.js'
import type { UrlDialect } from './url-dialect.js'

type Take = (draft: ProfileDraft, place: Place, value: string, dialect: UrlDialect) => void

interface QueryName {
  /** Who has this name and nobody else. */
  readonly dialect?: UrlDialect | undefined
  readonly take: Take
}

const lost =
  (note: string): Take =>
  (draft, place) =>
    draft.say(place, 'lost', note)

const setting =
  (path: string, of: (value: string) => unknown = (value) => value): Take =>
  (draft, place, value) => {
    if (value === '') draft.say(place, 'ignored', 'it is empty')
    else draft.take(place, [[path, of(value)]])
  }

const fileReference = (path: string) => new SecretReference(`file:${path}`)

const secondsIn =
  (...paths: readonly string[]): Take =>
  (draft, place, value) => {
    const ms = /^\d{1,6}$/.test(value) ? Number(value) * 1000 : value
    draft.take(
      place,
      paths.map((path) => [path, ms] as const),
    )
  }

/** True, false, or undefined for another word. */
function truth(value: string): boolean | undefined {
  if (/^(?:1|true|yes|on)$/i.test(value)) return true
  return /^(?:0|false|no|off|)$/i.test(value) ? false : undefined
}

const onTrue =
  (security: string, otherwise?: string): Take =>
  (draft, place, value) => {
    const on = truth(value)
    const wanted = on === true ? security : on === false ? otherwise : undefined
    if (on === undefined) draft.say(place, 'lost', 'it must be true or false')
    else if (wanted === undefined || draft.get('security') === 'implicit')
      draft.say(place, 'ignored', `the security is ${String(draft.get('security'))}`)
    else draft.take(place, [['security', wanted]])
  }

const verify: Take = (draft, place, value) => {
  // an empty one is none, for Symfony
  const on = /^(?:none|verify_none)$/i.test(value)
    ? false
    : /^(?:peer|verify_peer|)$/i.test(value)
      ? true
      : truth(value)
  if (on === undefined) draft.say(place, 'lost', 'it must be true or false')
  else draft.take(place, [['tls.rejectUnauthorized', on]])
}

const encryption: Take = (draft, place, value) => {
  const known = {
    ssl: 'implicit',
    smtps: 'implicit',
    tls: 'starttls',
    starttls: 'starttls',
    '': 'none',
    null: 'none',
    none: 'none',
  }
  const word = value.toLowerCase()
  const security = Object.hasOwn(known, word) ? known[word as keyof typeof known] : undefined
  if (security === undefined) draft.say(place, 'lost', 'it must be ssl, tls or nothing')
  else
    draft.take(place, [
      ['security', security === 'starttls' && draft.get('relay.port') === 465 ? 'implicit' : security],
    ])
}

const mechanism: Take = setting('credentials.mechanism', (value) => value.replaceAll('_', '-').toUpperCase())

const perSecond: Take = (draft, place, value) => {
  const rate = /^\d{1,6}(?:\.\d{1,6})?$/.test(value) ? Number(value) : Number.NaN
  if (rate === 0) draft.say(place, 'ignored', 'there is no limit')
  else if (Number.isNaN(rate)) draft.say(place, 'lost', 'it must be a number')
  else
    draft.take(place, [
      ['limits.rate.messages', Math.max(1, Math.round(rate))],
      ['limits.rate.perMs', rate >= 1 ? 1000 : Math.round(1000 / rate)],
    ])
}

const QUERY: Readonly<Record<string, QueryName>> = {
  verify_peer: { dialect: 'symfony', take: verify },
  peer_fingerprint: {
    dialect: 'symfony',
    take: lost(
      'the authorities are asked instead; a certificate that is to be taken as it is stands whole in tls.acceptedCertificates',
    ),
  },
  auto_tls: {
    dialect: 'symfony',
    take: (draft, place, value) => {
      const off = truth(value) === false && value !== '' && draft.get('security') === 'opportunistic'
      if (off) draft.take(place, [['security', 'none']])
      else draft.say(place, 'ignored', `the security is ${String(draft.get('security'))}`)
    },
  },
  require_tls: { dialect: 'symfony', take: onTrue('starttls') },
  local_domain: { dialect: 'symfony', take: setting('identity.localName') },
  source_ip: {
    dialect: 'symfony',
    take: setting('identity.localAddress', (value) => value.replace(/^\[(.*)\]$/, '$1')),
  },
  max_per_second: { dialect: 'symfony', take: perSecond },
  restart_threshold: {
    dialect: 'symfony',
    take: setting('pool.maxMessagesPerConnection', (value) => (/^\d{1,9}$/.test(value) ? Number(value) : value)),
  },
  restart_threshold_sleep: {
    dialect: 'symfony',
    take: lost('there is no pause between two connections: limits.rate is what slows down'),
  },
  ping_threshold: { dialect: 'symfony', take: secondsIn('pool.probeIdleMs') },
  command: { dialect: 'symfony', take: lost('no local program is run') },
  encryption: { dialect: 'swiftmailer', take: encryption },
  auth_mode: { dialect: 'swiftmailer', take: mechanism },
  _default_from_email: { dialect: 'django', take: setting('sender.from') },
  _server_email: {
    dialect: 'django',
    take: lost('it is the author of the mail to administrators: a profile of its own'),
  },
  ssl_certfile: { dialect: 'django', take: setting('tls.clientCertificate.source', fileReference) },
  ssl_keyfile: { dialect: 'django', take: setting('tls.clientCertificate.key', fileReference) },
  authentication: { dialect: 'rails', take: mechanism },
  enable_starttls_auto: { dialect: 'rails', take: onTrue('opportunistic', 'none') },
  enable_starttls: { dialect: 'rails', take: onTrue('starttls') },
  openssl_verify_mode: { dialect: 'rails', take: verify },
  domain: { dialect: 'rails', take: setting('identity.localName') },
  open_timeout: { dialect: 'rails', take: secondsIn('timeouts.connectMs') },
  read_timeout: { dialect: 'rails', take: secondsIn('timeouts.idleMs') },
  ca_file: { dialect: 'rails', take: setting('tls.ca', fileReference) },
  requireTLS: { dialect: 'nodemailer', take: onTrue('starttls') },
  ignoreTLS: { dialect: 'nodemailer', take: onTrue('none') },
  pool: {
    dialect: 'nodemailer',
    take: (draft, place) => draft.say(place, 'ignored', 'connections are kept and shared in any case'),
  },
  maxConnections: { dialect: 'nodemailer', take: setting('pool.maxConnections', Number) },
  maxMessages: { dialect: 'nodemailer', take: setting('pool.maxMessagesPerConnection', Number) },
  name: { dialect: 'nodemailer', take: setting('identity.localName') },
  secure: { dialect: 'nodemailer', take: onTrue('implicit') },
  timeout: { take: secondsIn('timeouts.connectMs', 'timeouts.idleMs') },
  ssl: { take: onTrue('implicit') },
  tls: {
    take: (draft, place, value, dialect) =>
      onTrue(dialect === 'rails' ? 'implicit' : 'starttls')(draft, place, value, dialect),
  },
  region: { take: (draft, place) => draft.say(place, 'taken', 'it is part of the host') },
  'tls.caFile': { dialect: 'posthorn', take: setting('tls.ca', fileReference) },
}

/** In a query of ours a content is said as in a profile, where it may be a reference; a secret in a URL is the secret itself. */
function ownValue(own: Setting, text: string): unknown {
  const value = valueFromText(own, text)
  const isReference = own.holds === 'content' && typeof value === 'string' && /^(?:env|file|vault):/.test(value)
  return isReference ? new SecretReference(value as SecretReference['text']) : value
}

/** Who has the names of a query; undefined when they tell nothing. */
export function dialectOf(query: readonly (readonly [name: string, value: string])[]): UrlDialect | undefined {
  for (const [name] of query) {
    const dialect = Object.hasOwn(QUERY, name) ? QUERY[name]!.dialect : undefined
    if (dialect !== undefined) return dialect
    if (SETTINGS_BY_SMTP_NAME.has(name) || SETTINGS.has(name)) return 'posthorn'
  }
  return undefined
}

/** Takes one setting behind the `?` over. */
export function takeQuery(draft: ProfileDraft, place: Place, name: string, value: string, dialect: UrlDialect): void {
  if (Object.hasOwn(QUERY, name)) {
    QUERY[name]!.take(draft, place, value, dialect)
    return
  }
  const own = SETTINGS_BY_SMTP_NAME.get(name) ?? SETTINGS.get(name)
  if (!own) {
    const shown = shownName(
      name,
      [...Object.keys(QUERY), ...SETTINGS_BY_SMTP_NAME.keys()],
      /^[a-z][a-zA-Z]{1,30}(?:[._][a-zA-Z]{1,30}){0,3}$/,
    )
    draft.say({ ...place, entry: shown.entry === 'a line' ? 'a setting' : place.entry }, 'unknown', shown.note)
    return
  }
  try {
    draft.take(place, [[own.path, ownValue(own, value)]])
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    draft.say(place, 'lost', `${own.path} ${error.message.slice(error.message.indexOf(':') + 2)}`)
  }
}
