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
