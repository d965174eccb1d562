import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { mailAuthority, mailIdentity } from '@posthorn/testkit'
import type { MailAuthority, MailAuthorityFacts, MailIdentityFacts } from '@posthorn/testkit'
import { beforeAll, describe, expect, it } from 'vitest'
import { element, integer, nothing, oid, sequence } from '../test/der-writer.js'
import { derFixture } from '../test/fixture.js'
import { ecdsa, ecKeys, extension, madeCertificate, pkcs1, rsaPublicKey } from '../test/made-certificate.js'
import type { MadeFacts } from '../test/made-certificate.js'
import type { Certificate } from './certificate.js'
import { chainOf } from './chain-of.js'
import { readCertificate } from './read-certificate.js'
import { verifyChain } from './verify-chain.js'

const now = new Date()
const read = (pem: string) => readCertificate(new X509Certificate(pem).raw)
const subjects = (path: readonly Certificate[]) => path.map(({ subject }) => subject)

let root: MailAuthority
beforeAll(async () => {
  root = await mailAuthority({ subject: 'CN=Root' })
})

/** A certificate below an authority below the root, and what comes of verifying it. */
async function verdict(middle: Partial<MailAuthorityFacts>, leaf: Partial<MailIdentityFacts> = {}, at = now) {
  const issuer = await mailAuthority({ subject: 'CN=Middle', issuer: root, ...middle })
  const made = await mailIdentity({ email: 'ann@example.test', subject: 'CN=Ann', issuer, ...leaf })
  return verifyChain(read(made.certificate), [read(issuer.certificate)], [read(root.certificate)], at)
}

