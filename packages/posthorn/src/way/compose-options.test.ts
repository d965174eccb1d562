import { readFile } from 'node:fs/promises'
import { SinkServer } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { anna, bruno, DRAFT, failure, sent } from '../../test/profile-send.js'
import { Mailer } from '../mailer.js'
import { verifyMessage } from '../smime.js'

describe('what a profile does to drafts', () => {
  it('signs and encrypts with the certificates it names', async () => {
    const certificate = { source: await readFile(anna, 'utf8') }
    const signed = await sent(
      { smime: { sign: { certificate, form: 'opaque' } } },
      { ...DRAFT, from: 'anna@example.test' },
    )
    const open = () => stream(signed.message.content!)
    expect((await verifyMessage({ open })).layers).toMatchObject([{ kind: 'signed', form: 'opaque' }])
    const cipher = 'aes-256-gcm' as const
    const encrypt = { certificates: [certificate.source], forAll: true, cipher }
    const { fields } = await sent({ smime: { encrypt } })
    expect(fields['Content-Type']).toContain('smime-type=authEnveloped-data')
    const off = await sent({
      smime: { sign: { enabled: false, certificate }, encrypt: { ...encrypt, enabled: false } },
    })
    expect(off.fields['Content-Type']).toContain('text/plain')
  })

  it('never sends unsigned what was to be signed, nor for all what names one', async () => {
    const alone = await readFile(bruno, 'utf8')
    expect(await failure({ smime: { sign: { certificate: { source: alone } } } })).toMatchObject({
      ...{ code: 'settings.rule', field: 'smime.sign.certificate.source' },
    })
    expect(await failure({ smime: { encrypt: { certificates: [alone, alone], forAll: true } } })).toMatchObject({
      ...{ code: 'settings.rule', field: 'smime.encrypt.forAll' },
    })
    expect(await failure({ smime: { encrypt: { certificates: [alone] } } })).toMatchObject({
      code: expect.stringMatching(/^smime\./) as string,
    })
  })

  it('signs by DKIM with the key it names', async () => {
    const { generateKeyPairSync } = await import('node:crypto')
    const { privateKey } = generateKeyPairSync('ed25519')
    const env = { KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string }
    await using sink = await SinkServer.start({ keepContent: true })
    const dkim = [{ domain: 'example.test', selector: 's1', privateKey: 'env:KEY', expiresAfterSeconds: 60 }]
    const relay = { host: '127.0.0.1', port: sink.port }
    await using mailer = new Mailer({ relay, security: 'none', dkim }, { env })
    await mailer.send(DRAFT)
    expect(sink.ledger[0]!.content!.toString()).toMatch(/^DKIM-Signature: [^]*d=example\.test;\s+s=s1/)
  })

  async function* stream(octets: Uint8Array): AsyncGenerator<Uint8Array> {
    yield octets
  }
})
