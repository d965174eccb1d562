import { RevocableCertificates, type ServerCertificate } from '@posthorn/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Certificate } from '../../src/compat/ipworks/index.js'
import { component, heardBy, sink, trailOf, type Heard } from './component.js'
import { secured } from './secure.js'

let made: RevocableCertificates
beforeAll(async () => void (made = await RevocableCertificates.start()))
afterAll(() => made.close())

interface Outcome {
  /** The number of the error; undefined when the message was taken. */
  readonly code: number | undefined
  readonly message: string
  /** How often somebody was asked. */
  readonly asked: number
  readonly heard: Heard[]
}

/** Sends a letter to a server with this certificate. */
async function sentTo(
  certificate: ServerCertificate,
  settings: readonly string[],
  change: (smtp: ReturnType<typeof component>) => void = () => {},
): Promise<Outcome> {
  const server = await sink({ tls: certificate, implicitTls: true })
  const smtp = secured(server, `SSLServerCACerts=${made.ca}`, ...settings)
  change(smtp)
  const heard = heardBy(smtp)
  const before = made.fetched
  const error = await smtp.send().then(
    () => undefined,
    (reason: unknown) => reason as Error & { readonly code: number },
  )
  expect(server.ledger).toHaveLength(error ? 0 : 1)
  return { code: error?.code, message: error?.message ?? '', asked: made.fetched - before, heard }
}

const codesOf = async (setting: string, certificate: ServerCertificate) => [
  (await sentTo(certificate, [])).code,
  (await sentTo(certificate, [`${setting}=0`])).code,
  (await sentTo(certificate, [`${setting}=1`])).code,
  (await sentTo(certificate, [`${setting}=2`])).code,
]

test('[ipworks.config.SSLCheckCRL] not set, 0, 1 and 2 with a certificate that is good, revoked, without an address, and with one where nobody answers', async () => {
  expect(await codesOf('SSLCheckCRL', made.good)).toEqual([undefined, undefined, undefined, undefined])
  expect(await codesOf('SSLCheckCRL', made.revoked)).toEqual([undefined, undefined, 280, 280])
  expect(await codesOf('SSLCheckCRL', made.withoutAddress)).toEqual([undefined, undefined, undefined, 280])
  expect(await codesOf('SSLCheckCRL', made.unreachable)).toEqual([undefined, undefined, undefined, 280])
})

test('[ipworks.config.SSLCheckOCSP] not set, 0, 1 and 2 with a certificate that is good, revoked, without an address, and with one where nobody answers', async () => {
  expect(await codesOf('SSLCheckOCSP', made.ocsp.good)).toEqual([undefined, undefined, undefined, undefined])
  expect(await codesOf('SSLCheckOCSP', made.ocsp.revoked)).toEqual([undefined, undefined, 280, 280])
  expect(await codesOf('SSLCheckOCSP', made.withoutAddress)).toEqual([undefined, undefined, undefined, 280])
  expect(await codesOf('SSLCheckOCSP', made.ocsp.unreachable)).toEqual([undefined, undefined, undefined, 280])
})

describe('[part of ipworks.config.SSLCheckCRL] [part of ipworks.config.SSLCheckOCSP] asking after a certificate', () => {
  test('says what came of it, in the error or in a note', async () => {
    for (const [setting, { revoked, unreachable }] of [
      ['SSLCheckCRL', made],
      ['SSLCheckOCSP', made.ocsp],
    ] as const) {
      expect((await sentTo(revoked, [`${setting}=1`])).message).toMatch(/^280: .*was revoked on \d{4}-\d\d-\d\d/)
      const { heard } = await sentTo(unreachable, [`${setting}=1`])
      expect(trailOf(heard).filter((line) => line.includes('revoked'))).toEqual([
        expect.stringMatching(/^-- nobody says whether the certificate of 127\.0\.0\.1 was revoked: /),
      ])
      expect((await sentTo(unreachable, [`${setting}=2`])).message).toMatch(/^280: .*SSLCheckCRL and SSLCheckOCSP/)
    }
  })

  test('each looks where it belongs, and 0 asks nobody', async () => {
    expect((await sentTo(made.ocsp.unreachable, ['SSLCheckCRL=1'])).asked).toBe(0)
    expect((await sentTo(made.unreachable, ['SSLCheckOCSP=1'])).asked).toBe(0)
    expect((await sentTo(made.unreachable, ['SSLCheckCRL=0', 'SSLCheckOCSP=0'])).asked).toBe(0)
    expect((await sentTo(made.ocsp.revoked, ['SSLCheckCRL=1'])).code).toBeUndefined()
    expect((await sentTo(made.ocsp.good, ['SSLCheckCRL=2', 'SSLCheckOCSP=2'])).code).toBe(280)
  })

  test('a handler sees that it was revoked, and has the last word; a pinned certificate is not asked after', async () => {
    const seen: string[] = []
    const taking = await sentTo(made.revoked, ['SSLCheckCRL=2'], (smtp) =>
      smtp.on('SSLServerAuthentication', (event) => {
        seen.push(`${event.accept} ${event.status}`)
        event.accept = true
      }),
    )
    expect([taking.code, seen]).toEqual([undefined, [expect.stringMatching(/^false .*revoked/)]])
    const pinned = await sentTo(made.ocsp.revoked, ['SSLCheckOCSP=2', 'SSLCheckCRL=2'], (smtp) => {
      smtp.sslAcceptServerCert = new Certificate(Buffer.from(made.ocsp.revoked.cert))
    })
    expect([pinned.code, pinned.asked]).toEqual([undefined, 0])
  })

  test('with STARTTLS as well; and what is neither 0, 1 nor 2', async () => {
    const server = await sink({ tls: made.revoked })
    const smtp = component(server)
    smtp.sslStartMode = 2
    smtp.config(`SSLServerCACerts=${made.ca}`)
    smtp.config('SSLCheckCRL=1')
    await expect(smtp.send()).rejects.toMatchObject({ code: 280 })
    for (const name of ['SSLCheckCRL', 'SSLCheckOCSP']) {
      for (const odd of ['3', '-1', 'true', '', '1.5'])
        expect(() => smtp.config(`${name}=${odd}`)).toThrow(expect.objectContaining({ code: 10022 }) as Error)
      smtp.config(`${name}=2`)
      expect(smtp.config(name)).toBe('2')
      smtp.reset()
      expect(smtp.config(name)).toBe('0')
    }
  })
})
