import { constants, createPublicKey, createSecretKey, generateKeyPairSync, verify } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { pemFixture } from '../test/fixture.js'
import { createPrivateKey } from 'node:crypto'
import { privateKeyOf } from './private-key.js'
import type { DigestName } from './private-key.js'

const text = Buffer.from('To whom it may concern')
const rsa = createPrivateKey(pemFixture('bob.pkcs1.key'))
const digests: readonly DigestName[] = ['sha1', 'sha256', 'sha384', 'sha512']

describe('privateKeyOf', () => {
  it.each(digests)('signs with RSA and %s', async (digest) => {
    const key = privateKeyOf(rsa)
    const publicKey = createPublicKey(rsa)
    expect(verify(digest, text, publicKey, await key.sign(text, { digest }))).toBe(true)
    const pss = await key.sign(text, { digest, padding: 'pss' })
    const options = {
      key: publicKey,
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    }
    expect(verify(digest, text, options, pss)).toBe(true)
    expect(key.type).toBe('rsa')
  })

  it.each(['P-256', 'P-384', 'P-521'])('signs with %s in DER', async (namedCurve) => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve })
    const key = privateKeyOf(privateKey)
    const signature = await key.sign(text, { digest: 'sha384' })
    expect([key.type, signature[0]]).toEqual(['ec', 0x30])
    expect(verify('sha384', text, { key: publicKey, dsaEncoding: 'der' }, signature)).toBe(true)
  })

  it('signs with Ed25519, whatever digest is named', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const signature = await privateKeyOf(privateKey).sign(text, { digest: 'sha256' })
    expect(verify(null, text, publicKey, signature)).toBe(true)
  })

  it('uses PSS for a key that is for PSS alone', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa-pss', { modulusLength: 1024 })
    const key = privateKeyOf(privateKey)
    const signature = await key.sign(text, { digest: 'sha256', padding: 'pkcs1' })
    const options = { key: publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
    expect([key.type, verify('sha256', text, options, signature)]).toEqual(['rsa', true])
  })

  it('does not sign with X25519', async () => {
    const key = privateKeyOf(generateKeyPairSync('x25519').privateKey, 'smime.sign.identity')
    await expect(key.sign(text, { digest: 'sha256' })).rejects.toMatchObject({
      code: 'certificate.wrong-usage',
      message: 'smime.sign.identity: an X25519 key cannot sign',
    })
  })

  it('says when a digest is too long for the key', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 512 })
    await expect(privateKeyOf(privateKey).sign(text, { digest: 'sha512' })).rejects.toMatchObject({
      code: 'certificate.wrong-usage',
      message: 'key: the key cannot make a signature with sha512',
    })
  })

  it.each([
    ['a public key', createPublicKey(rsa)],
    ['a secret key', createSecretKey(Buffer.from('password'))],
    ['Ed448', generateKeyPairSync('ed448').privateKey],
  ])('refuses %s', (_, key) => {
    expect(() => privateKeyOf(key)).toThrow(expect.objectContaining({ code: 'certificate.format', field: 'key' }))
  })

  it('does not show the key when it is printed', () => {
    const key = privateKeyOf(rsa)
    const secret = rsa.export({ format: 'jwk' }).d!
    expect(inspect(key, { depth: 5, showHidden: true }) + JSON.stringify(key)).not.toContain(secret.slice(0, 20))
  })
})
