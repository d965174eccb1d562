import { certificates, mailAuthority, type ServerCertificate } from '@posthorn/testkit'
import { X509Certificate } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Certificate, SSLStartMode, type SMTP } from '../../src/compat/ipworks/index.js'
import { component, failure, sink } from './component.js'
import { secured, serverIdentity } from './secure.js'

const { ca, good, ...bad } = await certificates()
const otherRoot = await mailAuthority({ subject: 'CN=Other Root' })
const other = await serverIdentity({ issuer: otherRoot })
const thirdRoot = await mailAuthority({ subject: 'CN=Third Root' })
const third = await serverIdentity({ issuer: thirdRoot })

/** What sending to a server with this certificate comes to: undefined, or the number of the error. */
async function sent(certificate: ServerCertificate, change: (smtp: SMTP) => void): Promise<number | undefined> {
  const smtp = secured(await sink({ tls: certificate, implicitTls: true }))
  change(smtp)
  return smtp.send().then(
    () => undefined,
    (error: unknown) => (error as { readonly code: number }).code,
  )
}

const pem = ({ cert }: ServerCertificate) => new Certificate(Buffer.from(cert))

describe('SSLAcceptServerCert', () => {
  test('[ipworks.prop.SSLAcceptServerCert] a certificate that is taken whatever is wrong with it, and no other', async () => {
    const { selfSigned, wrongName, expired, notYetValid, unknownIssuer, wrongUsage } = bad
    expect(await sent(selfSigned, () => {})).toBe(275)
    expect(await sent(selfSigned, (smtp) => (smtp.sslAcceptServerCert = pem(selfSigned)))).toBeUndefined()
    expect(await sent(selfSigned, (smtp) => (smtp.sslAcceptServerCert = pem(expired)))).toBe(275)
    for (const each of [wrongName, expired, notYetValid, unknownIssuer, wrongUsage]) {
      const taking = (one: ServerCertificate) => (smtp: SMTP) => {
        smtp.config(`SSLServerCACerts=${ca}`)
        smtp.setSSLAcceptServerCert(pem(one))
      }
      expect(await sent(each, taking(each))).toBeUndefined()
      expect(await sent(each, taking(selfSigned))).toBe(each === wrongName ? 280 : 275)
    }
    // it does no harm to a certificate that is in order anyway
    const usual = (smtp: SMTP) => {
      smtp.config(`SSLServerCACerts=${ca}`)
      smtp.sslAcceptServerCert = pem(selfSigned)
    }
    expect(await sent(good, usual)).toBeUndefined()
  })

  test('[part of ipworks.prop.SSLAcceptServerCert] it can be filled in place, be what the server showed last, and be taken back', async () => {
    const server = await sink({ tls: bad.selfSigned, implicitTls: true })
    const smtp = secured(server)
    smtp.sslAcceptServerCert.encoded = bad.selfSigned.cert
    await smtp.send()
    smtp.sslAcceptServerCert = new Certificate()
    expect(await failure(smtp.send())).toMatchObject({ code: 275 })
    smtp.sslAcceptServerCert = smtp.sslServerCert // seen when it was refused
    await smtp.send()
    smtp.reset()
    expect(smtp.sslAcceptServerCert.encoded).toBe('')
    expect(server.ledger).toHaveLength(2)
    for (const odd of [5, null, {}, undefined]) {
      expect(() => (smtp.sslAcceptServerCert = odd as Certificate)).toThrow(
        expect.objectContaining({ code: 10022 }) as Error,
      )
    }
  })
})

describe('SSLServerCert', () => {
  test('[ipworks.prop.SSLServerCert] what the server showed last, until the next connection begins', async () => {
    const [secure, plain] = [await sink({ tls: good, implicitTls: true }), await sink()]
    const smtp = secured(secure, `SSLServerCACerts=${ca}`)
    expect(smtp.sslServerCert.encoded).toBe('')
    await smtp.send()
    const fingerprint = new X509Certificate(good.cert).fingerprint256.replaceAll(':', '').toLowerCase()
    expect(smtp.sslServerCert.thumbprintSHA256.toLowerCase()).toBe(fingerprint)
    expect(smtp.getSSLServerCert().subject).toBe('CN=relay.example.test')
    await smtp.disconnect()
    expect(smtp.sslServerCert.thumbprintSHA256.toLowerCase()).toBe(fingerprint)

    smtp.mailPort = plain.port
    smtp.sslStartMode = SSLStartMode.sslNone
    const seen: string[] = []
    smtp.on('ConnectionStatus', () => seen.push(smtp.sslServerCert.encoded))
    await smtp.connect()
    expect([...seen, smtp.sslServerCert.thumbprintSHA256]).toEqual(['', ''])
    await smtp.disconnect()
  })

  test('[part of ipworks.prop.SSLServerCert] it is there for a certificate that is refused, with STARTTLS, and is emptied by what fails', async () => {
    const smtp = component(await sink({ tls: bad.wrongName }))
    smtp.sslStartMode = SSLStartMode.sslExplicit
    smtp.config(`SSLServerCACerts=${ca}`)
    expect(await failure(smtp.connect())).toMatchObject({ code: 280 })
    expect(smtp.sslServerCert.subject).toBe('CN=elsewhere.example.test')
    smtp.config('SSLEnabledCipherSuites=SSL_RSA_WITH_RC4_128_SHA')
    expect(await failure(smtp.connect())).toMatchObject({ code: 270 })
    expect(smtp.sslServerCert.subject).toBe('')
    // @ts-expect-error: a program in JavaScript says anything
    expect(() => (smtp.sslServerCert = new Certificate())).toThrow()
  })
})

