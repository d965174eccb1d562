import { SettingsError } from '@posthorn/ground'
import { describe, expect, it } from 'vitest'
import { isGroup, mailboxesOf, parseAddressList } from './address.js'
import { parseMailboxList } from './mailbox.js'

const a = { address: 'a@b.example', domain: 'b.example' }
const c = { name: 'C, D', address: 'c@d.example', domain: 'd.example' }

describe('parseAddressList', () => {
  it.each([
    ['a@b.example', [a]],
    ['a@b.example, "C, D" <c@d.example>', [a, c]],
    ['Team: a@b.example, "C, D" <c@d.example>;', [{ group: 'Team', members: [a, c] }]],
    ['undisclosed-recipients:;', [{ group: 'undisclosed-recipients', members: [] }]],
    ['undisclosed-recipients: (none) ;', [{ group: 'undisclosed-recipients', members: [] }]],
    ['"A: B; C" (x):a@b.example;', [{ group: 'A: B; C', members: [a] }]],
    ['Our Team No. 1 : <a@b.example>; (end)', [{ group: 'Our Team No. 1', members: [a] }]],
    [
      'a@b.example, G:;, H: a@b.example; , "C, D" <c@d.example>',
      [a, { group: 'G', members: [] }, { group: 'H', members: [a] }, c],
    ],
    ['Über uns:a@b.example;', [{ group: 'Über uns', members: [a] }]],
  ])('reads %s', (text, expected) => {
    expect(parseAddressList(text, 'to')).toEqual(expected)
  })

  it.each([
    ['G:', 'address.malformed'],
    ['G:a@b.example', 'address.malformed'],
    ['G:a@b.example,;', 'address.malformed'],
    ['G:,;', 'address.malformed'],
    ['G:;;', 'address.malformed'],
    ['G:; a@b.example', 'address.malformed'],
    [':;', 'address.malformed'],
    ['"":a@b.example;', 'address.malformed'],
    ['" ":a@b.example;', 'address.malformed'],
    ['G:H:a@b.example;;', 'address.group'],
    ['G:a@b.example, H:;;', 'address.group'],
    ['G <a@b.example>:;', 'address.malformed'],
    ['a@b.example: c@d.example;', 'address.malformed'],
    ['mailto:a@b.example', 'address.malformed'],
    ['a@b.example,', 'address.malformed'],
    ['a@b.example; c@d.example', 'address.malformed'],
    ['', 'address.malformed'],
    ['G:\r\n;', 'draft.control-character'],
  ])('refuses %j', (text, code) => {
    expect(() => parseAddressList(text, 'to')).toThrow(
      expect.objectContaining({ name: 'SettingsError', code, field: 'to' }),
    )
  })

  it('reads a group of 100,000, and 100,000 groups', () => {
    const members = Array.from({ length: 100_000 }, (_, index) => `"U, ${index}" <u${index}@example.com>`)
    expect(mailboxesOf(parseAddressList(`All: ${members.join(', ')};`, 'to'))).toHaveLength(100_000)
    expect(parseAddressList(members.map((member, index) => `G${index}: ${member};`).join(','), 'to')).toHaveLength(
      100_000,
    )
  })
})

describe('parseMailboxList', () => {
  it('says clearly that a group cannot stand where it reads', () => {
    let caught: unknown
    try {
      parseMailboxList('a@b.example, Team: c@d.example;', 'from')
    } catch (error) {
      caught = error
    }
    expect(caught).toBeInstanceOf(SettingsError)
    expect(caught).toMatchObject({
      code: 'address.group',
      field: 'from',
      message: 'from: names a group, where only mailboxes may stand (character 18)',
    })
  })
})

describe('mailboxesOf', () => {
  it('gives the members of groups in their place', () => {
    const list = parseAddressList('a@b.example, G: "C, D" <c@d.example>;, H:;, a@b.example', 'to')
    expect(mailboxesOf(list)).toEqual([a, c, a])
    expect(list.map(isGroup)).toEqual([false, true, true, false])
  })
})
