import { valuesOf } from '../../values.js'
import { loginNeedsTls } from '../clear-login.js'
import { clearText } from '../clear-text.js'
import type { Export, ImportedProfile } from '../import.js'
import { commandFor } from './password-command.js'

/** Settings whose loss would make mail go out less safely than the profile has it. */
const CHECKS: ReadonlySet<string> = new Set([
  ...['tls.pins', 'tls.revocation.crl', 'tls.revocation.ocsp', 'tls.minStrengthBits', 'tls.minVersion', 'tls.ciphers'],
  ...['tls.ca', 'delivery.requireTls', 'credentials.minimumAuthStrength', 'dkim', 'smime.encrypt.enabled'],
])

/** Settings that are a command with the same value. */
const SAME: Readonly<Record<string, string>> = {
  'identity.localAddress': 'source_ip',
  'identity.localName': 'domain',
  'tls.servername': 'tls_host_override',
  'credentials.user': 'user',
  'credentials.realm': 'ntlmdomain',
  'delivery.dsn.ret': 'dsn_return',
}

/** The account being written. */
class Writer {
  readonly lines: string[] = []
  readonly lost: { setting: string; note: string }[] = []
  readonly values: Map<string, unknown>
  readonly #left: Set<string>

  constructor(values: Map<string, unknown>) {
    this.values = values
    this.#left = new Set(values.keys())
  }

  /** The value of a setting, which is looked after now. */
  read(path: string): unknown {
    this.#left.delete(path)
    return this.values.get(path)
  }

  write(command: string, argument: string | number): boolean {
    const text = String(argument)
    if (/[\r\n\0]/.test(text)) return false
    const plain =
      text === text.trim() && text !== '' && !(text.startsWith('"') && text.endsWith('"') && text.length > 1)
    this.lines.push(`${command} ${plain ? text : `"${text}"`}`)
    return true
  }

  /** Says that a setting is lost, whether it is written in the profile or is so by default. */
  lose(setting: string, note: string): void {
    this.#left.delete(setting)
    this.lost.push({ setting, note: CHECKS.has(setting) ? `UNSAFE: a check is gone; ${note}` : note })
  }

  /** The same for settings that may not be there: then nothing is lost. */
  loseWritten(settings: readonly string[], note: string): void {
    for (const setting of settings) if (this.values.has(setting)) this.lose(setting, note)
  }

