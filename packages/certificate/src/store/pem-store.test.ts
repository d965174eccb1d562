import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { mailIdentity } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { integer, octetString, oid, sequence } from '../../test/der-writer.js'
import { pemFixture } from '../../test/fixture.js'
import { openCertificateStore } from './open-certificate-store.js'

const ANN = 'CN=Ann Müller,O=Example\\, Inc.,C=DE'
const BOB = 'CN=Bob,O=Example,C=DE'
const annCertificate = pemFixture('ann.crt')
const annKey = pemFixture('ann.pkcs8.key')

async function identityIn(source: string, password?: string) {
  return (await openCertificateStore({ source, ...(password === undefined ? {} : { password }) })).identity()
}

describe('PEM', () => {
  it.each<[string, string, string, string | undefined, string]>([
    ['ann.pkcs8.key', 'ann.crt', ANN, undefined, 'PKCS #8'],
    ['ann.sec1.key', 'ann.crt', ANN, undefined, 'SEC 1'],
    ['bob.pkcs1.key', 'bob.crt', BOB, undefined, 'PKCS #1'],
    ['ann.old-encrypted.key', 'ann.crt', ANN, 'secret', 'SEC 1, encrypted in the old way with AES'],
    ['bob.old-encrypted.key', 'bob.crt', BOB, 'secret', 'PKCS #1, encrypted in the old way with 3DES'],
    ['ann.pbes2.key', 'ann.crt', ANN, 'secret', 'PKCS #8 with AES-256 and HMAC with SHA-512'],
    ['ann.scrypt.key', 'ann.crt', ANN, 'secret', 'PKCS #8 with scrypt'],
    ['ann.des3.key', 'ann.crt', ANN, 'secret', 'PKCS #8 with the method of PKCS #12'],
    ['ann.rc2-64.key', 'ann.crt', ANN, 'secret', 'PKCS #8 with RC2 in PBES2'],
    ['ann.pkcs8.key', 'ann.trusted.crt', ANN, undefined, 'a TRUSTED CERTIFICATE'],
  ])('opens %s with %s: %s (%s, %s)', async (key, certificate, subject, password) => {
    const identity = await identityIn(pemFixture(key) + pemFixture(certificate), password)
    expect(identity.certificate.subject).toBe(subject)
    const x509 = new X509Certificate(identity.certificate.der)
    expect(x509.checkPrivateKey(identity.privateKey.keyObject!)).toBe(true)
  })

  it('takes certificates and keys in any order, with any text and line ends around them', async () => {
    const blocks = ['root.crt', 'bob.pkcs1.key', 'ann.crt', 'ca.crt', 'ann.pkcs8.key', 'bob.crt'].map(pemFixture)
    const source = blocks.map((block, index) => `Bag Attributes\n  friendlyName: ${index}\n${block}`).join('\n')
    const store = await openCertificateStore({ source: `\uFEFF${source.replaceAll('\n', '\r\n')}` })
    expect(store.identities.map(({ certificate }) => certificate.subject)).toEqual([BOB, ANN])
    expect(store.identity('ann').chain.map(({ subject }) => subject)).toEqual([
      'CN=Fixture CA,O=example.test',
      'CN=Fixture Root,O=example.test',
    ])
    expect(store.certificates).toHaveLength(4)
  })

  it('passes over EC PARAMETERS and other blocks, even broken ones', async () => {
    const store = await openCertificateStore({
      source: `-----BEGIN PGP MESSAGE-----\n=x!\n${pemFixture('stranger.with-parameters.key')}-----BEGIN X509 CRL-----`,
    })
    expect([store.privateKeys[0]!.type, store.certificates]).toEqual(['ec', []])
  })

  it('takes a certificate that stands there twice once', async () => {
    expect((await openCertificateStore({ source: annCertificate + annCertificate })).certificates).toHaveLength(1)
  })

  it.each(['rsa', 'p384', 'p521', 'ed25519', 'x25519'] as const)('opens a %s identity', async (keyType) => {
    const made = await mailIdentity({ email: 'ann@example.test', keyType })
    const identity = await identityIn([made.key, made.certificate, ...made.chain].join(''))
    expect(identity.privateKey.type).toBe(keyType.startsWith('p') ? 'ec' : keyType)
    expect(identity.chain).toHaveLength(2)
  })

  it.each(['ann.old-encrypted.key', 'ann.pbes2.key', 'ann.scrypt.key', 'ann.des3.key', 'ann.rc2-64.key'])(
    'refuses %s without a password and with a wrong one',
    async (name) => {
      await expect(identityIn(pemFixture(name))).rejects.toMatchObject({
        code: 'certificate.password',
        message: 'store.password: is needed for the private key in the text',
      })
      const wrong: unknown = await identityIn(pemFixture(name), 'hunter2').catch((error: unknown) => error)
      expect(wrong).toMatchObject({
        code: 'certificate.password',
        message: 'store.password: does not open the private key in the text',
      })
      expect(JSON.stringify(wrong)).not.toContain('hunter2')
    },
  )

  it('opens text whose line ends are written out, as in the environment', async () => {
    for (const written of ['\\n', '\\r\\n']) {
      const source = (annCertificate + pemFixture('ann.old-encrypted.key')).replaceAll('\n', written)
      expect((await identityIn(source, 'secret')).certificate.subject).toBe(ANN)
    }
  })

  it('says how to get on with a key that is encrypted as OpenSSL once did it', async () => {
    const algorithm = sequence(oid('1.2.840.113549.1.5.3'), sequence(octetString(Buffer.alloc(8)), integer(2048)))
    const der = sequence(algorithm, octetString(Buffer.alloc(64)))
    const label = 'ENCRYPTED PRIVATE KEY'
    const pem = `-----BEGIN ${label}-----\n${der.toString('base64')}\n-----END ${label}-----\n`
    for (const source of [pem, der]) {
      await expect(openCertificateStore({ source, password: 'secret' })).rejects.toMatchObject({
        message: expect.stringContaining('is encrypted in a way that is not supported (PBE-MD5-DES)') as string,
        hint: 'Encrypt the key anew: openssl pkcs8 -topk8 -v2 aes-256-cbc -in old.key -out new.key',
      })
    }
  })

  it('opens an encrypted key with keyPassword', async () => {
    const source = annCertificate + pemFixture('ann.pbes2.key')
    const store = await openCertificateStore({ source, password: 'of the store', keyPassword: 'secret' })
    expect(store.identity().certificate.subject).toBe(ANN)
    await expect(openCertificateStore({ source, password: 'secret', keyPassword: 'x' })).rejects.toMatchObject({
      field: 'store.keyPassword',
    })
  })

  it('refuses a key that is not that of the certificate, when the identity is asked for', async () => {
    const store = await openCertificateStore({ source: annCertificate + pemFixture('bob.pkcs1.key') })
    expect(() => store.identity()).toThrow(
      expect.objectContaining({
        code: 'certificate.key-mismatch',
        message: `store.subject: the private key in the text is not that of '${ANN}'`,
      }),
    )
    expect(store.select().subject).toBe(ANN)
  })

  it.each([
    ['no block', 'hello -----BEGIN nothing', 'the text has no certificate and no key in PEM'],
    ['a block that does not end', annCertificate.slice(0, 300), 'the text has a CERTIFICATE that does not end'],
    [
      'a block that ends otherwise',
      annKey.replace('END PRIVATE', 'END PUBLIC'),
      'the text has a PRIVATE KEY that does not end',
    ],
    ['no base64', annCertificate.replace('M', '!'), 'the text has a CERTIFICATE that is not base64'],
    ['a broken certificate', annCertificate.replace(/MII.{30}/, ''), 'is not an X.509 certificate in DER'],
    [
      'a broken key',
      '-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----',
      'the PRIVATE KEY in the text cannot be read: not a private key',
    ],
    [
      'a broken encrypted key',
      '-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----',
      'the ENCRYPTED PRIVATE KEY in the text cannot be read: expected tag 48, found undefined',
    ],
    [
      'a key of DSA',
      '-----BEGIN DSA PRIVATE KEY-----\nMAA=\n-----END DSA PRIVATE KEY-----',
      'the text has a key of a kind that cannot be used (DSA PRIVATE KEY)',
    ],
    [
      'a broken key of OpenSSH',
      '-----BEGIN OPENSSH PRIVATE KEY-----\nMAA=\n-----END OPENSSH PRIVATE KEY-----',
      'the OPENSSH PRIVATE KEY in the text cannot be read: it is no key of OpenSSH',
    ],
  ])('refuses %s', async (_, source, message) => {
    await expect(openCertificateStore({ type: 'pem', source, password: 'secret' })).rejects.toMatchObject({
      name: 'SettingsError',
      code: 'certificate.format',
      message: `store.source: ${message}`,
    })
  })

  it('refuses a kind of key that mail does not use', async () => {
    const { privateKey } = generateKeyPairSync('ed448')
    const source = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    await expect(openCertificateStore({ source })).rejects.toMatchObject({
      code: 'certificate.format',
      message: 'store.source: is of a kind that cannot be used (ed448)',
    })
  })

  it('reads a text of spaces in a time that grows with its length alone', async () => {
    const spaces = ' \n'.repeat(500_000)
    const source = `-----BEGIN CERTIFICATE-----${spaces}!${spaces}-----END CERTIFICATE-----`
    await expect(openCertificateStore({ source })).rejects.toMatchObject({ code: 'certificate.format' })
  })

  it('finds the key of a certificate whose key is encoded in another way', async () => {
    const der = createPrivateKey(pemFixture('ann.sec1.key')).export({ type: 'pkcs8', format: 'der' })
    const withoutPublicKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    const source = annCertificate + withoutPublicKey.export({ type: 'sec1', format: 'pem' }).toString()
    expect((await identityIn(source)).certificate.subject).toBe(ANN)
  })
})
