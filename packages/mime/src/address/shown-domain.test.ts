import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyCharacter } from '../../test/any-character.js'
import { wireDomain } from './domain.js'
import { shownDomain } from './shown-domain.js'

describe('shownDomain', () => {
  it.each([
    'bücher.example',
    'faß.example',
    'łódź.example',
    'trường.example',
    'românia.example',
    'l·l.example',
    'пример.example',
    'сор.рф', // all of it looks like Latin, under a top-level domain of its own script
    'ελλάδα.example',
    '日本語.example',
    'データ-abc-漢字.example',
    'ソフト.example',
    '한국어abc.example',
    'ไทย.example',
    'हिन्दी.example',
    'עברית.example',
    'مثال.example',
    'mail.bücher.日本',
  ])('shows %s', (domain) => {
    const wire = wireDomain(domain) ?? 'refused'
    expect(wire).toContain('xn--')
    expect(shownDomain(wire)).toBe(domain)
    expect(shownDomain(wire.toUpperCase())).toBe(domain)
  })

  it.each([
    ['аррӏе.com', 'Cyrillic that reads as Latin'],
    ['раураӏ.mail.com', 'the same in a label further left'],
    ['goоgle.com', 'one Cyrillic letter among Latin ones'],
    ['αβγd.com', 'one Latin letter among Greek ones'],
    ['ηιο.com', 'Greek that reads as Latin'],
    ['հօ.com', 'Armenian that reads as Latin'],
    ['ɡoogle.com', 'a letter of phonetics'],
    ['ǃa.com', 'a click'],
    ['faceboo\u0138.com', 'kra'],
    ['a\u0338b.com', 'an accent that no letter took up'],
    ['comノx.example', 'a slash of katakana'],
    ['aーb.example', 'a hyphen of katakana'],
    ['☕.example', 'a picture'],
    ['กa.example', 'Thai and Latin'],
    ['日бg.example', 'Han and Cyrillic'],
    ['৪1.example', 'two sets of digits'],
    ['ᚠᚢ.example', 'runes'],
    ['नी\u200dx.example', 'a joiner'],
    ['bücher.goоgle.com', 'one safe label beside one that is not'],
  ])('keeps the A-labels of %s: %s', (domain) => {
    const wire = wireDomain(domain)
    if (wire === undefined) return expect(domain).toContain('\u200d') // no domain at all
    expect(wire).toContain('xn--')
    expect(shownDomain(wire)).toBe(wire)
  })

  it('leaves ASCII and address literals as they are', () => {
    for (const domain of ['Example.COM', '[192.0.2.1]', '[IPv6:2001:db8::1]', 'my-xn--host.example']) {
      expect(shownDomain(domain)).toBe(domain)
    }
  })

  it('shows only what leads back to the same domain', () => {
    let shownInUnicode = 0
    fc.assert(
      fc.property(
        fc.string({ unit: fc.oneof(anyCharacter, fc.constantFrom(...'aéüжи日本עب한-1')), maxLength: 6 }),
        (label) => {
          const wire = wireDomain(`${label}.example`)
          if (wire === undefined) return
          const shown = shownDomain(wire)
          if (shown !== wire) shownInUnicode++
          expect(wireDomain(shown)?.toLowerCase()).toBe(wire.toLowerCase())
        },
      ),
      { numRuns: 2000 },
    )
    expect(shownInUnicode).toBeGreaterThan(50)
  })
})
