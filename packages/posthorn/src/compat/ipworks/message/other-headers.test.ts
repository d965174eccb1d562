import { strictStyle } from '@posthorn/mime/header'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FIXED, letterValues, recipient } from '../../../../test/compat/outgoing.js'
import { IPWorksError } from '../ipworks-error.js'
import { otherHeaders } from './other-headers.js'
import { headersOf, outgoingMessage } from './outgoing-message.js'

const STYLE = strictStyle(80, undefined)
const read = (given: string) => otherHeaders(given, STYLE)
const problem = (given: string) => {
  try {
    read(given)
  } catch (error) {
    if (error instanceof IPWorksError && error.code === 10022) return error.message
    throw error
  }
  return undefined
}

describe('otherHeaders', () => {
  it('takes fields as they stand, and adds the last line end [part of ipworks.prop.OtherHeaders]', () => {
    expect(read('')).toEqual({ replacesAll: false, section: '', names: [] })
    expect(read('X-A: 1')).toEqual({ replacesAll: false, section: 'X-A: 1\r\n', names: ['x-a'] })
    expect(read('X-A:  1 ;\r\n\tb\r\nx-b:\r\n').section).toBe('X-A:  1 ;\r\n\tb\r\nx-b:\r\n')
    expect(read('X-A: 1\nX-B: 2\n').section).toBe('X-A: 1\r\nX-B: 2\r\n')
  })

  it('one that begins with an empty line is all of the header [part of ipworks.behaviour.header-override]', () => {
    expect(read('\r\nX-Only: 1')).toEqual({ replacesAll: true, section: 'X-Only: 1\r\n', names: ['x-only'] })
    expect(read('\r\n')).toEqual({ replacesAll: true, section: '', names: [] })
  })

  it.each([
    ['X-A: 1\r\n\r\nHello', 'line 2 is blank'],
    ['X-A: 1\r\n \t\r\nX-B: 1', 'line 2 is blank'],
    ['\r\n\r\nX-A: 1', 'line 2 is blank'],
    ['X-A: 1\r\n\r\n', 'line 2 is blank'],
    ['X-A: 1\r\nHello', 'line 2 is no header field'],
    ['X A: 1', 'line 1 is no header field'],
    ['X-A : 1', 'line 1 is no header field'],
    [': 1', 'line 1 is no header field'],
    ['X-Ä: 1', 'line 1 is no header field'],
    [' continued', 'line 1 begins with a blank'],
    ['\r\n continued', 'line 2 begins with a blank'],
    ['X-A: 1\rX-B: 2', 'line 1 has a control character'],
    ['X-A: 1\0', 'line 1 has a control character'],
    ['X-A: 1\u2028X-B: 2', 'line 1 has a control character'],
    ['X-A: 1\r\nContent-Type: a/b; name="ü.pdf"', 'line 2 must be ASCII'],
  ])('refuses %j', (given, expected) => {
    expect(problem(given)).toContain(`OtherHeaders ${expected}`)
  })

  it('writes text outside ASCII as encoded-words', () => {
    expect(read('X-A: Grüße an\r\n alle').section).toBe(
      `X-A: =?utf-8?B?${Buffer.from('Grüße').toString('base64')}?= an alle\r\n`,
    )
    expect(read('Sender: Jörg Berg <j@example.test>').section).toBe(
      'Sender: =?utf-8?B?SsO2cmc=?= Berg <j@example.test>\r\n',
    )
  })

  it('whatever it is, it adds the fields it shows and nothing else', () => {
    const pieces = fc.constantFrom(
      'X',
      'a',
      ':',
      ': ',
      ' ',
      '\t',
      '\r\n',
      '\n',
      '\r',
      '\0',
      'ü',
      '\u2028',
      '\u0085',
      '.',
      '=?',
      '-',
      '\ud800',
    )
    const lines = fc.constantFrom('X-A: 1', 'X-B: ü', ' more', '\tü', '', 'no field', 'Bcc:x')
    const anything = fc.oneof(
      fc.array(pieces, { maxLength: 12 }).map((list) => list.join('')),
      fc.array(lines, { maxLength: 6 }).chain((list) => fc.constantFrom('\r\n', '\n').map((end) => list.join(end))),
      fc.string({ unit: 'binary', maxLength: 20 }),
    )
    let taken = 0
    fc.assert(
      fc.property(anything, (given) => {
        if (problem(given) !== undefined) return
        taken++
        const { section, names, replacesAll } = read(given)
        expect(section).toMatch(/^(?:[!-9;-~]+:[\t -~]*\r\n(?:[ \t]+[!-~][\t -~]*\r\n)*)*$/)
        const shown = given.split(/\r?\n/).filter((line) => /^[^ \t]/.test(line))
        expect(names).toEqual(shown.map((line) => line.slice(0, line.indexOf(':')).toLowerCase()))
        const { header } = outgoingMessage(letterValues({ OtherHeaders: given, MessageText: 'x' }), FIXED)
        expect(header.indexOf('\r\n\r\n') + 4).toBe(section === '' && replacesAll ? 3 : header.length)
        const own = headersOf(header).slice(replacesAll ? 0 : 4)
        expect(own.map(({ field }) => field.toLowerCase())).toEqual(names)
      }),
      { numRuns: 600 },
    )
    expect(taken).toBeGreaterThan(50)
  })
})

