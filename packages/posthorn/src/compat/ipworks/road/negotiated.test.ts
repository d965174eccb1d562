import type { TlsFacts } from '@posthorn/net'
import { expect, test } from 'vitest'
import { negotiated } from './negotiated.js'

const facts: TlsFacts = {
  protocol: 'TLSv1.2',
  cipher: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  cipherName: 'ECDHE-RSA-AES128-GCM-SHA256',
  strengthBits: 128,
  keyExchange: 'ECDHE_X25519',
  keyExchangeBits: 253,
  resumed: false,
  verified: true,
  subject: 'CN=x',
  issuer: 'CN=y',
  fingerprint: '00',
}

test('[part of ipworks.config.SSLNegotiatedCipher] [part of ipworks.config.SSLNegotiatedCipherSuite] [part of ipworks.config.SSLNegotiatedCipherStrength] [part of ipworks.config.SSLNegotiatedKeyExchange] [part of ipworks.config.SSLNegotiatedKeyExchangeStrength] [part of ipworks.config.SSLNegotiatedVersion] what was agreed on, as text', () => {
  expect(negotiated(facts)).toEqual({
    SSLNegotiatedCipher: 'ECDHE-RSA-AES128-GCM-SHA256',
    SSLNegotiatedCipherStrength: '128',
    SSLNegotiatedCipherSuite: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
    SSLNegotiatedKeyExchange: 'ECDHE_X25519',
    SSLNegotiatedKeyExchangeStrength: '253',
    SSLNegotiatedVersion: 'TLSv1.2',
  })
})

test('before a handshake all of it is empty', () => {
  expect(new Set(Object.values(negotiated(undefined)))).toEqual(new Set(['']))
})
