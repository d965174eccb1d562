import { constants, createHash, generateKeyPairSync, verify } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import { Secret } from '@posthorn/ground'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { certificateObject, FakeModule, FakeToken, keyObjects, messages } from '../../../test/fake-token.js'
import { derFixture, pemFixture } from '../../../test/fixture.js'
import { ecdsa, madeCertificate } from '../../../test/made-certificate.js'
import type { DigestName, PrivateKey } from '../../private-key.js'
import { tlsEngineIdentity } from '../../tls-engine-identity.js'
import { certificateStore } from '../certificate-store.js'
import { openCertificateStore } from '../open-certificate-store.js'
import { Work } from '../pkcs12/work.js'
import { loadPkcs11js } from './cryptoki.js'
import { tokenStore } from './token-store.js'
import { inTurns } from '../steps.js'

const ANN = 'CN=Ann Müller,O=Example\\, Inc.,C=DE'
const BOB = 'CN=Bob,O=Example,C=DE'
const URI = 'pkcs11:?module-path=/lib/fake.so'
const LETTER = Buffer.from('a letter')

let token: FakeToken
let module: FakeModule
let opener: ReturnType<typeof tokenStore>

beforeEach(() => {
  token = new FakeToken()
  token.objects = [
    ...keyObjects(pemFixture('ann.pkcs8.key'), 'ann', 'a1'),
    ...keyObjects(pemFixture('bob.pkcs1.key'), 'bob', 'b0b0'),
    certificateObject(derFixture('ann.crt'), 'ann', 'a1'),
    certificateObject(derFixture('bob.crt'), 'bob', 'b0b0'),
    certificateObject(derFixture('ca.crt'), 'ca', 'ca'),
  ]
  use(token)
})

/** A machine with these tokens. */
function use(...tokens: readonly FakeToken[]): void {
  module = new FakeModule(tokens)
  opener = tokenStore(() => Promise.resolve(() => module))
  messages.clear()
}

interface Given {
  readonly source?: string
  readonly password?: string
  readonly engine?: string
  readonly keyPassword?: string
}

async function open({ source = URI, password = '1234', engine, keyPassword }: Given = {}) {
  const { place, contents } = await opener.openSource(source, {
    ...settings(password, engine),
    keyPassword: keyPassword === undefined ? undefined : new Secret(keyPassword),
  })
  return await inTurns(certificateStore(contents, place, 'store.subject'))
}

function settings(password: string, engine?: string) {
  return {
    password: password === '' ? undefined : new Secret(password),
    keyPassword: undefined,
    engine,
    work: new Work(),
    sourceField: 'store.source',
    typeField: 'store.type',
    passwordField: 'store.password',
    keyPasswordField: 'store.keyPassword',
  }
}

/** What a refusal says; its message never has the PIN. */
async function refused(given: Given): Promise<{ code: string; message: string; hint: string }> {
  const error = (await open(given).then(
    () => undefined,
    (caught: unknown) => caught,
  )) as { code: string; message: string; hint: string }
  expect(error.message + error.hint).not.toContain(given.password === '' ? 'hunter2' : (given.password ?? '1234'))
  return { code: error.code, message: error.message, hint: error.hint }
}

/** Tells the fake what the digests that it will be given are of. */
function announce(octets: Buffer, digest: DigestName): void {
  const hashed = createHash(digest).update(octets).digest()
  for (const length of [hashed.length, 32]) messages.set(hashed.subarray(0, length).toString('hex'), { octets, digest })
}

const DIGESTS: readonly DigestName[] = ['sha1', 'sha256', 'sha384', 'sha512']

