import { createHash, createPublicKey, X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { element, integer, octetString, oid, sequence } from '../test/der-writer.js'
import { derFixture, pemFixture } from '../test/fixture.js'
import { ecdsa, ecKeys, extension, madeCertificate } from '../test/made-certificate.js'
import { keyUsageNames } from './key-usage.js'
import { readCertificate } from './read-certificate.js'

const der = derFixture('server.crt')
const certificate = readCertificate(der)
const x509 = new X509Certificate(der)

/** A certificate with these extensions and nothing else of interest. */
function withExtensions(...extensions: readonly Buffer[]) {
  const { publicKey, privateKey } = ecKeys()
  return readCertificate(
    madeCertificate({ subject: 'Ann', issuer: 'Root', publicKey, signing: ecdsa(privateKey), extensions }),
  )
}

describe('the fields of a certificate', () => {
  it('are those of the fixture [part of ipworks.type.Certificate] [part of ipworks.type.Certificate.Issuer]', () => {
    expect(certificate.subject).toBe('CN=relay.example.test,O=Example,ST=Bavaria,C=DE')
    expect(certificate.issuer).toBe('CN=Server CA,O=example.test')
    expect([certificate.selfIssued, certificate.isAuthority]).toEqual([false, false])
    expect(readCertificate(derFixture('root.crt')).selfIssued).toBe(true)
  })

  it('dates [part of ipworks.type.Certificate.EffectiveDate] [part of ipworks.type.Certificate.ExpirationDate]', () => {
    expect(certificate.validFrom).toEqual(new Date(x509.validFrom))
    expect(certificate.validTo).toEqual(new Date(x509.validTo))
  })

  it('version [part of ipworks.type.Certificate.Version]', () => {
    expect(certificate.version).toBe(3)
  })

  it('serial number, as it stands there [part of ipworks.type.Certificate.SerialNumber]', () => {
    expect(certificate.serialNumberHex).toBe('00a1b2c3d4')
    expect(Buffer.from(certificate.serialNumber).toString('hex')).toBe('00a1b2c3d4')
  })

  it('public key [part of ipworks.type.Certificate.PublicKey] [part of ipworks.type.Certificate.PublicKeyAlgorithm] [part of ipworks.type.Certificate.PublicKeyLength]', () => {
    expect([certificate.publicKeyAlgorithm, certificate.publicKeyBits]).toEqual(['RSA', 2048])
    const spki = x509.publicKey.export({ type: 'spki', format: 'der' })
    expect(Buffer.from(certificate.publicKeyDer)).toEqual(spki)
    expect(createPublicKey(certificate.publicKeyPem).export({ type: 'spki', format: 'der' })).toEqual(spki)
    expect(certificate.publicKeyPem).toBe(x509.publicKey.export({ type: 'spki', format: 'pem' }))
    const ann = readCertificate(derFixture('ann.crt'))
    expect([ann.publicKeyAlgorithm, ann.publicKeyBits]).toEqual(['EC', 256])
  })

  it('signature algorithm [part of ipworks.type.Certificate.SignatureAlgorithm]', () => {
    expect(certificate.signatureAlgorithm).toEqual({
      oid: '1.2.840.113549.1.1.11',
      name: 'sha256WithRSAEncryption',
      digest: 'sha256',
    })
    expect(readCertificate(derFixture('ann.crt')).signatureAlgorithm.name).toBe('ecdsa-with-SHA256')
  })

  it('signature algorithm that is not known: its object identifier', () => {
    const algorithm = sequence(oid('1.2.3.4'))
    const { publicKey, privateKey } = ecKeys()
    const signing = { ...ecdsa(privateKey), algorithm }
    const made = readCertificate(madeCertificate({ subject: 'Ann', issuer: 'Root', publicKey, signing }))
    expect(made.signatureAlgorithm).toEqual({ oid: '1.2.3.4', name: '1.2.3.4', digest: undefined })
  })

  it('usage [part of ipworks.type.Certificate.Usage] [part of ipworks.type.Certificate.UsageFlags] [part of ipworks.type.Certificate.ExtendedKeyUsage]', () => {
    expect(certificate.keyUsageFlags).toBe(0xa0)
    expect(certificate.keyUsage).toEqual(['digitalSignature', 'keyEncipherment'])
    expect(keyUsageNames(certificate.keyUsageFlags).join(', ')).toBe('Digital Signature, Key Encipherment')
    expect(keyUsageNames(0xff)).toHaveLength(8)
    expect(certificate.extendedKeyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'])
    const without = withExtensions()
    expect([without.keyUsageFlags, without.keyUsage, keyUsageNames(0)]).toEqual([0, undefined, []])
  })

  it('alternative names of every kind [part of ipworks.type.Certificate.SubjectAltNames]', () => {
    expect(certificate.subjectAltNames).toEqual([
      { type: 'dns', value: 'relay.example.test' },
      { type: 'dns', value: '*.example.test' },
      { type: 'email', value: 'post@example.test' },
      { type: 'uri', value: 'https://example.test/relay' },
      { type: 'ip', value: '192.0.2.1' },
      { type: 'ip', value: '2001:db8::1' },
      { type: 'directory', value: 'CN=Relay' },
      { type: 'registeredId', value: '1.2.3.4' },
      { type: 'other', value: '1.3.6.1.4.1.311.20.2.3' },
    ])
    expect(certificate.subjectAltNames).toBe(certificate.subjectAltNames)
    expect([certificate.dnsNames, certificate.emails]).toEqual([
      ['relay.example.test', '*.example.test'],
      ['post@example.test'],
    ])
  })

  it('fingerprints [part of ipworks.type.Certificate.Fingerprint] [part of ipworks.type.Certificate.FingerprintSHA1] [part of ipworks.type.Certificate.FingerprintSHA256] [part of ipworks.type.Certificate.ThumbprintMD5] [part of ipworks.type.Certificate.ThumbprintSHA1] [part of ipworks.type.Certificate.ThumbprintSHA256]', () => {
    const hash = (name: string) => createHash(name).update(der).digest('hex')
    expect(certificate.fingerprints).toEqual({ md5: hash('md5'), sha1: hash('sha1'), sha256: hash('sha256') })
  })

  it('PEM, as OpenSSL writes it', () => {
    expect(certificate.pem).toBe(pemFixture('server.crt'))
  })

  it('key identifiers', () => {
    const ca = readCertificate(derFixture('ca.crt'))
    expect(readCertificate(derFixture('ann.crt')).authorityKeyIdentifier).toEqual(ca.subjectKeyIdentifier)
    expect(withExtensions().authorityKeyIdentifier).toBeUndefined()
  })

  it('addresses for asking after revocation, and whether OCSP must be stapled', () => {
    expect(certificate.ocspUrls).toEqual(['http://ocsp.example.test/'])
    expect(certificate.caIssuersUrls).toEqual(['http://ca.example.test/ca.cer'])
    expect(certificate.crlUrls).toEqual(['http://crl.example.test/a.crl', 'ldap://crl.example.test/b'])
    expect(certificate.mustStaple).toBe(true)
    const without = withExtensions()
    expect([without.ocspUrls, without.caIssuersUrls, without.crlUrls]).toEqual([[], [], []])
    expect(without.mustStaple).toBe(false)
  })
})

describe('extensions that are odd', () => {
  const uri = (text: string) => element(0x86, Buffer.from(text))
  const ocsp = (name: Buffer) => sequence(oid('1.3.6.1.5.5.7.48.1'), name)
  const AIA = '1.3.6.1.5.5.7.1.1'
  const CRL = '2.5.29.31'
  const TLS_FEATURE = '1.3.6.1.5.5.7.1.24'

  it.each([
    ['no sequence', octetString(Buffer.alloc(3))],
    ['a description that ends early', Buffer.from('300630040603', 'hex')],
    ['octets behind it', Buffer.concat([sequence(ocsp(uri('http://a/'))), Buffer.alloc(1)])],
  ])('authorityInfoAccess and cRLDistributionPoints with %s name nothing', (_, value) => {
    const made = withExtensions(extension(AIA, value), extension(CRL, value))
    expect([made.ocspUrls, made.caIssuersUrls, made.crlUrls]).toEqual([[], [], []])
  })

  it('addresses are at most sixteen, of 2 KiB, and no other kind of name', () => {
    const many = Array.from({ length: 50 }, (_, index) => ocsp(uri(`http://${index}/`)))
    expect(withExtensions(extension(AIA, sequence(...many))).ocspUrls).toHaveLength(16)
    const odd = sequence(
      ocsp(uri('x'.repeat(3000))),
      ocsp(element(0x82, Buffer.from('a.test'))),
      ocsp(uri('http://a/')),
    )
    expect(withExtensions(extension(AIA, odd)).ocspUrls).toEqual(['http://a/'])
  })

  it('a CRL that another authority signs is left out', () => {
    const point = (...more: readonly Buffer[]) =>
      sequence(element(0xa0, element(0xa0, uri('http://crl.test/1'), uri('http://crl.test/2'))), ...more)
    expect(withExtensions(extension(CRL, sequence(point()))).crlUrls).toEqual([
      'http://crl.test/1',
      'http://crl.test/2',
    ])
    expect(withExtensions(extension(CRL, sequence(point(element(0xa2, uri('x')))))).crlUrls).toEqual([])
    expect(withExtensions(extension(CRL, sequence(sequence()))).crlUrls).toEqual([])
  })

  it.each<[string, Buffer, boolean]>([
    ['status_request', sequence(integer(5)), true],
    ['status_request_v2', sequence(integer(17)), true],
    ['another feature', sequence(integer(1)), false],
    ['nothing', sequence(), false],
    ['what cannot be read', octetString(Buffer.alloc(1)), true],
  ])('a TLS feature with %s', (_, value, mustStaple) => {
    expect(withExtensions(extension(TLS_FEATURE, value)).mustStaple).toBe(mustStaple)
  })

  it('alternative names that are not what they should be are left out', () => {
    const names = sequence(
      element(0x87, Buffer.alloc(5)),
      element(0xa4, Buffer.from('3005', 'hex')),
      element(0x88),
      element(0xa3, Buffer.alloc(2)),
      element(0x82, Buffer.from('a.test')),
    )
    expect(withExtensions(extension('2.5.29.17', names)).subjectAltNames).toEqual([{ type: 'dns', value: 'a.test' }])
  })

  it('an IPv6 address is written as RFC 5952 wants it', () => {
    const ip = (hex: string) => sequence(element(0x87, Buffer.from(hex, 'hex')))
    const [first] = withExtensions(extension('2.5.29.17', ip('20010db8000000000001000000000001'))).subjectAltNames
    expect(first?.value).toBe('2001:db8::1:0:0:1')
  })
})