describe('verifyChain', () => {
  it('finds the path of certificates that OpenSSL made', async () => {
    const [ann, ca, trusted] = ['ann.crt', 'ca.crt', 'root.crt'].map((name) => readCertificate(derFixture(name)))
    const found = await verifyChain(ann!, [trusted!, ca!], [trusted!], now)
    expect(found).toEqual({ trusted: true, path: [ann, ca, trusted] })
  })

  it('finds the path below an intermediate authority that is trusted itself', async () => {
    const issuer = await mailAuthority({ subject: 'CN=Middle', issuer: root })
    const made = await mailIdentity({ email: 'ann@example.test', issuer })
    const found = await verifyChain(read(made.certificate), [], [read(issuer.certificate)], now)
    expect(found.trusted && found.path).toHaveLength(2)
  })

  it('trusts a certificate that is among the roots itself, self-signed or not', async () => {
    const made = await mailIdentity({ email: 'ann@example.test', issuer: 'self' })
    const below = await mailIdentity({ email: 'ann@example.test' })
    for (const { certificate } of [made, below]) {
      const found = await verifyChain(read(certificate), [], [read(certificate)], now)
      expect(found.trusted && found.path).toHaveLength(1)
    }
  })

  it('goes round a dead end: two authorities with the same name', async () => {
    const [right, wrong] = await Promise.all([1, 2].map(() => mailAuthority({ subject: 'CN=Middle', issuer: root })))
    const made = await mailIdentity({ email: 'ann@example.test', subject: 'CN=Ann', issuer: right! })
    const chain = [wrong!, right!].map(({ certificate }) => read(certificate))
    const found = await verifyChain(read(made.certificate), chain, [read(root.certificate)], now)
    expect(found.trusted && subjects(found.path)).toEqual(['CN=Ann', 'CN=Middle', 'CN=Root'])
  })

  it('goes round an expired certificate of the same authority (cross-signing)', async () => {
    const old = await mailAuthority({ subject: 'CN=Root', validTo: new Date(now.getTime() - 1000) })
    const made = await mailIdentity({ email: 'ann@example.test', issuer: root })
    const roots = [read(old.certificate), read(root.certificate)]
    expect((await verifyChain(read(made.certificate), [], roots, now)).trusted).toBe(true)
  })

  it('says which root is not trusted', async () => {
    const made = await mailIdentity({ email: 'ann@example.test', subject: 'CN=Ann', issuer: root })
    expect(await verifyChain(read(made.certificate), [read(root.certificate)], [], now)).toEqual({
      trusted: false,
      code: 'certificate.untrusted',
      sentence: "'CN=Ann' leads to 'CN=Root', which is not among the trusted roots",
    })
  })

  it('says which issuer is missing', async () => {
    const issuer = await mailAuthority({ subject: 'CN=Middle', issuer: root })
    const made = await mailIdentity({ email: 'ann@example.test', subject: 'CN=Ann', issuer })
    expect(await verifyChain(read(made.certificate), [], [read(root.certificate)], now)).toEqual({
      trusted: false,
      code: 'certificate.untrusted',
      sentence: "'CN=Ann' leads to the issuer 'CN=Middle', whose certificate is not there or did not sign it",
    })
  })

  it('does not believe a name: the key of the issuer must have signed', async () => {
    const impostor = await mailAuthority({ subject: 'CN=Root' })
    const made = await mailIdentity({ email: 'ann@example.test', subject: 'CN=Ann', issuer: impostor })
    const found = await verifyChain(read(made.certificate), [read(impostor.certificate)], [read(root.certificate)], now)
    expect(found).toMatchObject({ trusted: false, code: 'certificate.untrusted' })
  })

  it('does not believe a changed certificate', async () => {
    const made = await mailIdentity({ email: 'ann@example.test', issuer: root })
    const der = Buffer.from(read(made.certificate).der)
    der[der.indexOf('ann@example.test')]! ^= 1
    const found = await verifyChain(readCertificate(der), [], [read(root.certificate)], now)
    expect(found).toMatchObject({ trusted: false, code: 'certificate.untrusted' })
  })

  it('has nothing against a good chain', async () => {
    expect(await verdict({ pathLength: 0 })).toMatchObject({ trusted: true })
  })

  const past = new Date(now.getTime() - 86_400_000)
  const future = new Date(now.getTime() + 86_400_000)
  const day = (date: Date) => date.toISOString().slice(0, 10)
  const nameConstraints = {
    oid: '2.5.29.30',
    critical: true,
    value: sequence(element(0xa0, sequence(element(0x81, Buffer.from('example.org'))))),
  }
  it.each<[string, Partial<MailAuthorityFacts>, Partial<MailIdentityFacts>, string, string]>([
    ['an expired certificate', {}, { validTo: past }, 'certificate.expired', `'CN=Ann' expired on ${day(past)}`],
    ['an expired authority', { validTo: past }, {}, 'certificate.expired', `'CN=Middle' expired on ${day(past)}`],
    [
      'an authority of the future',
      { validFrom: future },
      {},
      'certificate.not-yet-valid',
      `'CN=Middle' is valid only from ${day(future)} on`,
    ],
    [
      'an issuer that is no authority',
      { isAuthority: false },
      {},
      'certificate.wrong-usage',
      "'CN=Middle' is no authority and has issued a certificate",
    ],
    [
      'an authority that must not issue',
      { usage: ['cRLSign'] },
      {},
      'certificate.wrong-usage',
      "'CN=Middle' must not issue certificates",
    ],
    [
      'an authority for servers alone',
      { extensions: [{ oid: '2.5.29.37', value: sequence(oid('1.3.6.1.5.5.7.3.1')) }] },
      {},
      'certificate.wrong-usage',
      "'CN=Middle' must not issue certificates for mail",
    ],
    [
      'a name outside the constraints',
      { extensions: [nameConstraints] },
      {},
      'certificate.wrong-usage',
      "'CN=Middle' must not issue a certificate for 'ann@example.test'",
    ],
    [
      'an unknown critical extension',
      {},
      { extensions: [{ oid: '1.2.3.4', critical: true, value: nothing() }] },
      'certificate.wrong-usage',
      "'CN=Ann' has a critical extension that is not known (1.2.3.4)",
    ],
  ])('refuses %s', async (_, middle, leaf, code, sentence) => {
    expect(await verdict(middle, leaf)).toEqual({ trusted: false, code, sentence })
  })

  it('passes over an unknown extension that is not critical', async () => {
    const extensions = [{ oid: '1.2.3.4', value: nothing() }]
    expect(await verdict({ extensions }, { extensions })).toMatchObject({ trusted: true })
  })

  it('counts the authorities below one with a path length', async () => {
    const top = await mailAuthority({ subject: 'CN=Top', issuer: root, pathLength: 0 })
    const middle = await mailAuthority({ subject: 'CN=Middle', issuer: top })
    const made = await mailIdentity({ email: 'ann@example.test', issuer: middle })
    const chain = [top, middle].map(({ certificate }) => read(certificate))
    expect(await verifyChain(read(made.certificate), chain, [read(root.certificate)], now)).toEqual({
      trusted: false,
      code: 'certificate.wrong-usage',
      sentence: "'CN=Top' allows 0 authorities below it, and there are 1",
    })
  })

  it('checks the root, too', async () => {
    const old = await mailAuthority({ subject: 'CN=Old', validTo: past })
    const made = await mailIdentity({ email: 'ann@example.test', issuer: old })
    const found = await verifyChain(read(made.certificate), [], [read(old.certificate)], now)
    expect(found).toMatchObject({ trusted: false, code: 'certificate.expired' })
  })

  it('gives up after a bounded number of signatures: certificates of one name and key issue each other', async () => {
    const authority = await mailAuthority({ subject: 'CN=Ring' })
    const made = await mailIdentity({ email: 'ann@example.test', issuer: authority })
    const again = () => mailAuthority({ subject: 'CN=Ring', key: authority.key, issuer: authority })
    const chain = (await Promise.all(Array.from({ length: 12 }, again))).map(({ certificate }) => read(certificate))
    expect(await verifyChain(read(made.certificate), chain, [], now)).toMatchObject({
      trusted: false,
      code: 'certificate.untrusted',
    })
    expect(await verifyChain(read(made.certificate), chain, [read(authority.certificate)], now)).toMatchObject({
      trusted: true,
    })
  })
})

