import fc from 'fast-check'
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { makeCertificate, type CertificateWish } from '../../test/certificate.js'
import { signatureDigest } from './signature-digest.js'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const der = (wish: Partial<CertificateWish>) =>
  new X509Certificate(makeCertificate({ commonName: 'x', ...wish }).cert).raw

test.each<[string, Partial<CertificateWish>, string | undefined]>([
  ['ECDSA with SHA-256', {}, 'sha256'],
  ['ECDSA with SHA-384', { digest: 'sha384' }, 'sha384'],
  ['ECDSA with SHA-1', { digest: 'sha1' }, 'sha1'],
  ['RSA with SHA-256', { keys: rsa }, 'sha256'],
  ['RSA with SHA-1', { keys: rsa, digest: 'sha1' }, 'sha1'],
  ['RSASSA-PSS with SHA-256', { keys: rsa, pss: true }, 'sha256'],
  ['Ed25519', { keys: generateKeyPairSync('ed25519') }, undefined],
])('%s', (_, wish, digest) => {
  expect(signatureDigest(der(wish))).toBe(digest)
})

test('what is no certificate, or is cut off, has none', () => {
  const whole = der({})
  for (let length = 0; length < whole.length; length++) {
    expect([undefined, 'sha256']).toContain(signatureDigest(whole.subarray(0, length)))
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => void signatureDigest(octets)))
})
