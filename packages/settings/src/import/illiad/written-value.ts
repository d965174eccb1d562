import { malformed } from '../report.js'
import type { Entry } from './entries.js'

/** One of the values an entry can have, each known by its name without case and, in the XML files, by its number. */
export function oneOf<Value>(
  { entry, value, line, file, of }: Entry,
  values: Readonly<Record<string, Value>>,
  numbers: Readonly<Record<string, Value>> = {},
): Value {
  const written = value.trim().toLowerCase()
  const name = Object.keys(values).find((each) => each.toLowerCase() === written)
  if (name !== undefined) return values[name] as Value
  if (Object.hasOwn(numbers, written)) return numbers[written] as Value
  throw unreadable({ entry, value, line, file, of }, `is none of ${Object.keys(values).join(', ')}`)
}

/** A whole number from `least` to `most`. */
export function wholeNumber(entry: Entry, least: number, most: number): number {
  const written = entry.value.trim()
  const number = /^\d{1,15}$/.test(written) ? Number(written) : Number.NaN
  if (number >= least && number <= most) return number
  throw unreadable(entry, `is no whole number from ${least} to ${most}`)
}

/** An entry nothing can be made of. The value is not repeated. */
export function unreadable({ entry, line, file, of }: Entry, problem: string) {
  const where = `line ${line}${file === undefined ? '' : ` of ${file}`}${of === undefined ? '' : `, site ${of}`}`
  return malformed(entry, `${problem} (${where})`, 'Correct the value, or take the entry out, and import again.')
}
