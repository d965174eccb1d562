import { BerError } from '../asn1/ber-reader.js'
import type { BerElement } from '../asn1/ber-reader.js'

export const UTC_TIME = 0x17
export const GENERALIZED_TIME = 0x18

/** Clocks of both sides may differ by this much. */
export const CLOCK_TOLERANCE_MS = 5 * 60_000
/** How long an answer counts that does not say until when it does. */
const WITHOUT_NEXT_UPDATE_MS = 24 * 3_600_000

const FORM = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.\d+)?Z$/

/** UTCTime or GeneralizedTime as RFC 5280 4.1.2.5 wants them, and with the fractions of seconds that some responders write. @throws {BerError} */
export function asn1Time({ tag, content }: Pick<BerElement, 'tag' | 'content'>): Date {
  const text = Buffer.from(content.buffer, content.byteOffset, Math.min(content.length, 40)).toString('latin1')
  const whole = tag === UTC_TIME ? `${text < '5' ? 20 : 19}${text}` : text
  const found = tag === UTC_TIME || tag === GENERALIZED_TIME ? FORM.exec(whole) : null
  if (!found) throw new BerError('a time is not written as RFC 5280 4.1.2.5 says')
  const [year, month, day, hour, minute, second] = found.slice(1).map(Number)
  const date = new Date(Date.UTC(year!, month! - 1, day, hour, minute, second))
  if (date.getUTCMonth() !== month! - 1 || date.getUTCDate() !== day) throw new BerError('a time has no such day')
  return date
}

/** The time an answer is about. */
export interface Interval {
  readonly thisUpdate: Date
  readonly nextUpdate: Date | undefined
}

/** Until when an answer counts: the next one is due, or a day after it when it says nothing (RFC 6960 4.2.2.1). */
export function countsUntil({ thisUpdate, nextUpdate }: Interval): Date {
  return nextUpdate ?? new Date(thisUpdate.getTime() + WITHOUT_NEXT_UPDATE_MS)
}

/** Why an answer does not count at this time; undefined when it does. Five minutes are given to clocks. */
export function staleness(interval: Interval, at: Date): string | undefined {
  if (interval.thisUpdate.getTime() > at.getTime() + CLOCK_TOLERANCE_MS) {
    return `is dated ${interval.thisUpdate.toISOString()}, which is still to come`
  }
  const until = countsUntil(interval)
  return until.getTime() < at.getTime() - CLOCK_TOLERANCE_MS ? `counted until ${until.toISOString()}` : undefined
}
