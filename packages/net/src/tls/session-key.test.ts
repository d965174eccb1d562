import { createSecureContext } from 'node:tls'
import { expect, test } from 'vitest'
import { authority, good } from '../../test/server.js'
import type { TlsOptions } from '../options.js'
import { sessionKey, settingsDigest } from './session-key.js'

const context = createSecureContext()
const records = [{ usage: 3, selector: 1, matching: 1, data: Buffer.alloc(32) }]

/** Settings that must not share sessions: with each other, nor with none. */
const settings: Record<string, TlsOptions> = {
  nothing: {},
  ca: { ca: authority.cert },
  'another ca': { ca: good.cert },
  'two ca': { ca: [authority.cert, good.cert] },
  extraCa: { extraCa: authority.cert },
  accepted: { acceptedCertificates: authority.cert },
  cert: { cert: good.cert, key: good.key },
  'another cert': { cert: authority.cert, key: authority.key },
  pfx: { pfx: Buffer.from('x') },
  'another pfx': { pfx: [{ buf: Buffer.from('y') }] },
  minVersion: { minVersion: 'TLSv1.3' },
  maxVersion: { maxVersion: 'TLSv1.3' },
  ciphers: { ciphers: 'HIGH' },
  minStrengthBits: { minStrengthBits: 256 },
  ecdhCurve: { ecdhCurve: 'P-256' },
  sigalgs: { sigalgs: 'ed25519' },
  rejectUnauthorized: { rejectUnauthorized: false },
  verifyHost: { verifyHost: false },
  trustHosts: { trustHosts: ['*'] },
  pins: { pins: ['00'.repeat(32)] },
  'crl soft': { revocation: { crl: 'soft' } },
  'crl required': { revocation: { crl: 'required' } },
  dane: { dane: { records, names: ['a.example'] } },
  'other records': { dane: { records: [{ ...records[0]!, usage: 2 }], names: ['a.example'] } },
  'other names': { dane: { records, names: ['b.example'] } },
  decide: { decide: () => true },
  context: { secureContext: context },
  'another context': { secureContext: createSecureContext() },
}

test('settings that differ in what they trust, show or offer have digests of their own', () => {
  const digests = Object.values(settings).map(settingsDigest)
  expect(new Set(digests).size).toBe(Object.keys(settings).length)
})

test('what makes no difference to a session makes none to its digest', () => {
  expect(settingsDigest({ passphrase: 'a', keyLogFile: 'b' })).toBe(settingsDigest({}))
  expect(settingsDigest({ secureContext: context })).toBe(settingsDigest({ secureContext: context }))
  expect(settingsDigest({ decide: () => true })).toBe(settingsDigest({ decide: () => false }))
})

test('the key is of the name, whatever its case, and of the port', () => {
  expect(sessionKey('Mail.Example', 465, 'x')).toBe(sessionKey('mail.example', 465, 'x'))
  const keys = [
    sessionKey('a', 465, 'x'),
    sessionKey('b', 465, 'x'),
    sessionKey('a', 587, 'x'),
    sessionKey('a', 465, 'y'),
  ]
  expect(new Set(keys).size).toBe(4)
  expect(keys.every((key) => /^[0-9a-f]{64}$/.test(key))).toBe(true)
})
