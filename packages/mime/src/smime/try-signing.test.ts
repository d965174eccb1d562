import { readFileSync } from 'node:fs'
import { openCertificateStore } from '@posthorn/certificate'
import { describe, expect, it } from 'vitest'
import { mailPerson } from '../../test/mail-person.js'
import type { SignOptions } from './options.js'
import { trySigning } from './try-signing.js'

const fixture = (name: string) =>
  readFileSync(new URL(`../../../certificate/test/fixtures/${name}`, import.meta.url), 'latin1')

describe('trySigning', () => {
  it('[part of beyondtrust.smime.SignVerify] good settings', async () => {
    for (const keyType of ['p256', 'ed25519'] as const) {
      const identity = await mailPerson({ email: 'ann@example.test', keyType })
      for (const form of ['detached', 'opaque'] as const)
        for (const attach of ['chain', 'certificate', 'none'] as const) {
          await expect(trySigning({ identity, form, attach })).resolves.toBeUndefined()
        }
    }
  })

  it('[part of beyondtrust.smime.SignVerify] a wrong password: the file does not open', async () => {
    const source = fixture('aes-256.pfx.base64')
    const trying = async (password: string) => {
      const store = await openCertificateStore({ source, password, field: 'smime.sign' })
      await trySigning({ identity: store.identity(), now: () => new Date('2027-01-01T00:00:00Z') })
    }
    await expect(trying('wrong')).rejects.toMatchObject({ code: 'certificate.password', field: 'smime.sign.password' })
    await expect(trying('secret')).resolves.toBeUndefined()
  })

  it('[part of beyondtrust.smime.SignVerify] no key: the file has only a certificate', async () => {
    const store = await openCertificateStore({ source: fixture('ann.crt'), field: 'smime.sign' })
    expect(() => store.identity()).toThrow(expect.objectContaining({ code: 'certificate.no-key' }))
  })

  it.each([
    ['the key of somebody else', 'smime.key', {}],
    ['MD5', 'smime.digest', { digest: 'md5' }],
    ['a certificate that has expired', 'certificate.expired', { now: () => new Date('2099-01-01T00:00:00Z') }],
  ])('[part of beyondtrust.smime.SignVerify] names the cause: %s', async (_, code, wrong) => {
    const ann = await mailPerson({ email: 'ann@example.test' })
    const bob = await mailPerson({ email: 'bob@example.test' })
    const identity = code === 'smime.key' ? { ...ann, privateKey: bob.privateKey } : ann
    await expect(trySigning({ identity, ...wrong } as SignOptions)).rejects.toMatchObject({ code })
  })
})
