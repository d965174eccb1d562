import type { SettingValue } from '../../values.js'
import { SecretReference, type Place, type ProfileDraft } from '../report.js'
import type { Verdict } from '../import.js'
import type { Literal, Member, Plain } from './literal.js'

/** An option as it is written: where, and what stands there. */
export interface Written {
  readonly line: number
  readonly value: Literal
  /** Without a colon behind its name. */
  readonly bare?: true | undefined
}

/** Groups whose members are options of their own: `auth.user`. */
const GROUPS: ReadonlySet<string> = new Set(['auth', 'auth.credentials', 'tls'])

/** An option that another one of its name overrules. */
export interface Overruled {
  readonly path: string
  readonly line: number
}

/**
 * The options by their path; of two with one name the last one counts, as in JavaScript, and of two groups the last one as a whole.
 * @param overruled gets those that do not count
 */
export function optionsByPath(members: readonly Member[], overruled: Overruled[], below = ''): Map<string, Written> {
  const options = new Map<string, Written>()
  const groups = new Map<string, readonly string[]>()
  for (const { key, line, value, bare } of members) {
    const path = `${below}${key}`
    for (const earlier of groups.get(path) ?? [path]) overrule(options, earlier, overruled)
    groups.delete(path)
    if (GROUPS.has(path) && value.kind === 'object') {
      const inner = optionsByPath(value.members, overruled, `${path}.`)
      groups.set(path, [...inner.keys()])
      for (const [each, written] of inner) options.set(each, written)
    } else options.set(path, bare ? { line, value, bare } : { line, value })
  }
  return options
}

/** Takes an option away, when it is a named one. */
export function overrule(options: Map<string, Written>, path: string, overruled: Overruled[]): void {
  const earlier = options.get(path)
  if (!earlier) return
  if (!earlier.bare) overruled.push({ path, line: earlier.line })
  options.delete(path)
}

/**
 * Reads the options of one transport. What is asked for is taken out, and said to be lost when only running the program would tell it; what
 * is left at the end nobody asked for.
 */
export class OptionReader {
  readonly draft: ProfileDraft
  /** Options that are needed and stand in variables nobody gave: `host (process.env.SMTP_HOST)`. */
  readonly wanting: string[] = []
  readonly #options: Map<string, Written>
  readonly #variables: ReadonlyMap<string, string>
  readonly #of: string | undefined

  constructor(
    draft: ProfileDraft,
    options: Map<string, Written>,
    variables: ReadonlyMap<string, string>,
    of: string | undefined,
  ) {
    this.draft = draft
    this.#options = options
    this.#variables = variables
    this.#of = of
  }

  has(path: string): boolean {
    return this.#options.has(path)
  }

