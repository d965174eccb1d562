// The table of the fields of the dialog, and the names they are known by.

/** A field. Those of the firewall that are named like one of the server are told apart by their tab. */
export type FieldId = (typeof FIELD_NAMES)[number][0]

/** A tab, or a box on one. */
type Box =
  'profile' | 'general' | 'advanced' | 'server' | 'smime' | 'sign' | 'encrypt' | 'oauth2' | 'firewall' | 'logging'

/** Each field: how it is called here, where it stands, its names anywhere, and its names on its tab; in small letters, without blanks. */
const FIELD_NAMES = [
  ['ProfileName', 'general', ['profilename', 'profile'], []],
  ['Active', 'general', ['active', 'isactive', 'inuse'], []],
  ['Description', 'general', ['description', 'profiledescription'], []],
  ['SenderName', 'general', ['sendername', 'fromname', 'name'], []],
  ['Organization', 'general', ['organization', 'organisation'], []],
  ['SenderEmail', 'general', ['senderemail', 'fromemail', 'senderemailaddress'], []],
  ['ReplyToEmail', 'general', ['replytoemail', 'replyto'], []],
  ['ReadReceiptsEmail', 'general', ['readreceiptsemail', 'readreceiptemail', 'readreceiptsto', 'readreceiptto'], []],
  ['ReturnReceiptToEmail', 'general', ['returnreceipttoemail', 'returnreceiptemail', 'returnreceiptto'], []],
  ['Priority', 'general', ['priority'], []],
  ['Sensitivity', 'general', ['sensitivity'], []],
  ['Importance', 'general', ['importance'], []],
  ['AdvancedName', 'advanced', ['advancedname', 'headername'], ['name']],
  ['AdvancedValue', 'advanced', ['advancedvalue', 'headervalue', 'value'], ['value']],
  ['ServerName', 'server', ['servername', 'outgoingsmtpservername', 'outgoingservername', 'smtpservername'], ['name']],
  ['Port', 'server', ['port', 'serverport', 'smtpport'], []],
  ['ServerTimeout', 'server', ['servertimeout', 'timeout'], []],
  ['AuthenticationMethod', 'server', ['authenticationmethod', 'authmethod'], []],
  ['ChannelEncryption', 'server', ['channelencryption', 'ssltlschannelencryption', 'sslchannelencryption'], []],
  ['UseCredentials', 'server', ['usecredentials', 'useauthenticationcredentials'], []],
  ['UserName', 'server', ['username', 'serverusername'], ['user']],
  ['Password', 'server', ['password', 'serverpassword'], []],
  [
    'UseClientCertificate',
    'server',
    ['useclientcertificate', 'usesslclientcertificateauthentication', 'usesslclientcertificate'],
    [],
  ],
  ['UserCertificateFile', 'server', ['usercertificatefile', 'clientcertificatefile'], []],
  ['UserCertificateStore', 'server', ['usercertificatestore', 'userauthenticationcertificatestore'], []],
  ['UserCertificatePassword', 'server', ['usercertificatepassword', 'usercertpassword'], []],
  ['EnableCachedCertificate', 'server', ['enablecachedcertificate', 'servercached'], ['cached']],
  ['SignEmail', 'sign', ['signemail'], ['enabled']],
  ['SigningFile', 'sign', ['signingfile'], ['file']],
  ['SigningStore', 'sign', ['signingstore', 'signingcertificatestore'], ['store']],
  ['SigningPassword', 'sign', ['signingpassword', 'signingcertpassword', 'signingcertificatepassword'], ['password']],
  ['HashAlgorithm', 'sign', ['hashalgorithm'], []],
  ['SignCached', 'sign', ['signcached', 'signenablecachedcertificate'], ['enablecachedcertificate', 'cached']],
  ['AttachCertificate', 'sign', ['attachcertificate', 'attachcertificatetoemail'], []],
  ['EncryptEmail', 'encrypt', ['encryptemail'], ['enabled']],
  ['EncryptionFile', 'encrypt', ['encryptionfile'], ['file']],
  ['EncryptionStore', 'encrypt', ['encryptionstore', 'encryptioncertificatestore'], ['store']],
  ['EncryptPassword', 'encrypt', ['encryptpassword', 'encryptcertpassword', 'encryptionpassword'], ['password']],
  ['EncryptionAlgorithm', 'encrypt', ['encryptionalgorithm'], []],
  [
    'EncryptCached',
    'encrypt',
    ['encryptcached', 'encryptenablecachedcertificate'],
    ['enablecachedcertificate', 'cached'],
  ],
  ['ClientId', 'oauth2', ['clientid', 'oauth2clientid'], []],
  ['ClientSecret', 'oauth2', ['clientsecret', 'oauth2clientsecret'], []],
  ['ServerAuthURL', 'oauth2', ['serverauthurl', 'oauth2serverauthurl'], []],
  ['ServerTokenURL', 'oauth2', ['servertokenurl', 'oauth2servertokenurl'], []],
  ['AuthorizationScope', 'oauth2', ['authorizationscope', 'oauth2authorizationscope'], ['scope']],
  ['AuthenticationValue', 'oauth2', ['authenticationvalue', 'oauth2authenticationvalue'], []],
  ['HideBrowserResponse', 'oauth2', ['hidebrowserresponse', 'oauth2hidebrowserresponse'], []],
  ['FirewallType', 'firewall', ['firewalltype'], ['type']],
  ['AutoDetect', 'firewall', ['autodetect', 'autodetectfirewall', 'firewallautodetect'], []],
  ['Firewall.Host', 'firewall', ['firewallhost', 'host'], ['host']],
  ['Firewall.Port', 'firewall', ['firewallport'], ['port']],
  ['Firewall.UserName', 'firewall', ['firewallusername', 'firewalluser'], ['username', 'user']],
  ['Firewall.Password', 'firewall', ['firewallpassword'], ['password']],
  ['EventLog', 'logging', ['eventlog', 'enableeventloglogging', 'eventloglogging', 'enableeventlog'], []],
  ['FileLogging', 'logging', ['filelogging', 'enablesmtpfilelogging', 'enablefilelogging', 'smtpfilelogging'], []],
  ['LogFileName', 'logging', ['logfilename', 'logfile'], []],
] as const satisfies readonly (readonly [string, Box, readonly string[], readonly string[]])[]

