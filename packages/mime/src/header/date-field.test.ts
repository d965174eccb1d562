import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dateField, dateTime } from './date-field.js'
import { DEFAULT_STYLE } from './field-style.js'

describe('dateTime', () => {
  it('names the same second and the right day of the week, in any time zone', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1901-01-01'), max: new Date('9998-12-31'), noInvalidDate: true }),
        (date) => {
          const text = dateTime(date, 'date')
          expect(text).toMatch(
            /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d [+-]\d{4}$/,
          )
          const local = new Date(`${text.slice(5, -6)} UTC`)
          expect(['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][local.getUTCDay()]).toBe(text.slice(0, 3))
          const offsetMinutes =
            Number(`${text.slice(-5, -4)}1`) * (Number(text.slice(-4, -2)) * 60 + Number(text.slice(-2)))
          // Local mean times before standard time have offsets with seconds, which a date-time cannot say.
          if (date.getFullYear() > 1975)
            expect(local.getTime() - offsetMinutes * 60_000).toBe(Math.floor(date.getTime() / 1000) * 1000)
        },
      ),
    )
  })

  it.each([new Date(NaN), new Date(-5e12), new Date(8.64e15), 'now' as unknown as Date])('refuses %s', (date) => {
    expect(() => dateTime(date, 'date')).toThrow(expect.objectContaining({ code: 'draft.date', field: 'date' }))
  })
})

describe('dateField', () => {
  const moment = new Date(2025, 10, 21, 13, 2, 11)
  const now = () => moment
  const written = (given: Date | string | undefined) => dateField(given, now, DEFAULT_STYLE)

  it("[part of ipworks.prop.MessageDate] is now for '*' and for nothing, absent for '', and a date-time as it stands", () => {
    const field = `Date: ${dateTime(moment, 'date')}\r\n`
    expect(written(undefined)).toEqual({ date: moment, field })
    expect(written('*')).toEqual({ date: moment, field })
    expect(written('')).toEqual({ date: moment, field: '' })
    expect(written('Thu, 13 Feb 1969 23:32:54 -0330')).toEqual({
      date: new Date('1969-02-14T03:02:54Z'),
      field: 'Date: Thu, 13 Feb 1969 23:32:54 -0330\r\n',
    })
    const given = new Date(0)
    expect(written(given).date).toBe(given)
  })

  it.each([
    ['2026-11-21T10:00:00Z', 'Sat, 21 Nov 2026 10:00:00 +0000', '2026-11-21T10:00:00Z'],
    ['2026-11-21T10:00:00.123Z', 'Sat, 21 Nov 2026 10:00:00 +0000', '2026-11-21T10:00:00Z'],
    ['2026-11-01T00:30+02:00', 'Sun, 1 Nov 2026 00:30:00 +0200', '2026-10-31T22:30:00Z'],
    ['2024-02-29t23:30:00-0330', 'Thu, 29 Feb 2024 23:30:00 -0330', '2024-03-01T03:00:00Z'],
  ])('writes %s of ISO 8601 in its own zone', (given, text, moment) => {
    expect(written(given)).toEqual({ date: new Date(moment), field: `Date: ${text}\r\n` })
  })

  it.each([
    ['21 Nov 2025 13:02 -0000', '2025-11-21T13:02:00Z'],
    ['fri,  1 Aug 2025 13:02:11 +0200 (CEST)', '2025-08-01T11:02:11Z'],
    ['Sat, 31 Dec 2016 23:59:60 +0000', '2017-01-01T00:00:00Z'],
  ])('lets %s of RFC 5322 stand as it is', (given, moment) => {
    expect(written(given)).toEqual({ date: new Date(moment), field: `Date: ${given}\r\n` })
  })

  it('reads back whatever a Date and its JSON say', () => {
    const anyDate = fc.date({ min: new Date('1976-01-01'), max: new Date('9998-12-31'), noInvalidDate: true })
    fc.assert(
      fc.property(anyDate, (date) => {
        const second = new Date(Math.floor(date.getTime() / 1000) * 1000)
        expect(written(date.toJSON()).date).toEqual(second)
        expect(written(dateTime(date, 'date'))).toEqual({ date: second, field: `Date: ${dateTime(date, 'date')}\r\n` })
      }),
    )
  })

  it.each([
    ['a\r\nb', 'draft.control-character'],
    ['heute früh', 'draft.structured'],
    ['=?utf-8?Q?=0A?=', 'draft.structured'],
    ['Fri, 21 Nov 2025 13:02:11 +0100 (=?utf-8?Q?=0A?=)', 'draft.structured'],
    ['yesterday, about noon', 'draft.date'],
    ['2026-11-21', 'draft.date'],
    ['2026-11-21T10:00:00', 'draft.date'],
    ['2026-02-29T10:00:00Z', 'draft.date'],
    ['2026-11-21T24:00:00Z', 'draft.date'],
    ['1899-12-31T23:59:59Z', 'draft.date'],
    ['Fri, 31 Nov 2025 13:02:11 +0100', 'draft.date'],
    ['Thu, 21 Nov 2025 13:02:11 +0100', 'draft.date'],
    ['Fri, 21 Nov 2025 13:02:11 GMT', 'draft.date'],
    ['Fri, 21 Nov 2025 13:02:11 +0160', 'draft.date'],
    ['Fri, 21 Nov 2025 13:02:11', 'draft.date'],
    ['Fri, 21 Nov 25 13:02:11 +0100', 'draft.date'],
    ['1764000000', 'draft.date'],
    [' ', 'draft.date'],
    ['1'.repeat(900), 'draft.date'],
    [null, 'draft.date'],
    [{}, 'draft.date'],
  ])('refuses %j', (given, code) => {
    expect(() => written(given as string)).toThrow(expect.objectContaining({ code, field: 'date' }))
  })

  it.each([42, true])('refuses %j', (given) => {
    expect(() => written(given as unknown as string)).toThrow(expect.objectContaining({ field: 'date' }))
  })
})
