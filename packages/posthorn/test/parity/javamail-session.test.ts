import { readFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { certificates, SinkServer, type SinkOptions } from '@posthorn/testkit'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Mailer } from '../../src/index.js'
import { HOST, imported, LETTER, LOGIN, PASSWORD, send, termsFor, verbs } from './javamail-world.js'
import { ProxyServer } from './proxy-server.js'

describe('the way through a proxy', () => {
  /** Sends through a proxy; the server behind it is named so that only the proxy could find it. */
  async function through(
    kind: 'http' | 'socks',
    linesOf: (port: number) => readonly string[],
    login?: { readonly user: string; readonly password: string },
  ) {
    await using sink = await SinkServer.start()
    await using proxy = await (kind === 'http' ? ProxyServer.http(sink.port, login) : ProxyServer.socks(sink.port))
    const { receipt, error } = await send([...linesOf(proxy.port), 'mail.smtp.port=2525'])
    const { targets, logins } = proxy
    return { targets, logins, outcome: receipt?.deliveries[0]?.outcome, error, sessions: sink.sessions.length }
  }

  it('proxy.host is asked by CONNECT [javamail.mail.smtp.proxy.host]', async () => {
    const { targets, logins, outcome } = await through('http', (port) => [`mail.smtp.proxy.host=127.0.0.1:${port}`])
    expect([targets, logins, outcome]).toEqual([['relay.example.test:2525'], ['none'], 'delivered'])
  })

  it('proxy.port is its port, before the one inside the host [javamail.mail.smtp.proxy.port]', async () => {
    for (const host of ['127.0.0.1', '127.0.0.1:1']) {
      const lines = (port: number) => [`mail.smtp.proxy.host=${host}`, `mail.smtp.proxy.port=${port}`]
      expect(await through('http', lines)).toMatchObject({ targets: ['relay.example.test:2525'], outcome: 'delivered' })
    }
  })

  it('proxy.user and proxy.password log in by Basic [javamail.mail.smtp.proxy.user] [javamail.mail.smtp.proxy.password]', async () => {
    const login = { user: 'shop', password: 'Proxy-7:word' }
    const lines = (port: number) => [
      ...[`mail.smtp.proxy.host=127.0.0.1`, `mail.smtp.proxy.port=${port}`],
      ...[`mail.smtp.proxy.user=${login.user}`, `mail.smtp.proxy.password=${login.password}`],
    ]
    const { logins, outcome } = await through('http', lines, login)
    expect([logins.at(-1), outcome]).toEqual(['shop:Proxy-7:word', 'delivered'])
    const wrong = await through('http', lines, { ...login, password: 'another' })
    expect([wrong.error?.name, wrong.sessions]).toEqual(['ConnectError', 0])
    expect(JSON.stringify(wrong.error)).not.toContain(login.password)
  })

  it('socks.host is asked by SOCKS 5 [javamail.mail.smtp.socks.host]', async () => {
    const { targets, outcome } = await through('socks', (port) => [`mail.smtp.socks.host=127.0.0.1:${port}`])
    expect([targets, outcome]).toEqual([['relay.example.test:2525'], 'delivered'])
  })

  it('socks.port is its port [javamail.mail.smtp.socks.port]', async () => {
    const lines = (port: number) => ['mail.smtp.socks.host=127.0.0.1', `mail.smtp.socks.port=${port}`]
    expect(await through('socks', lines)).toMatchObject({ targets: ['relay.example.test:2525'], outcome: 'delivered' })
  })

  it('with both it is CONNECT [javamail.behaviour.proxy-order]', async () => {
    await using socks = await ProxyServer.socks(1)
    const { targets, outcome } = await through('http', (port) => [
      ...['mail.smtp.socks.host=127.0.0.1', `mail.smtp.socks.port=${socks.port}`],
      ...['mail.smtp.proxy.host=127.0.0.1', `mail.smtp.proxy.port=${port}`],
    ])
    expect([targets, socks.targets, outcome]).toEqual([['relay.example.test:2525'], [], 'delivered'])
  })
})