/** Headings of tabs and boxes. Those that stand for nothing by themselves have no box. */
const HEADINGS: ReadonlyMap<string, Box | undefined> = new Map<string, Box | undefined>([
  ...['settings', 'smtpemailsettings', 'fields'].map((name) => [name, undefined] as const),
  ...['profile', 'emailprofile'].map((name) => [name, 'profile'] as const),
  ...['general', 'generalsettings', 'sender', 'senderinformation', 'prioritysensitivityandimportance'].map(
    (name) => [name, 'general'] as const,
  ),
  ...['advanced', 'advancedmessagesettings', 'headers'].map((name) => [name, 'advanced'] as const),
  ...['server', 'outgoingserver', 'outgoingserversettings', 'outgoingsmtpserversettings', 'outgoingsmtpserver'].map(
    (name) => [name, 'server'] as const,
  ),
  ...['emailserverauthentication', 'emailserversslsettings', 'authentication', 'ssl'].map(
    (name) => [name, 'server'] as const,
  ),
  ...['smime', 'smimesettings'].map((name) => [name, 'smime'] as const),
  ...['sign', 'signemail', 'signing'].map((name) => [name, 'sign'] as const),
  ...['encrypt', 'encryptemail', 'encryption'].map((name) => [name, 'encrypt'] as const),
  ...['oauth2', 'oauth', 'oauth2authentication', 'oauth2authenticationsettings'].map(
    (name) => [name, 'oauth2'] as const,
  ),
  ...['firewall', 'firewallconfiguration', 'firewallsettings', 'proxy'].map((name) => [name, 'firewall'] as const),
  ...['logging', 'smtplogging', 'smtploggingsettings', 'filelogging', 'fileloggingsettings'].map(
    (name) => [name, 'logging'] as const,
  ),
])

/** What stands on the dialog and holds nothing. */
const BUTTONS = new Set([
  ...['testconnection', 'sendtestemail', 'verify', 'signverify', 'encryptverify', 'default', 'portdefaultbutton'],
  ...['getoauthauthentication', 'getauthentication', 'sampledata'],
])

const ANYWHERE = new Map<string, FieldId>()
const IN_BOX = new Map<string, FieldId>()
const BOX_OF = new Map<FieldId, Box>()
for (const [id, box, anywhere, here] of FIELD_NAMES) {
  BOX_OF.set(id, box)
  for (const name of anywhere) ANYWHERE.set(name, id)
  for (const name of [...anywhere, ...here]) IN_BOX.set(`${box}.${name}`, id)
}

/** Names as the documents write them, for guesses. */
export const KNOWN_FIELDS: readonly FieldId[] = FIELD_NAMES.map(([id]) => id)

IN_BOX.set('profile.name', 'ProfileName')

/** Names that mean something else on another tab. */
const AMBIGUOUS = new Set([
  'name',
  'value',
  'profile',
  'port',
  'host',
  'username',
  'password',
  'enablecachedcertificate',
])

export const boxOf = (field: FieldId): Box => BOX_OF.get(field)!

/** A name in small letters, without blanks, underscores and the like. */
export const plainName = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '')

/** True for the heading of a tab or a box, and for what holds a whole profile. */
export const isHeading = (name: string) => HEADINGS.has(plainName(name))

/** Longer ones have no headings in them. */
const MAX_TITLE = 300

/** The headings and the name in a key or a title: `Firewall.Port`, `SMTP Email Settings > General > Name`. */
export function pathIn(title: string): string[] {
  if (title.length > MAX_TITLE) return [title]
  const parts = title.split(/[.>]/).filter((part) => part.trim() !== '')
  return parts.length < 2 || isHeading(title) || fieldAt([title]) !== undefined ? [title] : parts
}

/**
 * The field at a path of headings and a name: `['Firewall', 'Port']`; `button` for what holds nothing. Below a heading nobody knows there is
 * no field: a password there is not that of the server.
 */
export function fieldAt(path: readonly string[]): FieldId | 'button' | undefined {
  const names = path.map((name) => plainName(name))
  const name = names.pop()!
  if (names.some((heading) => !HEADINGS.has(heading))) return undefined
  for (const heading of names.reverse()) {
    const box = HEADINGS.get(heading)
    const found = box === undefined ? undefined : IN_BOX.get(`${box}.${name}`)
    if (found !== undefined) return found
  }
  const field = ANYWHERE.get(name)
  const boxes = names.flatMap((heading) => HEADINGS.get(heading) ?? [])
  const elsewhere = field !== undefined && boxes.length > 0 && !boxes.includes(boxOf(field)) && AMBIGUOUS.has(name)
  return (elsewhere ? undefined : field) ?? (BUTTONS.has(name) ? 'button' : undefined)
}