  place(path: string): Place {
    const line = this.#options.get(path)?.line
    return { entry: path, ...(line === undefined ? {} : { line }), ...(this.#of === undefined ? {} : { of: this.#of }) }
  }

  /** What stands there as it is. */
  literal(path: string): Literal | undefined {
    return this.#options.get(path)?.value
  }

  /** Options nobody has asked for. */
  rest(): string[] {
    return [...this.#options.keys()]
  }

  /** True when a colon stands behind the name: what has none may be a piece of a text. */
  isKey(path: string): boolean {
    return this.#options.get(path)?.bare !== true
  }

  done(path: string): void {
    this.#options.delete(path)
  }

  /** The value of an option; undefined when it is not written or cannot be known, and that is said. */
  plain(
    path: string,
  ): { readonly value: Plain; readonly note?: string | undefined; readonly place: Place } | undefined {
    const literal = this.literal(path)
    if (literal === undefined) return undefined
    const place = this.place(path)
    this.done(path)
    if (literal.kind === 'plain' && literal.value === undefined)
      this.draft.say(place, 'ignored', 'undefined is as if it were not written')
    if (literal.kind === 'plain') return literal.value === undefined ? undefined : { value: literal.value, place }
    if (literal.kind !== 'env') {
      this.draft.say(place, 'lost', NOT_PLAIN)
      return undefined
    }
    const value = this.#variables.get(literal.name)
    const note = `from the variable ${literal.name}`
    if (value !== undefined)
      return { value: literal.equals === undefined ? value : value === literal.equals, note, place }
    if (literal.fallback !== undefined)
      return { value: literal.fallback, note: `the variable ${literal.name} may say otherwise`, place }
    this.wanting.push(`${path} (process.env.${literal.name})`)
    this.draft.say(
      place,
      'lost',
      `it stands in the variable ${literal.name}: write its value, or give the .env file along`,
    )
    return undefined
  }

  /** Takes an option over into a setting. */
  take(path: string, setting: string, of: (value: Plain) => unknown = (value) => value, said: Said = {}): boolean {
    const plain = this.plain(path)
    if (!plain) return false
    const note = [plain.note, said.note].filter((each) => each !== undefined).join('; ')
    return this.draft.take(
      plain.place,
      [[setting, of(plain.value)]],
      said.verdict ?? 'taken',
      note === '' ? undefined : note,
    )
  }

  /** A secret, or where it is kept. */
  secret(path: string): string | SecretReference | undefined {
    const literal = this.literal(path)
    if (literal?.kind === 'env' && literal.equals === undefined) return new SecretReference(`env:${literal.name}`)
    if (literal?.kind === 'plain' && (typeof literal.value === 'string' || typeof literal.value === 'number'))
      return literal.value === '' ? undefined : String(literal.value)
    return undefined
  }

  takeSecret(path: string, setting: string): boolean {
    const value = this.secret(path)
    if (value === undefined) return this.lose(path, NOT_PLAIN)
    const place = this.place(path)
    this.done(path)
    return this.draft.take(place, [[setting, value]], value instanceof SecretReference ? 'changed' : 'taken')
  }

  /** Text of a file, or where it is: texts of one list stand one behind the other. */
  content(path: string): string | SecretReference | undefined {
    const literal = this.literal(path)
    if (literal === undefined) return undefined
    const texts = (literal.kind === 'array' ? literal.items : [literal]).map(contentOf)
    if (texts.length === 1) return texts[0]
    const plain = texts.filter((text) => typeof text === 'string')
    return plain.length === texts.length && plain.length > 0
      ? plain.map((text) => text.trimEnd()).join('\n')
      : undefined
  }

  takeAll(paths: readonly string[], values: readonly SettingValue[], verdict: Verdict = 'taken', note?: string): void {
    for (const path of paths) {
      if (!this.has(path)) continue
      const place = this.place(path)
      this.done(path)
      this.draft.take(place, values, verdict, note)
    }
  }

  /** Says that an option is lost, when it is written. */
  lose(path: string, note: string): false {
    return this.tell(path, 'lost', note)
  }

  tell(path: string, verdict: Verdict, note: string): false {
    if (this.has(path)) this.draft.say(this.place(path), verdict, note)
    this.done(path)
    return false
  }
}

interface Said {
  readonly verdict?: Verdict | undefined
  readonly note?: string | undefined
}

const NOT_PLAIN = 'only running the program would tell what stands here, and nothing is run: write the value'

function contentOf(literal: Literal): string | SecretReference | undefined {
  if (literal.kind === 'plain' && typeof literal.value === 'string') return literal.value
  if (literal.kind === 'env' && literal.equals === undefined) return new SecretReference(`env:${literal.name}`)
  return literal.kind === 'file' ? new SecretReference(`file:${literal.path}`) : undefined
}

/** What JavaScript takes for true: every text but the empty one, whatever it says. */
export function truthy(value: Plain): boolean {
  return Boolean(value)
}

/** A number from a number or from a text of digits. */
export function numberOf(value: Plain): unknown {
  return typeof value === 'string' && /^\d{1,15}$/.test(value.trim()) ? Number(value) : value
}
