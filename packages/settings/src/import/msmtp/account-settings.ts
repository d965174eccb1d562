import { SecretReference } from '../report.js'
import { numberIn, onOff, type AccountReader } from './account-reader.js'
import { placeOfPassword } from './password-command.js'

const SYNTAX = 'it must be on or off'
/** Patterns that msmtp fills in when it runs. */
const PATTERN = /%[UHCMF]/

/** Server, protection and certificates. */
export function takeServer(account: AccountReader): void {
  const { draft } = account
  account.take('host', (host) => [['relay.host', host]])
  account.take('port', (port) => [['relay.port', numberIn(port)]])
  const protocol = account.read('protocol')
  if (protocol?.argument === 'smtp' || protocol?.argument === 'lmtp')
    draft.take(protocol.place, [['transport', protocol.argument]])
  else if (protocol) draft.say(protocol.place, 'lost', 'it must be smtp or lmtp')
  takeProtection(account)
  account.take('source_ip', (address) => [['identity.localAddress', address]])
  const domain = account.read('domain')
  if (domain && PATTERN.test(domain.argument))
    draft.say(domain.place, 'lost', 'msmtp fills a pattern in: set identity.localName')
  else
    draft.take(
      domain?.place ?? account.place('domain'),
      [['identity.localName', domain?.argument || 'localhost']],
      domain ? 'taken' : 'defaulted',
      domain ? undefined : 'msmtp says localhost in EHLO',
    )
  takeTimeout(account)
  const proxy = account.read('proxy_host')
  if (proxy && proxy.argument !== '')
    draft.take(proxy.place, [
      ['proxy.type', 'socks5'],
      ['proxy.host', proxy.argument],
      ['proxy.resolve', 'remote'],
    ])
  else if (proxy) draft.say(proxy.place, 'ignored', 'it is empty, which stands for no proxy')
  if (draft.has('proxy.host')) account.take('proxy_port', (port) => [['proxy.port', numberIn(port)]])
  else account.tell('proxy_port', 'ignored', 'there is no proxy_host')
  account.tell('socket', 'lost', 'a local socket is not connected to: name a host')
}

function takeProtection(account: AccountReader): void {
  const { draft } = account
  const tls = account.read('tls')
  const upgrade = account.read('tls_starttls')
  const on = tls ? onOff(tls.argument) : false
  const starttls = upgrade ? onOff(upgrade.argument) : true
  if (on === undefined) draft.say(tls!.place, 'lost', SYNTAX)
  if (starttls === undefined) draft.say(upgrade!.place, 'lost', SYNTAX)
  const security = !on ? 'none' : starttls === false ? 'implicit' : 'starttls'
  if (!tls)
    draft.take(account.place('tls'), [['security', security]], 'defaulted', 'msmtp speaks no TLS unless it is told to')
  else if (on !== undefined) draft.take(tls.place, [['security', security]])
  if (!draft.has('security')) draft.take(account.place('tls'), [['security', security]], 'defaulted')
  if (upgrade && starttls !== undefined)
    draft.say(upgrade.place, on ? 'taken' : 'ignored', on ? `it makes the security ${security}` : 'there is no TLS')
  if (!draft.has('relay.port')) {
    const port = security === 'implicit' ? 465 : 25
    draft.take(account.place('port'), [['relay.port', port]], 'defaulted', `msmtp uses ${port} then`)
  }
  takeCertificates(account)
}

