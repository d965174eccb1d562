import { SettingsError } from '@posthorn/ground/portable'
import { valueProblems } from '../check-profile.js'
import type { Profile } from '../profile/profile.js'
import { plainText } from '../secret-reference.js'
import { SETTINGS, type Setting } from '../table.js'
import { fromValues, isObject, type SettingValue } from '../values.js'
import type { ReportLine, Verdict } from './import.js'
import { namesReference, referenceNote } from './reference-note.js'

/** Where an entry stands in the source. */
export type Place = Pick<ReportLine, 'entry' | 'line' | 'file' | 'of'>

/** Where the source says that a secret or a content is kept: `env:NAME`, `file:PATH` or `vault:NAME`, written into the profile as it is. */
export class SecretReference {
  readonly text: `${'env' | 'file' | 'vault'}:${string}`

  constructor(text: `${'env' | 'file' | 'vault'}:${string}`) {
    this.text = text
  }
}

/** Collects the settings of one profile and, for every entry of the source, what became of it. */
export class ProfileDraft {
  readonly #values = new Map<string, unknown>()
  readonly #report: ReportLine[]

  /** @param report one list for all profiles of an import, in the order of the source */
  constructor(report: ReportLine[]) {
    this.#report = report
  }

  /** The settings so far. */
  get profile(): Profile {
    return fromValues(this.#values)
  }

  has(path: string): boolean {
    return this.#values.has(path)
  }

  get(path: string): unknown {
    return this.#values.get(path)
  }

  /** Writes settings for an entry. A value the setting cannot have makes it `lost`, with what it must be. */
  take(place: Place, values: readonly SettingValue[], verdict: Verdict = 'taken', note?: string): boolean {
    for (const [path, given] of values) {
      const problem = this.#write(path, given)
      if (problem !== undefined) {
        this.say(place, 'lost', `${path} ${problem}`)
        return false
      }
    }
    const unsafe = values.some(([path, value]) => SETTINGS.get(path)?.weakens?.(value))
    const references = values.flatMap(([, value]) => referencesIn(value))
    const unsaid = references.filter((reference) => !namesReference(note ?? '', reference))
    const said = [...new Set([...(note === undefined ? [] : [note]), ...unsaid.map(referenceNote)])].join('; ')
    this.#report.push({
      verdict,
      ...place,
      settings: values.map(([path]) => path),
      ...(said === '' ? {} : { note: said }),
      ...(unsafe ? { unsafe: true as const } : {}),
    })
    return true
  }

  /** Says what became of an entry that writes no setting. */
  say(place: Place, verdict: Verdict, note?: string): void {
    this.#report.push({ verdict, ...place, ...(note === undefined ? {} : { note }) })
  }

  /** Takes a setting away that an earlier entry wrote. */
  drop(path: string): void {
    this.#values.delete(path)
  }

  #write(path: string, given: unknown): string | undefined {
    const setting = SETTINGS.get(path)
    if (!setting) throw new SettingsError('settings.unknown', path, 'is not known', { hint: 'Check the spelling.' })
    const value = asWritten(setting, given)
    const [problem] = valueProblems(setting, value)
    if (problem) return problem.problem
    this.#values.delete(path)
    this.#values.set(path, value)
    return undefined
  }
}

/**
 * A value as it stands in a profile. Text of the source that begins like a reference does not become one, or a file or variable of this
 * machine would be read for it; where the source means a reference, it is given as `SecretReference`.
 */
export function asWritten({ holds }: Pick<Setting, 'holds'>, given: unknown): unknown {
  if (holds !== 'secret' && holds !== 'content') return given
  if (given instanceof SecretReference) return given.text
  if (typeof given === 'string') return plainText(given)
  if (Array.isArray(given)) return given.map((each) => asWritten({ holds }, each))
  return isObject(given) && 'privateKey' in given
    ? { ...given, privateKey: asWritten({ holds }, given['privateKey']) } // a signature of `dkim`
    : given
}

/** The references in a value: itself, or the keys of the signatures in a list. */
function referencesIn(value: unknown): SecretReference[] {
  if (value instanceof SecretReference) return [value]
  if (Array.isArray(value)) return value.flatMap(referencesIn)
  return isObject(value) && 'privateKey' in value ? referencesIn(value['privateKey']) : []
}

/** Text that is not of the format, or beyond its limits. */
export function malformed(entry: string, message: string, hint: string): SettingsError {
  return new SettingsError('import.format', entry, message, { hint })
}

/** What a working configuration needs and is not there, all at once. */
export function missing(entries: readonly string[], format: string): SettingsError {
  return new SettingsError('import.missing', entries.join(', '), 'is missing or empty', {
    hint: `No mail can go out from this ${format} without it; add it and import again.`,
  })
}

/** The longest text an importer reads. */
export const MAX_IMPORT_CHARACTERS = 5_000_000

/** @throws {SettingsError} `import.format` */
export function bounded(text: string, entry: string): string {
  if (text.length <= MAX_IMPORT_CHARACTERS) return text.replace(/^\ufeff/, '')
  throw malformed(entry, `is longer than ${MAX_IMPORT_CHARACTERS} characters`, 'Import the mail settings alone.')
}
