import { X509Certificate } from 'node:crypto'
import type { SecureVersion, TLSSocket } from 'node:tls'
import { certificates, SinkServer } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import {
  diagnose,
  Mailer,
  openCertificateStore,
  readCertificate,
  type ServerCertificateFacts,
  type SmtpOptions,
  type TlsOptions,
  type TrailEvent,
} from '../src/index.js'
import { LETTER, oneSend } from './one-send.js'
import { Front } from './tls-front.js'

const LOGIN = { user: 'alice', password: 'Wonder-7land' }
const offering = { extensions: ['8BITMIME'], tls: true }

describe('the order of a session with STARTTLS', () => {
  it('connect, greeting, EHLO, STARTTLS, the verdict on the certificate, TLS, EHLO, AUTH [part of ipworks.behaviour.tls-start-order]', async () => {
    const log: string[] = []
    const decide = (facts: ServerCertificateFacts) => void log.push(`verdict ${facts.status}`)
    const { ca } = await certificates()
    const tls = await certificates()
    await using sink = await SinkServer.start({ extensions: ['8BITMIME'], tls, auth: LOGIN })
    await using mailer = new Mailer({
      smtp: { host: '127.0.0.1', port: sink.port, credentials: LOGIN, tls: { ca, decide } },
    })
    mailer.on('trail', (event) => log.push(shown(event)))
    await mailer.send(LETTER)
    expect(log.slice(0, log.findIndex((entry) => entry.startsWith('AUTH')) + 2)).toEqual([
      'connect',
      '220',
      'EHLO',
      '250',
      'STARTTLS',
      '220',
      'verdict ok',
      'tls verified',
      'EHLO',
      '250',
      'AUTH',
      '235',
    ])
  })

  it('greeting, EHLO (HELO when it is not known), STARTTLS, EHLO again, AUTH only when it is offered [part of javamail.behaviour.connect-order]', async () => {
    const security = 'opportunistic'
    const whole = await oneSend({ security, credentials: LOGIN }, { ...offering, auth: LOGIN })
    expect(whole.verbs).toBe('EHLO, STARTTLS, EHLO, AUTH PLAIN, MAIL, RCPT, DATA, QUIT')
    const old = await oneSend(
      { security },
      { ...offering, replyTo: (verb) => (verb === 'EHLO' ? '502 5.5.1 what?' : undefined) },
    )
    expect(old.verbs).toBe('EHLO, HELO, MAIL, RCPT, DATA, QUIT')
    const none = await oneSend({ security, credentials: LOGIN }, offering)
    expect(none.error).toMatchObject({ code: 'smtp.auth.not-offered' })
    expect(none.verbs).toBe('EHLO, STARTTLS, EHLO, QUIT')
  })

  it('one way of sending for plain text, STARTTLS and implicit TLS; the trail tells what came of it [part of ipworks.behaviour.plain-and-tls]', async () => {
    const ways: [SmtpOptions['security'], object, string[]][] = [
      ['none', {}, ['connect', '220']],
      ['starttls', { tls: true }, ['connect', '220', 'EHLO', '250', 'STARTTLS', '220', 'tls verified']],
      ['implicit', { tls: true, implicitTls: true }, ['connect', 'tls verified', '220']],
    ]
    for (const [security, server, beginning] of ways) {
      const { receipt, message, trail, session } = await oneSend({ security: security! }, server)
      expect(receipt!.deliveries).toMatchObject([{ recipient: 'b@example.test', outcome: 'delivered' }])
      expect(message!.content!.toString()).toContain('only for your eyes')
      expect(trail.map(shown).slice(0, beginning.length)).toEqual(beginning)
      expect(session.tls).toBe(security !== 'none')
    }
  })
})

