import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyCharacter } from '../../test/any-character.js'
import { wireDomain, wireLiteral } from './domain.js'

describe('wireDomain', () => {
  it.each([
    ['example.com', 'example.com'],
    ['Example.COM', 'Example.COM'],
    ['localhost', 'localhost'],
    ['bücher.de', 'xn--bcher-kva.de'],
    ['BÜCHER.DE', 'xn--bcher-kva.de'],
    ['bu\u0308cher.de', 'xn--bcher-kva.de'],
    ['faß.de', 'xn--fa-hia.de'],
    ['ΣΑΣ.gr', 'xn--mxa9ab.gr'],
    ['日本.jp', 'xn--wgv71a.jp'],
    ['xn--bcher-kva.de', 'xn--bcher-kva.de'],
    ['XN--bcher-kva.de', 'XN--bcher-kva.de'],
    ['\u760a.example', 'xn--zty.example'],
  ])('writes %s as %s', (text, expected) => {
    expect(wireDomain(text)).toBe(expected)
  })

  // What the URL parser behind domainToASCII would cut, decode, map away or turn into an IP address.
  it.each([
    ...['é/b', 'é?b', 'é#b', 'é\\b', 'é:80', 'é@b', 'é%41.de', 'é b', 'é\tb', 'é<', 'a%41.com', 'a b', ''],
    ...['a\uff20b.com', 'a\uff0fb.com', 'a\uff1ab.com', '\uff0541.com', '\uff41.com', 'a\u3002b.com', 'ⅷ.com', 'ℂ.com'],
    ...[
      'a\u00adb.com',
      'ab\u200db.com',
      'a\u2024b.com',
      'a\u2488com',
      '\u212aom.com',
      'é.1',
      '１２７.0.0.1',
      'xn--a.de',
      'xn--0.com',
    ],
    ...[
      'a_b.com',
      '-a.com',
      'a-.com',
      '-ü.\u0000',
      'a..b',
      '.a',
      'a.',
      'ü..de',
      'ü'.repeat(80) + '.de',
      'a'.repeat(64),
      'a.'.repeat(200) + 'a',
    ],
  ])('refuses %j', (text) => {
    expect(wireDomain(text)).toBeUndefined()
  })

  it('GHSA-wmmp-3585-3rmp: what it gives is a domain in ASCII that it gives again for itself', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: anyCharacter, maxLength: 8 }),
        fc.constantFrom('.de', '', '.日本'),
        (label, end) => {
          const domain = wireDomain(label + end)
          if (domain === undefined) return
          expect(domain).toMatch(/^[A-Za-z0-9.-]+$/)
          expect(wireDomain(domain)).toBe(domain)
        },
      ),
      { numRuns: 1000 },
    )
  })
})

describe('wireLiteral', () => {
  it('knows IPv4 and tagged IPv6, and nothing else', () => {
    expect(wireLiteral('192.0.2.1')).toBe('192.0.2.1')
    expect(wireLiteral('IPV6:::1')).toBe('IPv6:::1')
    for (const text of ['', '1.2.3', '192.0.2.1 ', '::1', 'IPv6:::1%lo', 'IPv6:x', 'tag:x'])
      expect(wireLiteral(text)).toBeUndefined()
  })
})
