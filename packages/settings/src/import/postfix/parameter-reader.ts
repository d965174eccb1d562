import type { SettingValue } from '../../values.js'
import type { Verdict } from '../import.js'
import type { Place, ProfileDraft } from '../report.js'
import { expanded, type Parameter } from './main-cf.js'

/** A parameter that is written, with its variables filled in. */
export interface Written {
  readonly value: string
  readonly place: Place
}

/** Longer values are no settings of a way out. */
const MAX_VALUE = 10_000

/** Reads the parameters of a main.cf; what is asked for is taken out. */
export class ParameterReader {
  readonly draft: ProfileDraft
  readonly #all: ReadonlyMap<string, Parameter>
  readonly #left: Map<string, Parameter>
  /** For the whole file. */
  readonly #room = { steps: 20_000 }

  constructor(draft: ProfileDraft, parameters: ReadonlyMap<string, Parameter>) {
    this.draft = draft
    this.#all = parameters
    this.#left = new Map(parameters)
  }

  has(name: string): boolean {
    return this.#left.has(name)
  }

  place(name: string): Place {
    const line = this.#left.get(name)?.line ?? this.#all.get(name)?.line
    return { entry: name, ...(line === undefined ? {} : { line }) }
  }

  /** The value with its variables filled in; it stays to be asked for. */
  peek(name: string): string | undefined {
    const written = this.#all.get(name)
    if (!written || written.value.length > MAX_VALUE) return undefined
    return expanded(written.value, (other) => this.#known(other), 0, this.#room)
  }

  /** Undefined when it is not written, or names what the file does not have, and that is said. */
  read(name: string): Written | undefined {
    if (!this.#left.has(name)) return undefined
    const place = this.place(name)
    const value = this.peek(name)
    this.#left.delete(name)
    if (value === undefined)
      this.draft.say(place, 'lost', 'it is too long, or names a parameter this file does not have: write the value')
    return value === undefined ? undefined : { value, place }
  }

  take(
    name: string,
    values: (value: string) => readonly SettingValue[],
    verdict: Verdict = 'taken',
    note?: string,
  ): boolean {
    const written = this.read(name)
    if (!written) return false
    if (written.value !== '') return this.draft.take(written.place, values(written.value), verdict, note)
    this.draft.say(written.place, 'ignored', 'it is empty, which stands for the default')
    return false
  }

  tell(name: string, verdict: Verdict, note: string): void {
    if (!this.#left.has(name)) return
    const place = this.place(name)
    this.#left.delete(name)
    this.draft.say(place, verdict, note)
  }

  rest(): string[] {
    return [...this.#left.keys()]
  }

  /** A parameter of the file, or one that Postfix makes of another. */
  #known(name: string): string | undefined {
    const written = this.#all.get(name)?.value
    if (written !== undefined) return written
    const host = this.#all.get('myhostname')?.value
    if (name === 'mydomain')
      return host?.includes('.') && !host.includes('$') ? host.slice(host.indexOf('.') + 1) : undefined
    return Object.hasOwn(DEFAULTS, name) ? DEFAULTS[name] : undefined
  }
}

/** Defaults of Postfix that values are made of. */
const DEFAULTS: Readonly<Record<string, string | undefined>> = {
  config_directory: '/etc/postfix',
  data_directory: '/var/lib/postfix',
  default_database_type: 'hash',
  mail_name: 'Postfix',
  queue_directory: '/var/spool/postfix',
  smtp_tcp_port: 'smtp',
  smtp_sasl_security_options: 'noplaintext, noanonymous',
  myorigin: '$myhostname',
}

/** True for `yes`, as Postfix reads it. */
export function isYes(value: string | undefined): boolean {
  return value?.toLowerCase() === 'yes'
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

/** Milliseconds of `30s`, `5m` or `30` (seconds). Another text is given back, so that the setting refuses it. */
export function durationMs(value: string): number | string {
  const [, digits, unit = 's'] = /^(\d{1,9})\s*([smhdw])?$/i.exec(value) ?? []
  return digits === undefined ? value : Math.min(Number(digits) * UNITS[unit.toLowerCase()]! * 1000, 2 ** 31 - 1)
}

export function wholeNumber(value: string): number | string {
  return /^\d{1,12}$/.test(value) ? Number(value) : value
}

/** The words of a list, which stand between blanks or commas. */
export function words(value: string): string[] {
  return value.split(/[\s,]+/).filter((word) => word !== '')
}
