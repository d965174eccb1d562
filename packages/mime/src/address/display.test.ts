import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyCharacter } from '../../test/any-character.js'
import { displayAddress, displayMailbox } from './display.js'
import { mailbox } from './address-field.js'
import { parseMailbox } from './mailbox.js'

const shown = (name: string, address: string) => displayMailbox(mailbox({ name, address }, 'x'))

describe('displayAddress', () => {
  it.each([
    ['a@b.example', 'a@b.example'],
    ['A.B@Example.COM', 'A.B@Example.COM'],
    ['a@xn--bcher-kva.example', 'a@bücher.example'],
    ['jürgen@BÜCHER.example', 'jürgen@bücher.example'],
    ['"a b"@xn--bcher-kva.example', '"a b"@bücher.example'],
    ['a@[IPv6:2001:db8::1]', 'a@[IPv6:2001:db8::1]'],
    ['a@xn--80ak6aa92e.com', 'a@xn--80ak6aa92e.com'],
  ])('shows %s as %s', (address, expected) => {
    expect(displayAddress(parseMailbox(address, 'x'))).toBe(expected)
  })
})

describe('displayMailbox', () => {
  it.each([
    ['', 'a@bücher.example', 'a@bücher.example'],
    ['Anna Example', 'a@bücher.example', 'Anna Example <a@bücher.example>'],
    ['Jürgen', 'a@b.example', 'Jürgen <a@b.example>'],
    ['Example, Anna', 'a@b.example', '"Example, Anna" <a@b.example>'],
    ['ceo@bank.example', 'a@b.example', '"ceo@bank.example" <a@b.example>'],
    ['x <ceo@bank.example>', 'a@b.example', '"x <ceo@bank.example>" <a@b.example>'],
    ['say "hi"', 'a@b.example', '"say \\"hi\\"" <a@b.example>'],
    ['Anna\u202e\u200b', 'a@b.example', 'Anna <a@b.example>'],
    ['\u202e\u2066', 'a@b.example', 'a@b.example'],
    ['=?utf-8?Q?a?=', 'a@b.example', '=?utf-8?Q?a?= <a@b.example>'],
  ])('shows %j with %s', (name, address, expected) => {
    expect(shown(name, address)).toBe(expected)
  })

  it('is read back as the same mailbox by the strict reader', () => {
    const name = fc
      .string({ unit: fc.oneof(anyCharacter, fc.constantFrom(...'ab "\\<>@,;:().ü')), maxLength: 12 })
      .map((text) => text.replace(/[\0-\x1f\x7f-\x9f\u2028\u2029]|\p{Default_Ignorable_Code_Point}/gu, ''))
    fc.assert(
      fc.property(
        name,
        fc.constantFrom('a@b.example', '"x <y@z>"@bücher.example', 'ü@аррӏе.example'),
        (text, address) => {
          const given = mailbox({ name: text, address }, 'x')
          const read = parseMailbox(displayMailbox(given), 'x')
          expect(read).toEqual(text.trim() === '' ? parseMailbox(address, 'x') : given)
        },
      ),
      { numRuns: 1000 },
    )
  })
})
