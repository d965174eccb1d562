import { readCertificates, type Certificate } from '@posthorn/certificate'
import type { ServerCertificateFacts } from '@posthorn/net'
import { certificates } from '@posthorn/testkit'
import { expect, test } from 'vitest'
import { ComponentValues } from '../values.js'
import { serverAuthentication, verdictOf } from './server-authentication.js'

const read = (pem: string | Uint8Array): Certificate => readCertificates(pem)[0]!

async function facts(told: Partial<ServerCertificateFacts> = {}): Promise<ServerCertificateFacts> {
  const { good, ca } = await certificates()
  const certificate = read(good.cert)
  return {
    host: 'relay.example.test',
    port: 25,
    name: 'relay.example.test',
    protocol: 'TLSv1.3',
    certificate,
    chain: [certificate, read(ca)],
    chainVerified: true,
    subject: certificate.subject,
    issuer: certificate.issuer,
    status: 'ok',
    reason: '',
    ...told,
  }
}

test('[part of ipworks.event.SSLServerAuthentication.CertEncoded] [part of ipworks.config.SSLIncludeCertChain] the certificate alone, or its chain', async () => {
  const values = new ComponentValues(() => false)
  const blocks = async () =>
    serverAuthentication(await facts(), values)
      .certEncoded.toString()
      .match(/-----BEGIN CERTIFICATE-----/g)?.length
  expect(await blocks()).toBe(1)
  values.setConfig('SSLIncludeCertChain', true)
  expect(await blocks()).toBe(2)
  values.setConfig('SSLIncludeCertChain', false)
  values.setProperty('SSLProvider', 2) // the internal one always gives the chain
  expect(await blocks()).toBe(2)
})

test('[part of ipworks.event.SSLServerAuthentication.CertSubject] [part of ipworks.event.SSLServerAuthentication.CertIssuer] [part of ipworks.event.SSLServerAuthentication.Status] [part of ipworks.event.SSLServerAuthentication.Accept] a certificate that is in order', async () => {
  const told = await facts({ subject: 'CN=relay,O=Example\\, Inc.', issuer: 'CN=Test Authority' })
  const event = serverAuthentication(told, new ComponentValues(() => false))
  expect(event).toMatchObject({
    certSubject: 'CN=relay, O="Example, Inc."',
    certIssuer: 'CN=Test Authority',
    status: 'OK',
    accept: true,
  })
  expect(read(event.certEncoded).fingerprints.sha256).toBe(told.certificate.fingerprints.sha256)
})

test('[part of ipworks.event.SSLServerAuthentication.Status] one that is not comes with the reason, and is to be refused', async () => {
  const reason = 'relay.example.test showed a certificate for elsewhere.example.test'
  const event = serverAuthentication(
    await facts({ status: 'tls.wrong-name', reason }),
    new ComponentValues(() => false),
  )
  expect(event).toMatchObject({ status: reason, accept: false })
})

test('[part of ipworks.event.SSLServerAuthentication.Accept] what its handlers leave there counts: true, or 280 with what is wrong', async () => {
  const reason = 'relay.example.test showed a certificate for elsewhere.example.test'
  const wrong = await facts({ status: 'tls.wrong-name', reason })
  const event = serverAuthentication(wrong, new ComponentValues(() => false))
  const left = (accept: unknown, told = wrong) => verdictOf({ ...event, accept: accept as boolean }, told)
  for (const yes of [true, 1, 'True']) expect(left(yes)).toBe(true)
  for (const no of [false, 0, 'no']) {
    expect(() => left(no)).toThrow(
      /^280: Certificate refused: relay\.example\.test showed .*\. If this is the server you mean, .* left accept false\.$/,
    )
  }
  const right = await facts()
  expect(() => left(false, right)).toThrow('the certificate of relay.example.test is in order. A handler')
  for (const odd of [undefined, null, 2, 'maybe', {}])
    expect(() => left(odd)).toThrow(expect.objectContaining({ code: 10022 }) as Error)
})
