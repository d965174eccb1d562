import { certificates, SinkServer } from '@posthorn/testkit'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { isSendFailure, Mailer, type PosthornError, type SmtpOptions } from '../../src/index.js'
import { HOST, leadTo, shapesOf } from '../one-send.js'
import { Firewall } from './firewall.js'
import { config, imported, LETTER, sentBy, table } from './illiad-installation.js'
import { sendTo } from './sent-mail.js'

describe('AllowExtensions', () => {
  const profileOf = (elements: string, keys = {}) => imported(table(keys), config(elements)).profile
  const unheard = (verb: string) => (verb === 'EHLO' ? '502 5.5.1 unheard of' : undefined)

  it('true: HELO after an EHLO that is refused, on one connection; false: HELO alone [illiad.config.AllowExtensions]', async () => {
    for (const written of ['', '<AllowExtensions>true</AllowExtensions>', '<AllowExtensions>1</AllowExtensions>']) {
      const sent = await sentBy(profileOf(written), { replyTo: unheard })
      expect([sent.verbs, sent.sessions.length]).toEqual(['EHLO, HELO, MAIL, RCPT, DATA, QUIT', 1])
      expect(sent.message?.recipients).toEqual([LETTER.to])
    }
    for (const written of ['false', 'False', '0']) {
      const sent = await sentBy(profileOf(`<AllowExtensions>${written}</AllowExtensions>`), { replyTo: unheard })
      expect([sent.verbs, sent.message?.recipients]).toEqual(['HELO, MAIL, RCPT, DATA, QUIT', [LETTER.to]])
      expect(sent.session?.commands[1]).toBe('MAIL FROM:<ill@example.edu>')
    }
  })

  it.each([
    ['TLS', { EMailSecure: 'Yes' }],
    ['a login', { SMTPUserID: 'illiad', SMTPPassword: 'Wonder8land' }],
  ])('false beside %s: nothing goes out in the clear', async (_what, keys) => {
    const { profile, about } = imported(table(keys), config('<AllowExtensions>false</AllowExtensions>'))
    expect(about('AllowExtensions')[0]?.note).toContain('needs extensions')
    const sent = await sentBy(profile, { auth: { user: 'illiad', password: 'Wonder8land' } })
    expect(sent.error).toBeDefined()
    expect(sent.verbs).not.toMatch(/MAIL|AUTH/)
    expect(sent.message).toBeUndefined()
  })
})

describe('OtherHeaders [illiad.config.OtherHeaders]', () => {
  const sentWith = async (text: string) => {
    const { profile, about } = imported(table(), config(`<OtherHeaders>${text}</OtherHeaders>`))
    return { ...(await sentBy(profile)), said: about('OtherHeaders') }
  }

  it.each(['X-A: 1\r\nX-B: 2', 'X-A: 1\nX-B: 2\n', 'X-A: 1&#13;&#10;X-B: 2'])(
    'stand behind those of the message: %j',
    async (text) => {
      const { header, error } = await sentWith(text)
      const names = header.split('\r\n').map((line) => line.split(':')[0]!)
      expect([error, header]).toEqual([undefined, expect.stringMatching(/\r\nX-A: 1\r\nX-B: 2(?:\r\n|$)/)])
      expect(names.indexOf('Subject')).toBeGreaterThan(-1)
      expect(names.indexOf('X-A')).toBeGreaterThan(names.indexOf('Subject'))
    },
  )

  it.each(['\r\nX-Only: 1', '\nX-Only: 1\n', '\n\n  X-Only: 1'])(
    'beginning with an empty line take the place of all others, and the envelope stays: %j',
    async (text) => {
      const { text: arrived, message } = await sentWith(text)
      expect(arrived).toBe('X-Only: 1\r\n\r\nIt is due.\r\n')
      expect(message).toMatchObject({ reversePath: 'ill@example.edu', recipients: [LETTER.to] })
    },
  )

  it.each(['', '  ', '\n'])('that are empty are none: %j', async (text) => {
    const { header, error } = await sentWith(text)
    expect([error, header]).toEqual([undefined, expect.stringContaining('Subject: Your loan')])
  })

  it('that each message has by itself are left out and reported, and mail goes out', async () => {
    const { header, error, said } = await sentWith('Content-Type: text/html\nX-A: 1\nDate: yesterday')
    expect([error, header]).toEqual([undefined, expect.stringContaining('X-A: 1')])
    expect(header).not.toMatch(/yesterday|html/)
    expect(said).toMatchObject([
      { verdict: 'lost', note: expect.stringContaining('Content-Type and others') as string },
      { verdict: 'taken' },
    ])
    const only = await sentWith('\nFrom: Loan &lt;loan@example.edu&gt;\nMIME-Version: 2.0')
    expect(only.text).toBe('From: Loan <loan@example.edu>\r\n\r\nIt is due.\r\n')
  })
})

