import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { mailAuthority, mailIdentity } from './mail-identity.js'

describe('mailIdentity', () => {
  it.each(['rsa', 'p256', 'p384', 'p521', 'ed25519', 'x25519'] as const)('makes a %s certificate', async (keyType) => {
    const made = await mailIdentity({ email: 'ann@example.test', keyType })
    const certificate = new X509Certificate(made.certificate)
    expect(certificate.checkPrivateKey(createPrivateKey(made.key))).toBe(true)
    expect([certificate.subject, certificate.subjectAltName]).toEqual(['CN=ann@example.test', 'email:ann@example.test'])
    const [issuer, root] = made.chain.map((pem) => new X509Certificate(pem))
    expect(certificate.verify(issuer!.publicKey)).toBe(true)
    expect(issuer!.verify(root!.publicKey)).toBe(true)
    expect(made.root).toBe(made.chain[1])
  })

  it.each(['rsa', 'p521', 'ed25519'] as const)('signs with its own %s key', async (keyType) => {
    const made = await mailIdentity({ email: 'ann@example.test', keyType, issuer: 'self' })
    const certificate = new X509Certificate(made.certificate)
    expect(certificate.verify(createPublicKey(made.certificate))).toBe(true)
    expect([made.chain, made.root]).toEqual([[], made.certificate])
  })

  it('gives each of the first RSA identities its own key', async () => {
    const keys = await Promise.all([1, 2].map(() => mailIdentity({ email: 'ann@example.test', keyType: 'rsa' })))
    expect(keys[0]!.key).not.toBe(keys[1]!.key)
  })

  it('says what it is told', async () => {
    const authority = await mailAuthority({ subject: 'CN=Other,O=example.test', keyType: 'p384' })
    const made = await mailIdentity({
      email: ['a@example.test', 'b@example.test'],
      subject: 'CN=Ann,O=Example',
      issuer: authority,
      usage: ['keyEncipherment'],
      extendedUsage: ['1.3.6.1.5.5.7.3.1'],
      validFrom: new Date('2020-01-01T00:00:00Z'),
      validTo: new Date('2021-01-01T00:00:00Z'),
    })
    const certificate = new X509Certificate(made.certificate)
    expect(certificate.issuer).toBe('CN=Other\nO=example.test')
    expect(certificate.subject).toBe('CN=Ann\nO=Example')
    expect(certificate.subjectAltName).toBe('email:a@example.test, email:b@example.test')
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']) // what Node calls key usage is the extended one
    expect([certificate.validFrom, certificate.validTo]).toEqual([
      'Jan  1 00:00:00 2020 GMT',
      'Jan  1 00:00:00 2021 GMT',
    ])
    expect(made.chain).toEqual([authority.certificate])
  })
})
