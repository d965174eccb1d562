import { createCipheriv, createECDH, createPrivateKey, generateKeyPairSync, pbkdf2Sync, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { derFixture, fixturePath, pemFixture } from '../../../test/fixture.js'
import { refusalOf } from '../../../test/refusal-of.js'
import { openCertificateStore } from '../open-certificate-store.js'

const ANN = 'CN=Ann Müller,O=Example\\, Inc.,C=DE'
const bob = pemFixture('bob.jwk')
const annJwk = JSON.parse(pemFixture('ann-with-chain.jwk')) as Record<string, unknown> & { x5c: string[] }
const bobJwk = JSON.parse(bob) as Record<string, unknown>
const json = (value: unknown) => JSON.stringify(value)
const without = (jwk: Record<string, unknown>, ...names: readonly string[]) =>
  json(Object.fromEntries(Object.entries(jwk).filter(([name]) => !names.includes(name))))

describe('JWK', () => {
  it.each(['jwk', 'auto'] as const)(
    'opens an RSA key (%s) [part of ipworks.type.Certificate.StoreType.cstJWKBlob]',
    async (type) => {
      const store = await openCertificateStore({ type, source: bob })
      expect(store.privateKeys.map((key) => key.type)).toEqual(['rsa'])
      expect(store.publicKeys).toMatchObject([{ name: 'bob', pem: pemFixture('bob.spki.pub') }])
      expect(() => store.identity()).toThrow(expect.objectContaining({ code: 'certificate.not-found' }))
      expect(store.identityFor(pemFixture('bob.crt')).certificate.subject).toBe('CN=Bob,O=Example,C=DE')
    },
  )

  it('opens a file with the certificates of x5c [part of ipworks.type.Certificate.StoreType.cstJWKFile]', async () => {
    const store = await openCertificateStore({ type: 'jwk', source: { path: fixturePath('ann-with-chain.jwk') } })
    const { certificate, chain } = store.identity('ann')
    expect([certificate.subject, ...chain.map(({ subject }) => subject)]).toEqual([ANN, 'CN=Fixture CA,O=example.test'])
    expect(store.select('ANN').subject).toBe(ANN) // the kid is its name
  })

  it('opens a set, and passes over kinds of key that it does not know', async () => {
    const store = await openCertificateStore({ source: pemFixture('set.jwks') })
    expect(store.publicKeys.map(({ name }) => name)).toEqual(['ann', 'bob'])
    expect(store.identities).toHaveLength(1)
  })

  it('opens a public key', async () => {
    const store = await openCertificateStore({ source: pemFixture('bob.public.jwk') })
    expect(store.privateKeys).toEqual([])
    expect(store.publicKeys.map(({ pem }) => pem)).toEqual([pemFixture('bob.spki.pub')])
  })

  it.each(['ed25519', 'x25519', 'P-256', 'P-384', 'P-521'])('opens %s, private and public', async (curve) => {
    const made = curve.startsWith('P')
      ? generateKeyPairSync('ec', { namedCurve: curve })
      : generateKeyPairSync(curve as 'ed25519')
    const pem = made.publicKey.export({ type: 'spki', format: 'pem' })
    for (const key of [made.privateKey, made.publicKey]) {
      const store = await openCertificateStore({ source: json(key.export({ format: 'jwk' })) })
      expect(store.publicKeys.map((each) => each.pem)).toEqual([pem])
      expect(store.privateKeys).toHaveLength(key.type === 'private' ? 1 : 0)
    }
  })

  it('opens what writers do against the letter: padding, zeros left out, primes left out', async () => {
    const padded = json({ ...bobJwk, n: `${String(bobJwk['n'])}==` })
    const shortened = json({ kty: 'EC', crv: 'P-256', ...shortPoint() })
    for (const source of [padded, shortened, without(bobJwk, 'p', 'q', 'dp', 'dq', 'qi')]) {
      expect((await openCertificateStore({ source })).publicKeys).toHaveLength(1)
    }
  })

  it.each<[string, string, string]>([
    ['no JSON', '{"kty":', 'it is no JSON'],
    ['an array', '[]', 'it is no object of JSON'],
    ['a symmetric key', '{"kty":"oct","k":"AAAA"}', 'it is a symmetric key (oct), which has no certificate'],
    ['another kind of key', '{"kty":"new"}', 'its key type (kty) is not known'],
    ['no kind', '{}', 'its key type (kty) is not known'],
    ['an inherited curve', '{"kty":"EC","crv":"constructor"}', 'its curve (crv) is none of P-256, P-384 and P-521'],
    ['a set without keys', '{"keys":[]}', 'it has no keys'],
    ['a set of strangers', '{"keys":[{"kty":"a"}]}', 'its key type (kty) is not known'],
    ['a set that is none', '{"keys":{}}', 'its keys are no list of at most 1000'],
    ['a set of numbers', '{"keys":[1]}', 'one of its keys is no object'],
    ['too many keys', `{"keys":[${'{},'.repeat(1000)}{}]}`, 'its keys are no list of at most 1000'],
    ['no modulus', without(bobJwk, 'n'), "its 'n' is not a number in base64url"],
    ['base64 in place of base64url', json({ ...bobJwk, n: '+/+/' }), "its 'n' is not a number in base64url"],
    ['a number of JSON', json({ ...bobJwk, e: 65537 }), "its 'e' is not a number in base64url"],
    ['a modulus of 8 KiB', json({ ...bobJwk, n: 'A'.repeat(8192) }), "its 'n' is not a number in base64url"],
    ['another exponent', json({ ...bobJwk, e: 'AQAD' }), 'the numbers of the RSA key do not fit together'],
    ['one prime of two', without(bobJwk, 'q'), "its 'q' is not a number in base64url"],
    ['three primes', json({ ...bobJwk, oth: [] }), 'an RSA key with more than two primes is not supported'],
    ['a point off the curve', json({ ...annJwk, y: annJwk['x'] }), 'the private key is not that of the public key'],
    ['another scalar', json({ ...annJwk, d: annJwk['x'] }), 'the private key is not that of the public key beside it'],
    ['a public point off the curve', json({ kty: 'EC', crv: 'P-256', x: 'AQ', y: 'AQ' }), 'no point of P-256'],
    [
      'a point that is too long',
      json({ ...annJwk, x: 'A'.repeat(60) + 'B'.repeat(60) }),
      'a number that is too large for P-256',
    ],
    ['Ed25519 of another size', '{"kty":"OKP","crv":"Ed25519","x":"AQAB"}', 'no public key of Ed25519'],
    ['x5c that is no list', json({ ...bobJwk, x5c: 'AA' }), 'its x5c is not a list of certificates'],
    ['x5c of numbers', json({ ...bobJwk, x5c: [1] }), 'its x5c has something that is not base64'],
    ['x5c of another key', json({ ...bobJwk, x5c: annJwk.x5c }), 'the first certificate of x5c is not for this key'],
    ['depth', `{"a":${'['.repeat(100_000)}`, 'it is no JSON'],
  ])('refuses %s', async (_, source, message) => {
    const refused = await refusalOf({ type: 'jwk', source })
    expect(refused).toMatchObject({ code: 'certificate.format' })
    expect(refused?.message).toContain(`store.source: the text cannot be read as JWK: ${message}`)
  })

  it('refuses a certificate in x5c that is none, and a kind of key that mail does not use', async () => {
    const x5c = [derFixture('bob.crt').subarray(0, 200).toString('base64')]
    expect(await refusalOf({ source: json({ ...bobJwk, x5c }) })).toMatchObject({ code: 'certificate.format' })
    const ed448 = json(generateKeyPairSync('ed448').privateKey.export({ format: 'jwk' }))
    expect((await refusalOf({ source: ed448 }))?.message).toBe('store.source: is of a kind that cannot be used (ed448)')
  })

  it('says nothing of a key that it refuses', async () => {
    const refused = await openCertificateStore({ source: bob.slice(0, -5) }).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'certificate.format' })
    const d = String(bobJwk['d']).slice(0, 16)
    for (let at: unknown = refused; at instanceof Error; at = at.cause) expect(String(at.stack)).not.toContain(d)
  })
})

