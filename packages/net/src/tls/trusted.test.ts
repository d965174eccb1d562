import { X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { authority, good } from '../../test/server.js'
import { pemOf, trustedCertificates } from './trusted.js'

const [one, two] = [authority.cert, good.cert].map((cert) => new X509Certificate(cert).raw) as [Buffer, Buffer]
const read = (given: Parameters<typeof trustedCertificates>[0]) => trustedCertificates(given, 'tls.extraCa')

test('[part of ipworks.example.ca-list] [part of ipworks.config.SSLCACerts] several in one text, whatever stands between them', () => {
  expect(read(`the root\r\n${authority.cert}and\r\n\r\n${good.cert.replaceAll('\n', '\r\n')}end`)).toEqual([one, two])
})

test.each<[string, Parameters<typeof trustedCertificates>[0]]>([
  ['PEM', authority.cert],
  ['PEM in octets', Buffer.from(authority.cert)],
  ['DER', one],
  ['DER in octets of another kind', new Uint8Array(one)],
  ['base64 of DER', one.toString('base64')],
  ['a list', [authority.cert]],
  ['PEM made of DER', pemOf(one)],
])('%s', (_, given) => {
  expect(read(given)).toEqual([one])
})

test('nothing is nothing', () => {
  expect(read(undefined)).toEqual([])
  expect(read([])).toEqual([])
})

test.each<[string, Parameters<typeof trustedCertificates>[0], string]>([
  ['no PEM', 'hello, world!', 'tls.extraCa'],
  ['an empty text', ' ', 'tls.extraCa'],
  ['a key', good.key, 'tls.extraCa'],
  ['broken DER', one.subarray(0, 100), 'tls.extraCa'],
  [
    'broken PEM in a list',
    [authority.cert, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'],
    'tls.extraCa[1]',
  ],
])('%s is refused', (_, given, field) => {
  expect(() => read(given)).toThrow(expect.objectContaining({ code: 'settings.tls', field }))
})
