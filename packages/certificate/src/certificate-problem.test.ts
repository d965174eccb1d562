import { X509Certificate } from 'node:crypto'
import { mailAuthority, mailIdentity } from '@posthorn/testkit'
import type { MailIdentityFacts } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { derFixture } from '../test/fixture.js'
import { certificateProblem } from './certificate-problem.js'
import { readCertificate } from './read-certificate.js'

const now = new Date()

async function made(facts: Partial<MailIdentityFacts>) {
  const { certificate } = await mailIdentity({ email: 'ann@example.test', ...facts })
  return readCertificate(new X509Certificate(certificate).raw)
}

describe('certificateProblem', () => {
  it.each(['rsa', 'p256', 'p384', 'p521'] as const)(
    'has nothing against a %s certificate for mail',
    async (keyType) => {
      const certificate = await made({ keyType })
      expect(certificateProblem(certificate, 'sign-mail', now)).toBeUndefined()
      expect(certificateProblem(certificate, 'encrypt-mail', now)).toBeUndefined()
    },
  )

  it('tells dates', async () => {
    const certificate = await made({ validFrom: new Date('2024-03-01'), validTo: new Date('2025-03-01') })
    const at = (date: string) => certificateProblem(certificate, 'sign-mail', new Date(date))
    expect(at('2025-03-02')).toEqual({ code: 'certificate.expired', sentence: 'expired on 2025-03-01' })
    expect(at('2024-02-29')).toEqual({
      code: 'certificate.not-yet-valid',
      sentence: 'is valid only from 2024-03-01 on',
    })
    expect([at('2024-03-01'), at('2025-03-01')]).toEqual([undefined, undefined])
  })

  it.each([
    [
      'rsa',
      ['keyEncipherment'],
      'sign-mail',
      'must not sign: its key usage does not have digitalSignature or nonRepudiation',
    ],
    [
      'rsa',
      ['digitalSignature'],
      'encrypt-mail',
      'must not be encrypted for: its key usage does not have keyEncipherment',
    ],
    ['rsa', ['nonRepudiation'], 'sign-mail', undefined],
    [
      'p256',
      ['digitalSignature'],
      'encrypt-mail',
      'must not be encrypted for: its key usage does not have keyAgreement',
    ],
    ['p256', 'none', 'encrypt-mail', undefined],
    ['ed25519', ['digitalSignature'], 'sign-mail', undefined],
    ['ed25519', 'none', 'encrypt-mail', 'cannot be encrypted for: its key is ed25519'],
    ['x25519', ['keyAgreement'], 'encrypt-mail', undefined],
    ['x25519', 'none', 'sign-mail', 'cannot sign: its key is x25519'],
  ] as const)('%s with key usage %j to %s: %s', async (keyType, usage, purpose, sentence) => {
    const problem = certificateProblem(await made({ keyType, usage }), purpose, now)
    expect(problem).toEqual(sentence && { code: 'certificate.wrong-usage', sentence })
  })

  it.each([
    [['1.3.6.1.5.5.7.3.1'], 'is not for mail: its extended key usage does not have emailProtection'],
    [['1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.4'], undefined],
    [['2.5.29.37.0'], undefined],
    ['none', undefined],
  ] as const)('extended key usage %j: %s', async (extendedUsage, sentence) => {
    const problem = certificateProblem(await made({ extendedUsage }), 'sign-mail', now)
    expect(problem).toEqual(sentence && { code: 'certificate.wrong-usage', sentence })
  })

  it('refuses the certificate of an authority', async () => {
    const { certificate } = await mailAuthority({ usage: 'none' })
    expect(certificateProblem(readCertificate(new X509Certificate(certificate).raw), 'encrypt-mail', now)).toEqual({
      code: 'certificate.wrong-usage',
      sentence: 'is the certificate of an authority and not of a person',
    })
  })

  it('takes a certificate for a person whose owner made it an authority', async () => {
    const subject = 'CN=Ann,1.2.840.113549.1.9.1=ann@example.test'
    const { certificate } = await mailAuthority({ subject, usage: 'none' })
    const read = readCertificate(new X509Certificate(certificate).raw)
    expect([read.isAuthority, certificateProblem(read, 'sign-mail', now)]).toEqual([true, undefined])
  })

  it('speaks of a key of an unknown kind', () => {
    const der = derFixture('ann.crt')
    der[der.indexOf(Buffer.from('06072a8648ce3d0201', 'hex')) + 8] = 0x77
    expect(certificateProblem(readCertificate(der), 'sign-mail', now)).toEqual({
      code: 'certificate.wrong-usage',
      sentence: 'cannot sign: its key is of an unknown kind',
    })
  })
})