// The relay of the keys has no address; the firewall is asked for it by name, and leads to the loopback.
describe('the firewall [illiad.config.FirewallHost]', () => {
  const RELAY = { EMailSMTPServer: HOST, EMailSMTPPort: '2525' }
  const elements = (port: number, more: string) =>
    config(`<FirewallHost>127.0.0.1</FirewallHost><FirewallPort>${port}</FirewallPort>${more}`)
  const SOCKS5 = '<FirewallType>fwSOCKS5</FirewallType>'
  const login = (password: string) =>
    `<FirewallUser>gate</FirewallUser><FirewallPassword>${password}</FirewallPassword>`
  const nowhere: SmtpOptions['resolve'] = () => Promise.reject(Object.assign(new Error('none'), { code: 'ENOTFOUND' }))

  it.each(['<FirewallType>fwNone</FirewallType>', '<FirewallType>0</FirewallType>', ''])(
    'a host with %j is not used',
    async (type) => {
      await using sink = await SinkServer.start()
      await using firewall = await Firewall.start({ onward: sink.port })
      const { profile, about } = imported(
        table({ ...RELAY, EMailSMTPPort: String(sink.port) }),
        elements(firewall.port, `${type}${login('x')}`),
      )
      expect(about('FirewallHost')).toMatchObject([{ verdict: 'ignored' }])
      const resolve: SmtpOptions['resolve'] = async () => [{ address: '127.0.0.1', family: 4 }]
      const sent = await sendTo(sink, profile, LETTER, { smtp: { resolve } })
      expect([sent.error, sent.message?.recipients, firewall.connections]).toEqual([undefined, [LETTER.to], 0])
    },
  )

  it.each([
    ['without a login', SOCKS5, undefined],
    ['with the number and a login', `${login('gate-8land')}<FirewallType>3</FirewallType>`, 'gate-8land'],
  ])(
    'fwSOCKS5 leads every connection through it, %s [part of illiad.config.FirewallUser]',
    async (_what, more, password) => {
      await using sink = await SinkServer.start()
      await using firewall = await Firewall.start({
        onward: sink.port,
        ...(password === undefined ? {} : { login: { user: 'gate', password } }),
      })
      const { profile } = imported(table(RELAY), elements(firewall.port, more))
      const sent = await sendTo(sink, profile, LETTER, { smtp: { resolve: nowhere } })
      expect([sent.error, sent.message?.recipients]).toEqual([undefined, [LETTER.to]])
      expect(firewall.requests).toEqual([`${HOST}:2525`])
      expect(firewall.logins).toEqual(password === undefined ? [] : [`gate:${password}`])
    },
  )

  it('a login that it refuses is an error one can catch, and nothing reaches the relay [illiad.behaviour.unhandled-proxy-login] [illiad.config.FirewallPassword]', async () => {
    await using sink = await SinkServer.start()
    await using firewall = await Firewall.start({ onward: sink.port, login: { user: 'gate', password: 'right' } })
    const { profile } = imported(table(RELAY), elements(firewall.port, `${SOCKS5}${login('wr0ng-8land')}`))
    const sent = await sendTo(sink, profile, LETTER, { smtp: { resolve: nowhere } })
    expect(sent.error).toMatchObject({ code: 'proxy.authentication-refused', phase: 'proxy', outcome: 'permanent' })
    expect(firewall.logins).toEqual(['gate:wr0ng-8land'])
    expect([firewall.requests, sent.sessions]).toEqual([[], []])
    const told = JSON.stringify([sent.error, String(sent.error?.stack), sent.receipt])
    for (const shape of shapesOf('wr0ng-8land')) expect(told).not.toContain(shape)
  })
})