  left(): string[] {
    return [...this.#left]
  }
}

/**
 * The profile as an account of msmtp. A password that stands in the profile is written in clear; one in a variable or a file becomes a
 * `passwordeval`. Where the profile logs in with TLS only, TLS is required.
 */
export function exportMsmtp({ name, profile }: ImportedProfile): Export {
  const writer = new Writer(new Map(valuesOf(profile)))
  writer.lines.push(`account ${/^[^\s:,]{1,100}$/.test(name) ? name : 'posthorn'}`)
  // without TLS the automatic choice of msmtp sends no password; a token always goes by a mechanism that sends it
  const needsTls = loginNeedsTls(profile, profile.credentials?.accessToken !== undefined)
  const security = writeServer(writer, needsTls)
  for (const [path, command] of Object.entries(SAME)) {
    const value = writer.read(path)
    if (typeof value === 'string') writer.write(command, value)
  }
  writeTls(writer)
  writeLogin(writer, security)
  writeSender(writer)
  writeTimeout(writer)
  writeProxy(writer)
  writeLogging(writer)
  writeRefusals(writer)
  for (const path of writer.left()) writer.lose(path, 'msmtp has no command for it')
  return { text: `${writer.lines.join('\n')}\n`, lost: writer.lost }
}

function writeServer(writer: Writer, needsTls: boolean): string {
  const host = writer.read('relay.host')
  const transport = writer.read('transport')
  if (typeof host === 'string') writer.write('host', host)
  if (transport === 'smtp' || transport === 'lmtp') writer.write('protocol', transport)
  else writer.loseWritten(['transport'], 'msmtp goes out by SMTP and LMTP')
  const port = writer.read('relay.port')
  const given = writer.read('security') as string | undefined
  const security = needsTls ? 'starttls' : (given ?? (port === 465 ? 'implicit' : 'starttls'))
  writer.write('port', typeof port === 'number' ? port : security === 'implicit' ? 465 : 587)
  writer.write('tls', security === 'none' ? 'off' : 'on')
  if (security !== 'none') writer.write('tls_starttls', security === 'implicit' ? 'off' : 'on')
  if (given === 'opportunistic')
    writer.lose('security', 'msmtp upgrades by STARTTLS or does not send: that is what was written')
  else if (needsTls)
    writer.lose('security', 'STARTTLS is required in its place: msmtp would log in in the clear where there is no TLS')
  return security
}

function writeTls(writer: Writer): void {
  const check = writer.read('tls.rejectUnauthorized')
  if (typeof check === 'boolean') writer.write('tls_certcheck', check ? 'on' : 'off')
  const ca = writer.read('tls.ca')
  const [, path] = typeof ca === 'string' ? (/^file:(.+)$/s.exec(ca) ?? []) : []
  if (path === undefined || path === 'system' || !writer.write('tls_trust_file', path))
    writer.loseWritten(['tls.ca'], 'msmtp wants a file')
  writeClientCertificate(writer)
}

/** Both or neither: msmtp uses them together. */
function writeClientCertificate(writer: Writer): void {
  const [source, key] = ['source', 'key'].map((name) => `tls.clientCertificate.${name}`) as [string, string]
  const certificateFile = fileOf(writer.read(source))
  const keyFile = writer.values.has(key) ? fileOf(writer.read(key)) : certificateFile
  if (certificateFile === undefined || keyFile === undefined) {
    writer.loseWritten([source, key], 'msmtp wants PEM files')
    return
  }
  writer.write('tls_cert_file', certificateFile)
  writer.write('tls_key_file', keyFile)
}

/** What msmtp can read: the path of a file that fits on one line, or a token. */
function fileOf(value: unknown): string | undefined {
  const [, path, token] =
    typeof value === 'string' ? (/^(?:file:([^\r\n\0]+)|(pkcs11:[^\r\n\0]+))$/.exec(value) ?? []) : []
  return path ?? token
}

const METHODS =
  /^(?:PLAIN|LOGIN|CRAM-MD5|DIGEST-MD5|NTLM|GSSAPI|EXTERNAL|OAUTHBEARER|XOAUTH2|SCRAM-SHA-(?:1|256)(?:-PLUS)?)$/

function writeLogin(writer: Writer, security: string): void {
  const { values } = writer
  const tokens = values.has('credentials.accessToken')
  const secret = tokens ? 'credentials.accessToken' : 'credentials.password'
  const given = writer.read('credentials.mechanism')
  const known = typeof given === 'string' && METHODS.test(given)
  if (!known) writer.loseWritten(['credentials.mechanism'], 'msmtp does not know this mechanism')
  const method = known ? given.toLowerCase() : tokens ? 'oauthbearer' : 'on'
  const used = writer.read('credentials.enabled') !== false
  if (values.has('credentials.user') || values.has(secret) || known) writer.write('auth', used ? method : 'off')
  if (known && !used) writer.lose('credentials.mechanism', 'the login is switched off')
  writeSecret(writer, secret)
  // what msmtp does without TLS: the automatic choice sends no password in the clear, a mechanism that is named may
  const clear = used && security === 'none' && values.has(secret)
  const allowed = writer.read('credentials.allowCleartextAuth') ?? false
  if (allowed !== clear)
    writer.lose(
      'credentials.allowCleartextAuth',
      'msmtp decides it by the mechanism: one that is named is used without TLS, too',
    )
  const floor = writer.read('credentials.minimumAuthStrength') ?? 'cleartext'
  const choosesHash = clear && !known && !tokens
  if (choosesHash && floor === 'cleartext')
    // stricter than the profile: no check is gone
    writer.lost.push({
      setting: 'credentials.minimumAuthStrength',
      note: 'without TLS msmtp chooses no mechanism that sends the password: name one in auth',
    })
  else if (floor !== (choosesHash ? 'hash' : 'cleartext'))
    writer.lose('credentials.minimumAuthStrength', 'msmtp knows no such floor')
}

function writeSecret(writer: Writer, path: string): void {
  const value = writer.read(path)
  if (value === undefined) return
  const text = clearText(value)
  const command = typeof value === 'string' && text === undefined ? commandFor(value) : undefined
  const written =
    text !== undefined ? writer.write('password', text) : command !== undefined && writer.write('passwordeval', command)
  if (!written) writer.lose(path, 'it is kept where msmtp cannot read it: write a passwordeval')
}

function writeSender(writer: Writer): void {
  const from = writer.read('sender.from')
  const returnPath = writer.read('sender.returnPath') ?? from
  const isPattern = typeof returnPath === 'string' && (/%[UHCMF]/.test(returnPath) || /[?*[]/.test(returnPath))
  if (typeof returnPath !== 'string' || isPattern) {
    writer.loseWritten(['sender.from', 'sender.returnPath'], 'msmtp would take it for a pattern')
  } else {
    writer.write('from', returnPath)
    if (from === undefined) writer.write('set_from_header', 'off')
    else if (from !== returnPath) writer.lose('sender.from', 'msmtp makes the author of the reverse-path')
  }
  // msmtp before 1.8.24, which Debian 12 has, refuses the whole file for it
  writer.loseWritten(['sender.name'], 'msmtp 1.8.24 and later have the command from_full_name: add it by hand')
  const notify = writer.read('delivery.dsn.notify')
  if (Array.isArray(notify)) writer.write('dsn_notify', notify.join(','))
}

function writeTimeout(writer: Writer): void {
  const [connect, idle] = [writer.read('timeouts.connectMs'), writer.read('timeouts.idleMs')] as (number | undefined)[]
  const ms = idle ?? connect
  if (ms === undefined) return
  const seconds = Math.ceil(ms / 1000)
  if (seconds > 0) writer.write('timeout', seconds)
  for (const path of ['timeouts.connectMs', 'timeouts.idleMs'])
    if (seconds === 0 || writer.values.get(path) !== seconds * 1000)
      writer.loseWritten([path], 'msmtp has one limit, in seconds')
}

function writeProxy(writer: Writer): void {
  const host = writer.read('proxy.host')
  const type = writer.read('proxy.type')
  const resolve = writer.read('proxy.resolve')
  if (type === 'none' || (host === undefined && type === undefined)) {
    writer.loseWritten(['proxy.type', 'proxy.host', 'proxy.resolve'], 'there is no proxy')
    return
  }
  if (typeof host === 'string' && type === 'socks5' && resolve !== 'local') {
    writer.write('proxy_host', host)
    const port = writer.read('proxy.port')
    if (typeof port === 'number') writer.write('proxy_port', port)
    return
  }
  writer.loseWritten(
    ['proxy.type', 'proxy.host', 'proxy.resolve', 'proxy.port'],
    'msmtp goes through SOCKS 5 proxies only, and they resolve the name of the relay',
  )
}

function writeLogging(writer: Writer): void {
  const destinations = writer.read('logging.destinations')
  const names = Array.isArray(destinations) ? (destinations as string[]) : []
  const file = writer.read('logging.file.path')
  const facility = writer.read('logging.syslog.facility')
  if (names.includes('file') && typeof file === 'string' && file !== '-') writer.write('logfile', file)
  else writer.loseWritten(['logging.file.path'], 'msmtp writes no log to a file')
  if (names.includes('stderr') && !names.includes('file')) writer.write('logfile', '-')
  if (!names.includes('syslog')) writer.loseWritten(['logging.syslog.facility'], 'msmtp logs nothing to syslog')
  else {
    const known = typeof facility !== 'string' || /^(?:user|mail|local[0-7])$/.test(facility)
    writer.write('syslog', known ? `LOG_${(typeof facility === 'string' ? facility : 'mail').toUpperCase()}` : 'on')
    if (!known) writer.lose('logging.syslog.facility', 'msmtp knows LOG_USER, LOG_MAIL and LOG_LOCAL0 to LOG_LOCAL7')
  }
  if (names.includes('eventlog') || (names.includes('stderr') && names.includes('file')))
    writer.lose('logging.destinations', 'msmtp logs to one file and to syslog')
}

/** One refusal stops a message there; that Posthorn goes on is lost when the profile says nothing, too. */
function writeRefusals(writer: Writer): void {
  const paths = ['to', 'cc', 'bcc'].map((field) => `delivery.onRefused.${field}`)
  const others = paths.filter((path) => writer.read(path) !== 'stop')
  const isSaid = paths.some((path) => writer.values.has(path))
  for (const path of isSaid ? others : others.slice(0, 1))
    writer.lose(path, 'msmtp gives a message up when one of its recipients is refused, in To, Cc or Bcc')
}
