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
