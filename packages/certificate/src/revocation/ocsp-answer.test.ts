import { describe, expect, it } from 'vitest'
import {
  crlAddresses,
  KINDS,
  madeAuthority,
  madeCrl,
  madeLeaf,
  madeOcspAnswer,
  madeOcspResponse,
  NO_CHECK,
  OCSP_SIGNING,
  ocspRefusal,
  signingOf,
  type OcspFacts,
} from '../../test/made-revocation.js'
import { element, integer, octetString, oid, sequence } from '../../test/der-writer.js'
import { extension, pkcs1 } from '../../test/made-certificate.js'
import { ocspAnswer } from './ocsp-answer.js'
import { RevocationCache } from './revocation-cache.js'
import { checkRevocation } from './revocation.js'

const HOUR_MS = 3_600_000
const root = madeAuthority('Root')
const leaf = madeLeaf('server', root)
const now = new Date()
const hours = (count: number) => new Date(now.getTime() + count * HOUR_MS)

const answerTo = (facts: Partial<OcspFacts>, at = now) =>
  ocspAnswer(
    madeOcspResponse({ certificate: leaf.certificate, issuer: root, ...facts }),
    leaf.certificate,
    root.certificate,
    at,
  )

describe('who may answer', () => {
  it.each(KINDS.flatMap((kind) => (['name', 'key'] as const).map((by) => [kind, by] as const)))(
    'the issuer itself, with a key of the kind %s, named by its %s',
    async (kind, by) => {
      const issuer = madeAuthority('Some CA', { kind })
      const { certificate } = madeLeaf('server', issuer)
      const response = madeOcspResponse({ certificate, issuer, by })
      await expect(ocspAnswer(response, certificate, issuer.certificate, now)).resolves.toMatchObject({
        status: 'good',
      })
    },
  )

  it.each(KINDS)('a responder that the issuer has named, with a key of the kind %s', async (kind) => {
    const signer = madeLeaf('Responder', root, [OCSP_SIGNING, NO_CHECK], kind)
    for (const by of ['name', 'key'] as const) {
      const found = answerTo({ signer, certificates: [signer.certificate], by })
      await expect(found).resolves.toMatchObject({ status: 'good', responder: undefined })
    }
  })

  it('a responder that may have been revoked itself is told', async () => {
    const signer = madeLeaf('Responder', root, [OCSP_SIGNING])
    const found = await answerTo({ signer, certificates: [signer.certificate] })
    expect(found.responder?.subject).toBe('CN=Responder')
  })

  it.each([
    [{ name: 'sha256', oid: '2.16.840.1.101.3.4.2.1' }],
    [{ name: 'sha384', oid: '2.16.840.1.101.3.4.2.2' }],
    [{ name: 'sha512', oid: '2.16.840.1.101.3.4.2.3' }],
  ])('the certificate may be named by %j', async (digest) => {
    await expect(answerTo({ digest })).resolves.toMatchObject({ status: 'good' })
  })
})

