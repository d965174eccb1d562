import { nearName } from '@posthorn/ground'
import { invalidArgument } from '../ipworks-error.js'

/** What a value is, as the document says it. */
export type ValueType = 'string' | 'secret' | 'int' | 'boolean' | 'enum' | 'octets' | 'object'

/** When a value may change. `connect`: any time, and it counts from the next connection on. `send`: from the next message on. */
export type Change = 'at once' | 'connect' | 'send' | 'never'

/** One property or one setting of `config()`. */
export interface Row<T = unknown> {
  readonly type: ValueType
  /** A fresh default. */
  readonly initial: () => T
  readonly change: Change
  /** The number of the error for changing it while connected or connecting. */
  readonly locked?: number | undefined
  /** The names of its values. */
  readonly values?: Readonly<Record<string, number>> | undefined
  /** A sentence for the manual. */
  readonly says: string
  /** What it becomes in the engine; for the manual. */
  readonly to: string
  /** @throws {IPWorksError} 10022 for what it cannot be */
  readonly check: (value: unknown, name: string) => T
  /** Its text for `config()`. */
  print(value: T): string
  /** The value of a text of `config()`. */
  readonly parse: (text: string, name: string) => T
}

/** What a row says of itself. */
export type Facts = Pick<Row, 'change' | 'locked' | 'says' | 'to'>

const SPELLINGS: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  1: true,
  false: false,
  no: false,
  0: false,
}

/** A text; it is not looked at but for what `allows` says. */
export function text(initial: string, facts: Facts, allows?: (value: string, name: string) => void): Row<string> {
  const check = (value: unknown, name: string): string => {
    if (typeof value !== 'string') throw invalidArgument(name, `must be a string, not ${kindOf(value)}`)
    allows?.(value, name)
    return value
  }
  return { type: 'string', initial: () => initial, ...facts, check, print: (value) => value, parse: check }
}

/** A text that is a secret: given back to who asks for it; in no error, event or trail. */
export function secret(facts: Facts): Row<string> {
  return { ...text('', facts), type: 'secret' }
}

/** A whole number; its digits are taken, too, since that is how an environment has it. */
export function whole(initial: number, range: readonly [low: number, high: number], facts: Facts): Row<number> {
  const [low, high] = range
  const check = (value: unknown, name: string): number => {
    const number = typeof value === 'bigint' || isDigits(value) ? Number(value) : value
    if (typeof number === 'number' && Number.isInteger(number) && number >= low && number <= high) return number
    throw invalidArgument(name, `must be a whole number from ${low} to ${high}`)
  }
  return { type: 'int', initial: () => initial, ...facts, check, print: String, parse: check }
}

/** A whole number that may be left to the system: empty, or -1, takes it back. */
export function optionalWhole(range: readonly [low: number, high: number], facts: Facts): Row<number | undefined> {
  const row = whole(range[0], range, facts)
  const isUnset = (value: unknown): boolean => value === undefined || value === null || value === '' || value === -1
  return {
    ...row,
    initial: () => undefined,
    check: (value, name) => (isUnset(value) ? undefined : row.check(value, name)),
    print: (value) => (value === undefined ? '' : String(value)),
    parse: (value, name) => (value.trim() === '' || value.trim() === '-1' ? undefined : row.parse(value, name)),
  }
}

/** A row that takes less. @param allows throws for what it does not take */
export function checked<T>(row: Row<T>, allows: (value: T, name: string) => void): Row<T> {
  const allowed = (value: T, name: string): T => {
    allows(value, name)
    return value
  }
  return {
    ...row,
    check: (value, name) => allowed(row.check(value, name), name),
    parse: (value, name) => allowed(row.parse(value, name), name),
  }
}

/** One of the numbers that have a name; the name is taken, too, and the digits. */
export function choice<V extends Readonly<Record<string, number>>>(
  values: V,
  initial: number,
  facts: Facts,
): Row<number> & { readonly values: V } {
  const numbers = Object.values(values)
  const check = (value: unknown, name: string): number => {
    const number = isDigits(value) ? Number(value) : typeof value === 'string' ? numberNamed(values, value) : value
    if (typeof number === 'number' && numbers.includes(number)) return number
    const known = Object.entries(values).map(([word, each]) => `${each} (${word})`)
    throw invalidArgument(name, `must be one of ${known.join(', ')}`)
  }
  return { type: 'enum', values, initial: () => initial, ...facts, check, print: String, parse: check }
}

/** True or false. */
export function flag(initial: boolean, facts: Facts): Row<boolean> {
  const check = (value: unknown, name: string): boolean => {
    if (typeof value === 'boolean') return value
    if (value === 0 || value === 1) return value === 1
    if (typeof value === 'string') return parse(value, name)
    throw invalidArgument(name, `must be true or false, not ${kindOf(value)}`)
  }
  const parse = (value: string, name: string): boolean => {
    const known = SPELLINGS[value.trim().toLowerCase()]
    if (known === undefined) throw invalidArgument(name, 'must be True, False, Yes, No, 1 or 0')
    return known
  }
  return {
    type: 'boolean',
    initial: () => initial,
    ...facts,
    check,
    print: (value) => (value ? 'True' : 'False'),
    parse,
  }
}

/** A value of a class; it has no text. @param convert makes one of what stands for it */
export function object<T>(
  initial: () => T,
  facts: Facts,
  isOne: (value: unknown) => value is T,
  what: string,
  convert: (value: unknown) => unknown = (value) => value,
): Row<T> {
  const check = (value: unknown, name: string): T => {
    const one = convert(value)
    if (isOne(one)) return one
    throw invalidArgument(name, `must be ${what}`)
  }
  return { type: 'object', initial, ...facts, check, print: () => '', parse: (_, name) => check(undefined, name) }
}

/** Octets; a text stands for its UTF-8. */
export function octets(facts: Facts): Row<Buffer> {
  const check = (value: unknown, name: string): Buffer => {
    if (typeof value === 'string') return Buffer.from(value, 'utf8')
    if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    throw invalidArgument(name, `must be a Buffer or a string, not ${kindOf(value)}`)
  }
  return {
    type: 'octets',
    initial: () => Buffer.alloc(0),
    ...facts,
    check,
    print: (value) => value.toString(),
    parse: check,
  }
}

/** The name in a table that was meant, without regard to case. @throws {IPWorksError} 10022 that names the nearest ones */
export function nameIn<N extends string>(names: ReadonlyMap<string, N>, given: string): N {
  const found = names.get(given.trim().toLowerCase())
  if (found !== undefined) return found
  const near = nearName(given, [...names.values()])
  throw invalidArgument(
    JSON.stringify(given.slice(0, 60)),
    near ? `is not a setting; did you mean ${near}?` : 'is not a setting',
  )
}

function numberNamed(values: Readonly<Record<string, number>>, given: string): number | undefined {
  const wanted = given.trim().toLowerCase()
  return Object.entries(values).find(([name]) => name.toLowerCase() === wanted)?.[1]
}

function isDigits(value: unknown): value is string {
  return typeof value === 'string' && /^\s*-?\d+\s*$/.test(value)
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value
}
