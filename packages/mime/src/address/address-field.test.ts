import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyCharacter } from '../../test/any-character.js'
import { decodeWords } from '../../test/read-message.js'
import type { AddressInput, MailboxInput } from '../draft.js'
import { DEFAULT_STYLE, type FieldStyle } from '../header/field-style.js'
import { addresses, addressField, mailbox, mailboxes } from './address-field.js'
import { isGroup, parseAddressList, type Address } from './address.js'
import { displayMailbox } from './display.js'
import { inQuotes } from './local-part.js'
import { parseMailbox, type Mailbox } from './mailbox.js'

const UTF8: FieldStyle = { ...DEFAULT_STYLE, utf8: true }
const UNFOLDED: FieldStyle = { ...DEFAULT_STYLE, foldAt: Infinity }
/** Words as another charset would have them; only their form matters here. */
const OTHER_CHARSET: FieldStyle = {
  ...DEFAULT_STYLE,
  words: (text) =>
    (text.match(/.{1,9}/gsu) ?? []).map(
      (piece) => `=?utf-16be?B?${Buffer.from(piece, 'utf16le').swap16().toString('base64')}?=`,
    ),
}
const STYLES: [string, FieldStyle][] = [
  ['encoded-words', DEFAULT_STYLE],
  ['another charset', OTHER_CHARSET],
  ['UTF-8', UTF8],
  ['one line', UNFOLDED],
  ['UTF-8 on one line', { ...UTF8, foldAt: Infinity }],
  ['a narrow fold', { ...DEFAULT_STYLE, foldAt: 40 }],
]

const refusal = (code: string, field: string): unknown =>
  expect.objectContaining({ name: 'SettingsError', code, field })

describe('addresses', () => {
  it('takes a string, an object, a group and arrays of them', () => {
    const a = parseMailbox('a@b.example', 'x')
    const c = parseMailbox('C <c@d.example>', 'x')
    const team = { group: 'Team', members: [a, c] }
    const cases: [AddressInput | undefined, Address[]][] = [
      [undefined, []],
      [[], []],
      ['a@b.example, C <c@d.example>', [a, c]],
      ['Team: a@b.example, C <c@d.example>;', [team]],
      [{ address: 'a@b.example' }, [a]],
      [{ name: '', address: 'a@b.example' }, [a]],
      [{ group: 'Team', members: ['a@b.example', { name: 'C', address: 'c@d.example' }] }, [team]],
      [
        [{ group: 'G', members: [] }, 'a@b.example', 'Team: a@b.example, C <c@d.example>;'],
        [{ group: 'G', members: [] }, a, team],
      ],
      [
        [a, team],
        [a, team],
      ],
    ]
    for (const [input, expected] of cases) expect(addresses(input, 'to')).toEqual(expected)
  })

  it('takes what stands in an object itself, and refuses a key that is none', () => {
    const prototype = Object.prototype as Record<string, unknown>
    const address = 'a@b.example'
    try {
      prototype.name = 'CEO'
      prototype.group = 'polluted'
      prototype.members = []
      expect(addresses([{ address }, { group: 'G', members: [{ address }] }], 'to')).toEqual([
        { address, domain: 'b.example' },
        { group: 'G', members: [{ address, domain: 'b.example' }] },
      ])
      prototype.address = 'eve@evil.example'
      expect(() => addresses({} as MailboxInput, 'to')).toThrow(refusal('draft.not-text', 'to.address'))
    } finally {
      for (const key of ['name', 'address', 'group', 'members']) delete prototype[key]
    }
    const odd: [object, string][] = [
      [{ address, nmae: 'Anna' }, 'to.nmae'],
      [{ address, Name: 'Anna' }, 'to.Name'],
      [{ group: 'G', members: [], address }, 'to.address'],
    ]
    for (const [input, field] of odd)
      expect(() => addresses(input as MailboxInput, 'to')).toThrow(refusal('draft.unknown-field', field))
    expect(() => mailboxes([{ address, nmae: 'A' } as MailboxInput], 'from')).toThrow(
      expect.objectContaining({ field: 'from[0].nmae', hint: 'The fields are name, address, domain.' }),
    )
    expect(addresses({ name: undefined, address }, 'to')).toEqual([{ address, domain: 'b.example' }])
  })

  it('takes a name of 10,000 octets, and refuses a longer one wherever it stands', () => {
    const address = 'a@b.example'
    const fits = 'ü '.repeat(3333) + 'b'
    expect(addressField('To', addresses([{ name: fits, address }], 'to'))).toContain('=?utf-8?')
    for (const name of [`${fits}b`, 'a '.repeat(1e6) + 'b', '"\\'.repeat(1e6)]) {
      expect(() => addresses([{ name, address }], 'to')).toThrow(refusal('address.name', 'to[0].name'))
      expect(() => addresses({ group: name, members: [] }, 'to')).toThrow(refusal('address.name', 'to.group'))
      expect(() => addresses(`${inQuotes(name)} <${address}>`, 'to')).toThrow(refusal('address.malformed', 'to'))
      expect(() => addresses(`${inQuotes(name)}: ${address};`, 'to')).toThrow(refusal('address.malformed', 'to'))
      expect(displayMailbox({ name, address, domain: 'b.example' }).endsWith(` <${address}>`)).toBe(true)
    }
  })

  it.each(['a@b.example; c@d.example', 'a@b.example,', ',a@b.example', 'a@b.example,, c@d.example', 'a@b.example ;'])(
    'says of %j that commas stand between mailboxes',
    (text) => {
      const hint = expect.stringMatching(/one comma between two mailboxes.* readMailboxes/) as string
      for (const read of [addresses, mailboxes])
        expect(() => read(text, 'to')).toThrow(
          expect.objectContaining({ code: 'address.malformed', field: 'to', hint }),
        )
    },
  )

  it('takes an entry as one address, and names the entry that is wrong', () => {
    const cases: [unknown, string, string][] = [
      [['a@b.example', 'c@d.example, e@f.example'], 'address.malformed', 'to[1]'],
      [['G:;, H:;'], 'address.malformed', 'to[0]'],
      [[{ group: 'G', members: ['a@b.example', 'x'] }], 'address.malformed', 'to[0].members[1]'],
      [{ group: 'G', members: ['a@b.example, c@d.example'] }, 'address.malformed', 'to.members[0]'],
      [{ group: 'G', members: [{ group: 'H', members: [] }] }, 'address.group', 'to.members[0]'],
      [{ group: 'G', members: ['H:;'] }, 'address.group', 'to.members[0]'],
      [{ group: ' ', members: [] }, 'address.malformed', 'to.group'],
      [{ group: 'a\r\nb', members: [] }, 'draft.control-character', 'to.group'],
      [{ group: 1, members: [] }, 'draft.not-text', 'to.group'],
      [{ group: 'G' }, 'address.malformed', 'to.members'],
      [{ group: 'G', members: 'a@b.example' }, 'address.malformed', 'to.members'],
      [[null], 'address.malformed', 'to[0]'],
      [[['a@b.example']], 'address.malformed', 'to[0]'],
      [7, 'address.malformed', 'to'],
    ]
    for (const [input, code, field] of cases) {
      expect(() => addresses(input as AddressInput, 'to'), JSON.stringify(input)).toThrow(refusal(code, field))
    }
  })
})

