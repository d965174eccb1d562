import { createPublicKey, verify, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { openCertificateStore, type Identity } from '@posthorn/certificate'
import { describe, expect, it } from 'vitest'
import { collect } from '../../test/collect.js'
import { chunkedPart, sourceOf, textPart } from '../../test/encrypted.js'
import { mailPerson } from '../../test/mail-person.js'
import { cmsIn, inMemory, signedMessage } from '../../test/signed.js'
import { contentOf } from '../body/content.js'
import { randomFromBlock } from '../random-block.js'
import type { SignOptions } from './options.js'
import { signPart } from './sign.js'
import { SignedDataReader } from './signed-data-reader.js'
import { verifySigned } from './verify.js'

const KEYS = ['rsa', 'p256', 'p384', 'p521', 'ed25519'] as const
const DIGESTS = ['sha1', 'sha256', 'sha384', 'sha512'] as const
const MICALG = { sha1: 'sha-1', sha256: 'sha-256', sha384: 'sha-384', sha512: 'sha-512' } as const
const TEXT = 'hello\r\n.\r\n--\r\nworld'
const ENTITY = `Content-Type: text/plain\r\n\r\n${TEXT}`

const ann = () => mailPerson({ email: 'ann@example.test' })

/** What stands behind the content of a SignedData. */
async function trailerIn(message: Buffer) {
  const reader = new SignedDataReader(inMemory(cmsIn(message)).open())
  if ((await reader.head()).hasContent) await collect({ open: () => reader.content() })
  return reader.trailer()
}

describe('signPart', () => {
  it.each(KEYS)('makes signatures that hold with a %s key, in every form, digest and padding', async (keyType) => {
    const identity = await mailPerson({ email: 'ann@example.test', keyType })
    for (const form of ['detached', 'opaque'] as const)
      for (const digest of DIGESTS)
        for (const padding of ['pkcs1', 'pss'] as const) {
          const message = await signedMessage(textPart(TEXT), { identity, form, digest, padding })
          const { signatures, content, ...found } = await verifySigned(inMemory(message))
          expect(found.form).toBe(form)
          expect(signatures[0]?.digest).toBe(keyType === 'ed25519' ? 'sha512' : digest)
          expect((await collect(content)).toString()).toBe(ENTITY)
        }
  })

  it('[part of beyondtrust.smime.SignEmail] leaves the part as it stands, between the delimiters of a multipart/signed', async () => {
    const message = (await signedMessage(textPart(TEXT), { identity: await ann() })).toString('latin1')
    const boundary = /boundary="([^"]+)"/.exec(message)?.[1] ?? expect.fail('no boundary')
    expect(message).toMatch(
      /^MIME-Version: 1\.0\r\nContent-Type: multipart\/signed; protocol="application\/pkcs7-signature";\r\n micalg=sha-256; boundary="/,
    )
    const [preamble, first, second, end] = `\r\n${message.slice(message.indexOf('\r\n\r\n') + 4)}`.split(
      `\r\n--${boundary}`,
    )
    expect([preamble, first, end]).toEqual(['', `\r\n${ENTITY}`, '--\r\n'])
    expect(second).toMatch(
      /^\r\nContent-Type: application\/pkcs7-signature; name=smime\.p7s\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=smime\.p7s\r\n\r\n(?:[A-Za-z0-9+/=]{1,76}(?:\r\n|$))+$/,
    )
  })

  it('puts everything into one application/pkcs7-mime when it is opaque', async () => {
    const message = await signedMessage(textPart(TEXT), { identity: await ann(), form: 'opaque' })
    expect(message.toString('latin1')).toMatch(
      /^MIME-Version: 1\.0\r\nContent-Type: application\/pkcs7-mime; smime-type=signed-data; name=smime\.p7m\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=smime\.p7m\r\n\r\n(?:[A-Za-z0-9+/=]{1,76}\r\n)+$/,
    )
  })

  it.each(DIGESTS)(
    '[part of beyondtrust.smime.HashAlgorithm] %s stands in micalg and in SignerInfo',
    async (digest) => {
      const message = await signedMessage(textPart(TEXT), { identity: await ann(), digest })
      expect(message.toString('latin1')).toContain(` micalg=${MICALG[digest]};`)
      const { signers } = await trailerIn(message)
      expect(signers.map(({ digestAlgorithm }) => digestAlgorithm.name)).toEqual([digest])
    },
  )

  it.each(['md5', 'MD5', 'sha224', 'toString'])(
    '[part of beyondtrust.smime.HashAlgorithm] refuses %s',
    async (digest) => {
      const options = { identity: await ann(), digest } as unknown as SignOptions
      await expect(signPart(textPart(TEXT), options, randomFromBlock)).rejects.toMatchObject({
        code: 'smime.digest',
        field: 'smime.sign.digest',
        phase: 'compose',
      })
    },
  )

  it.each([
    ['chain', ['ann@example.test', undefined]],
    ['certificate', ['ann@example.test']],
    ['none', []],
  ] as const)(
    '[part of beyondtrust.smime.AttachCertificate] attaches the %s, without the root',
    async (attach, expected) => {
      const identity = await ann()
      expect(identity.chain.map(({ subject }) => subject)).toHaveLength(2)
      const message = await signedMessage(textPart(TEXT), { identity, attach })
      const { certificates } = await trailerIn(message)
      const subjects = certificates.map((certificate) => new X509Certificate(certificate).subjectAltName?.slice(6))
      expect(subjects.sort()).toEqual(expected)
      if (attach !== 'none') return
      await expect(verifySigned(inMemory(message))).rejects.toMatchObject({ code: 'smime.signer-unknown' })
      const { signatures } = await verifySigned(inMemory(message), { certificates: [identity.certificate] })
      expect(signatures[0]?.signer).toBe(identity.certificate)
    },
  )

  it('signs the time, the capabilities and the certificate, in the order of DER', async () => {
    const identity = await ann()
    const now = () => new Date('2026-12-24T18:00:00.700Z')
    const { signers } = await trailerIn(await signedMessage(textPart(TEXT), { identity, now }))
    const [signer] = signers
    if (!signer) return expect.fail('nobody signed')
    expect(signer.signedAt).toEqual(new Date('2026-12-24T18:00:00Z'))
    expect(Buffer.from(signer.signingCertificate?.hash ?? []).toString('hex')).toBe(
      identity.certificate.fingerprints.sha256,
    )
    const capabilities =
      '304306092a864886f70d01090f31363034300b060960864801650304012e300b0609608648016503040106' +
      '300b060960864801650304012a300b0609608648016503040102'
    expect(signer.attributes.toString('hex')).toContain(capabilities)
    // each attribute by itself is in ascending order
    const starts = [
      ...signer.attributes
        .toString('latin1')
        .matchAll(/\x30[\s\S]{1,2}\x06[\x09\x0b]\x2a\x86\x48\x86\xf7\x0d\x01\x09/g),
    ]
    expect(starts).toHaveLength(5)
    const encoded = starts.map(({ index }, at) => signer.attributes.subarray(index, starts[at + 1]?.index))
    expect(encoded).toEqual([...encoded].sort((a, b) => Buffer.compare(a, b)))
  })

  it('signs the attributes and nothing else: the signature can be checked without us', async () => {
    const identity = await mailPerson({ email: 'ann@example.test', keyType: 'ed25519' })
    const [signer] = (await trailerIn(await signedMessage(textPart(TEXT), { identity }))).signers
    if (!signer) return expect.fail('nobody signed')
    const key = createPublicKey(
      new X509Certificate(identity.certificate.der).publicKey.export({ format: 'pem', type: 'spki' }),
    )
    expect(verify(null, signer.attributes, key, signer.signature)).toBe(true)
  })

  it('gives the same octets at each opening', async () => {
    const part = await signPart(textPart(TEXT), { identity: await ann(), form: 'opaque' }, randomFromBlock)
    const content = contentOf([part.fields, ...part.pieces], '7bit')
    expect(await collect(content)).toEqual(await collect(content))
  })

  it.each(['detached', 'opaque'] as const)('streams what is not in memory and has no known size: %s', async (form) => {
    const chunks = Array.from({ length: 40 }, (_, index) => Buffer.alloc(70_000, `${index} lines\r\n`))
    const part = await signPart(chunkedPart(chunks), { identity: await ann(), form }, randomFromBlock)
    if (form === 'opaque') expect(sourceOf(part).octets).toBeUndefined()
    const content = contentOf([`${part.fields}\r\n`, ...part.pieces], '7bit')
    const message = await collect(content)
    if (form === 'opaque') expect(content.sizeOctets).toBe(message.length)
    const found = await verifySigned(inMemory(message))
    const whole = Buffer.concat([Buffer.from('Content-Type: text/plain\r\n\r\n'), ...chunks])
    expect((await collect(found.content)).equals(whole)).toBe(true)
  })

  it('refuses to sign 8-bit octets that a relay may recode; opaque they go as base64', async () => {
    const identity = await ann()
    const part = {
      fields: 'Content-Type: text/plain; charset=utf-8\r\n',
      pieces: ['Grüße\r\n'],
      endsLine: false,
      encoding: '8bit' as const,
    }
    await expect(signPart(part, { identity }, randomFromBlock)).rejects.toMatchObject({ code: 'smime.not-7bit' })
    const found = await verifySigned(inMemory(await signedMessage(part, { identity, form: 'opaque' })))
    expect((await collect(found.content)).toString()).toContain('Grüße')
  })

  it('draws another boundary when the part has this one already', async () => {
    const draws = [Buffer.alloc(16, 1), Buffer.alloc(16, 1), Buffer.alloc(16, 2)]
    const random = () => draws.shift() ?? expect.fail('asked too often')
    const identity = await ann()
    const inner = await signPart(textPart(TEXT), { identity }, random)
    expect((await signPart(inner, { identity }, random)).fields).toContain('=_s_02020202')
  })

  it.each([
    ['certificate.expired', { validTo: new Date(Date.now() - 86_400_000) }],
    ['certificate.not-yet-valid', { validFrom: new Date(Date.now() + 86_400_000) }],
    ['certificate.wrong-usage', { usage: ['keyEncipherment'] }],
    ['certificate.wrong-usage', { extendedUsage: ['1.3.6.1.5.5.7.3.1'] }],
  ] as const)('refuses a certificate that cannot sign: %s', async (code, facts) => {
    const identity = await mailPerson({ email: 'ann@example.test', ...facts })
    await expect(signPart(textPart(TEXT), { identity }, randomFromBlock)).rejects.toMatchObject({
      code,
      field: 'smime.sign.identity',
    })
  })

  it('refuses a key that is not that of the certificate, one that cannot sign, and one that fails', async () => {
    const identity = await ann()
    const other = await ann()
    const agreeing = await mailPerson({ email: 'ann@example.test', keyType: 'x25519' })
    const locked: Identity = {
      ...identity,
      privateKey: { type: 'ec', sign: () => Promise.reject(new Error('the token is locked')) },
    }
    for (const wrong of [{ ...identity, privateKey: other.privateKey }, agreeing, locked]) {
      await expect(signPart(textPart(TEXT), { identity: wrong }, randomFromBlock)).rejects.toMatchObject({
        code: 'smime.key',
      })
    }
  })

  it.each([{ form: 'clear' }, { padding: 'oaep' }, { attach: 'all' }])('refuses the option %j', async (wrong) => {
    const options = { identity: await ann(), ...wrong } as unknown as SignOptions
    await expect(signPart(textPart(TEXT), options, randomFromBlock)).rejects.toMatchObject({ code: 'smime.option' })
  })

  it('[part of beyondtrust.smime.SigningFile] signs with an identity out of a PFX file and out of PEM', async () => {
    const now = () => new Date('2027-01-01T00:00:00Z')
    const pfx = await openCertificateStore({ source: fixture('aes-256.pfx.base64').toString(), password: 'secret' })
    const pem = await openCertificateStore({ source: [fixture('ann.crt'), fixture('ann.pkcs8.key')] })
    for (const identity of [pfx.identity(), pem.identity()]) {
      const message = await signedMessage(textPart(TEXT), { identity, now })
      const { signatures } = await verifySigned(inMemory(message), { now })
      expect(signatures[0]).toMatchObject({ signer: { emails: ['ann@example.test'] }, problems: [] })
    }
  })

  it('[part of beyondtrust.smime.SigningPassword] a wrong password opens no identity to sign with', async () => {
    const source = fixture('aes-256.pfx.base64').toString()
    await expect(openCertificateStore({ source, password: 'wrong', field: 'smime.sign' })).rejects.toMatchObject({
      code: 'certificate.password',
      field: 'smime.sign.password',
    })
  })
})

/** A file of the stores that come with the tests of the certificate package. */
function fixture(name: string): Buffer {
  return readFileSync(new URL(`../../../certificate/test/fixtures/${name}`, import.meta.url))
}
