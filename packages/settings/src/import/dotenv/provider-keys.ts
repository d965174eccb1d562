import type { Place, ProfileDraft } from '../report.js'
import type { EnvEntry } from './env-file.js'
import { secretOf } from './family-profile.js'

/** A key of a provider that opens its SMTP relay, too. */
interface ProviderKey {
  readonly name: string
  readonly host: string
  readonly port: number
  /** Any one of them holds the key. */
  readonly key: readonly string[]
  /** The user: a word, the variable that holds it, or the key again. */
  readonly user: { readonly is: string } | { readonly in: readonly string[] } | 'key'
}

/** From the documents of each provider about SMTP. */
const KEYS: readonly ProviderKey[] = [
  {
    name: 'sendgrid',
    host: 'smtp.sendgrid.net',
    port: 587,
    key: ['SENDGRID_API_KEY', 'SENDGRID_KEY'],
    user: { is: 'apikey' },
  },
  {
    name: 'sendgrid',
    host: 'smtp.sendgrid.net',
    port: 587,
    key: ['SENDGRID_PASSWORD'],
    user: { in: ['SENDGRID_USERNAME'] },
  },
  {
    name: 'postmark',
    host: 'smtp.postmarkapp.com',
    port: 587,
    key: ['POSTMARK_API_TOKEN', 'POSTMARK_SERVER_TOKEN', 'POSTMARK_TOKEN', 'POSTMARK_API_KEY'],
    user: 'key',
  },
  { name: 'resend', host: 'smtp.resend.com', port: 465, key: ['RESEND_API_KEY', 'RESEND_KEY'], user: { is: 'resend' } },
  {
    name: 'mandrill',
    host: 'smtp.mandrillapp.com',
    port: 587,
    key: ['MANDRILL_API_KEY', 'MANDRILL_APIKEY'],
    user: { in: ['MANDRILL_USERNAME'] },
  },
  {
    name: 'mailjet',
    host: 'in-v3.mailjet.com',
    port: 587,
    key: ['MAILJET_APIKEY_PRIVATE', 'MJ_APIKEY_PRIVATE', 'MAILJET_SECRET_KEY', 'MAILJET_API_SECRET'],
    user: { in: ['MAILJET_APIKEY_PUBLIC', 'MJ_APIKEY_PUBLIC', 'MAILJET_API_KEY'] },
  },
  {
    name: 'sparkpost',
    host: 'smtp.sparkpostmail.com',
    port: 587,
    key: ['SPARKPOST_API_KEY'],
    user: { is: 'SMTP_Injection' },
  },
  {
    name: 'brevo',
    host: 'smtp-relay.brevo.com',
    port: 587,
    key: ['BREVO_SMTP_KEY'],
    user: { in: ['BREVO_SMTP_LOGIN'] },
  },
  {
    name: 'ses',
    host: '',
    port: 587,
    key: ['SES_SMTP_PASSWORD', 'AWS_SES_SMTP_PASSWORD'],
    user: { in: ['SES_SMTP_USERNAME', 'AWS_SES_SMTP_USERNAME', 'SES_SMTP_USER'] },
  },
]

const REGIONS: readonly string[] = ['AWS_SES_REGION', 'SES_REGION', 'AWS_REGION', 'AWS_DEFAULT_REGION']

/** Every variable that is read here. */
export const PROVIDER_VARIABLES: ReadonlySet<string> = new Set([
  ...KEYS.flatMap(({ key, user }) => [...key, ...(typeof user === 'object' && 'in' in user ? user.in : [])]),
])

/** The providers whose key stands in the file, each once, by the names of the variables that make them. */
export function providersIn(
  entries: ReadonlyMap<string, EnvEntry>,
): { name: string; take: (draft: ProfileDraft, place: (entry: EnvEntry) => Place) => void; used: readonly string[] }[] {
  const found = new Map<
    string,
    { name: string; take: (draft: ProfileDraft, place: (entry: EnvEntry) => Place) => void; used: readonly string[] }
  >()
  for (const provider of KEYS) {
    const key = provider.key.map((name) => entries.get(name)).find((entry) => entry && entry.value !== '')
    const names = typeof provider.user === 'object' && 'in' in provider.user ? provider.user.in : []
    const user = names.map((name) => entries.get(name)).find((entry) => entry && entry.value !== '')
    if (!key || (names.length > 0 && !user) || found.has(provider.name)) continue
    const region = REGIONS.map((name) => entries.get(name)).find((entry) => entry && entry.value !== '')
    const used = [key, user, provider.host === '' ? region : undefined].flatMap((entry) => (entry ? [entry.name] : []))
    found.set(provider.name, {
      name: provider.name,
      used,
      take: (draft, place) => takeProvider(draft, provider, key, user, region, place),
    })
  }
  return [...found.values()]
}

function takeProvider(
  draft: ProfileDraft,
  { host, port, user: kind }: ProviderKey,
  key: EnvEntry,
  user: EnvEntry | undefined,
  region: EnvEntry | undefined,
  place: (entry: EnvEntry) => Place,
): void {
  const name = host === '' ? `email-smtp.${region?.value ?? 'us-east-1'}.amazonaws.com` : host
  if (host === '' && region) draft.take(place(region), [['relay.host', name]])
  draft.take(
    { ...place(key), entry: `relay of ${key.name}` },
    [
      ['relay.host', name],
      ['relay.port', port],
      ['security', port === 465 ? 'implicit' : 'starttls'],
    ],
    'defaulted',
    'the provider takes mail by SMTP, too',
  )
  const secret = secretOf(key)
  if (kind === 'key')
    draft.take(
      place(key),
      [
        ['credentials.user', typeof secret === 'string' ? secret : key.value],
        ['credentials.password', secret],
        ['logging.showUser', false],
      ],
      'changed',
      'it is user and password at once: whoever is shown credentials.user has it',
    )
  else {
    if (user) draft.take(place(user), [['credentials.user', user.value.trim()]])
    else if (typeof kind === 'object' && 'is' in kind)
      draft.take({ ...place(key), entry: `user for ${key.name}` }, [['credentials.user', kind.is]], 'defaulted')
    draft.take(place(key), [['credentials.password', secret]], typeof secret === 'string' ? 'taken' : 'changed')
  }
}