function takeCertificates(account: AccountReader): void {
  const { draft } = account
  const check = account.read('tls_certcheck')
  if (check) {
    const on = onOff(check.argument)
    if (on === undefined) draft.say(check.place, 'lost', SYNTAX)
    else draft.take(check.place, [['tls.rejectUnauthorized', on]])
  }
  const trust = account.read('tls_trust_file')
  if (trust?.argument === 'system')
    draft.say(trust.place, 'changed', 'the authorities of Node.js are trusted, and those NODE_EXTRA_CA_CERTS names')
  else if (trust?.argument === '')
    draft.say(
      trust.place,
      'lost',
      'no authority would be trusted: say which certificates are in tls.acceptedCertificates',
    )
  else if (trust)
    draft.take(
      trust.place,
      [['tls.ca', new SecretReference(`file:${trust.argument}`)]],
      'taken',
      homeNote(trust.argument),
    )
  account.take('tls_host_override', (host) => [['tls.servername', host]])
  takeClientCertificate(account)
  account.tell(
    'tls_fingerprint',
    'lost',
    'the authorities are asked instead; a certificate that is to be taken as it is stands whole in tls.acceptedCertificates',
  )
  account.tell('tls_crl_file', 'lost', 'tls.revocation.crl asks the lists that the certificates name')
  account.tell('tls_priorities', 'lost', 'say it in tls.minVersion, tls.maxVersion, tls.ciphers and tls.ecdhCurve')
  account.tell('tls_min_dh_prime_bits', 'lost', 'OpenSSL says which groups are large enough')
  account.tell('tls_force_sslv3', 'lost', 'SSL 3 is not spoken')
}

/** One file with both, or the key in a file of its own; msmtp uses them together. */
function takeClientCertificate(account: AccountReader): void {
  const { draft } = account
  const [certificate, key] = [account.read('tls_cert_file'), account.read('tls_key_file')]
  const together = certificate?.argument === key?.argument
  for (const [each, other] of [
    [certificate, key],
    [key, certificate],
  ]) {
    if (!each) continue
    if (each.argument === '') draft.say(each.place, 'ignored', 'it is empty, which stands for nothing')
    else if (!other?.argument) draft.say(each.place, 'lost', 'tls_cert_file and tls_key_file go together: give both')
    else {
      const setting = each === key && !together ? 'key' : 'source'
      const place = each.argument.startsWith('pkcs11:') ? each.argument : new SecretReference(`file:${each.argument}`)
      draft.take(each.place, [[`tls.clientCertificate.${setting}`, place]], 'taken', homeNote(each.argument))
    }
  }
}

function homeNote(path: string): string | undefined {
  return path.startsWith('~') ? 'a ~ is not filled in: write the whole path' : undefined
}

function takeTimeout(account: AccountReader): void {
  const timeout = account.read('timeout')
  if (!timeout) return
  if (timeout.argument === 'off' || timeout.argument === '0')
    account.draft.say(timeout.place, 'changed', 'without a limit of its own, those of Posthorn count')
  else {
    const seconds = numberIn(timeout.argument)
    const ms = typeof seconds === 'number' ? seconds * 1000 : seconds
    account.draft.take(timeout.place, [
      ['timeouts.connectMs', ms],
      ['timeouts.idleMs', ms],
    ])
  }
}

const METHODS: ReadonlySet<string> = new Set([
  ...['plain', 'login', 'cram-md5', 'digest-md5', 'ntlm', 'gssapi', 'external', 'oauthbearer', 'xoauth2'],
  ...['scram-sha-1', 'scram-sha-256', 'scram-sha-1-plus', 'scram-sha-256-plus'],
])

/** Who logs in, and how. */
export function takeLogin(account: AccountReader): void {
  const { draft } = account
  const auth = account.read('auth')
  const on = auth ? onOff(auth.argument) : false
  const method = auth && on === undefined ? auth.argument.toLowerCase() : undefined
  if (method !== undefined && !METHODS.has(method)) draft.say(auth!.place, 'lost', 'this mechanism is not known')
  else if (method !== undefined) draft.take(auth!.place, [['credentials.mechanism', method.toUpperCase()]])
  account.take('user', (user) => [['credentials.user', user]])
  const token = method === 'oauthbearer' || method === 'xoauth2'
  takePassword(account, token ? 'credentials.accessToken' : 'credentials.password')
  account.take('ntlmdomain', (domain) => [['credentials.realm', domain]])
  const unused = on === false
  if (
    unused &&
    (draft.has('credentials.user') || draft.has('credentials.password') || draft.has('credentials.accessToken'))
  )
    draft.take(
      auth?.place ?? account.place('auth'),
      [['credentials.enabled', false]],
      auth ? 'taken' : 'defaulted',
      'msmtp does not log in',
    )
  else if (auth && unused) draft.say(auth.place, 'ignored', 'nobody logs in')
  else if (auth && on) draft.say(auth.place, 'taken', 'the mechanism is chosen among those offered')
  if (unused || !auth) return
  const silent = method !== 'external' && method !== 'gssapi'
  if (
    silent &&
    draft.has('credentials.user') &&
    !draft.has('credentials.password') &&
    !draft.has('credentials.accessToken')
  )
    lookElsewhere(
      account,
      token ? 'credentials.accessToken' : 'credentials.password',
      'password',
      'msmtp asks the key ring of the system, ~/.netrc, or the terminal',
    )
  if (on && draft.get('security') === 'none' && draft.has('credentials.password'))
    draft.take(
      account.place('auth'),
      [
        ['credentials.allowCleartextAuth', true],
        ['credentials.minimumAuthStrength', 'hash'],
      ],
      'defaulted',
      'without TLS msmtp logs in with mechanisms only that do not send the password itself',
    )
}

