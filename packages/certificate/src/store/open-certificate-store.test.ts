import { createPrivateKey } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { mailIdentity } from '@posthorn/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { integer, octetString, oid, sequence } from '../../test/der-writer.js'
import { derFixture, fixturePath, pemFixture, pfxFixture } from '../../test/fixture.js'
import { ecdsa, ecKeys, madeCertificate, mailNames } from '../../test/made-certificate.js'
import { refusalOf } from '../../test/refusal-of.js'
import type { CertificateStore } from './certificate-store.js'
import { openCertificateStore } from './open-certificate-store.js'
import type { StoreType } from './openers.js'

const ANN = 'CN=Ann Müller,O=Example\\, Inc.,C=DE'
const BOB = 'CN=Bob,O=Example,C=DE'

describe('openCertificateStore', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'posthorn-certificate-'))
    await writeFile(join(folder, 'ann.pfx'), pfxFixture('aes-256.pfx'))
    await writeFile(join(folder, 'large.pem'), Buffer.alloc(8 * 1024 * 1024 + 1))
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('reads a file, by path and by URL [part of ipworks.type.Certificate.StoreType.cstPFXFile] [part of beyondtrust.server.UserCertificateFile]', async () => {
    const path = join(folder, 'ann.pfx')
    for (const source of [{ path }, { path: pathToFileURL(path) }]) {
      const store = await openCertificateStore({ source, password: 'secret' })
      expect(store.identity().certificate.subject).toBe(ANN)
    }
  })

  it('makes one store of a certificate and its key in files of their own [part of ipworks.type.Certificate.StoreType.cstPEMKeyFile]', async () => {
    const source = [{ path: fixturePath('ann.crt') }, { path: fixturePath('ann.sec1.key') }, pemFixture('ca.crt')]
    const { chain, certificate } = (await openCertificateStore({ source })).identity()
    expect([certificate.subject, ...chain.map(({ subject }) => subject)]).toEqual([ANN, 'CN=Fixture CA,O=example.test'])
  })

  it('names each source in errors as it is told to', async () => {
    const [source, sourceFields] = [
      [pemFixture('ann.crt'), 'no key'],
      ['tls.cert', 'tls.key'],
    ]
    await expect(openCertificateStore({ source, sourceFields })).rejects.toMatchObject({ field: 'tls.key' })
    await expect(openCertificateStore({ source })).rejects.toMatchObject({ field: 'store.source[1]' })
  })

  it.each<[StoreType, string]>([
    ['pem', 'the store has no certificate and no key in PEM'],
    ['der', 'the store is neither a certificate nor a key in DER: it has another structure'],
  ])('takes a type at its word: %s', async (type, message) => {
    await expect(openCertificateStore({ type, source: pfxFixture('aes-256.pfx') })).rejects.toMatchObject({
      code: 'certificate.format',
      message: `store.source: ${message}`,
    })
  })

  it('refuses PEM as PFX', async () => {
    await expect(openCertificateStore({ type: 'pfx', source: pemFixture('ann.crt') })).rejects.toMatchObject({
      code: 'certificate.format',
      hint: 'Check that it is complete, or export it again as PKCS #12 with AES-256 and SHA-256.',
    })
  })

  it('names the file that is not there [part of ipworks.error.271] [part of ipworks.type.Certificate.Store] [part of beyondtrust.server.UserCertificateFile]', async () => {
    const path = join(folder, 'missing.pfx')
    await expect(openCertificateStore({ source: { path }, field: 'tls.identity' })).rejects.toMatchObject({
      name: 'SettingsError',
      code: 'certificate.unreadable',
      field: 'tls.identity.source',
      message: `tls.identity.source: the file ${path} cannot be read (ENOENT)`,
    })
    await expect(openCertificateStore({ source: [derFixture('ann.crt'), { path }] })).rejects.toMatchObject({
      field: 'store.source[1]',
    })
  })

  it('refuses a folder, a file that is too large, and too many octets', async () => {
    await expect(openCertificateStore({ source: { path: folder } })).rejects.toMatchObject({
      code: 'certificate.unreadable',
      message: `store.source: the file ${folder} is not a file`,
    })
    const large = 'is larger than 8 MiB'
    await expect(openCertificateStore({ source: { path: join(folder, 'large.pem') } })).rejects.toThrow(large)
    await expect(openCertificateStore({ source: Buffer.alloc(9_000_000) })).rejects.toThrow(large)
    await expect(openCertificateStore({ source: 'x'.repeat(9_000_000) })).rejects.toThrow(large)
  })

  it('spends one amount of key derivation on all keys of all sources', async () => {
    const iterations = 3_999_000 // ann.pbes2.key asks for 2048 besides
    const pbkdf2 = sequence(oid('1.2.840.113549.1.5.12'), sequence(octetString(Buffer.alloc(8)), integer(iterations)))
    const aes = sequence(oid('2.16.840.1.101.3.4.1.42'), octetString(Buffer.alloc(16)))
    const pbes2 = sequence(oid('1.2.840.113549.1.5.13'), sequence(pbkdf2, aes))
    const der = sequence(pbes2, octetString(Buffer.alloc(32)))
    const label = 'ENCRYPTED PRIVATE KEY'
    const pem = `-----BEGIN ${label}-----\n${der.toString('base64')}\n-----END ${label}-----\n`
    const first = pemFixture('ann.pbes2.key')
    for (const source of [first + pem, [first, pem], [first, der]]) {
      await expect(openCertificateStore({ source, password: 'secret' })).rejects.toMatchObject({
        code: 'certificate.format',
        message: expect.stringContaining('a key derivation of 3999000 iterations') as string,
      })
    }
  })

  it('does not take a string for a path', async () => {
    await expect(openCertificateStore({ source: join(folder, 'ann.pfx'), password: 'x' })).rejects.toMatchObject({
      code: 'certificate.format',
      hint: expect.stringContaining('Give the text of a PEM file, or { path } for a file.') as string,
    })
  })

  it('says which types there are when it knows none [part of ipworks.type.Certificate.StoreType.cstAuto] [part of ipworks.type.Certificate.StoreType]', async () => {
    await expect(openCertificateStore({ source: Buffer.from('hello!') })).rejects.toMatchObject({
      code: 'certificate.format',
      message: 'store.source: the store is no store of certificates that is known',
      hint: 'Give a file of one of the types pfx, pem, bcfks, der, p7b, jwk, ppk, ssh, xml, jks, publickey.',
    })
    const options = { type: 'gpg' as StoreType, source: Buffer.alloc(1) }
    await expect(openCertificateStore(options)).rejects.toMatchObject({
      code: 'certificate.format',
      field: 'store.type',
      hint: expect.stringMatching(/^Use one of pfx, pem, .*windows-user.*, or auto\.$/) as string,
    })
  })
})