describe('whether a session is still alive', () => {
  /**
   * Two letters, one after the other, over sessions that are asked before they are used again. JavaMail asks every time; here it is done after
   * 30 seconds of rest, so the time is set to none for the test. One connection: no second one is opened while the first is asked.
   * @returns the commands of each session
   */
  async function twice(lines: readonly string[], offers: SinkOptions = {}): Promise<string[]> {
    await using sink = await SinkServer.start({ extensions: [], ...offers })
    const { profile } = imported(HOST, `mail.smtp.port=${sink.port}`, ...lines)
    const mailer = new Mailer({ ...profile, pool: { ...profile.pool, probeIdleMs: 0, maxConnections: 1 } }, termsFor())
    for (const subject of ['1', '2']) {
      const { deliveries } = await mailer.send({ ...LETTER, subject })
      expect(deliveries[0]!.outcome).toBe('delivered')
    }
    await mailer.close()
    await sink.idle()
    expect(sink.ledger).toHaveLength(2)
    return sink.sessions.map(({ commands }) => verbs(commands))
  }

  const MESSAGE = 'MAIL, RCPT, DATA'
  const kept = (check: string) => [`EHLO, ${MESSAGE}, ${check}, ${MESSAGE}, QUIT`]
  const dropped = (...end: readonly string[]) => [['EHLO', MESSAGE, ...end].join(', '), `EHLO, ${MESSAGE}, QUIT`]
  const answering = (verb: string, reply: string): SinkOptions => ({
    replyTo: (asked) => (asked === verb ? reply : undefined),
  })

  it('is asked by RSET with userset, else by NOOP [javamail.mail.smtp.userset]', async () => {
    expect(await twice(['mail.smtp.userset=true'])).toEqual(kept('RSET'))
    expect(await twice(['mail.smtp.userset=false'])).toEqual(kept('NOOP'))
    expect(await twice([])).toEqual(kept('NOOP'))
  })

  it.each([
    ['200 alive', dropped('NOOP', 'QUIT'), kept('NOOP')],
    ['250 alive', kept('NOOP'), kept('NOOP')],
    ['502 5.5.1 unknown', dropped('NOOP', 'QUIT'), kept('NOOP')],
    ['421 4.4.2 too late', dropped('NOOP'), dropped('NOOP')],
  ])(
    'with the reply %s: only 250 counts with noop.strict, all but 421 without [javamail.mail.smtp.noop.strict]',
    async (reply, strict, lenient) => {
      expect(await twice(['mail.smtp.noop.strict=true'], answering('NOOP', reply))).toEqual(strict)
      expect(await twice([], answering('NOOP', reply))).toEqual(strict)
      expect(await twice(['mail.smtp.noop.strict=false'], answering('NOOP', reply))).toEqual(lenient)
    },
  )

  it('250 keeps it, 421 or a closed socket drops it, and the next message goes over a new one [javamail.behaviour.noop-alive]', async () => {
    expect(await twice([])).toEqual(kept('NOOP'))
    expect(await twice([], answering('NOOP', '421 4.3.2 going down'))).toEqual(dropped('NOOP'))
    for (const how of ['fin', 'rst'] as const) {
      const cut = await twice([], { fault: (number) => (number === 1 ? { at: 'command', index: 5, how } : undefined) })
      expect(cut).toEqual(dropped('NOOP'))
    }
    expect(await twice(['mail.smtp.userset=true'], answering('RSET', '421 4.3.2 going down'))).toEqual(dropped('RSET'))
  })
})

