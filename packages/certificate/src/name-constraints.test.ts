import { X509Certificate } from 'node:crypto'
import { mailIdentity } from '@posthorn/testkit'
import { beforeAll, describe, expect, it } from 'vitest'
import { element, nothing, oid, sequence } from '../test/der-writer.js'
import { ecdsa, ecKeys, madeCertificate, mailNames } from '../test/made-certificate.js'
import type { Certificate } from './certificate.js'
import { nameConstraintProblem } from './name-constraints.js'
import { readCertificate } from './read-certificate.js'

const mail = (text: string) => element(0x81, Buffer.from(text, 'latin1'))
const host = (text: string) => element(0x82, Buffer.from(text))
const directory = (...organizations: readonly string[]) =>
  element(
    0xa4,
    sequence(
      ...organizations.map((text) => element(0x31, sequence(oid('2.5.4.10'), element(0x13, Buffer.from(text))))),
    ),
  )
const list = (tag: number, bases: readonly Buffer[]) => element(tag, ...bases.map((base) => sequence(base)))
const permitted = (...bases: readonly Buffer[]) => sequence(list(0xa0, bases))
const excluded = (...bases: readonly Buffer[]) => sequence(list(0xa1, bases))

describe('nameConstraintProblem (RFC 5280 4.2.1.10)', () => {
  let ann: Certificate
  beforeAll(async () => {
    const names = sequence(
      element(0x81, Buffer.from('Ann@Mail.example.test')),
      element(0x82, Buffer.from('www.example.test')),
    )
    const { certificate } = await mailIdentity({
      email: [],
      subject: 'O=Example,CN=Ann',
      extensions: [{ oid: '2.5.29.17', value: names }],
    })
    ann = readCertificate(new X509Certificate(certificate).raw)
  })

  it.each([
    ['the host', permitted(mail('mail.example.test'))],
    ['the host in capitals', permitted(mail('MAIL.EXAMPLE.TEST'))],
    ['the domain above', permitted(mail('.example.test'))],
    ['the mailbox', permitted(mail('Ann@mail.example.test'))],
    ['one of several', permitted(mail('example.org'), mail('.example.test'))],
    ['another kind of name', permitted(element(0x86, Buffer.from('example.org')))],
    ['a DNS name above', permitted(host('example.test'))],
    ['a DNS name with a dot', permitted(host('.example.test'))],
    ['the beginning of the subject', permitted(directory('example'))],
    ['nothing at all', sequence()],
  ])('allows when %s is permitted', (_, constraints) => expect(nameConstraintProblem(constraints, ann)).toBeUndefined())

  it.each([
    ['a host above the host is permitted', permitted(mail('example.test'))],
    ['another domain is permitted', permitted(mail('.example.org'))],
    ['a domain that only ends alike is permitted', permitted(mail('.ple.test'), mail('ail.example.test'))],
    ['another mailbox is permitted', permitted(mail('ann@mail.example.test'))],
    ['the domain is excluded', excluded(mail('.example.test'))],
    [
      'the host is permitted and the mailbox excluded',
      sequence(list(0xa0, [mail('mail.example.test')]), list(0xa1, [mail('Ann@mail.example.test')])),
    ],
    ['another DNS name is permitted', permitted(host('ww.example.test'))],
    ['another subject is permitted', permitted(directory('Other'))],
    ['a longer subject is permitted', permitted(directory('Example', 'Ann', 'more'))],
    ['the subject is excluded', excluded(directory('EXAMPLE '))],
  ])('refuses when %s', (_, constraints) => {
    expect(nameConstraintProblem(constraints, ann)).toMatch(/^must not issue a certificate for '/)
  })

  const withMail = (...addresses: readonly string[]) => {
    const { publicKey, privateKey } = ecKeys()
    const extensions = [mailNames(...addresses)]
    const facts = { subject: 'Ann', issuer: 'Root', publicKey, signing: ecdsa(privateKey), extensions }
    return readCertificate(madeCertificate(facts))
  }

  it.each([
    ['the mailbox in another case', 'CEO@Bank.Example', mail('ceo@bank.example')],
    ['the mailbox in capitals', 'ceo@bank.example', mail('CEO@BANK.EXAMPLE')],
    ['the domain in U-labels', 'ceo@b\u00fccher.example', mail('ceo@xn--bcher-kva.example')],
    ['the domain in A-labels', 'ceo@XN--BCHER-KVA.example', mail('b\u00fccher.example')],
    ['all below the domain in A-labels', 'ceo@a.b\u00fccher.example', mail('.xn--bcher-kva.example')],
    ['another domain, and this is none', 'ceo@bank.example/.evil.example', mail('.example.org')],
    ['another domain, and this has no @', 'ceo', mail('.example.org')],
    ['everything with an empty name', 'ceo@bank.example', mail('')],
    ['everything with a dot', 'ceo@bank.example', mail('.')],
    ['something that cannot be read', 'ceo@bank.example', mail('*.bank.example')],
    ['a host with an @', 'ceo@bank.example', mail('@bank.example')],
  ])('refuses when %s is excluded', (_, address, base) => {
    const constraints = excluded(base)
    expect(nameConstraintProblem(constraints, withMail(address))).toBe(`must not issue a certificate for '${address}'`)
  })

  it('allows what is near to what is excluded', () => {
    const others = excluded(mail('ceo@bank.example'), mail('.bank.example'), mail('xn--bcher-kva.example'))
    expect(nameConstraintProblem(others, withMail('cfo@bank.example', 'ceo@a.b\u00fccher.example'))).toBeUndefined()
  })

  it.each([
    ['permits a domain in A-labels to be written in U-labels', 'ceo@b\u00fccher.example', '.example', true],
    ['permits the host whatever the labels', 'ceo@b\u00fccher.example', 'xn--bcher-kva.example', true],
    ['permits no domain that is none', 'ceo@bank.example/.evil.example', '.evil.example', false],
    ['permits no domain with a character that others take for another', 'ceo@\u212aing.example', '.example', false],
    ['permits nothing for a name that is none', 'ceo@bank.example', '*.example', false],
    ['permits the local part with case alone', 'CEO@bank.example', 'ceo@bank.example', false],
    ['permits everything with an empty name', 'CEO@bank.example', '', true],
    ['permits no name without a domain even so', 'CEO', '', false],
  ])('%s', (_, address, base, isAllowed) => {
    expect(nameConstraintProblem(permitted(mail(base)), withMail(address)) === undefined).toBe(isAllowed)
  })

  it('refuses what it cannot read', () => {
    expect(nameConstraintProblem(nothing(), ann)).toBe('has name constraints that cannot be read')
  })

  it('refuses to compare for long', () => {
    const base = sequence(mail('x'))
    const many = sequence(element(0xa0, Buffer.alloc(base.length * 60_000, base)))
    expect(nameConstraintProblem(many, ann)).toBe('has too many name constraints')
  })
})
