import type { SettingValue } from '../../values.js'
import type { Verdict } from '../import.js'
import type { Place, ProfileDraft } from '../report.js'
import type { NameValue } from './name-value.js'

/** Names that stand for one storage: a property and a config setting, with and without the dot of the object they belong to. */
export function plainName(name: string): string {
  return name
    .toLowerCase()
    .replace(/^firewall\.firewalltype$/, 'firewalltype')
    .replaceAll('.', '')
}

/** Reads settings by name, whatever the case; of two the last one counts. What is asked for is taken out. */
export class SettingReader {
  readonly draft: ProfileDraft
  readonly #left = new Map<string, NameValue>()

  constructor(draft: ProfileDraft, entries: readonly NameValue[]) {
    this.draft = draft
    for (const entry of entries) {
      const name = plainName(entry.name)
      const earlier = this.#left.get(name)
      if (earlier) draft.say({ entry: earlier.name, line: earlier.line }, 'ignored', 'a later line says otherwise')
      this.#left.delete(name)
      this.#left.set(name, entry)
    }
  }

  has(name: string): boolean {
    return (this.#left.get(plainName(name))?.value ?? '') !== ''
  }

  peek(name: string): string | undefined {
    return this.#left.get(plainName(name))?.value
  }

  place(name: string): Place {
    const entry = this.#left.get(plainName(name))
    return entry ? { entry: entry.name, line: entry.line } : { entry: name }
  }

  read(name: string): { readonly value: string; readonly place: Place } | undefined {
    const entry = this.#left.get(plainName(name))
    if (!entry) return undefined
    this.#left.delete(plainName(name))
    return { value: entry.value, place: { entry: entry.name, line: entry.line } }
  }

  /** Takes a setting over; an empty value stands for nothing. */
  take(
    name: string,
    values: (value: string) => readonly SettingValue[] | string,
    verdict: Verdict = 'taken',
    note?: string,
  ): void {
    const read = this.read(name)
    if (!read) return
    if (read.value === '') {
      this.draft.say(read.place, 'ignored', 'it is empty, which stands for nothing')
      return
    }
    const taken = values(read.value)
    if (typeof taken === 'string') this.draft.say(read.place, 'lost', taken)
    else if (taken.length === 0) this.draft.say(read.place, 'ignored', 'it stands for nothing')
    else this.draft.take(read.place, taken, verdict, note)
  }

  tell(name: string, verdict: Verdict, note: string): void {
    const read = this.read(name)
    if (read) this.draft.say(read.place, verdict, note)
  }

  /** The value in the profile when nobody writes one. */
  usual(name: string, values: readonly SettingValue[], note?: string): void {
    if (values.some(([path]) => this.draft.has(path))) return
    this.draft.take({ entry: name }, values, 'defaulted', note)
  }

  rest(): NameValue[] {
    return [...this.#left.values()]
  }
}

/** True, false, or undefined. */
export function truth(value: string): boolean | undefined {
  if (/^(?:true|1|yes)$/i.test(value)) return true
  return /^(?:false|0|no)$/i.test(value) ? false : undefined
}

/** A switch. */
export function switched(
  value: string,
  values: (on: boolean) => readonly SettingValue[],
): readonly SettingValue[] | string {
  const on = truth(value)
  return on === undefined ? 'it must be True or False' : values(on)
}

/** The number of a value, by number or by name: `2`, `sslExplicit`, `SSLStartModes.sslExplicit`. */
export function numbered(value: string, names: Readonly<Record<string, number>>): number | undefined {
  const word = value
    .slice(value.lastIndexOf('.') + 1)
    .trim()
    .toLowerCase()
  const known = Object.entries(names).find(([name]) => name.toLowerCase() === word)
  if (known) return known[1]
  return /^\d{1,3}$/.test(word) && Object.values(names).includes(Number(word)) ? Number(word) : undefined
}

/** The lines of a value: in a list of names and values their ends are written `\\r\\n`. */
export function linesOf(value: string): string[] {
  return value.replace(/\\r\\n|\\n|\r\n?/g, '\n').split('\n')
}

export function numberIn(value: string): number | string {
  return /^\d{1,12}$/.test(value) ? Number(value) : value
}

/** Milliseconds of seconds. */
export function secondsIn(value: string): number | string {
  const seconds = numberIn(value)
  return typeof seconds === 'number' ? Math.min(seconds * 1000, 2 ** 31 - 1) : seconds
}
