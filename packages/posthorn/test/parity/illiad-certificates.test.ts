import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import type { TLSSocket } from 'node:tls'
import { certificates, mailAuthority, mailIdentity, SinkServer } from '@posthorn/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Folder } from '../oauth2/folder.js'
import { leadTo } from '../one-send.js'
import { Front } from '../tls-front.js'
import { config, imported, LETTER, table } from './illiad-installation.js'
import { sendTo } from './sent-mail.js'

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
/** Two certificates, each with a key: Ann Müller of Example, Inc., and Bob of Example. Its password is `secret`. */
const TWO = readFileSync(
  new URL('../../../certificate/test/fixtures/java-two.pfx.base64', import.meta.url),
  'latin1',
).replaceAll(/\s/g, '')

let folder: Folder
let root: Awaited<ReturnType<typeof mailAuthority>>
let client: Awaited<ReturnType<typeof mailIdentity>>
beforeAll(async () => {
  folder = await Folder.make()
  root = await mailAuthority()
  client = await mailIdentity({ email: 'loan@example.edu', issuer: root, extendedUsage: [CLIENT_AUTH] })
  await writeFile(folder.file('two.pfx'), Buffer.from(TWO, 'base64'), { mode: 0o600 })
  await writeFile(folder.file('whole.pem'), client.certificate + client.key, { mode: 0o600 })
  await writeFile(folder.file('key.pem'), client.key, { mode: 0o600 })
})
afterAll(() => folder[Symbol.asyncDispose]())

/**
 * Sends with these elements to a server that asks for a certificate of the authority of the tests, and wants one when it is `demanded`.
 * Relative paths start in the folder of the tests.
 */
async function shownBy(elements: string, { demanded = false } = {}) {
  const { profile, about } = imported(table({ EMailSMTPPort: '465', EMailSecure: 'Yes' }), config(elements))
  const { good, ca } = await certificates()
  const seen: { name: string | undefined; trusted: boolean }[] = []
  const met = (socket: TLSSocket) =>
    void seen.push({ name: nameIn(socket.getPeerCertificate()), trusted: socket.authorized })
  const settings = { ...good, ca: root.certificate, requestCert: true, rejectUnauthorized: demanded }
  await using sink = await SinkServer.start()
  await using front = await Front.tls(settings, sink, met)
  const { connector } = leadTo(front)
  const terms = { directory: folder.path, smtp: { connector, tls: { ca } } }
  const sent = await sendTo(sink, profile, LETTER, terms)
  return { ...sent, about, shown: seen[0]?.name, trusted: seen[0]?.trusted, met: seen.length }
}

/** Undefined when the client showed none; the type says there always is one. */
function nameIn(certificate: { readonly subject?: { readonly CN?: string | string[] } } | undefined) {
  return certificate?.subject?.CN?.toString()
}

const store = (type: string | number, name: string, choice: string) =>
  `<SslCertStoreType>${type}</SslCertStoreType><SslCertStore>${name}</SslCertStore>${choice}`
const subject = (text: string) => `<SslCertSubject>${text}</SslCertSubject>`
const PASSWORD = '<SSLCertStorePassword>secret</SSLCertStorePassword>'

describe('SslCertEncoded [illiad.config.SslCertEncoded]', () => {
  const encoded = (text: string) => `<SslCertEncoded>${text}</SslCertEncoded>`

  it('with its key in the PEM file of the store logs in, whatever subject is written beside it', async () => {
    const base64 = client.certificate.replaceAll(/-----.*-----|\s/g, '')
    for (const [written, more] of [
      [client.certificate, ''],
      [base64, subject('CN=Nobody')],
    ] as const) {
      const sent = await shownBy(store('sstPEMKey', 'key.pem', encoded(written) + more), { demanded: true })
      expect([sent.error, sent.shown, sent.trusted]).toEqual([undefined, 'loan@example.edu', true])
      expect(sent.message?.recipients).toEqual([LETTER.to])
    }
  })

  it('without its key is a warning, and no certificate is sent', async () => {
    const other = await mailIdentity({ email: 'other@example.edu' })
    for (const certificate of [other.certificate, client.certificate]) {
      const file = certificate === client.certificate ? 'alone.pem' : 'whole.pem'
      await writeFile(folder.file('alone.pem'), client.certificate)
      const sent = await shownBy(store(4, file, encoded(certificate)))
      expect([sent.error, sent.met, sent.shown]).toEqual([undefined, 1, undefined])
      expect(sent.warnings).toContainEqual(
        expect.objectContaining({ code: 'settings.no-key', path: 'tls.clientCertificate.source' }),
      )
    }
    const nowhere = await shownBy(encoded(client.certificate))
    expect([nowhere.error, nowhere.met, nowhere.shown]).toEqual([undefined, 1, undefined])
    expect(nowhere.about('SslCertEncoded')).toMatchObject([{ verdict: 'ignored' }])
  })
})

