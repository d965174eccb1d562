import { describe, expect, it } from 'vitest'
import type { ExtraField } from '../draft.js'
import { extraFields } from './extra-field.js'

const refused = (code: string, field: string): unknown =>
  expect.objectContaining({ name: 'SettingsError', code, field })

describe('extraFields', () => {
  it('[part of beyondtrust.general.AdvancedName] [part of beyondtrust.general.AdvancedValue] writes a field of any name, encoded when it is not ASCII', () => {
    expect(extraFields([{ name: 'X-Team', value: 'Größe' }], '')).toBe('X-Team: =?utf-8?B?R3LDtsOfZQ==?=\r\n')
    expect(() => extraFields([{ name: 'Bad Name', value: 'x' }], '')).toThrow(
      refused('draft.header-name', 'headers[0].name'),
    )
    expect(() => extraFields([{ name: 'X-Team', value: 'a\nb' }], '')).toThrow(
      refused('draft.control-character', 'headers[0].value'),
    )
  })

  it('leaves a structured field as it stands, and refuses one that cannot stand so', () => {
    expect(extraFields([{ name: 'X-Sig', value: 'v=1; b="a b"', kind: 'structured' }], '')).toBe(
      'X-Sig: v=1; b="a b"\r\n',
    )
    for (const value of ['ü', '=?utf-8?Q?x?=', 'a'.repeat(998)]) {
      expect(() => extraFields([{ name: 'X-Sig', value, kind: 'structured' }], '')).toThrow(
        refused('draft.structured', 'headers[0].value'),
      )
    }
    expect(() => extraFields([{ name: 'X', value: 'x', kind: 'raw' as 'text' }], '')).toThrow(
      refused('draft.header-kind', 'headers[0].kind'),
    )
  })

  it('refuses a field that is written already, and only that', () => {
    const written = 'From: a@b\r\nOrganization: Organisation: X-Other:\r\n x-folded: y\r\nList-Id: <a.b>\r\n'
    for (const name of ['Organization', 'ORGANIZATION', 'list-id']) {
      expect(() => extraFields([{ name, value: 'x' }], written)).toThrow(
        refused('draft.header-name', 'headers[0].name'),
      )
    }
    for (const name of ['X-Other', 'X-Folded', 'List-Help', 'Importance', 'Organisation'])
      expect(extraFields([{ name, value: 'x' }], written)).toBe(`${name}: x\r\n`)
    expect(
      extraFields(
        [
          { name: 'X', value: '1' },
          { name: 'X', value: '2' },
        ],
        written,
      ),
    ).toBe('X: 1\r\nX: 2\r\n')
  })

  it('refuses the second of those that may stand only once', () => {
    const twice = (first: string, second: string) =>
      extraFields(
        [
          { name: first, value: 'x' },
          { name: second, value: 'y' },
        ],
        '',
      )
    for (const name of [
      'Importance',
      'List-Unsubscribe',
      'Auto-Submitted',
      'Sensitivity',
      'Priority',
      'Organization',
      'List-X',
    ])
      expect(() => twice(name, name.toUpperCase())).toThrow(refused('draft.header-name', 'headers[1].name'))
    for (const name of ['Comments', 'Keywords', 'X-Tag']) expect(twice(name, name)).toBe(`${name}: x\r\n${name}: y\r\n`)
    expect(twice('List-Help', 'List-Post')).toBe('List-Help: x\r\nList-Post: y\r\n')
  })

  it('looks at what is written once, however many fields follow', () => {
    // with a search in the text for each of them, longer than any test may take
    const written = `To: ${'a@example.com,\r\n '.repeat(40_000)}b@example.com\r\n`
    const headers = Array.from({ length: 40_000 }, (_, index) => ({ name: `X-${index}`, value: 'x' }))
    expect(extraFields(headers, written).length).toBeGreaterThan(400_000)
  })

  it('refuses what is not an array of fields, and takes nothing from the prototype of all objects', () => {
    expect(() => extraFields({} as ExtraField[], '')).toThrow(refused('draft.headers', 'headers'))
    expect(() => extraFields([null as unknown as ExtraField], '')).toThrow(refused('draft.headers', 'headers[0]'))
    expect(() => extraFields(['X: y' as unknown as ExtraField], '')).toThrow(refused('draft.headers', 'headers[0]'))
    expect(() => extraFields([{ name: 'X' } as ExtraField], '')).toThrow(refused('draft.not-text', 'headers[0].value'))
    const inherited = Object.create({ kind: 'structured', value: 'v' }) as ExtraField
    expect(() => extraFields([Object.assign(inherited, { name: 'X' })], '')).toThrow(
      refused('draft.not-text', 'headers[0].value'),
    )
  })
})
