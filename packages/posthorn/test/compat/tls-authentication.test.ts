import { certificates, mailAuthority, type ServerCertificate } from '@posthorn/testkit'
import { X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { Certificate, SSLStartMode, type ComponentEvents, type SMTP } from '../../src/compat/ipworks/index.js'
import { component, failure, sink } from './component.js'
import { secured, serverIdentity } from './secure.js'

type Asked = ComponentEvents['SSLServerAuthentication']

const { ca, good, wrongName, selfSigned } = await certificates()
const root = await mailAuthority({ subject: 'CN=Root of three' })
const middle = await mailAuthority({ subject: 'CN=Between', issuer: root })
const leaf = await serverIdentity({ issuer: middle, subject: 'C=DE,O=Example\\, Inc.,CN=localhost' })
const withChain = { key: leaf.key, cert: leaf.cert + middle.certificate }

/** What a handler was asked for this certificate, and what came of its answer. */
async function asked(
  certificate: ServerCertificate,
  answer: (event: Asked) => unknown = () => {},
  change: (smtp: SMTP) => void = (smtp) => void smtp.config(`SSLServerCACerts=${ca}`),
): Promise<{ readonly events: Asked[]; readonly code: number | undefined; readonly message: string; octets: number }> {
  const server = await sink({ tls: certificate, implicitTls: true })
  const smtp = secured(server)
  change(smtp)
  const events: Asked[] = []
  smtp.on('SSLServerAuthentication', (event) => {
    events.push({ ...event })
    return answer(event)
  })
  const error = await smtp.send().then(
    () => undefined,
    (reason: unknown) => reason as Error & { readonly code: number },
  )
  await server.idle()
  const octets = server.sessions.reduce((sum, { commands }) => sum + commands.length, 0)
  expect(server.ledger).toHaveLength(error ? 0 : 1)
  return { events, code: error?.code, message: error?.message ?? '', octets }
}

const accepting = (accept: boolean) => (event: Asked) => void (event.accept = accept)

test('[ipworks.event.SSLServerAuthentication] comes in every handshake before anything is sent; the value that is left in Accept decides', async () => {
  const untrusted = await asked(selfSigned)
  expect(untrusted.events).toEqual([
    expect.objectContaining({ accept: false, status: expect.stringMatching(/self-signed|signed by itself/) as string }),
  ])
  expect([untrusted.code, untrusted.octets]).toEqual([280, 0])
  const overruled = await asked(selfSigned, accepting(true))
  expect(overruled.code).toBeUndefined()
  const trusted = await asked(good)
  expect([trusted.code, trusted.events.length]).toEqual([undefined, 1])
  const refused = await asked(good, accepting(false))
  expect(refused.events[0]).toMatchObject({ accept: true, status: 'OK' })
  expect([refused.code, refused.octets]).toEqual([280, 0]) // not even EHLO
})

test('[part of ipworks.event.SSLServerAuthentication] with STARTTLS nothing follows the handshake either, and every connection asks again', async () => {
  const server = await sink({ tls: good })
  const smtp = component(server)
  smtp.sslStartMode = SSLStartMode.sslExplicit
  smtp.config(`SSLServerCACerts=${ca}`)
  let times = 0
  smtp.on('SSLServerAuthentication', (event) => {
    times++
    event.accept = times < 3
  })
  await smtp.send()
  await smtp.send()
  expect(await failure(smtp.send())).toMatchObject({ code: 280 })
  await server.idle()
  expect(times).toBe(3)
  expect(server.sessions[2]!.commands).toEqual(['EHLO client.example.test', 'STARTTLS'])
})

test('[part of ipworks.event.SSLServerAuthentication] an answer that takes its time is waited for; of several handlers the last word counts', async () => {
  const slow = await asked(selfSigned, async (event) => {
    await new Promise((resolve) => setImmediate(resolve))
    event.accept = true
  })
  expect(slow.code).toBeUndefined()
  const server = await sink({ tls: selfSigned, implicitTls: true })
  const smtp = secured(server)
  smtp.on('SSLServerAuthentication', accepting(true))
  const last = accepting(false)
  smtp.on('SSLServerAuthentication', last)
  expect(await failure(smtp.send())).toMatchObject({ code: 280 })
  smtp.off('SSLServerAuthentication', last)
  await smtp.send()
  expect(server.ledger).toHaveLength(1)
})

test('[ipworks.event.SSLServerAuthentication.Accept] preset by the judgement, and written both ways', async () => {
  for (const [certificate, preset] of [
    [good, true],
    [wrongName, false],
  ] as const) {
    const left = await asked(certificate)
    expect([left.events[0]!.accept, left.code]).toEqual([preset, preset ? undefined : 280])
    expect((await asked(certificate, accepting(true))).code).toBeUndefined()
    expect((await asked(certificate, accepting(false))).code).toBe(280)
  }
  // as other languages have it
  expect((await asked(wrongName, (event) => void (event.accept = 1 as unknown as boolean))).code).toBeUndefined()
  expect((await asked(good, (event) => void (event.accept = 0 as unknown as boolean))).code).toBe(280)
  // and what is neither takes nothing
  expect((await asked(good, (event) => void (event.accept = 'perhaps' as unknown as boolean))).code).toBe(10022)
})

test('[ipworks.event.SSLServerAuthentication.Status] OK for a certificate that is trusted, else the reason, which the error has too', async () => {
  const { unknownIssuer, expired, notYetValid } = await certificates()
  expect((await asked(good)).events[0]!.status).toBe('OK')
  for (const [certificate, why] of [
    [wrongName, /elsewhere\.example\.test/],
    [unknownIssuer, /Unknown CA/],
    [expired, /expired/],
    [notYetValid, /not yet valid/],
  ] as const) {
    const { events, message } = await asked(certificate)
    expect(events[0]!.status).toMatch(why)
    expect(message).toContain(events[0]!.status)
  }
  // pinned: whatever else is wrong with it
  const pinned = await asked(
    selfSigned,
    () => {},
    (smtp) => (smtp.sslAcceptServerCert = new Certificate(Buffer.from(selfSigned.cert))),
  )
  expect(pinned.events[0]).toMatchObject({ status: 'OK', accept: true })
})

const trustRoot = (smtp: SMTP) => void smtp.config(`SSLServerCACerts=${root.certificate}`)

test('[ipworks.event.SSLServerAuthentication.CertSubject] the distinguished name, with commas between its parts', async () => {
  expect((await asked(good)).events[0]!.certSubject).toBe('CN=relay.example.test')
  const { events } = await asked(withChain, () => {}, trustRoot)
  expect(events[0]!.certSubject).toBe('CN=localhost, O="Example, Inc.", C=DE')
})

test('[ipworks.event.SSLServerAuthentication.CertIssuer] the distinguished name of its issuer', async () => {
  expect((await asked(good)).events[0]!.certIssuer).toBe('O=example.test, CN=Test CA')
  expect((await asked(withChain, () => {}, trustRoot)).events[0]!.certIssuer).toBe('CN=Between')
})

const blocks = (encoded: Buffer) =>
  encoded.toString('latin1').match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\r?\n?/g) ?? []