describe('select and identity', () => {
  let store: CertificateStore
  beforeAll(async () => {
    const names = ['root.crt', 'ca.crt', 'ann-renewed.crt', 'bob.crt', 'bob.pkcs1.key', 'ann.crt', 'ann.pkcs8.key']
    store = await openCertificateStore({ source: names.map(pemFixture).join('') })
  })

  it.each([undefined, '', '*'])(
    'takes the first with a private key for %j [part of ipworks.type.Certificate.Subject] [part of illiad.config.SslCertSubject]',
    (subject) => {
      expect(store.identity(subject).certificate.subject).toBe(BOB)
      expect(store.select(subject).subject).toBe(BOB)
    },
  )

  it('takes the first that is no authority when there is no private key', async () => {
    const source = pemFixture('root.crt') + pemFixture('ca.crt') + pemFixture('ann.crt')
    expect((await openCertificateStore({ source })).select().subject).toBe(ANN)
    const authorities = await openCertificateStore({ source: pemFixture('root.crt') + pemFixture('ca.crt') })
    expect(authorities.select().subject).toBe('CN=Fixture Root,O=example.test')
  })

  it.each([
    ['the whole subject', BOB, BOB],
    ['the whole subject in the other order', 'C=DE, O=Example, CN=Bob', BOB],
    ['the whole subject with spaces and case', 'cn=bob , o=EXAMPLE, c=de', BOB],
    ['a value in quotation marks', 'CN=Ann Müller, O="Example, Inc.", C=DE', ANN],
    ['the common name', 'Ann Müller', ANN],
    ['the common name before a longer one', 'ann renewed', 'CN=Ann renewed,O=Example,C=DE'],
    ['a mail address', 'BOB@example.test', BOB],
    ['a part of the subject', 'müller', ANN],
    ['a part that is an attribute', 'CN=Bo', BOB],
    ['parts that follow each other', 'O=Example, CN=Bob', BOB],
    ['an authority', 'Fixture CA', 'CN=Fixture CA,O=example.test'],
    ['a comma as two digits', 'CN=Ann M\\C3\\BCller, O=Example\\2C Inc., C=DE', ANN],
    ['a comma with a backslash', 'CN=Ann Müller, O=Example\\, Inc., C=DE', ANN],
  ])('finds %s', (_, subject, found) => expect(store.select(subject).subject).toBe(found))

  it('takes a mail address for a whole one and never for a part of another', async () => {
    const { publicKey, privateKey } = ecKeys()
    const made = (subject: string, ...addresses: readonly string[]) => {
      const extensions = addresses.length > 0 ? [mailNames(...addresses)] : []
      return madeCertificate({ subject, issuer: 'Root', publicKey, signing: ecdsa(privateKey), extensions })
    }
    const jimbob = made('jimbob@example.com', 'jimbob@example.com')
    const other = made('bob@example.com', 'mallory@example.com')
    const comma = made('x,bob@example.com')
    const without = await openCertificateStore({ source: [jimbob, other, comma] })
    for (const subject of ['bob@example.com', '@example.com', 'example.com@', 'im@', 'E=bob@example.com']) {
      expect(() => without.select(subject), subject).toThrow(expect.objectContaining({ code: 'certificate.not-found' }))
    }
    expect(without.select('CN=bob@example.com').emails).toEqual(['mallory@example.com'])
    const mine = [made('Bob', 'BOB@xn--bcher-kva.example'), made('carol@example.com')]
    const store = await openCertificateStore({ source: [jimbob, ...mine] })
    expect(store.select('bob@b\u00fccher.example').subject).toBe('CN=Bob')
    expect(store.select('Carol@example.com').subject).toBe('CN=carol@example.com')
  })

  it('finds an attribute with a mail address whole', async () => {
    const subject = 'C=DE,1.2.840.113549.1.9.1=jimbob@example.com,CN=Jim'
    const made = await mailIdentity({ email: [], subject })
    const store = await openCertificateStore({ source: made.certificate })
    for (const text of [
      'E=jimbob@example.com',
      'emailAddress=jimbob@example.com, CN=Jim',
      'CN=Jim, E=jimbob@example.com',
    ]) {
      expect(store.select(text).subject).toContain('jimbob')
    }
    expect(() => store.select('E=jimbob@example.co')).toThrow('fits')
  })

  it('finds a thumbprint: MD5, SHA-1 or SHA-256, with colons, spaces or nothing [part of ipworks.type.Certificate.Subject] [part of ipworks.type.Certificate.ctor.5]', () => {
    const [bob] = store.certificates.filter(({ subject }) => subject === BOB)
    const { md5, sha1, sha256 } = bob!.fingerprints
    const colons = sha256.toUpperCase().replaceAll(/..(?!$)/g, '$&:')
    const spaces = sha1.replaceAll(/..(?!$)/g, '$& ')
    for (const subject of [md5, sha1, sha256, colons, spaces, ` ${sha1}\n`, `Thumbprint=${sha1}`]) {
      expect(store.select(subject)).toBe(bob)
      expect(store.identity(subject).certificate).toBe(bob)
    }
  })

  it('finds the name a store gives: friendlyName', async () => {
    const java = await openCertificateStore({ source: pfxFixture('java-two.pfx'), password: 'secret' })
    expect(java.identity('bob').certificate.subject).toBe(BOB)
  })

  it('looks for the subject of the options when it is not told', async () => {
    const source = ['ann.crt', 'ann.pkcs8.key', 'bob.crt', 'bob.pkcs1.key'].map(pemFixture).join('')
    const opened = await openCertificateStore({ source, subject: 'bob' })
    expect([opened.select().subject, opened.identity().certificate.subject]).toEqual([BOB, BOB])
    expect(opened.identity('ann').certificate.subject).toBe(ANN)
  })

  it('names what there is when nothing fits [part of ipworks.error.272] [part of ipworks.type.Certificate.Subject]', () => {
    const message =
      "store.subject: no certificate in the text fits 'Carol'; it has 'CN=Fixture Root,O=example.test', " +
      `'CN=Fixture CA,O=example.test', 'CN=Ann renewed,O=Example,C=DE', '${BOB}', '${ANN}'`
    for (const look of [() => store.select('Carol'), () => store.identity('Carol')]) {
      expect(look).toThrow(expect.objectContaining({ name: 'SettingsError', code: 'certificate.not-found', message }))
    }
  })

  it('says that there is no private key for a certificate', () => {
    expect(() => store.identity('Fixture CA')).toThrow(
      expect.objectContaining({
        code: 'certificate.no-key',
        message: "store.subject: the text has no private key for 'CN=Fixture CA,O=example.test'",
      }),
    )
  })

  it('has an identity for every certificate with the same key', () => {
    expect(store.identities.map(({ certificate }) => certificate.subject)).toEqual([
      BOB,
      'CN=Ann renewed,O=Example,C=DE',
      ANN,
    ])
  })
})

