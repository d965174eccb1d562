import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bypassEntries, bypassRule, isBypassed, noProxyEntries } from './bypass.js'

const at = (host: string, port = 25) => ({ host, port })

test.each([
  ['mail.example', 'mail.example', true],
  ['MAIL.Example', 'mail.EXAMPLE', true],
  ['mail.example', 'mail.example.', true],
  ['mail.example', 'x.mail.example', false],
  ['*.example', 'mail.example', true],
  ['*.example', 'a.b.example', true],
  ['*.example', 'example', false],
  ['.example', 'mail.example', true],
  ['.example', 'notexample', false],
  ['*example', 'notexample', true],
  ['mail*.example', 'mail7.example', true],
  ['mail*.example', 'mail.example', true],
  ['a*b*c', 'abc', true],
  ['a*bc*c', 'abc', false],
  ['a*b*b', 'ab', false],
  ['*', 'anything.example', true],
  ['*', '192.0.2.1', true],
  ['<local>', 'relay', true],
  ['<local>', 'relay.example', false],
  ['<local>', '::1', false],
  ['192.0.2.1', '192.0.2.1', true],
  ['192.0.2.1', '192.0.2.10', false],
  ['10.0.0.0/8', '10.255.0.1', true],
  ['10.0.0.0/8', '11.0.0.1', false],
  ['169.254/16', '169.254.3.4', true],
  ['fd00::/8', 'fd12::1', true],
  ['fd00::/8', 'fe80::1', false],
  ['2001:db8::1', '2001:0DB8:0:0::1', true],
  ['[::1]', '::1', true],
  ['10.*', '10.1.2.3', true],
  ['10.0.0.0/8', 'ten.example', false],
  ['https://mail.example/', 'mail.example', true],
])('%s means %s: %s', (entry, host, expected) => {
  expect(isBypassed([entry], at(host))).toBe(expected)
})

test.each([
  ['mail.example:25', 'mail.example', true],
  ['mail.example:465', 'mail.example', false],
  ['[::1]:25', '::1', true],
  ['[::1]:26', '::1', false],
  ['*:25', 'any.example', true],
  ['192.0.2.1:25', '192.0.2.1', true],
])('%s means port 25 of %s: %s', (entry, host, expected) => {
  expect(isBypassed([entry], at(host))).toBe(expected)
})

test('[part of ipworks.config.ProxyExceptionsList] a list is separated by semicolons, commas or blanks', () => {
  expect(bypassEntries('www.google.com;www.nsoftware.com')).toEqual(['www.google.com', 'www.nsoftware.com'])
  expect(bypassEntries(' a , b;c\td ')).toEqual(['a', 'b', 'c', 'd'])
  expect(bypassEntries('')).toEqual([])
})

test('a name in NO_PROXY stands for what is below it, too', () => {
  const entries = noProxyEntries('example.com, .test,10.0.0.0/8,10.0.0.0/99,!?,[::1]:25')
  expect(entries).toEqual(['example.com', '*.example.com', '.test', '10.0.0.0/8', '[::1]:25'])
})

test.each(['', '10.0.0.0/33', '::/129', 'a b', 'a/b', '1.2.3.4.5/8', 'a:b:c'])('%j is no entry', (entry) => {
  expect(bypassRule(entry)).toBeUndefined()
  expect(isBypassed([entry], at('mail.example'))).toBe(false)
})

test('a rule with many stars is walked once', () => {
  const started = '*a'.repeat(120)
  expect(isBypassed([started], at(`${'a'.repeat(250)}b`))).toBe(false)
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'b', '.'), { maxLength: 20 }), (letters) => {
      const name = letters.join('')
      expect(isBypassed([`*${name}*`], at(`x${name}y`))).toBe(true)
    }),
  )
})