describe('verifyChain and what the sender chose', () => {
  const keys = ecKeys()
  const ROOT = {
    subject: 'Root',
    issuer: 'Root',
    publicKey: keys.publicKey,
    signing: ecdsa(keys.privateKey),
    isAuthority: true,
  }
  const make = (facts: Partial<MadeFacts>) => readCertificate(madeCertificate({ ...ROOT, ...facts }))
  const top = make({})
  const ann = (facts: Partial<MadeFacts> = {}) => make({ subject: 'Ann', isAuthority: false, ...facts })
  const code = async (...given: Parameters<typeof verifyChain>) => {
    const found = await verifyChain(...given)
    return found.trusted ? 'trusted' : found.code
  }

  it('checks at most 20 signatures, each once', async () => {
    const impostors = Array.from({ length: 20 }, (_, index) =>
      make({ publicKey: ecKeys().publicKey, serialNumber: index + 2 }),
    )
    const middle = make({ subject: 'Middle' })
    const leaf = ann({ issuer: 'Middle' })
    const impostor = (each: number) => make({ subject: 'Middle', publicKey: ecKeys().publicKey, serialNumber: each })
    const few = Array.from({ length: 18 }, (_, index) => impostor(index + 2))
    expect(await code(leaf, [...few, middle], [top], now)).toBe('trusted') // 19 for the leaf, one for the authority
    expect(await code(leaf, [...few, impostor(30), middle], [top], now)).toBe('certificate.untrusted')
    expect(await code(ann(), impostors, [], now)).toBe('certificate.untrusted')
  })

  it.each([
    ['of 16384 bits', rsaPublicKey(Buffer.alloc(2048, 0xff), Buffer.from('ffffffffffffffff', 'hex'))],
    ['with an exponent as long as the key', rsaPublicKey(Buffer.alloc(384, 0xff), Buffer.alloc(384, 0x7f))],
    ['on a curve that is not relied on', ecKeys('secp256k1').publicKey],
  ])('uses no key %s, however many there are', async (_, publicKey) => {
    const fakes = Array.from({ length: 99 }, (_, index) => make({ publicKey, serialNumber: index + 2 }))
    const found = await verifyChain(ann(), fakes, [], now)
    expect(found).toMatchObject({
      code: 'certificate.weak',
      sentence: expect.stringMatching(/^'CN=Root' has a/) as string,
    })
    expect(await code(ann(), fakes, [top], now)).toBe('trusted')
  })

  it('lets others work between the checks', async () => {
    const impostors = Array.from({ length: 19 }, (_, index) =>
      make({ publicKey: ecKeys().publicKey, serialNumber: index + 2 }),
    )
    let turns = 0
    let over = false
    const others = () => {
      turns++
      if (!over) setImmediate(others)
    }
    setImmediate(others)
    await verifyChain(ann(), impostors, [], now)
    over = true
    expect(turns).toBeGreaterThan(10)
  })

  const rsa = generateKeyPairSync('rsa', { modulusLength: 1536 })
  const SHA1 = { ...ecdsa(keys.privateKey), digest: 'sha1', algorithm: sequence(oid('1.2.840.10045.4.1')) }
  const below = (middle: Partial<MadeFacts>, leaf: Partial<MadeFacts> = {}) =>
    verifyChain(ann({ issuer: 'Middle', ...leaf }), [make({ subject: 'Middle', ...middle })], [top], now)

  it.each([
    ['a leaf signed with SHA-1', {}, { signing: SHA1 }, "'CN=Ann' is signed with SHA-1, which can be forged"],
    ['an authority signed with SHA-1', { signing: SHA1 }, {}, "'CN=Middle' is signed with SHA-1, which can be forged"],
    [
      'a leaf signed with MD5',
      { publicKey: rsa.publicKey },
      { signing: pkcs1(rsa.privateKey, 'md5', '1.2.840.113549.1.1.4') },
      "'CN=Ann' is signed with MD5, which can be forged",
    ],
    [
      'an authority with a short RSA key',
      { publicKey: rsa.publicKey },
      { signing: pkcs1(rsa.privateKey, 'sha256', '1.2.840.113549.1.1.11') },
      "'CN=Middle' has a key of 1536 bits, which is too short",
    ],
    [
      'a leaf on a curve that is not relied on',
      {},
      { publicKey: ecKeys('secp112r1').publicKey },
      "'CN=Ann' has a key on an elliptic curve that is not relied on (1.3.132.0.6)",
    ],
  ])('finds weak: %s', async (_, middle, leaf, sentence) => {
    expect(await below(middle, leaf)).toEqual({ trusted: false, code: 'certificate.weak', sentence })
  })

  it('believes an anchor, however it is signed, and a person with a short key', async () => {
    const old = make({ subject: 'Old', issuer: 'Old', signing: SHA1 })
    expect(await code(ann({ issuer: 'Old', publicKey: rsa.publicKey }), [], [old], now)).toBe('trusted')
  })

  const policyConstraints = (tag: number) => extension('2.5.29.36', sequence(element(tag, Buffer.of(0))), true)
  it.each([
    ['a limit to any-policy', extension('2.5.29.54', integer(0), true), true],
    ['a limit to policy mappings', policyConstraints(0x81), true],
    ['policy mappings', extension('2.5.29.33', sequence(), true), true],
    ['the demand for a policy', policyConstraints(0x80), false],
  ])('policies (RFC 5280 6.1): %s', async (_, given, isTrusted) => {
    const found = await below({ extensions: [given] })
    expect(found).toMatchObject(
      isTrusted
        ? { trusted: true }
        : {
            code: 'certificate.wrong-usage',
            sentence: "'CN=Middle' requires a certificate policy, and policies are not checked",
          },
    )
  })
})

