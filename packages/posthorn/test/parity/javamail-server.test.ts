import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { certificates, ScriptedServer, SinkServer } from '@posthorn/testkit'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Mailer, smtpOptionsOf } from '../../src/index.js'
import {
  HOST,
  imported,
  importedBy,
  LETTER,
  LOGIN,
  PASSWORD,
  send,
  sendBy,
  sendToSink,
  termsFor,
  until,
  verbs,
} from './javamail-world.js'
import { LineServer } from './line-server.js'

describe('the server', () => {
  it('is mail.smtp.host; Genesys and RunMyJobs name it elsewhere, and say that this one does not count [javamail.mail.smtp.host]', async () => {
    await using sink = await SinkServer.start()
    const lines = ['mail.smtp.host=smtp.shop.example', `mail.smtp.port=${sink.port}`]
    const asked: string[] = []
    const { receipt } = await sendBy(imported(...lines).profile, {
      smtp: { resolve: async (host) => (asked.push(host), [{ address: '127.0.0.1', family: 4 }]) },
    })
    expect([asked, receipt?.deliveries[0]?.outcome]).toEqual([['smtp.shop.example'], 'delivered'])
    const genesys = importedBy('genesys', ['[smtp-client]', 'server=relay.example.com', 'mail.smtp.host=other.example'])
    const runMyJobs = importedBy('runmyjobs', [
      '/configuration/mail/Server = relay.example.com',
      '/configuration/mail/JavaMail/mail.smtp.host = other.example',
    ])
    for (const { profile, lines: told } of [
      { profile: genesys.profile, lines: genesys.of('mail.smtp.host') },
      {
        profile: runMyJobs.profile,
        lines: runMyJobs.of('/configuration/mail/JavaMail/mail.smtp.host'),
      },
    ]) {
      expect(profile.relay?.host).toBe('relay.example.com')
      expect(told).toMatchObject([{ verdict: 'ignored' }])
    }
  })

  it('is reached at the port that is written [part of javamail.mail.smtp.port]', async () => {
    const { sessions, receipt } = await sendToSink([])
    expect([sessions.length, receipt?.deliveries[0]?.outcome]).toEqual([1, 'delivered'])
    for (const [more, port] of [
      [[], 25],
      [['mail.smtp.starttls.required=true'], 25],
      [['mail.smtp.ssl.enable=true'], 465],
    ] as const) {
      expect((await smtpOptionsOf(imported(HOST, ...more).profile)).port).toBe(port)
    }
  })

  it('by smtps it speaks TLS first, and only mail.smtps.* counts [part of javamail.mail.smtps.*] [part of javamail.mail.transport.protocol]', async () => {
    const tls = await certificates()
    await using sink = await SinkServer.start({ tls, implicitTls: true })
    const { profile } = imported(
      ...['mail.transport.protocol=smtps', 'mail.smtps.host=relay.example.test', `mail.smtps.port=${sink.port}`],
      ...['mail.smtps.localhost=app.example.test', 'mail.smtp.localhost=no.example.test', 'mail.smtp.timeout=1'],
    )
    const { receipt } = await sendBy(profile, { smtp: { tls: { ca: tls.ca } } })
    expect(receipt?.deliveries[0]?.outcome).toBe('delivered')
    expect(sink.sessions[0]).toMatchObject({ tls: true, clearOctets: Buffer.alloc(0) })
    expect(sink.sessions[0]!.commands[0]).toBe('EHLO app.example.test')
  })

  it('mail.host, mail.user and mail.from stand in for what is not said otherwise [part of javamail.mail.host] [part of javamail.mail.user] [part of javamail.mail.from]', async () => {
    await using sink = await SinkServer.start({ auth: { user: 'general', password: PASSWORD }, keepContent: true })
    const { profile } = imported(
      ...['mail.host=relay.example.test', `mail.smtp.port=${sink.port}`],
      ...['mail.user=general', `password=${PASSWORD}`, 'mail.from=Shop <shop@example.test>'],
    )
    await sendBy(profile, { draft: { to: 'b@example.test', text: 'x' } as never })
    expect(sink.sessions[0]!.authenticated).toBe('general')
    expect(sink.ledger[0]!.reversePath).toBe('shop@example.test')
    expect(sink.ledger[0]!.content!.toString()).toContain('From: Shop <shop@example.test>\r\n')
  })
})

