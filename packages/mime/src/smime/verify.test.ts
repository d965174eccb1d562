import { readCertificate } from '@posthorn/certificate'
import { mailAuthority } from '@posthorn/testkit'
import { createPublicKey, X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { collect } from '../../test/collect.js'
import { textPart } from '../../test/encrypted.js'
import { attribute, contentType, forged, FORGED_ENTITY, messageDigest, multipart, opaque } from '../../test/forged.js'
import { mailPerson } from '../../test/mail-person.js'
import { opensslRefused, opensslSigned, SIGNATURE_ROOT, SIGNED_ENTITY } from '../../test/openssl-signatures.js'
import { cmsIn, inChunks, inMemory, signedMessage, withCms } from '../../test/signed.js'
import { derNull, integer, octetString, oid, sequence, setOf, tagged } from './der.js'
import { DIGESTS } from './digest-algorithm.js'
import { ID } from './object-identifier.js'
import { verifyMessage } from './report.js'
import { signatureIdentifier } from './signature-algorithm.js'
import { suits } from './signature-scheme.js'
import { verifySigned } from './verify.js'

const ann = () => mailPerson({ email: 'ann@example.test' })
const refused = (message: Uint8Array) =>
  verifySigned(inMemory(message)).then(
    () => 'holds',
    ({ name, code }: { name: string; code: string }) => (name === 'SettingsError' ? code : name),
  )

describe('verifySigned', () => {
  it.each(opensslSigned)('verifies what openssl signed: $name', async ({ message }) => {
    const now = () => new Date('2030-01-01T00:00:00Z')
    const roots = [readCertificate(Buffer.from(SIGNATURE_ROOT, 'base64'))]
    const octets = Buffer.from(message, 'base64')
    for (const content of [inMemory(octets), inChunks(octets, 1), inChunks(octets, 61)]) {
      const found = await verifySigned(content, { now, roots })
      expect((await collect(found.content)).toString()).toBe(SIGNED_ENTITY)
      for (const { signer, signedAt, trusted, problems } of found.signatures) {
        expect(signer.emails[0]).toMatch(/^(?:rsa|ec)@example\.test$/)
        expect(signedAt?.toISOString()).toMatch(/^20/)
        expect({ trusted, problems }).toEqual({ trusted: true, problems: [] })
      }
    }
  })

  it('finds both signers of a message', async () => {
    const message = opensslSigned.find(({ name }) => name === 'two signers')?.message ?? ''
    const { signatures } = await verifySigned(inMemory(Buffer.from(message, 'base64')))
    expect(signatures.map(({ scheme, trusted }) => [scheme, trusted]).sort()).toEqual([
      ['ecdsa', undefined],
      ['rsa-pkcs1', undefined],
    ])
  })

  it.each(opensslRefused)('refuses what openssl takes: $name', async ({ message }) => {
    expect(await refused(Buffer.from(message, 'base64'))).toMatch(/^smime\.(?:malformed|algorithm)$/)
  })

  it('reads a message that was stored with LF, and octets that are no text as they are', async () => {
    const message = await signedMessage(textPart('one\r\ntwo\r\n'), { identity: await ann() })
    const stored = Buffer.from(message.toString('latin1').replaceAll('\r\n', '\n'), 'latin1')
    for (const content of [inMemory(stored), inChunks(stored, 1), inChunks(stored, 50)]) {
      expect((await collect((await verifySigned(content)).content)).toString()).toContain('\r\n\r\none\r\ntwo\r\n')
    }
    const bare = await signedMessage(textPart('one\ntwo\r\n'), { identity: await ann() })
    expect((await collect((await verifySigned(inMemory(bare))).content)).toString()).toContain('\r\n\r\none\ntwo\r\n')
  })

  it('hashes once more when the header announces another digest or none', async () => {
    const message = await signedMessage(textPart('text'), { identity: await ann(), digest: 'sha384' })
    for (const micalg of ['sha1', 'SHA-512,sha-384', 'unknown', '']) {
      const changed = message.toString('latin1').replace('micalg=sha-384', `micalg="${micalg}"`)
      expect((await verifySigned(inMemory(Buffer.from(changed, 'latin1')))).signatures[0]?.digest).toBe('sha384')
    }
  })

  it('finds the change of any octet that was signed', async () => {
    const message = await signedMessage(textPart('some text\r\n'), { identity: await ann() })
    const from = message.indexOf('Content-Type: text/plain')
    for (let at = from; at < message.indexOf('\r\n--=_s_', from); at++) {
      const changed = Buffer.from(message)
      changed[at]! ^= 1
      expect(await refused(changed)).toBe('smime.tampered')
    }
    for (const more of ['x', ' ', '\r\n']) {
      const at = message.indexOf('some text')
      expect(await refused(Buffer.concat([message.subarray(0, at), Buffer.from(more), message.subarray(at)]))).toBe(
        'smime.tampered',
      )
    }
  })

  it('finds the change of the signature, the attributes and the content of an opaque message', async () => {
    const message = await signedMessage(textPart('some text'), { identity: await ann(), form: 'opaque' })
    const cms = cmsIn(message)
    const places = [
      cms.indexOf('some text'),
      cms.length - 5,
      cms.indexOf(Buffer.from('2a864886f70d010904', 'hex')) + 14,
    ]
    for (const at of places) {
      const changed = Buffer.from(cms)
      changed[at]! ^= 1
      expect(await refused(withCms(message, changed))).toBe('smime.tampered')
    }
    expect(await refused(withCms(message, cms))).toBe('holds')
  })

  it('finds no signature in a message that hands out certificates (RFC 8551 3.8)', async () => {
    const { certificate } = await ann()
    const parts = [integer(1), setOf([]), sequence(oid(ID.data)), setOf([certificate.der], 0xa0), setOf([])]
    const message = opaque(sequence(oid(ID.signedData), tagged(0, sequence(...parts))))
    expect(await refused(message)).toBe('smime.no-signature')
    expect(await verifyMessage(inMemory(message))).toMatchObject({ layers: [], signed: false })
  })

  it('says that it was reading, not composing', async () => {
    await expect(verifySigned(inMemory(opaque(Buffer.of(1))))).rejects.toMatchObject({ phase: 'content' })
    await expect(verifySigned(inMemory(Buffer.from('text')))).rejects.toMatchObject({ phase: 'content' })
    const message = await signedMessage(textPart('text'), { identity: await ann(), attach: 'none' })
    await expect(verifySigned(inMemory(message))).rejects.toMatchObject({
      code: 'smime.signer-unknown',
      phase: 'content',
    })
  })

  it('verifies with no key that is so large that it takes long', () => {
    const rsaScheme = { name: 'rsa-pkcs1', digest: 'sha256' } as const
    const rsaKey = (octets: number, e: string) =>
      createPublicKey({ key: { kty: 'RSA', n: Buffer.alloc(octets, 255).toString('base64url'), e }, format: 'jwk' })
    expect(suits(rsaKey(1024, 'AQAB'), rsaScheme)).toBe(true)
    expect(suits(rsaKey(1025, 'AQAB'), rsaScheme)).toBe(false)
    expect(suits(rsaKey(256, Buffer.alloc(5, 255).toString('base64url')), rsaScheme)).toBe(false)
  })

  it('does not take the signature of one message for another', async () => {
    const identity = await ann()
    const one = await signedMessage(textPart('one'), { identity })
    const other = await signedMessage(textPart('two'), { identity })
    expect(await refused(withCms(one, cmsIn(other)))).toBe('smime.tampered')
  })

  it('refuses another certificate with the name and number of the signer', async () => {
    const identity = await ann()
    const other = await ann()
    const { publicKey, subject, issuer, fingerprints } = other.certificate
    const { issuerDer, serialNumber } = identity.certificate
    const namesake = { ...other.certificate, publicKey, subject, issuer, fingerprints, issuerDer, serialNumber }
    const message = await signedMessage(textPart('text'), { identity, attach: 'none' })
    await expect(verifySigned(inMemory(message), { certificates: [namesake] })).rejects.toMatchObject({
      code: 'smime.tampered',
    })
  })

  it('tells who signed, when, whether it is trusted, and what is wrong with it', async () => {
    const identity = await mailPerson({
      email: ['ann@example.test', 'a@example.test'],
      validTo: new Date(Date.now() + 60_000),
    })
    const message = await signedMessage(textPart('text'), { identity, digest: 'sha1' })
    const [trusted] = (await verifySigned(inMemory(message), { roots: identity.chain.slice(1) })).signatures
    expect(trusted).toMatchObject({
      signer: { emails: ['ann@example.test', 'a@example.test'] },
      digest: 'sha1',
      scheme: 'ecdsa',
      trusted: true,
      problems: [{ code: 'smime.weak-digest' }],
    })
    const stranger = readCertificate(new X509Certificate((await mailAuthority()).certificate).raw)
    const now = () => new Date(Date.now() + 86_400_000)
    const [untrusted] = (await verifySigned(inMemory(message), { roots: [stranger], now })).signatures
    expect(untrusted?.trusted).toBe(false)
    expect(untrusted?.problems.map(({ code }) => code)).toEqual([
      'certificate.expired',
      'smime.weak-digest',
      'certificate.untrusted',
    ])
    expect(untrusted?.problems[0]?.sentence).toMatch(/^was made with a certificate that expired on \d{4}-\d\d-\d\d$/)
  })

  it.each([
    ['plain text', 'Content-Type: text/plain\r\n\r\ntext'],
    ['no content type', 'Subject: x\r\n\r\ntext'],
    ['no header', '\r\ntext'],
    ['nothing at all', ''],
    ['PGP/MIME', 'Content-Type: multipart/signed; protocol="application/pgp-signature"; boundary=b\r\n\r\n--b--\r\n'],
  ])('finds no signature in %s', async (_, message) => {
    expect(await refused(Buffer.from(message))).toBe('smime.no-signature')
  })

  describe('refuses a forgery:', () => {
    it('none at first, so that what follows fails for its own reason', async () => {
      expect(await refused(await forged(await ann()))).toBe('holds')
      expect(await refused(await forged(await ann(), { form: 'opaque' }))).toBe('holds')
    })

    const digest = messageDigest()
    const other = attribute(ID.messageDigest, octetString(Buffer.alloc(32)))
    it.each([
      ['no content-type among the attributes', [digest], 'smime.malformed'],
      ['no message-digest among the attributes', [contentType()], 'smime.malformed'],
      ['content-type twice', [contentType(), contentType(), digest], 'smime.malformed'],
      ['message-digest twice', [contentType(), digest, other], 'smime.malformed'],
      ['two values of message-digest', [contentType(), twoValues()], 'smime.malformed'],
      ['no value of content-type', [attribute(ID.contentType), digest], 'smime.malformed'],
      ['another content type', [contentType(ID.signedData), digest], 'smime.tampered'],
      ['another digest', [contentType(), other], 'smime.tampered'],
      ['an empty digest', [contentType(), attribute(ID.messageDigest, octetString(Buffer.alloc(0)))], 'smime.tampered'],
      ['an attribute that is none', [contentType(), digest, sequence()], 'smime.malformed'],
      ['no attribute at all', [], 'smime.malformed'],
      ['64 attributes, as many as may be', [contentType(), digest, ...others(62)], 'holds'],
      ['65 attributes', [contentType(), digest, ...others(63)], 'smime.malformed'],
      [
        'an attribute of three',
        [contentType(), digest, sequence(oid('1.2.3'), setOf([]), integer(1))],
        'smime.malformed',
      ],
    ] as const)('%s', async (_, attributes, code) => {
      expect(await refused(await forged(await ann(), { attributes }))).toBe(code)
    })

    it('another certificate than the one that was signed', async () => {
      const hash = octetString(Buffer.alloc(32, 1))
      const pinned = attribute(ID.signingCertificateV2, sequence(sequence(sequence(hash))))
      const attributes = [contentType(), messageDigest(), pinned]
      expect(await refused(await forged(await ann(), { attributes }))).toBe('smime.tampered')
    })

    it.each([
      ['ECDSA with another digest than the signer', sequence(oid('1.2.840.10045.4.3.3')), undefined],
      ['ECDSA with parameters', sequence(oid('1.2.840.10045.4.3.2'), integer(1)), undefined],
      ['a scheme that is not known', sequence(oid('1.2.3.4')), undefined],
      ['RSA where the key is on a curve', signatureIdentifier('rsa', DIGESTS.sha256, 'pkcs1'), undefined],
      ['Ed25519 where the key is on another curve', sequence(oid(ID.ed25519)), 'sha512'],
      ['Ed25519 with SHA-256', sequence(oid(ID.ed25519)), undefined],
    ] as const)('%s', async (_, identifier, digestName) => {
      const forgery = { signatureIdentifier: identifier, ...(digestName ? { digest: digestName } : {}) }
      expect(await refused(await forged(await ann(), forgery))).toBe('smime.algorithm')
    })

    it.each([
      ['MD5', sequence(oid('1.2.840.113549.2.5'), derNull)],
      ['SHA-224', sequence(oid('2.16.840.1.101.3.4.2.4'))],
    ])('the digest %s', async (_, identifier) => {
      for (const form of ['detached', 'opaque'] as const) {
        const message = await forged(await ann(), { digestIdentifier: identifier, form })
        expect(await refused(message)).toBe('smime.algorithm')
      }
    })

    const hash = (name: keyof typeof DIGESTS) => sequence(oid(DIGESTS[name].oid), derNull)
    const mgf1 = (name: keyof typeof DIGESTS) => sequence(oid(ID.mgf1), hash(name))
    const pss = (...parameters: readonly Buffer[]) => sequence(oid(ID.rsassaPss), sequence(...parameters))
    it.each([
      ['nothing said', pss(), 'smime.algorithm'],
      ['no parameters', sequence(oid(ID.rsassaPss)), 'smime.malformed'],
      ['the mask of another digest', pss(tagged(0, hash('sha256')), tagged(1, mgf1('sha1'))), 'smime.algorithm'],
      ['another digest', pss(tagged(0, hash('sha384')), tagged(1, mgf1('sha384'))), 'smime.algorithm'],
      ['another mask', pss(tagged(0, hash('sha256')), tagged(1, hash('sha256'))), 'smime.algorithm'],
      ['a wrong salt', ours(tagged(2, integer(31))), 'smime.tampered'],
      ['a salt of 32767 octets', ours(tagged(2, integer(Buffer.of(127, 255)))), 'smime.algorithm'],
      ['a negative salt', ours(tagged(2, integer(Buffer.of(255)))), 'smime.malformed'],
      ['another trailer', ours(tagged(2, integer(32)), tagged(3, integer(2))), 'smime.algorithm'],
      ['a salt said twice', ours(tagged(2, integer(32)), tagged(2, integer(32))), 'smime.malformed'],
      ['what is right', ours(tagged(2, integer(32))), 'holds'],
    ] as const)('RSASSA-PSS with %s', async (_, identifier, code) => {
      const identity = await rsa()
      expect(await refused(await forged(identity, { padding: 'pss', signatureIdentifier: identifier }))).toBe(code)
    })

    function ours(...rest: readonly Buffer[]): Buffer {
      return pss(tagged(0, hash('sha256')), tagged(1, mgf1('sha256')), ...rest)
    }

    it('a signature over something that is no mail', async () => {
      const other = '1.2.840.113549.1.7.9'
      const attributes = [contentType(other), messageDigest()]
      for (const form of ['detached', 'opaque'] as const) {
        const message = await forged(await ann(), { attributes, form })
        expect(await refused(message)).toBe('smime.tampered')
        const [, base64 = ''] = /\r\n\r\n(MII[^-]*)/.exec(message.toString('latin1')) ?? []
        const cms = Buffer.from(base64, 'base64')
        oid(other).copy(cms, cms.indexOf(oid(ID.data)))
        expect(await refused(form === 'opaque' ? opaque(cms) : multipart(cms))).toBe('smime.malformed')
      }
    })

    it('a part that nobody signed behind the signature', async () => {
      const cms = cmsIn(Buffer.from(`smime.p7s${(await forged(await ann())).toString('latin1').slice(-2000)}`))
      const more = '--b\r\nContent-Type: text/plain\r\n\r\nunsigned\r\n'
      expect(await refused(multipart(cms, more))).toBe('smime.malformed')
    })

    it('content of its own in a detached signature', async () => {
      const message = await forged(await ann(), { form: 'opaque' })
      const base64 = message.toString('latin1').split('\r\n\r\n')[1] ?? ''
      expect(await refused(multipart(Buffer.from(base64, 'base64')))).toBe('smime.malformed')
    })

    it.each([
      ['two content types', (text: string) => `Content-Type: text/plain\r\n${text}`],
      ['two boundaries', (text: string) => text.replace('boundary=b', 'boundary=b; boundary=c')],
      ['no boundary', (text: string) => text.replace('; boundary=b', '')],
      ['no end', (text: string) => text.slice(0, -7)],
      ['a signature that is none', (text: string) => text.replace('pkcs7-signature\r\n', 'octet-stream\r\n')],
      ['a signature that is not base64', (text: string) => text.replace('\r\nM', '\r\n?')],
      ['a signature in quoted-printable', (text: string) => text.replace('base64', 'quoted-printable')],
      [
        'two encodings',
        (text: string) => text.replace('Content-Transfer', 'Content-Transfer-Encoding: 7bit\r\nContent-Transfer'),
      ],
    ])('%s', async (_, change) => {
      const text = (await forged(await ann())).toString('latin1')
      const changed = change(text)
      expect(changed).not.toBe(text)
      expect(await refused(Buffer.from(changed, 'latin1'))).toBe('smime.malformed')
    })

    it('a set of signers that is empty, or too large', async () => {
      const head = [integer(1), setOf([]), sequence(oid(ID.data), tagged(0, octetString(Buffer.from(FORGED_ENTITY))))]
      const wrapped = (signers: Buffer) => opaque(sequence(oid(ID.signedData), tagged(0, sequence(...head, signers))))
      expect(await refused(wrapped(setOf([])))).toBe('smime.malformed')
      expect(await refused(wrapped(setOf(Array.from({ length: 17 }, () => sequence()))))).toBe('smime.malformed')
    })

    it.each([
      ['a length of 2^56 octets', '308800ffffffffffffff'],
      ['a length of 2^64 octets', '3088ffffffffffffffff'],
      ['a length in 127 octets', `30ff${'01'.repeat(127)}`],
      ['10,000 open sequences', '3080'.repeat(10_000)],
      ['nothing but an OID', '06092a864886f70d010702'],
      ['an OID that does not end', '300b06092a864886f70d0107ff'],
      ['nothing', ''],
    ])('%s', async (_, hex) => {
      expect(await refused(opaque(Buffer.from(hex, 'hex')))).toBe('smime.malformed')
      expect(await refused(multipart(Buffer.from(hex, 'hex')))).toBe('smime.malformed')
    })
  })
})

/** So many attributes that mean nothing here. */
function others(count: number): Buffer[] {
  return Array.from({ length: count }, (_, index) => attribute(`1.2.3.${index}`, integer(index)))
}

/** Two values in one attribute. */
function twoValues(): Buffer {
  return attribute(ID.messageDigest, octetString(Buffer.alloc(32)), octetString(Buffer.alloc(32, 1)))
}

let made: ReturnType<typeof mailPerson> | undefined
/** One RSA key for all, because they are slow to make. */
const rsa = () => (made ??= mailPerson({ email: 'ann@example.test', keyType: 'rsa' }))