describe('a token [part of ipworks.type.Certificate.StoreType.cstPKCS11]', () => {
  it('gives its certificates and signs with its keys, which are never shown', async () => {
    const store = await open()
    expect(store.identity('ann').certificate.subject).toBe(ANN)
    expect(store.identity('ann').chain.map(({ subject }) => subject)).toEqual(['CN=Fixture CA,O=example.test'])
    expect(store.identity('bob').certificate.subject).toBe(BOB)
    expect(store.identity().privateKey.keyObject).toBeUndefined()
    expect(token.logins).toEqual(['1234'])
  })

  it.each(DIGESTS)('signs with ECDSA and RSA, PKCS #1 and PSS, with %s', async (digest) => {
    const store = await open()
    announce(LETTER, digest)
    const [ann, bob] = [store.identity('ann'), store.identity('bob')]
    const ec = await ann.privateKey.sign(LETTER, { digest })
    expect(verify(digest, LETTER, ann.certificate.publicKey, ec)).toBe(true)
    const key = bob.certificate.publicKey
    const pkcs1 = await bob.privateKey.sign(LETTER, { digest })
    expect(verify(digest, LETTER, { key, padding: constants.RSA_PKCS1_PADDING }, pkcs1)).toBe(true)
    const pss = await bob.privateKey.sign(LETTER, { digest, padding: 'pss' })
    const padding = constants.RSA_PKCS1_PSS_PADDING
    expect(verify(digest, LETTER, { key, padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }, pss)).toBe(true)
  })

  it('signs with P-521 and Ed25519', async () => {
    const issuer = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    for (const keys of [generateKeyPairSync('ec', { namedCurve: 'P-521' }), generateKeyPairSync('ed25519')]) {
      const der = madeCertificate({
        subject: 'someone',
        issuer: 'issuer',
        publicKey: keys.publicKey,
        signing: ecdsa(issuer.privateKey),
      })
      token.objects = [...keyObjects(keys.privateKey, 'one', '01'), certificateObject(der, 'one', '01')]
      use(token)
      announce(LETTER, 'sha512')
      const { privateKey, certificate } = (await open()).identity('someone')
      const signature = await privateKey.sign(LETTER, { digest: 'sha512' })
      const digest = privateKey.type === 'ed25519' ? null : 'sha512'
      expect(verify(digest, LETTER, certificate.publicKey, signature)).toBe(true)
    }
  })

  it('signs one thing after the other, however many ask at once', async () => {
    const { privateKey } = (await open()).identity('bob')
    const signatures = await Promise.all(
      Array.from({ length: 20 }, () => privateKey.sign(LETTER, { digest: 'sha256' })),
    )
    expect(new Set(signatures.map((each) => Buffer.from(each).toString('hex'))).size).toBe(1)
  })

  it('chooses the key by object and id', async () => {
    for (const part of ['object=bob', 'id=%b0%b0', 'object=bob;id=%b0%b0;type=private']) {
      const store = await open({ source: `pkcs11:${part}?module-path=/lib/fake.so` })
      expect(store.identities.map(({ certificate }) => certificate.subject)).toEqual([BOB])
      expect(store.certificates).toHaveLength(3)
    }
    expect(await refused({ source: 'pkcs11:object=eve?module-path=/lib/fake.so' })).toMatchObject({
      code: 'certificate.not-found',
      message:
        "store.source: no private key in the token 'mail' has the object 'eve'; it has 'ann' (id a1), 'bob' (id b0b0)",
    })
  })

  it('finds the public key of EC in the certificate when the token has it nowhere else', async () => {
    token.objects = token.objects.filter(({ attributes }) => attributes[0]![0] !== 2)
    expect((await open()).identity('ann').certificate.subject).toBe(ANN)
  })

  it('gives no signature away that does not fit the certificate', async () => {
    const [stranger] = keyObjects(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'ann', 'a1')
    token.objects = [stranger!, certificateObject(derFixture('ann.crt'), 'ann', 'a1')]
    announce(LETTER, 'sha256')
    await expect((await open()).identity().privateKey.sign(LETTER, { digest: 'sha256' })).rejects.toMatchObject({
      code: 'certificate.key-mismatch',
      message: "store.source: the key 'ann' in the token 'mail' is not that of the certificate or public key beside it",
    })
  })

  it('gives the certificates without a PIN, and says what is missing for the keys', async () => {
    const store = await open({ password: '' })
    expect(store.select('bob').subject).toBe(BOB)
    expect(token.logins).toEqual([])
    for (const subject of ['*', 'ann']) {
      expect(() => store.identity(subject)).toThrow(
        expect.objectContaining({
          code: 'certificate.password',
          message: "store.password: is needed for the private keys in the token 'mail': its PIN",
        }),
      )
    }
  })

  it('asks at the keypad of a token that has one', async () => {
    token.flags |= 0x100
    expect((await open({ password: '' })).identities).toHaveLength(2)
    expect(token.logins).toEqual([undefined])
  })

  it('gives the PIN again for each signature of a key that wants that', async () => {
    const [ann] = token.objects
    token.objects[0] = { ...ann!, attributes: { ...ann!.attributes, 0x202: Buffer.of(1) } }
    announce(LETTER, 'sha256')
    await (await open()).identity('ann').privateKey.sign(LETTER, { digest: 'sha256' })
    expect(token.logins).toEqual(['1234', '1234'])
  })

  describe('with a PIN of its own', () => {
    const sign = (key: PrivateKey) => key.sign(LETTER, { digest: 'sha256' })
    beforeEach(() => {
      for (const [index, each] of token.objects.entries()) {
        if (each.key) token.objects[index] = { ...each, attributes: { ...each.attributes, 0x202: Buffer.of(1) } }
      }
      token.signaturePin = '987654'
    })

    it('costs a try once, however many stores and keys use the wrong one', async () => {
      for (let time = 0; time < 3; time++) {
        const store = await open()
        for (const subject of ['bob', 'bob', 'ann']) {
          await expect(sign(store.identity(subject).privateKey)).rejects.toMatchObject({
            code: 'certificate.password',
            message: expect.stringMatching(/PIN/) as string,
          })
        }
        await store.close()
      }
      expect(token.signatureTriesLeft).toBe(2)
    })

    it('says which key it is for, and takes it as keyPassword', async () => {
      const store = await open()
      const refusal = await sign(store.identity('bob').privateKey).catch((error: unknown) => error)
      expect(refusal).toMatchObject({
        message: "store.password: is not the PIN that the token 'mail' wants for each signature with the key 'bob'",
        hint: 'If the key has a PIN of its own, give it as keyPassword. Tokens lock after a few wrong ones.',
      })
      const right = await open({ keyPassword: '987654' })
      for (let time = 0; time < 2; time++)
        await expect(sign(right.identity('bob').privateKey)).resolves.toHaveLength(256)
      expect(token.signatureTriesLeft).toBe(2)
    })

    it('leaves no signature begun behind when it was refused', async () => {
      const { key, attributes } = token.objects[0]!
      token.objects[0] = { key: key!, attributes: { ...attributes, 0x202: Buffer.of(0) } }
      announce(LETTER, 'sha256')
      const store = await open()
      await expect(sign(store.identity('bob').privateKey)).rejects.toMatchObject({ code: 'certificate.password' })
      await expect(sign(store.identity('ann').privateKey)).resolves.toBeInstanceOf(Uint8Array)
    })

    it('is not tried when the token says that it is the last time', async () => {
      const { privateKey } = (await open()).identity('bob')
      token.flags |= 0x20000
      await expect(sign(privateKey)).rejects.toThrow('has not been tried')
      expect(token.signatureTriesLeft).toBe(3)
    })
  })
})