describe('the order of a session', () => {
  const secure = { extensions: ['8BITMIME'] }

  it('is greeting, EHLO, STARTTLS, EHLO, AUTH where it is offered, and HELO where EHLO is unknown [javamail.behaviour.connect-order]', async () => {
    const tls = await certificates()
    const smtp = { tls: { ca: tls.ca } }
    const offers = { ...secure, tls, auth: { user: 'app', password: PASSWORD } }
    const lines = ['mail.smtp.starttls.enable=true', 'mail.smtp.auth.mechanisms=PLAIN', ...LOGIN]
    const whole = await sendToSink(lines, offers, { smtp })
    expect(verbs(whole.commands)).toBe('EHLO, STARTTLS, EHLO, AUTH PLAIN, MAIL, RCPT, DATA, QUIT')
    const [greeting] = whole.trail.filter((event) => event.type === 'reply' || event.type === 'command')
    expect(greeting).toMatchObject({ type: 'reply', reply: { code: 220 } })
    const without = await sendToSink(lines, secure, { smtp })
    expect(verbs(without.commands)).toBe('EHLO, MAIL, RCPT, DATA, QUIT')
    expect(without.receipt?.deliveries[0]?.outcome).toBe('delivered')
    const old = await sendToSink([], { replyTo: (verb) => (verb === 'EHLO' ? '502 5.5.1 what' : undefined) })
    expect(verbs(old.commands)).toBe('EHLO, HELO, MAIL, RCPT, DATA, QUIT')
  })

  it('begins with HELO where ehlo is false [javamail.mail.smtp.ehlo]', async () => {
    const { commands, receipt } = await sendToSink(['mail.smtp.ehlo=false', 'mail.smtp.localhost=app.example.test'])
    expect(commands[0]).toBe('HELO app.example.test')
    expect([verbs(commands), receipt?.deliveries[0]?.outcome]).toEqual(['HELO, MAIL, RCPT, DATA, QUIT', 'delivered'])
    expect(verbs((await sendToSink(['mail.smtp.ehlo=true'])).commands)).toMatch(/^EHLO, MAIL/)
  })

  it.each([
    ['true', ['QUIT'], 'quit'],
    ['false', [], 'end'],
    [undefined, [], 'end'],
  ])(
    'after a refused greeting with quitonsessionreject %s: %j [javamail.mail.smtp.quitonsessionreject]',
    async (value, said, endedBy) => {
      const lines = value === undefined ? [] : [`mail.smtp.quitonsessionreject=${value}`]
      const { commands, sessions, error } = await sendToSink(lines, {
        replyTo: (verb) => (verb === 'GREETING' ? '554 5.3.2 no service here' : undefined),
      })
      expect(error).toMatchObject({ code: 'smtp.greeting.refused', reply: { code: 554 } })
      expect([commands, sessions[0]!.endedBy]).toEqual([said, endedBy])
    },
  )
})

describe('this side', () => {
  it('is named by localhost [javamail.mail.smtp.localhost]', async () => {
    const name = 'mail.smtp.localhost=app.example.test'
    expect((await sendToSink([name])).commands[0]).toBe('EHLO app.example.test')
    const both = await sendToSink([name, 'mail.smtp.localaddress=127.0.0.1'])
    expect(both.commands[0]).toBe('EHLO app.example.test')
  })

  it('connects from localaddress, and gives it in EHLO [javamail.mail.smtp.localaddress]', async () => {
    await using witness = await LineServer.start()
    const lines = ['mail.smtp.localaddress=127.0.0.1', `mail.smtp.port=${witness.port}`]
    await send(lines)
    expect([witness.peers[0]?.address, witness.lines[0]]).toEqual(['127.0.0.1', 'EHLO [127.0.0.1]'])
    // an address that is not of this machine: the connection is made from there, or not at all
    const elsewhere = await send(['mail.smtp.localaddress=192.0.2.7', `mail.smtp.port=${witness.port}`])
    expect([elsewhere.error?.name, witness.peers.length]).toEqual(['ConnectError', 1])
  })

  it('connects from localport, one connection at a time [javamail.mail.smtp.localport]', async () => {
    await using witness = await LineServer.start()
    const probe = createServer().listen(0, '127.0.0.1')
    await once(probe, 'listening')
    const { port: own } = probe.address() as AddressInfo
    const lines = [`mail.smtp.localport=${own}`, 'mail.smtp.localaddress=127.0.0.1', `mail.smtp.port=${witness.port}`]
    const taken = await send(lines) // while somebody else has it: from this port, or not at all
    expect([taken.error?.name, witness.peers]).toEqual(['ConnectError', []])
    probe.close()
    await once(probe, 'close')
    expect((await send(lines)).receipt?.deliveries[0]?.outcome).toBe('delivered')
    expect(witness.peers).toEqual([{ address: '127.0.0.1', port: own }])
    const { profile, of } = imported(HOST, ...lines)
    expect(profile.pool?.maxConnections).toBe(1)
    expect(of('mail.smtp.localport')[0]?.note).toContain('one port serves one connection')
  })
})

