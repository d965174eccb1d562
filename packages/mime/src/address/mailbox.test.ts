import { SettingsError } from '@posthorn/ground'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAddressList } from './address.js'
import { parseAddress, parseMailbox, parseMailboxList } from './mailbox.js'

const refused = (text: string, read: (text: string, field: string) => unknown = parseMailbox) => {
  let caught: unknown
  try {
    read(text, 'to')
  } catch (error) {
    caught = error
  }
  expect(caught, JSON.stringify(text.slice(0, 80))).toBeInstanceOf(SettingsError)
  expect(caught).toMatchObject({ field: 'to', phase: 'compose', outcome: 'permanent' })
  return caught as SettingsError
}

describe('parseMailbox', () => {
  it.each([
    ['a@b.example', undefined, 'a@b.example'],
    ['  a.b+c@b.example ', undefined, 'a.b+c@b.example'],
    ['<a@b.example>', undefined, 'a@b.example'],
    ['Anna Example <a@b.example>', 'Anna Example', 'a@b.example'],
    ['Dr. Anna  O. Example<a@b.example>', 'Dr. Anna O. Example', 'a@b.example'],
    ['"Example, Anna \\"the\\" \\\\" <a@b.example>', 'Example, Anna "the" \\', 'a@b.example'],
    ['"A"B"C" <a@b.example>', 'A B C', 'a@b.example'],
    ['Jürgen 日本 <a@b.example>', 'Jürgen 日本', 'a@b.example'],
    ['=?utf-8?Q?a?= <a@b.example>', '=?utf-8?Q?a?=', 'a@b.example'],
    ['(x) Anna (y(z)\\)) < (p) a (q) @ (r) b.example (s) > (t)', 'Anna', 'a@b.example'],
    ['a@b.example (Anna)', undefined, 'a@b.example'],
    ['"user@evil.com x"@good.com', undefined, '"user@evil.com x"@good.com'],
    ['"a@b> ORCPT=x"@c.example', undefined, '"a@b> ORCPT=x"@c.example'],
    ['"needs.no.quotes"@b.example', undefined, 'needs.no.quotes@b.example'],
    ['"a..b"@b.example', undefined, '"a..b"@b.example'],
    ['"a\\"\\\\\\b"@b.example', undefined, '"a\\"\\\\b"@b.example'],
    ['""@b.example', undefined, '""@b.example'],
    ['a@[192.0.2.1]', undefined, 'a@[192.0.2.1]'],
    ['a@[ipv6:2001:db8::1]', undefined, 'a@[IPv6:2001:db8::1]'],
    ['jürgen@b.example', undefined, 'jürgen@b.example'],
    ['a@BÜCHER.example', undefined, 'a@xn--bcher-kva.example'],
    ['A.B@Example.COM', undefined, 'A.B@Example.COM'],
    ['ju\u0308rgen@b.example', undefined, 'jürgen@b.example'],
    ['"ju\u0308 rgen"@b.example', undefined, '"jü rgen"@b.example'],
    ['"<\u0338"@b.example', undefined, '"\u226e"@b.example'],
    ['=?a@b.example', undefined, '=?a@b.example'],
    ['نامه\u200cای@b.example', undefined, 'نامه\u200cای@b.example'],
    ['👩\u200d💻@b.example', undefined, '👩\u200d💻@b.example'],
    ['a@☕.example', undefined, 'a@xn--53h.example'],
    ['a@l·l.example', undefined, 'a@xn--ll-0ea.example'],
    ['Gruppe\uff1a Anna <a@b.example>', 'Gruppe\uff1a Anna', 'a@b.example'],
    ['\u760a\u760d@b.example', undefined, '\u760a\u760d@b.example'],
  ])('reads %s', (text, name, address) => {
    const read = parseMailbox(text, 'to')
    expect([read.name, read.address]).toEqual([name, address])
    expect(address.endsWith(`@${read.domain}`)).toBe(true)
  })

  it.each([
    '',
    ' ',
    'a',
    '@b.example',
    'a@',
    'a@b@c.example',
    'a b@c.example',
    'user@evil.com x@good.com',
    'user@evil.com <a@good.com>',
    '<a@b.example',
    'a@b.example>',
    'Anna a@b.example',
    '<<a@b.example>>',
    '<a@b.example> <c@d.example>',
    '<@route.example:a@b.example>',
    'Example, Anna <a@b.example>',
    'group: a@b.example;',
    'a@b.example, c@d.example',
    'a@b.example;c@d.example',
    '.a@b.example',
    'a.@b.example',
    'a..b@b.example',
    'a."b".c@b.example',
    '"a"b@c.example',
    '"a@b.example',
    '"a\\',
    '(a@b.example',
    'a@b.example (',
    'a@b.example (\\',
    'a@b. example',
    'a@b_c.example',
    'a@-b.example',
    'a@b..example',
    'a@b.example.',
    'a@[192.0.2.999]',
    'a@[fe80::1]',
    'a@[IPv6:fe80::1%eth0]',
    'a@[192.0.2.1',
    'a@[x:y]',
    'a@b\r\nRCPT TO:<c@d.example>',
    'a@b.example\n',
    '"a\r\nb"@c.example',
    '"a\0b"@c.example',
    'a\tb@c.example',
    'a\u2028b@c.example',
    'a\ud800@c.example',
    'user\uff20evil.com@good.com',
    'a\uff1cb@good.com',
    'mailto:a@b.example',
    '=?utf-8?q?a=40evil.example=3e?=@good.example',
    '"=?x?q??="@good.example',
    'x=?b?c?=y@good.example',
    'a\u200bb@good.example',
    '"a\u00adb"@good.example',
    'a\u200db@good.example',
    'a\ufe0f@good.example',
    '\u202ea@good.example',
    '\u212aelvin@good.example',
    '"a\u037eb"@good.example',
    'ü\u226eb@good.example',
    'a@b\u2010c.example',
    'a@b.example\u201d',
    'a@b\u2215c.example',
    `${'a'.repeat(65)}@b.example`,
    `${'ü'.repeat(33)}@b.example`,
    `a@${'b'.repeat(64)}.example`,
    `a@${'b.'.repeat(126)}example`,
  ])('refuses %j', (text) => {
    expect(['address.malformed', 'address.group', 'draft.control-character']).toContain(refused(text).code)
  })

  it('says where and what to write instead', () => {
    const error = refused('Example, Anna <a@b.example>')
    expect(error.message).toBe('to: a mailbox needs an "@", or angle brackets behind the name (character 8)')
    expect(error.hint).toContain('quotation marks')
  })

  it('CVE-2026-30227 / GHSA-g7hc-96xr-gvvx: a line end in a quoted local part is refused', () => {
    for (const end of ['\r\n', '\r', '\n', '\\\r\\\n']) {
      expect(refused(`"a${end}RCPT TO:<x@y>"@b.example`).code).toBe('draft.control-character')
      expect(refused(`"a${end}b"@b.example`, parseAddress).code).toBe('draft.control-character')
    }
  })

  it('GHSA-mm7p-fcc7-pg87 / CVE-2025-13033: the domain is what follows the last "@", whatever the quoted part says', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab@<>,;:()[] .\\"'), maxLength: 20 }), (local) => {
        const quoted = `"${local.replace(/["\\]/g, '\\$&')}"`
        const read = parseMailbox(`x <${quoted}@good.example>`, 'to')
        expect(read.domain).toBe('good.example')
        expect(read.address.endsWith('@good.example')).toBe(true)
        expect(parseMailbox(read.address, 'to').address).toBe(read.address)
      }),
    )
  })

  it('gives the same mailbox again from what it gave, or had refused the text', () => {
    const unit = fc.constantFrom(...'ab.@<>(),;:"\\ []üß＠。-_=?', '\r', '\n', 'a@b.example', '"x y"', '(c)')
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 14 }), (text) => {
        let read
        try {
          read = parseMailbox(text, 'to')
        } catch (error) {
          expect(error).toBeInstanceOf(SettingsError)
          return
        }
        expect(parseMailbox(read.address, 'to')).toEqual({ address: read.address, domain: read.domain })
        expect(parseAddress(read.address, 'to').address).toBe(read.address)
        expect(parseMailboxList(read.address, 'to')).toHaveLength(1)
      }),
      { numRuns: 2000 },
    )
  })

  it('GHSA-rcmh-qjqh-p98v / CVE-2025-14874: nesting is bounded and does not recurse', () => {
    expect(refused('('.repeat(100_000)).message).toContain('nested deeper than 32')
    expect(refused(`${'('.repeat(100_000)}${')'.repeat(100_000)} a@b.example`).message).toContain(
      'nested deeper than 32',
    )
    expect(refused('g:'.repeat(100_000)).code).toBe('address.group')
    expect(refused('g:'.repeat(100_000), parseAddressList).code).toBe('address.group')
    expect(parseMailbox(`${'('.repeat(32)}${')'.repeat(32)} a@b.example`, 'to').address).toBe('a@b.example')
  })

  // Quadratic work on a megabyte takes longer than the time any test has; no clock is read here.
  it.each([
    ['comments', '()'.repeat(500_000)],
    ['an open quotation', `"${'\\a'.repeat(500_000)}`],
    ['atoms', 'a '.repeat(500_000)],
    ['dots', 'a.'.repeat(500_000)],
    ['quoted strings', '"" '.repeat(300_000)],
    ['at signs', '@'.repeat(1_000_000)],
    ['angle brackets', '<'.repeat(1_000_000)],
    ['spaces', ' '.repeat(1_000_000)],
    ['what begins like encoded-words', '=?a'.repeat(300_000) + '@b.example'],
    ['groups', `${'g:;,'.repeat(250_000)}`],
  ])('a megabyte of %s is refused in linear time', (_, text) => {
    refused(text)
    refused(text, parseMailboxList)
    refused(text, parseAddress)
    refused(text, parseAddressList)
  })
})