describe('a token that is asked with a wrong PIN', () => {
  it('is asked once, and not again with the same one', async () => {
    expect(await refused({ password: 'hunter2' })).toEqual({
      code: 'certificate.password',
      message: "store.password: is not the PIN of the token 'mail'",
      hint: 'Check the PIN: tokens lock after a few.',
    })
    expect(await refused({ password: 'hunter2' })).toMatchObject({
      code: 'certificate.password',
      message: "store.password: is not the PIN of the token 'mail': it was refused before and has not been tried again",
    })
    expect(token.logins).toEqual(['hunter2'])
    expect((await open()).identities).toHaveLength(2)
  })

  it('says when the next wrong one locks it, and when it is locked, without trying', async () => {
    token.triesLeft = 2
    expect(await refused({ password: 'wrong-1' })).toMatchObject({
      hint: 'Check the PIN: one more that is wrong locks the token.',
    })
    const locked = { code: 'certificate.pin-locked', hint: expect.stringContaining('PUK') as string }
    const lastTry = {
      code: 'certificate.password',
      message: "store.password: has not been tried: one wrong PIN more locks the token 'mail'",
      hint: 'Check the PIN, and log in once with the tool of the token, which gives it all tries back.',
    }
    for (const password of ['wrong-2', '1234']) expect(await refused({ password })).toEqual(lastTry)
    expect(token.logins).toEqual(['wrong-1'])
    token.triesLeft = 0
    expect(await refused({ password: 'wrong-3' })).toMatchObject(locked)
    expect(token.logins).toEqual(['wrong-1'])
  })

  it('lets people type at the keypad again, whatever they typed before', async () => {
    token.flags |= 0x100
    const typed = vi.spyOn(module, 'C_Login').mockImplementationOnce(() => {
      throw new Error('CKR_PIN_INCORRECT')
    })
    expect(await refused({ password: '' })).toMatchObject({ code: 'certificate.password' })
    expect((await open({ password: '' })).identities).toHaveLength(2)
    expect(typed).toHaveBeenCalledTimes(2)
  })

  it('is not asked when another store is logged in with the right one', async () => {
    const store = await open()
    expect(await refused({ password: 'hunter2' })).toMatchObject({ code: 'certificate.password' })
    const second = await open()
    expect(token.logins).toEqual(['1234'])
    await store.close()
    await expect(second.identity('bob').privateKey.sign(LETTER, { digest: 'sha256' })).resolves.toHaveLength(256)
  })

  it('has no user PIN yet', async () => {
    token.flags = 0x404
    expect(await refused({})).toMatchObject({
      code: 'certificate.password',
      message: "store.password: is for nothing: the token 'mail' has no user PIN yet",
    })
  })
})

