import { createHash, createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { EMAIL_PROTECTION, mailAuthority, mailIdentity } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { element, integer, nothing, oid, octetString, sequence } from '../test/der-writer.js'
import { derFixture, pemFixture } from '../test/fixture.js'
import { ecdsa, ecKeys, extension, madeCertificate, mailNames } from '../test/made-certificate.js'
import type { MadeFacts } from '../test/made-certificate.js'
import { readCertificate } from './read-certificate.js'

const derOf = (pem: string) => new X509Certificate(pem).raw

describe('readCertificate', () => {
  it('tells what stands in a certificate that OpenSSL made', () => {
    const der = derFixture('ann.crt')
    const certificate = readCertificate(der)
    const { serialNumber, validFrom, validTo } = new X509Certificate(der)
    expect(certificate.subject).toBe('CN=Ann Müller,O=Example\\, Inc.,C=DE')
    expect(certificate.issuer).toBe('CN=Fixture CA,O=example.test')
    expect(Buffer.from(certificate.serialNumber).toString('hex').toUpperCase().replace(/^00/, '')).toBe(serialNumber)
    expect([certificate.validFrom, certificate.validTo]).toEqual([new Date(validFrom), new Date(validTo)])
    expect(certificate.publicKey.equals(createPublicKey(pemFixture('ann.pkcs8.key')))).toBe(true)
    expect(certificate.emails).toEqual(['ann@example.test'])
    expect(certificate.dnsNames).toEqual([])
    expect(certificate.keyUsage).toEqual(['digitalSignature', 'keyAgreement'])
    expect(certificate.extendedKeyUsage).toEqual([EMAIL_PROTECTION])
    expect(certificate.isAuthority).toBe(false)
    expect(Buffer.from(certificate.der)).toEqual(der)
  })

  it('gives the issuer as it is encoded in the certificate of the issuer', () => {
    const [ann, ca] = [readCertificate(derFixture('ann.crt')), derFixture('ca.crt')]
    expect(ca.includes(Buffer.from(ann.issuerDer))).toBe(true)
    expect(ann.issuerDer[0]).toBe(0x30)
  })

  it('gives the subject key identifier, which is the SHA-1 of the key when the usual way made it (RFC 5280 4.2.1.2)', () => {
    const certificate = readCertificate(derFixture('ca.crt'))
    const key = certificate.publicKey.export({ type: 'spki', format: 'der' }).subarray(-65)
    expect(Buffer.from(certificate.subjectKeyIdentifier!)).toEqual(createHash('sha1').update(key).digest())
    expect(certificate.isAuthority).toBe(true)
    expect(certificate.keyUsage).toEqual(['keyCertSign', 'cRLSign'])
  })

  it('computes fingerprints in hexadecimal without colons, once', () => {
    const der = derFixture('bob.crt')
    const certificate = readCertificate(der)
    const x509 = new X509Certificate(der)
    expect(certificate.fingerprints).toEqual({
      md5: createHash('md5').update(der).digest('hex'),
      sha1: x509.fingerprint.replaceAll(':', '').toLowerCase(),
      sha256: x509.fingerprint256.replaceAll(':', '').toLowerCase(),
    })
    expect(certificate.fingerprints).toBe(certificate.fingerprints)
  })

  it('finds mail addresses in subjectAltName and in the subject, each once', async () => {
    const made = await mailIdentity({
      email: ['a@example.test', 'b@example.test'],
      subject: 'CN=A,1.2.840.113549.1.9.1=a@example.test,1.2.840.113549.1.9.1=c@example.test',
    })
    expect(readCertificate(derOf(made.certificate)).emails).toEqual([
      'a@example.test',
      'b@example.test',
      'c@example.test',
    ])
  })

  it('finds DNS names', async () => {
    const names = { oid: '2.5.29.17', value: sequence(element(0x82, Buffer.from('mail.example.test'))) }
    const made = await mailIdentity({ email: [], subject: 'CN=A', extensions: [names] })
    const certificate = readCertificate(derOf(made.certificate))
    expect([certificate.dnsNames, certificate.emails]).toEqual([['mail.example.test'], []])
  })

  it('says that usage is not limited when the extensions are not there', async () => {
    const made = await mailIdentity({
      email: 'a@b.test',
      usage: 'none',
      extendedUsage: 'none',
      subjectKeyIdentifier: false,
    })
    const certificate = readCertificate(derOf(made.certificate))
    expect([certificate.keyUsage, certificate.extendedKeyUsage, certificate.subjectKeyIdentifier]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })

  it.each(['rsa', 'p256', 'p384', 'p521', 'ed25519', 'x25519'] as const)('reads a %s key', async (keyType) => {
    const made = await mailIdentity({ email: 'a@example.test', keyType })
    const { publicKey } = readCertificate(derOf(made.certificate))
    expect(publicKey.equals(createPublicKey(createPrivateKey(made.key)))).toBe(true)
  })

  it('keeps its own copy of the octets', () => {
    const der = Buffer.from(derFixture('ann.crt'))
    const certificate = readCertificate(der)
    der.fill(0)
    expect(Buffer.from(certificate.der)).toEqual(derFixture('ann.crt'))
    expect(certificate.subject).toContain('Ann')
  })

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['something else', Buffer.from('hello')],
    ['a certificate that is cut off', derFixture('ann.crt').subarray(0, 200)],
    ['octets behind a certificate', Buffer.concat([derFixture('ann.crt'), Buffer.alloc(1)])],
    ['PEM', Buffer.from(pemFixture('ann.crt'))],
  ])('refuses %s', (_, der) => {
    expect(() => readCertificate(der, 'smime.encrypt.certificates[2]')).toThrow(
      expect.objectContaining({
        name: 'SettingsError',
        code: 'certificate.format',
        message: 'smime.encrypt.certificates[2]: is not an X.509 certificate in DER',
      }),
    )
  })

  it('refuses an extension that stands there twice (RFC 5280 4.2) or is malformed', async () => {
    const usage = { oid: '2.5.29.37', value: sequence(oid(EMAIL_PROTECTION)) }
    const twice = await mailIdentity({ email: 'a@example.test', extensions: [usage] })
    expect(() => readCertificate(derOf(twice.certificate))).toThrow('is not an X.509 certificate')
    const broken = { oid: '2.5.29.30', value: nothing() }
    const authority = await mailAuthority({
      extensions: [broken, { oid: '2.5.29.35', value: octetString(Buffer.alloc(1)) }],
    })
    expect(() => readCertificate(derOf(authority.certificate))).toThrow('is not an X.509 certificate')
  })

  it('refuses a key of an unknown kind when the key is asked for, and not before', () => {
    const der = Buffer.from(derFixture('ann.crt'))
    const ecPublicKey = Buffer.from('06072a8648ce3d0201', 'hex')
    der[der.indexOf(ecPublicKey) + 8] = 0x77
    const certificate = readCertificate(der)
    expect(certificate.subject).toContain('Ann')
    expect(() => certificate.publicKey).toThrow(expect.objectContaining({ code: 'certificate.format' }))
  })

  const { publicKey, privateKey } = ecKeys()
  const made = (facts: Partial<MadeFacts>) =>
    madeCertificate({ subject: 'Ann', issuer: 'Root', publicKey, signing: ecdsa(privateKey), ...facts })

  it('refuses more than 64 KiB before it looks at them', () => {
    const filler = (octets: number) => [extension('1.2.3.4', Buffer.alloc(octets))]
    expect(readCertificate(made({ extensions: filler(60_000) })).subject).toBe('CN=Ann')
    expect(() => readCertificate(made({ extensions: filler(66_000) }), 'x')).toThrow(
      expect.objectContaining({ code: 'certificate.format', message: 'x: is larger than 64 KiB' }),
    )
  })

  it('refuses more than 1000 alternative names', () => {
    const named = (count: number) => made({ extensions: [mailNames(...Array<string>(count).fill(''))] })
    expect(readCertificate(named(1000)).emails).toEqual([''])
    expect(() => readCertificate(named(1001))).toThrow(expect.objectContaining({ code: 'certificate.format' }))
  })

  it('refuses an elliptic curve with parameters of its own before OpenSSL works on it', () => {
    const broken = sequence(integer(1), sequence(oid('1.2.840.10045.1.1'), integer(23)))
    for (const parameters of [[broken], [nothing()], []]) {
      const key = sequence(sequence(oid('1.2.840.10045.2.1'), ...parameters), element(3, Buffer.of(0, 2, 1)))
      expect(() => readCertificate(made({ publicKey: key }), 'x')).toThrow(
        expect.objectContaining({
          code: 'certificate.format',
          message: 'x: has a key on an elliptic curve with parameters of its own',
        }),
      )
    }
  })
})
