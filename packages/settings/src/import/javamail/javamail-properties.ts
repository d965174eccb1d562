import type { SettingValue } from '../../values.js'
import type { Verdict } from '../import.js'
import type { Place, ProfileDraft } from '../report.js'
import { meantName, shownName } from './property-names.js'

/** One property as it was read. */
export interface JavaMailEntry {
  /** `mail.smtp.port` */
  readonly name: string
  readonly value: string
  readonly place: Place
  /** What happened to the value on the way here; it makes `taken` `changed`. */
  readonly note?: string | undefined
  /** The variable of the environment that the value stands for. Absent: the value is meant as it is, whatever it looks like. */
  readonly variable?: string | undefined
}

/** A value that was understood, with what is to be said about it. */
export interface Understood<T> {
  readonly entry: JavaMailEntry
  readonly value: T
  readonly note?: string | undefined
}

/** What others have said before the properties came. */
export interface Decided {
  /** The note for a property that says what another entry of the source has decided otherwise. */
  readonly decided?: ((setting: string) => string) | undefined
  /** Properties that have no effect there, by their names with `mail.smtp.`, each with the reason. */
  readonly ignored?: Readonly<Record<string, string>> | undefined
}

/**
 * The properties of one transport, by their names with `mail.smtp.`. Each one ends in the report exactly once: what nobody has asked for
 * is unknown in the end. A setting that stood in the draft before is never written over.
 */
export class JavaMailProperties {
  readonly draft: ProfileDraft
  readonly transport: 'smtp' | 'smtps'
  readonly #entries = new Map<string, JavaMailEntry>()
  readonly #reported = new Set<JavaMailEntry>()
  readonly #before: ProfileDraft['profile']
  readonly #terms: Decided

  constructor(
    draft: ProfileDraft,
    entries: readonly JavaMailEntry[],
    { transport, ...terms }: Decided & { readonly transport: 'smtp' | 'smtps' },
  ) {
    this.draft = draft
    this.transport = transport
    this.#terms = terms
    this.#before = draft.profile
    const other = transport === 'smtp' ? 'mail.smtps.' : 'mail.smtp.'
    for (const entry of entries) {
      if (entry.name.startsWith(other)) {
        this.say(entry, 'ignored', `is not read: the transport is ${transport}`)
        continue
      }
      const name = entry.name.replace(/^mail\.smtps\./, 'mail.smtp.')
      const earlier = this.#entries.get(name)
      if (earlier) this.say(earlier, 'ignored', 'is said again, and the last one counts')
      this.#entries.set(name, entry)
    }
    for (const [name, note] of Object.entries(terms.ignored ?? {})) {
      const entry = this.#entries.get(name)
      if (entry) this.say(entry, 'ignored', note)
      this.#entries.delete(name)
    }
  }

  /** True when the setting stood in the draft before the properties came. */
  saidBefore(path: string): boolean {
    return settingBefore(this.#before, path) !== undefined
  }

  /** Undefined when it is not there or blank: JavaMail takes both alike for nearly all of them. */
  entry(name: string): JavaMailEntry | undefined {
    const entry = this.#entries.get(name)
    return entry === undefined || entry.value.trim() === '' ? undefined : entry
  }

  text(name: string): Understood<string> | undefined {
    const entry = this.entry(name)
    return entry && { entry, value: entry.value.trim(), note: entry.note ?? trimmed(entry) }
  }

  /** JavaMail takes what is not the contrary for the default (PropUtil.getBoolean). */
  flag(name: string, byDefault: boolean): Understood<boolean> | undefined {
    const entry = this.entry(name)
    if (!entry) return undefined
    const text = entry.value.trim().toLowerCase()
    const value = byDefault ? text !== 'false' : text === 'true'
    if (text === 'true' || text === 'false') return { entry, value, note: entry.note ?? trimmed(entry) }
    return { entry, value, note: `is neither true nor false; JavaMail takes it for ${value}` }
  }

  /** The value of a flag, the default when it is not there. */
  isSet(name: string, byDefault = false): boolean {
    return this.flag(name, byDefault)?.value ?? byDefault
  }

  /** Undefined with a line in the report when it is no number: JavaMail takes its default then (PropUtil.getInt). */
  number(name: string): Understood<number> | undefined {
    const entry = this.entry(name)
    if (!entry) return undefined
    const text = entry.value.trim()
    if (!/^[+-]?\d{1,10}$/.test(text) || Math.abs(Number(text)) > 2 ** 31) {
      this.say(entry, 'ignored', 'is not a whole number; JavaMail takes its default then, and so does the profile')
      return undefined
    }
    return { entry, value: Number(text), note: entry.note ?? trimmed(entry) }
  }

  /** Writes settings, unless others said them before; then the property is taken only when it says the same. */
  take({ entry, note }: Understood<unknown>, values: readonly SettingValue[], more?: string, verdict?: Verdict): void {
    this.#reported.add(entry)
    const decided = values.find(([path, value]) => {
      const before = settingBefore(this.#before, path)
      return before !== undefined && JSON.stringify(before) !== JSON.stringify(value)
    })
    if (decided) {
      const [path] = decided
      this.draft.say(entry.place, 'ignored', this.#terms.decided?.(path) ?? 'another entry decides it')
      return
    }
    const notes = [note, more].filter((part) => part !== undefined).join('; ')
    const judged = verdict ?? (note === undefined ? 'taken' : 'changed')
    this.draft.take(entry.place, values, judged, notes === '' ? undefined : notes)
  }

  say(entry: JavaMailEntry, verdict: Verdict, note: string): void {
    if (this.#reported.has(entry)) return
    this.#reported.add(entry)
    this.draft.say(entry.place, verdict, note)
  }

  /** Marks an entry as reported by other means. */
  reported(entry: JavaMailEntry): void {
    this.#reported.add(entry)
  }

  /** Writes a default of JavaMail, unless the setting is there. */
  defaulted(property: string, values: readonly SettingValue[], note: string): void {
    const open = values.filter(([path]) => !this.draft.has(path))
    const name = this.transport === 'smtps' ? property.replace(/^mail\.smtp\./, 'mail.smtps.') : property
    if (open.length > 0) this.draft.take({ entry: name }, open, 'defaulted', note)
  }

  /** Says of everything left that it is blank or that nobody knows it. */
  sayRest(): void {
    let unknown = 0
    for (const [name, entry] of this.#entries) {
      if (this.#reported.has(entry)) continue
      const shown = entry.place.entry === entry.name ? shownName(entry.name) : entry.place.entry
      const place = { ...entry.place, entry: shown }
      this.#reported.add(entry)
      if (entry.value.trim() === '') this.draft.say(place, 'ignored', 'is empty')
      else this.draft.say(place, 'unknown', unknownNote(unknown++ < MAX_MEANT ? meantName(name) : undefined))
    }
  }
}

/** So many unknown names are compared with all known ones: a file of nothing else is not mail. */
const MAX_MEANT = 100

function unknownNote(meant: string | undefined): string {
  if (meant === undefined) return 'is no property of JavaMail'
  return `is no property of JavaMail, which compares names letter by letter; did you mean ${meant}?`
}

function trimmed({ value }: JavaMailEntry): string | undefined {
  return value === value.trim() ? undefined : 'read without the blanks around it, which JavaMail would stumble over'
}

function settingBefore(profile: ProfileDraft['profile'], path: string): unknown {
  let at: unknown = profile
  for (const key of path.split('.')) at = (at as Record<string, unknown> | undefined)?.[key]
  return at
}
