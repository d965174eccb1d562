import { createHash, createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mailIdentity, type MailIdentity } from '@posthorn/testkit'
import { storeOctets, storePath, storeText } from '../../../../test/store-fixture.js'
import { IPWorksError } from '../ipworks-error.js'
import { Certificate, StoreType } from './certificate.js'

const ANN = 'CN=Ann Müller, O="Example, Inc.", C=DE'
const BOB = 'CN=Bob, O=Example, C=DE'
const { cstPFXFile, cstPFXBlob, cstPEMKeyFile, cstPEMKeyBlob, cstMachine, cstUser, cstJKSBlob } = StoreType
const CA = 'CN=Fixture CA, O=example.test'
/** Ann with her key, and two authorities. */
const PFX = storeOctets('aes-256.pfx')

const hashes = (name: string) => {
  const der = new X509Certificate(storeOctets(name)).raw
  return ['md5', 'sha1', 'sha256'].map((digest) => createHash(digest).update(der).digest('hex'))
}

/** An empty certificate with these fields set, in their order. */
function filled(fields: Partial<Record<keyof Certificate, unknown>>): Certificate {
  return Object.assign(new Certificate(), fields)
}

function problem(act: () => unknown): IPWorksError {
  try {
    act()
  } catch (error) {
    if (error instanceof IPWorksError) return error
    throw error
  }
  throw new Error('it went well')
}

let folder: string
let pfx: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'posthorn-ipworks-'))
  pfx = join(folder, 'ann.pfx')
  await writeFile(pfx, PFX)
})
afterAll(() => rm(folder, { recursive: true }))

