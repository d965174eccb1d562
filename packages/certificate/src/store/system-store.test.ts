import { describe, expect, it } from 'vitest'
import { refusalOf } from '../../test/refusal-of.js'
import { openCertificateStore } from './open-certificate-store.js'

describe('the stores of Windows and macOS', () => {
  it.each([
    ['windows-user', 'the certificate store of a Windows user'],
    ['windows-machine', 'the certificate store of a Windows machine'],
    ['macos-keychain', 'the keychain of macOS'],
  ] as const)(
    '%s cannot be read, and the alternative is named [part of ipworks.type.Certificate.StoreType.cstUser] [part of ipworks.type.Certificate.StoreType.cstMachine] [part of ipworks.error.271] [part of illiad.config.SslCertStoreType]',
    async (type, what) => {
      await expect(openCertificateStore({ type, source: 'MY', subject: 'CN=Ann' })).rejects.toMatchObject({
        name: 'SettingsError',
        code: 'certificate.store-unavailable',
        field: 'store.type',
        message: `store.type: ${what} cannot be read: Node has no access to it`,
        hint: expect.stringMatching(/PFX.*PEM/) as string,
      })
    },
  )

  it.each(['MY', 'CA', 'ROOT', 'SPC', 'my', ' Root '])(
    'the name %j in place of a file is told from a file [part of ipworks.type.Certificate.Store] [part of illiad.config.SslCertStore] [part of beyondtrust.server.UserCertificateStore]',
    async (name) => {
      for (const source of [name, { path: name }]) {
        const refused = await refusalOf({ source })
        expect(refused?.code).toBe('certificate.store-unavailable')
        expect(refused?.message).toBe(
          `store.source: '${name.trim()}' is a certificate store of Windows, which Node cannot read`,
        )
        expect(refused?.hint).toMatch(/PFX file.*PEM/)
      }
    },
  )

  it('another name is a file that is not there', async () => {
    expect(await refusalOf({ source: { path: 'MINE' } })).toMatchObject({ code: 'certificate.unreadable' })
    expect(await refusalOf({ source: 'MINE' })).toMatchObject({ code: 'certificate.format' })
  })
})
