import { refusal } from '../refusal.js'
import { dateTimeText } from './date-time.js'
import type { FieldStyle } from './field-style.js'
import { structuredText } from './field-text.js'
import { structuredField } from './header-field.js'

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const

/**
 * The Date field with its CRLF, and the moment it names: `*` or nothing is now; `''` is now without a field. A string that is a date-time
 * of RFC 5322 3.3 stands as it is; one in ISO 8601 with its zone is written as such a date-time, in that zone.
 * @throws {SettingsError} `draft.date`; for a string also `draft.structured`, `draft.control-character`
 */
export function dateField(
  given: Date | string | undefined,
  now: () => Date,
  style: FieldStyle,
): { readonly date: Date; readonly field: string } {
  if (typeof given !== 'string' || given === '*') {
    const date = given === undefined || given === '*' ? now() : given
    return { date, field: `Date: ${dateTime(date, 'date')}\r\n` }
  }
  if (given === '') return { date: now(), field: '' }
  const read = dateTimeText(structuredText(given, 'date'))
  if (typeof read !== 'string') return { date: read.date, field: structuredField('Date', read.text, style) }
  throw refusal(
    'draft.date',
    'date',
    read,
    "Give a Date, '2026-11-21T10:00:00Z' or 'Sat, 21 Nov 2026 10:00:00 +0000', or leave it out for the present time.",
  )
}

/**
 * A date-time of RFC 5322 3.3 in local time with its offset: `Fri, 21 Nov 2025 13:02:11 +0100`.
 * @throws {SettingsError} `draft.date` for an invalid date and for years outside 1900 to 9999
 */
export function dateTime(date: Date, field: string): string {
  const year = date instanceof Date ? date.getFullYear() : NaN
  if (!(year >= 1900 && year <= 9999)) {
    throw refusal(
      'draft.date',
      field,
      'is not a date between the years 1900 and 9999',
      'Give a valid Date, or leave it out for the present time.',
    )
  }
  const offset = -date.getTimezoneOffset()
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}${two(Math.abs(offset) % 60)}`
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  return `${DAYS[date.getDay()]}, ${date.getDate()} ${MONTHS[date.getMonth()]} ${year} ${time} ${zone}`
}

const two = (number: number) => (number < 10 ? `0${number}` : `${number}`)
