import type { ImportSource } from '../import.js'
import { bounded, malformed } from '../report.js'
import { recordsFromCsv } from './csv.js'
import { recordsFromJson } from './json.js'

/** One field as it stands in the source. */
export interface FieldEntry {
  /** Its headings and its name. */
  readonly path: readonly string[]
  /** Undefined: something else than text, a number or a truth value. */
  readonly text: string | undefined
  readonly line?: number | undefined
}

/** The fields of one profile, in the order of the source. */
export interface ProfileRecord {
  readonly entries: readonly FieldEntry[]
  /** What the profile is called where it stands below its name. */
  readonly name?: string | undefined
}

/** What was read. */
export interface Records {
  readonly profiles: readonly ProfileRecord[]
  /** The name of the profile in use, where it stands beside the profiles. */
  readonly active?: FieldEntry | undefined
  /** What else stands beside the profiles. */
  readonly others?: readonly FieldEntry[] | undefined
  /** True where the order is that of the dialog: in CSV. */
  readonly ordered: boolean
}

const MAX_PROFILES = 1000
const MAX_FIELDS = 50_000

/**
 * Profiles as JSON, when the text begins with `{` or `[`, else as CSV.
 * @throws {SettingsError} `import.format`
 */
export function readRecords(source: ImportSource): Records {
  const entry = source.name ?? 'the profiles'
  const text = bounded(source.text, entry)
  const records = /^\s*[{[]/.test(text) ? recordsFromJson(text, entry) : recordsFromCsv(text, entry)
  const { profiles } = records
  if (profiles.length > MAX_PROFILES) throw malformed(entry, `has more than ${MAX_PROFILES} profiles`, FEWER)
  if (profiles.reduce((sum, { entries }) => sum + entries.length, 0) > MAX_FIELDS)
    throw malformed(entry, `has more than ${MAX_FIELDS} fields`, FEWER)
  return records
}

const FEWER = 'Import fewer profiles at a time.'
