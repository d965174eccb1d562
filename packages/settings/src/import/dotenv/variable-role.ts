/** What a variable says. */
export type Role =
  | 'host'
  | 'port'
  | 'user'
  | 'password'
  | 'encryption'
  | 'secure'
  | 'useTls'
  | 'useSsl'
  | 'requireTls'
  | 'ignoreTls'
  | 'startTlsAuto'
  | 'startTls'
  | 'from'
  | 'fromName'
  | 'replyTo'
  | 'returnPath'
  | 'localName'
  | 'mechanism'
  | 'timeout'
  | 'openTimeout'
  | 'readTimeout'
  | 'verify'
  | 'insecure'
  | 'ca'
  | 'transport'
  | 'proxy'
  | 'url'
  | 'none'

/** The rest of a name behind its prefix, by what it says. */
const SUFFIXES: Readonly<Record<Role, string>> = {
  host: 'HOST HOSTNAME SERVER ADDRESS RELAY SERVER_HOST HOST_NAME',
  port: 'PORT SERVER_PORT HOST_PORT',
  user: 'USER USERNAME USER_NAME LOGIN HOST_USER SERVER_USER AUTH_USER USERID',
  password: 'PASS PASSWORD PWD PASSWD HOST_PASSWORD SERVER_PASSWORD AUTH_PASS AUTH_PASSWORD SECRET',
  encryption: 'ENCRYPTION SCHEME SECURITY SECURE_TYPE PROTOCOL_SECURITY CONNECTION_SECURITY TLS_MODE',
  secure: 'SECURE IS_SECURE SERVER_SECURE',
  useTls: 'USE_TLS TLS TLS_ENABLED ENABLE_TLS',
  useSsl: 'USE_SSL SSL SSL_ENABLED ENABLE_SSL',
  requireTls: 'REQUIRE_TLS REQUIRETLS TLS_REQUIRED FORCE_TLS FORCE_STARTTLS',
  ignoreTls: 'IGNORE_TLS IGNORETLS DISABLE_TLS',
  startTlsAuto: 'ENABLE_STARTTLS_AUTO STARTTLS_AUTO AUTO_TLS',
  startTls: 'ENABLE_STARTTLS STARTTLS STARTTLS_ENABLE USE_STARTTLS',
  from: 'FROM FROM_ADDRESS FROM_EMAIL SENDER SENDER_EMAIL DEFAULT_FROM DEFAULT_SENDER EMAIL_FROM SENDER_ADDRESS FROM_MAIL',
  fromName: 'FROM_NAME SENDER_NAME NAME_FROM',
  replyTo: 'REPLY_TO REPLYTO REPLY_TO_ADDRESS',
  returnPath: 'RETURN_PATH BOUNCE_ADDRESS ENVELOPE_FROM',
  localName: 'DOMAIN HELO EHLO HELO_NAME EHLO_DOMAIN HELO_DOMAIN LOCAL_DOMAIN LOCAL_HOSTNAME NAME CLIENT_HOSTNAME',
  mechanism: 'AUTH AUTHENTICATION AUTH_METHOD AUTH_TYPE AUTH_MODE AUTH_MECHANISM',
  timeout: 'TIMEOUT',
  openTimeout: 'OPEN_TIMEOUT CONNECT_TIMEOUT CONNECTION_TIMEOUT',
  readTimeout: 'READ_TIMEOUT SOCKET_TIMEOUT',
  verify:
    'VERIFY VERIFY_PEER VERIFY_SSL SSL_VERIFY TLS_VERIFY REJECT_UNAUTHORIZED TLS_REJECT_UNAUTHORIZED OPENSSL_VERIFY_MODE VERIFY_CERT VALIDATE_CERTS VERIFY_TLS',
  insecure:
    'INSECURE SKIP_VERIFY TLS_SKIP_VERIFY INSECURE_SKIP_VERIFY IGNORE_CERT ALLOW_INSECURE ALLOW_SELF_SIGNED TLS_INSECURE',
  ca: 'CA_FILE CA_CERT TLS_CA SSL_CA CAFILE',
  transport: 'MAILER DRIVER TRANSPORT BACKEND DELIVERY_METHOD ENGINE PROVIDER SERVICE',
  proxy: 'PROXY PROXY_URL',
  url: 'URL URI DSN CONNECTION_URL CONNECTION_STRING',
  none: 'SUBJECT_PREFIX LOG_CHANNEL SENDMAIL_PATH ENABLED DEBUG TO ADMIN POOL SSL_CERTFILE SSL_KEYFILE USE_LOCALTIME FILE_PATH ENABLE',
}

const ROLES: ReadonlyMap<string, Role> = new Map(
  Object.entries(SUFFIXES).flatMap(([role, suffixes]) =>
    suffixes.split(' ').map((suffix) => [suffix, role as Role] as const),
  ),
)

/** A group of variables that belong together, by the beginning of their names. */
export interface Family {
  readonly prefix: string
  /** Who reads them, for what they leave out. */
  readonly reader: Reader
  /** The relay, when nothing names one but the login stands there. */
  readonly host?: string | undefined
}

export type Reader = 'laravel' | 'django' | 'rails' | 'nextauth' | 'unknown'

/** Longest prefix first, so that `EMAIL_SERVER_HOST` is no variable of Django. */
const PREFIXES: readonly Family[] = [
  { prefix: 'EMAIL_SERVER_', reader: 'nextauth' },
  { prefix: 'MAILGUN_SMTP_', reader: 'unknown', host: 'smtp.mailgun.org' },
  { prefix: 'POSTMARK_SMTP_', reader: 'unknown', host: 'smtp.postmarkapp.com' },
  { prefix: 'SPARKPOST_SMTP_', reader: 'unknown', host: 'smtp.sparkpostmail.com' },
  { prefix: 'MAILERTOGO_SMTP_', reader: 'unknown' },
  { prefix: 'MAILTRAP_SMTP_', reader: 'unknown', host: 'live.smtp.mailtrap.io' },
  { prefix: 'BREVO_SMTP_', reader: 'unknown', host: 'smtp-relay.brevo.com' },
  { prefix: 'SENDGRID_SMTP_', reader: 'unknown', host: 'smtp.sendgrid.net' },
  { prefix: 'EMAIL_SMTP_', reader: 'unknown' },
  { prefix: 'MAIL_SMTP_', reader: 'unknown' },
  { prefix: 'MAILER_', reader: 'unknown' },
  { prefix: 'MAIL_', reader: 'laravel' },
  { prefix: 'EMAIL_', reader: 'django' },
  { prefix: 'SMTP_', reader: 'unknown' },
]

/** Variables without the prefix of their family. */
const ALONE: Readonly<Record<string, readonly [prefix: string, role: Role]>> = {
  DEFAULT_FROM_EMAIL: ['EMAIL_', 'from'],
  SERVER_EMAIL: ['EMAIL_', 'none'],
  EMAIL_SERVER: ['EMAIL_SERVER_', 'url'],
  SMTP_AUTH_METHOD: ['SMTP_', 'mechanism'],
}

/** Which family a variable belongs to, and what it says; undefined for one that is not about mail. */
export function roleOf(name: string): { readonly family: Family; readonly role: Role } | undefined {
  const alone = Object.hasOwn(ALONE, name) ? ALONE[name] : undefined
  if (alone) return { family: PREFIXES.find(({ prefix }) => prefix === alone[0])!, role: alone[1] }
  const family = PREFIXES.find(({ prefix }) => name.startsWith(prefix))
  const role = family && ROLES.get(name.slice(family.prefix.length))
  return role && { family, role }
}