function takePassword(account: AccountReader, setting: string): void {
  const { draft } = account
  const command = account.read('passwordeval')
  const password = account.read('password')
  if (password && password.argument !== '') {
    draft.take(password.place, [[setting, password.argument]])
    if (command) draft.say(command.place, 'ignored', 'password says it')
    return
  }
  if (password) draft.say(password.place, 'ignored', 'it is empty, which stands for nothing')
  if (!command || command.argument === '') {
    if (command) draft.say(command.place, 'ignored', 'it is empty, which stands for nothing')
    return
  }
  const place = placeOfPassword(command.argument)
  if (place !== undefined)
    draft.take(
      command.place,
      [[setting, new SecretReference(place)]],
      'changed',
      'the command is not run: what it shows is read when mail is sent, without the line end',
    )
  else lookElsewhere(account, setting, 'passwordeval', 'commands are not run', command.place)
}

/** A place for the password that fails with its name until somebody puts it there. */
function lookElsewhere(
  account: AccountReader,
  setting: string,
  entry: string,
  why: string,
  place = account.place(entry),
): void {
  account.draft.take(
    place,
    [[setting, new SecretReference('env:POSTHORN_PASSWORD')]],
    'changed',
    `${why}: put it into the variable POSTHORN_PASSWORD, or set ${setting} to env:NAME, file:PATH or vault:NAME`,
  )
}

