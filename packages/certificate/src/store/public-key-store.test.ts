import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { element, integer, oid, sequence } from '../../test/der-writer.js'
import { derFixture, fixturePath, pemFixture } from '../../test/fixture.js'
import { refusalOf } from '../../test/refusal-of.js'
import { openCertificateStore } from './open-certificate-store.js'

const bobKey = createPublicKey(pemFixture('bob.spki.pub'))
const bobPem = pemFixture('bob.spki.pub')
const BOB = 'CN=Bob,O=Example,C=DE'

describe('public keys and certificates', () => {
  it.each(['publickey', 'auto'] as const)(
    'opens a certificate, PEM and DER (%s) [part of ipworks.type.Certificate.StoreType.cstPublicKeyBlob] [part of ipworks.type.Certificate.ctor.3]',
    async (type) => {
      for (const source of [pemFixture('bob.crt'), derFixture('bob.crt'), derFixture('bob.crt').toString('base64')]) {
        const store = await openCertificateStore({ type, source })
        expect(store.select().subject).toBe(BOB)
        expect(() => store.identity()).toThrow(expect.objectContaining({ code: 'certificate.no-key' }))
      }
    },
  )

  it('opens a file [part of ipworks.type.Certificate.StoreType.cstPublicKeyFile] [part of ipworks.type.Certificate.ctor.2]', async () => {
    const store = await openCertificateStore({ type: 'publickey', source: { path: fixturePath('bob.crt') } })
    expect(store.certificates.map(({ subject }) => subject)).toEqual([BOB])
  })

  it.each([
    ['SubjectPublicKeyInfo in PEM', bobPem],
    ['SubjectPublicKeyInfo in DER', derFixture('bob.spki.pub')],
    ['PKCS #1 in PEM', pemFixture('bob.pkcs1.pub')],
    ['PKCS #1 in DER', derFixture('bob.pkcs1.pub')],
  ])('opens a public key as %s', async (_, source) => {
    for (const type of ['publickey', 'auto'] as const) {
      const store = await openCertificateStore({ type, source })
      expect(store.publicKeys.map(({ pem }) => pem)).toEqual([bobPem])
      expect(store.certificates).toEqual([])
      expect(() => store.identity()).toThrow('has public keys but no certificate')
    }
  })

  it('tells kind, size and fingerprints of a bare key [part of ipworks.type.Certificate.Fingerprint]', async () => {
    const { publicKeys } = await openCertificateStore({ source: bobPem })
    const der = bobKey.export({ type: 'spki', format: 'der' })
    expect(publicKeys[0]).toMatchObject({ name: undefined, algorithm: 'RSA', bits: 2048, der })
    expect(publicKeys[0]!.fingerprints.md5).toMatch(/^[\da-f]{32}$/)
    const ann = await openCertificateStore({ source: pemFixture('ann.spki.pub') })
    expect(ann.publicKeys[0]).toMatchObject({ algorithm: 'EC', bits: 256 })
  })

  it('opens a kind of key that mail does not use: it is only shown', async () => {
    const { publicKey } = generateKeyPairSync('ed448')
    const source = publicKey.export({ type: 'spki', format: 'der' })
    expect((await openCertificateStore({ source })).publicKeys[0]).toMatchObject({ algorithm: 'Ed448', bits: 456 })
  })

  it('passes over the private keys in PEM', async () => {
    const source = pemFixture('bob.crt') + pemFixture('ann.pbes2.key') + bobPem
    const store = await openCertificateStore({ type: 'publickey', source })
    expect([store.certificates.length, store.privateKeys.length, store.publicKeys.length]).toEqual([1, 0, 1])
  })

  it('names a public key once, and the half of a private key', async () => {
    const source = bobPem + pemFixture('bob.pkcs1.pub') + pemFixture('bob.pkcs1.key') + pemFixture('ann.sec1.key')
    const { publicKeys } = await openCertificateStore({ source })
    expect(publicKeys.map(({ algorithm }) => algorithm)).toEqual(['RSA', 'EC'])
  })

  const own = sequence(integer(1), sequence(oid('1.2.840.10045.1.1'), integer(23)))
  const spki = (algorithm: Buffer, ...bits: readonly Buffer[]) => sequence(algorithm, element(3, Buffer.of(0), ...bits))
  it.each([
    ['a piece', derFixture('bob.spki.pub').subarray(0, 100), 'is not an X.509 certificate in DER'],
    [
      'a curve of its own',
      spki(sequence(oid('1.2.840.10045.2.1'), own), Buffer.alloc(65)),
      'its elliptic curve has parameters of its own',
    ],
    ['a kind that is not known', spki(sequence(oid('1.2.3')), Buffer.alloc(4)), 'not a public key of a known kind'],
    ['octets behind it', Buffer.concat([derFixture('bob.spki.pub'), Buffer.alloc(1)]), 'octets follow the end'],
    [
      'a key of 5 KiB',
      spki(sequence(oid('1.2.840.113549.1.1.1')), Buffer.alloc(5000)),
      'the public key is larger than 4 KiB',
    ],
    ['text', Buffer.from('hello'), 'it has no such block in PEM'],
    ['a private key', Buffer.from(pemFixture('bob.pkcs1.key')), 'it has no such block in PEM'],
  ])('refuses %s', async (_, source, message) => {
    expect(await refusalOf({ type: 'publickey', source })).toMatchObject({
      code: 'certificate.format',
      message: expect.stringContaining(message) as string,
    })
  })
})
