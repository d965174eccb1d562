// A table: the names of JavaMail, and which unknown ones may be repeated.
import { nearName } from '@posthorn/ground/portable'

/** Properties of the SMTP transport that are read, by the rest of their names. */
export const SMTP_NAMES = [
  ...['user', 'host', 'port', 'password', 'from', 'localhost', 'localaddress', 'localport', 'ehlo', 'auth'],
  ...['connectiontimeout', 'timeout', 'writetimeout', 'executor.writetimeout', 'auth.mechanisms'],
  ...['auth.login.disable', 'auth.plain.disable', 'auth.digest-md5.disable', 'auth.ntlm.disable'],
  ...['auth.xoauth2.disable', 'auth.ntlm.domain', 'auth.ntlm.flags', 'auth.ntlm.v2', 'auth.ntlm.unicode'],
  ...['auth.ntlm.lmcompat', 'submitter', 'dsn.notify', 'dsn.ret', 'allow8bitmime', 'sendpartial', 'sasl.enable'],
  ...['sasl.mechanisms', 'sasl.authorizationid', 'sasl.realm', 'saslrealm', 'sasl.usecanonicalhostname', 'quitwait'],
  ...['quitonsessionreject', 'reportsuccess', 'socketFactory', 'socketFactory.class', 'socketFactory.fallback'],
  ...['socketFactory.port', 'ssl.enable', 'ssl.checkserveridentity', 'ssl.hostnameverifier', 'ssl.trust'],
  ...['ssl.hostnameverifier.class', 'ssl.socketFactory', 'ssl.socketFactory.class', 'ssl.socketFactory.port'],
  ...['ssl.protocols', 'ssl.ciphersuites', 'starttls.enable', 'starttls.enabled', 'starttls.required', 'proxy.host'],
  ...['proxy.port', 'proxy.user', 'proxy.password', 'socks.host', 'socks.port', 'mailextension', 'userset'],
  ...['noop.strict', 'chunksize', 'usesocketchannels'],
] as const

/** Those that count for every transport. */
export const SESSION_NAMES = [
  ...['mail.host', 'mail.user', 'mail.password', 'mail.from', 'mail.transport.protocol', 'mail.debug'],
  ...['mail.transport.protocol.rfc822', 'mail.debug.auth', 'mail.debug.auth.username', 'mail.debug.auth.password'],
  ...['mail.debug.quote', 'mail.mime.allowutf8', 'mail.mime.charset'],
] as const

const NAMES = [
  ...SMTP_NAMES.map((name) => `mail.smtp.${name}`),
  ...SMTP_NAMES.map((name) => `mail.smtps.${name}`),
  ...SESSION_NAMES,
]

const OF_SPRING = 'spring.mail.properties.'

const WORDS = new Set(NAMES.flatMap((name) => name.split('.')))

/** The property somebody may have meant. */
export function meantName(name: string): string | undefined {
  return name.length > 60 ? undefined : nearName(name, NAMES)
}

/**
 * A name as it may stand in a report. A line whose `=` got lost is a name with a password in it: only what is near to a known name, or is
 * made of plain lower-case words, is repeated; else the known beginning.
 */
export function shownName(name: string): string {
  if (name.startsWith(OF_SPRING)) return `${OF_SPRING}${shownName(name.slice(OF_SPRING.length))}`
  const parts = name.split('.')
  const strange = parts.findIndex(
    (part) => !WORDS.has(part) && !/^(?!pass|pw|secret|token)[a-z][a-z0-9-]{0,30}$/.test(part),
  )
  if (strange < 0 && parts.length > 1 && parts.length <= 8) return name
  if (parts[0] !== 'mail') return 'an entry'
  return meantName(name) === undefined
    ? `${parts.slice(0, strange < 0 ? 8 : Math.min(strange, 8)).join('.')}. ...`
    : name
}