describe('mailboxes', () => {
  it('refuses groups in every form, since From and Sender take none', () => {
    const group = { group: 'G', members: ['a@b.example'] }
    for (const input of ['G: a@b.example;', ['a@b.example', 'G: a@b.example;'], group, [group]] as AddressInput[]) {
      expect(() => mailboxes(input, 'from')).toThrow(expect.objectContaining({ code: 'address.group' }) as Error)
    }
    expect(() => mailbox(group as unknown as MailboxInput, 'sender')).toThrow(refusal('address.group', 'sender'))
  })
})

describe('addressField', () => {
  it.each<[AddressInput, string]>([
    ['a@b.example', 'To: a@b.example\r\n'],
    [{ name: 'Anna Example', address: 'a@b.example' }, 'To: Anna Example <a@b.example>\r\n'],
    [{ name: 'Ann, B', address: 'a@b.example' }, 'To: "Ann, B" <a@b.example>\r\n'],
    [{ name: 'say "hi" \\', address: 'a@b.example' }, 'To: "say \\"hi\\" \\\\" <a@b.example>\r\n'],
    [{ name: 'Jürgen', address: 'a@b.example' }, 'To: =?utf-8?Q?J=C3=BCrgen?= <a@b.example>\r\n'],
    [{ name: '=?utf-8?Q?a?=', address: 'a@b.example' }, 'To: =?utf-8?B?PT91dGYtOD9RP2E/PQ==?= <a@b.example>\r\n'],
    ['undisclosed-recipients:;', 'To: undisclosed-recipients:;\r\n'],
    [
      'Our Team: a@b.example, C <c@d.example>;, e@f.example',
      'To: Our Team: a@b.example, C <c@d.example>;, e@f.example\r\n',
    ],
    ['"Team, A":a@b.example;', 'To: "Team, A": a@b.example;\r\n'],
    ['Größe:;', 'To: =?utf-8?B?R3LDtsOfZQ==?= :;\r\n'],
    ['Größe:a@b.example;, G:;', 'To: =?utf-8?B?R3LDtsOfZQ==?= : a@b.example;, G:;\r\n'],
  ])('writes %j', (input, expected) => {
    expect(addressField('To', addresses(input, 'to'))).toBe(expected)
  })

  it('leaves encoded-words in a name as they are where it is asked to, and where they can stand', () => {
    const style: FieldStyle = { ...DEFAULT_STYLE, asciiAsIs: true }
    const written = (name: string) => addressField('To', addresses({ name, address: 'a@b.example' }, 'to'), style)
    expect(written('Ms =?utf-8?Q?J=C3=BCrgen?= B')).toBe('To: Ms =?utf-8?Q?J=C3=BCrgen?= B <a@b.example>\r\n')
    expect(written('=?utf-8?Q?J=C3=BC?=, B')).toMatch(/^To: =\?utf-8\?[QB]\?[^ ,]+\?= <a@b\.example>\r\n$/)
    expect(written('Jürgen')).toBe('To: =?utf-8?Q?J=C3=BCrgen?= <a@b.example>\r\n')
    expect(written('Ann, B')).toBe('To: "Ann, B" <a@b.example>\r\n')
    expect(decodeWords(written(`=?utf-8?Q?${'a'.repeat(70)}?=`))).toContain(`=?utf-8?Q?${'a'.repeat(70)}?=`)
  })

  it('writes names in UTF-8 as they are, in NFC', () => {
    const list = addresses(
      [
        { name: 'Ju\u0308rgen 日本', address: 'ü@b.example' },
        { group: 'Größe, A', members: [] },
      ],
      'to',
    )
    expect(addressField('To', list, UTF8)).toBe('To: Jürgen 日本 <ü@b.example>, "Größe, A":;\r\n')
  })

  it('folds between addresses and between the words of a name, and unfolds to the same', () => {
    const name = 'The Committee, in full: those who read every word of a long name and more'
    const list = addresses(
      [
        { name, address: 'a@b.example' },
        { name: 'x'.repeat(70), address: 'c@d.example' },
      ],
      'to',
    )
    const field = addressField('To', list)
    expect(field.split('\r\n ')[0]).toBe('To: "The Committee, in full: those who read every word of a long name and')
    expect(parseMailbox(field.slice(4).replaceAll('\r\n', '').split('>')[0] + '>', 'x').name).toBe(name)
    expect(field).toContain('=?utf-8?Q?xxx') // a word that is too long to stand
  })

  it('with an infinite fold writes one line, but never above 998 octets', () => {
    const few = addresses(
      Array.from({ length: 30 }, (_, index) => `u${index}@example.com`),
      'to',
    )
    expect(addressField('To', few, UNFOLDED).split('\r\n')).toHaveLength(2)
    const many = addresses(
      Array.from({ length: 300 }, (_, index) => ({ name: 'ü'.repeat(50), address: `u${index}@example.com` })),
      'to',
    )
    for (const style of [UNFOLDED, { ...UTF8, foldAt: Infinity }]) {
      for (const line of addressField('To', many, style).split('\r\n')) {
        expect(Buffer.byteLength(line)).toBeLessThanOrEqual(998)
      }
    }
  })

  const text = fc
    .array(
      fc.oneof(
        fc.string({ unit: anyCharacter, maxLength: 8 }),
        fc.string({ unit: 'grapheme-ascii', maxLength: 30 }),
        fc.constantFrom(
          '"',
          '\\',
          ',',
          ';',
          ':',
          '<',
          '>',
          '@',
          '(',
          ')',
          '.',
          ' ',
          '  ',
          '=?utf-8?Q?a?=',
          '=?',
          '?=',
          'ü',
          'и',
          '日本',
          'عربي',
          '👩‍💻',
        ),
      ),
      { minLength: 1, maxLength: 8 },
    )
    .map((pieces) =>
      pieces
        .join('')
        .replace(/[\0-\x1f\x7f-\x9f\u2028\u2029]/g, '')
        .normalize('NFC'),
    )
    .filter((value) => value.trim() !== '')
  const readable = (value: string): string[] => {
    try {
      return [parseMailbox(value, 'x').address]
    } catch {
      return [] // too long, disguised or of a domain that is none
    }
  }
  const address = fc
    .tuple(text, fc.constantFrom('b.example', 'bücher.example', '日本.example', '[192.0.2.1]', '[IPv6:2001:db8::1]'))
    .map(([local, domain]) => readable(`${inQuotes(local)}@${domain}`)[0])
    .filter((value) => value !== undefined)
  const anyMailbox = fc
    .tuple(fc.option(text, { nil: undefined }), address)
    .map(([name, given]): Mailbox => mailbox(name === undefined ? given : { name, address: given }, 'x'))
  const anyAddress = fc.oneof<fc.Arbitrary<Address>[]>(
    anyMailbox,
    fc.record({ group: text, members: fc.array(anyMailbox, { maxLength: 3 }) }),
  )

  it.each(STYLES)('the strict reader reads the same addresses from it: %s', (_, style) => {
    fc.assert(
      fc.property(fc.array(anyAddress, { minLength: 1, maxLength: 4 }), (list) => {
        const lines = addressField('Reply-To', list, style).slice(0, -2).split('\r\n')
        for (const line of lines) {
          expect(line).not.toMatch(/[\r\n]/)
          expect(line.trim()).not.toBe('')
          expect(Buffer.byteLength(line)).toBeLessThanOrEqual(998)
        }
        const read = parseAddressList(lines.join('').slice('Reply-To:'.length), 'x')
        const shown = (name: string) => (name.includes('=?') ? decodeWords(name) : name)
        const plain = ({ name, ...rest }: Mailbox): Mailbox =>
          name === undefined ? rest : { name: shown(name), ...rest }
        expect(
          read.map((entry) =>
            isGroup(entry) ? { group: shown(entry.group), members: entry.members.map(plain) } : plain(entry),
          ),
        ).toEqual(list)
      }),
      { numRuns: 250 },
    )
  })
})
