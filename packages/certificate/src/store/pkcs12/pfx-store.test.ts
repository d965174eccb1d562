import { createHmac, pbkdf2Sync, X509Certificate } from 'node:crypto'
import { Secret } from '@posthorn/ground'
import { describe, expect, it } from 'vitest'
import { element, indefinite, integer, nothing, octetString, oid, sequence } from '../../../test/der-writer.js'
import { derFixture, pfxFixture } from '../../../test/fixture.js'
import { openCertificateStore } from '../open-certificate-store.js'
import { pkcs12Kdf, PURPOSE } from './pkcs12-kdf.js'
import type { CertificateStoreOptions } from '../open-certificate-store.js'
import { inTurns } from '../steps.js'

const ANN = 'CN=Ann Müller,O=Example\\, Inc.,C=DE'
const BOB = 'CN=Bob,O=Example,C=DE'

/** What a refusal says; undefined when the store opens. */
async function refused(options: CertificateStoreOptions): Promise<unknown> {
  return openCertificateStore(options).then(
    () => undefined,
    ({ name, code, field, message }: { name: string; code: string; field: string; message: string }) => ({
      name,
      code,
      field,
      message,
    }),
  )
}

describe('PKCS #12', () => {
  it.each([
    ['aes-256.pfx', ANN, 'AES-256, MAC with SHA-256'],
    ['aes-192-sha384.pfx', ANN, 'AES-192, MAC with SHA-384'],
    ['aes-128-sha512.pfx', ANN, 'AES-128, MAC with SHA-512'],
    ['des3-pbes2.pfx', ANN, '3DES in PBES2, MAC with SHA-224'],
    ['windows-rc2-40.pfx', BOB, 'RC2-40 and 3DES'],
    ['rc2-128.pfx', ANN, 'RC2-128'],
    ['des3.pfx', ANN, '3DES'],
    ['des2.pfx', ANN, '3DES with two keys'],
    ['no-mac.pfx', ANN, 'no MAC'],
    ['unencrypted.pfx', ANN, 'nothing encrypted'],
  ])('opens %s of %s: %s [part of ipworks.type.Certificate.StorePassword]', async (name, subject) => {
    const store = await openCertificateStore({ source: pfxFixture(name), password: 'secret' })
    const { certificate, privateKey } = store.identity()
    expect(certificate.subject).toBe(subject)
    expect(new X509Certificate(certificate.der).checkPrivateKey(privateKey.keyObject!)).toBe(true)
    expect(store.identities).toHaveLength(1)
  })

  it('gives the chain of a store that has one, nearest first', async () => {
    const store = await openCertificateStore({
      type: 'pfx',
      source: pfxFixture('windows-rc2-40.pfx'),
      password: 'secret',
    })
    expect(store.certificates).toHaveLength(3)
    expect(store.identity().chain.map(({ subject }) => subject)).toEqual([
      'CN=Fixture CA,O=example.test',
      'CN=Fixture Root,O=example.test',
    ])
  })

  it('opens a store of Java with two keys and puts each to its certificate', async () => {
    const store = await openCertificateStore({ source: pfxFixture('java-two.pfx'), password: new Secret('secret') })
    expect(store.identities.map(({ certificate }) => certificate.subject).sort()).toEqual([ANN, BOB])
    expect(store.identity('bob').privateKey.type).toBe('rsa')
    expect(store.identity('ann').chain).toHaveLength(2)
    expect(store.identity('ann').chain[0]!.subject).toBe('CN=Fixture CA,O=example.test')
  })

  it('opens a trust store of Java: certificates, no key', async () => {
    const store = await openCertificateStore({ source: pfxFixture('java-trust.pfx'), password: 'secret' })
    expect(store.certificates.map(({ subject }) => subject).sort()).toEqual([
      'CN=Fixture CA,O=example.test',
      'CN=Fixture Root,O=example.test',
    ])
    expect(store.identities).toEqual([])
    expect(() => store.identity()).toThrow(expect.objectContaining({ code: 'certificate.no-key' }))
  })

  it.each([
    ['an empty password', { password: '' }],
    ['no password', {}],
    ['an empty secret', { password: new Secret('') }],
  ])('opens a store of an empty password with %s', async (_, password) => {
    const store = await openCertificateStore({ source: pfxFixture('empty-password.pfx'), ...password })
    expect(store.identity().certificate.subject).toBe(ANN)
  })

  it.each(['unicode-password.pfx', 'unicode-password-legacy.pfx'])(
    'opens %s, whose password is not ASCII',
    async (name) => {
      const store = await openCertificateStore({ source: pfxFixture(name), password: 'pässwörd €😀' })
      expect(store.identity().certificate.subject).toBe(ANN)
    },
  )

  it('opens a store of OpenSSL before 1.1, which took each octet of a UTF-8 password for a character', async () => {
    const content = sequence(...safes())
    const source = store(content, await mac(content, Buffer.from('pässwörd').toString('latin1')))
    const opened = await openCertificateStore({ source, password: 'pässwörd' })
    expect(opened.identity().certificate.subject).toBe(ANN)
  })

  it('needs no password for a store without encryption and MAC', async () => {
    const store = await openCertificateStore({ source: pfxFixture('unencrypted-no-mac.pfx') })
    expect(store.identity().certificate.subject).toBe(ANN)
  })

  it.each(['aes-256.pfx', 'windows-rc2-40.pfx', 'no-mac.pfx', 'unencrypted.pfx', 'java-two.pfx', 'empty-password.pfx'])(
    'refuses a wrong password of %s and does not repeat it',
    async (name) => {
      const found = await refused({ source: pfxFixture(name), password: 'hunter2', field: 'smime.sign' })
      expect(found).toEqual({
        name: 'SettingsError',
        code: 'certificate.password',
        field: 'smime.sign.password',
        message: 'smime.sign.password: does not open the store, or it is damaged',
      })
    },
  )

  it('asks for the password when there is none', async () => {
    expect(await refused({ source: pfxFixture('aes-256.pfx') })).toMatchObject({
      code: 'certificate.password',
      message: 'store.password: is needed to open the store',
    })
  })

  it('names the way of encryption that it does not have', async () => {
    expect(await refused({ source: pfxFixture('rc4.pfx'), password: 'secret' })).toEqual({
      name: 'SettingsError',
      code: 'certificate.format',
      field: 'store.source',
      message:
        'store.source: the store cannot be read as PFX: is encrypted in a way that is not supported (PBE-SHA1-RC4-128)',
    })
  })

  it('reads base64 around a store, as text and as octets', async () => {
    const base64 = pfxFixture('aes-256.pfx').toString('base64')
    for (const source of [base64, Buffer.from(base64.replaceAll(/.{64}/g, '$&\r\n'))]) {
      const store = await openCertificateStore({ source, password: 'secret' })
      expect(store.identity().certificate.subject).toBe(ANN)
    }
  })

  it('reads BER with indefinite lengths and strings in pieces, as Mozilla and Bouncy Castle write it', async () => {
    const plain = store(sequence(...safes()))
    const inside = indefinite(sequence(...[certificateBag(), keyBag()].map((each) => data(indefinite(sequence(each))))))
    for (const source of [indefinite(plain), indefinite(store(inside)), indefinite(pfxFixture('no-mac.pfx'))]) {
      const opened = await openCertificateStore({ type: 'pfx', source, password: 'secret' })
      expect(opened.identity().certificate.subject).toBe(ANN)
    }
  })

  it('finds bags in bags (SafeContentsBag)', async () => {
    const bags = element(0x30, bag(6, sequence(bag(6, sequence(certificateBag(), keyBag())))))
    const opened = await openCertificateStore({ source: store(sequence(data(bags))) })
    expect(opened.identity().certificate.subject).toBe(ANN)
  })

  it('passes over CRLs and secrets', async () => {
    const bags = sequence(bag(4, sequence()), bag(5, sequence()), certificateBag())
    const opened = await openCertificateStore({ source: store(sequence(data(bags))) })
    expect(opened.certificates).toHaveLength(1)
  })

  it('checks PBMAC1 (RFC 9579)', async () => {
    const content = sequence(...safes())
    const salt = Buffer.from('0123456789abcdef', 'hex')
    const key = pbkdf2Sync('pass-wörd', salt, 2048, 32, 'sha512')
    const hmac = (oidText: string) => sequence(oid(oidText), nothing())
    const pbkdf2 = (keyOctets: readonly Buffer[]) =>
      sequence(
        oid('1.2.840.113549.1.5.12'),
        sequence(octetString(salt), integer(2048), ...keyOctets, hmac('1.2.840.113549.2.11')),
      )
    const pbmac1 = (derivation: Buffer) =>
      sequence(
        sequence(
          sequence(oid('1.2.840.113549.1.5.14'), sequence(derivation, hmac('1.2.840.113549.2.9'))),
          octetString(createHmac('sha256', key).update(content).digest()),
        ),
        octetString(Buffer.from('none')),
        integer(1),
      )
    const source = store(content, pbmac1(pbkdf2([integer(32)])))
    expect((await openCertificateStore({ source, password: 'pass-wörd' })).identity().certificate.subject).toBe(ANN)
    expect(await refused({ source, password: 'pass-word' })).toMatchObject({ code: 'certificate.password' })
    const withoutLength = store(content, pbmac1(pbkdf2([])))
    expect(await refused({ source: withoutLength, password: 'pass-wörd' })).toMatchObject({
      code: 'certificate.format',
    })
  })

  it('opens a private key with a password of its own', async () => {
    const shrouded = derFixture('ann.pbes2.key')
    const content = sequence(data(sequence(certificateBag(), bag(2, shrouded))))
    const source = store(content, await mac(content, 'store-password'))
    const opened = await openCertificateStore({ source, password: 'store-password', keyPassword: 'secret' })
    expect(opened.identity().certificate.subject).toBe(ANN)
    expect(await refused({ source, password: 'store-password' })).toMatchObject({
      code: 'certificate.password',
      field: 'store.keyPassword',
      message: 'store.keyPassword: is needed: the password opens the store, but not a private key in it',
    })
    expect(await refused({ source, password: 'store-password', keyPassword: 'x' })).toMatchObject({
      code: 'certificate.password',
      field: 'store.keyPassword',
    })
  })

  it('puts the certificate that the store ties to a key before others with the same key', async () => {
    const tie = (id: string) =>
      element(0x31, sequence(oid('1.2.840.113549.1.9.21'), element(0x31, octetString(Buffer.from(id)))))
    const renewed = derFixture('ann-renewed.crt')
    const bags = sequence(
      certificateBag(derFixture('ann.crt'), tie('1')),
      certificateBag(renewed, tie('2')),
      keyBag(tie('2')),
    )
    const opened = await openCertificateStore({ source: store(sequence(data(bags))) })
    expect(opened.identities.map(({ certificate }) => certificate.subject)).toEqual([
      'CN=Ann renewed,O=Example,C=DE',
      ANN,
    ])
  })

  it.each([
    ['too many iterations', macData(Buffer.alloc(32), 20_000_000), /20000000 iterations/],
    ['no iterations', macData(Buffer.alloc(32), 0), /0 iterations/],
    ['a long salt', macData(Buffer.alloc(32), 1, SHA256, Buffer.alloc(1025)), /a salt of 1025 octets/],
    ['an unknown MAC', macData(Buffer.alloc(32), 1, '1.2.3.4'), /MAC that is not supported \(1\.2\.3\.4\)/],
  ])('refuses %s', async (_, given, message) => {
    const source = store(sequence(...safes()), given)
    const found = await refused({ source, password: 'secret' })
    expect(found).toMatchObject({ code: 'certificate.format', message: expect.stringMatching(message) as string })
  })

  it.each([
    ['PBKDF2', (salt: Buffer) => pbes2('1.2.840.113549.1.5.12', octetString(salt), integer(1))],
    [
      'scrypt',
      (salt: Buffer) => pbes2('1.3.6.1.4.1.11591.4.11', octetString(salt), integer(2), integer(1), integer(1)),
    ],
    ['PKCS #12', (salt: Buffer) => sequence(oid('1.2.840.113549.1.12.1.3'), sequence(octetString(salt), integer(1)))],
  ])('refuses a salt of more than 1 KiB: %s', async (_, algorithm) => {
    const shrouded = (length: number) =>
      bag(2, sequence(algorithm(Buffer.alloc(length)), octetString(Buffer.alloc(16))))
    const found = (length: number) =>
      refused({ source: store(sequence(data(sequence(shrouded(length))))), password: 'secret' })
    expect(await found(1024)).toMatchObject({ code: 'certificate.password' })
    expect(await found(1025)).toMatchObject({
      code: 'certificate.format',
      message: expect.stringContaining('a salt of 1025 octets') as string,
    })
  })

  it('opens a store without MAC and encryption with any password, since nothing could tell a wrong one', async () => {
    const source = pfxFixture('unencrypted-no-mac.pfx')
    const opened = await openCertificateStore({ source, password: 'anything at all' })
    expect(opened.identities).toHaveLength(1)
  })

  it('refuses bags nested too deep and too many bags', async () => {
    let nested: Buffer = sequence()
    for (let depth = 0; depth < 12; depth++) nested = sequence(bag(6, nested))
    expect(await refused({ source: store(sequence(data(nested))) })).toMatchObject({ code: 'certificate.format' })
    const many = sequence(...Array<Buffer>(10_001).fill(bag(5, sequence())))
    expect(await refused({ source: store(sequence(data(many))) })).toMatchObject({ code: 'certificate.format' })
  })

  it('refuses a store protected by a signature, and safes encrypted for a certificate', async () => {
    const signed = sequence(integer(3), sequence(oid('1.2.840.113549.1.7.2'), element(0xa0, sequence())))
    expect(await refused({ source: signed })).toMatchObject({ code: 'certificate.format' })
    const enveloped = sequence(sequence(oid('1.2.840.113549.1.7.3'), element(0xa0, sequence())))
    expect(await refused({ source: store(enveloped) })).toMatchObject({ code: 'certificate.format' })
  })
})

