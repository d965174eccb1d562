import { describe, expect, it } from 'vitest'
import { BerReader, insideOnly } from '../asn1/ber-reader.js'
import { element, nothing, octetString, oid, sequence } from '../../test/der-writer.js'
import { extension, pkcs1 } from '../../test/made-certificate.js'
import {
  crlAddresses,
  distributionPoint,
  KINDS,
  madeAuthority,
  madeCrl,
  madeLeaf,
  pointName,
  reasonExtension,
  signingOf,
  type CrlFacts,
} from '../../test/made-revocation.js'
import { crlAnswer } from './crl-answer.js'

const HOUR_MS = 3_600_000
const URL = 'http://crl.test/1'
const root = madeAuthority('Root')
const leaf = madeLeaf('server', root, [crlAddresses(URL)])
const now = new Date()
const hours = (count: number) => new Date(now.getTime() + count * HOUR_MS)
const TRUE = (tag: number) => element(tag, Buffer.of(0xff))

const answerOf = (facts: Partial<CrlFacts>, certificate = leaf.certificate) =>
  crlAnswer(madeCrl({ issuer: root, ...facts }), certificate, root.certificate, now)

describe('a CRL', () => {
  it.each(KINDS)('of an authority with a key of the kind %s', async (kind) => {
    const issuer = madeAuthority('Some CA', { kind })
    const [good, bad] = [madeLeaf('good', issuer).certificate, madeLeaf('bad', issuer).certificate]
    const crl = madeCrl({ issuer, revoked: [bad] })
    await expect(crlAnswer(crl, good, issuer.certificate, now)).resolves.toMatchObject({ status: 'good' })
    await expect(crlAnswer(crl, bad, issuer.certificate, now)).resolves.toMatchObject({
      status: 'revoked',
      revokedAt: new Date(Date.UTC(2026, 0, 2)),
    })
  })

  it('in PEM, with lines before it', async () => {
    const base64 = madeCrl({ issuer: root, revoked: [leaf.certificate] }).toString('base64')
    const pem = `a list\n-----BEGIN X509 CRL-----\n${base64}\n-----END X509 CRL-----\n`
    const found = crlAnswer(Buffer.from(pem), leaf.certificate, root.certificate, now)
    await expect(found).resolves.toMatchObject({ status: 'revoked' })
  })

  it.each([1, 6, 8, 10])('revokes for reason %i: hold (6) and removeFromCRL (8) are no way back', async (reason) => {
    const revoked = [{ serialNumber: leaf.certificate.serialNumber, extensions: reasonExtension(reason) }]
    await expect(answerOf({ revoked })).resolves.toMatchObject({ status: 'revoked' })
  })

  it('of twenty thousand entries is looked through to its end', async () => {
    const others = Array.from({ length: 20_000 }, (_, index) => {
      const serialNumber = Buffer.alloc(16, 0x11)
      serialNumber.writeUInt32BE(index + 0x10000000)
      return { serialNumber, extensions: reasonExtension(1) }
    })
    await expect(answerOf({ revoked: others })).resolves.toMatchObject({ status: 'good' })
    await expect(answerOf({ revoked: [...others, leaf.certificate] })).resolves.toMatchObject({ status: 'revoked' })
  })
})