describe('a token that is not there', () => {
  it.each<[string, Given, string, string]>([
    [
      'module missing',
      { source: '/lib/missing.so' },
      'certificate.module-unusable',
      'store.source: the PKCS #11 module /lib/missing.so cannot be used (/lib/missing.so: cannot open shared object file)',
    ],
    [
      'label of none',
      { source: 'pkcs11:token=other;slot-id=3?module-path=/lib/fake.so' },
      'certificate.token-absent',
      "store.source: no token with token 'other' and slot-id '3': there are 'mail'",
    ],
  ])('%s', async (_, given, code, message) => {
    expect(await refused(given)).toMatchObject({ code, message })
  })

  it('no token at all', async () => {
    token.isPresent = false
    expect(await refused({})).toMatchObject({
      code: 'certificate.token-absent',
      message: 'store.source: no token that has been set up: there is no token',
    })
  })

  it('one of several is chosen by label, serial or slot, and by nothing else', async () => {
    const other = new FakeToken()
    Object.assign(other, { label: 'other', serial: '0002' })
    use(other, token)
    expect(await refused({})).toMatchObject({
      code: 'certificate.token-absent',
      message: "store.source: there are several tokens: 'other (0002)', 'mail (0001)'",
    })
    for (const part of ['token=mail', 'serial=0001', 'slot-id=1', 'token=mail;manufacturer=Fake;model=One']) {
      expect((await open({ source: `pkcs11:${part}?module-path=/lib/fake.so` })).identities).toHaveLength(2)
    }
    expect(other.logins).toEqual([])
  })
})

describe('a session with a token', () => {
  it('is opened anew when the card was drawn and put back, and logged in once more', async () => {
    const { privateKey } = (await open()).identity('bob')
    token.breakSessions()
    await expect(privateKey.sign(LETTER, { digest: 'sha256' })).resolves.toHaveLength(256)
    await expect(privateKey.sign(LETTER, { digest: 'sha256' })).resolves.toHaveLength(256)
    expect(token.logins).toEqual(['1234', '1234'])
  })

  it('survives that somebody else in the process finalizes the module', async () => {
    const { privateKey } = (await open()).identity('bob')
    module.C_Finalize()
    await expect(privateKey.sign(LETTER, { digest: 'sha256' })).resolves.toHaveLength(256)
  })

  it('says that the token is gone, and signs when it is back', async () => {
    const { privateKey } = (await open()).identity('bob')
    token.isPresent = false
    await expect(privateKey.sign(LETTER, { digest: 'sha256' })).rejects.toMatchObject({
      code: 'certificate.token-absent',
      message: "store.source: no token with token 'mail' and serial '0001': there is no token",
    })
    token.isPresent = true
    await expect(privateKey.sign(LETTER, { digest: 'sha256' })).resolves.toHaveLength(256)
  })

  it.each([
    ['CKR_KEY_FUNCTION_NOT_PERMITTED', 'certificate.wrong-usage', 'cannot make this signature with this key'],
    ['CKR_DEVICE_ERROR', 'certificate.token-failed', 'failed (CKR_DEVICE_ERROR)'],
  ])('translates %s', async (value, code, message) => {
    const { privateKey } = (await open()).identity('bob')
    token.nextError = value
    await expect(privateKey.sign(LETTER, { digest: 'sha256' })).rejects.toMatchObject({
      code,
      message: `store.source: the token 'mail' ${message}`,
    })
  })

  it('is closed with its store, and the module finalized after the last', async () => {
    const [first, second] = [await open(), await open()]
    const signing = first.identity('bob').privateKey.sign(LETTER, { digest: 'sha256' })
    await first.close()
    await expect(signing).resolves.toHaveLength(256) // what is under way is waited for
    expect([module.finalized, token.sessions.size]).toEqual([0, 1])
    await second[Symbol.asyncDispose]()
    await second.close()
    expect([module.finalized, token.sessions.size]).toEqual([1, 0])
    await expect(first.identity('bob').privateKey.sign(LETTER, { digest: 'sha256' })).rejects.toMatchObject({
      code: 'certificate.token-failed',
      message: "store.source: the session with the token 'mail' has been closed",
    })
    expect((await open()).identities).toHaveLength(2)
  })

  it('leaves nothing open when opening failed', async () => {
    await refused({ password: 'hunter2' })
    await refused({ source: 'pkcs11:object=eve?module-path=/lib/fake.so' })
    expect([token.sessions.size, module.isInitialized]).toEqual([0, false])
  })
})

