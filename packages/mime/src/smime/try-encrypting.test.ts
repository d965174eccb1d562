import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openCertificateStore } from '@posthorn/certificate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cmsOf, HEADER, textPart } from '../../test/encrypted.js'
import { mailPerson } from '../../test/mail-person.js'
import { OPENSSL_PFX, opensslPeople } from '../../test/openssl-messages.js'
import { randomFromBlock } from '../random-block.js'
import { CIPHERS } from './content-cipher.js'
import { openEnveloped } from './decrypt.js'
import { encryptPart } from './encrypt.js'
import { tryEncrypting } from './try-encrypting.js'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'posthorn-encrypt-'))
  const der = Buffer.from(opensslPeople.rsa.certificate, 'base64')
  const pem = `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`
  const files = { 'rsa.pem': pem, 'rsa.cer': der, 'rsa.pfx': Buffer.from(OPENSSL_PFX, 'base64'), 'rsa.txt': 'nothing' }
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content)
})

afterAll(() => rm(folder, { recursive: true }))

const storeOf = (name: string, password: string) =>
  openCertificateStore({ source: { path: join(folder, name) }, password })

/** The certificate out of a file. */
const fromFile = async (name: string, password = '') => (await storeOf(name, password)).select()

describe('tryEncrypting', () => {
  it.each([
    ['rsa.pem', ''],
    ['rsa.cer', ''],
    ['rsa.pfx', 'secret'],
  ])(
    '[part of beyondtrust.smime.EncryptionFile] the certificate out of %s stands for every recipient',
    async (name, password) => {
      const forAll = await fromFile(name, password)
      await tryEncrypting({ forAll })
      const part = await encryptPart(
        textPart('hello'),
        { forAll },
        ['x@example.test', 'y@example.test'],
        randomFromBlock,
      )
      const opened = await openEnveloped(await cmsOf(part), [(await storeOf('rsa.pfx', 'secret')).identity()])
      expect(Buffer.from(opened).toString()).toBe(`${HEADER}hello`)
    },
  )

  it('[part of beyondtrust.smime.EncryptPassword] a wrong password leaves nothing to encrypt for', async () => {
    await expect(fromFile('rsa.pfx', 'wrong')).rejects.toMatchObject({ code: 'certificate.password' })
  })

  it('[part of beyondtrust.smime.EncryptVerify] a good file encrypts a sample, a bad one says why not', async () => {
    await expect(tryEncrypting({ certificates: [await fromFile('rsa.pem')] })).resolves.toBeUndefined()
    await expect(fromFile('rsa.txt')).rejects.toMatchObject({ code: 'certificate.format' })
    const past = new Date('2020-01-01')
    const expired = await mailPerson({ email: 'bob@example.test', validFrom: new Date('2019-01-01'), validTo: past })
    await expect(tryEncrypting({ certificates: [expired.certificate] })).rejects.toMatchObject({
      code: 'certificate.expired',
      message: 'smime.encrypt.alsoFor[0]: the certificate of bob@example.test expired on 2020-01-01',
    })
  })

  it.each(CIPHERS.map(({ name }) => name))('tries %s', async (cipher) => {
    const ann = await mailPerson({ email: 'ann@example.test' })
    await expect(tryEncrypting({ certificates: [ann.certificate], cipher })).resolves.toBeUndefined()
  })

  it('tries the certificates of the addresses it is given', async () => {
    const ann = await mailPerson({ email: 'ann@example.test' })
    const options = { certificates: (address: string) => (address.startsWith('ann') ? ann.certificate : undefined) }
    await expect(tryEncrypting(options, ['ann@example.test'])).resolves.toBeUndefined()
    await expect(tryEncrypting(options, ['bob@example.test'])).rejects.toMatchObject({ code: 'smime.no-certificate' })
    await expect(tryEncrypting(options)).rejects.toMatchObject({ code: 'smime.no-certificate' })
  })
})
