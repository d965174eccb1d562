import { certificates, ScriptedServer } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { Mailer, profileFromUrl, smtpOptionsOf, type SmtpOptions } from '../src/index.js'
import { HOST, leadTo, LETTER, oneSend } from './one-send.js'

/** Extensions that leave the commands in lock-step, for a log that is easy to read. */
const PLAIN = ['8BITMIME']
const SENT = 'MAIL, RCPT, DATA, QUIT'

const without = { extensions: PLAIN }
const offering = { extensions: PLAIN, tls: true }
const tlsFirst = { extensions: PLAIN, tls: true, implicitTls: true }

describe('the four ways to begin a session', () => {
  it('none: in the clear, whether STARTTLS is offered or not [part of genesys.option.smtp-connection-security] [part of beyondtrust.server.ChannelEncryption] [part of beyondtrust.server.tls.NONE] [part of ipworks.prop.SSLStartMode] [part of illiad.config.SslStartMode] [part of illiad.key.EMailSecure]', async () => {
    for (const server of [without, offering]) {
      const { clear, session, message } = await oneSend({ security: 'none' }, server)
      expect(clear).toBe('EHLO, MAIL, RCPT, DATA')
      expect(session.tls).toBe(false)
      expect(message!.content!.toString()).toContain('only for your eyes')
    }
  })

  it('opportunistic: STARTTLS when it is offered, else in the clear [part of genesys.option.smtp-connection-security] [part of beyondtrust.server.ChannelEncryption] [part of beyondtrust.server.tls.AUTOMATIC] [part of javamail.mail.smtp.starttls.enable] [part of runmyjobs.javamail.mail.smtp.starttls.enabled]', async () => {
    const inClear = await oneSend({ security: 'opportunistic' }, without)
    expect([inClear.clear, inClear.session.tls]).toEqual(['EHLO, MAIL, RCPT, DATA', false])
    expect(inClear.message).toBeDefined()
    const upgraded = await oneSend({ security: 'opportunistic' }, offering)
    expect([upgraded.clear, upgraded.session.tls]).toEqual(['EHLO, STARTTLS', true])
    expect(upgraded.verbs).toBe(`EHLO, STARTTLS, EHLO, ${SENT}`)
    expect(upgraded.message).toBeDefined()
  })

  it('starttls: STARTTLS, or nothing is sent [part of genesys.option.smtp-connection-security] [part of beyondtrust.server.ChannelEncryption] [part of beyondtrust.server.tls.EXPLICIT] [part of ipworks.prop.SSLStartMode] [part of illiad.config.SslStartMode] [part of javamail.mail.smtp.starttls.required] [part of runmyjobs.javamail.mail.smtp.starttls.required] [part of runmyjobs.registry.ConnectionSecurity]', async () => {
    const refused = await oneSend({ security: 'starttls' }, without)
    expect(refused.error).toMatchObject({ code: 'smtp.starttls.not-offered' })
    expect([refused.clear, refused.message]).toEqual(['EHLO, QUIT', undefined])
    const later = (verb: string) => (verb === 'STARTTLS' ? '454 4.7.0 not now' : undefined)
    const putOff = await oneSend({ security: 'starttls' }, { ...offering, replyTo: later })
    expect(putOff.error).toMatchObject({ code: 'smtp.starttls.refused', reply: { code: 454 } })
    expect([putOff.clear, putOff.message]).toEqual(['EHLO, STARTTLS, QUIT', undefined])
    const upgraded = await oneSend({ security: 'starttls' }, offering)
    expect([upgraded.clear, upgraded.session.tls]).toEqual(['EHLO, STARTTLS', true])
    expect(upgraded.verbs).toBe(`EHLO, STARTTLS, EHLO, ${SENT}`)
    expect(upgraded.message).toBeDefined()
  })

  it('implicit: TLS before the greeting [part of genesys.option.smtp-connection-security] [part of beyondtrust.server.ChannelEncryption] [part of beyondtrust.server.tls.IMPLICIT] [part of ipworks.prop.SSLStartMode] [part of illiad.config.SslStartMode] [part of javamail.mail.smtp.ssl.enable] [part of runmyjobs.registry.ConnectionSecurity] [part of runmyjobs.javamail.mail.smtps.ssl.enable]', async () => {
    const { clear, verbs, session, message, trail } = await oneSend({ security: 'implicit' }, tlsFirst)
    expect([clear, verbs, session.tls]).toEqual(['', `EHLO, ${SENT}`, true])
    expect(session.clearOctets).toHaveLength(0)
    expect(message).toBeDefined()
    const order = trail.map((event) => (event.type === 'reply' ? `${event.reply.code}` : event.type))
    expect(order.slice(0, 3)).toEqual(['connect', 'tls', '220'])
  })

  it('implicit to a server in the clear: no second try without TLS [part of genesys.option.smtp-connection-security] [part of javamail.mail.smtp.socketFactory.fallback]', async () => {
    for (const server of [without, offering]) {
      const { error, session, message } = await oneSend({ security: 'implicit' }, server)
      expect(error).toMatchObject({ code: 'tls.plaintext', outcome: 'permanent' })
      expect(session.clearOctets[0]).toBe(22) // a handshake record
      expect(session.clearOctets.toString('latin1')).not.toMatch(/EHLO|HELO|MAIL|QUIT/)
      expect(message).toBeUndefined()
    }
  })

  it.each(['opportunistic', 'starttls'] as const)(
    '%s, and the handshake fails behind STARTTLS: no second try without TLS [part of genesys.option.smtp-connection-security] [part of beyondtrust.server.tls.AUTOMATIC] [part of ipworks.prop.SSLStartMode]',
    async (security) => {
      const { ca } = await certificates()
      const offer = 'S: 220 relay\nC~ EHLO .*\nS: 250-relay\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go\n'
      // a version of TLS that is dead, and a certificate for somebody else; a second connection would be an error of the dialogue (on 25
      // none is made to ask about a late greeting)
      for (const [handshake, code] of [
        ['* tls good TLSv1', 'tls.old-protocol'],
        ['* tls wrongName', 'tls.wrong-name'],
      ] as const) {
        await using server = await ScriptedServer.start(`${offer}${handshake}\n* silence\n`)
        await using mailer = new Mailer({
          smtp: {
            host: HOST,
            port: 25,
            connector: leadTo(server).connector,
            security,
            tls: { ca },
            deadlineMs: 10_000,
          },
        })
        await expect(mailer.send(LETTER)).rejects.toMatchObject({ code })
        await mailer.close()
        await server.close()
        const { ledger, errors } = await server.finished
        expect(errors.filter((error) => /^connection/.test(error))).toEqual([])
        expect(ledger.octetsBeforeTls.toString()).toMatch(/^EHLO [^\r\n]*\r\nSTARTTLS\r\n$/)
        expect(ledger.transactions).toEqual([])
      }
    },
  )

  it('opportunistic: a password stays here when the session ends up in the clear [part of beyondtrust.server.ChannelEncryption]', async () => {
    const credentials = { user: 'alice', password: 'Wonder-7land' }
    const { error, clear, verbs } = await oneSend({ security: 'opportunistic', credentials }, { auth: credentials })
    expect(error).toMatchObject({ code: 'smtp.auth.cleartext' })
    expect([clear, verbs]).toEqual(['EHLO, QUIT', 'EHLO, QUIT'])
  })
})