describe('the values of properties', () => {
  it('never add a field, and never end one', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 30 }),
      fc
        .array(
          fc.constantFrom(
            'a@b.test',
            ' ',
            ',',
            '<',
            '>',
            '"',
            '\r\n',
            '\n',
            '\r',
            'X: 1',
            'ü',
            '=?utf-8?Q?=0A?=',
            '\0',
          ),
          { maxLength: 6 },
        )
        .map((list) => list.join('')),
    )
    const names = [
      'Date',
      'From',
      'Sender',
      'To',
      'Cc',
      'Reply-To',
      'Subject',
      'Message-ID',
      'Disposition-Notification-To',
      'Return-Receipt-To',
    ]
    let taken = 0
    const address = fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom('a@b.test', 'Ünal <u@b.test>, "x, y" <x@y.test>') },
      text,
    )
    const word = fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom('x', 'Grüße =?utf-8?Q?=0A?=', 'y'.repeat(900)) },
      text,
    )
    const properties = fc.record({
      From: address,
      ReplyTo: address,
      ReadReceiptTo: address,
      DeliveryNotificationTo: address,
      Subject: word,
      MessageDate: fc.constantFrom('*', '', 'some day', 'now\r\nX: 1'),
      MessageId: fc.constantFrom('*', '', 'x@y', 'x@y>\r\nX: 1'),
    })
    const settings = fc.record({ MaxHeaderLength: fc.integer({ min: 20, max: 998 }), FoldHeaders: fc.boolean() })
    fc.assert(
      fc.property(properties, word, settings, (given, name, set) => {
        const values = letterValues(given, set, [recipient('b@example.test', 0, name), recipient('c@example.test', 1)])
        let header: string
        try {
          header = outgoingMessage(values, FIXED).header
        } catch (error) {
          expect(error).toMatchObject({ name: 'IPWorksError', code: expect.toBeOneOf([164, 10022]) as number })
          return
        }
        taken++
        expect(header).toMatch(/^(?:[!-9;-~]+:[ -~]*\r\n(?: [ -~]*\r\n)*)+\r\n$/)
        const fields = headersOf(header).map(({ field }) => field)
        expect(fields).toEqual(names.filter((one) => fields.includes(one)))
      }),
      { numRuns: 600 },
    )
    expect(taken).toBeGreaterThan(50)
  })

  it('a subject unfolds to itself [part of ipworks.behaviour.folding]', () => {
    const words = fc.array(fc.stringMatching(/^[!-<>-~]{1,15}$/), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(words, fc.integer({ min: 20, max: 998 }), (list, length) => {
        const Subject = list.join(' ')
        const { header } = outgoingMessage(letterValues({ Subject }, { MaxHeaderLength: length }), FIXED)
        expect(headersOf(header).find(({ field }) => field === 'Subject')?.value).toBe(Subject)
      }),
      { numRuns: 100 },
    )
  })
})
