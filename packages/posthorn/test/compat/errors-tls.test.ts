import { certificates, mailAuthority, mailIdentity, SinkServer, type ServerCertificate } from '@posthorn/testkit'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { Socket } from 'node:net'
import { TLSSocket, type TlsOptions } from 'node:tls'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { IPWorksError, SMTP } from '../../src/compat/ipworks/index.js'
import { Certificate, SSLStartMode, StoreType } from '../../src/compat/ipworks/index.js'
import { Folder } from '../oauth2/folder.js'
import { Front } from '../tls-front.js'
import { causesOf, errorOf, letterTo } from './letter.js'

afterEach(() => void vi.restoreAllMocks())

const { ca, good, ...bad } = await certificates()

/** TLS from the first octet, with this authority. */
function secureTo(port: number, authority = ca): SMTP {
  const smtp = letterTo(port)
  smtp.sslStartMode = SSLStartMode.sslImplicit
  smtp.config(`SSLServerCACerts=${authority}`)
  return smtp
}

/** What a send comes to with a server that shows this certificate. */
async function shown(certificate: ServerCertificate, change: (smtp: SMTP) => void = () => {}): Promise<IPWorksError> {
  await using sink = await SinkServer.start({ tls: certificate, implicitTls: true })
  const smtp = secureTo(sink.port)
  change(smtp)
  const failure = await errorOf(() => smtp.send())
  expect(sink.sessions.flatMap(({ commands }) => commands)).toEqual([])
  return failure
}

/** What a send comes to with a TLS server that is set up so. */
async function met(options: TlsOptions, change: (smtp: SMTP) => void = () => {}): Promise<IPWorksError> {
  await using sink = await SinkServer.start()
  await using front = await Front.tls({ ...good, ...options }, sink, () => {})
  const smtp = secureTo(front.port)
  change(smtp)
  const failure = await errorOf(() => smtp.send())
  expect(sink.ledger).toEqual([])
  return failure
}

const TLV = (tag: number, ...values: readonly Uint8Array[]) => {
  const value = Buffer.concat(values)
  return Buffer.concat([Buffer.from([tag, value.length]), value])
}
/** For localhost and 127.0.0.1; where the certificate of its issuer is to be had (RFC 5280 4.2.1.6 and 4.2.2.1). */
const NAMES = {
  oid: '2.5.29.17',
  value: TLV(0x30, TLV(0x82, Buffer.from('localhost')), TLV(0x87, Buffer.of(127, 0, 0, 1))),
}
const ISSUER_AT = {
  oid: '1.3.6.1.5.5.7.1.1',
  value: TLV(
    0x30,
    TLV(0x30, Buffer.from('06082b06010505073002', 'hex'), TLV(0x86, Buffer.from('http://pki.example.test/ca.crt'))),
  ),
}

describe('the certificate of the server', () => {
  test('[ipworks.error.274] comes without that of its issuer', async () => {
    const root = await mailAuthority({ subject: 'CN=Root' })
    const issuer = await mailAuthority({ subject: 'CN=Intermediate', issuer: root })
    const leaf = await mailIdentity({
      ...{ email: [], subject: 'CN=localhost', issuer, extendedUsage: ['1.3.6.1.5.5.7.3.1'] },
      extensions: [NAMES, ISSUER_AT],
    })
    const trustRoot = (smtp: SMTP) => void smtp.config(`SSLServerCACerts=${root.certificate}`)
    const failure = await shown({ key: leaf.key, cert: leaf.certificate }, trustRoot)
    expect(failure.code).toBe(274)
    expect(failure.message).toMatch(/^274: Certificate chain not found: .*SSLServerCACerts/)
    const whole = { key: leaf.key, cert: leaf.certificate + issuer.certificate }
    await using sink = await SinkServer.start({ tls: whole, implicitTls: true })
    await secureTo(sink.port, root.certificate).send()
    expect(sink.ledger).toHaveLength(1)
  })

  test('[ipworks.error.275] is from a private root that is not in SSLServerCACerts, has expired, or is its own', async () => {
    const failure = await shown(good, (smtp) => smtp.config('SSLServerCACerts='))
    expect(failure).toMatchObject({ code: 275, message: expect.stringMatching(/^275: .*SSLServerCACerts/) as string })
    for (const name of ['expired', 'notYetValid', 'selfSigned', 'unknownIssuer', 'wrongUsage'] as const)
      expect([name, (await shown(bad[name])).code]).toEqual([name, 275])
  })

  test('[ipworks.error.280] is for another name, or refused by the handler', async () => {
    const failure = await shown(bad.wrongName)
    expect(failure).toMatchObject({ code: 280, message: expect.stringContaining('elsewhere.example.test') as string })
    const refused = await shown(good, (smtp) => smtp.on('SSLServerAuthentication', (event) => (event.accept = false)))
    expect(refused).toMatchObject({ code: 280, message: expect.stringContaining('accept') as string })
  })

  test('[ipworks.error.282] is not there: an anonymous suite', async () => {
    const anonymous = { ciphers: 'AECDH-AES128-SHA@SECLEVEL=0', maxVersion: 'TLSv1.2' } as const
    const failure = await met({ ...anonymous, key: undefined, cert: undefined }, (smtp) =>
      smtp.config('SSLEnabledCipherSuites=TLS_ECDH_anon_WITH_AES_128_CBC_SHA'),
    )
    expect(failure).toMatchObject({
      code: 282,
      message: expect.stringMatching(/^282: .*SSLEnabledCipherSuites/) as string,
    })
  })
})

