import { createPrivateKey, createPublicKey, ECDH } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { mailAuthority, mailIdentity } from '@posthorn/testkit'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { element, oid, sequence } from '../../test/der-writer.js'
import { derFixture, pemFixture, pfxFixture } from '../../test/fixture.js'
import { ecdsa, ecKeys, madeCertificate } from '../../test/made-certificate.js'
import { readCertificate } from '../read-certificate.js'
import { openCertificateStore } from './open-certificate-store.js'

afterEach(() => vi.restoreAllMocks())

const pemOf = (der: Uint8Array) =>
  `-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString('base64')}\n-----END CERTIFICATE-----\n`
const pkcs8 = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString()

describe('keys and certificates of one store', () => {
  it('leave no error in OpenSSL for the next key that is read, when they are of two kinds', async () => {
    const authority = await mailAuthority({ keyType: 'rsa' })
    const made = await mailIdentity({ email: 'ann@example.test', keyType: 'p256', issuer: authority })
    for (let time = 0; time < 3; time++) {
      const store = await openCertificateStore({ source: [made.key, made.certificate, authority.certificate].join('') })
      // at once: whatever else is done with OpenSSL may take the error away
      expect(createPrivateKey(pemFixture('bob.pkcs1.key')).type).toBe('private')
      expect(store.identity().chain).toHaveLength(1)
    }
  })

  it('are put together with one look at each', async () => {
    const { privateKey } = ecKeys()
    const keys = Array.from({ length: 20 }, () => ecKeys())
    const certificates = keys.map(({ publicKey }, index) =>
      pemOf(madeCertificate({ subject: `${index}`, issuer: 'Root', publicKey, signing: ecdsa(privateKey) })),
    )
    const source = [...keys.map((each) => pkcs8(each.privateKey)), ...certificates.toReversed()].join('')
    const looks = vi.spyOn(Object.getPrototypeOf(keys[0]!.publicKey) as KeyObject, 'export')
    const store = await openCertificateStore({ source })
    expect(store.identities.map(({ certificate }) => certificate.subject)).toEqual(
      keys.map((_, index) => `CN=${index}`),
    )
    expect(looks).toHaveBeenCalledTimes(40)
  })

  it('are found to belong together when the point is compressed in the certificate', async () => {
    const { publicKey, privateKey } = ecKeys()
    const spki = publicKey.export({ type: 'spki', format: 'der' })
    const point = ECDH.convertKey(spki.subarray(-65), 'prime256v1', undefined, 'latin1', 'compressed') as string
    const compressed = sequence(
      sequence(oid('1.2.840.10045.2.1'), oid('1.2.840.10045.3.1.7')),
      element(3, Buffer.of(0), Buffer.from(point, 'latin1')),
    )
    const der = madeCertificate({ subject: 'Ann', issuer: 'Ann', publicKey: compressed, signing: ecdsa(privateKey) })
    const store = await openCertificateStore({ source: pkcs8(privateKey) + pemOf(der) })
    expect(store.identity('ann').certificate.subject).toBe('CN=Ann')
  })

  it('are found to belong together when RSA parameters are missing in the certificate', async () => {
    const { key } = await mailIdentity({ email: 'ann@example.test', keyType: 'rsa' })
    const privateKey = createPrivateKey(key)
    const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
    const bits = spki.subarray(spki.indexOf(Buffer.from('0500', 'hex')) + 2)
    const bare = sequence(sequence(oid('1.2.840.113549.1.1.1')), bits)
    const der = madeCertificate({
      subject: 'Ann',
      issuer: 'Root',
      publicKey: bare,
      signing: ecdsa(ecKeys().privateKey),
    })
    expect((await openCertificateStore({ source: key + pemOf(der) })).identities).toHaveLength(1)
  })
})

describe('a certificate and a key from two places', () => {
  const key = pemFixture('bob.pkcs1.key')
  const BOB = 'CN=Bob,O=Example,C=DE'

  it('are joined by identityFor, with what the store has of issuers [part of ipworks.type.Certificate.Encoded] [part of ipworks.type.Certificate.ctor.6] [part of illiad.config.SslCertEncoded]', async () => {
    const store = await openCertificateStore({ source: [key, pemFixture('ca.crt')] })
    const { certificate, chain, privateKey } = store.identityFor(pemFixture('bob.crt'))
    expect([certificate.subject, privateKey.type]).toEqual([BOB, 'rsa'])
    expect(chain.map(({ subject }) => subject)).toEqual(['CN=Fixture CA,O=example.test'])
  })

  it('takes DER, base64 and a certificate that was read [part of ipworks.type.Certificate.EncodedB] [part of ipworks.type.Certificate.ctor.9]', async () => {
    const store = await openCertificateStore({ source: pfxFixture('windows-rc2-40.pfx'), password: 'secret' })
    const der = derFixture('bob.crt')
    for (const given of [der, der.toString('base64'), readCertificate(der)]) {
      expect(store.identityFor(given).certificate.subject).toBe(BOB)
      expect(store.identityFor(given).chain).toHaveLength(2)
    }
  })

  it('takes the issuers out of the text of the certificate', async () => {
    const { chain } = (await openCertificateStore({ source: key })).identityFor(
      pemFixture('bob.crt') + pemFixture('ca.crt'),
    )
    expect(chain).toHaveLength(1)
  })

  it('says that they do not belong together [part of ipworks.error.273] [part of ipworks.type.Certificate.Encoded]', async () => {
    const store = await openCertificateStore({ source: key, field: 'tls.identity' })
    expect(() => store.identityFor(pemFixture('ann.crt'))).toThrow(
      expect.objectContaining({
        name: 'SettingsError',
        code: 'certificate.key-mismatch',
        field: 'tls.identity.subject',
      }),
    )
  })

  it('says that there is no private key, no certificate, or another one', async () => {
    const store = await openCertificateStore({ source: pemFixture('bob.crt') })
    const codeOf = (given: string) => {
      try {
        return store.identityFor(given).certificate.subject
      } catch (error) {
        return (error as { code?: string }).code
      }
    }
    expect(codeOf(pemFixture('bob.crt'))).toBe('certificate.no-key')
    expect(codeOf('')).toBe('certificate.format')
    expect(codeOf('hello!')).toBe('certificate.format')
  })

  it('are one store when both are sources [part of beyondtrust.server.UserCertificateFile]', async () => {
    for (const file of ['bob.jwk', 'bob.xml', 'bob.v2-plain.ppk', 'bob.openssh.key']) {
      const store = await openCertificateStore({ source: [pemFixture(file), derFixture('bob.crt')] })
      expect(store.identity('bob').certificate.subject).toBe(BOB)
    }
  })

  it('say what is missing when there is no certificate', async () => {
    const privateOnly = await openCertificateStore({ source: pemFixture('bob.jwk') })
    expect(() => privateOnly.identity()).toThrow(
      expect.objectContaining({
        code: 'certificate.not-found',
        message: 'store.subject: the text has private keys but no certificate',
        hint: 'Give the certificate as well: a list of sources is one store.',
      }),
    )
    const publicOnly = await openCertificateStore({ source: pemFixture('bob.ssh.pub') })
    expect(() => publicOnly.select()).toThrow('the text has public keys but no certificate')
    expect(() => publicOnly.identity('bob')).toThrow(expect.objectContaining({ code: 'certificate.not-found' }))
  })
})