describe('a constructor of Certificate', () => {
  it('makes an empty one [ipworks.type.Certificate.ctor.1]', () => {
    const empty = new Certificate()
    expect([empty.store, empty.storeB.toString(), empty.storeType]).toEqual(['MY', 'MY', 0])
    const texts = [empty.subject, empty.encoded, empty.storePassword, empty.keyPassword, empty.issuer, empty.version]
    texts.push(empty.effectiveDate, empty.expirationDate, empty.extendedKeyUsage, empty.serialNumber, empty.usage)
    texts.push(empty.fingerprint, empty.fingerprintSHA1, empty.fingerprintSHA256, empty.signatureAlgorithm)
    texts.push(empty.thumbprintMD5, empty.thumbprintSHA1, empty.thumbprintSHA256, empty.subjectAltNames)
    texts.push(empty.privateKey, empty.privateKeyContainer, empty.publicKey, empty.publicKeyAlgorithm)
    expect([...new Set(texts)]).toEqual([''])
    expect([empty.publicKeyLength, empty.usageFlags, empty.encodedB.length]).toEqual([0, 0, 0])
    expect([empty.privateKeyAvailable, empty.isEmpty, empty.hasKeyOnly, empty.der]).toEqual([
      false,
      true,
      false,
      undefined,
    ])
    empty.storeType = cstPFXBlob
    expect(empty.storeType).toBe(3)
  })

  it('reads a file, PEM or DER, without a key [ipworks.type.Certificate.ctor.2]', async () => {
    const der = join(folder, 'ann.cer')
    await writeFile(der, new X509Certificate(storeOctets('ann.crt')).raw)
    for (const path of [storePath('ann.crt'), der]) {
      const read = new Certificate(path)
      expect([read.subject, read.privateKeyAvailable, read.isEmpty]).toEqual([ANN, false, false])
      expect(await read.identity).toBeUndefined()
    }
    expect(problem(() => new Certificate(join(folder, 'nothing.cer')))).toMatchObject({ code: 271 })
    expect(problem(() => new Certificate(storePath('bob.spki.pub')))).toMatchObject({ code: 271 })
  })

  it('reads octets, PEM or DER, without a key [ipworks.type.Certificate.ctor.3]', () => {
    const pem = storeOctets('ann.crt')
    for (const octets of [pem, new X509Certificate(pem).raw, new Uint8Array(pem)]) {
      const read = new Certificate(octets)
      expect([read.subject, read.privateKeyAvailable]).toEqual([ANN, false])
    }
    for (const wrong of [Buffer.from('no certificate'), Buffer.alloc(0)]) {
      expect(problem(() => new Certificate(wrong))).toMatchObject({ code: 10022 })
    }
  })

  it.each<readonly [string, string]>([
    [ANN, ANN],
    ['C=DE, O="Example, Inc.", CN=Ann Müller', ANN],
    [CA, CA],
    ['CN=Ann', ANN],
    ['ixture c', CA],
    ...hashes('ca.crt').map((digits) => [`Thumbprint=${digits}`, CA] as const),
    [
      `thumbprint = ${hashes('ann.crt')[1]!
        .toUpperCase()
        .replace(/..(?=.)/g, '$&:')}`,
      ANN,
    ],
  ])('selects in a store %j [ipworks.type.Certificate.ctor.4] [ipworks.type.Certificate.ctor.7]', (wanted, subject) => {
    const fromFile = new Certificate(cstPFXFile, pfx, 'secret', wanted)
    const fromMemory = new Certificate(cstPFXBlob, PFX, 'secret', wanted)
    expect([fromFile.subject, fromMemory.subject]).toEqual([subject, subject])
    expect([fromFile.privateKeyAvailable, fromMemory.privateKeyAvailable]).toEqual([subject === ANN, subject === ANN])
  })

  it('selects by the thumbprint of its options [ipworks.type.Certificate.ctor.5] [ipworks.type.Certificate.ctor.8]', () => {
    const wanted = [
      ...hashes('ann.crt').map((digits) => [digits, ANN]),
      ...hashes('ca.crt').map((digits) => [digits, CA]),
    ]
    for (const [thumbprint, subject] of wanted) {
      const options = `PersistPFXKey=True\r\nthumbprint=${thumbprint}\nUseInternalSecurityAPI=no\n`
      expect(new Certificate(cstPFXFile, pfx, 'secret', '', options).subject).toBe(subject)
      expect(new Certificate(cstPFXBlob, PFX, 'secret', '*', options).subject).toBe(subject)
    }
    const wrong = (options: string) => problem(() => new Certificate(cstPFXBlob, PFX, 'secret', '*', options))
    expect(wrong('Thumbprnt=00')).toMatchObject({
      code: 10022,
      message: expect.stringContaining('Thumbprint') as string,
    })
    expect(wrong('PersistPFXKey=perhaps').code).toBe(10022)
    expect(wrong('Thumbprint').code).toBe(10022)
  })

  it('finds the key of a certificate [ipworks.type.Certificate.ctor.6] [ipworks.type.Certificate.ctor.9]', async () => {
    const ann = storeOctets('ann.crt')
    for (const found of [
      new Certificate(cstPFXFile, pfx, 'secret', ann),
      new Certificate(cstPFXBlob, PFX, 'secret', ann),
      new Certificate(cstPEMKeyFile, storePath('ann.pkcs8.key'), '', new X509Certificate(ann).raw),
    ]) {
      expect([found.privateKeyAvailable, found.subject]).toEqual([true, ANN])
      expect(Buffer.from((await found.identity)!.certificate.der)).toEqual(found.der)
    }
    const without = new Certificate(cstPFXBlob, PFX, 'secret', storeOctets('bob.crt'))
    expect([without.privateKeyAvailable, without.subject]).toEqual([false, ''])
  })

  it('says so when nothing fits [part of ipworks.error.272]', () => {
    for (const unknown of ['CN=Nobody', 'Thumbprint=00', '']) {
      const error = problem(() => new Certificate(cstPFXBlob, PFX, 'secret', unknown))
      expect(error).toMatchObject({ code: 272, message: expect.stringMatching(/^272: /) as string })
    }
  })

  it('refuses what it cannot be given', () => {
    for (const wrong of [
      () => new Certificate(20, pfx, 'secret', '*'),
      () => new Certificate(cstPFXFile, undefined as unknown as string, 'secret', '*'),
      () => new Certificate(cstPFXFile, pfx, 7 as unknown as string, '*'),
      () => new Certificate(cstPFXFile, pfx, 'secret', 7 as unknown as string),
      () => new Certificate(cstPFXFile, pfx, 'secret', '*', 7 as unknown as string),
    ]) {
      expect(problem(wrong).code).toBe(10022)
    }
  })
})