describe('Timeout', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
  afterEach(() => void vi.useRealTimers())
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

  /** A send to a server that holds the connection at a command, and whether it has failed. */
  async function stalled(elements: string, index: number) {
    const sink = await SinkServer.start({ extensions: [], fault: () => ({ at: 'command', index, how: 'hold' }) })
    const { connector } = leadTo(sink)
    const mailer = new Mailer(imported(table(), config(elements)).profile, { smtp: { connector } })
    const sent: { failure?: PosthornError } = {}
    const sending = mailer.send(LETTER).then(
      () => expect.fail('it was delivered'),
      (error: unknown) => {
        if (!isSendFailure(error)) throw error
        sent.failure = error
      },
    )
    while (sink.sessions[0]?.commandCount !== index) await setImmediate()
    return {
      sent,
      [Symbol.asyncDispose]: async () => {
        await mailer.close({ now: true })
        await sending
        await sink[Symbol.asyncDispose]()
      },
    }
  }

  it.each([
    ['<Timeout>120</Timeout>', 120_000],
    ['', 60_000],
  ])('%j: a server that stalls fails the send after %i ms, not before [illiad.config.Timeout]', async (element, ms) => {
    for (const index of [1, 2]) {
      await using held = await stalled(element, index)
      await pass(ms - 1_000)
      expect(held.sent.failure).toBeUndefined()
      await pass(1_100)
      expect(held.sent.failure).toMatchObject({ code: 'smtp.timeout', outcome: 'transient' })
    }
  })

  it('0 has no end: a server that stalls is still waited for after three times the default, and after a day [illiad.behaviour.timeout-zero]', async () => {
    for (const index of [1, 2, 3, 4]) {
      await using held = await stalled('<Timeout>0</Timeout>', index)
      await pass(3 * 60_000)
      expect([index, held.sent.failure]).toEqual([index, undefined])
      await pass(86_400_000)
      expect([index, held.sent.failure]).toEqual([index, undefined])
    }
  })
})

describe('SslAcceptServerCert', () => {
  const KEYS = table({ EMailSMTPPort: '465', EMailSecure: 'Yes' })
  const toServerWith = async (shown: 'selfSigned' | 'expired' | 'good', element: string) => {
    const { profile, about } = imported(KEYS, config(`<SslAcceptServerCert>${element}</SslAcceptServerCert>`))
    const all = await certificates()
    const smtp = { tls: { ca: all.ca } }
    return { ...(await sentBy(profile, { tls: all[shown], implicitTls: true, smtp })), about }
  }

  it('takes a server that shows this certificate, and checks every other as usual [illiad.config.SslAcceptServerCert]', async () => {
    const { selfSigned, expired } = await certificates()
    const base64 = selfSigned.cert.replaceAll(/-----.*-----|\s/g, '')
    for (const written of [selfSigned.cert, base64]) {
      const match = await toServerWith('selfSigned', written)
      expect([match.error, match.message?.recipients]).toEqual([undefined, [LETTER.to]])
      expect(match.about('SslAcceptServerCert')).toMatchObject([{ verdict: 'taken', unsafe: true }])
    }
    for (const written of ['', expired.cert]) {
      const other = await toServerWith('selfSigned', written)
      expect(other.error).toMatchObject({ phase: 'tls', outcome: 'permanent' })
      expect([other.message, other.verbs]).toEqual([undefined, ''])
    }
    const usual = await toServerWith('good', expired.cert)
    expect([usual.error, usual.message?.recipients]).toEqual([undefined, [LETTER.to]])
  })
})