describe('a CRL that says nothing', () => {
  it('is of somebody else', async () => {
    await expect(answerOf({ signer: madeAuthority('Root') })).rejects.toThrow("is not signed by 'CN=Root'")
    const other = madeAuthority('Other')
    await expect(answerOf({ issuer: other })).rejects.toThrow('has another issuer')
    const server = madeLeaf('other server', root)
    await expect(answerOf({ signer: server })).rejects.toThrow("is not signed by 'CN=Root'")
  })

  it('is of an authority that must not sign CRLs', async () => {
    const keyUsage = extension('2.5.29.15', element(3, Buffer.of(2, 0x04)), true) // keyCertSign
    const issuer = madeAuthority('Narrow', { extensions: [keyUsage] })
    const { certificate } = madeLeaf('server', issuer)
    const found = crlAnswer(madeCrl({ issuer }), certificate, issuer.certificate, now)
    await expect(found).rejects.toThrow('must not sign CRLs')
  })

  it('can be forged, or names another algorithm inside', async () => {
    const { signing } = signingOf('rsa')
    const issuer = madeAuthority('RSA', { kind: 'rsa' })
    const { certificate } = madeLeaf('server', issuer)
    const sha1 = { ...issuer, signing: pkcs1(signing.key, 'sha1', '1.2.840.113549.1.1.5') }
    const judged = (crl: Buffer) => crlAnswer(crl, certificate, issuer.certificate, now)
    await expect(judged(madeCrl({ issuer, signer: sha1 }))).rejects.toThrow('signed with SHA1')
    const algorithmInside = sequence(oid('1.2.840.113549.1.1.13'), nothing())
    await expect(judged(madeCrl({ issuer, algorithmInside }))).rejects.toThrow('is not signed by')
    const unknown = { ...issuer, signing: { ...issuer.signing, algorithm: sequence(oid('1.2.3')) } }
    await expect(judged(madeCrl({ issuer, signer: unknown }))).rejects.toThrow('in a way that is not known')
  })

  it.each([
    ['old', { nextUpdate: hours(-1) }, 'counted until'],
    ['from the future', { thisUpdate: hours(1) }, 'still to come'],
    ['a day old without saying when the next is due', { nextUpdate: 'none', thisUpdate: hours(-25) }, 'counted until'],
  ] as const)('is %s', async (_, facts, sentence) => {
    await expect(answerOf(facts)).rejects.toThrow(sentence)
  })

  it('counts a day without saying when the next is due', async () => {
    await expect(answerOf({ nextUpdate: 'none', thisUpdate: hours(-23) })).resolves.toMatchObject({ status: 'good' })
  })

  it.each([
    ['a delta CRL', [extension('2.5.29.27', Buffer.of(2, 1, 1), true)], 'a delta CRL'],
    ['a delta CRL that does not say so critically', [extension('2.5.29.27', Buffer.of(2, 1, 1))], 'a delta CRL'],
    ['an indirect CRL', [distributionPoint(TRUE(0x84))], 'indirect'],
    ['a CRL for attribute certificates', [distributionPoint(TRUE(0x85))], 'attribute certificates'],
    ['a CRL for authorities', [distributionPoint(TRUE(0x82))], 'is about authorities only'],
    ['a CRL for some reasons', [distributionPoint(element(0x83, Buffer.of(6, 0x40)))], 'some reasons'],
    ['a CRL of another place', [distributionPoint(pointName('http://crl.test/2'))], 'is for other certificates'],
    ['a CRL of a nameless place', [distributionPoint(element(0xa0, element(0xa1)))], 'is for other certificates'],
    ['a CRL with a critical extension', [extension('1.2.3.4', nothing(), true)], '(1.2.3.4)'],
    ['a CRL with an extension twice', [1, 2].map(() => extension('1.2.3.4', nothing())), 'twice'],
  ])('is %s', async (_, extensions, sentence) => {
    await expect(answerOf({ extensions })).rejects.toThrow(sentence)
  })

  it('is about servers only, for an authority', async () => {
    const issuing = madeAuthority('Issuing', { issuer: root })
    const extensions = [distributionPoint(TRUE(0x81))]
    await expect(answerOf({ extensions })).resolves.toMatchObject({ status: 'good' })
    await expect(answerOf({ extensions }, issuing.certificate)).rejects.toThrow('is not about authorities')
  })

  it('has an entry that must not be passed over: of another issuer (indirect)', async () => {
    const entry = extension('2.5.29.29', sequence(element(0xa4, sequence())), true)
    const revoked = [{ serialNumber: Buffer.of(9), extensions: sequence(entry) }]
    await expect(answerOf({ revoked })).rejects.toThrow('(2.5.29.29)')
  })
})