describe('what a certificate says [ipworks.type.Certificate]', () => {
  const SAN = Buffer.from('relay.example.test')
  let made: MailIdentity
  let node: X509Certificate
  let read: Certificate

  beforeAll(async () => {
    made = await mailIdentity({
      ...{ email: [], keyType: 'rsa', subject: 'C=DE, O="Example, Inc.", CN=Ann' },
      usage: ['digitalSignature', 'keyEncipherment'],
      extendedUsage: ['1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.4'],
      validFrom: new Date('2000-01-23T15:04:05Z'),
      validTo: new Date('2090-07-01T00:00:00Z'),
      extensions: [
        { oid: '2.5.29.17', value: Buffer.concat([Buffer.of(0x30, SAN.length + 2, 0x82, SAN.length), SAN]) },
      ],
    })
    node = new X509Certificate(made.certificate)
    read = new Certificate(cstPEMKeyBlob, made.certificate + made.key, '', '*')
  })

  const hash = (digest: string) => createHash(digest).update(node.raw).digest('hex')
  const coloned = (digest: string) => hash(digest).match(/../g)!.join(':')

  /** Of the clock on the wall, by another way: the parts of a date as the system names them. */
  function local(date: Date): string {
    const format = new Intl.DateTimeFormat('en-US', {
      ...({
        day: '2-digit',
        month: 'short',
        year: 'numeric',
        hour: '2-digit',
        minute: '2-digit',
        second: '2-digit',
      } as const),
      hourCycle: 'h23',
    })
    const part = Object.fromEntries(format.formatToParts(date).map(({ type, value }) => [type, value]))
    return `${part['day']}-${part['month']}-${part['year']} ${part['hour']}:${part['minute']}:${part['second']}`
  }

  it('dates in local time [ipworks.type.Certificate.EffectiveDate] [ipworks.type.Certificate.ExpirationDate]', () => {
    expect(read.effectiveDate).toBe(local(new Date('2000-01-23T15:04:05Z')))
    expect(read.expirationDate).toBe(local(new Date('2090-07-01T00:00:00Z')))
    expect(read.effectiveDate).toMatch(/^2[2-4]-Jan-2000 \d\d:\d\d:05$/)
  })

  it('names [ipworks.type.Certificate.Issuer] [ipworks.type.Certificate.SubjectAltNames] [ipworks.type.Certificate.SerialNumber] [ipworks.type.Certificate.Version]', () => {
    expect(read.subject).toBe('CN=Ann, O="Example, Inc.", C=DE')
    expect(read.issuer.split(', ').toReversed().join('\n')).toBe(node.issuer)
    expect(read.subjectAltNames).toBe('relay.example.test')
    expect(read.serialNumber.toUpperCase()).toBe(node.serialNumber)
    expect(read.version).toBe('V3')
    const server = new Certificate(storeOctets('server.crt'))
    expect(server.subjectAltNames.split(',')).toEqual(expect.arrayContaining(['relay.example.test', '192.0.2.1']))
    expect(server.serialNumber).toBe('a1b2c3d4')
    expect(server.subject).toBe('CN=relay.example.test, O=Example, S=Bavaria, C=DE')
  })

  it('uses [ipworks.type.Certificate.ExtendedKeyUsage] [ipworks.type.Certificate.Usage] [ipworks.type.Certificate.UsageFlags]', () => {
    expect(read.extendedKeyUsage).toBe('1.3.6.1.5.5.7.3.2,1.3.6.1.5.5.7.3.4')
    expect(read.usage).toBe('Digital Signature, Key Encipherment')
    expect(read.usageFlags).toBe(0xa0)
  })

  it('hashes with colons [ipworks.type.Certificate.Fingerprint] [ipworks.type.Certificate.FingerprintSHA1] [ipworks.type.Certificate.FingerprintSHA256]', () => {
    expect([read.fingerprint, read.fingerprintSHA1, read.fingerprintSHA256]).toEqual(
      ['md5', 'sha1', 'sha256'].map(coloned),
    )
  })

  it('hashes without [ipworks.type.Certificate.ThumbprintMD5] [ipworks.type.Certificate.ThumbprintSHA1] [ipworks.type.Certificate.ThumbprintSHA256]', () => {
    expect([read.thumbprintMD5, read.thumbprintSHA1, read.thumbprintSHA256]).toEqual(
      ['md5', 'sha1', 'sha256'].map(hash),
    )
  })

  it('its signature [ipworks.type.Certificate.SignatureAlgorithm]', () => {
    const server = new Certificate(storeOctets('server.crt'))
    expect(server.signatureAlgorithm).toBe('SHA256WithRSAEncryption')
    expect(read.signatureAlgorithm).toBe('ecdsa-with-SHA256')
  })

  it('its public key [ipworks.type.Certificate.PublicKey] [ipworks.type.Certificate.PublicKeyAlgorithm] [ipworks.type.Certificate.PublicKeyLength]', () => {
    expect(createPublicKey(read.publicKey).equals(node.publicKey)).toBe(true)
    expect([read.publicKeyAlgorithm, read.publicKeyLength]).toEqual(['RSA', 2048])
    expect(
      [new Certificate(storeOctets('ann.crt'))].map((ann) => [ann.publicKeyAlgorithm, ann.publicKeyLength]),
    ).toEqual([['EC', 256]])
  })

  it('its private key [ipworks.type.Certificate.PrivateKey] [ipworks.type.Certificate.PrivateKeyAvailable] [ipworks.type.Certificate.PrivateKeyContainer]', () => {
    expect(createPrivateKey(read.privateKey).equals(createPrivateKey(made.key))).toBe(true)
    expect(new Certificate(cstPFXBlob, PFX, 'secret', '*').privateKeyAvailable).toBe(true)
    const bare = new Certificate(storeOctets('ann.crt'))
    expect([bare.privateKeyAvailable, bare.privateKey]).toEqual([false, ''])
    expect([read.privateKeyContainer, bare.privateKeyContainer]).toEqual(['', ''])
  })

  it('all of it, as it is [part of ipworks.type.Certificate.Encoded] [part of ipworks.prop.SSLAcceptServerCert]', async () => {
    expect(new X509Certificate(read.encoded).raw).toEqual(node.raw)
    expect(read.encodedB.toString()).toBe(read.encoded)
    expect(read.der).toEqual(node.raw)
    const shown = Certificate.ofDer(node.raw)
    expect([shown.der, shown.subject, shown.isEmpty]).toEqual([node.raw, read.subject, false])
    expect(await shown.identity).toBeUndefined()
  })

  it('by the methods of Java', () => {
    expect([read.getEffectiveDate(), read.getIssuer(), read.getUsageFlags()]).toEqual([
      read.effectiveDate,
      read.issuer,
      0xa0,
    ])
    expect([read.isPrivateKeyAvailable(), read.getPrivateKeyAvailable()]).toEqual([true, true])
    expect([read.getFingerprintSHA1(), read.getThumbprintMD5()]).toEqual([read.fingerprintSHA1, read.thumbprintMD5])
    const other = new Certificate()
    other.setStoreType(Certificate.cstPEMKeyBlob)
    other.setStoreB(Buffer.from(made.certificate + made.key))
    other.setSubject('CN=Ann')
    expect([other.getSubject(), other.getStoreType(), other.getStoreB().length]).toEqual([
      read.subject,
      7,
      other.storeB.length,
    ])
    for (const name of ['effectiveDate', 'issuer', 'privateKey', 'usageFlags', 'version']) {
      expect(() => Object.assign(other, { [name]: '' })).toThrow(TypeError)
      expect(`set${name.charAt(0).toUpperCase()}${name.slice(1)}` in other).toBe(false)
    }
  })
})

