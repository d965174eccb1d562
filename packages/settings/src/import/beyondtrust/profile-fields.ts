import { valueProblems } from '../../check-profile.js'
import { SETTINGS } from '../../table.js'
import type { SettingValue } from '../../values.js'
import type { Verdict } from '../import.js'
import { asWritten, malformed, type Place, type ProfileDraft } from '../report.js'
import type { ShownName } from '../shown-name.js'
import type { FieldEntry } from './entries.js'
import { boxOf, fieldAt, plainName, type FieldId } from './fields.js'

/** A header field of the box "Advanced Message Settings". */
export interface HeaderEntry {
  name: FieldEntry | undefined
  value: FieldEntry | undefined
}

/** What is known of the source of a profile. */
export interface FieldSource {
  /** Whether the entries stand in the order of the dialog, which tells fields with the same label apart. */
  readonly ordered: boolean
  /** What the profile is called in messages, when there are several. */
  readonly profile: string | undefined
  /** How an entry that is no field may stand in the report. */
  readonly unknown: (entry: FieldEntry) => ShownName
}

/** Those that stand more than once on the dialog, and the field of another tab with that name. */
const TWINS = new Map<FieldId, FieldId>([
  ['Port', 'Firewall.Port'],
  ['UserName', 'Firewall.UserName'],
  ['Password', 'Firewall.Password'],
])

/**
 * The fields of one profile, by what they are. Each one ends in the report exactly once; a value that cannot be is refused, naming the field.
 */
export class ProfileFields {
  readonly draft: ProfileDraft
  readonly headers: HeaderEntry[] = []
  /** Fields that are needed and empty. */
  readonly missing: FieldId[] = []
  readonly #entries = new Map<FieldId, FieldEntry>()
  readonly #reported = new Set<FieldId>()
  readonly #source: FieldSource

  constructor(draft: ProfileDraft, entries: readonly FieldEntry[], source: FieldSource) {
    this.draft = draft
    this.#source = source
    let before: FieldId | undefined
    for (const [index, entry] of entries.entries()) {
      const field = source.ordered ? this.#inOrder(entry, before, entries[index + 1]) : fieldAt(entry.path)
      if (field === undefined) this.#sayUnknown(entry)
      else if (field === 'button') this.#say(entry, entry.path.at(-1)!, 'ignored', 'it is a button')
      else {
        before = field
        this.#add(field, entry)
      }
    }
  }

  /** The text of a field; undefined when it is empty or not there. Secrets are given with the blanks around them. */
  text(field: FieldId): string | undefined {
    const text = this.#entries.get(field)?.text
    return text === undefined || text.trim() === '' ? undefined : text
  }

  /** The text in small letters without blanks, underscores and the like. */
  word(field: FieldId): string | undefined {
    const text = this.text(field)
    return text === undefined ? undefined : plainName(text)
  }

  /** @throws {SettingsError} `import.format` */
  flag(field: FieldId, byDefault = false): boolean {
    const word = this.text(field)?.trim()
    if (word === undefined) return byDefault
    if (TRUE.test(word)) return true
    if (FALSE.test(word)) return false
    throw this.refused(field, 'is neither Yes nor No', 'Write Yes or No.')
  }

  /** The number of a field that has a text. @throws {SettingsError} `import.format` */
  whole(field: FieldId, least: number, most: number): number {
    const text = this.text(field)!.trim()
    const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (number >= least && number <= most) return number
    const range = most === Number.MAX_SAFE_INTEGER ? `, ${least} or more` : ` from ${least} to ${most}`
    throw this.refused(field, `is no whole number${range}`, 'Correct the value.')
  }

  place(field: FieldId): Place {
    const line = this.#entries.get(field)?.line
    return { entry: field, ...(line === undefined ? {} : { line }) }
  }

  /** Writes settings for a field that is there. @throws {SettingsError} `import.format` when they cannot have these values */
  take(field: FieldId, values: readonly SettingValue[], note?: string, verdict: Verdict = 'taken'): void {
    this.check(field, values)
    this.#reported.add(field)
    this.draft.take(this.place(field), values, verdict, note)
  }

  /** The trimmed text as one setting, when there is any. */
  takeText(field: FieldId, setting: string): void {
    const text = this.text(field)?.trim()
    if (text !== undefined) this.take(field, [[setting, text]])
  }

