import { createPublicKey, X509Certificate } from 'node:crypto'
import { expect, it } from 'vitest'
import { RevocableCertificates } from './revocable.js'

it('serves a CRL that names the revoked certificate and not the good one', async () => {
  await using made = await RevocableCertificates.start()
  const authority = new X509Certificate(made.ca)
  const [good, revoked] = [new X509Certificate(made.good.cert), new X509Certificate(made.revoked.cert)]
  for (const each of [good, revoked])
    expect(each.verify(createPublicKey(authority.publicKey.export({ type: 'spki', format: 'pem' })))).toBe(true)
  const address = /http:\/\/[^\s]+\.crl/.exec(Buffer.from(good.raw).toString('latin1'))![0]
  const response = await fetch(address)
  const crl = Buffer.from(await response.arrayBuffer())
  expect(response.status).toBe(200)
  expect(crl.includes(Buffer.from('02021002', 'hex'))).toBe(true)
  expect(crl.includes(Buffer.from('02021001', 'hex'))).toBe(false)
  expect(made.fetched).toBe(1)
})

it('answers by OCSP for the others, and has certificates that nobody answers for', async () => {
  await using made = await RevocableCertificates.start()
  const addressIn = ({ cert }: { readonly cert: string }): string =>
    /http:\/\/127\.0\.0\.1:\d+\/(?:gone|100\d)/.exec(new X509Certificate(cert).raw.toString('latin1'))?.[0] ?? ''
  const [good, revoked] = [made.ocsp.good, made.ocsp.revoked]
  const answers = await Promise.all(
    [good, revoked].map(async (each) => Buffer.from(await (await fetch(addressIn(each))).arrayBuffer())),
  )
  const ofOne = [Buffer.from('02021005', 'hex'), Buffer.from('02021006', 'hex')]
  expect(answers.map((answer) => ofOne.map((serial) => answer.includes(serial)))).toEqual([
    [true, false],
    [false, true],
  ])
  for (const each of [made.unreachable, made.ocsp.unreachable]) expect((await fetch(addressIn(each))).status).toBe(404)
  expect(addressIn(made.withoutAddress)).toBe('')
})
