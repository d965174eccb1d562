import { X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { mailIdentity } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { pemFixture, pfxFixture } from '../test/fixture.js'
import { openCertificateStore } from './store/open-certificate-store.js'
import { tlsIdentity } from './tls-identity.js'

describe('tlsIdentity', () => {
  it('gives the chain without the root, and the key, as OpenSSL takes them [part of beyondtrust.server.UseClientCertificate]', async () => {
    const store = await openCertificateStore({ source: pfxFixture('windows-rc2-40.pfx'), password: 'secret' })
    const { cert, key } = tlsIdentity(store.identity())
    const blocks = cert.match(/-----BEGIN[^]+?-----END CERTIFICATE-----\n/g) ?? []
    expect(blocks.map((block) => new X509Certificate(block).subject.split('\n').at(-1))).toEqual([
      'CN=Bob',
      'CN=Fixture CA',
    ])
    expect(key).toMatch(/^-----BEGIN PRIVATE KEY-----\n/)
    createSecureContext({ cert, key }) // throws when they do not belong together
  })

  it('refuses a key that is not in memory', async () => {
    const store = await openCertificateStore({ source: pemFixture('bob.crt') + pemFixture('bob.pkcs1.key') })
    const { certificate, chain, privateKey } = store.identity()
    const inToken = {
      certificate,
      chain,
      privateKey: { type: privateKey.type, sign: () => Promise.reject(new Error('not here')) },
    }
    expect(() => tlsIdentity(inToken, 'tls.identity')).toThrow(
      expect.objectContaining({
        name: 'SettingsError',
        code: 'certificate.key-in-token',
        message:
          "tls.identity: the private key of 'CN=Bob,O=Example,C=DE' is in a token, and TLS of Node needs it in memory",
        hint: expect.stringContaining('use a PFX or PEM file') as string,
      }),
    )
  })

  it('refuses a key that cannot sign', async () => {
    const made = await mailIdentity({ email: 'ann@example.test', keyType: 'x25519' })
    const identity = (await openCertificateStore({ source: made.key + made.certificate })).identity()
    expect(() => tlsIdentity(identity)).toThrow(expect.objectContaining({ code: 'certificate.wrong-usage' }))
  })
})
