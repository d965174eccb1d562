import { createPrivateKey } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { element, integer, octetString, oid, sequence } from '../../test/der-writer.js'
import { derFixture, pemFixture } from '../../test/fixture.js'
import { openCertificateStore } from './open-certificate-store.js'

const annKey = createPrivateKey(pemFixture('ann.pkcs8.key'))
const bobKey = createPrivateKey(pemFixture('bob.pkcs1.key'))

describe('DER', () => {
  it.each(['der', 'auto'] as const)('opens a certificate (%s)', async (type) => {
    const store = await openCertificateStore({ type, source: derFixture('bob.crt') })
    expect(store.select().subject).toBe('CN=Bob,O=Example,C=DE')
    expect(() => store.identity()).toThrow(expect.objectContaining({ code: 'certificate.no-key' }))
  })

  it.each([
    ['PKCS #8', annKey.export({ type: 'pkcs8', format: 'der' }), 'ec'],
    ['SEC 1', annKey.export({ type: 'sec1', format: 'der' }), 'ec'],
    ['PKCS #1', bobKey.export({ type: 'pkcs1', format: 'der' }), 'rsa'],
    ['encrypted PKCS #8', derFixture('ann.pbes2.key'), 'ec'],
  ])('opens a private key as %s', async (_, source, type) => {
    const store = await openCertificateStore({ source, password: 'secret' })
    expect(store.privateKeys.map((key) => key.type)).toEqual([type])
    expect(() => store.select()).toThrow('the store has private keys but no certificate')
    expect(() => store.identity('ann')).toThrow(expect.objectContaining({ code: 'certificate.not-found' }))
  })

  it('makes one store of a certificate and its key', async () => {
    const source = [derFixture('ann.crt'), annKey.export({ type: 'pkcs8', format: 'der' })]
    expect((await openCertificateStore({ source })).identity().certificate.subject).toContain('Ann')
  })

  it('asks for the password of an encrypted key', async () => {
    const source = derFixture('ann.pbes2.key')
    await expect(openCertificateStore({ source })).rejects.toMatchObject({ code: 'certificate.password' })
    await expect(openCertificateStore({ source, password: 'x' })).rejects.toMatchObject({
      code: 'certificate.password',
    })
  })

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('hello')],
    ['another structure', sequence(octetString(Buffer.alloc(1)))],
    ['a number', sequence(integer(0), element(0x05))],
    ['an empty certificate', sequence(sequence())],
    ['an empty key', sequence(integer(0), sequence())],
  ])('refuses %s', async (_, source) => {
    await expect(openCertificateStore({ type: 'der', source })).rejects.toMatchObject({
      name: 'SettingsError',
      code: 'certificate.format',
      field: 'store.source',
    })
  })

  it('refuses a private key on an elliptic curve with parameters of its own before OpenSSL works on it', async () => {
    const own = sequence(integer(1), sequence(oid('1.2.840.10045.1.1'), integer(23)))
    const sec1 = sequence(integer(1), octetString(Buffer.alloc(32, 1)), element(0xa0, own))
    const pkcs8 = sequence(integer(0), sequence(oid('1.2.840.10045.2.1'), own), octetString(sec1))
    for (const source of [sec1, pkcs8]) {
      await expect(openCertificateStore({ source })).rejects.toMatchObject({
        code: 'certificate.format',
        message: expect.stringContaining('its elliptic curve has parameters of its own') as string,
      })
    }
  })
})