describe('private authorities', () => {
  /** The list of the document: CR and LF between the blocks, and whatever else somebody may write there. */
  const LISTS: readonly (readonly [string, string])[] = [
    ['CR LF', [otherRoot.certificate, ca].map((each) => each.trim().replaceAll('\n', '\r\n')).join('\r\n')],
    ['text between them', `Other Root\n${otherRoot.certificate}\n# and the one of the testkit:\r\n${ca}\nend`],
    ['as the document prints it', `${otherRoot.certificate.replaceAll('\n', ' ')} \r \n ${ca.replaceAll('\n', ' ')}`],
  ]

  test('[ipworks.config.SSLServerCACerts] a server of a private authority fails without it; a list of two makes servers of both work', async () => {
    expect(await sent(other, () => {})).toBe(275)
    expect(await sent(other, (smtp) => smtp.config(`SSLServerCACerts=${otherRoot.certificate}`))).toBeUndefined()
    expect(await sent(good, (smtp) => smtp.config(`SSLServerCACerts=${otherRoot.certificate}`))).toBe(275)
    for (const [, list] of LISTS) {
      const trusting = (smtp: SMTP) => void smtp.config(`SSLServerCACerts=${list}`)
      expect(await sent(other, trusting)).toBeUndefined()
      expect(await sent(good, trusting)).toBeUndefined()
      expect(await sent(third, trusting)).toBe(275)
    }
  })

  test('[ipworks.config.SSLCACerts] a server of a private authority fails without it; two certificates in one value both count', async () => {
    expect(await sent(other, () => {})).toBe(275)
    expect(await sent(other, (smtp) => smtp.config(`SSLCACerts=${otherRoot.certificate}`))).toBeUndefined()
    for (const [, list] of LISTS) {
      const trusting = (smtp: SMTP) => void smtp.config(`SSLCACerts=${list}`)
      expect(await sent(other, trusting)).toBeUndefined()
      expect(await sent(good, trusting)).toBeUndefined()
      expect(await sent(third, trusting)).toBe(275)
    }
  })

  test('[ipworks.example.ca-list] two PEM blocks with CR LF between them: both are used, in SSLCACerts as in SSLServerCACerts, and the two together', async () => {
    const list = LISTS[0]![1]
    for (const name of ['SSLCACerts', 'SSLServerCACerts'] as const) {
      const trusting = (smtp: SMTP) => void expect(smtp.config(`${name}=${list}`)).toBe(list)
      expect([await sent(other, trusting), await sent(good, trusting)]).toEqual([undefined, undefined])
    }
    const both = (smtp: SMTP) => {
      smtp.config(`SSLCACerts=${list}`)
      smtp.config(`SSLServerCACerts=${thirdRoot.certificate}`)
    }
    for (const each of [other, good, third]) expect(await sent(each, both)).toBeUndefined()
    // for clients alone, and not for a server: SSLClientCACerts
    expect(await sent(good, (smtp) => smtp.config(`SSLClientCACerts=${list}`))).toBe(275)
  })

  test('[part of ipworks.config.SSLServerCACerts] [part of ipworks.config.SSLCACerts] taken back, reset, for the next connection alone, and what is no certificate', async () => {
    const server = await sink({ tls: good, implicitTls: true })
    for (const name of ['SSLCACerts', 'SSLServerCACerts'] as const) {
      const smtp = secured(server)
      expect(smtp.config(name)).toBe('')
      smtp.config(`${name}=${ca}`)
      await smtp.connect()
      smtp.config(`${name}=`) // counts from the next connection on
      await smtp.send()
      await smtp.disconnect()
      expect(await failure(smtp.send())).toMatchObject({ code: 275 })
      smtp.config(`${name}=${ca}`)
      await smtp.send()
      smtp.config(`${name}=-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----`)
      expect(await failure(smtp.send())).toMatchObject({
        code: 10022,
        message: expect.stringContaining(name) as string,
      })
      smtp.reset()
      expect(smtp.config(name)).toBe('')
    }
  })
})
