import { webcrypto } from 'node:crypto'
import * as pkijs from 'pkijs'
import { beforeAll, describe, expect, it } from 'vitest'
import { textPart } from '../../test/encrypted.js'
import { mailPerson } from '../../test/mail-person.js'
import { cmsIn, signedMessage } from '../../test/signed.js'

const ENTITY = Buffer.from('Content-Type: text/plain\r\n\r\nread by others\r\n')

beforeAll(() => {
  pkijs.setEngine('node', new pkijs.CryptoEngine({ name: 'node', crypto: webcrypto as never }))
})

/** What PKI.js says of a signature, which has nothing of ours; it does not know Ed25519. */
async function verified(cms: Buffer, content?: Uint8Array): Promise<boolean> {
  const info = pkijs.ContentInfo.fromBER(Uint8Array.from(cms))
  const data = content ? { data: Uint8Array.from(content).buffer } : {}
  return new pkijs.SignedData({ schema: info.content as never }).verify({ signer: 0, checkChain: false, ...data })
}

describe('PKI.js verifies what was signed with', () => {
  it.each([
    ['RSA PKCS #1', 'rsa', 'pkcs1', 'sha256'],
    ['RSA PKCS #1', 'rsa', 'pkcs1', 'sha512'],
    ['RSA PSS', 'rsa', 'pss', 'sha256'],
    ['RSA PSS', 'rsa', 'pss', 'sha384'],
    ['RSA PSS', 'rsa', 'pss', 'sha1'],
    ['ECDSA P-256', 'p256', 'pkcs1', 'sha256'],
    ['ECDSA P-384', 'p384', 'pkcs1', 'sha384'],
    ['ECDSA P-521', 'p521', 'pkcs1', 'sha512'],
  ] as const)('%s (%s, %s) and %s', async (_, keyType, padding, digest) => {
    const identity = await mailPerson({ email: 'ann@example.test', keyType })
    const options = { identity, padding, digest }
    const part = textPart('read by others\r\n')
    const detached = cmsIn(await signedMessage(part, options))
    expect(await verified(detached, ENTITY)).toBe(true)
    await expect(verified(detached, Buffer.from('something else'))).rejects.toThrow(/digest/)
    expect(await verified(cmsIn(await signedMessage(part, { ...options, form: 'opaque' })))).toBe(true)
  })
})