describe('the subject of a certificate [ipworks.type.Certificate.Subject]', () => {
  const store = () => filled({ storeType: cstPFXBlob, storeB: PFX, storePassword: 'secret' })

  it.each([
    ['all of it', CA, CA],
    ['all of it, with a comma in quotation marks', 'C=DE, O="Example, Inc.", CN=Ann Müller', ANN],
    ['a part', 'nn Mül', ANN],
    ['a thumbprint', `Thumbprint=${hashes('ca.crt')[2]}`, CA],
    ['what does not fit', 'CN=Nobody', ''],
    ['a thumbprint that does not fit', `Thumbprint=${'0'.repeat(40)}`, ''],
  ])('finds by %s', (_, wanted, subject) => {
    const certificate = store()
    certificate.subject = wanted
    expect([certificate.subject, certificate.isEmpty]).toEqual([subject, subject === ''])
  })

  it('finds by all of it before a part of another that comes first', async () => {
    const both = await Promise.all(
      ['CN=Ann,O=Example', 'CN=Ann'].map((subject) => mailIdentity({ email: [], subject })),
    )
    const pem = both.map(({ certificate, key }) => certificate + key).join('')
    expect(filled({ storeType: cstPEMKeyBlob, store: pem, subject: 'CN=Ann' }).subject).toBe('CN=Ann')
  })

  it('* takes the first with a key', () => {
    const certificate = filled({
      storeType: cstPEMKeyBlob,
      storeB: Buffer.concat(['ca.crt', 'server.crt', 'bob.crt', 'bob.pkcs1.key'].map(storeOctets)),
    })
    certificate.subject = '*'
    expect([certificate.subject, certificate.privateKeyAvailable]).toEqual([BOB, true])
  })

  it('takes a part of a mail address', async () => {
    const { certificate, key } = await mailIdentity({ email: [], subject: 'E=ann@example.test,CN=Ann' })
    const found = filled({ storeType: cstPEMKeyBlob, store: certificate + key, subject: 'E=ann@exam' })
    expect(found.subject).toBe('CN=Ann, E=ann@example.test')
  })

  it('that does not fit lets go of what was chosen', async () => {
    const certificate = store()
    certificate.subject = 'CN=Ann'
    expect((await certificate.identity)?.certificate.subject).toContain('CN=Ann')
    certificate.subject = 'CN=Nobody'
    expect([certificate.subject, certificate.issuer, certificate.privateKeyAvailable]).toEqual(['', '', false])
    expect(await certificate.identity).toBeUndefined()
    certificate.subject = '*'
    certificate.subject = ''
    expect(certificate.isEmpty).toBe(true)
  })

  it('may be set before the store, which is searched when it is set [part of ipworks.type.Certificate.Store]', async () => {
    const certificate = filled({ subject: 'CN=Ann' })
    expect([certificate.subject, certificate.isEmpty]).toEqual(['CN=Ann', true])
    await expect(certificate.identity).rejects.toMatchObject({
      code: 271,
      message: expect.stringContaining('Store is not') as string,
    })
    Object.assign(certificate, { storeType: cstPFXFile, storePassword: 'secret', store: pfx })
    expect([certificate.subject, certificate.privateKeyAvailable]).toEqual([ANN, true])
    Object.assign(certificate, { storeType: cstPEMKeyBlob, storePassword: '', store: storeText('bob.crt') })
    expect(certificate.subject).toBe('')
  })

  it('may be set before the kind of store, which is opened when the connection needs it, and each time until it can be', async () => {
    const early = filled({ subject: '*' })
    early.storeType = cstPFXFile // and Store is still MY
    for (let connection = 0; connection < 2; connection++) {
      await expect(early.identity).rejects.toMatchObject({
        code: 271,
        message: expect.stringContaining('MY') as string,
      })
      expect(early.subject).toBe('*')
    }
    Object.assign(early, { storePassword: 'secret', store: pfx })
    expect(early.subject).toBe(ANN)

    const path = join(folder, 'late.pem')
    await writeFile(path, storeText('bob.crt'))
    const late = filled({ storeType: cstPEMKeyFile, store: path, subject: 'CN=Bob' })
    expect(await late.identity).toBeUndefined()
    await writeFile(path, storeText('bob.crt') + storeText('bob.pkcs1.key'))
    late.storePassword = 'not asked for'
    expect((await late.identity)?.certificate.subject).toContain('CN=Bob')

    await writeFile(path, storeText('ann.crt'))
    const other = filled({ storeType: cstPEMKeyFile, store: path, subject: '*' })
    await writeFile(path, storeText('ann.crt') + storeText('bob.pkcs1.key'))
    other.storePassword = ''
    for (let connection = 0; connection < 2; connection++)
      await expect(other.identity).rejects.toMatchObject({ code: 273 })
  })
})