describe('what the documents say of stores', () => {
  const BOTH = { source: pfxFixture('java-two.pfx'), password: 'secret' }

  it('auto tells every kind by what is in it [part of ipworks.type.Certificate.StoreType.cstAuto]', async () => {
    const sources: Readonly<Record<string, string | Buffer>> = {
      pfx: pfxFixture('des3.pfx'),
      pem: pemFixture('ann.crt'),
      der: derFixture('ann.crt'),
      p7b: pfxFixture('chain.p7b'),
      jwk: pemFixture('bob.jwk'),
      ppk: pemFixture('bob.v2.ppk'),
      ssh: pemFixture('bob.ssh.pub'),
      xml: pemFixture('bob.xml'),
    }
    const { OPENERS } = await import('./openers.js')
    for (const [type, source] of Object.entries(sources)) {
      const octets = Buffer.from(source)
      const known = Object.entries(OPENERS).filter(([, opener]) => 'recognises' in opener && opener.recognises(octets))
      expect(
        known.map(([name]) => name),
        type,
      ).toEqual([type])
      await openCertificateStore({ source, password: 'secret' })
    }
  })

  it('opens PFX octets and base64, and PEM text [part of ipworks.type.Certificate.StoreType.cstPFXBlob] [part of ipworks.type.Certificate.StoreType.cstPEMKeyBlob] [part of ipworks.type.Certificate.StoreB] [part of illiad.config.SslCertStoreType]', async () => {
    const pfx = pfxFixture('windows-rc2-40.pfx')
    const pem = pemFixture('bob.crt') + pemFixture('bob.pkcs1.key')
    for (const [type, source] of [
      ['pfx', pfx],
      ['pfx', pfx.toString('base64')],
      ['pem', pem],
      ['pem', Buffer.from(pem)],
      ['pem', Buffer.from(`\ufeff${pem}`, 'utf16le')],
    ] as const) {
      expect((await openCertificateStore({ type, source, password: 'secret' })).identity().certificate.subject).toBe(
        BOB,
      )
    }
  })

  it.each([
    ['exact', `"CN=Bob", O="Example", C=DE`, BOB],
    ['exact, in the order of Windows', 'C=DE, O=Example, CN=Bob', BOB],
    ['a part', 'bo', BOB],
    ['a part without CN=', 'Müller', ANN],
    ['a part with a comma in quotation marks', 'O="Example, Inc."', ANN],
  ])(
    'finds by subject: %s [part of ipworks.type.Certificate.Subject] [part of ipworks.type.Certificate.ctor.4] [part of ipworks.type.Certificate.ctor.7] [part of illiad.config.SslCertSubject]',
    async (_, subject, found) => {
      const store = await openCertificateStore({ ...BOTH, subject })
      expect(store.identity().certificate.subject).toBe(found)
    },
  )

  it('finds by thumbprint, given as Thumbprint= [part of ipworks.type.Certificate.ctor.4] [part of ipworks.type.Certificate.ctor.7] [part of ipworks.type.Certificate.ctor.8]', async () => {
    const [, second] = (await openCertificateStore(BOTH)).identities
    for (const value of Object.values(second!.certificate.fingerprints)) {
      const store = await openCertificateStore({ ...BOTH, subject: `Thumbprint=${value}` })
      expect(store.identity().certificate).toEqual(second!.certificate)
    }
  })

  it('finds S and E, the short names of Windows [part of ipworks.type.Certificate.Subject]', async () => {
    const subject = 'C=DE,ST=Bavaria,CN=Relay,1.2.840.113549.1.9.1=relay@example.test'
    const made = await mailIdentity({ email: [], subject })
    const store = await openCertificateStore({ source: made.certificate })
    for (const wanted of ['S=Bavaria', 'E=relay@example.test', 'E=relay@example.test, CN=Relay, S=Bavaria, C=DE']) {
      expect(store.select(wanted).subject).toContain('Bavaria')
    }
    expect(() => store.select('S=Hesse')).toThrow(expect.objectContaining({ code: 'certificate.not-found' }))
  })

  it('a wrong password, a missing file and a store that cannot be read have causes of their own [part of ipworks.error.271] [part of ipworks.type.Certificate.StorePassword] [part of illiad.config.SslCertStorePassword] [part of beyondtrust.server.UserCertificatePassword]', async () => {
    const source = pfxFixture('windows-rc2-40.pfx')
    const refusals = [
      await refusalOf({ source, password: 'hunter2' }),
      await refusalOf({ source: { path: fixturePath('missing.pfx') } }),
      await refusalOf({ type: 'windows-machine', source: 'MY', subject: 'CN=Ann' }),
    ]
    expect(refusals.map((each) => each?.code)).toEqual([
      'certificate.password',
      'certificate.unreadable',
      'certificate.store-unavailable',
    ])
    expect(JSON.stringify(refusals)).not.toContain('hunter2')
  })

  it('a key with a password of its own is opened with keyPassword [part of ipworks.type.Certificate.KeyPassword]', async () => {
    const source = pemFixture('ann.crt') + pemFixture('ann.pbes2.key')
    const store = await openCertificateStore({ source, password: 'of the store', keyPassword: 'secret' })
    expect(store.identity().certificate.subject).toBe(ANN)
    expect(await refusalOf({ source, password: 'of the store' })).toMatchObject({ code: 'certificate.password' })
  })

  it('what was in a file is the same store without the file [part of beyondtrust.server.EnableCachedCertificate] [part of beyondtrust.behaviour.cached-certificate]', async () => {
    const path = fixturePath('bob.v2-plain.ppk')
    const kept = await readFile(path)
    const [fromFile, fromOctets] = [
      await openCertificateStore({ source: { path } }),
      await openCertificateStore({ source: kept }),
    ]
    expect(fromOctets.publicKeys[0]!.pem).toBe(fromFile.publicKeys[0]!.pem)
    expect(fromOctets.privateKeys).toHaveLength(1)
  })

  it('tells whether there is a private key, and gives it [part of ipworks.type.Certificate.PrivateKey] [part of ipworks.type.Certificate.PrivateKeyAvailable]', async () => {
    const { privateKey } = (await openCertificateStore(BOTH)).identity('bob')
    const pem = privateKey.keyObject!.export({ type: 'pkcs8', format: 'pem' })
    expect(createPrivateKey(pem).asymmetricKeyType).toBe('rsa')
    const bare = await openCertificateStore({ source: pemFixture('bob.crt') })
    expect([bare.identities, bare.privateKeys]).toEqual([[], []])
  })
})
