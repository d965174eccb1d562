import { describe, expect, it } from 'vitest'
import { derFixture, pemFixture } from '../test/fixture.js'
import { readCertificate } from './read-certificate.js'
import { certificateToPem, readCertificates } from './read-certificates.js'

const ann = pemFixture('ann.crt')
const bob = pemFixture('bob.crt')
const subjects = (given: Parameters<typeof readCertificates>[0]) =>
  readCertificates(given).map(({ subject }) => subject)
const ANN = 'CN=Ann Müller,O=Example\\, Inc.,C=DE'
const BOB = 'CN=Bob,O=Example,C=DE'

describe('readCertificates', () => {
  it('reads every certificate in PEM, whatever stands between them [part of ipworks.config.SSLCACerts]', () => {
    expect(subjects(`first\n${ann}second\r\n${bob.replaceAll('\n', '\r\n')}`)).toEqual([ANN, BOB])
    expect(subjects(Buffer.from(ann + pemFixture('bob.pkcs1.key') + bob))).toEqual([ANN, BOB])
  })

  it('reads DER, the base64 of it, a certificate that was read, and lists of them [part of illiad.config.SslAcceptServerCert] [part of ipworks.type.Certificate.EncodedB]', () => {
    const der = derFixture('ann.crt')
    const read = readCertificate(der)
    expect(subjects(der)).toEqual([ANN])
    expect(subjects(der.toString('base64').replaceAll(/.{70}/g, '$&\n'))).toEqual([ANN])
    expect(readCertificates(read)).toEqual([read])
    expect(subjects([der, bob, read])).toEqual([ANN, BOB, ANN])
  })

  it('reads a TRUSTED CERTIFICATE of OpenSSL', () => {
    expect(subjects(pemFixture('ann.trusted.crt'))).toEqual([ANN])
  })

  it.each([[''], [' \n'], [[]]])('finds none in %j', (given) => {
    expect(readCertificates(given)).toEqual([])
  })

  it.each([
    ['words', 'ann.crt is here', 'tls.extraCa: is neither PEM nor the base64 of a certificate'],
    ['base64 of something else', 'AAAA', 'tls.extraCa: is not an X.509 certificate in DER'],
    ['PEM without a certificate', pemFixture('ann.pkcs8.key'), 'tls.extraCa: has no certificate in its PEM'],
    ['a block that does not end', ann.slice(0, 200), 'tls.extraCa: the text has a CERTIFICATE that does not end'],
    ['octets that are none', Buffer.from('hello!'), 'tls.extraCa: is neither PEM nor the base64 of a certificate'],
    ['DER that is cut', derFixture('ann.crt').subarray(0, 100), 'tls.extraCa: is not an X.509 certificate in DER'],
  ])('refuses %s', (_, given, message) => {
    expect(() => readCertificates(given, 'tls.extraCa')).toThrow(
      expect.objectContaining({ name: 'SettingsError', code: 'certificate.format', message }),
    )
  })

  it('names the entry of a list', () => {
    expect(() => readCertificates([ann, 'x!'], 'tls.extraCa')).toThrow('tls.extraCa[1]: is neither')
  })

  it('takes a time for blanks that grows with their number alone', () => {
    expect(() => readCertificates(`${' '.repeat(2_000_000)}A!`)).toThrow('is neither')
  })
})

describe('certificateToPem', () => {
  it('writes what can be read again, one after the other', () => {
    const text = readCertificates([ann, bob]).map(certificateToPem).join('')
    expect(text).toBe(ann + bob)
  })
})
