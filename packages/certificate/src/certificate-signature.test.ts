import { constants, createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { element, integer, nothing, oid, sequence } from '../test/der-writer.js'
import { pemFixture } from '../test/fixture.js'
import { ecdsa, ECDSA_SHA256, ecKeys, madeCertificate, pkcs1 } from '../test/made-certificate.js'
import type { Signing } from '../test/made-certificate.js'
import { signatureOf, signedBy, signedBySync } from './certificate-signature.js'
import { readCertificate } from './read-certificate.js'

interface Pair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

const SHA256 = sequence(oid('2.16.840.1.101.3.4.2.1'), nothing())
const pss = (hash: Buffer, maskHash: Buffer, saltOctets: number, trailer = 1) =>
  sequence(
    oid('1.2.840.113549.1.1.10'),
    sequence(
      element(0xa0, hash),
      element(0xa1, sequence(oid('1.2.840.113549.1.1.8'), maskHash)),
      element(0xa2, integer(saltOctets)),
      element(0xa3, integer(trailer)),
    ),
  )

describe('signedBy', () => {
  const pairs: Record<string, Pair> = {}
  beforeAll(() => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 1536 })
    const pairsMade = {
      rsa,
      ec: ecKeys(),
      ed25519: generateKeyPairSync('ed25519'),
      ed448: generateKeyPairSync('ed448'),
    }
    Object.assign(pairs, pairsMade)
  })
  const signed = (signing: Omit<Signing, 'key'>, type: string, issuerType = type) => {
    const with_ = { ...signing, key: pairs[type]!.privateKey }
    const publicKey = pairs[issuerType]!.publicKey
    const root = madeCertificate({ subject: 'Root', issuer: 'Root', publicKey, signing: ecdsa(pairs.ec!.privateKey) })
    const leaf = madeCertificate({ subject: 'Ann', issuer: 'Root', publicKey: pairs.ec!.publicKey, signing: with_ })
    return { root: readCertificate(root), leaf: readCertificate(leaf) }
  }
  const pssOptions = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 17 }

  it.each<[string, string, Omit<Signing, 'key'>]>([
    ['RSA with SHA-256', 'rsa', pkcs1(null as never, 'sha256', '1.2.840.113549.1.1.11')],
    ['RSA with SHA-512', 'rsa', pkcs1(null as never, 'sha512', '1.2.840.113549.1.1.13')],
    ['RSA with SHA-1', 'rsa', pkcs1(null as never, 'sha1', '1.2.840.113549.1.1.5')],
    ['RSA with MD5', 'rsa', pkcs1(null as never, 'md5', '1.2.840.113549.1.1.4')],
    ['RSA with SHA3-256', 'rsa', pkcs1(null as never, 'sha3-256', '2.16.840.1.101.3.4.3.14')],
    ['RSA-PSS', 'rsa', { digest: 'sha256', options: pssOptions, algorithm: pss(SHA256, SHA256, 17) }],
    [
      'RSA-PSS with SHA-1 and 20 octets of salt, which are not written',
      'rsa',
      {
        digest: 'sha1',
        options: { ...pssOptions, saltLength: 20 },
        algorithm: sequence(oid('1.2.840.113549.1.1.10'), sequence()),
      },
    ],
    ['ECDSA with SHA-256', 'ec', { digest: 'sha256', algorithm: ECDSA_SHA256 }],
    ['ECDSA with SHA-384', 'ec', { digest: 'sha384', algorithm: sequence(oid('1.2.840.10045.4.3.3')) }],
    ['Ed25519', 'ed25519', { digest: null, algorithm: sequence(oid('1.3.101.112')) }],
    ['Ed448', 'ed448', { digest: null, algorithm: sequence(oid('1.3.101.113')) }],
  ])('tells the key that made the signature: %s', async (_, type, signing) => {
    const { root, leaf } = signed(signing, type)
    expect(new X509Certificate(leaf.der).verify(root.publicKey)).toBe(true) // as OpenSSL sees it
    expect([await signedBy(root, leaf), signedBySync(root, leaf)]).toEqual([true, true])
    expect(signatureOf(leaf)?.digest).toBe(signing.digest)
    const der = Buffer.from(leaf.der)
    der[der.indexOf('Ann')]! ^= 1
    const changed = readCertificate(der)
    expect([await signedBy(root, changed), signedBySync(root, changed)]).toEqual([false, false])
  })

  it.each([
    ['MD5', pss(sequence(oid('1.2.840.113549.2.5')), sequence(oid('1.2.840.113549.2.5')), 17)],
    ['another digest for the mask', pss(SHA256, sequence(oid('1.3.14.3.2.26')), 17)],
    ['an endless salt', pss(SHA256, SHA256, 513)],
    ['another trailer', pss(SHA256, SHA256, 17, 2)],
    ['no parameters', sequence(oid('1.2.840.113549.1.1.10'))],
  ])('does not know RSA-PSS with %s', async (_, algorithm) => {
    const { root, leaf } = signed({ digest: 'sha256', options: pssOptions, algorithm }, 'rsa')
    expect([signatureOf(leaf), await signedBy(root, leaf)]).toEqual([undefined, false])
  })

  it('refuses another algorithm in the signed part', async () => {
    const { publicKey, privateKey } = pairs.ec!
    const facts = { subject: 'Root', issuer: 'Root', publicKey, signing: ecdsa(privateKey) }
    const root = readCertificate(madeCertificate(facts))
    const algorithmInside = sequence(oid('1.2.840.10045.4.3.3'))
    const leaf = readCertificate(madeCertificate({ ...facts, algorithmInside }))
    expect([await signedBy(root, root), await signedBy(root, leaf)]).toEqual([true, false])
  })

  it('leaves no error behind for the next key that is read, whatever the kinds of key', async () => {
    const signings = {
      rsa: pkcs1(null as never, 'sha256', '1.2.840.113549.1.1.11'),
      ec: { digest: 'sha256', algorithm: ECDSA_SHA256 },
      ed25519: { digest: null, algorithm: sequence(oid('1.3.101.112')) },
    }
    for (const [type, signing] of Object.entries(signings)) {
      for (const issuerType of ['rsa', 'ec', 'ed25519', 'ed448'].filter((other) => other !== type)) {
        const { root, leaf } = signed(signing, type, issuerType)
        expect([signedBySync(root, leaf), await signedBy(root, leaf)]).toEqual([false, false])
        expect(createPrivateKey(pemFixture('ann.pkcs8.key')).type).toBe('private')
      }
    }
  })
})
