import { readFileSync } from 'node:fs'
import { X509Certificate } from 'node:crypto'
import { SettingsError } from '@posthorn/ground'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { int, JKS, javaStore, sealed, text } from '../../../test/java-store-writer.js'
import { derFixture, pfxFixture } from '../../../test/fixture.js'
import { mutated } from '../../../test/mutated.js'
import { openCertificateStore } from '../open-certificate-store.js'
import { readJavaStore } from './java-entries.js'
import { inTurns } from '../steps.js'

const ANN = 'CN=Ann Müller,O=Example\\, Inc.,C=DE'
const BOB = 'CN=Bob,O=Example,C=DE'
const CHAIN = ['CN=Fixture CA,O=example.test', 'CN=Fixture Root,O=example.test']
const JCEKS = 0xcececece

/** A store of keytool; see fixtures/README.md. */
function fixture(name: string): Buffer {
  return Buffer.from(readFileSync(new URL(`fixtures/${name}.base64`, import.meta.url), 'latin1'), 'base64')
}

describe('a key store of Java', () => {
  it.each(['two.jks', 'two.jceks'])(
    'opens %s: two keys with passwords of their own, each with its certificate and chain [part of ipworks.type.Certificate.StoreType.cstJKSFile]',
    async (name) => {
      const store = await openCertificateStore({ source: fixture(name), password: 'secret', keyPassword: 'bob-key' })
      const ann = store.identity('ann')
      expect(ann.certificate.subject).toBe(ANN)
      expect(ann.chain.map(({ subject }) => subject)).toEqual(CHAIN)
      const bob = store.identity('bob')
      expect(bob.certificate.subject).toBe(BOB)
      for (const { certificate, privateKey } of store.identities) {
        expect(new X509Certificate(certificate.der).checkPrivateKey(privateKey.keyObject!)).toBe(true)
      }
      expect(store.identities).toHaveLength(2)
    },
  )

  it.each(['auto', 'jks'] as const)(
    'is opened as %s, out of base64 as well [part of ipworks.type.Certificate.StoreType.cstJKSBlob]',
    async (type) => {
      for (const source of [fixture('two.jks'), fixture('two.jks').toString('base64')]) {
        const store = await openCertificateStore({
          type,
          source,
          password: 'secret',
          subject: 'Thumbprint=' + THUMBPRINT,
        })
        expect(store.identity().certificate.subject).toBe(ANN)
      }
    },
  )

  it('leaves a key of another password closed, opens the others, and says so when that one is asked for', async () => {
    const store = await openCertificateStore({ source: fixture('two.jks'), password: 'secret' })
    expect(store.identity().certificate.subject).toBe(ANN)
    expect(store.select('bob').subject).toBe(BOB)
    expect(() => store.identity('bob')).toThrow(
      expect.objectContaining({
        code: 'certificate.password',
        field: 'store.keyPassword',
        message: "store.keyPassword: is needed: the password opens the store, but not the private key 'bob' in it",
      }),
    )
  })

  it('gives the certificates without a password, and not the keys', async () => {
    const store = await openCertificateStore({ source: fixture('two.jks') })
    expect(store.certificates.map(({ subject }) => subject).sort()).toEqual([ANN, BOB, ...CHAIN].sort())
    expect(store.privateKeys).toEqual([])
    for (const subject of ['*', 'bob']) {
      expect(() => store.identity(subject)).toThrow(
        expect.objectContaining({
          code: 'certificate.password',
          message: 'store.password: is needed for the private key in the store',
        }),
      )
    }
    expect(() => store.identity('fixture root')).toThrow(expect.objectContaining({ code: 'certificate.no-key' }))
  })

  it('gives the certificates of a trust store', async () => {
    const store = await openCertificateStore({ source: fixture('trust.jks'), password: 'secret' })
    expect(store.certificates.map(({ subject }) => subject).sort()).toEqual(CHAIN)
    expect(store.select('ROOT').subject).toBe(CHAIN[1])
    expect(() => store.identity()).toThrow(expect.objectContaining({ code: 'certificate.no-key' }))
  })

  it('opens a store whose password and alias are not ASCII', async () => {
    const store = await openCertificateStore({ source: fixture('unicode.jks'), password: 'pässwörd €' })
    expect(store.identity('Ännchen 😀').certificate.subject).toBe(ANN)
  })

  it('passes over the secret keys of JCEKS', async () => {
    const store = await openCertificateStore({ source: fixture('secrets.jceks'), password: 'secret' })
    expect(store.identity('ann').certificate.subject).toBe(ANN)
    expect(store.privateKeys).toHaveLength(1)
  })

  it.each([JKS, JCEKS])('reads version 1, which does not say what kind of certificates it has', async (magic) => {
    const { entries } = await inTurns(readJavaStore(fixture('two.jks')))
    const old = javaStore(
      entries.map((each) => ({ kind: 1, ...each })),
      'secret',
      { version: 1, magic },
    )
    const store = await openCertificateStore({ source: old, password: 'secret', keyPassword: 'bob-key' })
    expect(store.identities).toHaveLength(2)
  })

  it('opens a .jks of Java 9 and later, which is PKCS #12, whether or not the type is given', async () => {
    for (const type of ['auto', 'jks'] as const) {
      const store = await openCertificateStore({ type, source: pfxFixture('java-two.pfx'), password: 'secret' })
      expect(store.identities).toHaveLength(2)
    }
  })

  it.each(['two.jks', 'two.jceks', 'trust.jks'])(
    'refuses a wrong password of %s and does not repeat it',
    async (name) => {
      const opening = openCertificateStore({ source: fixture(name), password: 'hunter2', field: 'tls.identity' })
      const error = (await opening.catch((caught: unknown) => caught)) as SettingsError
      expect(error).toMatchObject({
        code: 'certificate.password',
        message: 'tls.identity.password: does not open the store, or it is damaged',
      })
      expect(JSON.stringify([error.message, error.hint, String(error.cause)])).not.toContain('hunter2')
    },
  )

  it.each(['two.jks', 'two.jceks'])('refuses passwords that fit no key of %s', async (name) => {
    const entries = (await inTurns(readJavaStore(fixture(name)))).entries.map((each) => ({ kind: 1, ...each }))
    const source = javaStore(entries, 'other')
    await expect(openCertificateStore({ source, password: 'other', keyPassword: 'wrong' })).rejects.toMatchObject({
      code: 'certificate.password',
      message: "store.keyPassword: does not open the private key 'bob' in the store",
    })
    const opened = await openCertificateStore({ source, password: 'other', keyPassword: 'secret' })
    expect(opened.identity().certificate.subject).toBe(ANN)
  })
})

