import { createPrivateKey, X509Certificate } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import type { TLSSocket } from 'node:tls'
import { SettingsError } from '@posthorn/ground'
import type { Profile } from '@posthorn/settings'
import { certificates, mailIdentity, SinkServer } from '@posthorn/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Folder } from '../../test/oauth2/folder.js'
import { Front } from '../../test/tls-front.js'
import { Mailer } from '../mailer.js'
import type { CertificateSettings } from './certificate-of.js'
import type { ProfileWarning } from './profile-warning.js'
import { smtpOptionsOf } from './smtp-options.js'

let folder: Folder
beforeAll(async () => {
  folder = await Folder.make()
  const { wrongUsage: client } = await certificates() // good for clients only
  const other = await mailIdentity({ email: 'anna@example.test' })
  const locked = createPrivateKey(client.key).export({
    ...{ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'hunter2' },
  } as const)
  const files = { 'client.pem': client.cert, 'client.key': client.key, 'locked.key': locked, 'other.key': other.key }
  for (const [name, text] of Object.entries(files)) await writeFile(folder.file(name), text, { mode: 0o600 })
})
afterAll(() => folder[Symbol.asyncDispose]())

/** What becomes of the options, and what is warned of. */
async function read(clientCertificate: CertificateSettings) {
  const warnings: ProfileWarning[] = []
  const terms = { directory: folder.path, onWarning: (warning: ProfileWarning) => void warnings.push(warning) }
  const profile = { relay: { host: 'relay.example.test' }, tls: { clientCertificate } }
  const options = await smtpOptionsOf(profile, terms).catch((error: unknown) => error as SettingsError)
  const error = options instanceof SettingsError ? options : undefined
  const identity = options instanceof SettingsError ? undefined : options.tls?.identity
  return { error, identity, warnings }
}

describe('a client certificate and its key in two files', () => {
  it.each<[string, CertificateSettings]>([
    ['as they are', { source: 'file:client.pem', key: 'file:client.key' }],
    ['the key encrypted', { source: 'file:client.pem', key: 'file:locked.key', password: 'plain:hunter2' }],
    ['the certificate given itself', { certificate: 'file:client.pem', key: 'file:client.key' }],
  ])('are shown to a server that demands one, %s', async (_how, clientCertificate) => {
    const { good, ca, wrongUsage: client } = await certificates()
    const seen: string[] = []
    await using sink = await SinkServer.start()
    await using front = await Front.tls({ ...good, ca, requestCert: true }, sink, (socket: TLSSocket) =>
      seen.push(socket.getPeerX509Certificate()!.fingerprint256),
    )
    const profile: Profile = {
      relay: { host: '127.0.0.1', port: front.port },
      security: 'implicit',
      tls: { ca, clientCertificate },
    }
    await using mailer = new Mailer(profile, { directory: folder.path })
    await mailer.send({ from: 'a@example.test', to: 'b@example.test', text: 'x' })
    expect(sink.ledger).toHaveLength(1)
    expect(seen).toEqual([new X509Certificate(client.cert).fingerprint256])
  })

  it.each<[string, CertificateSettings, string, string]>([
    ['no key in the file', { source: 'file:client.pem', key: 'file:client.pem' }, 'settings.no-key', 'key'],
    ['no certificate', { key: 'file:client.key' }, 'settings.no-certificate', 'key'],
  ])('with %s are a warning, and none is shown', async (_what, clientCertificate, code, setting) => {
    const { error, identity, warnings } = await read(clientCertificate)
    expect([error, identity]).toEqual([undefined, undefined])
    expect(warnings).toMatchObject([{ code, path: `tls.clientCertificate.${setting}` }])
  })

  it.each<[CertificateSettings, string, string]>([
    [{ source: 'file:client.pem', key: 'file:none.key' }, 'settings.file', 'key'],
    [{ source: 'file:client.pem', key: 'no key' }, 'certificate.format', 'key'],
    [{ source: 'no certificate', key: 'file:client.key' }, 'certificate.format', 'source'],
    [{ source: 'file:client.pem', key: 'file:other.key' }, 'certificate.key-mismatch', 'key'],
    [{ certificate: 'file:client.pem', key: 'file:other.key' }, 'certificate.key-mismatch', 'key'],
    [{ source: 'file:client.pem', key: 'file:locked.key' }, 'certificate.password', 'password'],
  ])('%j is refused by the name of the setting', async (clientCertificate, code, setting) => {
    const { error } = await read(clientCertificate)
    expect(error).toMatchObject({ code, field: `tls.clientCertificate.${setting}` })
  })
})
