const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const
const MONTH_NUMBERS: ReadonlyMap<string, number> = new Map(MONTHS.map((name, index) => [name.toLowerCase(), index + 1]))
/** RFC 5322 3.3 without its obsolete forms: a year of four digits and a zone in digits; one comment behind it, such as (CET). */
const RFC_5322 =
  /^(?:([a-z]{3}), +)?(\d{1,2}) +([a-z]{3}) +(\d{4}) +(\d\d):(\d\d)(?::(\d\d))? +([+-])(\d\d)(\d\d)(?: +\([^()\\]*\))?$/i
/** With its zone, which no date in a message lacks (RFC 3339 5.6, the colon of the zone left out or not). */
const ISO_8601 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:[.,]\d{1,9})?)?(?:Z|([+-])(\d\d):?(\d\d))$/i
const MAX_LENGTH = 200

/** A date-time as it is to stand in a field, and the moment it names. */
export interface DateTimeText {
  readonly text: string
  readonly date: Date
}

/**
 * Reads a date-time of RFC 5322 3.3, which stands as it is when the day of the week fits, or one in ISO 8601 with its zone, which is
 * written as a date-time of RFC 5322 in that zone.
 * @returns what it names, or what is wrong with it: a clause without a full stop
 */
export function dateTimeText(text: string): DateTimeText | string {
  const short = text.length <= MAX_LENGTH ? text : ''
  const mail = RFC_5322.exec(short)
  if (mail) {
    const [, weekday, day, month = '', year, hour, minute, second, ...zone] = mail
    const read = moment([year, MONTH_NUMBERS.get(month.toLowerCase()), day, hour, minute, second], zone)
    if (!read) return NO_SUCH_DATE
    const fits = weekday === undefined || weekday.toLowerCase() === read.weekday.toLowerCase()
    return fits ? { text, date: read.date } : `names a day of the week that does not fit: it was a ${read.weekday}`
  }
  const iso = ISO_8601.exec(short)
  if (!iso) return 'is neither a date-time of RFC 5322 nor one of ISO 8601 with its zone'
  const [, year, month, day, hour, minute, second = '00', sign = '+', zoneHours = '00', zoneMinutes = '00'] = iso
  const read = moment([year, month, day, hour, minute, second], [sign, zoneHours, zoneMinutes])
  if (!read) return NO_SUCH_DATE
  const time = `${hour}:${minute}:${second} ${sign}${zoneHours}${zoneMinutes}`
  return { text: `${read.weekday}, ${Number(day)} ${MONTHS[Number(month) - 1]} ${year} ${time}`, date: read.date }
}

const NO_SUCH_DATE = 'is a date or a time that does not exist, or is before the year 1900'

/** The moment and its day of the week there, when there is such a day, hour and zone; a leap second (60) counts as the one that follows. */
function moment(
  time: readonly (string | number | undefined)[],
  [sign, zoneHours, zoneMinutes]: readonly (string | undefined)[],
): { readonly date: Date; readonly weekday: string } | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = time.map((digits) => Number(digits ?? 0))
  const daysOfMonth = new Date(Date.UTC(year, month, 0)).getUTCDate()
  if (!(year >= 1900 && month >= 1 && month <= 12 && day >= 1 && day <= daysOfMonth)) return undefined
  if (hour > 23 || minute > 59 || second > 60 || Number(zoneMinutes) > 59) return undefined
  const offsetMinutes = Number(`${sign}1`) * (Number(zoneHours) * 60 + Number(zoneMinutes))
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute - offsetMinutes, second))
  return { date, weekday: DAYS[new Date(Date.UTC(year, month - 1, day)).getUTCDay()] ?? '' }
}