const THUMBPRINT = '7A:BA:FA:23:B9:5D:1E:C1:0E:F3:67:5E:24:15:4D:CA:0E:2D:D0:45:E2:AF:FB:92:60:34:EC:10:80:DF:CA:0C'

describe('a key store of Java that is not as it should be', () => {
  const root = derFixture('root.crt')
  const trusted = { kind: 2, alias: 'root', certificates: [root] }

  it.each<[string, Buffer, string]>([
    ['of version 3', javaStore([trusted], 'secret', { version: 3 }), 'is of version 3'],
    ['with more entries than it has', javaStore([trusted], 'secret', { count: 2 }), 'ends too early'],
    [
      'with four thousand million entries',
      javaStore([trusted], 'secret', { count: 0xffffffff }),
      'more than 10000 entries',
    ],
    ['with fewer entries than it has', javaStore([trusted], 'secret', { count: 0 }), 'octets follow the end'],
    [
      'with an unknown entry',
      javaStore([{ ...trusted, kind: 9 }], 'secret'),
      'an entry of a kind that is not known (9)',
    ],
    [
      'with a chain of a thousand million certificates',
      sealed(Buffer.concat([head(1), int(1), text('a'), Buffer.alloc(8), int(0), int(1e9)]), 'secret'),
      'a chain of more than 100 certificates',
    ],
    [
      'with a key of 4 GiB',
      sealed(Buffer.concat([head(1), int(1), text('a'), Buffer.alloc(8), int(0xffffffff)]), 'secret'),
      'ends too early',
    ],
    [
      'with a broken alias',
      sealed(Buffer.concat([head(1), int(2), Buffer.from('000180', 'hex')]), 'secret'),
      'a text is broken',
    ],
    [
      'with a secret that is another object of Java',
      sealed(
        Buffer.concat([
          head(1),
          int(3),
          text('a'),
          Buffer.alloc(8),
          Buffer.from('aced000573720000', 'hex'),
          Buffer.alloc(40),
        ]),
        'secret',
      ),
      'a secret key of a kind that is not known',
    ],
    [
      'with a key that is no ASN.1',
      javaStore([{ kind: 1, alias: 'a', protectedKey: Buffer.from('3085', 'hex'), certificates: [root] }], 'secret'),
      'a length of more than four octets',
    ],
    ['cut off', fixture('two.jks').subarray(0, -30), 'ends too early'],
  ])('is refused: %s', async (_, source, message) => {
    await expect(openCertificateStore({ source, password: 'secret' })).rejects.toMatchObject({
      code: 'certificate.format',
      message: expect.stringContaining(message) as string,
      hint: expect.stringContaining('PKCS12') as string,
    })
  })

  it('is refused as jks when it is something else', async () => {
    await expect(openCertificateStore({ type: 'jks', source: root })).rejects.toMatchObject({
      code: 'certificate.format',
      message: 'store.source: the store cannot be read as a Java key store: begins with another number',
    })
  })

  it.each(['two.jks', 'trust.jks', 'secrets.jceks'])('%s, changed: a SettingsError, or it is read', async (name) => {
    const content = fixture(name).subarray(0, -20)
    const look = async (changed: Buffer) => {
      try {
        const store = await openCertificateStore({ source: sealed(changed, 'secret'), password: 'secret' })
        expect(store.identities.length).toBeLessThanOrEqual(2)
      } catch (error) {
        if (!(error instanceof SettingsError)) throw error
        expect(error.code).toMatch(/^certificate\./)
      }
    }
    await fc.assert(fc.asyncProperty(mutated(content), look), { numRuns: name === 'secrets.jceks' ? 30 : 120 })
  })
})

/** The head of a store with so many entries. */
function head(count: number): Buffer {
  return Buffer.concat([int(JKS), int(2), int(count)])
}
