import { createCipheriv, createHmac, pbkdf2Sync, scryptSync, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { SettingsError } from '@posthorn/ground'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { element, integer, nothing, octetString, oid, sequence } from '../../../test/der-writer.js'
import { derFixture } from '../../../test/fixture.js'
import { mutated } from '../../../test/mutated.js'
import { openCertificateStore } from '../open-certificate-store.js'

const ANN = 'CN=Ann Müller,O=Example\\, Inc.,C=DE'
const BOB = 'CN=Bob,O=Example,C=DE'
const CHAIN = ['CN=Fixture CA,O=example.test', 'CN=Fixture Root,O=example.test']

/** A store of Bouncy Castle; see fixtures/README.md. */
function fixture(name: string): Buffer {
  return Buffer.from(readFileSync(new URL(`fixtures/${name}.base64`, import.meta.url), 'latin1'), 'base64')
}

describe('a key store of Bouncy Castle', () => {
  it.each([
    ['keytool.bcfks', 'AES-CCM, PBKDF2 with HMAC-SHA512'],
    ['kwp-sha3.bcfks', 'AES key wrap, PBKDF2 with HMAC-SHA3-512'],
    ['scrypt.bcfks', 'AES-CCM, scrypt'],
  ])('opens %s: %s [part of ipworks.type.Certificate.StoreType.cstBCFKSFile]', async (name) => {
    const store = await openCertificateStore({ source: fixture(name), password: 'secret', keyPassword: 'bob-key' })
    expect(store.identity('ann').certificate.subject).toBe(ANN)
    expect(store.identity('ann').chain.map(({ subject }) => subject)).toEqual(CHAIN)
    expect(store.identity('BOB').certificate.subject).toBe(BOB)
    for (const { certificate, privateKey } of store.identities) {
      expect(new X509Certificate(certificate.der).checkPrivateKey(privateKey.keyObject!)).toBe(true)
    }
    expect(store.certificates).toHaveLength(4)
  })

  it.each(['auto', 'bcfks'] as const)(
    'opens as %s, out of base64 as well [part of ipworks.type.Certificate.StoreType.cstBCFKSBlob]',
    async (type) => {
      for (const source of [fixture('scrypt.bcfks'), fixture('scrypt.bcfks').toString('base64')]) {
        const store = await openCertificateStore({ type, source, password: 'secret', subject: 'CN=Ann M' })
        expect(store.identity().certificate.subject).toBe(ANN)
      }
    },
  )

  it('leaves a key of another password closed, and says so when it is asked for', async () => {
    const store = await openCertificateStore({ source: fixture('scrypt.bcfks'), password: 'secret' })
    expect(store.privateKeys).toHaveLength(1)
    expect(() => store.identity('bob')).toThrow(
      expect.objectContaining({
        code: 'certificate.password',
        message: "store.keyPassword: is needed: the password opens the store, but not the private key 'bob' in it",
      }),
    )
  })

  it.each(['keytool.bcfks', 'kwp-sha3.bcfks', 'scrypt.bcfks'])('refuses a wrong password of %s', async (name) => {
    const error = (await openCertificateStore({ source: fixture(name), password: 'hunter2' }).catch(
      (caught: unknown) => caught,
    )) as SettingsError
    expect(error).toMatchObject({
      code: 'certificate.password',
      message: 'store.password: does not open the store, or it is damaged',
    })
    expect(JSON.stringify([error.message, error.hint, String(error.cause)])).not.toContain('hunter2')
  })

  it('asks for the password when there is none', async () => {
    await expect(openCertificateStore({ source: fixture('scrypt.bcfks') })).rejects.toMatchObject({
      code: 'certificate.password',
      message: 'store.password: is needed to open the store',
    })
  })

  it('refuses a store that a signature protects, and not a password', async () => {
    await expect(openCertificateStore({ source: fixture('signed.bcfks'), password: 'secret' })).rejects.toMatchObject({
      code: 'certificate.format',
      message: 'store.source: the store cannot be read as BCFKS: is protected by a signature and not by a password',
    })
  })

  it('opens a store that is not encrypted, and one with an empty password', async () => {
    const plain = await openCertificateStore({ source: store(data([root()])), password: 'secret' })
    expect(plain.certificates.map(({ subject }) => subject)).toEqual([CHAIN[1]])
    const empty = await openCertificateStore({ source: store(data([root()]), { password: '' }), password: '' })
    expect(empty.select('the root').subject).toBe(CHAIN[1])
  })

  it('reads scrypt as it is written, too: Bouncy Castle takes the block size for the parallelization', async () => {
    const content = data([root()])
    const key = scryptSync(secretFor('secret', 'INTEGRITY_CHECK'), SALT, 64, { N: 16, r: 2, p: 1 })
    const mac = createHmac('sha512', key).update(content).digest()
    const parameters = sequence(octetString(SALT), integer(16), integer(2), integer(1), integer(64))
    const scrypt = sequence(oid('1.3.6.1.4.1.11591.4.11'), parameters)
    const check = sequence(sequence(oid('1.2.840.113549.2.11'), nothing()), scrypt, octetString(mac))
    const opened = await openCertificateStore({ source: sequence(content, check), password: 'secret' })
    expect(opened.certificates).toHaveLength(1)
  })

  it('opens a part in AES-CCM that does not say how long its tag is', async () => {
    const part = encrypted(data([root()]), { tag: 12 })
    const opened = await openCertificateStore({ source: store(part), password: 'secret' })
    expect(opened.certificates).toHaveLength(1)
  })
})

describe('a key store of Bouncy Castle that is not as it should be', () => {
  it.each<[string, Buffer, string]>([
    ['with too many iterations', store(data([]), { iterations: 5_000_000 }), '5000000 iterations'],
    ['with no iterations', store(data([]), { iterations: 0 }), '0 iterations'],
    ['with a MAC without a key length', store(data([]), { keyOctets: undefined }), 'without a proper key length'],
    ['with a MAC with a key of 16 MiB', store(data([]), { keyOctets: 16 << 20 }), 'without a proper key length'],
    ['with an unknown MAC', store(data([]), { hmac: '1.2.3.4' }), 'an HMAC that is not supported (1.2.3.4)'],
    ['with a cipher of its own', store(encrypted(data([]), { cipher: '1.2.3.4' })), 'not supported (1.2.3.4)'],
    ['with a key of 16 octets', store(encrypted(data([]), { keyOctets: 16 })), 'a key of another length'],
    ['with a tag of 4 octets', store(encrypted(data([]), { tag: 4 })), 'AES-CCM that are out of bounds'],
    ['of version 2', store(data([], 2)), 'is of version 2'],
    ['with an entry that is no entry', store(data([sequence(nothing())])), 'expected tag 2, found 5'],
    [
      'with too many entries',
      store(data(Array<Buffer>(10_001).fill(entry(2, 'a', nothing())))),
      'more than 10000 entries',
    ],
    [
      'with a chain without an end',
      store(data([entry(1, 'a', sequence(sequence(), sequence(...Array<Buffer>(101).fill(derFixture('root.crt')))))])),
      'a chain of more than 100 certificates',
    ],
    ['cut off', fixture('scrypt.bcfks').subarray(0, -10), 'a length goes past the end'],
    ['with octets behind it', Buffer.concat([fixture('scrypt.bcfks'), Buffer.alloc(1)]), 'octets follow the end'],
  ])('is refused: %s', async (_, source, message) => {
    await expect(openCertificateStore({ type: 'bcfks', source, password: 'secret' })).rejects.toMatchObject({
      code: 'certificate.format',
      message: expect.stringContaining(message) as string,
      hint: expect.stringContaining('PKCS12') as string,
    })
  })

  it('is not taken for a certificate, nor a certificate for it', async () => {
    expect((await openCertificateStore({ source: derFixture('root.crt') })).certificates).toHaveLength(1)
    await expect(
      openCertificateStore({ type: 'bcfks', source: derFixture('root.crt'), password: 'secret' }),
    ).rejects.toMatchObject({ code: 'certificate.format' })
  })

  it('changed behind the MAC: a SettingsError, or it is read', async () => {
    const plain = data([root(), entry(1, 'ann', sequence(sequence(), sequence(derFixture('ann.crt'))))])
    const look = async (changed: Buffer) => {
      try {
        await openCertificateStore({ type: 'bcfks', source: store(changed), password: 'secret' })
      } catch (error) {
        if (!(error instanceof SettingsError)) throw error
        expect(error.code).toMatch(/^certificate\./)
      }
    }
    await fc.assert(fc.asyncProperty(mutated(plain), look), { numRuns: 300 })
    const whole = async (changed: Buffer) => {
      await expect(openCertificateStore({ source: changed, password: 'secret' })).rejects.toBeInstanceOf(SettingsError)
    }
    await fc.assert(
      fc.asyncProperty(
        mutated(store(plain)).filter((each) => !each.equals(store(plain))),
        whole,
      ),
      { numRuns: 60 },
    )
  })
})

const TIME = element(0x18, Buffer.from('20260101000000Z'))
const SALT = Buffer.alloc(16, 7)

function root(): Buffer {
  return entry(0, 'the root', derFixture('root.crt'))
}

/** ObjectData. */
function entry(kind: number, alias: string, octets: Uint8Array): Buffer {
  return sequence(integer(kind), element(0x0c, Buffer.from(alias)), TIME, TIME, octetString(octets))
}

/** ObjectStoreData. */
function data(entries: readonly Buffer[], version = 1): Buffer {
  return sequence(integer(version), sequence(oid('1.2.3')), TIME, TIME, sequence(...entries))
}

interface Protection {
  readonly password?: string
  readonly iterations?: number
  readonly keyOctets?: number | undefined
  readonly hmac?: string
}

/** A store: these octets, and a MAC that fits them. */
function store(content: Buffer, protection: Protection = {}): Buffer {
  const { password = 'secret', iterations = 1, hmac = '1.2.840.113549.2.11' } = protection
  const keyOctets = 'keyOctets' in protection ? protection.keyOctets : 64
  const key = pbkdf2Sync(
    secretFor(password, 'INTEGRITY_CHECK'),
    SALT,
    Math.max(1, Math.min(iterations, 10)),
    64,
    'sha512',
  )
  const mac = createHmac('sha512', key).update(content).digest()
  const check = sequence(sequence(oid(hmac), nothing()), pbkdf2(iterations, keyOctets), octetString(mac))
  return sequence(content, check)
}

/** EncryptedObjectStoreData with AES-CCM. */
function encrypted(
  content: Buffer,
  {
    tag = 8,
    keyOctets = 32,
    cipher = '2.16.840.1.101.3.4.1.47',
  }: { tag?: number; keyOctets?: number; cipher?: string },
): Buffer {
  const key = pbkdf2Sync(secretFor('secret', 'STORE_ENCRYPTION'), SALT, 1, 32, 'sha512')
  const nonce = Buffer.alloc(12, 1)
  const aes = createCipheriv('aes-256-ccm', key, nonce, { authTagLength: tag })
  const ciphertext = Buffer.concat([aes.update(content), aes.final(), aes.getAuthTag()])
  const parameters = sequence(octetString(nonce), ...(tag === 12 ? [] : [integer(tag)]))
  const pbes2 = sequence(pbkdf2(1, keyOctets), sequence(oid(cipher), parameters))
  return sequence(sequence(oid('1.2.840.113549.1.5.13'), pbes2), octetString(ciphertext))
}

function pbkdf2(iterations: number, keyOctets: number | undefined): Buffer {
  const length = keyOctets === undefined ? [] : [integer(keyOctets)]
  const hmac = sequence(oid('1.2.840.113549.2.11'), nothing())
  return sequence(oid('1.2.840.113549.1.5.12'), sequence(octetString(SALT), integer(iterations), ...length, hmac))
}

function secretFor(password: string, use: string): Buffer {
  return Buffer.concat(
    [password, use].filter((text) => text !== '').map((text) => Buffer.from(`${text}\0`, 'utf16le').swap16()),
  )
}
