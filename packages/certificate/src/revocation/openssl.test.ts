import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readCertificate } from '../read-certificate.js'
import { crlAnswer } from './crl-answer.js'
import { ocspAnswer } from './ocsp-answer.js'
import { ocspRequest } from './ocsp-request.js'
import { readOcspResponse } from './ocsp-response.js'
import { checkRevocation } from './revocation.js'
import { RevocationCache } from './revocation-cache.js'

// What OpenSSL 3.0 wrote; fixtures/revocation/make.sh made it, once.
const text = (name: string) =>
  readFileSync(new URL(`../../test/fixtures/revocation/${name}`, import.meta.url), 'latin1')
const base64 = (name: string) => Buffer.from(text(`${name}.base64`), 'base64')
const certificate = (name: string) => {
  const [, body = ''] = /-----BEGIN CERTIFICATE-----([^-]*)/.exec(text(`${name}.crt`)) ?? []
  return readCertificate(Buffer.from(body, 'base64'))
}

const ca = certificate('ca')
const good = certificate('good')
const revoked = certificate('revoked')
const { producedAt } = readOcspResponse(base64('good.ocsp'))
const later = (hours: number) => new Date(producedAt.getTime() + hours * 3_600_000)

describe('responses of `openssl ocsp`', () => {
  it.each([
    ['good.ocsp', good, 'good'],
    ['good.delegated.ocsp', good, 'good'],
    ['good.endless.ocsp', good, 'good'],
    ['revoked.ocsp', revoked, 'revoked'],
    ['revoked.delegated.ocsp', revoked, 'revoked'],
  ] as const)('%s', async (name, about, status) => {
    await expect(ocspAnswer(base64(name), about, ca, later(1))).resolves.toMatchObject({ status, responder: undefined })
    const other = about === good ? revoked : good
    await expect(ocspAnswer(base64(name), other, ca, later(1))).rejects.toThrow('speaks of other certificates')
  })

  it('count until the next one is due, or for a day when it does not say when', async () => {
    await expect(ocspAnswer(base64('good.ocsp'), good, ca, later(7 * 24))).resolves.toMatchObject({ status: 'good' })
    await expect(ocspAnswer(base64('good.ocsp'), good, ca, later(7 * 24 + 1))).rejects.toThrow('counted until')
    const endless = base64('good.endless.ocsp')
    await expect(ocspAnswer(endless, good, ca, later(24))).resolves.toMatchObject({ nextUpdate: undefined })
    await expect(ocspAnswer(endless, good, ca, later(25))).rejects.toThrow('counted until')
    await expect(ocspAnswer(endless, good, ca, later(-1))).rejects.toThrow('still to come')
  })

  it('are asked for with the same octets', () => {
    expect(Buffer.from(ocspRequest(good, ca))).toEqual(base64('good.request.ocsp'))
  })
})

describe('CRLs of `openssl ca -gencrl`', () => {
  it.each([
    ['DER', base64('ca.crl')],
    ['PEM', Buffer.from(text('ca.crl.pem'))],
  ])('%s', async (_, crl) => {
    await expect(crlAnswer(crl, good, ca, later(1))).resolves.toMatchObject({ status: 'good' })
    await expect(crlAnswer(crl, revoked, ca, later(1))).resolves.toMatchObject({ status: 'revoked' })
    await expect(crlAnswer(crl, good, ca, later(8 * 24))).rejects.toThrow('counted until')
    await expect(crlAnswer(crl, good, ca, later(-1))).rejects.toThrow('still to come')
  })
})

it('a revoked server is refused, a good one is not, by both ways', async () => {
  const ask = (about: typeof good, name: string) =>
    checkRevocation({
      chain: [about, ca],
      crl: 'required',
      ocsp: 'required',
      fetch: (url) => Promise.resolve(url === 'http://ocsp.example.test/' ? base64(`${name}.ocsp`) : base64('ca.crl')),
      signal: new AbortController().signal,
      at: later(1),
      cache: new RevocationCache(),
    })
  await expect(ask(good, 'good')).resolves.toEqual({
    status: 'good',
    refused: false,
    reason: 'ocsp http://ocsp.example.test/; crl http://crl.example.test/ca.crl',
  })
  await expect(ask(revoked, 'revoked')).resolves.toMatchObject({ status: 'revoked', refused: true })
})