  /** Writes what the product does by default for a field that is empty or not there. */
  defaulted(field: FieldId, values: readonly SettingValue[], note?: string): void {
    this.take(field, values, note, 'defaulted')
  }

  say(field: FieldId, verdict: Verdict, note: string): void {
    this.#reported.add(field)
    this.draft.say(this.place(field), verdict, note)
  }

  /** Says the same of every one of these fields that has a text. */
  sayAll(fields: readonly FieldId[], verdict: Verdict, note: string): void {
    for (const field of fields) if (this.text(field) !== undefined) this.say(field, verdict, note)
  }

  /** Notes that a field is needed; true when it is there. */
  needs(field: FieldId): boolean {
    if (this.text(field) !== undefined) return true
    if (!this.missing.includes(field)) this.missing.push(field)
    return false
  }

  /** @throws {SettingsError} `import.format` */
  check(field: FieldId, values: readonly SettingValue[]): void {
    for (const [path, value] of values) {
      const setting = SETTINGS.get(path)!
      const [problem] = valueProblems(setting, asWritten(setting, value))
      if (problem) throw this.refused(field, problem.problem, problem.fix)
    }
  }

  refused(field: FieldId, problem: string, fix: string): Error {
    const { profile } = this.#source
    return malformed(profile === undefined ? field : `${profile}, ${field}`, problem, fix)
  }

  /** Says of every field that is left that it is empty. */
  sayRest(): void {
    for (const [field, { text }] of this.#entries) {
      if (this.#reported.has(field)) continue
      if (text === undefined) this.say(field, 'lost', 'it is neither text nor a number')
      else if (text.trim() === '') this.say(field, 'ignored', 'it is empty')
      else this.say(field, 'ignored', 'it has no effect with the other fields')
    }
  }

  #add(field: FieldId, entry: FieldEntry): void {
    if (field === 'AdvancedName') this.headers.push({ name: entry, value: undefined })
    else if (field === 'AdvancedValue') {
      const last = this.headers.at(-1)
      if (last && last.value === undefined) last.value = entry
      else this.headers.push({ name: undefined, value: entry })
    } else if (field === 'EncryptionFile' && isFlag(entry) && !this.#entries.has('EncryptEmail')) {
      this.#entries.set('EncryptEmail', entry) // the switch has the label of the field below it
    } else {
      const earlier = this.#entries.get(field)
      if (earlier) this.#say(earlier, field, 'ignored', 'it stands there again, and the last one counts')
      this.#entries.set(field, entry)
    }
  }

  /** The field in a source that goes through the dialog from top to bottom, where labels repeat. */
  #inOrder(
    entry: FieldEntry,
    before: FieldId | undefined,
    after: FieldEntry | undefined,
  ): FieldId | 'button' | undefined {
    const field = fieldAt(entry.path)
    if (field === undefined || field === 'button' || entry.path.length > 1) return field
    const name = plainName(entry.path[0]!)
    if (name === 'name' && after && after.path.length === 1 && plainName(after.path[0]!) === 'value')
      return 'AdvancedName'
    if (before === undefined) return field
    if (name === 'enablecachedcertificate') {
      const box = boxOf(before)
      return box === 'sign' ? 'SignCached' : box === 'encrypt' ? 'EncryptCached' : field
    }
    // only behind the label Host, which is the firewall's alone: the password of the server must not go there
    const twin = TWINS.get(field)
    const behindHost = boxOf(before) === 'firewall' && before !== 'FirewallType' && before !== 'AutoDetect'
    return twin !== undefined && behindHost && this.#hostLabel && !this.#entries.has(twin) ? twin : field
  }

  get #hostLabel(): boolean {
    const path = this.#entries.get('Firewall.Host')?.path
    return path?.length === 1 && plainName(path[0]!) === 'host'
  }

  #sayUnknown(entry: FieldEntry): void {
    const { entry: name, note } = this.#source.unknown(entry)
    this.#say(entry, name, 'unknown', note)
  }

  #say({ line }: FieldEntry, entry: string, verdict: Verdict, note: string): void {
    this.draft.say({ entry, ...(line === undefined ? {} : { line }) }, verdict, note)
  }
}

const TRUE = /^(?:yes|on|true|1|checked|enabled|x)$/i
const FALSE = /^(?:no|off|false|0|unchecked|disabled)$/i
const isFlag = ({ text }: FieldEntry) => text !== undefined && (TRUE.test(text.trim()) || FALSE.test(text.trim()))
