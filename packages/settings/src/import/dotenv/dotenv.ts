import { concluded } from '../conclude.js'
import type { Import, ImportedProfile, ImportFormat, ImportSource, ReportLine } from '../import.js'
import { bounded, missing, ProfileDraft, type Place } from '../report.js'
import { takeUrl } from '../url/take-url.js'
import type { UrlDialect } from '../url/url-dialect.js'
import { envFile, type EnvEntry } from './env-file.js'
import { clearLoginOf, isEmpty, takeFamily, TAKEN_ROLES } from './family-profile.js'
import { providersIn, PROVIDER_VARIABLES } from './provider-keys.js'
import { roleOf, type Family, type Reader, type Role } from './variable-role.js'

/** URLs by the variable they stand in, and who reads it. */
const URL_READERS: Readonly<Record<string, UrlDialect>> = {
  MAILER_DSN: 'symfony',
  MAILER_URL: 'swiftmailer',
  MAIL_URL: 'nodemailer',
  EMAIL_SERVER: 'nodemailer',
  EMAIL_URL: 'django',
}

/** Names that nobody but Rails, Django or Laravel has, in the families that others share. */
const MARKS: readonly (readonly [RegExp, Reader])[] = [
  [/^SMTP_(?:ADDRESS|ENABLE_STARTTLS(?:_AUTO)?|OPENSSL_VERIFY_MODE|AUTHENTICATION|AUTH_METHOD|LOGIN)$/, 'rails'],
]

/**
 * A `.env` file of the usual names: Laravel (`MAIL_HOST`), Django (`EMAIL_HOST`), Rails (`SMTP_ADDRESS`), `SMTP_HOST`, URLs (`MAILER_DSN`), and
 * keys of providers whose SMTP relay they open (`SENDGRID_API_KEY`).
 */
export const dotenv: ImportFormat = {
  name: 'dotenv',
  says: '.env: SMTP_HOST, MAIL_HOST, EMAIL_HOST, MAILER_DSN and other usual names',
  recognises: ({ text }: ImportSource) => MAIL_NAME.test(text),
  import: importDotenv,
}

/** A name that is surely about mail. */
const MAIL_NAME =
  /^[ \t]*(?:export[ \t]+)?(?:(?:SMTP|MAIL|EMAIL|MAILER|MAILGUN|POSTMARK|SPARKPOST|MAILERTOGO)(?:_[A-Z]+)*_(?:HOST|HOSTNAME|SERVER|ADDRESS|URL|DSN)|EMAIL_SERVER|(?:SENDGRID|RESEND|MANDRILL|POSTMARK|SPARKPOST)_API_(?:KEY|TOKEN)|POSTMARK_SERVER_TOKEN|SES_SMTP_USERNAME|SENDGRID_USERNAME|BREVO_SMTP_KEY)[ \t]*=/m

interface Group {
  readonly family: Family
  readonly reader: Reader
  readonly entries: Map<Role, EnvEntry>
}

function importDotenv({ text }: ImportSource): Import {
  const report: ReportLine[] = []
  const entries = lastOnes(envFile(bounded(text, '.env')), report)
  const groups = groupsOf(entries)
  const plans = [...urlPlans(entries), ...familyPlans(groups)]
  const providers = plans.length === 0 ? providerPlans(entries) : []
  const all = [...plans, ...providers]
  if (all.length === 0) throw missing(['SMTP_HOST'], '.env file')
  const used = new Set<string>()
  const profiles = all.map((plan): ImportedProfile => {
    const name = all.length === 1 ? 'dotenv' : plan.name
    const of = all.length === 1 ? {} : { of: name }
    const draft = new ProfileDraft(report)
    for (const each of plan.used) used.add(each)
    const clearLogin = plan.take(draft, (entry) => ({ entry: entry.name, line: entry.line, ...of }))
    return { name, profile: concluded(draft, { format: '.env file', host: 'SMTP_HOST', clearLogin, place: of }) }
  })
  for (const entry of entries.values()) if (!used.has(entry.name)) sayRest(entry, report)
  return { profiles, report }
}

