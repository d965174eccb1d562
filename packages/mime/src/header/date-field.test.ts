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

  it("[part of ipworks.prop.MessageDate] is now for '*' and for nothing, absent for '', and any other string as it stands", () => {
    const field = `Date: ${dateTime(moment, 'date')}\r\n`
    expect(written(undefined)).toEqual({ date: moment, field })
    expect(written('*')).toEqual({ date: moment, field })
    expect(written('')).toEqual({ date: moment, field: '' })
    expect(written('yesterday, about noon')).toEqual({ date: moment, field: 'Date: yesterday, about noon\r\n' })
    expect(written('Thu, 13 Feb 1969 23:32:54 -0330')).toEqual({
      date: new Date('1969-02-14T03:02:54Z'),
      field: 'Date: Thu, 13 Feb 1969 23:32:54 -0330\r\n',
    })
    const given = new Date(0)
    expect(written(given).date).toBe(given)
  })

  it.each([
    ['a\r\nb', 'draft.control-character'],
    ['heute früh', 'draft.structured'],
    ['=?utf-8?Q?=0A?=', 'draft.structured'],
    [null, 'draft.date'],
    [{}, 'draft.date'],
  ])('refuses %j', (given, code) => {
    expect(() => written(given as string)).toThrow(expect.objectContaining({ code, field: 'date' }))
  })

  it.each([42, true])('refuses %j', (given) => {
    expect(() => written(given as unknown as string)).toThrow(expect.objectContaining({ field: 'date' }))
  })
})
