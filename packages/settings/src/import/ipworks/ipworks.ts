import { concluded } from '../conclude.js'
import type { Import, ImportFormat, ImportSource, ReportLine } from '../import.js'
import { bounded, missing, ProfileDraft } from '../report.js'
import { shownName } from '../shown-name.js'
import { takeLogin } from './login-settings.js'
import { takeMessage } from './message-settings.js'
import { readNameValues } from './name-value.js'
import { takeServer } from './network-settings.js'
import { NO_PART } from './session-state.js'
import { SettingReader } from './setting-reader.js'
import { takeStartMode, takeTls } from './tls-settings.js'

/**
 * IPWorks SMTP: properties and config settings as `Name=Value` lines, or as a program assigns them. Names and values are read whatever their
 * case, values also by number; what is not written has the default of IPWorks.
 */
export const ipworks: ImportFormat = {
  name: 'ipworks',
  says: 'IPWorks SMTP: lines of Name=Value of properties and config settings',
  recognises: ({ text }: ImportSource) => OWN.test(text),
  import: importIpworks,
}

/** The one name nobody can do without, and nobody else has. */
const OWN = /^[ \t]*(?:[A-Za-z_$][\w$]{0,60}\.)?(?:MailServer[ \t]*=|setMailServer\(|Config\([ \t]*"MailServer=)/im

/** Names, for what may have been meant. */
const KNOWN: readonly string[] = [
  ...Object.keys(NO_PART),
  ...['MailServer', 'MailPort', 'AllowExtensions', 'Hello', 'LocalHost', 'LocalPort', 'UseIPv6', 'Timeout', 'User'],
  ...['AbsoluteTimeout', 'ConnectionTimeout', 'TCPKeepAlive', 'KeepAliveTime', 'KeepAliveInterval', 'TcpNoDelay'],
  ...['Linger', 'LingerTime', 'InBufferSize', 'OutBufferSize', 'MaxTransferRate', 'ProxyExceptionsList', 'Password'],
  ...['FirewallAutoDetect', 'FirewallType', 'FirewallHost', 'FirewallPort', 'FirewallUser', 'FirewallPassword'],
  ...['FirewallData', 'FirewallListener', 'AuthMechanism', 'AuthorizationIdentity', 'UseNTLMv2', 'SSLEnabled'],
  ...['SSLStartMode', 'SSLEnabledProtocols', 'SSLEnabledCipherSuites', 'SSLCipherStrength', 'SSLCheckCRL'],
  ...['SSLCheckOCSP', 'SSLKeyLogFile', 'ReuseSSLSession', 'SSLCACerts', 'SSLServerCACerts', 'SSLCert', 'From'],
  ...['SSLAcceptServerCert', 'TLS12SignatureAlgorithms', 'TLS12SupportedGroups', 'TLS13KeyShareGroups'],
  ...['TLS13SignatureAlgorithms', 'TLS13SupportedGroups', 'ReturnPath', 'ReplyTo', 'ReadReceiptTo', 'Priority'],
  ...['DeliveryNotificationTo', 'Importance', 'Sensitivity', 'Charset', 'OtherHeaders', 'FoldHeaders'],
  ...['StopOnToErrors', 'StopOnCcErrors', 'StopOnBccErrors', 'MaskSensitiveData', 'SSLCertStore', 'SSLCertStoreType'],
  ...['SSLCertStorePassword', 'SSLCertSubject', 'SSLCertEncoded', 'SSLAcceptServerCertEncoded'],
]

/** How its names begin: what begins otherwise may be a piece of a password. */
const LOOKS = /^(?:SSL|TLS1|Firewall|Mail|Message|KeepAlive|Use|Max|StopOn)[A-Za-z0-9]{1,40}$/

function importIpworks({ text }: ImportSource): Import {
  const { entries, strays } = readNameValues(bounded(text, 'IPWorks'))
  const report: ReportLine[] = []
  const draft = new ProfileDraft(report)
  const reader = new SettingReader(draft, entries)
  if (!reader.has('MailServer')) throw missing(['MailServer'], 'IPWorks configuration')
  takeServer(reader)
  takeStartMode(reader, entries)
  takeLogin(reader)
  takeTls(reader)
  takeMessage(reader)
  for (const [name, note] of Object.entries(NO_PART)) reader.tell(name, 'ignored', note)
  for (const { name, line } of reader.rest()) {
    const { entry, note } = shownName(name, KNOWN, LOOKS)
    draft.say({ entry, line }, 'unknown', note)
  }
  for (const line of strays) draft.say({ entry: 'a line', line }, 'unknown', 'it is no Name=Value')
  const profile = concluded(draft, { format: 'IPWorks configuration', host: 'MailServer', clearLogin: 'IPWorks' })
  return { profiles: [{ name: 'ipworks', profile }], report }
}
