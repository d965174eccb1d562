import { readFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { certificates, mailIdentity, SinkServer } from '@posthorn/testkit'
import { ObjectIdentifier } from 'asn1js'
import { ContentInfo, SignedData } from 'pkijs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Mailer, openCertificateStore, smimeOptionsOf, type Identity } from '../../src/index.js'
import { trySigning, tryEncrypting, verifyMessage } from '../../src/smime.js'
import { leadTo } from '../one-send.js'
import { Folder } from '../oauth2/folder.js'
import { Front } from '../tls-front.js'
import { fromDialog, refusedField, type Fields } from './beyondtrust-dialog.js'
import { sent, TO_BEN, type Circumstances } from './product-send.js'

/** Ann, P-256, with her chain, as OpenSSL packed her; the password is `secret`. */
const ANN_PFX = new URL('../../../certificate/test/fixtures/aes-256.pfx.base64', import.meta.url)
const PASSWORD = 'secret'

let folder: Folder
/** The files of the tests, by what they hold. */
let files: Record<'annPfx' | 'benPem' | 'benCer' | 'benKeyed' | 'carlPem' | 'noKey' | 'nothing', string>
let ben: Identity
let ann: Identity

beforeAll(async () => {
  folder = await Folder.make()
  const [benPem, carlPem] = await Promise.all(
    ['ben@example.org', 'carl@example.org'].map((email) => mailIdentity({ email })),
  )
  const written = {
    annPfx: Buffer.from(readFileSync(ANN_PFX, 'latin1'), 'base64'),
    benPem: benPem!.certificate,
    benCer: Buffer.from(benPem!.certificate.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64'),
    benKeyed: benPem!.key + benPem!.certificate,
    carlPem: carlPem!.certificate,
    noKey: benPem!.certificate,
    nothing: 'no certificate',
  }
  const places = Object.keys(written).map((name) => [name, folder.file(name)])
  files = Object.fromEntries(places) as typeof files
  for (const [name, content] of Object.entries(written)) await writeFile(folder.file(name), content, { mode: 0o600 })
  ann = (await openCertificateStore({ source: { path: files.annPfx }, password: PASSWORD })).identity()
  ben = (await openCertificateStore({ source: { path: files.benKeyed } })).identity()
})
afterAll(() => folder[Symbol.asyncDispose]())

const sentBy = (fields: Fields, circumstances?: Circumstances) =>
  sent(fromDialog({ ChannelEncryption: 'NONE', ...fields }).profile, circumstances)

const contentOf = (text: string) => ({ open: async function* () { yield Buffer.from(text) } }) // prettier-ignore
const readBy = (text: string, ...decryptWith: Identity[]) => verifyMessage(contentOf(text), { decryptWith })

/** What a library of others finds in the signature of a multipart/signed. */
function signatureIn(text: string): { certificates: number; digests: string[] } {
  const [, base64 = ''] =
    /Content-Type: application\/pkcs7-signature[^]*?\r\n\r\n([A-Za-z0-9+/=\r\n]+)/.exec(text) ?? []
  const cms = new SignedData({
    schema: ContentInfo.fromBER(Uint8Array.from(Buffer.from(base64, 'base64'))).content as unknown,
  })
  return {
    certificates: cms.certificates?.length ?? 0,
    digests: cms.signerInfos.map(({ digestAlgorithm }) => digestAlgorithm.algorithmId),
  }
}

/** The octets of an application/pkcs7-mime. */
const envelopeIn = (text: string) => Buffer.from(text.slice(text.indexOf('\r\n\r\n')), 'base64')

async function failure(trying: Promise<unknown>): Promise<{ code: string; message: string }> {
  return trying.then(
    () => expect.fail('it worked'),
    (reason: unknown) => reason as { code: string; message: string },
  )
}

const SIGNED = () => ({ SignEmail: 'Yes', SigningFile: files.annPfx, SigningPassword: PASSWORD })
const ENCRYPTED = () => ({ EncryptEmail: 'Yes', EncryptionFile: files.benPem })

describe('signing', () => {
  it('goes by a PFX and by a PEM file, or nothing is sent [beyondtrust.smime.SigningFile] [part of beyondtrust.smime.SignEmail]', async () => {
    for (const [fields, who] of [
      [SIGNED(), ann],
      [{ SignEmail: 1, SigningFile: files.benKeyed }, ben],
    ] as const) {
      const { text, fields: header } = await sentBy(fields)
      expect(header['Content-Type']).toMatch(/^multipart\/signed; protocol="application\/pkcs7-signature"/)
      const [layer] = (await readBy(text)).layers
      expect(layer).toMatchObject({
        ...{ kind: 'signed', form: 'detached' },
        signatures: [{ signer: { fingerprints: who.certificate.fingerprints } }],
      })
    }
    for (const SigningFile of [folder.file('gone.pfx'), files.noKey, files.nothing]) {
      const unsigned = await sentBy({ SignEmail: 1, SigningFile })
      expect([unsigned.error?.name, unsigned.message, unsigned.session]).toEqual([
        'SettingsError',
        undefined,
        undefined,
      ])
    }
    expect((await sentBy({ ...SIGNED(), SignEmail: 'No' })).fields['Content-Type']).toMatch(/^text\/plain/)
  })

  it.each([
    ['SHA-1', 'sha-1', '1.3.14.3.2.26'],
    ['SHA-256', 'sha-256', '2.16.840.1.101.3.4.2.1'],
    ['SHA-384', 'sha-384', '2.16.840.1.101.3.4.2.2'],
    ['SHA-512', 'sha-512', '2.16.840.1.101.3.4.2.3'],
    [undefined, 'sha-256', '2.16.840.1.101.3.4.2.1'],
    ['MD5', 'sha-256', '2.16.840.1.101.3.4.2.1'],
  ])('with %s: %s in the header and in the signature [beyondtrust.smime.HashAlgorithm]', async (name, micalg, oid) => {
    const { text, fields } = await sentBy({ ...SIGNED(), HashAlgorithm: name })
    expect(fields['Content-Type']).toContain(` micalg=${micalg};`)
    expect(signatureIn(text).digests).toEqual([oid])
    const { about } = fromDialog({ ...SIGNED(), HashAlgorithm: name })
    if (name === 'MD5') expect(about('HashAlgorithm')).toMatchObject([{ verdict: 'changed' }])
  })

  it('takes the certificate along or leaves it out [beyondtrust.smime.AttachCertificate]', async () => {
    for (const [AttachCertificate, count] of [
      [undefined, 1],
      ['Yes', 1],
      ['No', 0],
    ] as const) {
      const { text } = await sentBy({ ...SIGNED(), AttachCertificate })
      expect(signatureIn(text).certificates).toBe(count)
    }
  })

  const verify = async (fields: Fields) => trySigning((await smimeOptionsOf(fromDialog(fields).profile))!.sign!)

  it('can be tried: it works, the password is wrong, there is no key [beyondtrust.smime.SignVerify] [beyondtrust.smime.SigningPassword]', async () => {
    await verify(SIGNED())
    expect(await failure(verify({ ...SIGNED(), SigningPassword: 'wrong' }))).toMatchObject({
      ...{ code: 'certificate.password', field: 'smime.sign.certificate.password' },
    })
    expect(await failure(verify({ SignEmail: 1, SigningFile: files.noKey }))).toMatchObject({
      message: expect.stringContaining('no private key') as unknown,
    })
    await verify({ SignEmail: 1, SigningFile: files.benKeyed })
  })

  it('refuses a store of Windows, naming the file [part of beyondtrust.smime.SigningStore] [part of beyondtrust.smime.EncryptionStore]', () => {
    expect(refusedField({ SignEmail: 1, SigningStore: 'MY' })).toBe('import.format SigningStore')
    expect(refusedField({ EncryptEmail: 1, EncryptionStore: 'MY' })).toBe('import.format EncryptionStore')
  })
})

describe('encryption', () => {
  it('by PEM, DER or PFX serves for everybody, who needs the key of that file [beyondtrust.smime.EncryptionFile] [part of beyondtrust.smime.EncryptEmail]', async () => {
    for (const [fields, who] of [
      [ENCRYPTED(), ben],
      [{ EncryptEmail: 1, EncryptionFile: files.benCer }, ben],
      [{ EncryptEmail: 1, EncryptionFile: files.annPfx, EncryptPassword: PASSWORD }, ann],
    ] as const) {
      const { text, message } = await sentBy(fields, { draft: { ...TO_BEN, to: ['x@example.org', 'y@example.org'] } })
      expect(message!.recipients).toEqual(['x@example.org', 'y@example.org'])
      expect(text).not.toContain('Hello')
      const { content, encrypted } = await readBy(text, who)
      expect([encrypted, await wholeOf(content)]).toEqual([true, expect.stringContaining('Hello, Ben')])
      const other = who === ben ? ann : ben
      await expect(readBy(text, other)).rejects.toMatchObject({ name: 'SettingsError' })
    }
    const both = await sentBy({ ...SIGNED(), ...ENCRYPTED() })
    expect((await readBy(both.text, ben)).layers.map(({ kind }) => kind)).toEqual(['encrypted', 'signed'])
    const lost = await sentBy({ EncryptEmail: 1, EncryptionFile: folder.file('gone.cer') })
    expect([lost.error?.code, lost.message]).toEqual(['settings.file', undefined])
  })

  const OIDS = {
    'AES-128-CBC': '2.16.840.1.101.3.4.1.2',
    'AES-192-CBC': '2.16.840.1.101.3.4.1.22',
    'AES-256-CBC': '2.16.840.1.101.3.4.1.42',
    'AES-256-GCM': '2.16.840.1.101.3.4.1.46',
    '3DES': '1.2.840.113549.3.7',
  } as const
  it.each([undefined, ...(Object.keys(OIDS) as (keyof typeof OIDS)[])])(
    'with %s has its object identifier in the envelope [beyondtrust.smime.EncryptionAlgorithm]',
    async (name) => {
      const { text } = await sentBy({ ...ENCRYPTED(), EncryptionAlgorithm: name })
      const envelope = envelopeIn(text)
      // the last of the algorithms that are named is that of the content; the key may be wrapped with AES of its own
      const places = Object.entries(OIDS).map(([cipher, value]) => {
        return [cipher, envelope.indexOf(Buffer.from(new ObjectIdentifier({ value }).toBER()))] as const
      })
      expect(places.filter(([, at]) => at >= 0).map(([cipher]) => cipher)).toEqual([name ?? 'AES-256-CBC'])
      expect((await readBy(text, ben)).encrypted).toBe(true)
      if (name === '3DES')
        expect(fromDialog({ ...ENCRYPTED(), EncryptionAlgorithm: name }).about('EncryptionAlgorithm')).toMatchObject([
          { unsafe: true },
        ])
    },
  )

  it('is for those with a certificate: one without is named before anything is sent [beyondtrust.behaviour.encrypt-needs-certificates]', async () => {
    // a file with certificates of people takes the place of the store of the product
    const store = folder.file('people.pem')
    await writeFile(store, `${readFileSync(files.benPem, 'utf8')}\n${readFileSync(files.carlPem, 'utf8')}`)
    const fields = { EncryptEmail: 1, EncryptionStore: store }
    const { error, session, message } = await sentBy(fields, {
      draft: { ...TO_BEN, cc: ['carl@example.org', 'dora@example.org'] },
    })
    expect(error).toMatchObject({ code: 'smime.no-certificate' })
    expect(error!.message).toContain('dora@example.org')
    expect(error!.message).not.toContain('carl@example.org')
    expect([session, message]).toEqual([undefined, undefined])
    const { text } = await sentBy(fields)
    expect(await wholeOf((await readBy(text, ben)).content)).toContain('Hello, Ben')
  })

  const verify = async (fields: Fields) => tryEncrypting((await smimeOptionsOf(fromDialog(fields).profile))!.encrypt!)

  it('can be tried: a good file, a bad one, a wrong password [beyondtrust.smime.EncryptVerify] [beyondtrust.smime.EncryptPassword]', async () => {
    await verify(ENCRYPTED())
    const pfx = { EncryptEmail: 1, EncryptionFile: files.annPfx }
    await verify({ ...pfx, EncryptPassword: PASSWORD })
    expect(await failure(verify({ ...pfx, EncryptPassword: 'wrong' }))).toMatchObject({ code: 'certificate.password' })
    expect(await failure(verify({ EncryptEmail: 1, EncryptionFile: files.nothing }))).toMatchObject({
      code: 'certificate.format',
    })
  })
})

describe('the certificate of a client', () => {
  /** Sends through a server that asks for a certificate, and tells which it was shown. */
  async function shownBy(fields: Fields) {
    const { ca, good } = await certificates()
    await using sink = await SinkServer.start()
    const seen: string[] = []
    const settings = { key: good.key, cert: good.cert, requestCert: true, rejectUnauthorized: false }
    await using front = await Front.tls(settings, sink, (client) => {
      seen.push(client.getPeerX509Certificate()?.fingerprint256 ?? 'none')
    })
    const { connector, targets } = leadTo(front)
    const { profile } = fromDialog({ ChannelEncryption: 'IMPLICIT', ...fields })
    await using mailer = new Mailer(profile, { smtp: { connector, tls: { ca, servername: 'relay.example.test' } } })
    const error = await mailer.send(TO_BEN).then(
      () => undefined,
      (reason: unknown) => reason as { code: string; field: string; message: string },
    )
    return { seen, targets, error, taken: sink.ledger.length }
  }

  const fingerprint = ({ certificate }: Identity) => certificate.fingerprints.sha256.replaceAll(':', '').toLowerCase()
  const plain = (seen: readonly string[]) => seen.map((each) => each.replaceAll(':', '').toLowerCase())

  it('is shown when the switch is on, out of PFX or PEM; there must be TLS to show it in [beyondtrust.server.UseClientCertificate] [beyondtrust.server.UserCertificateFile]', async () => {
    const on = { UseClientCertificate: 'Yes' }
    const pfx = await shownBy({ ...on, UserCertificateFile: files.annPfx, UserCertificatePassword: PASSWORD })
    expect([plain(pfx.seen), pfx.taken]).toEqual([[fingerprint(ann)], 1])
    const pem = await shownBy({ ...on, UserCertificateFile: files.benKeyed })
    expect([plain(pem.seen), pem.taken]).toEqual([[fingerprint(ben)], 1])
    expect((await shownBy({ UserCertificateFile: files.benKeyed })).seen).toEqual(['none'])
    expect(refusedField({ ...on, UserCertificateFile: files.benKeyed, ChannelEncryption: 'NONE' })).toBe(
      'import.format UseClientCertificate',
    )
    await rm(folder.file('gone.pfx'), { force: true })
    const gone = await shownBy({ ...on, UserCertificateFile: folder.file('gone.pfx') })
    expect(gone.error).toMatchObject({ code: 'settings.file', field: 'tls.clientCertificate.source' })
    expect(gone.error!.message).toMatch(/gone\.pfx cannot be read \(ENOENT\)/)
    expect([gone.targets, gone.taken]).toEqual([[], 0])
  })

  it('does not open with a wrong password, and nothing is connected [beyondtrust.server.UserCertificatePassword]', async () => {
    const fields = { UseClientCertificate: 1, UserCertificateFile: files.annPfx, UserCertificatePassword: 'wrong' }
    const { error, targets } = await shownBy(fields)
    expect(error).toMatchObject({ code: 'certificate.password', field: 'tls.clientCertificate.password' })
    expect(targets).toEqual([])
  })

  it('comes out of a store that is a file; one of Windows is refused, naming the field of the file [beyondtrust.server.UserCertificateStore]', async () => {
    const { seen } = await shownBy({ UseClientCertificate: 1, UserCertificateStore: `${files.benKeyed}` })
    expect(plain(seen)).toEqual([fingerprint(ben)])
    expect(() => fromDialog({ UseClientCertificate: 1, UserCertificateStore: 'MY' })).toThrow(
      expect.objectContaining({
        ...{ code: 'import.format', field: 'UserCertificateStore' },
        hint: expect.stringContaining('UserCertificateFile') as unknown,
      }) as Error,
    )
  })
})

async function wholeOf(content: { open(): AsyncIterable<Uint8Array> }): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of content.open()) pieces.push(Uint8Array.from(piece))
  return Buffer.concat(pieces).toString()
}
