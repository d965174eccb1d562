import type { Profile } from '../../profile/profile.js'
import { concluded } from '../conclude.js'
import type { Import, ImportedProfile, ImportFormat, ImportSource, ReportLine } from '../import.js'
import { malformed, missing, ProfileDraft } from '../report.js'
import { readRecords, type ProfileRecord, type Records } from './entries.js'
import { fieldAt, plainName } from './fields.js'
import { applyFirewall } from './firewall-tab.js'
import { applyGeneral } from './general-tab.js'
import { applyLogging } from './logging-tab.js'
import { ProfileFields, type FieldSource } from './profile-fields.js'
import { applyServer } from './server-tab.js'
import { applySmime } from './smime-tab.js'
import { shownProfile, unknownNames } from './unknown-names.js'

/**
 * E-mail profiles of BeyondTrust Privileged Identity: the fields of its dialog, as JSON or CSV. A field may be called as the dialog calls it
 * or as its documents do, in any case, with blanks or underscores, and stand below the heading of its tab; see `recordsFromJson` and
 * `recordsFromCsv` for the shapes. The profile in use comes first.
 */
export const beyondtrust: ImportFormat = {
  name: 'beyondtrust',
  says: 'BeyondTrust Privileged Identity: e-mail profiles, the fields of the dialog as JSON or CSV',
  recognises: ({ text }) => {
    const begin = text.slice(0, 100_000)
    if (/^\s{0,100}</.test(begin)) return false
    return MARKS.filter((mark) => mark.test(begin)).length >= 3
  },
  import: importBeyondTrust,
}

/** Names that hardly stand in the files of others. */
const MARKS = [
  /profile[ _]?name/i,
  /channel[ _]?encryption/i,
  /authentication[ _]?method/i,
  /outgoing[ _]smtp[ _]server[ _]name|"?server[ _]?name/i,
  /sender[ _]?e-?mail/i,
  /(?:read|return)[ _]?receipts?[ _]/i,
  /use[ _]?(?:authentication[ _]?)?credentials/i,
  /firewall[ _]?type/i,
]

interface Read {
  readonly name: string
  /** What it is called in messages. */
  readonly shown: string
  readonly profile: Profile
  readonly active: boolean
  readonly missing: readonly string[]
}

function importBeyondTrust(source: ImportSource): Import {
  const records = readRecords(source)
  if (records.profiles.length === 0)
    throw malformed(source.name ?? 'the profiles', 'holds no profile', 'Write the fields of at least one.')
  const several = records.profiles.length > 1
  const report: ReportLine[] = []
  const { ordered } = records
  const unknown = unknownNames()
  const read = records.profiles.map((record, index) => {
    const shown = shownProfile(nameOf(record), index + 1)
    const own: ReportLine[] = []
    const result = readProfile(record, { ordered, profile: several ? shown : undefined, unknown }, own)
    report.push(...own.map((line) => (several ? { ...line, of: shown } : line)))
    return { ...result, name: nameOf(record) ?? shown, shown }
  })
  refuseLacking(read, several)
  refuseTwins(read)
  const active = activeOf(read, records, report)
  for (const other of records.others ?? []) {
    const { entry, note } = unknown(other)
    report.push({ verdict: 'unknown', entry, note: `beside the profiles: ${note}` })
  }
  const profiles = read.map(({ name, profile }): ImportedProfile =>
    name === active ? { name, profile, active: true } : { name, profile },
  )
  return { profiles: profiles.sort((a, b) => Number(b.active ?? false) - Number(a.active ?? false)), report }
}

/** So many of what is missing are named. */
const MAX_LACKING = 20

/** @throws {SettingsError} `import.missing` */
function refuseLacking(read: readonly Read[], several: boolean): void {
  const lacking = read.flatMap(({ shown, missing }) => missing.map((field) => (several ? `${shown}, ${field}` : field)))
  if (lacking.length === 0) return
  const more = lacking.length - MAX_LACKING
  throw missing([...lacking.slice(0, MAX_LACKING), ...(more > 0 ? [`${more} more`] : [])], 'profile')
}

function readProfile(record: ProfileRecord, source: FieldSource, report: ReportLine[]): Omit<Read, 'name' | 'shown'> {
  const draft = new ProfileDraft(report)
  const called = nameOf(record)
  const fields = new ProfileFields(draft, record.entries, source)
  if (fields.text('ProfileName') !== undefined) fields.takeText('ProfileName', 'name')
  else if (called !== undefined) fields.defaulted('ProfileName', [['name', called]], 'it is called so where it stands')
  else fields.needs('ProfileName')
  const active = fields.flag('Active')
  if (fields.text('Active') !== undefined) fields.say('Active', 'taken', active ? IN_USE : 'it is not in use')
  applyGeneral(fields)
  applyServer(fields)
  applySmime(fields)
  applyFirewall(fields)
  applyLogging(fields)
  draft.say({ entry: 'refused recipients' }, 'defaulted', REFUSED)
  fields.sayRest()
  const profile = fields.missing.length > 0 ? {} : concluded(draft, { format: 'profile', host: 'ServerName' })
  return { profile, active, missing: fields.missing }
}

/** No row of its documents says it, and the rule of IPWorks, whose fields these are, is documented for IPWorks alone. */
const REFUSED =
  'what the product does when one of several recipients is refused is not documented: the others get the message; for all or none set delivery.onRefused'
const IN_USE = 'the profile in use: it comes first'

function nameOf({ entries, name }: ProfileRecord): string | undefined {
  const text = entries.findLast(({ path }) => fieldAt(path) === 'ProfileName')?.text?.trim() || name?.trim()
  return text === '' ? undefined : text
}

/** @throws {SettingsError} `import.format` */
function refuseTwins(read: readonly Read[]): void {
  const seen = new Set<string>()
  for (const { name } of read) {
    const word = name.toLowerCase()
    if (seen.has(word))
      throw malformed(
        'ProfileName',
        'is the name of two profiles',
        'Call one of them otherwise; letters of either case are alike.',
      )
    seen.add(word)
  }
}

/** The name of the profile in use. @throws {SettingsError} `import.format` when there are two */
function activeOf(read: readonly Read[], { active }: Records, report: ReportLine[]): string | undefined {
  const marked = read.filter((each) => each.active)
  if (marked.length > 1)
    throw malformed(
      'Active',
      'is on for more than one profile',
      'One profile is in use at a time; switch the others off.',
    )
  if (!active) return marked[0]?.name
  const entry = active.path.join('.')
  const wanted = plainName(active.text ?? '')
  const named = read.find(({ name }) => wanted !== '' && name.toLowerCase() === active.text!.trim().toLowerCase())
  if (named && marked[0] && marked[0] !== named)
    throw malformed('Active', 'names another profile than the one that is marked', 'One profile is in use at a time.')
  if (named) report.push({ verdict: 'taken', entry, of: named.shown, note: IN_USE })
  else report.push({ verdict: 'lost', entry, note: 'it is the name of no profile' })
  return named?.name ?? marked[0]?.name
}