describe('a key in a token, for TLS', () => {
  const names = ['PKCS11_MODULE_PATH', 'OPENSSL_ENGINES']
  const environment = names.map((name) => process.env[name])
  afterEach(() => {
    for (const [index, name] of names.entries()) {
      const before = environment[index]
      if (before === undefined) delete process.env[name]
      else process.env[name] = before
    }
  })

  it('is named to the engine of OpenSSL without its PIN, and found once before that', async () => {
    const asked: unknown[] = []
    const make = (given: unknown) => createSecureContext({ maxVersion: (asked.push(given), 'TLSv1.3') })
    opener = tokenStore(() => Promise.resolve(() => module), make)
    const store = await open({ engine: '/engines/libpkcs11.so' })
    const { cert, ...key } = tlsEngineIdentity(store.identity('ann'))!
    expect(key).toEqual({
      privateKeyEngine: 'pkcs11',
      privateKeyIdentifier: 'pkcs11:token=mail;serial=0001;id=%a1;object=ann;type=private',
    })
    expect(cert.split('BEGIN CERTIFICATE')).toHaveLength(3)
    tlsEngineIdentity(store.identity('ann'))
    expect(asked).toEqual([key])
    expect(names.map((name) => process.env[name])).toEqual(['/lib/fake.so', '/engines'])
    await store.close()
    expect(module.finalized).toBe(0) // OpenSSL still uses it
    expect(() => tlsEngineIdentity(store.identity('ann'))).toThrow('has been closed')
  })

  it('says so when OpenSSL does not find it', async () => {
    const store = await open({ engine: '/nowhere/pkcs11.so' })
    expect(() => tlsEngineIdentity(store.identity('bob'))).toThrow(
      expect.objectContaining({
        code: 'certificate.key-in-token',
        message: expect.stringMatching(
          /^store\.source: OpenSSL does not reach the key 'bob' in the token 'mail' by the engine \/nowhere\/pkcs11\.so \(.+\)$/,
        ) as string,
      }),
    )
  })

  it('is not there for it without an engine', async () => {
    expect(tlsEngineIdentity((await open()).identity())).toBeUndefined()
  })
})

describe('the way to a token', () => {
  it('says which package is missing, and what does without [part of ipworks.type.Certificate.StoreType.cstPKCS11]', async () => {
    const load = (name: string) => import(`${name}-that-nobody-has`)
    await expect(loadPkcs11js('store.source', load)).rejects.toMatchObject({
      code: 'certificate.package-missing',
      message:
        'store.source: a token needs the package pkcs11js, which is not installed, or whose native part was not built',
      hint: expect.stringMatching(/npm install pkcs11js.*PFX or PEM/) as string,
    })
  })

  it('reads the PIN out of the file that the URI names', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'posthorn-token-'))
    try {
      await writeFile(join(folder, 'pin'), '1234\r\n')
      await writeFile(join(folder, 'long'), '1'.repeat(2000))
      const source = (name: string) => `${URI}&pin-source=${encodeURIComponent(join(folder, name))}`
      expect((await open({ source: source('pin'), password: '' })).identities).toHaveLength(2)
      expect(await refused({ source: source('none'), password: '' })).toMatchObject({ code: 'certificate.unreadable' })
      expect(await refused({ source: source('long'), password: '' })).toMatchObject({ code: 'certificate.format' })
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('is text, or the path of the module', async () => {
    const opened = await opener.openSource({ path: '/lib/fake.so' }, settings('1234'))
    expect(opened.place).toBe("the token 'mail'")
    await expect(opener.openSource(Buffer.from('x'), settings('1234'))).rejects.toMatchObject({
      code: 'certificate.format',
    })
  })

  it('is found by auto in a PKCS #11 URI', async () => {
    await expect(openCertificateStore({ source: 'pkcs11:token=mail' })).rejects.toMatchObject({
      code: 'certificate.format',
      message: 'store.source: the PKCS #11 URI does not say which module to use',
    })
  })
})