/** The last one of a name counts. */
function lastOnes(entries: readonly EnvEntry[], report: ReportLine[]): Map<string, EnvEntry> {
  const last = new Map<string, EnvEntry>()
  for (const entry of entries) {
    const earlier = last.get(entry.name)
    if (earlier)
      report.push({
        verdict: 'ignored',
        entry: shown(entry.name),
        line: earlier.line,
        note: 'a later line says otherwise',
      })
    last.set(entry.name, entry)
  }
  return last
}

interface Plan {
  readonly name: string
  readonly used: readonly string[]
  readonly take: (draft: ProfileDraft, place: (entry: EnvEntry) => Place) => string | undefined
}

function groupsOf(entries: ReadonlyMap<string, EnvEntry>): Group[] {
  const groups = new Map<string, Group>()
  for (const entry of entries.values()) {
    const known = roleOf(entry.name)
    if (!known) continue
    const { family, role } = known
    const group = groups.get(family.prefix) ?? { family, reader: readerOf(family, entries), entries: new Map() }
    groups.set(family.prefix, group)
    if (!group.entries.has(role)) group.entries.set(role, entry)
  }
  return [...groups.values()]
}

function readerOf({ prefix, reader }: Family, entries: ReadonlyMap<string, EnvEntry>): Reader {
  const mark =
    prefix === 'SMTP_' ? MARKS.find(([pattern]) => [...entries.keys()].some((name) => pattern.test(name))) : undefined
  if (mark) return mark[1]
  // MAIL_HOST and EMAIL_HOST alone are everybody's
  if (
    reader === 'laravel' &&
    !['MAIL_MAILER', 'MAIL_DRIVER', 'MAIL_FROM_ADDRESS', 'MAIL_ENCRYPTION', 'MAIL_SCHEME'].some((name) =>
      entries.has(name),
    )
  )
    return 'unknown'
  if (
    reader === 'django' &&
    ![...entries.keys()].some((name) =>
      /^EMAIL_(?:HOST_USER|HOST_PASSWORD|USE_TLS|USE_SSL|BACKEND)$|^DEFAULT_FROM_EMAIL$/.test(name),
    )
  )
    return 'unknown'
  return reader
}

function urlPlans(entries: ReadonlyMap<string, EnvEntry>): Plan[] {
  return [...entries.values()].flatMap((entry) => {
    if (roleOf(entry.name)?.role !== 'url' || isEmpty(entry) || !entry.value.includes('://')) return []
    const dialect = Object.hasOwn(URL_READERS, entry.name) ? URL_READERS[entry.name] : undefined
    return [
      {
        name: entry.name.toLowerCase(),
        used: [entry.name],
        take: (draft, place) => takeUrl(draft, entry.value, place(entry), dialect).clearLogin,
      } satisfies Plan,
    ]
  })
}

function familyPlans(groups: readonly Group[]): Plan[] {
  return groups.flatMap(({ family, reader, entries }) => {
    const host = entries.get('host')
    const login = entries.has('user') && entries.has('password') && family.host !== undefined
    if ((!host || isEmpty(host)) && !login) return []
    const used = [...entries].filter(([role]) => TAKEN_ROLES.has(role)).map(([, { name }]) => name)
    const name = family.prefix.replace(/_$/, '').toLowerCase().replaceAll('_', '-')
    const take: Plan['take'] = (draft, place) => {
      takeFamily(draft, family, reader, entries, place)
      return clearLoginOf(reader)
    }
    return [{ name, used, take }]
  })
}

function providerPlans(entries: ReadonlyMap<string, EnvEntry>): Plan[] {
  return providersIn(entries).map(({ name, used, take }) => ({
    name,
    used,
    take: (draft, place) => {
      take(draft, place)
      return undefined
    },
  }))
}

function sayRest({ name, line }: EnvEntry, report: ReportLine[]): void {
  const role = roleOf(name)?.role
  const note =
    role === undefined && !PROVIDER_VARIABLES.has(name)
      ? 'it is not about the way out'
      : role === 'none'
        ? 'a profile has no setting for it'
        : 'another variable names the relay, or says this'
  report.push({ verdict: role === 'none' ? 'lost' : 'ignored', entry: shown(name), line, note })
}

/** A name as it may stand in a report: what looks otherwise may be a piece of a password. */
function shown(name: string): string {
  return /^[A-Z][A-Z0-9_]{0,60}$/.test(name) ? name : 'a variable'
}
