import type { Certificate } from '@posthorn/certificate'
import type { ServerCertificateFacts } from '@posthorn/net'
import { describe, expect, test, vi } from 'vitest'
import { signatureRule } from './signature-rule.js'

const DER = Buffer.from('3000', 'hex')

function signedWith(name: string, digest?: string, protocol = 'TLSv1.2'): ServerCertificateFacts {
  const certificate = { der: DER, signatureAlgorithm: { oid: '1.2.3', name, digest } } as unknown as Certificate
  return { host: 'relay.example.test', protocol, certificate } as ServerCertificateFacts
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
const only = (tls12: readonly string[]) => ({ tls12, tls13: undefined })
const ALL = [...new Set(SIGNATURES.flatMap(([, , names]) => names))]

describe('[part of ipworks.config.TLS12SignatureAlgorithms] [part of ipworks.config.TLS13SignatureAlgorithms] a certificate', () => {
  test.each(SIGNATURES)('signed with %s (%s) is taken with %j alone', async (name, digest, allowedBy) => {
    const allowing: string[] = []
    for (const each of ALL) {
      const rule = signatureRule(only([each]), undefined, undefined)
      const taken = async () => rule(signedWith(name, digest))
      await taken().then(
        () => allowing.push(each),
        () => {},
      )
    }
    expect(allowing.sort()).toEqual([...allowedBy].sort())
  })

  test('signed otherwise is refused with 280, unless the caller takes it', async () => {
    const asked = vi.fn((): boolean | undefined => undefined)
    const rule = signatureRule(only(['sha256-rsa', 'nonsense']), undefined, asked)
    const judge = async () => rule({ ...signedWith('ecdsa-with-SHA256', 'sha256'), status: 'ok' })
    const refusal = { code: 280, message: expect.stringContaining('ecdsa-with-SHA256') as string }
    await expect(judge()).rejects.toMatchObject(refusal)
    expect(asked).toHaveBeenCalledWith(
      expect.objectContaining({
        status: 'refused',
        reason: expect.stringContaining('TLS12SignatureAlgorithms') as string,
      }),
    )
    asked.mockReturnValue(false)
    await expect(judge()).rejects.toMatchObject(refusal)
    asked.mockReturnValue(true)
    expect(await judge()).toBe(true)
  })

  test('is judged by the list of the version that is spoken', async () => {
    const rule = signatureRule({ tls12: ['sha256-rsa'], tls13: ['ed25519'] }, undefined, undefined)
    const rsa = ['sha256WithRSAEncryption', 'sha256'] as const
    expect(await rule(signedWith(...rsa))).toBeUndefined()
    await expect(rule(signedWith(...rsa, 'TLSv1.3'))).rejects.toThrow('TLS13SignatureAlgorithms')
    expect(await rule(signedWith('Ed25519', undefined, 'TLSv1.3'))).toBeUndefined()
    await expect(rule(signedWith('Ed25519', undefined, 'TLSv1.1'))).rejects.toThrow('TLS12SignatureAlgorithms')
  })

  test('that is pinned is taken whatever signed it; then it is for the caller', async () => {
    const rule = (next?: () => boolean) => signatureRule(only(['sha256-rsa']), DER, next)(signedWith('Ed25519'))
    expect(await rule()).toBeUndefined()
    expect(await rule(() => false)).toBe(false)
  })
})
