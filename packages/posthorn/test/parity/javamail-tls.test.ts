import { certificates, SinkServer, type SinkOptions } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { smtpOptionsOf, type TrailEvent } from '../../src/index.js'
import { HOST, imported, LOGIN, PASSWORD, sendBy, sendToSink, verbs, type SentToSink } from './javamail-world.js'

const STARTTLS = 'EHLO, STARTTLS, EHLO, MAIL, RCPT, DATA, QUIT'
const REQUIRED = 'mail.smtp.starttls.required=true'
const IMPLICIT = 'mail.smtp.ssl.enable=true'
const SSL_CLASS = 'mail.smtp.socketFactory.class=javax.net.ssl.SSLSocketFactory'

/** Sends to a server with the good certificate, which is trusted. */
async function overTls(lines: readonly string[], offers: SinkOptions = {}): Promise<SentToSink> {
  const tls = await certificates()
  return sendToSink(lines, { tls, extensions: ['8BITMIME'], ...offers }, { smtp: { tls: { ca: tls.ca } } })
}

const implicit = (lines: readonly string[]) => overTls(lines, { implicitTls: true })
const handshake = ({ trail }: SentToSink) =>
  trail.find((event): event is Extract<TrailEvent, { type: 'tls' }> => event.type === 'tls')
const delivered = ({ receipt }: SentToSink) => receipt?.deliveries[0]?.outcome === 'delivered'

describe('STARTTLS', () => {
  it('with starttls.enable is used when it is offered, and mail goes in the clear when it is not [javamail.mail.smtp.starttls.enable]', async () => {
    const offered = await overTls(['mail.smtp.starttls.enable=true'])
    expect([verbs(offered.commands), offered.sessions[0]!.tls, delivered(offered)]).toEqual([STARTTLS, true, true])
    const { error, commands, receipt } = await sendToSink(['mail.smtp.starttls.enable=true'], { extensions: [] })
    expect([error, receipt?.deliveries[0]?.outcome]).toEqual([undefined, 'delivered'])
    expect(verbs(commands)).toBe('EHLO, MAIL, RCPT, DATA, QUIT')
    const off = await overTls(['mail.smtp.starttls.enable=false'])
    expect([off.sessions[0]!.tls, delivered(off)]).toEqual([false, true])
  })

  it.each([[[REQUIRED]], [[REQUIRED, 'mail.smtp.starttls.enable=false']]])(
    'with starttls.required it is used or nothing is sent: %j [javamail.mail.smtp.starttls.required]',
    async (lines) => {
      const offered = await overTls(lines)
      expect([verbs(offered.commands), delivered(offered)]).toEqual([STARTTLS, true])
      const without = await sendToSink([...lines, ...LOGIN], { auth: { user: 'app', password: PASSWORD } })
      expect(without.error).toMatchObject({ code: 'smtp.starttls.not-offered' })
      expect([verbs(without.commands), without.message]).toEqual(['EHLO, QUIT', undefined])
      expect(delivered(await implicit([...lines, IMPLICIT]))).toBe(true) // there it has no say
    },
  )
})

describe('TLS from the first octet', () => {
  it('is what ssl.enable asks for, at port 465 unless another is named [javamail.mail.smtp.ssl.enable]', async () => {
    const sent = await implicit([IMPLICIT])
    expect([delivered(sent), sent.sessions[0]!.tls]).toEqual([true, true])
    expect(sent.sessions[0]!.clearOctets).toHaveLength(0)
    expect(await smtpOptionsOf(imported(HOST, IMPLICIT).profile)).toMatchObject({ port: 465, security: 'implicit' })
  })

  it.each([
    ['mail.smtp.socketFactory.port', SSL_CLASS, '[javamail.mail.smtp.socketFactory.port]'],
    ['mail.smtp.ssl.socketFactory.port', IMPLICIT, '[javamail.mail.smtp.ssl.socketFactory.port]'],
  ])('goes to %s %s', async (name, asked) => {
    const tls = await certificates()
    await using sink = await SinkServer.start({ tls, implicitTls: true })
    const { profile } = imported(HOST, asked, `${name}=${sink.port}`)
    const { receipt } = await sendBy(profile, { smtp: { tls: { ca: tls.ca } } })
    expect([receipt?.deliveries[0]?.outcome, sink.sessions[0]!.tls]).toEqual(['delivered', true])
  })

  it('is never given up for a clear connection, whatever fallback says [javamail.mail.smtp.socketFactory.fallback]', async () => {
    for (const fallback of ['true', 'false']) {
      const lines = [SSL_CLASS, `mail.smtp.socketFactory.fallback=${fallback}`, ...LOGIN]
      const { error, sessions, message } = await sendToSink(lines) // a server that knows no TLS
      expect([error?.name, message]).toEqual(['ConnectError', undefined])
      for (const { clearOctets } of sessions) {
        expect(clearOctets[0] ?? 22).toBe(22) // a handshake record, RFC 8446 5.1
        expect(clearOctets.toString('latin1')).not.toMatch(/EHLO|AUTH|MAIL/)
      }
    }
    const { of } = imported(HOST, SSL_CLASS, 'mail.smtp.socketFactory.fallback=true')
    expect(of('mail.smtp.socketFactory.fallback')).toMatchObject([{ verdict: 'ignored' }])
  })
})