describe('SslCertStore [illiad.config.SslCertStore]', () => {
  it('may be the path of a PFX file', async () => {
    const sent = await shownBy(store('sstPFXFile', folder.file('two.pfx'), subject('Bob') + PASSWORD))
    expect([sent.error, sent.shown, sent.message?.recipients]).toEqual([undefined, 'Bob', [LETTER.to]])
  })

  it.each(['MY', 'CA', 'ROOT', 'SPC'])(
    'named %s cannot be opened when a subject is written, and what to do is said',
    async (name) => {
      const sent = await shownBy(store('sstMachine', name, subject('CN=Ann')))
      expect(sent.error).toMatchObject({
        code: 'certificate.store-unavailable',
        hint: expect.stringMatching(/PFX.*PEM/) as string,
      })
      expect([sent.sessions, sent.met]).toEqual([[], 0])
      expect(sent.about('SslCertStore')[0]?.note).toMatch(/PFX or PEM/)
    },
  )

  it('named MY without a subject is not looked at, and mail goes out', async () => {
    const sent = await shownBy(store('sstMachine', 'MY', subject('')))
    expect([sent.error, sent.met, sent.shown]).toEqual([undefined, 1, undefined])
    expect(sent.warnings).toEqual([])
    expect(sent.about('SslCertStore')).toMatchObject([{ verdict: 'ignored' }])
  })

  it('is not opened with a wrong password, and nothing is sent [illiad.config.SslCertStorePassword]', async () => {
    const wrong = '<SSLCertStorePassword>wr0ng-8land</SSLCertStorePassword>'
    const sent = await shownBy(store(2, 'two.pfx', subject('*') + wrong))
    expect(sent.error).toMatchObject({
      code: 'certificate.password',
      field: expect.stringContaining('tls.clientCertificate') as string,
    })
    expect(sent.sessions).toEqual([])
    expect(JSON.stringify([sent.error, String(sent.error?.stack), sent.warnings])).not.toContain('8land')
    const right = await shownBy(store(2, 'two.pfx', subject('*') + PASSWORD))
    expect(right.error).toBeUndefined()
  })
})

describe('SslCertStoreType [illiad.config.SslCertStoreType]', () => {
  it.each([0, 'sstUser', 1, 'sstMachine'])('%s with a subject is a store that cannot be opened', async (type) => {
    const sent = await shownBy(store(type, 'MY', subject('*')))
    expect(sent.error).toMatchObject({ code: 'certificate.store-unavailable' })
    expect(sent.sessions).toEqual([])
  })

  it.each<[string | number, () => string, string, string]>([
    [2, () => 'two.pfx', PASSWORD, 'Bob'],
    ['sstPFXFile', () => 'two.pfx', PASSWORD, 'Bob'],
    [3, () => `\n  ${TWO.replaceAll(/.{76}/g, '$&\n  ')}\n`, PASSWORD, 'Bob'],
    ['sstPFXBlob', () => TWO, PASSWORD, 'Bob'],
    [4, () => 'whole.pem', '', 'loan@example.edu'],
    ['sstPEMKey', () => client.certificate + client.key, '', 'loan@example.edu'],
    [4, () => `\n  ${(client.key + client.certificate).replaceAll('\n', '\n  ')}`, '', 'loan@example.edu'],
  ])('%s is opened (%#)', async (type, source, password, name) => {
    const sent = await shownBy(store(type, source(), subject(name) + password))
    expect([sent.error, sent.shown]).toEqual([undefined, name])
  })
})

describe('SslCertSubject [illiad.config.SslCertSubject]', () => {
  it.each([
    ['a whole subject', 'CN=Bob,O=Example,C=DE', /^Bob$/],
    ['a whole subject as Windows writes it', 'C=DE, O=Example, CN=Bob', /^Bob$/],
    ['a part of a subject', 'Müll', /^Ann Müller$/],
    ['any', '*', /^(?:Ann Müller|Bob)$/],
  ])('finds %s among two certificates', async (_what, text, name) => {
    const sent = await shownBy(store(2, 'two.pfx', subject(text) + PASSWORD))
    expect([sent.error, sent.shown]).toEqual([undefined, expect.stringMatching(name)])
  })

  it('that fits none selects none, with a warning', async () => {
    const sent = await shownBy(store(2, 'two.pfx', subject('Nobody') + PASSWORD))
    expect([sent.error, sent.met, sent.shown]).toEqual([undefined, 1, undefined])
    expect(sent.warnings).toContainEqual(
      expect.objectContaining({ code: 'settings.no-certificate', path: 'tls.clientCertificate.subject' }),
    )
  })
})
