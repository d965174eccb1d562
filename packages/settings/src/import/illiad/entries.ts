/** The customization keys of System | EMail, as they are spelled there. Case does not matter: `EmailSecure` is `EMailSecure`. */
export const KEYS = [
  'EMailSMTPServer',
  'EMailSMTPPort',
  'EMailSecure',
  'SMTPUserID',
  'SMTPPassword',
  'EMailFromAddress',
  'EMailFromName',
  'EMailNoAccountAddress',
] as const

/** The elements of `MailSettings`. Case does not matter. */
export const ELEMENTS = [
  'AllowExtensions',
  'FirewallHost',
  'FirewallPassword',
  'FirewallPort',
  'FirewallUser',
  'FirewallType',
  'OtherHeaders',
  'SslAcceptServerCert',
  'SslCertEncoded',
  'SslCertStore',
  'SslCertStorePassword',
  'SslCertStoreType',
  'SslCertSubject',
  'SslStartMode',
  'Timeout',
  'FullyQualifiedDomainName',
] as const

/** Words that stand in other names of ILLiad and of its tables, so that a name made of them can be repeated. */
export const USUAL_WORDS: readonly string[] = [
  ...[
    'EMail',
    'Email',
    'Reply',
    'To',
    'Cc',
    'Bcc',
    'Subject',
    'Body',
    'Text',
    'HTML',
    'Format',
    'Template',
    'Notification',
  ],
  ...[
    'Enabled',
    'Enable',
    'Active',
    'Default',
    'Use',
    'Max',
    'Min',
    'Size',
    'Count',
    'Days',
    'Hours',
    'Minutes',
    'Retry',
  ],
  ...[
    'Log',
    'Logging',
    'Path',
    'File',
    'Folder',
    'Date',
    'Time',
    'Created',
    'Modified',
    'Owner',
    'Notes',
    'Comment',
    'Id',
  ],
  ...[
    'Borrowing',
    'Lending',
    'Delivery',
    'Document',
    'Doc',
    'Del',
    'Library',
    'Request',
    'Status',
    'Routing',
    'Billing',
  ],
  ...[
    'System',
    'Setting',
    'Settings',
    'Option',
    'Options',
    'Value',
    'Key',
    'Keys',
    'Test',
    'Version',
    'Tls',
    'Proxy',
    'Web',
  ],
  ...[
    'Mail',
    'Username',
    'Login',
    'Auth',
    'Authentication',
    'Method',
    'Signature',
    'Attachment',
    'Attachments',
    'Charset',
  ],
]

export type KeyName = (typeof KEYS)[number]
export type ElementName = (typeof ELEMENTS)[number]

/** What is written for one key or element, and where. Never empty. */
export interface Entry {
  /** As it is spelled in the source. */
  readonly entry: string
  readonly value: string
  readonly line: number
  readonly file?: string | undefined
  /** The site it is of, when it is not of all. */
  readonly of?: string | undefined
}

/** All that decides how the mail of one site goes out. */
export interface SiteSource {
  readonly keys: ReadonlyMap<KeyName, Entry>
  /** Those of its own file, else of `SMTP.config`. */
  readonly elements: ReadonlyMap<ElementName, Entry>
  /** Where what is left out is reported. */
  readonly of?: string | undefined
}

/** The code of a site, NVTGC: `ILL`. */
export const isSiteCode = (text: string) => /^[A-Za-z0-9_-]{1,20}$/.test(text)

/** What an export writes for a secret it does not have, and an import does not take for one. */
export const LEFT_OUT_SECRET = '[secret]'

export const keyNamed = nameFinder(KEYS)
export const elementNamed = nameFinder(ELEMENTS)

function nameFinder<Name extends string>(names: readonly Name[]): (spelled: string) => Name | undefined {
  const byName = new Map(names.map((name) => [name.toLowerCase(), name]))
  return (spelled) => byName.get(spelled.toLowerCase())
}

/** The place of an entry in the report. */
export function placeOf({ entry, line, file, of }: Entry) {
  return { entry, line, ...fileAndSite(file, of) }
}

/** The place of what the source leaves out. */
export function absent(entry: string, of: string | undefined) {
  return { entry, ...fileAndSite(undefined, of) }
}

function fileAndSite(file: string | undefined, of: string | undefined) {
  return { ...(file === undefined ? {} : { file }), ...(of === undefined ? {} : { of }) }
}
