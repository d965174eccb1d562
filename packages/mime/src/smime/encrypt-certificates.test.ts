import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { SettingsError } from '@posthorn/ground'
import { describe, expect, it } from 'vitest'
import type { Certificate } from '@posthorn/certificate'
import { mailPerson } from '../../test/mail-person.js'
import { certificatesFor } from './encrypt-certificates.js'

const certificateOf = async (email: string, more: Partial<Parameters<typeof mailPerson>[0]> = {}) =>
  (await mailPerson({ email, ...more })).certificate

/** What tells certificates apart. */
const prints = (certificates: readonly Certificate[]) => certificates.map(({ fingerprints }) => fingerprints.sha256)

/** A certificate as it would be with another key. */
function withKey(certificate: Certificate, publicKey: KeyObject): Certificate {
  return new Proxy(certificate, {
    get: (real, name): unknown => (name === 'publicKey' ? publicKey : Reflect.get(real, name, real)),
  })
}

const day = (text: string) => new Date(`${text}T00:00:00Z`)

describe('certificatesFor', () => {
  it('finds the certificate of each address in a list, each once, and those who may read it too', async () => {
    const [ann, bob, author] = [
      await certificateOf('ann@example.test'),
      await certificateOf('bob@example.test'),
      await certificateOf('me@example.test'),
    ]
    const found = await certificatesFor({ certificates: [bob, author, ann], alsoFor: [author, ann] }, [
      'ann@example.test',
      'bob@example.test',
      'ann@example.test',
    ])
    expect(prints(found)).toEqual(prints([ann, bob, author]))
  })

  it('compares addresses without case, and domains in either script', async () => {
    const ann = await certificateOf('Ann@Example.TEST')
    const bob = await certificateOf('bob@xn--mller-kva.example')
    const found = await certificatesFor({ certificates: [ann, bob] }, ['aNN@example.test', 'bob@Müller.example'])
    expect(prints(found)).toEqual(prints([ann, bob]))
  })

  it('takes the newest of several that can be used', async () => {
    const valid = (validFrom: string, validTo = '2040-01-01') =>
      certificateOf('ann@example.test', { validFrom: day(validFrom), validTo: day(validTo) })
    const [old, newer] = [await valid('2020-01-01'), await valid('2021-01-01')]
    const expired = await valid('2022-01-01', '2022-06-01')
    const signing = await certificateOf('ann@example.test', {
      validFrom: day('2023-01-01'),
      usage: ['digitalSignature'],
    })
    const now = () => day('2024-01-01')
    for (const certificates of [
      [old, newer, expired, signing],
      [signing, expired, newer, old],
    ]) {
      expect(prints(await certificatesFor({ certificates, now }, ['ann@example.test']))).toEqual(prints([newer]))
    }
  })

  it('[part of beyondtrust.behaviour.encrypt-needs-certificates] names every recipient without a certificate', async () => {
    const certificates = [await certificateOf('ann@example.test')]
    const addresses = ['bob@example.test', 'ann@example.test', 'cec@example.test']
    await expect(certificatesFor({ certificates }, addresses)).rejects.toMatchObject({
      code: 'smime.no-certificate',
      message: 'smime.encrypt.certificates: has no certificate for bob@example.test, cec@example.test',
    })
  })

  it('asks a function for each address, and says when it fails that another try may do', async () => {
    const ann = await certificateOf('somebody.else@example.test')
    const asked: string[] = []
    const certificates = async (address: string) => {
      asked.push(address)
      if (address.startsWith('down')) throw new Error('the directory is down')
      return Promise.resolve(address === 'ann@example.test' ? ann : undefined)
    }
    expect(prints(await certificatesFor({ certificates }, ['ann@example.test']))).toEqual(prints([ann]))
    await expect(certificatesFor({ certificates }, ['ann@example.test', 'bob@example.test'])).rejects.toMatchObject({
      code: 'smime.no-certificate',
    })
    await expect(certificatesFor({ certificates }, ['down@example.test'])).rejects.toMatchObject({
      code: 'smime.certificate-source',
      outcome: 'transient',
      cause: new Error('the directory is down'),
    })
    expect(asked).toEqual(['ann@example.test', 'ann@example.test', 'bob@example.test', 'down@example.test'])
  })

  it('asks for no more than sixteen at a time, and keeps the order', async () => {
    const ann = await certificateOf('ann@example.test')
    const addresses = Array.from({ length: 40 }, (_, index) => `r${index}@example.test`)
    let underWay = 0
    let most = 0
    const certificates = async () => {
      most = Math.max(most, ++underWay)
      await Promise.resolve()
      underWay--
      return ann
    }
    expect(prints(await certificatesFor({ certificates }, addresses))).toEqual(prints([ann]))
    expect(most).toBe(16)
  })

  it('gives everybody the one certificate when there is one', async () => {
    const one = await certificateOf('gateway@example.test')
    expect(prints(await certificatesFor({ certificates: [], forAll: one }, ['a@b.test', 'c@d.test']))).toEqual(
      prints([one]),
    )
  })

  it('says whose certificate cannot be used, and why', async () => {
    const now = () => day('2024-06-01')
    const cases: [Certificate, string, string][] = [
      [
        await certificateOf('ann@example.test', { validFrom: day('2020-01-01'), validTo: day('2021-01-01') }),
        'certificate.expired',
        'expired on 2021-01-01',
      ],
      [
        await certificateOf('ann@example.test', { validFrom: day('2025-01-01'), validTo: day('2026-01-01') }),
        'certificate.not-yet-valid',
        'is valid only from 2025-01-01 on',
      ],
      [
        await certificateOf('ann@example.test', { validFrom: day('2020-01-01'), usage: ['digitalSignature'] }),
        'certificate.wrong-usage',
        'must not be encrypted for',
      ],
      [
        await certificateOf('ann@example.test', { validFrom: day('2020-01-01'), keyType: 'ed25519' }),
        'certificate.wrong-usage',
        'cannot be encrypted for',
      ],
    ]
    for (const [certificate, code, sentence] of cases) {
      const refused = certificatesFor({ certificates: [certificate], now }, ['ann@example.test'])
      await expect(refused).rejects.toMatchObject({ code })
      await expect(refused).rejects.toThrow(
        `smime.encrypt.certificates: the certificate of ann@example.test ${sentence}`,
      )
      await expect(certificatesFor({ certificates: [], alsoFor: [certificate], now }, [])).rejects.toMatchObject({
        code,
        field: 'smime.encrypt.alsoFor[0]',
      })
      await expect(
        certificatesFor({ certificates: [], forAll: certificate, now }, ['bob@example.test']),
      ).rejects.toMatchObject({ code, field: 'smime.encrypt.forAll' })
    }
  })

  it.each([
    [512, false, 'smime.weak-key'],
    [512, true, 'smime.weak-key'],
    [1024, false, 'smime.weak-key'],
    [1024, true, undefined],
    [2048, false, undefined],
  ])('judges an RSA key of %i bits, weak ones allowed: %s', async (modulusLength, allowWeakKeys, code) => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength })
    const certificate = withKey(await certificateOf('ann@example.test', { keyType: 'rsa' }), publicKey)
    const found = await certificatesFor({ certificates: [certificate], allowWeakKeys }, ['ann@example.test']).then(
      prints,
      (error: unknown) => (error instanceof SettingsError ? error.code : error),
    )
    expect(found).toEqual(code ?? prints([certificate]))
  })

  it('refuses a curve that mail does not use', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'secp256k1' })
    const certificate = withKey(await certificateOf('ann@example.test'), createPublicKey(privateKey))
    const refused = certificatesFor({ certificates: [certificate] }, ['ann@example.test'])
    await expect(refused).rejects.toMatchObject({ code: 'smime.weak-key' })
    await expect(refused).rejects.toThrow('has a key on the curve secp256k1')
  })

  it('refuses to encrypt for nobody', async () => {
    await expect(certificatesFor({ certificates: [] }, [])).rejects.toMatchObject({ code: 'smime.no-certificate' })
  })
})