describe('the store of a certificate', () => {
  it('is the name of a file [ipworks.type.Certificate.Store]', () => {
    const found = filled({ storeType: cstPFXFile, store: pfx, storePassword: 'secret', subject: 'CN=Ann' })
    expect([found.subject, found.store, found.storeB.toString()]).toEqual([ANN, pfx, pfx])
    const missing = filled({ storeType: cstPFXFile, store: join(folder, 'nothing.pfx') })
    expect(problem(() => (missing.subject = '*')).code).toBe(271)
    expect([missing.subject, missing.isEmpty]).toEqual(['', true])
  })

  it('is octets [ipworks.type.Certificate.StoreB]', () => {
    const found = filled({
      storeType: cstPFXBlob,
      storeB: new Uint8Array(PFX),
      storePassword: 'secret',
      subject: 'CN=Ann',
    })
    expect([found.subject, found.storeB.equals(PFX), found.store]).toEqual([ANN, true, PFX.toString('latin1')])
  })

  it('is base64, or octets as the characters of a string', () => {
    for (const store of [PFX.toString('base64'), PFX.toString('latin1')]) {
      expect(filled({ storeType: cstPFXBlob, store, storePassword: 'secret', subject: '*' }).privateKeyAvailable).toBe(
        true,
      )
    }
  })

  it('is the same octets in StoreB as in a string [part of ipworks.type.Certificate.StoreB]', () => {
    const storeB = (storeType: number, store: string) => filled({ storeType, store }).storeB
    expect(storeB(cstPFXBlob, PFX.toString('latin1')).equals(PFX)).toBe(true)
    expect(storeB(StoreType.cstAuto, PFX.toString('latin1')).equals(PFX)).toBe(true)
    for (const [storeType, text] of [
      [cstPEMKeyBlob, 'Ann Müller'],
      [cstPFXFile, '/müller.pfx'],
      [cstPFXBlob, 'ü and €'],
    ] as const)
      expect(storeB(storeType, text).toString('utf8')).toBe(text)
  })

  it('opens with its password [ipworks.type.Certificate.StorePassword]', () => {
    const certificate = filled({ storeType: cstPFXBlob, storeB: PFX, storePassword: 'hunter2' })
    expect(problem(() => (certificate.subject = '*')).code).toBe(271)
    certificate.storePassword = 'secret'
    certificate.subject = 'CN=Ann'
    expect([certificate.subject, certificate.storePassword]).toEqual([ANN, 'secret'])
  })

  it('may have keys with a password of their own [ipworks.type.Certificate.KeyPassword]', async () => {
    const { key, certificate } = await mailIdentity({ email: [], subject: 'CN=Ann' })
    const closed = createPrivateKey(key).export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'hunter2',
    })
    const pem = filled({ storeType: cstPEMKeyBlob, store: certificate + String(closed), storePassword: 'secret' })
    expect(pem.keyPassword).toBe('secret')
    expect(problem(() => (pem.subject = '*')).code).toBe(271)
    Object.assign(pem, { keyPassword: 'hunter2', subject: '*' })
    expect([pem.keyPassword, createPrivateKey(pem.privateKey).equals(createPrivateKey(key))]).toEqual(['hunter2', true])
    pem.keyPassword = ''
    expect(pem.keyPassword).toBe('')

    const java = filled({
      storeType: cstJKSBlob,
      storeB: storeOctets('two.jks'),
      storePassword: 'secret',
      subject: 'CN=Bob',
    })
    expect([java.subject, java.privateKey]).toEqual([BOB, ''])
    await expect(java.identity).rejects.toMatchObject({
      code: 271,
      message: expect.stringContaining('KeyPassword') as string,
    })
    java.keyPassword = 'bob-key'
    expect([java.subject, java.privateKeyAvailable]).toEqual([BOB, true])
    expect(await java.identity).toBeDefined()
  })

  it('says why it cannot be opened, each time in other words [part of ipworks.error.271]', () => {
    const messages = [
      filled({ storeType: cstPFXFile, store: join(folder, 'nothing.pfx'), storePassword: 'hunter2' }),
      filled({ storeType: cstPFXFile, store: pfx, storePassword: 'hunter2' }),
      filled({ storeType: cstPFXFile, store: pfx }),
      filled({ storeType: cstPFXFile, store: storePath('ann.crt'), storePassword: 'hunter2' }),
      filled({ storeType: cstMachine }),
      filled({ storeType: cstUser, store: 'MY' }),
      filled({ store: 'ROOT' }),
    ].map((certificate) => {
      const error = problem(() => (certificate.subject = '*'))
      expect(error.code).toBe(271)
      expect(inspect(error, { depth: 9 })).not.toContain('hunter2')
      return error.message
    })
    expect(messages.slice(0, 4).map((message) => message.replace(/^271: Certificate store not opened: /, ''))).toEqual([
      expect.stringMatching(/^the file .*nothing\.pfx cannot be read \(ENOENT\)\. Check the path/),
      expect.stringMatching(
        /^StorePassword does not open the file .*ann\.pfx, or it is damaged\. Check the password\.$/,
      ),
      expect.stringMatching(/^StorePassword is needed to open the file /),
      expect.stringMatching(/^the file .*ann\.crt cannot be read as PFX/),
    ])
    for (const message of messages.slice(4)) expect(message).toMatch(/stores of Windows.*StoreType 2.*StoreType 6/)
  })
})