/** A point whose x has leading zeros, which are left out. */
function shortPoint(): { x: string; y: string } {
  const ecdh = createECDH('prime256v1')
  for (let scalar = 1; ; scalar++) {
    ecdh.setPrivateKey(scalar.toString(16).padStart(64, '0'), 'hex')
    const point = ecdh.getPublicKey()
    if (point[1] !== 0) continue
    return { x: point.subarray(2, 33).toString('base64url'), y: point.subarray(33).toString('base64url') }
  }
}

describe('an encrypted JWK', () => {
  it.each([
    ['bob.a128cbc.jwe', 'PBES2-HS256+A128KW, A128CBC-HS256'],
    ['bob.a256gcm.jwe', 'PBES2-HS512+A256KW, A256GCM'],
    ['ann.a192cbc.jwe', 'PBES2-HS384+A192KW, A192CBC-HS384'],
  ])('is opened with its password: %s, %s [part of ipworks.type.Certificate.StorePassword]', async (name) => {
    for (const type of ['jwk', 'auto'] as const) {
      const store = await openCertificateStore({ type, source: pemFixture(name), password: 'secret' })
      expect(store.privateKeys).toHaveLength(1)
    }
  })

  it('asks for a password, and refuses another one', async () => {
    const source = pemFixture('bob.a128cbc.jwe')
    expect(await refusalOf({ source })).toMatchObject({
      code: 'certificate.password',
      message: 'store.password: is needed for the private key in the text',
    })
    for (const name of ['bob.a128cbc.jwe', 'bob.a256gcm.jwe']) {
      expect(await refusalOf({ source: pemFixture(name), password: 'hunter2' })).toEqual({
        code: 'certificate.password',
        message: 'store.password: does not open the private key in the text',
        hint: 'Check the password.',
      })
    }
    expect(await refusalOf({ source, password: 'secret', keyPassword: 'x' })).toMatchObject({
      message: expect.stringContaining('store.keyPassword: ') as string,
    })
  })

  it.each([0, 1, 2, 3, 4])('is refused when part %i was changed', async (part) => {
    for (const name of ['bob.a128cbc.jwe', 'bob.a256gcm.jwe']) {
      const parts = pemFixture(name).trim().split('.')
      const octets = Buffer.from(parts[part]!, 'base64url')
      octets[octets.length - 3]! ^= 1
      parts[part] = octets.toString('base64url')
      const refused = await refusalOf({ type: 'jwk', source: parts.join('.'), password: 'secret' })
      expect(refused?.code).toMatch(/^certificate\.(?:password|format)$/)
    }
  })

  it('is opened in the JSON form, with every content encryption', async () => {
    for (const [enc, cipher] of [
      ['A128GCM', 'aes-128-gcm'],
      ['A192GCM', 'aes-192-gcm'],
    ] as const) {
      const sealed = sealedWith({ enc, p2c: 1000 }, cipher)
      expect((await openCertificateStore({ source: json(sealed), password: 'secret' })).privateKeys).toHaveLength(1)
      const { protected: header, encrypted_key: key, iv, ciphertext, tag } = sealed
      const general = { protected: header, recipients: [{ encrypted_key: key }], iv, ciphertext, tag }
      expect((await openCertificateStore({ source: json(general), password: 'secret' })).privateKeys).toHaveLength(1)
    }
  })

  it.each<[string, Record<string, unknown>, string]>([
    ['2,000,000,000 iterations', { p2c: 2_000_000_000 }, 'asks for a key derivation of 2000000000 iterations'],
    ['no iterations', { p2c: 0 }, 'asks for a key derivation of 0 iterations'],
    ['half an iteration', { p2c: 0.5 }, 'it has no salt (p2s) or no count (p2c)'],
    ['no count', { p2c: undefined }, 'it has no salt (p2s) or no count (p2c)'],
    ['a salt of 4 KiB', { p2s: 'A'.repeat(6000) }, 'has a salt of 4500 octets'],
    ['another key encryption', { alg: 'RSA-OAEP' }, 'it is not encrypted with a password (alg RSA-OAEP)'],
    ['an odd key encryption', { alg: 'a\nb' }, 'it is not encrypted with a password (alg without a name)'],
    ['an inherited name', { alg: 'constructor' }, 'it is not encrypted with a password (alg constructor)'],
    ['another encryption', { enc: 'new' }, 'its encryption is not supported (enc new)'],
    ['another size of key', { enc: 'A256GCM' }, 'its content key has another size than its encryption wants'],
    ['compression', { zip: 'DEF' }, 'it is compressed, which is not supported'],
    ['critical header fields', { crit: ['a'] }, 'it has header fields that are critical and not known'],
  ])('is refused with %s', async (_, header, message) => {
    const source = json(sealedWith({ enc: 'A128GCM', p2c: 1000, ...header }, 'aes-128-gcm'))
    expect(await refusalOf({ source, password: 'secret' })).toMatchObject({
      code: 'certificate.format',
      message: expect.stringContaining(`the text cannot be read as JWK: ${message}`) as string,
    })
  })

  it.each<[string, Record<string, unknown>, string]>([
    ['an unprotected header', { unprotected: {} }, 'it has header fields that are not protected, or further data'],
    ['further data', { aad: 'AA' }, 'it has header fields that are not protected, or further data'],
    ['no tag', { tag: undefined }, 'it is a broken JWE'],
    ['a short tag', { tag: 'AAAA' }, 'its iv or its tag is too short'],
    ['a header that is no JSON', { protected: 'AAAA' }, 'its header is no JSON'],
  ])('is refused with %s', async (_, members, message) => {
    const source = json({ ...sealedWith({ enc: 'A128GCM', p2c: 1000 }, 'aes-128-gcm'), ...members })
    expect((await refusalOf({ source, password: 'secret' }))?.message).toContain(message)
  })
})