/** Sender and notifications. */
export function takeSender(account: AccountReader): void {
  const { draft } = account
  const from = account.read('from')
  const header = account.peek('set_from_header') ?? (account.peek('add_missing_from_header') === 'off' ? 'off' : 'auto')
  if (from) {
    if (from.argument === '') draft.say(from.place, 'ignored', 'it is empty, which stands for nothing')
    else if (PATTERN.test(from.argument) || /[?*[]/.test(from.argument))
      draft.say(from.place, 'lost', 'it is a pattern: set sender.from and sender.returnPath')
    else
      draft.take(from.place, [
        ['sender.returnPath', from.argument],
        ...(header === 'off' ? [] : [['sender.from', from.argument] as const]),
      ])
  }
  account.take('from_full_name', (name) => [['sender.name', name]])
  tellHeader(account, 'set_from_header', 'on', 'sender.from counts for drafts without an author only')
  tellHeader(account, 'add_missing_from_header', '', '')
  tellHeader(account, 'set_date_header', 'off', 'every draft gets a Date')
  tellHeader(account, 'add_missing_date_header', 'off', 'every draft gets a Date')
  tellHeader(account, 'set_msgid_header', 'off', 'every draft gets a Message-ID')
  tellHeader(account, 'remove_bcc_headers', 'off', 'a Bcc is never written into a message')
  tellHeader(account, 'undisclosed_recipients', 'on', 'who is in To and Cc stands there')
  account.tell('set_to_header', 'lost', 'who is in To and Cc stands there')
  tellHeader(account, 'allow_from_override', 'off', 'whoever gives an envelope says its reverse-path')
  account.tell('auto_from', 'lost', 'set sender.from')
  account.tell('maildomain', 'lost', 'it belongs to auto_from: set sender.from')
  account.tell('aliases', 'lost', 'recipients are taken as they are')
  const notify = account.read('dsn_notify')
  if (notify?.argument === 'off' || notify?.argument === '')
    draft.say(notify.place, 'ignored', 'the servers decide by themselves')
  else if (notify)
    draft.take(notify.place, [['delivery.dsn.notify', notify.argument.split(',').map((each) => each.trim())]])
  const amount = account.read('dsn_return')
  if (amount?.argument === 'off' || amount?.argument === '')
    draft.say(amount.place, 'ignored', 'the servers decide by themselves')
  else if (amount) draft.take(amount.place, [['delivery.dsn.ret', amount.argument]])
}

function tellHeader(account: AccountReader, command: string, losing: string, note: string): void {
  const argument = account.peek(command)
  const lost = losing !== '' && (argument === losing || (losing === 'on' && argument === ''))
  account.tell(command, lost ? 'lost' : 'ignored', lost ? note : 'so it is done')
}

/** Where the log goes. */
export function takeLogging(account: AccountReader): void {
  const { draft } = account
  const destinations: string[] = []
  const file = account.read('logfile')
  if (file?.argument === '-') {
    destinations.push('stderr')
    draft.take(file.place, [['logging.destinations', ['stderr']]], 'changed', 'it goes to stderr')
  } else if (file && file.argument !== '') {
    destinations.push('file')
    const values = [['logging.file.path', file.argument] as const, ['logging.destinations', ['file']] as const]
    if (!draft.take(file.place, values, 'taken', homeNote(file.argument))) destinations.pop()
  } else if (file) draft.say(file.place, 'ignored', 'nothing is logged to a file')
  account.tell('logfile_time_format', 'lost', 'times are written as in RFC 3339')
  const syslog = account.read('syslog')
  if (!syslog) return
  if (syslog.argument === 'off') {
    draft.say(syslog.place, 'ignored', 'nothing is logged to syslog')
    return
  }
  const facility = onOff(syslog.argument) ? 'user' : syslog.argument.replace(/^LOG_/, '').toLowerCase()
  draft.take(
    syslog.place,
    [
      ['logging.syslog.facility', facility],
      ['logging.destinations', [...destinations, 'syslog']],
    ],
    'changed',
    'it goes to logging.syslog.address, by RFC 5424',
  )
}

/** What is left. */
export function takeOthers(account: AccountReader): void {
  account.draft.take(
    account.place('a refused recipient'),
    (['to', 'cc', 'bcc'] as const).map((field) => [`delivery.onRefused.${field}`, 'stop'] as const),
    'defaulted',
    'msmtp gives a message up when one of its recipients is refused: nobody gets it',
  )
  account.tell('eval', 'lost', 'commands are not run: write the line that it would give')
  account.tell('keepbcc', 'ignored', 'a Bcc is never written into a message')
  for (const command of account.rest()) account.tell(command, 'lost', 'a profile has no setting for it')
}

/** Every command that is read. */
export const COMMANDS: readonly string[] = [
  ...['host', 'port', 'protocol', 'tls', 'tls_starttls', 'source_ip', 'domain', 'timeout', 'proxy_host', 'proxy_port'],
  ...['socket', 'tls_certcheck', 'tls_trust_file', 'tls_host_override', 'tls_cert_file', 'tls_key_file', 'eval'],
  ...['tls_fingerprint', 'tls_crl_file', 'tls_priorities', 'tls_min_dh_prime_bits', 'tls_force_sslv3', 'auth', 'user'],
  ...['password', 'passwordeval', 'ntlmdomain', 'from', 'from_full_name', 'set_from_header', 'add_missing_from_header'],
  ...[
    'set_date_header',
    'add_missing_date_header',
    'set_msgid_header',
    'remove_bcc_headers',
    'undisclosed_recipients',
    'set_to_header',
  ],
  ...['allow_from_override', 'auto_from', 'maildomain', 'aliases', 'dsn_notify', 'dsn_return', 'logfile', 'keepbcc'],
  ...['logfile_time_format', 'syslog'],
]
