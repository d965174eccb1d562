import type { Certificate } from '@posthorn/certificate'
import type { ServerCertificateFacts } from '@posthorn/net'
import { describe, expect, test, vi } from 'vitest'
import { signatureRule } from './signature-rule.js'

const DER = Buffer.from('3000', 'hex')

function signedWith(name: string, digest?: string): ServerCertificateFacts {
  const certificate = { der: DER, signatureAlgorithm: { oid: '1.2.3', name, digest } } as unknown as Certificate
  return { host: 'relay.example.test', certificate } as ServerCertificateFacts
}

const SIGNATURES: readonly (readonly [name: string, digest: string | undefined, allowedBy: readonly string[]])[] = [
  ['sha256WithRSAEncryption', 'sha256', ['sha256-rsa', 'rsa_pkcs1_sha256', 'RSA+SHA256', 'SHA256withRSA']],
  ['sha1WithRSAEncryption', 'sha1', ['sha1-rsa']],
  ['sha512WithRSAEncryption', 'sha512', ['sha512-rsa', 'rsa_pkcs1_sha512']],
  ['ecdsa-with-SHA384', 'sha384', ['sha384-ecdsa', 'ecdsa_secp384r1_sha384']],
  ['RSASSA-PSS', 'sha256', ['rsa_pss_sha256', 'rsa_pss_rsae_sha256']],
  ['dsa-with-SHA224', 'sha224', ['sha224-dsa']],
  ['Ed25519', undefined, ['ed25519']],
  ['Ed448', undefined, ['ed448']],
  ['1.2.3.4', undefined, []],
]
const ALL = [...new Set(SIGNATURES.flatMap(([, , names]) => names))]

describe('[part of ipworks.config.TLS12SignatureAlgorithms] [part of ipworks.config.TLS13SignatureAlgorithms] a certificate', () => {
  test.each(SIGNATURES)('signed with %s (%s) is taken with %j alone', (name, digest, allowedBy) => {
    const allowing = ALL.filter((each) => {
      try {
        return signatureRule([each], undefined, undefined)(signedWith(name, digest)) === undefined
      } catch {
        return false
      }
    })
    expect(allowing.sort()).toEqual([...allowedBy].sort())
  })

  test('signed otherwise is refused with 280, and nobody is asked', () => {
    const asked = vi.fn()
    const rule = signatureRule(['sha256-rsa', 'nonsense'], undefined, asked)
    expect(() => rule(signedWith('ecdsa-with-SHA256', 'sha256'))).toThrow(
      expect.objectContaining({ code: 280, message: expect.stringContaining('ecdsa-with-SHA256') as string }) as Error,
    )
    expect(asked).not.toHaveBeenCalled()
  })

  test('that is pinned is taken whatever signed it; then it is for the caller', async () => {
    const rule = (next?: () => boolean) => signatureRule(['sha256-rsa'], DER, next)(signedWith('Ed25519'))
    expect(await rule()).toBeUndefined()
    expect(await rule(() => false)).toBe(false)
  })
})