/** An encrypted key in the flattened form of JSON (RFC 7516 7.2.2), made by the book. */
function sealedWith(header: Record<string, unknown>, cipher: 'aes-128-gcm' | 'aes-192-gcm') {
  const alg = 'PBES2-HS256+A128KW'
  const salt = randomBytes(16)
  const whole = { alg, p2s: salt.toString('base64url'), ...header }
  const iterations = Math.min(1000, Math.max(1, Math.ceil(Number(whole['p2c' as keyof typeof whole] ?? 1))))
  const wrapping = pbkdf2Sync('secret', Buffer.concat([Buffer.from(`${alg}\0`), salt]), iterations, 16, 'sha256')
  const key = randomBytes(cipher === 'aes-128-gcm' ? 16 : 24)
  const wrap = createCipheriv('id-aes128-wrap', wrapping, Buffer.alloc(8, 0xa6))
  const iv = randomBytes(12)
  const protectedText = Buffer.from(JSON.stringify(whole)).toString('base64url')
  const seal = createCipheriv(cipher, key, iv).setAAD(Buffer.from(protectedText))
  const plain = JSON.stringify(createPrivateKey(pemFixture('ann.sec1.key')).export({ format: 'jwk' }))
  const ciphertext = Buffer.concat([seal.update(plain), seal.final()])
  return {
    protected: protectedText,
    encrypted_key: Buffer.concat([wrap.update(key), wrap.final()]).toString('base64url'),
    iv: iv.toString('base64url'),
    ciphertext: ciphertext.toString('base64url'),
    tag: seal.getAuthTag().toString('base64url'),
  }
}