const namesIn = (encoded: Buffer) => blocks(encoded).map((pem) => new X509Certificate(pem).subject.split('\n')[0])

test('[ipworks.event.SSLServerAuthentication.CertEncoded] the certificate of the server', async () => {
  const { events } = await asked(good)
  const { certEncoded } = events[0]!
  expect(Buffer.isBuffer(certEncoded)).toBe(true)
  expect(new X509Certificate(certEncoded).fingerprint256).toBe(new X509Certificate(good.cert).fingerprint256)
  expect(blocks(certEncoded).join('')).toBe(certEncoded.toString('latin1'))
  // it is what SSLAcceptServerCert takes
  expect(new Certificate(certEncoded).subject).toBe('CN=relay.example.test')
  const { events: whole } = await asked(
    withChain,
    () => {},
    (smtp) => {
      trustRoot(smtp)
      smtp.config('SSLIncludeCertChain=True')
    },
  )
  expect(blocks(whole[0]!.certEncoded)).toHaveLength(3)
})

test('[ipworks.config.SSLIncludeCertChain] three blocks for a chain of three with True, one with False', async () => {
  const shown = async (...settings: string[]) => {
    const { events } = await asked(
      withChain,
      () => {},
      (smtp) => {
        trustRoot(smtp)
        for (const setting of settings) smtp.config(setting)
      },
    )
    return namesIn(events[0]!.certEncoded)
  }
  const [own, between, top] = ['C=DE', 'CN=Between', 'CN=Root of three']
  expect(await shown('SSLIncludeCertChain=True')).toEqual([own, between, top])
  expect(await shown('SSLIncludeCertChain=False')).toEqual([own])
  expect(await shown()).toEqual([own])
})

test('[part of ipworks.config.SSLIncludeCertChain] the internal provider always gives the chain; a chain that is not verified is what was sent', async () => {
  const { events } = await asked(
    withChain,
    () => {},
    (smtp) => {
      trustRoot(smtp)
      smtp.sslProvider = 2
    },
  )
  expect(blocks(events[0]!.certEncoded)).toHaveLength(3)
  const sent = await asked(withChain, accepting(true), (smtp) => void smtp.config('SSLIncludeCertChain=True'))
  expect(namesIn(sent.events[0]!.certEncoded)).toEqual(['C=DE', 'CN=Between'])
})