describe('mail.debug', () => {
  afterEach(() => void vi.restoreAllMocks())

  /** What stands on standard error after a letter with a login over TLS. */
  async function debugged(lines: readonly string[], offers: SinkOptions = {}): Promise<string> {
    let text = ''
    const written = vi.spyOn(process.stderr, 'write').mockImplementation((part) => ((text += String(part)), true))
    const tls = await certificates()
    await using sink = await SinkServer.start({ tls, auth: { user: 'app', password: PASSWORD }, ...offers })
    const all = ['mail.smtp.starttls.required=true', ...LOGIN, ...lines, `mail.smtp.port=${sink.port}`]
    await send(all, { smtp: { tls: { ca: tls.ca } } })
    written.mockRestore()
    return text
  }

  const SHAPES = [PASSWORD, ...['base64', 'hex'].map((form) => Buffer.from(PASSWORD).toString(form as 'hex'))]

  it('writes the dialogue to standard error; without it there is nothing [javamail.mail.debug]', async () => {
    const text = await debugged(['mail.debug=true'])
    for (const part of ['EHLO', 'STARTTLS', 'MAIL FROM:<a@example.test>', 'RCPT TO:<b@example.test>', '250 2.0.0'])
      expect(text).toContain(part)
    expect(await debugged(['mail.debug=false'])).toBe('')
    expect(await debugged([])).toBe('')
  })

  it.each([
    ['mail.debug.auth=true', 'PLAIN', '[javamail.mail.debug.auth]'],
    ['mail.debug.auth.password=true', 'LOGIN', '[javamail.mail.debug.auth.password]'],
  ])('%s: AUTH %s is in it, what it hides never %s', async (property, mechanism) => {
    const text = await debugged(['mail.debug=true', property, `mail.smtp.auth.mechanisms=${mechanism}`])
    expect(text).toContain(`AUTH ${mechanism}`)
    const response = Buffer.from(`\0app\0${PASSWORD}`).toString('base64')
    for (const shape of [...SHAPES, response]) expect(text).not.toContain(shape)
  })

  it('auth.username=false hides the name that logs in, in every form [javamail.mail.debug.auth.username]', async () => {
    const lines = ['mail.debug=true', 'mail.smtp.auth.mechanisms=LOGIN']
    const own = ['mail.smtp.user=warehouse-7', `mail.smtp.password=${PASSWORD}`]
    // a server that repeats who has logged in
    const greeting: SinkOptions = {
      auth: { user: 'warehouse-7', password: PASSWORD },
      replyTo: (verb) => (verb === 'MAIL' ? '250 2.1.0 hello warehouse-7' : undefined),
    }
    const hidden = await debugged([...lines, ...own, 'mail.debug.auth.username=false'], greeting)
    expect(hidden).toContain('MAIL FROM')
    for (const shape of ['warehouse-7', Buffer.from('warehouse-7').toString('base64')]) {
      expect(hidden).not.toContain(shape)
    }
    expect(await debugged([...lines, ...own, 'mail.debug.auth.username=true'], greeting)).toContain('warehouse-7')
  })

  it('control characters are shown escaped, whatever debug.quote says [javamail.mail.debug.quote]', async () => {
    const offers: SinkOptions = { replyTo: (verb) => (verb === 'MAIL' ? '250 2.1.0 \x1b[31mred\x07\tok' : undefined) }
    for (const quote of ['true', 'false']) {
      const text = await debugged(['mail.debug=true', `mail.debug.quote=${quote}`], offers)
      expect(text).toContain('250 2.1.0 \\x1b[31mred\\x07\\x09ok')
      expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]/)
    }
  })

  it('can go to a file of its own besides', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'posthorn-javamail-'))
    try {
      await using sink = await SinkServer.start()
      const { profile } = imported(HOST, `mail.smtp.port=${sink.port}`)
      const mailer = new Mailer(
        { ...profile, logging: { trailFile: 'trail.txt' } },
        { ...termsFor(), directory: folder },
      )
      await mailer.send(LETTER)
      await mailer.close()
      expect(await readFile(join(folder, 'trail.txt'), 'utf8')).toContain('MAIL FROM:<a@example.test>')
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