describe('whose certificate is taken', () => {
  /** Sends to a server that shows one of the certificates of the tests. */
  async function shown(name: 'wrongName' | 'selfSigned' | 'unknownIssuer', lines: readonly string[], trusting = true) {
    const { [name]: tls, ca } = await certificates()
    const { error, message } = await sendToSink(
      [REQUIRED, ...lines],
      { tls },
      trusting ? { smtp: { tls: { ca } } } : {},
    )
    return error?.code ?? (message ? 'taken' : 'nothing')
  }

  it('checkserveridentity=false leaves out the name, and the chain is checked all the same [javamail.mail.smtp.ssl.checkserveridentity]', async () => {
    const without = ['mail.smtp.ssl.checkserveridentity=false']
    expect(await shown('wrongName', [])).toBe('tls.wrong-name')
    expect(await shown('wrongName', ['mail.smtp.ssl.checkserveridentity=true'])).toBe('tls.wrong-name')
    expect(await shown('wrongName', without)).toBe('taken')
    expect(await shown('selfSigned', without)).toBe('tls.self-signed')
  })

  it('ssl.trust leaves out the chain of the listed hosts and not their name; others are checked as usual [javamail.mail.smtp.ssl.trust]', async () => {
    const listed = ['mail.smtp.ssl.trust=other.example RELAY.example.test']
    const { checked, named } = {
      checked: ['mail.smtp.ssl.trust=other.example'],
      named: [...listed, 'mail.smtp.ssl.checkserveridentity=false'],
    }
    for (const name of ['selfSigned', 'unknownIssuer'] as const) {
      expect(await shown(name, [])).not.toBe('taken')
      expect(await shown(name, listed)).toBe('taken')
      expect(await shown(name, ['mail.smtp.ssl.trust=*'])).toBe('taken')
      expect(await shown(name, checked)).not.toBe('taken')
    }
    expect(await shown('wrongName', listed)).toBe('tls.wrong-name')
    expect(await shown('wrongName', ['mail.smtp.ssl.trust=*'], false)).toBe('tls.wrong-name')
    expect(await shown('wrongName', named, false)).toBe('taken')
    expect(await shown('wrongName', checked)).toBe('tls.wrong-name')
    expect(delivered(await overTls([REQUIRED, ...checked]))).toBe(true)
    const factory = 'mail.smtp.ssl.socketFactory.class=com.example.Factory'
    expect(await shown('selfSigned', [...listed, factory])).toBe('tls.self-signed')
  })
})

describe('how TLS is spoken', () => {
  it.each([
    ['TLSv1.2', 'TLSv1.2'],
    ['TLSv1.3', 'TLSv1.3'],
    ['SSLv3 TLSv1.2', 'TLSv1.2'],
    ['TLSv1.2 TLSv1.3', 'TLSv1.3'],
  ])('ssl.protocols=%s negotiates %s [javamail.mail.smtp.ssl.protocols]', async (value, protocol) => {
    const sent = await overTls([REQUIRED, `mail.smtp.ssl.protocols=${value}`])
    expect([delivered(sent), handshake(sent)?.protocol]).toEqual([true, protocol])
  })

  it.each([
    ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'TLSv1.2'],
    ['SSL_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'TLSv1.2'],
    ['SSL_RSA_WITH_RC4_128_MD5 TLS_AES_128_GCM_SHA256', 'TLS_AES_128_GCM_SHA256', 'TLSv1.3'],
  ])('ssl.ciphersuites=%s negotiates %s [javamail.mail.smtp.ssl.ciphersuites]', async (value, cipher, protocol) => {
    const sent = await overTls([REQUIRED, `mail.smtp.ssl.ciphersuites=${value}`])
    expect([delivered(sent), handshake(sent)]).toMatchObject([true, { cipher, protocol }])
  })

  it('ssl.ciphersuites with nothing that can be spoken is an error, not a connection without [part of javamail.mail.smtp.ssl.ciphersuites]', async () => {
    const lines = [REQUIRED, 'mail.smtp.ssl.ciphersuites=SSL_RSA_WITH_RC4_128_MD5']
    const sent = overTls(lines).then(({ error }) => error ?? {})
    expect(await sent.catch((error: unknown) => error)).toMatchObject({ name: 'SettingsError', field: 'tls.ciphers' })
  })
})