describe('how long is waited', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
  afterEach(() => void vi.useRealTimers())
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)
  /** A mailer with these properties, and a send of it that is looked at from outside. */
  function watched(lines: readonly string[], draft = LETTER) {
    const mailer = new Mailer(imported(HOST, ...lines).profile, termsFor({ deadlineMs: 600_000 }))
    const watch = { mailer, settled: false }
    const failure: Promise<unknown> = mailer.send(draft).then(
      () => expect.fail('it was delivered'),
      (error: unknown) => {
        watch.settled = true
        return error
      },
    )
    return Object.assign(watch, { failure })
  }

  it('timeout 1500: a server that is silent after EHLO, 1.5 seconds and not less [javamail.mail.smtp.timeout]', async () => {
    await using sink = await SinkServer.start({ fault: () => ({ at: 'command', index: 1, how: 'hold' }) })
    const watch = watched(['mail.smtp.timeout=1500', `mail.smtp.port=${sink.port}`])
    await until(() => sink.sessions[0]?.commandCount === 1)
    await pass(1_400)
    expect(watch.settled).toBe(false)
    await pass(200)
    expect(await watch.failure).toMatchObject({ code: 'smtp.timeout', phase: 'ehlo', outcome: 'transient' })
    await watch.mailer.close()
  })

  it('connectiontimeout 1500: a connection that is never made, 1.5 seconds and not less [part of javamail.mail.smtp.connectiontimeout]', async () => {
    const { profile } = imported(HOST, 'mail.smtp.connectiontimeout=1500')
    let asked = 0
    const connector = () => (asked++, new Promise<Socket>(() => {}))
    const mailer = new Mailer(profile, { smtp: { connector, deadlineMs: 600_000 } })
    let settled = false
    const failure = mailer.send(LETTER).catch((error: unknown) => ((settled = true), error))
    await until(() => asked > 0)
    await pass(1_400)
    expect(settled).toBe(false)
    await pass(200)
    expect(await failure).toMatchObject({ name: 'ConnectError', outcome: 'transient' })
    await mailer.close()
  })

  it('writetimeout 2000: a peer that stops reading, then the connection is closed [javamail.mail.smtp.writetimeout]', async () => {
    await using witness = await LineServer.start({ deafAfterData: true })
    const lines = ['mail.smtp.writetimeout=2000', 'mail.smtp.timeout=600000', `mail.smtp.port=${witness.port}`]
    let octets = 0
    const watch = watched(lines, { ...LETTER, text: 'x'.repeat(62).concat('\n').repeat(400_000) })
    watch.mailer.on('trail', (event) => void (event.type === 'content' && (octets = event.octets)))
    // the buffers on the way take the first of it; then nothing moves any more
    for (let before = -1; before !== octets || octets === 0;) {
      before = octets
      for (let turn = 0; turn < 50; turn++) await setImmediate()
    }
    await pass(1_900)
    expect(watch.settled).toBe(false)
    await pass(200)
    expect(await watch.failure).toMatchObject({ code: 'smtp.timeout', phase: 'content' })
    await until(() => watch.mailer.counts.open === 0)
    await watch.mailer.close()
  })

  it.each([
    ['quitwait=true, timeout=1500: the reply is waited for, for 1.5 seconds at most', 'true', 1_500],
    ['quitwait=false: QUIT is sent, and nobody waits', 'false', 0],
  ])('%s [javamail.mail.smtp.quitwait]', async (_title, value, waitMs) => {
    await using sink = await SinkServer.start({
      extensions: [],
      fault: () => ({ at: 'command', index: 5, how: 'hold' }), // QUIT is read and not answered
    })
    const lines = [`mail.smtp.quitwait=${value}`, 'mail.smtp.timeout=1500', `mail.smtp.port=${sink.port}`]
    const mailer = new Mailer(imported(HOST, ...lines).profile, termsFor())
    await mailer.send(LETTER)
    let closed = false
    const closing = mailer.close().then(() => (closed = true))
    await until(() => verbs(sink.sessions[0]!.commands).endsWith('QUIT'))
    if (waitMs > 0) {
      await pass(waitMs - 100)
      expect(closed).toBe(false)
      await pass(200)
    }
    // the server keeps its side open for ever: that is not waited for
    for (let turn = 0; turn < 50 && waitMs === 0; turn++) await setImmediate()
    if (waitMs === 0) await pass(1_100)
    await closing
    expect(closed).toBe(true)
  })

  it('quitwait=true takes the reply that comes [part of javamail.mail.smtp.quitwait]', async () => {
    await using server = await ScriptedServer.start(
      'S: 220 relay.example.test\nC~ EHLO .*\nS: 250 relay.example.test\nC: QUIT\n* idle\nS: 221 bye\n* end',
    )
    const lines = ['mail.smtp.quitwait=true', 'mail.smtp.timeout=1500', `mail.smtp.port=${server.port}`]
    await using mailer = new Mailer(imported(HOST, ...lines).profile, termsFor())
    await mailer.verify()
    expect((await server.finished).errors).toEqual([])
  })
})