describe('who may not', () => {
  const stranger = madeAuthority('Root') // the same name, another key

  it('somebody else of the same name', async () => {
    await expect(answerTo({ signer: stranger })).rejects.toThrow("is not signed by 'CN=Root'")
    await expect(answerTo({ signer: stranger, by: 'key' })).rejects.toThrow("is signed by somebody else than 'CN=Root'")
  })

  it('a responder that another authority has named', async () => {
    const signer = madeLeaf('Responder', stranger, [OCSP_SIGNING, NO_CHECK])
    const found = answerTo({ signer, certificates: [signer.certificate] })
    await expect(found).rejects.toThrow("'CN=Responder', which is not signed by 'CN=Root'")
    const elsewhere = madeLeaf('Responder', madeAuthority('Elsewhere'), [OCSP_SIGNING])
    const other = answerTo({ signer: elsewhere, certificates: [elsewhere.certificate] })
    await expect(other).rejects.toThrow('has another issuer')
  })

  it('a responder below a responder: the issuer itself must have named it', async () => {
    const issuing = madeAuthority('Issuing', { issuer: root, extensions: [OCSP_SIGNING] })
    const signer = madeLeaf('Responder', issuing, [OCSP_SIGNING])
    const certificates = [signer.certificate, issuing.certificate]
    await expect(answerTo({ signer, certificates })).rejects.toThrow('has another issuer')
  })

  it('a certificate of the same issuer that was made for something else: any server', async () => {
    const server = madeLeaf('other server', root)
    const found = answerTo({ signer: server, certificates: [server.certificate] })
    await expect(found).rejects.toThrow('must not sign OCSP responses')
    const anything = madeLeaf('any', root, [extension('2.5.29.37', sequence(oid('2.5.29.37.0')))])
    await expect(answerTo({ signer: anything, certificates: [anything.certificate] })).rejects.toThrow('must not sign')
    const keyUsage = extension('2.5.29.15', element(3, Buffer.of(5, 0x20)), true) // keyEncipherment
    const noSigner = madeLeaf('Responder', root, [OCSP_SIGNING, keyUsage])
    await expect(answerTo({ signer: noSigner, certificates: [noSigner.certificate] })).rejects.toThrow('must not sign')
  })

  it('a responder whose certificate is not sent, or cannot be read', async () => {
    const signer = madeLeaf('Responder', root, [OCSP_SIGNING])
    await expect(answerTo({ signer })).rejects.toThrow('somebody else')
    const broken = { ...signer.certificate, der: sequence(integer(1)) }
    await expect(answerTo({ signer, certificates: [broken] })).rejects.toThrow('somebody else')
  })

  it('an expired responder', async () => {
    const signer = madeLeaf('Responder', root, [OCSP_SIGNING])
    const at = new Date('2050-06-01T00:00:00Z')
    const times = { producedAt: at, thisUpdate: at, nextUpdate: new Date(at.getTime() + HOUR_MS) }
    const found = answerTo({ signer, certificates: [signer.certificate], ...times }, at)
    await expect(found).rejects.toThrow("'CN=Responder', which expired on 2049-12-31")
  })

  it('a responder with a critical extension that is not known', async () => {
    const critical = extension('1.2.3.4', octetString(Buffer.of(1)), true)
    const signer = madeLeaf('Responder', root, [OCSP_SIGNING, critical])
    const found = answerTo({ signer, certificates: [signer.certificate] })
    await expect(found).rejects.toThrow('has a critical extension that is not known (1.2.3.4)')
  })

  it('anybody with a signature that can be forged', async () => {
    const { publicKey, signing } = signingOf('rsa')
    const sha1 = pkcs1(signing.key, 'sha1', '1.2.840.113549.1.1.5')
    const issuer = madeAuthority('RSA', { kind: 'rsa' })
    expect(publicKey.equals(issuer.certificate.publicKey)).toBe(true)
    const { certificate } = madeLeaf('server', issuer)
    const response = madeOcspResponse({ certificate, issuer, signer: { ...issuer, signing: sha1 } })
    await expect(ocspAnswer(response, certificate, issuer.certificate, now)).rejects.toThrow('signed with SHA1')
  })

  it('a responder that was revoked, where its CRL can be asked for', async () => {
    const signer = madeLeaf('Responder', root, [OCSP_SIGNING, crlAddresses('http://crl.test/')])
    const stapled = madeOcspResponse({
      certificate: leaf.certificate,
      issuer: root,
      signer,
      certificates: [signer.certificate],
    })
    const ask = (revoked: boolean, crl: 'off' | 'soft') =>
      checkRevocation({
        chain: [leaf.certificate, root.certificate],
        stapled,
        ocsp: 'required',
        crl,
        fetch: () => Promise.resolve(madeCrl({ issuer: root, revoked: revoked ? [signer.certificate] : [] })),
        signal: new AbortController().signal,
        cache: new RevocationCache(),
      })
    const refused = await ask(true, 'soft')
    expect(refused).toMatchObject({ status: 'unknown', refused: true })
    expect(refused.reason).toContain("is signed by 'CN=Responder', which was revoked")
    expect((await ask(false, 'soft')).status).toBe('good')
    expect((await ask(true, 'off')).status).toBe('good')
  })
})

describe('what is answered', () => {
  it('revoked is revoked, for whatever reason: on hold (6), too, and removeFromCRL (8)', async () => {
    for (const reason of [undefined, 1, 6, 8]) {
      const given = reason === undefined ? {} : { reason }
      await expect(answerTo({ status: 'revoked', ...given })).resolves.toMatchObject({
        status: 'revoked',
        revokedAt: new Date(Date.UTC(2026, 0, 2)),
      })
    }
  })

  it('an answer for another certificate says nothing about this one, nor one for another issuer', async () => {
    const other = madeLeaf('other', root)
    await expect(answerTo({ certificate: other.certificate })).rejects.toThrow('speaks of other certificates')
    const response = madeOcspResponse({ certificate: leaf.certificate, issuer: madeAuthority('Root'), signer: root })
    const found = ocspAnswer(response, leaf.certificate, root.certificate, now)
    await expect(found).rejects.toThrow('speaks of other certificates')
    const digest = { name: 'md5', oid: '1.2.840.113549.2.5' }
    await expect(answerTo({ digest })).rejects.toThrow('speaks of other certificates')
  })

  it('of several answers for the same certificate the worst one counts', async () => {
    const facts = { certificate: leaf.certificate, issuer: root }
    const revoked = madeOcspAnswer({ ...facts, status: 'revoked' })
    const unknown = madeOcspAnswer({ ...facts, status: 'unknown' })
    const old = madeOcspAnswer({ ...facts, status: 'revoked', thisUpdate: hours(-9), nextUpdate: hours(-8) })
    await expect(answerTo({ before: [revoked] })).resolves.toMatchObject({ status: 'revoked' })
    await expect(answerTo({ before: [unknown] })).rejects.toThrow('does not know this certificate')
    await expect(answerTo({ before: [unknown, revoked] })).resolves.toMatchObject({ status: 'revoked' })
    await expect(answerTo({ before: [old] })).resolves.toMatchObject({ status: 'good' })
  })

  it.each([
    [1, 'malformedRequest'],
    [2, 'internalError'],
    [3, 'tryLater'],
    [5, 'sigRequired'],
    [6, 'unauthorized'],
    [4, 'status 4'],
    [200, 'status 200'],
  ])('OCSPResponseStatus %i is %s', async (status, name) => {
    const found = ocspAnswer(ocspRefusal(status), leaf.certificate, root.certificate, now)
    await expect(found).rejects.toThrow(`says ${name} in place of an answer`)
  })

  it('critical extensions that are not known make it unusable', async () => {
    const unknown = extension('1.2.3.4', octetString(Buffer.of(1)))
    const critical = extension('1.2.3.4', octetString(Buffer.of(1)), true)
    await expect(answerTo({ extensions: [unknown], singleExtensions: [unknown] })).resolves.toBeDefined()
    await expect(answerTo({ extensions: [critical] })).rejects.toThrow('has a critical extension')
    await expect(answerTo({ singleExtensions: [critical] })).rejects.toThrow('has a critical extension')
    await expect(answerTo({ extensions: [unknown, unknown] })).rejects.toThrow('twice')
  })
})

