import { SettingsError } from '@posthorn/ground'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyCharacter } from '../../test/any-character.js'
import { readParameters } from '../../test/read-message.js'
import { fieldStyle, UTF8_STYLE } from './field-style.js'
import { parameter, parameterizedField, parseContentType } from './parameter.js'

describe('parameter', () => {
  it.each([
    ['report.pdf', ['filename=report.pdf']],
    ['my report.pdf', ['filename="my report.pdf"']],
    ['', ['filename=""']],
    ['größe.pdf', ["filename*=utf-8''gr%C3%B6%C3%9Fe.pdf"]],
    ['a"b\\c', ["filename*=utf-8''a%22b%5Cc"]],
    ['=?utf-8?Q?x?=', ["filename*=utf-8''%3D%3Futf-8%3FQ%3Fx%3F%3D"]],
  ])('writes %j', (value, expected) => {
    expect(parameter('filename', value)).toEqual(expected)
  })

  it('numbers the sections of a long value from 0 and names the charset once', () => {
    const sections = parameter('filename', '日本語'.repeat(20))
    expect(sections.length).toBeGreaterThan(5)
    sections.forEach((section, index) => expect(section.startsWith(`filename*${index}*=`)).toBe(true))
    expect(sections.filter((section) => section.includes("utf-8''"))).toEqual([sections[0]])
  })

  it('reads back as it was, in lines of at most 78 characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter, maxLength: 150 }), (raw) => {
        const value = raw.replace(/[\0-\x1f\x7f-\x9f\u2028\u2029]/g, '')
        const field = parameterizedField('Content-Disposition', {
          value: 'attachment',
          parameters: [['filename', value]],
        })
        for (const line of field.slice(0, -2).split('\r\n')) expect(line).toMatch(/^[ -~]{0,78}$/)
        const read = readParameters(field.slice('Content-Disposition: '.length, -2).replaceAll('\r\n', ''))
        expect(read.value).toBe('attachment')
        expect([...read.parameters]).toEqual([['filename', value]])
      }),
      { numRuns: 400 },
    )
  })
})

describe('a style', () => {
  it('folds sections at its length, and the charset stays UTF-8 in percent signs', async () => {
    for (const foldAt of [20, 30, 60] as const) {
      const style = await fieldStyle(foldAt, false, 'ISO-8859-1')
      const field = parameterizedField(
        'Content-Disposition',
        { value: 'attachment', parameters: [['filename', 'größe '.repeat(30)]] },
        style,
      )
      const least = "\r\n filename*10*=utf-8''%C3%B6;".length
      for (const line of field.slice(0, -2).split('\r\n'))
        expect(line.length).toBeLessThanOrEqual(Math.max(foldAt, least))
      const read = readParameters(field.slice('Content-Disposition:'.length).replaceAll('\r\n', '').trim())
      expect(read.parameters.get('filename')).toBe('größe '.repeat(30))
    }
    expect(parameter('filename', 'größe.pdf', UTF8_STYLE)).toEqual(["filename*=utf-8''gr%C3%B6%C3%9Fe.pdf"])
  })
})

describe('parseContentType', () => {
  it('reads type and parameters', () => {
    expect(parseContentType('Image/PNG', 'x')).toEqual({ value: 'image/png', parameters: [] })
    expect(parseContentType('text/csv; Charset="utf-8" ;header=present', 'x').parameters).toEqual([
      ['charset', 'utf-8'],
      ['header', 'present'],
    ])
    expect(parseContentType('a/b;x="a\\"b"', 'x').parameters).toEqual([['x', 'a"b']])
  })

  it.each([
    '',
    'image',
    'image/',
    '/png',
    'a/b/c',
    'image/png;',
    'a/b; c',
    'a/b; c=',
    'a/b; c="',
    'a/b; c=d e',
    'a/b\r\nX: y',
    `a/${'b'.repeat(254)}`,
    `a/${'b'.repeat(999)}`,
  ])('refuses %j', (text) => {
    expect(() => parseContentType(text, 'attachments[0].contentType')).toThrow(SettingsError)
  })
})