/** The safes of an unencrypted store: a certificate and its key. */
function safes(): readonly Buffer[] {
  return [data(sequence(certificateBag())), data(sequence(keyBag()))]
}

function store(authenticatedSafe: Buffer, macData?: Buffer): Buffer {
  return sequence(integer(3), data(authenticatedSafe), ...(macData ? [macData] : []))
}

function pbes2(derivation: string, ...parameters: readonly Buffer[]): Buffer {
  const aes = sequence(oid('2.16.840.1.101.3.4.1.2'), octetString(Buffer.alloc(16)))
  return sequence(oid('1.2.840.113549.1.5.13'), sequence(sequence(oid(derivation), sequence(...parameters)), aes))
}

function data(content: Buffer): Buffer {
  return sequence(oid('1.2.840.113549.1.7.1'), element(0xa0, octetString(content)))
}

function bag(kind: number, value: Buffer, attributes?: Buffer): Buffer {
  return sequence(oid(`1.2.840.113549.1.12.10.1.${kind}`), element(0xa0, value), ...(attributes ? [attributes] : []))
}

function certificateBag(der: Uint8Array = derFixture('ann.crt'), attributes?: Buffer): Buffer {
  return bag(3, sequence(oid('1.2.840.113549.1.9.22.1'), element(0xa0, octetString(der))), attributes)
}

function keyBag(attributes?: Buffer): Buffer {
  return bag(1, derFixture('ann.pkcs8.key'), attributes)
}

const SHA256 = '2.16.840.1.101.3.4.2.1'
const SALT = Buffer.from('0011223344556677', 'hex')

/** The MAC of PKCS #12 with one iteration. */
async function mac(content: Buffer, password: string): Promise<Buffer> {
  const bmp = Buffer.from(`${password}\0`, 'utf16le').swap16()
  const key = await inTurns(pkcs12Kdf('sha256', PURPOSE.mac, bmp, SALT, 1, 32))
  return macData(createHmac('sha256', key).update(content).digest(), 1)
}

function macData(value: Buffer, iterations: number, digest = SHA256, salt = SALT): Buffer {
  const digestInfo = sequence(sequence(oid(digest), nothing()), octetString(value))
  return sequence(digestInfo, octetString(salt), integer(iterations))
}
