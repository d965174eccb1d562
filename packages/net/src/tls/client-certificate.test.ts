import { openCertificateStore } from '@posthorn/certificate'
import { Secret } from '@posthorn/ground'
import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { makeCertificate } from '../../test/certificate.js'
import { authority, good, tlsServer, trust } from '../../test/server.js'
import { dialTls } from '../../test/tls-dial.js'
import type { TlsOptions } from '../options.js'

const client = makeCertificate({ commonName: 'client', issuer: authority, usage: '1.3.6.1.5.5.7.3.2' })
const encrypted = createPrivateKey(client.key)
  .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open sesame' })
  .toString()
const fixture = (name: string) =>
  Buffer.from(readFileSync(new URL(`../../test/fixtures/${name}.base64`, import.meta.url), 'latin1'), 'base64')
const [pfx, oldPfx] = [fixture('client.pfx'), fixture('client-old.pfx')]

/** The common name that a server that asks sees. */
async function seen(tls: TlsOptions): Promise<string | undefined> {
  const names: (string | undefined)[] = []
  const asking = { requestCert: true, rejectUnauthorized: false } as const
  const port = await tlsServer(asking, (socket) => names.push(socket.getPeerCertificate().subject?.CN?.toString()))
  await dialTls(port, { ...trust, ...tls })
  await expect.poll(() => names).toHaveLength(1)
  return names[0]
}

test.each<[string, () => TlsOptions | Promise<TlsOptions>, string | undefined]>([
  ['nothing', () => ({}), undefined],
  ['cert and key', () => ({ cert: client.cert, key: client.key }), 'client'],
  [
    'a key with a passphrase',
    () => ({ cert: client.cert, key: encrypted, passphrase: new Secret('open sesame') }),
    'client',
  ],
  ['one text with both', () => ({ cert: client.cert + client.key }), 'client'],
  ['PKCS #12', () => ({ pfx, passphrase: 'test' }), 'pfx client'],
  ['PKCS #12 encrypted as long ago', () => ({ pfx: oldPfx, passphrase: 'test' }), 'pfx client'],
  ['a list of them', () => ({ pfx: [{ buf: oldPfx, passphrase: 'test' }] }), 'pfx client'],
  [
    'an identity out of a store',
    async () => {
      const store = await openCertificateStore({ source: [client.cert, client.key] })
      return { identity: store.identity() }
    },
    'client',
  ],
])('%s', async (_, given, name) => {
  expect(await seen(await given())).toBe(name)
})

test.each<[string, TlsOptions, RegExp]>([
  ['tls.key', { cert: client.cert, key: good.key }, /is not the key of tls\.cert/],
  ['tls.key', { cert: client.cert }, /is missing for tls\.cert/],
  ['tls.cert', { key: client.key }, /is missing for tls\.key/],
  ['tls.cert', { cert: 'no PEM', key: client.key }, /cannot be used/],
  ['tls.key', { cert: client.cert, key: 'no PEM' }, /cannot be used/],
  ['tls.passphrase', { cert: client.cert, key: encrypted }, /is missing: tls\.key is encrypted/],
  ['tls.passphrase', { cert: client.cert, key: encrypted, passphrase: 'hunter2' }, /does not open tls\.key/],
  ['tls.passphrase', { pfx, passphrase: 'hunter2' }, /does not open tls\.pfx/],
  ['tls.passphrase', { pfx: oldPfx, passphrase: 'hunter2' }, /does not open tls\.pfx/],
  ['tls.pfx', { pfx: Buffer.from('no PKCS #12'), passphrase: 'hunter2' }, /cannot be used/],
  ['tls.cert', { pfx, cert: client.cert, passphrase: 'test' }, /stands beside tls\.pfx/],
])('%s is named, before anything is sent, and no secret', async (field, tls, message) => {
  const error: unknown = await dialTls(9, { ...trust, ...tls }).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'settings.tls', field, message: expect.stringMatching(message) as string })
  expect(JSON.stringify(error)).not.toMatch(/hunter2|PRIVATE KEY/)
})

test('beside an identity nothing else may stand', async () => {
  const store = await openCertificateStore({ source: [client.cert, client.key] })
  const tls = { ...trust, identity: store.identity(), key: client.key }
  await expect(dialTls(9, tls)).rejects.toMatchObject({ code: 'settings.tls', field: 'tls.key' })
})
