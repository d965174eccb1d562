import type { SplitUrl } from './split-url.js'

/** Who would read the URL: what it leaves out means something else to each of them. */
export type UrlDialect = 'posthorn' | 'symfony' | 'swiftmailer' | 'django' | 'rails' | 'nodemailer'

/** How they are called in reports. */
export const DIALECT_NAMES: Readonly<Record<UrlDialect, string>> = {
  posthorn: 'Posthorn',
  symfony: 'Symfony',
  swiftmailer: 'Swift Mailer',
  django: 'Django',
  rails: 'Rails',
  nodemailer: 'Nodemailer',
}

/** What a scheme stands for. */
export interface Protection {
  readonly security: 'implicit' | 'starttls' | 'opportunistic' | 'none'
  readonly port: number
}

const IMPLICIT: ReadonlySet<string> = new Set(['smtps', 'submissions', 'smtp+ssl', 'lmtps', 'smtp+tls-wrapper'])
const UPGRADED: ReadonlySet<string> = new Set(['smtp+starttls', 'smtp+tls', 'submission', 'submit'])

/** Schemes that are read. */
export const SCHEMES: readonly string[] = ['smtp', 'lmtp', ...IMPLICIT, ...UPGRADED]

/** Security and port as the dialect has them when nothing else is said. RFC 8314 3.3, RFC 2033, and the documents of each of them. */
export function protectionOf({ scheme, host, port }: SplitUrl, dialect: UrlDialect): Protection {
  if (scheme === 'smtps' && dialect === 'django')
    return { security: port === 465 ? 'implicit' : 'starttls', port: port ?? 25 }
  if (IMPLICIT.has(scheme)) return { security: 'implicit', port: port ?? (scheme === 'lmtps' ? 24 : 465) }
  if (UPGRADED.has(scheme)) return { security: port === 465 ? 'implicit' : 'starttls', port: port ?? 587 }
  if (scheme === 'lmtp') return { security: 'starttls', port: port ?? 24 }
  switch (dialect) {
    case 'posthorn':
      return { security: port === 465 ? 'implicit' : 'starttls', port: port ?? 587 }
    case 'symfony':
      if (port === undefined && host !== 'localhost') return { security: 'implicit', port: 465 }
      return { security: port === 465 ? 'implicit' : 'opportunistic', port: port ?? 25 }
    case 'nodemailer':
      return { security: 'opportunistic', port: port ?? 587 }
    case 'rails':
      return { security: 'opportunistic', port: port ?? 25 }
    case 'swiftmailer':
    case 'django':
      return { security: 'none', port: port ?? 25 }
  }
}

/** What Symfony calls `PROVIDER+smtp://...@default`. */
export interface UrlProvider {
  readonly host: (region: string | undefined) => string
  readonly port: number
  /** The user when the URL holds a key only; `key`: the key again. */
  readonly user?: string | undefined
}

const at = (host: string, port = 465, user?: string): UrlProvider => ({
  host: () => host,
  port,
  ...(user === undefined ? {} : { user }),
})

/** Providers that Symfony knows, https://symfony.com/doc/current/mailer.html#using-a-3rd-party-transport. */
export const PROVIDERS: ReadonlyMap<string, UrlProvider> = new Map([
  ['gmail', at('smtp.gmail.com')],
  ['sendgrid', at('smtp.sendgrid.net', 465, 'apikey')],
  ['mailgun', at('smtp.mailgun.org')],
  ['postmark', at('smtp.postmarkapp.com', 587, 'key')],
  ['mailjet', at('in-v3.mailjet.com')],
  ['brevo', at('smtp-relay.brevo.com')],
  ['mandrill', at('smtp.mandrillapp.com', 587)],
  ['mailersend', at('smtp.mailersend.net', 587)],
  ['mailtrap', at('live.smtp.mailtrap.io', 587, 'api')],
  ['resend', at('smtp.resend.com', 465, 'resend')],
  ['ses', { host: (region = 'eu-west-1') => `email-smtp.${region}.amazonaws.com`, port: 465 }],
])