describe('a server that asks for a client certificate', () => {
  /** Sends to a server that demands one, and gives the subject it saw. */
  async function demanded(own: TlsOptions, maxVersion: SecureVersion = 'TLSv1.3') {
    const { good, ca } = await certificates()
    const seen: string[] = []
    await using sink = await SinkServer.start()
    await using front = await Front.tls({ ...good, ca, requestCert: true, maxVersion }, sink, (client: TLSSocket) =>
      seen.push(client.getPeerX509Certificate()!.subject),
    )
    const smtp = { host: '127.0.0.1', port: front.port, security: 'implicit', tls: { ca, ...own } } as const
    const mailer = new Mailer({ smtp })
    const outcome: unknown = await mailer.send(LETTER).catch((error: unknown) => error)
    await mailer.close()
    const { findings } = await diagnose({ smtp })
    return { outcome, seen, taken: sink.ledger.length, findings: findings.map(({ code }) => code) }
  }

  it('sees the one that was set, as PEM or out of a store [part of ipworks.prop.SSLCert]', async () => {
    const { wrongUsage: client } = await certificates() // good for clients only
    const { subject } = new X509Certificate(client.cert)
    const store = await openCertificateStore({ type: 'pem', source: `${client.cert}\n${client.key}` })
    for (const own of [client, { identity: store.identity() }]) {
      const { outcome, seen, taken } = await demanded(own)
      expect(outcome).toMatchObject({ deliveries: [{ outcome: 'delivered' }] })
      expect(seen[0]).toBe(subject)
      expect(taken).toBe(1)
    }
  })

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'gets none: %s [part of ipworks.error.281] [part of ipworks.prop.SSLCert]',
    async (version) => {
      const { outcome, seen, taken, findings } = await demanded({}, version)
      expect(outcome).toMatchObject({ code: 'tls.client-certificate-required', outcome: 'permanent' })
      expect((outcome as Error & { hint: string }).hint).toContain('tls.cert')
      expect([seen, taken]).toEqual([[], 0])
      expect(findings).toContain('tls.client-certificate-needed')
    },
  )

  it('a certificate without its key is refused by name before anything is sent [part of ipworks.error.281] [part of ipworks.prop.SSLCert]', async () => {
    const { wrongUsage } = await certificates()
    const { outcome, seen } = await demanded({ cert: wrongUsage.cert })
    expect(outcome).toMatchObject({ code: 'settings.tls', field: 'tls.key' })
    expect(seen).toEqual([])
  })
})

describe('records of TLS', () => {
  /** Sends over a road that changes one octet of the first record behind EHLO, in one direction. */
  async function damaged(direction: 'in' | 'out') {
    const tls = await certificates()
    let damage = false
    await using sink = await SinkServer.start({ tls, implicitTls: true })
    await using front = await Front.road(sink, (octets, towards) => {
      if (!damage || towards !== direction) return octets
      const changed = Buffer.from(octets)
      changed[changed.length - 1]! ^= 1
      return changed
    })
    const mailer = new Mailer({
      smtp: {
        ...{ host: '127.0.0.1', port: front.port, security: 'implicit', tls: { ca: tls.ca } },
        ...{ deadlineMs: 10_000, credentials: LOGIN },
      },
    })
    mailer.on('trail', (event) => (damage ||= event.type === 'command' && event.line.startsWith('EHLO')))
    const outcome: unknown = await mailer.send(LETTER).catch((error: unknown) => error)
    await mailer.close({ now: true })
    return { outcome, taken: sink.ledger.length }
  }

  it('one that cannot be read is told as such [part of ipworks.error.284]', async () => {
    const { outcome, taken } = await damaged('in')
    expect(outcome).toMatchObject({ code: 'tls.decryption-failed', outcome: 'transient' })
    expect(taken).toBe(0)
  })

  it('one that did not arrive as it was sent is told as such [part of ipworks.error.283]', async () => {
    const { outcome, taken } = await damaged('out')
    expect(outcome).toMatchObject({ code: 'tls.encryption-failed', outcome: 'transient' })
    expect(taken).toBe(0)
  })
})

describe('who is trusted', () => {
  it('an authority given as PEM, besides the well-known ones [part of runmyjobs.behaviour.keystore]', async () => {
    const { ca } = await certificates()
    const trusting = async (tls: TlsOptions) => oneSend((base) => ({ ...base, tls }), offering)
    expect((await trusting({})).error).toMatchObject({ code: 'tls.unknown-issuer' })
    const { raw } = new X509Certificate(ca)
    for (const extraCa of [ca, raw, readCertificate(raw)]) expect((await trusting({ extraCa })).message).toBeDefined()
  })

  it("a check of one's own comes on top, and sees the name [part of javamail.mail.smtp.ssl.hostnameverifier]", async () => {
    const asked: (readonly [string, string])[] = []
    const own = (answer: boolean | undefined) =>
      oneSend(
        ({ tls, ...base }) => ({
          ...base,
          tls: { ...tls, decide: ({ name, status }) => (asked.push([name, status]), answer) },
        }),
        offering,
      )
    expect((await own(undefined)).message).toBeDefined()
    const refused = await own(false)
    expect(refused.error).toMatchObject({ code: 'tls.refused-by-caller' })
    expect([refused.clear, refused.message]).toEqual(['EHLO, STARTTLS', undefined])
    expect(asked).toEqual(Array(2).fill(['relay.example.test', 'ok']))
  })
})

function shown(event: TrailEvent): string {
  if (event.type === 'command') return event.line.split(' ', 1)[0]!
  if (event.type === 'reply') return `${event.reply.code}`
  return event.type === 'tls' && event.verified ? 'tls verified' : event.type
}