describe('the handshake', () => {
  test('[ipworks.error.270] nothing is left to offer', async () => {
    await using sink = await SinkServer.start({ tls: good, implicitTls: true })
    const smtp = secureTo(sink.port)
    smtp.config('SSLEnabledCipherSuites=SSL_RSA_WITH_RC4_128_SHA')
    const failure = await errorOf(() => smtp.send())
    expect(failure).toMatchObject({ code: 270, message: expect.stringContaining('SSL_RSA_WITH_RC4_128_SHA') as string })
    expect(sink.sessions).toEqual([])
    smtp.config('SSLEnabledCipherSuites=*')
    smtp.config('SSLCipherStrength=512')
    expect(await errorOf(() => smtp.send())).toMatchObject({ code: 270 })
  })

  test('[ipworks.error.276] no version, or no suite, that both sides have', async () => {
    const only12 = (smtp: SMTP) => smtp.config('SSLEnabledProtocols=3072')
    const version = await met({ minVersion: 'TLSv1.3' }, (smtp) => void only12(smtp))
    expect(version).toMatchObject({
      code: 276,
      message: expect.stringMatching(/^276: .*SSLEnabledProtocols/) as string,
    })
    const suite = await met({ maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' }, (smtp) => {
      smtp.config('SSLEnabledCipherSuites=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256')
    })
    expect(suite).toMatchObject({ code: 276 })
  })

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    '[ipworks.error.281] the server wants a certificate: %s',
    async (version) => {
      const options = { minVersion: version, maxVersion: version, ca, requestCert: true, rejectUnauthorized: true }
      const failure = await met(options)
      expect(failure).toMatchObject({ code: 281, message: expect.stringMatching(/^281: .*SSLCert/) as string })
    },
  )
})

