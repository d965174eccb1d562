import { generateKeyPairSync } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { fixturePath, pemFixture, pfxFixture } from '../../test/fixture.js'
import { openCertificateStore } from './open-certificate-store.js'
import type { StoreType } from './openers.js'
import { isTextOfStore } from './text-in-path.js'

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const base64 = (octets: Uint8Array | string) => Buffer.from(octets).toString('base64')

const TEXTS: Readonly<Record<string, string>> = {
  'a key in PEM': pem,
  'a key in PEM with its line ends written out': pem.replaceAll('\n', '\\n'),
  'the base64 of a key in PEM': base64(pem),
  'the base64 of a key': base64(privateKey.export({ type: 'pkcs8', format: 'der' })),
  'the base64 of a short key': base64(
    generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'der' }),
  ),
  'the base64url of a PFX': pfxFixture('aes-256.pfx').toString('base64url'),
  'the base64 of a key in quotation marks': `"${base64(privateKey.export({ type: 'pkcs8', format: 'der' }))}"`,
  'the body of a PEM with blanks for its line ends': pem.split('\n').slice(1, -2).join(' '),
  'base64 with its scheme': `base64:${base64(privateKey.export({ type: 'pkcs8', format: 'der' }))}`,
  'a key in hexadecimal': Buffer.from(privateKey.export({ type: 'pkcs8', format: 'der' })).toString('hex'),
  'the base64 of the body of a PEM': base64(pem.split('\n').slice(1, -2).join('\n')),
  'the base64 of a JWK with a blank before it': base64(` ${JSON.stringify(privateKey.export({ format: 'jwk' }))}`),
  'a JWK': JSON.stringify(privateKey.export({ format: 'jwk' })),
  'a key of .NET': pemFixture('bob.xml').trim(),
  'a key of PuTTY': pemFixture('eve.v2.ppk'),
  'a data URL': `data:application/x-pkcs12;base64,${base64(pfxFixture('aes-256.pfx'))}`,
}

describe('the text of a store in place of a path', () => {
  it.each(Object.entries(TEXTS))('is refused and stands in no error: %s', async (_, path) => {
    for (const type of ['auto', 'pem', 'pkcs11'] as const) {
      const error: unknown = await openCertificateStore({ type, source: { path } }).catch((caught: unknown) => caught)
      expect(error).toMatchObject({ name: 'SettingsError', code: 'certificate.format' })
      const all = inspect(error, { depth: null, showHidden: true, maxStringLength: null })
      for (let at = 0; at + 20 <= path.length; at += 20) expect(all).not.toContain(path.slice(at, at + 20))
    }
  })

  it.each<[string, StoreType, { path: string | URL } | string]>([
    ['a URI with a PIN', 'auto', { path: 'pkcs11:token=a?module-path=/x.so&pin-value=271828' }],
    ['a URI with a PIN, with blanks before it', 'pfx', { path: ' PKCS11:token=a?pin-value=271828' }],
    ['a URL that is a URI', 'auto', { path: new URL('pkcs11:token=a;pin-value=271828') }],
    ['a URI with a PIN in quotation marks', 'auto', { path: '"pkcs11:token=a?pin-value=271828"' }],
    ['a URI with a PIN behind a scheme', 'auto', { path: 'engine:pkcs11:token=a?pin-value=271828' }],
    ['a piece of a URI with a PIN', 'auto', { path: 'token=a?pin-value=271828' }],
    ['a key in place of a token', 'pkcs11', pem],
  ])('%s stands in no error', async (_, type, source) => {
    const error: unknown = await openCertificateStore({ type, source }).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ name: 'SettingsError', code: 'certificate.format' })
    const all = inspect(error, { depth: null, showHidden: true })
    expect(all).not.toContain('271828')
    expect(all).not.toContain(pem.slice(30, 60))
  })

  it.each([
    fixturePath('ann.crt'),
    '/etc/ssl/private/mail.example.com.pem',
    'My/certificates/production/eu-central-1/relay/clients/two/key',
    'MIGRATION-2024/relays/production/eu-central-1/clients/one/key',
    'C:\\Users\\ann\\mail.pfx',
    './a.key',
    'ey.json',
    'ssh-keys/relay',
    'MY',
  ])('is not seen in the path %s', (path) => expect(isTextOfStore(path)).toBe(false))
})
