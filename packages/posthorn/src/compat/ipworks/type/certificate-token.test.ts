import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { CertificateStore, CertificateStoreOptions, Identity, PrivateKey } from '@posthorn/certificate'
import { storeOctets, storeText } from '../../../../test/store-fixture.js'
import { Certificate, StoreType } from './certificate.js'

/** A token that has what a PEM store has: the package of certificates proves what stands in a real one. */
const token = vi.hoisted(() => ({
  opened: [] as CertificateStoreOptions[],
  isInstalled: true,
  isReached: true,
  refusal: undefined as Error | undefined,
}))

vi.mock(import('@posthorn/certificate/sync'), async (original) => ({
  ...(await original()),
  tokensCanBeOpened: () => token.isInstalled,
}))
vi.mock(import('@posthorn/certificate'), async (original) => {
  const whole = await original()
  const openCertificateStore = async (options: CertificateStoreOptions): Promise<CertificateStore> => {
    token.opened.push(options)
    if (token.refusal) throw token.refusal
    const store = await whole.openCertificateStore({ source: storeText('bob.crt') + storeText('bob.pkcs1.key') })
    if (token.isReached) return store
    const identity = (subject?: string): Identity => {
      const found = store.identity(subject)
      const privateKey: PrivateKey = { type: 'rsa', sign: (...given) => found.privateKey.sign(...given) }
      return { ...found, privateKey }
    }
    return { ...store, identity }
  }
  return { ...whole, openCertificateStore }
})

const URI = 'pkcs11:token=bob?module-path=/lib/token.so'

beforeEach(() => {
  Object.assign(token, { opened: [], isInstalled: true, isReached: true, refusal: undefined })
})

describe('a certificate in a token [part of ipworks.type.Certificate.StoreType.cstPKCS11]', () => {
  it('is looked for when the connection needs it, once', async () => {
    const options = 'PKCS11Engine=/lib/engines/pkcs11.so'
    const certificate = new Certificate(StoreType.cstPKCS11, URI, '1234', 'CN=Bob', options)
    expect([certificate.subject, certificate.isEmpty, token.opened.length]).toEqual(['CN=Bob', true, 0])
    const [first, second] = await Promise.all([certificate.identity, certificate.identity])
    expect(token.opened).toEqual([{ type: 'pkcs11', source: URI, password: '1234', engine: '/lib/engines/pkcs11.so' }])
    expect([first?.certificate.subject, second?.certificate.subject]).toEqual([
      'CN=Bob,O=Example,C=DE',
      'CN=Bob,O=Example,C=DE',
    ])
    expect([certificate.subject, certificate.privateKeyAvailable]).toEqual(['CN=Bob, O=Example, C=DE', true])
  })

  it('may be given, and its key is found in the token', async () => {
    const certificate = new Certificate(StoreType.cstPKCS11, URI, '1234', storeOctets('bob.crt'))
    expect([certificate.subject, certificate.isEmpty]).toEqual(['', false])
    expect(await certificate.identity).toBeDefined()
    expect(certificate.subject).toBe('CN=Bob, O=Example, C=DE')
  })

  it('is not there when nothing in the token fits', async () => {
    const certificate = new Certificate(StoreType.cstPKCS11, URI, '1234', 'CN=Nobody')
    expect(await certificate.identity).toBeUndefined()
    expect(certificate.subject).toBe('')
  })

  it('is refused when TLS does not reach its key, and the way out is named', async () => {
    token.isReached = false
    const certificate = new Certificate(StoreType.cstPKCS11, URI, '1234', '*')
    await expect(certificate.identity).rejects.toMatchObject({
      code: 271,
      message: expect.stringMatching(/StoreType 2.*StoreType 6/) as string,
    })
  })

  it('may be asked for again when the token was not there', async () => {
    const { SettingsError } = await import('@posthorn/ground')
    token.refusal = new SettingsError('certificate.token-absent', 'store.source', 'no token bob is plugged in')
    const certificate = new Certificate(StoreType.cstPKCS11, URI, '1234', '*')
    await expect(certificate.identity).rejects.toMatchObject({
      code: 271,
      message: expect.stringMatching(/no token bob is plugged in\..*StoreType 2/) as string,
      cause: token.refusal,
    })
    token.refusal = undefined
    expect(await certificate.identity).toBeDefined()
    expect(token.opened).toHaveLength(2)
  })
})

describe('a token where the package for tokens is not installed [ipworks.type.Certificate.StoreType.cstPKCS11]', () => {
  it.each(['/usr/lib/softhsm/libsofthsm2.so', `${URI}&pin-value=hunter2`])('is refused at once: %s', (store) => {
    token.isInstalled = false
    const certificate = new Certificate()
    Object.assign(certificate, { storeType: StoreType.cstPKCS11, store, storePassword: '1234' })
    const choose = () => (certificate.subject = 'CN=Bob')
    expect(choose).toThrow(
      /^271: .*pkcs11js.*PFX file \(StoreType 2, cstPFXFile\).*PEM file \(StoreType 6, cstPEMKeyFile\)/,
    )
    expect(choose).toThrow(
      expect.objectContaining({ code: 271, message: expect.not.stringMatching(/hunter2|1234/) as string }),
    )
    expect([certificate.subject, certificate.isEmpty]).toEqual(['', true])
  })
})
