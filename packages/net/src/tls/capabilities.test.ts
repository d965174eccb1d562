import { expect, test } from 'vitest'
import { tlsCapabilities } from './capabilities.js'

test('[part of runmyjobs.behaviour.tls-versions] versions, suites, groups and algorithms of this Node', async () => {
  const found = await tlsCapabilities()
  expect(found).toMatchObject({ node: process.versions.node, openssl: process.versions.openssl })
  expect(found.versions.filter(({ byDefault }) => byDefault).map(({ name }) => name)).toEqual(['TLSv1.2', 'TLSv1.3'])
  expect(found.ciphers).toContainEqual({
    name: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
    opensslName: 'ECDHE-RSA-AES128-GCM-SHA256',
    strengthBits: 128,
  })
  expect(found.ciphers.some(({ name, strengthBits }) => /NULL|PSK|KRB5|RC4_40/.test(name) || strengthBits === 0)).toBe(
    false,
  )
  expect(found.groups).toContain('X25519')
  expect(found.signatureAlgorithms).toContain('ed25519')
  expect(found.defaultCiphers).toContain('TLS_AES_256_GCM_SHA384')
})