describe('chainOf', () => {
  it('checks a bounded number of signatures', () => {
    const { publicKey, privateKey } = ecKeys()
    const facts = { subject: 'Root', issuer: 'Top', publicKey, signing: ecdsa(privateKey), isAuthority: true }
    const issuer = readCertificate(madeCertificate(facts))
    const leaf = readCertificate(madeCertificate({ ...facts, subject: 'Ann', issuer: 'Root' }))
    const impostor = () => readCertificate(madeCertificate({ ...facts, publicKey: ecKeys().publicKey }))
    const impostors = Array.from({ length: 20 }, impostor)
    expect(chainOf(leaf, [...impostors.slice(1), issuer])).toEqual([issuer])
    expect(chainOf(leaf, [...impostors, issuer])).toEqual([])
  })

  it('gives the issuers nearest first, whatever their order', () => {
    const [ann, ca, top] = ['ann.crt', 'ca.crt', 'root.crt'].map((name) => readCertificate(derFixture(name)))
    expect(chainOf(ann!, [top!, ann!, ca!])).toEqual([ca, top])
    expect(chainOf(ann!, [top!])).toEqual([])
    expect(chainOf(top!, [top!, ca!])).toEqual([])
  })

  it('ends where two authorities have issued each other', async () => {
    const one = await mailAuthority({ subject: 'CN=One', issuer: root })
    const two = await mailAuthority({ subject: 'CN=Two', issuer: one })
    const oneAgain = await mailAuthority({ subject: 'CN=Root', issuer: two })
    const among = [one, two, oneAgain].map(({ certificate }) => read(certificate))
    expect(subjects(chainOf(among[1]!, among))).toEqual(['CN=One'])
  })
})