describe('a CRL for some certificates', () => {
  it('counts for those that name its place', async () => {
    const extensions = [distributionPoint(pointName(URL))]
    await expect(answerOf({ extensions })).resolves.toMatchObject({ status: 'good' })
    const revoked = [leaf.certificate]
    await expect(answerOf({ extensions, revoked })).resolves.toMatchObject({ status: 'revoked' })
  })

  it('revokes for the reasons it is about', async () => {
    const extensions = [distributionPoint(element(0x83, Buffer.of(6, 0x40)))]
    await expect(answerOf({ extensions, revoked: [leaf.certificate] })).resolves.toMatchObject({ status: 'revoked' })
  })
})

describe('a CRL that would cost much before anybody knows who made it', () => {
  const extensions = (count: number) =>
    Array.from({ length: count }, (_, index) => extension(`1.3.6.1.4.1.99999.${index + 1}`, nothing()))

  it('has 50 extensions at most', async () => {
    await expect(answerOf({ extensions: extensions(50) })).resolves.toMatchObject({ status: 'good' })
    await expect(answerOf({ extensions: extensions(51) })).rejects.toThrow('has more than 50 extensions')
  })

  it('has no indefinite lengths, outside or inside', async () => {
    const crl = madeCrl({ issuer: root })
    const content = insideOnly(crl)
    const parts = [content.next().content, content.next().whole, content.next().whole] as const
    const loose = Buffer.concat([Buffer.of(0x30, 0x80), parts[0], Buffer.alloc(2)])
    const message = 'an indefinite length, which DER does not have'
    await expect(judged(sequence(loose, parts[1], parts[2]))).rejects.toThrow(message)
    const whole = Buffer.concat([Buffer.of(0x30, 0x80), insideOf(crl), Buffer.alloc(2)])
    await expect(judged(whole)).rejects.toThrow(message)
  })

  it('is DER when it is larger than 1 MiB', async () => {
    await expect(judged(Buffer.alloc(1024 * 1024 + 1, 0x0a))).rejects.toThrow('too large for PEM')
  })

  it('says few things about what it is for', async () => {
    const point = distributionPoint(...Array<Buffer>(7).fill(TRUE(0x81)))
    await expect(answerOf({ extensions: [point] })).rejects.toThrow('says too much about what it is for')
  })
})

const judged = (octets: Uint8Array) => crlAnswer(octets, leaf.certificate, root.certificate, now)
const insideOf = (der: Uint8Array) => new BerReader(der).next().content

describe('what is no CRL', () => {
  const crl = madeCrl({ issuer: root, revoked: [leaf.certificate] })

  it('is refused wherever it is cut off', async () => {
    for (let length = 0; length < crl.length; length++) {
      await expect(judged(crl.subarray(0, length))).rejects.toThrow(/./)
    }
  })

  it('never says good with an octet changed', async () => {
    for (let at = 0; at < crl.length; at++) {
      const changed = Buffer.from(crl)
      changed[at]! ^= 0x01
      const status = await judged(changed).then(
        (answer) => answer.status,
        () => 'refused',
      )
      expect(status, `octet ${at}`).not.toBe('good')
    }
  })

  it.each([
    ['a web page', Buffer.from('<!doctype html><title>Sign in</title>'), 'neither DER nor PEM'],
    ['beginnings of blocks', Buffer.from('-----BEGIN X509 CRL-----\n'.repeat(40_000)), 'does not end'],
    ['other blocks', Buffer.from('-----BEGIN X-----\n'.repeat(40_000)), 'more than 20000 blocks'],
    [
      'nested without end',
      Buffer.alloc(60_000, Buffer.from([0x30, 0x80])),
      'an indefinite length, which DER does not have',
    ],
    ['long without end', Buffer.from('3084ffffffff0a0100', 'hex'), 'past the end'],
    ['an OCTET STRING', octetString(Buffer.of(1)), 'neither DER nor PEM'],
    ['nothing', new Uint8Array(), 'neither DER nor PEM'],
  ])('%s', async (_, octets, sentence) => {
    await expect(judged(octets)).rejects.toThrow(sentence)
  })
})