describe('ports and what they begin with', () => {
  const automatic: [number, Partial<SmtpOptions>, 'STARTTLS' | 'TLS first'][] = [
    [25, {}, 'STARTTLS'],
    [587, {}, 'STARTTLS'],
    [465, {}, 'TLS first'],
    // Without a word about it 2465 would be STARTTLS here: who imports "automatic" has to say it.
    [2465, { security: 'implicit' }, 'TLS first'],
  ]

  it.each(automatic)(
    'port %i, %j: %s, and nothing in the clear without it [part of ipworks.behaviour.tls-auto] [part of ipworks.prop.SSLStartMode] [part of illiad.config.SslStartMode] [part of illiad.key.EMailSecure]',
    async (port, settings, how) => {
      const good = await oneSend({ port, ...settings }, how === 'STARTTLS' ? offering : tlsFirst)
      expect(good.targets).toEqual([`${HOST}:${port}`])
      expect(good.clear).toBe(how === 'STARTTLS' ? 'EHLO, STARTTLS' : '')
      expect([good.session.tls, good.message === undefined]).toEqual([true, false])
      const poor = await oneSend({ port, ...settings }, without)
      expect(poor.error!.code).toBe(how === 'STARTTLS' ? 'smtp.starttls.not-offered' : 'tls.plaintext')
      expect([poor.clear, poor.message]).toEqual([how === 'STARTTLS' ? 'EHLO, QUIT' : '', undefined])
    },
  )

  const byDefault: [string, Partial<SmtpOptions>, number, string][] = [
    ['nothing', {}, 587, 'EHLO, STARTTLS'],
    ['starttls', { security: 'starttls' }, 587, 'EHLO, STARTTLS'],
    ['implicit', { security: 'implicit' }, 465, ''],
  ]

  it.each(byDefault)(
    'security %s and no port [part of runmyjobs.registry.ConnectionSecurity] [part of runmyjobs.behaviour.starttls] [part of runmyjobs.behaviour.tls] [part of runmyjobs.javamail.mail.smtps.ssl.enable] [part of javamail.mail.smtp.ssl.enable]',
    async (_what, settings, port, clear) => {
      const sent = await oneSend(settings, clear === '' ? tlsFirst : offering)
      expect(sent.targets).toEqual([`${HOST}:${port}`])
      expect([sent.clear, sent.session.tls]).toEqual([clear, true])
    },
  )

  it("implicit TLS on a port of one's own [part of javamail.mail.smtp.socketFactory.port] [part of javamail.mail.smtp.ssl.socketFactory.port]", async () => {
    const { targets, clear, message } = await oneSend({ security: 'implicit', port: 4465 }, tlsFirst)
    expect([targets, clear]).toEqual([[`${HOST}:4465`], ''])
    expect(message).toBeDefined()
  })

  it('smtps: is TLS from the first octet on 465, and takes no other security [part of javamail.mail.smtps.*] [part of runmyjobs.registry.Transport]', async () => {
    const smtp = await smtpOptionsOf(profileFromUrl(`smtps://${HOST}`))
    const { targets, clear, session } = await oneSend((base) => ({ ...base, ...smtp }), tlsFirst)
    expect([targets, clear, session.tls]).toEqual([[`${HOST}:465`], '', true])
    expect(() => profileFromUrl(`smtps://${HOST}?security=starttls`)).toThrow(/contradicts smtps:/)
  })
})