describe('the records', () => {
  const damaged = (octets: Buffer) => {
    octets[octets.length - 1]! ^= 0xff
    return octets
  }

  test('[ipworks.error.284] one of the server is broken', async () => {
    let breaks = false
    await using sink = await SinkServer.start({ tls: good, implicitTls: true })
    await using road = await Front.road(sink, (octets, direction) =>
      breaks && direction === 'in' ? damaged(octets) : octets,
    )
    const smtp = secureTo(road.port)
    await smtp.connect()
    breaks = true
    expect(await errorOf(() => smtp.send())).toMatchObject({
      code: 284,
      message: expect.stringMatching(/^284: Decryption failed: /) as string,
    })
    expect(sink.ledger).toEqual([])
  })

  test('[ipworks.error.283] one cannot be written, or does not arrive as it was', async () => {
    let breaks = false
    await using sink = await SinkServer.start({ tls: good, implicitTls: true })
    await using road = await Front.road(sink, (octets, direction) =>
      breaks && direction === 'out' ? damaged(octets) : octets,
    )
    const smtp = secureTo(road.port)
    await smtp.connect()
    breaks = true
    expect(await errorOf(() => smtp.send())).toMatchObject({
      code: 283,
      message: expect.stringMatching(/^283: Encryption failed: /) as string,
    })
    breaks = false
    await smtp.connect()
    const cause = Object.assign(new Error('bad write retry'), { code: 'ERR_SSL_BAD_WRITE_RETRY' })
    writingFails(cause)
    const failure = await errorOf(() => smtp.send())
    expect(failure.code).toBe(283)
    expect(causesOf(failure)).toContain(cause)
    expect(sink.ledger).toEqual([])
  })

  /** Whatever a client writes over TLS from now on. */
  function writingFails(error: Error): void {
    const proto = Socket.prototype as unknown as Record<'_write' | '_writev', (this: Socket, ...given: never[]) => void>
    for (const method of ['_write', '_writev'] as const) {
      const real = proto[method]
      vi.spyOn(proto, method).mockImplementation(function (this: Socket, ...given: never[]) {
        const isClient = this instanceof TLSSocket && this.getPeerCertificate()?.subject !== undefined
        if (isClient) (given.at(-1) as unknown as (error: Error) => void)(error)
        else real.apply(this, given)
      })
    }
  }
})

describe('the certificate of the client', () => {
  /** Two certificates with keys, Ann Müller and Bob; the password is `secret`. */
  const fixture = new URL('../../../certificate/test/fixtures/java-two.pfx.base64', import.meta.url)
  const TWO = Buffer.from(readFileSync(fixture, 'latin1'), 'base64')

  /** What comes of sending with it. */
  async function sendWith(certificate: () => Certificate): Promise<void> {
    await using sink = await SinkServer.start({ tls: good, implicitTls: true })
    const smtp = secureTo(sink.port)
    smtp.sslCert = certificate()
    await smtp.send()
  }

  function chosen(storeType: number, store: string, password: string, subject: string): Certificate {
    const certificate = new Certificate()
    certificate.storeType = storeType
    certificate.store = store
    certificate.storePassword = password
    certificate.subject = subject
    return certificate
  }

  test('[ipworks.error.271] a store that cannot be opened, for three reasons', async () => {
    await using folder = await Folder.make()
    await writeFile(folder.file('two.pfx'), TWO)
    const why: string[] = []
    for (const [type, file, password] of [
      [StoreType.cstPFXFile, folder.file('gone.pfx'), 'secret'],
      [StoreType.cstPFXFile, folder.file('two.pfx'), 'wrong-password'],
      [StoreType.cstMachine, 'MY', ''],
    ] as const) {
      const failure = await errorOf(() => sendWith(() => chosen(type, file, password, 'Bob')))
      expect(failure.code).toBe(271)
      expect(failure.message).not.toContain('wrong-password')
      why.push(failure.message)
    }
    expect(why).toEqual([
      expect.stringContaining('gone.pfx'),
      expect.stringMatching(/password/i),
      expect.stringMatching(/PFX.*PEM/s),
    ])
  })

  test('[ipworks.error.272] none with the subject that a constructor is given', async () => {
    await using folder = await Folder.make()
    await writeFile(folder.file('two.pfx'), TWO)
    const unknown = () => new Certificate(StoreType.cstPFXFile, folder.file('two.pfx'), 'secret', 'CN=Nobody')
    expect(await errorOf(() => sendWith(unknown))).toMatchObject({ code: 272 })
    await sendWith(() => new Certificate(StoreType.cstPFXFile, folder.file('two.pfx'), 'secret', 'Bob'))
  })

  test('[ipworks.error.273] a key that belongs to another one', async () => {
    const [ann, bob] = [
      await mailIdentity({ email: 'ann@example.test' }),
      await mailIdentity({ email: 'bob@example.test' }),
    ]
    const mixed = () => chosen(StoreType.cstPEMKeyBlob, ann.certificate + bob.key, '', '*')
    expect(await errorOf(() => sendWith(mixed))).toMatchObject({ code: 273 })
    await sendWith(() => chosen(StoreType.cstPEMKeyBlob, ann.certificate + ann.key, '', '*'))
  })
})