describe('a certificate that is set [ipworks.type.Certificate.Encoded]', () => {
  it('finds its key in the store, or is there without one', async () => {
    const certificate = filled({
      storeType: cstPEMKeyFile,
      store: storePath('bob.pkcs1.key'),
      encoded: storeText('bob.crt'),
    })
    expect([certificate.subject, certificate.privateKeyAvailable]).toEqual([BOB, true])
    expect((await certificate.identity)?.privateKey.type).toBe('rsa')
    certificate.encoded = storeText('ann.crt')
    expect([certificate.subject, certificate.privateKeyAvailable, certificate.privateKey]).toEqual(['', false, ''])
    expect(new X509Certificate(certificate.encoded).subject).toContain('CN=Ann')
    certificate.encoded = ''
    expect(certificate.isEmpty).toBe(true)
  })

  it('is base64, and is there without a store', async () => {
    const certificate = filled({ encoded: new X509Certificate(storeOctets('ann.crt')).raw.toString('base64') })
    expect([certificate.subject, certificate.isEmpty, certificate.publicKeyLength]).toEqual(['', false, 256])
    expect(await certificate.identity).toBeUndefined()
  })

  it('is octets, DER as well [ipworks.type.Certificate.EncodedB]', () => {
    const { raw } = new X509Certificate(storeOctets('bob.crt'))
    const certificate = filled({
      storeType: cstPEMKeyFile,
      store: storePath('bob.pkcs1.key'),
      encodedB: new Uint8Array(raw),
    })
    expect([certificate.subject, certificate.privateKeyAvailable, certificate.der]).toEqual([BOB, true, raw])
    certificate.encodedB = Buffer.alloc(0)
    expect(certificate.isEmpty).toBe(true)
  })

  it('is not taken for one without a key when the kind of store was set behind it', async () => {
    const certificate = filled({ encoded: storeText('bob.crt'), storeType: cstPEMKeyFile })
    await expect(certificate.identity).rejects.toMatchObject({ code: 271 })
    certificate.store = storePath('bob.pkcs1.key')
    expect((await certificate.identity)?.certificate.subject).toContain('CN=Bob')
  })

  it('waits for the store that its key is in', () => {
    const certificate = filled({ encoded: storeText('bob.crt') })
    Object.assign(certificate, { storeType: cstPEMKeyFile, store: storePath('bob.pkcs1.key') })
    expect([certificate.subject, certificate.privateKeyAvailable]).toEqual([BOB, true])
  })

  it('brings its issuers with it', async () => {
    const { certificate, key, chain } = await mailIdentity({ email: [], subject: 'CN=Ann' })
    const found = filled({ storeType: cstPEMKeyBlob, store: key, encoded: [certificate, ...chain].join('') })
    expect((await found.identity)?.chain.map(({ pem }) => pem.length)).toHaveLength(chain.length)
  })

  it('is refused when it is none', () => {
    for (const wrong of ['no certificate', storeText('bob.pkcs1.key')]) {
      expect(problem(() => filled({ encoded: wrong }))).toMatchObject({
        code: 10022,
        message: expect.stringContaining('Encoded') as string,
      })
    }
    expect(problem(() => Certificate.ofDer(Buffer.from('3000', 'hex'))).code).toBe(10022)
  })
})

describe('a certificate and a key that do not belong together [part of ipworks.error.273]', () => {
  it('are refused, in a store at once, and otherwise when they are to be used', async () => {
    const mixed = Buffer.concat(['ann.crt', 'bob.pkcs1.key'].map(storeOctets))
    expect(problem(() => new Certificate(cstPEMKeyBlob, mixed, '', '*'))).toMatchObject({
      code: 273,
      message: expect.stringMatching(/^273: .* the private key in the store is not that of/) as string,
    })
    const apart = new Certificate(cstPEMKeyFile, storePath('bob.pkcs1.key'), '', storeOctets('ann.crt'))
    await expect(apart.identity).rejects.toMatchObject({ code: 273 })
  })
})

describe('what is not to be shown', () => {
  it('is not shown', () => {
    const certificate = new Certificate(cstPFXBlob, PFX, 'secret', 'CN=Ann')
    certificate.keyPassword = 'hunter2'
    const seen = inspect(certificate, { depth: 9, showHidden: true }) + JSON.stringify({ certificate })
    expect(seen).not.toMatch(/secret|hunter2|PRIVATE KEY/)
  })
})
