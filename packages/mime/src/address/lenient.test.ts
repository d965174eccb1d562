import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyCharacter } from '../../test/any-character.js'
import { mailboxesOf, parseAddressList } from './address.js'
import { readMailboxes } from './lenient.js'
import { inQuotes } from './local-part.js'
import { parseMailbox, type Mailbox } from './mailbox.js'

/** `name <address>` of what was taken, and the texts that were refused. */
const read = (text: string) => {
  const { mailboxes, refused } = readMailboxes(text)
  return {
    taken: mailboxes.map(({ name, address }) => (name === undefined ? address : `${name} <${address}>`)),
    refused: refused.map((entry) => entry.text),
  }
}
const reasons = (text: string) => readMailboxes(text).refused.map(({ reason }) => reason)

describe('readMailboxes', () => {
  it.each([
    ['Last, First <a@b.example>', ['Last, First <a@b.example>']],
    ['Last, First, Dr. <a@b.example>, c@d.example', ['Last, First, Dr. <a@b.example>', 'c@d.example']],
    ['c@d.example, Last, First <a@b.example>', ['c@d.example', 'Last, First <a@b.example>']],
    ['Last, First <a@b.example>; Next, Name <c@d.example>;', ['Last, First <a@b.example>', 'Next, Name <c@d.example>']],
    ['"Last", First <a@b.example>', ['Last, First <a@b.example>']],
    ['"La\\"st", First <a@b.example>', ['La"st, First <a@b.example>']],
    ['Anna [Sales] <a@b.example>', ['Anna [Sales] <a@b.example>']],
    ['Example, Anna (Sales, EU) <a@b.example>', ['Example, Anna (Sales, EU) <a@b.example>']],
    ['A. B.\\C <a@b.example>', ['A. B.\\C <a@b.example>']],
    ['a@b.example; c@d.example', ['a@b.example', 'c@d.example']],
    ['a@b.example\nc@d.example\r\n\r\nAnna <e@f.example>\n', ['a@b.example', 'c@d.example', 'Anna <e@f.example>']],
    [',, a@b.example ,;, c@d.example,', ['a@b.example', 'c@d.example']],
    ['a@b.example，c@d.example；e@f.example', ['a@b.example', 'c@d.example', 'e@f.example']],
    ['山田，太郎 <a@b.example>; c@d.example', ['山田，太郎 <a@b.example>', 'c@d.example']],
    ['  Anna   Example   <a@b.example>  ', ['Anna Example <a@b.example>']],
    ['Anna\tExample\t<a@b.example>', ['Anna Example <a@b.example>']],
    ['\u00a0a@b.example\u00a0', ['a@b.example']],
    ['\u202aa@b.example\u202c, \ufeffc@d.example', ['a@b.example', 'c@d.example']],
    ['mailto:a@b.example', ['a@b.example']],
    ['MAILTO: a@b.example, c@d.example', ['a@b.example', 'c@d.example']],
    ['Anna <mailto:a@b.example>', ['Anna <a@b.example>']],
    ['Last, First <mailto:a@b.example> (work)', ['Last, First <a@b.example>']],
    ['“Last, First” <a@b.example>', ['Last, First <a@b.example>']],
    ['“Anna” <a@b.example>', ['Anna <a@b.example>']],
    ['„Anna“ <a@b.example>, «Ben» <c@d.example>', ['Anna <a@b.example>', 'Ben <c@d.example>']],
    ["'a@b.example' <a@b.example>", ['a@b.example <a@b.example>']],
    ["'O'Brien' <a@b.example>", ["'O'Brien' <a@b.example>"]],
    ['user@evil.example <a@b.example>', ['user@evil.example <a@b.example>']],
    ['"user@evil.example x"@good.example; a@b.example', ['"user@evil.example x"@good.example', 'a@b.example']],
    ['Last, First <"x, y"@b.example>', ['Last, First <"x, y"@b.example>']],
    ['Last, First <a@[IPv6:2001:db8::1]>', ['Last, First <a@[IPv6:2001:db8::1]>']],
    ['Team: a@b.example, Anna <c@d.example>;', ['a@b.example', 'Anna <c@d.example>']],
    ['undisclosed-recipients:;\n', []],
    ['Last, First <a@BÜCHER.example>', ['Last, First <a@xn--bcher-kva.example>']],
    ['', []],
    [' ,;\n\u200b', []],
  ])('takes %j', (text, taken) => {
    expect(read(text)).toEqual({ taken, refused: [] })
  })

  it.each([
    ['bob', [], ['bob']],
    ['bob; a@b.example', ['a@b.example'], ['bob']],
    ['a@b.example, bob,', ['a@b.example'], ['bob']],
    // Which address is meant is not sure: a slip of the finger must not send mail to a stranger.
    ['john,smith@b.example', [], ['john,smith@b.example']],
    ['john，smith@b.example', [], ['john，smith@b.example']],
    ['a@b.example, bob, c@d.example; e@f.example', ['a@b.example', 'e@f.example'], ['bob, c@d.example']],
    ['john smith@b.example', [], ['john smith@b.example']],
    ['Anna a@b.example', [], ['Anna a@b.example']],
    ['a@b.example c@d.example', [], ['a@b.example c@d.example']],
    ['a@b.example <c@d.example> <e@f.example>', [], ['a@b.example <c@d.example> <e@f.example>']],
    ['a@b.example c@d.example <e@f.example>', [], ['a@b.example c@d.example <e@f.example>']],
    ['<a@b.example> Anna', [], ['<a@b.example> Anna']],
    ['<a@b.example> c@d.example', [], ['<a@b.example> c@d.example']],
    ['"a@b.example"', [], ['"a@b.example"']],
    ['“a@b.example”', [], ['“a@b.example”']],
    ['a@b@c.example', [], ['a@b@c.example']],
    ['Last, First <a@b@c.example>', [], ['Last, First <a@b@c.example>']],
    ['Last, First <@route.example:a@b.example>', [], ['Last, First <@route.example:a@b.example>']],
    ['Re: Last, First <a@b.example>', [], ['Re: Last, First <a@b.example>']],
    ['Team: a@b.example; c@d.example', ['c@d.example'], ['Team: a@b.example']],
    ['mailto:a%40b@c.example', [], ['mailto:a%40b@c.example']],
    ['mailto:a@b.example?cc=c@d.example', [], ['mailto:a@b.example?cc=c@d.example']],
    ['<mailto:a?b@c.example>', [], ['<mailto:a?b@c.example>']],
    // What is opened and not closed takes the rest along.
    ['x@y.example; "a, b@c.example; d@e.example', ['x@y.example'], ['"a, b@c.example; d@e.example']],
    ['"a\nuser@evil.example\n"@good.example', [], ['"a\nuser@evil.example\n"@good.example']],
    ['Bob "x\na@b.example\n" y, z <c@d.example>', ['z <c@d.example>'], ['Bob "x\na@b.example\n" y']],
    ['Bob "x\n" y, z <c@d.example>', [], ['Bob "x\n" y, z <c@d.example>']],
    ['(a, b@c.example', [], ['(a, b@c.example']],
    ['Anna <a@b.example, c@d.example', [], ['Anna <a@b.example, c@d.example']],
    ['Anna <a@b.example, Ben <c@d.example>', [], ['Anna <a@b.example, Ben <c@d.example>']],
    ['<a,b@c.example>', [], ['<a,b@c.example>']],
    ['a>, First <a@b.example>', [], ['a>, First <a@b.example>']],
    ['a@b.example\0; c@d.example', ['c@d.example'], ['a@b.example\0']],
    [
      '=?utf-8?q?a=40evil.example?=@good.example; c@d.example',
      ['c@d.example'],
      ['=?utf-8?q?a=40evil.example?=@good.example'],
    ],
  ])('refuses parts of %j', (text, taken, refused) => {
    expect(read(text)).toEqual({ taken, refused })
  })

  it('says why in words', () => {
    expect(reasons('bob; john,smith@b.example; "x')).toEqual([
      'there is no "@" in it',
      'it is not clear whether what stands before the comma belongs to the address',
      'a quoted string is not closed',
    ])
    expect(reasons('a@b_c.example')).toEqual([
      'the domain is not one of letters, digits and hyphens, and does not stand for one',
    ])
    expect(() => readMailboxes(null as unknown as string)).toThrow(expect.objectContaining({ code: 'draft.not-text' }))
  })

  const hostile = fc
    .array(
      fc.oneof(
        {
          weight: 6,
          arbitrary: fc.constantFrom(
            ...'a"\\,;:<>()@ .\n“”\'[]=?',
            'a@b.example',
            '<c@d.example>',
            '"x@y.example"',
            'Last, First ',
            'mailto:',
            '(c)',
            'g:',
            ' ; ',
            ', ',
            '，',
            '\u200b',
            'ü',
            '\u00a0',
          ),
        },
        { weight: 1, arbitrary: fc.string({ unit: anyCharacter, maxLength: 2 }) },
      ),
      { maxLength: 12 },
    )
    .map((pieces) => pieces.join(''))
  const short = fc
    .array(fc.constantFrom('a@b.example', '<c@d.example>', '"x@y.example"', '“z”', 'n ', '(c)', ',', ';', 'g:', ' '), {
      maxLength: 6,
    })
    .map((pieces) => pieces.join(''))
  const addressesOf = (mailboxes: readonly Mailbox[]) => mailboxes.map(({ address, domain }) => ({ address, domain }))

  it('GHSA-mm7p-fcc7-pg87, GHSA-cc9r-2j5m-2m83: gives what the strict reader gives wherever that one reads', () => {
    let compared = 0
    fc.assert(
      fc.property(fc.oneof(hostile, short), (text) => {
        let strict
        try {
          strict = mailboxesOf(parseAddressList(text, 'x'))
        } catch {
          return
        }
        compared++
        const { mailboxes, refused } = readMailboxes(text)
        expect(refused).toEqual([])
        expect(addressesOf(mailboxes)).toEqual(addressesOf(strict))
      }),
      { numRuns: 4000 },
    )
    expect(compared).toBeGreaterThan(100)
  })

  it('gives only addresses that stand in the text letter for letter, each read by the strict reader', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        for (const { address, domain } of readMailboxes(text).mailboxes) {
          expect(parseMailbox(address, 'x')).toEqual({ address, domain })
          if (!/^[a-z]+@[a-z.]+$/.test(address)) continue
          const escaped = address.replaceAll('.', '\\.')
          expect(text).toMatch(new RegExp(`(?:^|[\\s,;<>():\\u200b\\uff0c])${escaped}(?![A-Za-z0-9@.-])`))
        }
      }),
      { numRuns: 4000 },
    )
  })

  it('reads every strict entry of a list in the same way, whatever separates it from its neighbours', () => {
    const local = fc.string({ unit: fc.constantFrom(...'ab@<>,;:()[] .\\"'), minLength: 1, maxLength: 8 })
    const name = fc.string({ unit: fc.constantFrom(...'AB @<>,;:()[].\\"“ü\''), maxLength: 8 })
    const entry = fc.tuple(name, local).map(([phrase, part]) => `${inQuotes(phrase)} <${inQuotes(part)}@b.example>`)
    fc.assert(
      fc.property(
        fc.array(fc.tuple(entry, fc.constantFrom('; ', '\n', ',, ', ' ;', '\r\n', '，')), {
          minLength: 1,
          maxLength: 5,
        }),
        (list) => {
          const { mailboxes, refused } = readMailboxes(list.flat().join(''))
          expect(refused).toEqual([])
          expect(addressesOf(mailboxes)).toEqual(addressesOf(list.map(([text]) => parseMailbox(text, 'x'))))
        },
      ),
      { numRuns: 500 },
    )
  })

  it('loses nothing: every "@" of the text is in an entry that was taken or refused', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const { mailboxes, refused } = readMailboxes(text)
        if (text.includes('@')) expect(mailboxes.length + refused.length).toBeGreaterThan(0)
        for (const entry of refused) expect(text).toContain(entry.text)
      }),
      { numRuns: 1000 },
    )
  })

  it.each([
    ['a name', (name: string) => `x, "${name}" <a@b.example>`],
    ['a name that is not closed', (name: string) => `x, "${name} <a@b.example>`],
    ['a name in other quotation marks', (name: string) => `x, “${name}” <a@b.example>`],
    ['a group', (name: string) => `x, ${name}: <a@b.example>`],
    ['an address', (name: string) => `x, ${name}@b.example`],
    ['a link', (name: string) => `x, <mailto:${name}@b.example>`],
    ['a comment', (name: string) => `x, (${name}) a@b.example c`],
  ])('refuses %s of ten million letters, and does not throw', (_, typed) => {
    for (const letters of ['a'.repeat(1e7), '\\a'.repeat(5e6), 'a '.repeat(5e6)]) {
      const { mailboxes, refused } = readMailboxes(typed(letters))
      expect([mailboxes, refused.length > 0]).toEqual([[], true])
    }
  })

  it('GHSA-2x7j-588g-ccc2: reads 100,000 addresses', () => {
    const text = Array.from({ length: 100_000 }, (_, index) => `User, ${index} <u${index}@example.com>`).join('; ')
    const { mailboxes, refused } = readMailboxes(text)
    expect(refused).toEqual([])
    expect(mailboxes).toHaveLength(100_000)
    expect(mailboxes[99_999]).toEqual({ name: 'User, 99999', address: 'u99999@example.com', domain: 'example.com' })
  })

  // Quadratic work on a megabyte takes longer than the time any test has; no clock is read here.
  it.each([
    ['open comments', '('.repeat(1_000_000)],
    ['open angle brackets', '<'.repeat(1_000_000)],
    ['pairs of angle brackets', '<>'.repeat(500_000)],
    ['quotation marks', '"'.repeat(1_000_001)],
    ['escaped quotation marks behind a comment with one', `(") ${'\\"'.repeat(500_000)}, x <a@b>`],
    ['commas', ','.repeat(1_000_000)],
    ['names and commas', 'a,'.repeat(500_000)],
    ['spaces before commas', `a${' '.repeat(500_000)},`.repeat(2)],
    ['invisible characters', `a${'\u200b'.repeat(1_000_000)}b@c`],
    ['line ends', '\n'.repeat(1_000_000)],
    ['colons', ':'.repeat(1_000_000)],
    ['groups', 'g:;'.repeat(300_000)],
    ['mailto', `<${'mailto:'.repeat(150_000)}>`],
    ['spaces in angle brackets', `x, <${' '.repeat(1_000_000)}`],
  ])('a megabyte of %s is read in linear time', (_, text) => {
    expect(readMailboxes(text).mailboxes).toEqual([])
  })
})
