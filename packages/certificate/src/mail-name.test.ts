import { describe, expect, it } from 'vitest'
import { comparableMail, mailName } from './mail-name.js'

describe('mailName', () => {
  it('keeps the local part, and folds it', () => {
    expect(mailName('CEO@Bank.Example')).toEqual({
      localPart: 'CEO',
      foldedLocalPart: 'ceo',
      domain: 'bank.example',
    })
    expect(comparableMail('"a@B"@[IPv6:2001:DB8::1]')).toBe('"a@b"@[ipv6:2001:db8::1]')
  })

  it.each([
    ['ann@Bücher.example', 'ann@xn--bcher-kva.example'],
    ['ann@bu\u0308cher.example', 'ann@xn--bcher-kva.example'],
    ['ann@XN--BCHER-KVA.example', 'ann@xn--bcher-kva.example'],
    ['JU\u0308RGEN@example.test', 'jürgen@example.test'],
  ])('is one for all ways to write it: %s', (text, expected) => expect(comparableMail(text)).toBe(expected))

  it.each([
    'bank.example',
    '@bank.example',
    'ceo@',
    'ceo@bank.example.',
    'ceo@bank.example/.evil.example',
    'ceo@bank.example?ä.evil.example',
    'ceo@b%61nk.example.ä',
    'ceo@ban\u212a.example',
    'ceo@ｂank.example',
    'ceo@bank\u00ad.example',
    'ceo@bank .example',
    'ceo@xn--a.example',
    `ceo@${'a.'.repeat(127)}aa`,
    'ceo@[bank]',
    'mi\u212ae@bank.example',
    'M\u0130ke@bank.example',
  ])('knows no domain in %j', (text) => expect(comparableMail(text)).toBeUndefined())
})
