import { createCipheriv, createHash, diffieHellman, generateKeyPairSync, hkdfSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { AGREEMENT_SCHEMES, agreeKey, receiveAgreedKey, type Agreement } from './key-agreement.js'
import { KEY_WRAPS } from './key-wrap.js'

const KEY = Buffer.alloc(32, 7)
const WRAP = KEY_WRAPS.find(({ keyOctets, algorithm }) => keyOctets === 32 && algorithm.includes('aes'))!
const schemeOf = (id: string) => AGREEMENT_SCHEMES.find(({ oid }) => oid === id)!
const octets = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex')

/** id-aes256-wrap, ukm 010203, 256 bits: ECC-CMS-SharedInfo (RFC 5753 7.2), octet by octet. */
const SHARED_INFO = octets('301c 300b 0609 60864801650304012d a005 0403 010203 a206 0404 00000100')

const wrapped = (wrappingKey: Uint8Array) => {
  const cipher = createCipheriv('id-aes256-wrap', wrappingKey, octets('a6a6a6a6a6a6a6a6'))
  return Buffer.concat([cipher.update(KEY), cipher.final()])
}

describe('receiveAgreedKey', () => {
  it('derives the wrapping key as RFC 5753 7.2 and ANSI X9.63 say, with a ukm', () => {
    const [ours, theirs] = [1, 2].map(() => generateKeyPairSync('ec', { namedCurve: 'prime256v1' }))
    const secret = diffieHellman({ privateKey: theirs!.privateKey, publicKey: ours!.publicKey })
    const wrappingKey = createHash('sha256').update(secret).update(octets('00000001')).update(SHARED_INFO).digest()
    const agreement: Agreement = {
      scheme: schemeOf('1.3.132.1.11.1'),
      wrap: WRAP,
      wrapIdentifier: WRAP.identifier,
      point: theirs!.publicKey.export({ type: 'spki', format: 'der' }).subarray(-65),
      ukm: octets('010203'),
      encryptedKey: wrapped(wrappingKey),
    }
    expect(receiveAgreedKey(ours!.privateKey, agreement)).toEqual(KEY)
    expect(() => receiveAgreedKey(ours!.privateKey, { ...agreement, ukm: undefined })).toThrow()
  })

  it('derives it as RFC 8418 2.2 says for X25519, with a ukm', () => {
    const [ours, theirs] = [1, 2].map(() => generateKeyPairSync('x25519'))
    const secret = diffieHellman({ privateKey: theirs!.privateKey, publicKey: ours!.publicKey })
    const wrappingKey = Buffer.from(hkdfSync('sha256', secret, octets('010203'), SHARED_INFO, 32))
    expect(
      receiveAgreedKey(ours!.privateKey, {
        scheme: schemeOf('1.2.840.113549.1.9.16.3.19'),
        wrap: WRAP,
        wrapIdentifier: WRAP.identifier,
        point: theirs!.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32),
        ukm: octets('010203'),
        encryptedKey: wrapped(wrappingKey),
      }),
    ).toEqual(KEY)
  })

  it('refuses a point that is not on the curve', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
    const { identifier } = WRAP
    const point = Buffer.alloc(65, 1)
    point[0] = 4
    expect(() =>
      receiveAgreedKey(privateKey, {
        scheme: schemeOf('1.3.132.1.11.1'),
        wrap: WRAP,
        wrapIdentifier: identifier,
        point,
        ukm: undefined,
        encryptedKey: KEY,
      }),
    ).toThrow()
  })
})

describe('agreeKey', () => {
  it('uses a new key of its own for each recipient', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'secp384r1' })
    expect(agreeKey(publicKey, KEY).originator).not.toEqual(agreeKey(publicKey, KEY).originator)
  })

  it('names ECDH with SHA-256 and AES-256 key wrap, in the words of RFC 5753 7.1', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
    const { identifier, originator } = agreeKey(publicKey, KEY)
    expect(identifier.toString('hex')).toBe('301506062b8104010b01300b060960864801650304012d')
    expect(originator.subarray(0, 14).toString('hex')).toBe('300906072a8648ce3d0201034200') // parameters absent
  })
})
