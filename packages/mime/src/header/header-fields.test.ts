import { describe, expect, it } from 'vitest'
import { headerFields } from './header-fields.js'

describe('headerFields', () => {
  it('[part of ipworks.type.Header.Field] [part of ipworks.type.Header.Value] gives each field with its name as written and its value unfolded', () => {
    expect(
      headerFields('From: a@b\r\nSubject:\r\nX-Long: one\r\n two\r\n  three\r\nX-Colon: a:b\r\nX:\r\n y\r\n'),
    ).toEqual([
      { name: 'From', value: 'a@b' },
      { name: 'Subject', value: '' },
      { name: 'X-Long', value: 'one two  three' },
      { name: 'X-Colon', value: 'a:b' },
      { name: 'X', value: 'y' },
    ])
  })
})