describe('parseMailboxList', () => {
  it('reads mailboxes between commas, and commas inside quotes and comments are none', () => {
    const read = parseMailboxList('a@b.example, "Example, Anna" <c@d.example> , (x, y) e@f.example', 'to')
    expect(read.map((mailbox) => mailbox.address)).toEqual(['a@b.example', 'c@d.example', 'e@f.example'])
    expect(read[1]?.name).toBe('Example, Anna')
  })

  it.each([
    '',
    ',',
    'a@b.example,',
    ',a@b.example',
    'a@b.example,,c@d.example',
    'a@b.example c@d.example',
    'g: a@b.example;',
  ])('refuses %j', (text) => {
    refused(text, parseMailboxList)
  })

  it('GHSA-2x7j-588g-ccc2: 100,000 mailboxes in one string are read in linear time', () => {
    const text = Array.from({ length: 100_000 }, (_, index) => `"User, ${index}" (c) <u${index}@example.com>`).join(
      ', ',
    )
    const read = parseMailboxList(text, 'to')
    expect(read).toHaveLength(100_000)
    expect(read[99_999]).toEqual({ name: 'User, 99999', address: 'u99999@example.com', domain: 'example.com' })
  })
})

describe('parseAddress', () => {
  it('takes no name and no angle brackets', () => {
    expect(parseAddress(' (c) a@b.example', 'to').address).toBe('a@b.example')
    refused('<a@b.example>', parseAddress)
    refused('Anna <a@b.example>', parseAddress)
    refused('a@b.example, c@d.example', parseAddress)
  })
})