describe('when it counts', () => {
  it.each([
    ['until it is due', { nextUpdate: hours(0.01) }, 'good'],
    ['five minutes longer, for clocks', { nextUpdate: hours(-0.07) }, 'good'],
    ['no more after that', { nextUpdate: hours(-0.1) }, 'counted until'],
    ['for a day when it does not say', { thisUpdate: hours(-23), nextUpdate: 'none' }, 'good'],
    ['no more after that day', { thisUpdate: hours(-25), nextUpdate: 'none' }, 'counted until'],
    ['a little before its time, for clocks', { thisUpdate: hours(0.07) }, 'good'],
    ['not before its time', { thisUpdate: hours(0.1) }, 'still to come'],
    ['not before it was made', { producedAt: hours(0.1) }, 'was made'],
    ['when it was made long ago', { producedAt: hours(-100), thisUpdate: hours(-100) }, 'good'],
  ] as const)('%s', async (_, facts, outcome) => {
    const found = answerTo(facts)
    if (outcome === 'good') await expect(found).resolves.toMatchObject({ status: 'good' })
    else await expect(found).rejects.toThrow(outcome)
  })
})

describe('what is no response', () => {
  const response = madeOcspResponse({ certificate: leaf.certificate, issuer: root })
  const judged = (der: Uint8Array) => ocspAnswer(der, leaf.certificate, root.certificate, now)

  it('is refused wherever it is cut off', async () => {
    for (let length = 0; length < response.length; length++) {
      await expect(judged(response.subarray(0, length))).rejects.toThrow(/./)
    }
    await expect(judged(Buffer.concat([response, Buffer.of(0)]))).rejects.toThrow('octets follow the end')
  })

  it('is refused with any octet of what is signed changed', async () => {
    const certificate = leaf.certificate
    const revoked = madeOcspResponse({ certificate, issuer: root, status: 'revoked' })
    for (let at = 0; at < revoked.length; at++) {
      const changed = Buffer.from(revoked)
      changed[at]! ^= 0x01
      const status = await judged(changed).then(
        (answer) => answer.status,
        () => 'refused',
      )
      expect(status, `octet ${at}`).not.toBe('good')
    }
  })

  it.each([
    ['nested without end', Buffer.alloc(60_000, Buffer.from([0x30, 0x80]))],
    ['nested a thousand deep', deep(1000)],
    ['long without end', Buffer.from('3084ffffffff0a0100', 'hex')],
    [
      'of another kind',
      sequence(element(0x0a, Buffer.of(0)), element(0xa0, sequence(oid('1.2.3'), octetString(Buffer.of())))),
    ],
    ['empty', new Uint8Array()],
    ['a web page', Buffer.from('<!doctype html><title>Sign in</title>')],
  ])('%s', async (_, der) => {
    await expect(judged(der)).rejects.toThrow(/./)
  })

  it('has too many answers or certificates', async () => {
    const one = madeOcspAnswer({ certificate: leaf.certificate, issuer: root })
    await expect(answerTo({ before: Array.from({ length: 100 }, () => one) })).rejects.toThrow('too many answers')
    const certificates = Array.from({ length: 11 }, () => leaf.certificate)
    await expect(answerTo({ certificates })).rejects.toThrow('too many certificates')
  })
})

function deep(levels: number): Buffer {
  let der: Buffer = octetString(Buffer.of(1))
  for (let level = 0; level < levels; level++) der = element(0xa0, der)
  return sequence(
    element(0x0a, Buffer.of(0)),
    element(0xa0, sequence(oid('1.3.6.1.5.5.7.48.1.1'), octetString(sequence(der)))),
  )
}
