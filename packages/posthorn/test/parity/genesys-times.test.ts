import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { SinkServer, type SinkOptions } from '@posthorn/testkit'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Mailer, tokenOptionsOf, type PosthornError, type Profile, type SmtpOptions } from '../../src/index.js'
import { TokenManager } from '../../src/oauth2/index.js'
import { leadTo } from '../one-send.js'
import { token, TokenEndpoint } from '../oauth2/token-endpoint.js'
import { FROM, fromSection, LOGIN, refusedOption } from './genesys-section.js'
import { TO_BEN } from './product-send.js'

// From here on the clocks stand until they are moved; sockets go on.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] }))
afterEach(() => void vi.useRealTimers())

const DRAFT = { ...TO_BEN, from: FROM }
const SERVER = { server: 'relay.example.com' }
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setImmediate()
}

/** A mailer for a section, led to a server of the tests. */
const mailerFor = (profile: Profile, sink: { readonly port: number }, smtp: Partial<SmtpOptions> = {}) =>
  new Mailer(profile, { smtp: { connector: leadTo(sink).connector, ...smtp } })

/** Something that goes on, looked at from outside. */
function watched(doing: Promise<unknown>) {
  const watch = {
    settled: false,
    failure: doing.then(
      () => expect.fail('it worked'),
      (reason: unknown) => {
        watch.settled = true
        return reason as PosthornError
      },
    ),
  }
  return watch
}

describe('a session that is idle', () => {
  /** Two messages with so much time between them; what went over each session but the envelopes. */
  async function twice(idleMs: number, check?: string, server: SinkOptions = {}): Promise<string[]> {
    await using sink = await SinkServer.start(server)
    const { profile } = fromSection({ ...SERVER, 'cnx-check-idle-time': check, 'cnx-pool-size': 1 })
    const mailer = mailerFor(profile, sink)
    await mailer.send(DRAFT)
    await until(() => mailer.counts.idle === 1)
    await pass(idleMs)
    await mailer.send(DRAFT)
    expect(sink.ledger).toHaveLength(2)
    await mailer.close()
    await sink.idle()
    return sink.sessions.map(({ commands }) =>
      commands.flatMap((line) => /^(?:MAIL|NOOP|QUIT)/.exec(line) ?? []).join(' '),
    )
  }

  it('is asked by NOOP after the time that is set, 30 seconds unless it is said [genesys.behaviour.noop-check]', async () => {
    expect(await twice(29_000)).toEqual(['MAIL MAIL QUIT'])
    expect(await twice(31_000)).toEqual(['MAIL NOOP MAIL QUIT'])
  })

  it('is asked each time with 0, and left when it does not answer with 250; the message goes once [genesys.option.cnx-check-idle-time]', async () => {
    expect(await twice(29_000, '00:00:30')).toEqual(['MAIL MAIL QUIT'])
    expect(await twice(31_000, '00:00:30')).toEqual(['MAIL NOOP MAIL QUIT'])
    expect(await twice(44_000, '00:00:45')).toEqual(['MAIL MAIL QUIT'])
    expect(await twice(0, '00:00:00')).toEqual(['MAIL NOOP MAIL QUIT'])
    const answers = (reply: string): SinkOptions => ({ replyTo: (verb) => (verb === 'NOOP' ? reply : undefined) })
    expect(await twice(31_000, undefined, answers('502 5.5.1 what'))).toEqual(['MAIL NOOP QUIT', 'MAIL QUIT'])
    const dead: SinkOptions = {
      fault: (session) => (session === 1 ? { at: 'command', index: 5, how: 'rst' } : undefined),
    }
    expect(await twice(31_000, undefined, dead)).toEqual(['MAIL NOOP', 'MAIL QUIT'])
  })

  it('is closed with QUIT after cnx-max-idle-time [genesys.option.cnx-max-idle-time]', async () => {
    for (const [option, ms] of [
      [undefined, 300_000],
      ['00:01:00', 60_000],
    ] as const) {
      await using sink = await SinkServer.start()
      const mailer = mailerFor(fromSection({ ...SERVER, 'cnx-max-idle-time': option }).profile, sink)
      await mailer.send(DRAFT)
      await until(() => mailer.counts.idle === 1)
      await pass(ms - 100)
      expect([mailer.counts.idle, sink.openConnections]).toEqual([1, 1])
      await pass(1_000)
      await sink.idle()
      expect(sink.sessions.map(({ endedBy }) => endedBy)).toEqual(['quit'])
      await mailer.close()
    }
  })
})

describe('cnx-pool-size', () => {
  it('is the most sessions at a time; further messages wait and go [genesys.option.cnx-pool-size]', async () => {
    for (const [option, most] of [
      [undefined, 10],
      [3, 3],
    ] as const) {
      await using slow = await SlowServer.start(25, most)
      const mailer = mailerFor(fromSection({ ...SERVER, 'cnx-pool-size': option }).profile, slow)
      const receipts = await Promise.all(Array.from({ length: 25 }, () => mailer.send(DRAFT)))
      expect(receipts.filter(({ deliveries }) => deliveries[0]!.outcome === 'delivered')).toHaveLength(25)
      expect([slow.most, slow.taken]).toEqual([most, 25])
      await mailer.close()
    }
    for (const size of ['0', '-1'])
      expect(refusedOption({ ...SERVER, 'cnx-pool-size': size })).toBe('import.format cnx-pool-size')
  })
})

describe('protocol-timeout', () => {
  /** A letter to a server that is silent from somewhere on. */
  async function stalled(fault: NonNullable<SinkOptions['fault']>, option?: string) {
    const sink = await SinkServer.start({ extensions: [], fault })
    const mailer = mailerFor(fromSection({ ...SERVER, 'protocol-timeout': option }).profile, sink)
    const send = watched(mailer.send(DRAFT))
    await until(() => sink.sessions[0]?.commands.at(-1) === 'DATA')
    const end = async () => {
      await mailer.close({ now: true })
      await sink.close()
    }
    return { send, end }
  }

  it('ends a message whose server is silent, for now; a slow but steady one goes on [genesys.option.protocol-timeout]', async () => {
    for (const [option, ms] of [
      [undefined, 300_000],
      ['00:20:00', 1_200_000],
    ] as const) {
      const { send, end } = await stalled(() => ({ at: 'command', index: 4, how: 'hold' }), option)
      await pass(ms - 1_000)
      expect(send.settled).toBe(false)
      await pass(1_100)
      expect(await send.failure).toMatchObject({
        ...{ code: 'smtp.timeout', phase: 'data', outcome: 'transient' },
        receipt: { deliveries: [{ outcome: 'notSent' }] },
      })
      await end()
    }
    // the reply to the content is waited for as long; without it nobody knows
    const { send, end } = await stalled(() => ({ at: 'final', how: 'hold' }))
    await pass(299_000)
    expect(send.settled).toBe(false)
    await pass(1_100)
    expect(await send.failure).toMatchObject({ code: 'smtp.timeout', outcome: 'unknown' })
    await end()

    await using sink = await SinkServer.start()
    await using mailer = mailerFor(fromSection(SERVER).profile, sink)
    const content = async function* () {
      for (let block = 0; block < 20; block++) {
        yield Buffer.from(`line ${block}\r\n`)
        await pass(120_000) // 40 minutes together
      }
    }
    await mailer.send({ envelope: { reversePath: FROM, recipients: [TO_BEN.to] }, content })
    expect(sink.ledger).toHaveLength(1)
  })

  it('ends that message alone; the others go on meanwhile and after [genesys.behaviour.large-message-timeout]', async () => {
    const fault: SinkOptions['fault'] = (session) =>
      session === 1 ? { at: 'command', index: 4, how: 'hold' } : undefined
    await using sink = await SinkServer.start({ extensions: [], fault })
    const mailer = mailerFor(fromSection(SERVER).profile, sink)
    const large = watched(mailer.send({ ...DRAFT, text: 'large\n'.repeat(10_000) }))
    await until(() => sink.sessions[0]?.commands.at(-1) === 'DATA')
    for (let number = 0; number < 5; number++) await mailer.send(DRAFT)
    await pass(299_000)
    expect([large.settled, sink.ledger.length]).toEqual([false, 5])
    await mailer.send(DRAFT)
    await pass(1_100)
    expect(await large.failure).toMatchObject({ code: 'smtp.timeout', outcome: 'transient' })
    await mailer.send(DRAFT)
    expect(sink.ledger).toHaveLength(7)
    await mailer.close()
  })
})

const tokens = (authority: string) => ({
  ...{ ...SERVER, ...LOGIN, 'mail.smtp.auth.mechanisms': 'XOAUTH2' },
  ...{ 'client-id': 'the-app', 'directory-id': 'the-tenant', 'tenant-authority': authority },
})
const tokenFor = async (profile: Profile) => new TokenManager(await tokenOptionsOf(profile)).token()

describe('the requests for tokens', () => {
  it('end after protocol-timeout when nothing is answered [genesys.behaviour.http-timeouts]', async () => {
    await using endpoint = await TokenEndpoint.start(() => 'hold')
    await using sink = await SinkServer.start({ auth: { user: LOGIN.user, password: 'never' } })
    const { profile } = fromSection({ ...tokens(endpoint.url), 'protocol-timeout': '00:00:20' })
    const mailer = mailerFor(profile, sink)
    const send = watched(mailer.send(DRAFT))
    await until(() => endpoint.asked.length === 1)
    await pass(19_000)
    expect(send.settled).toBe(false)
    await pass(1_100)
    expect(await send.failure).toMatchObject({ phase: 'auth', outcome: 'transient' })
    await mailer.close({ now: true })
    expect(sink.sessions.map(({ authenticated }) => authenticated)).toEqual([undefined])
  })

  it('and the connections, to the relay and to the provider, end after connect-timeout [genesys.option.connect-timeout]', async () => {
    for (const [option, ms] of [
      [undefined, 300_000],
      ['00:00:07', 7_000],
    ] as const) {
      const { profile } = fromSection({ ...SERVER, 'connect-timeout': option })
      const nowhere = { connector: () => new Promise<never>(() => {}) }
      const mailer = new Mailer(profile, { smtp: nowhere })
      const send = watched(mailer.send(DRAFT))
      await pass(ms - 100)
      expect(send.settled).toBe(false)
      await pass(200)
      expect(await send.failure).toMatchObject({ name: 'ConnectError', outcome: 'transient' })
      await mailer.close({ now: true })
    }
    // a provider whose handshake never ends
    let connections = 0
    const silent = createServer((socket) => void (connections++, socket.on('error', () => {}).resume()))
    silent.listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const authority = `https://127.0.0.1:${(silent.address() as AddressInfo).port}`
    const asking = watched(tokenFor(fromSection({ ...tokens(authority), 'connect-timeout': '00:00:07' }).profile))
    await until(() => connections === 1)
    await pass(6_900)
    expect(asking.settled).toBe(false)
    await pass(200)
    expect(await asking.failure).toMatchObject({ outcome: 'transient' })
    silent.close()
  })
})

describe('token-expiry-margin-time', () => {
  it('ends the use of a session before its token ends; the next one has another [genesys.option.token-expiry-margin-time]', async () => {
    const auth = { user: LOGIN.user, password: '', mechanisms: ['XOAUTH2'] }
    await using endpoint = await TokenEndpoint.start((_, index) => {
      auth.password = `token-${index}`
      return token(auth.password, { expires_in: 60 })
    })
    await using sink = await SinkServer.start({ auth })
    const margin = { 'token-expiry-margin-time': '00:00:10', 'cnx-pool-size': 1 }
    const mailer = mailerFor(fromSection({ ...tokens(endpoint.url), ...margin }).profile, sink)
    await mailer.send(DRAFT)
    await until(() => mailer.counts.idle === 1)
    await pass(49_000)
    await mailer.send(DRAFT)
    expect([sink.sessions.length, endpoint.asked.length]).toEqual([1, 1])
    await until(() => mailer.counts.idle === 1)
    await pass(2_000)
    await mailer.send(DRAFT)
    expect([sink.sessions.length, endpoint.asked.length]).toEqual([2, 2])
    expect(sink.sessions[0]!.endedBy).toBe('quit')
    expect(sink.ledger).toHaveLength(3)
    await mailer.close()
    expect(refusedOption({ ...tokens(endpoint.url), 'token-expiry-margin-time': '01:00:00' })).toBe(
      'import.format token-expiry-margin-time',
    )
  })
})

/** Answers the end of a content only when so many sessions wait for that, or all messages that are left do. */
class SlowServer {
  readonly port: number
  most = 0
  taken = 0
  readonly #server: ReturnType<typeof createServer>

  static async start(messages: number, together: number): Promise<SlowServer> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const slow = new SlowServer(server)
    const waiting: (() => void)[] = []
    let open = 0
    server.on('connection', (socket) => {
      slow.most = Math.max(slow.most, ++open)
      socket.on('error', () => {}).on('close', () => open--)
      socket.write('220 slow\r\n')
      socket.on('data', (octets) => {
        const text = octets.toString()
        if (text.startsWith('QUIT')) return void socket.end('221 bye\r\n')
        if (text.startsWith('DATA')) return void socket.write('354 go on\r\n')
        if (!text.endsWith('\r\n.\r\n')) return void socket.write('250 ok\r\n')
        waiting.push(() => void socket.write('250 taken\r\n'))
        if (waiting.length < Math.min(together, messages - slow.taken)) return
        slow.taken += waiting.length
        for (const answer of waiting.splice(0)) answer()
      })
    })
    return slow
  }

  private constructor(server: ReturnType<typeof createServer>) {
    this.#server = server
    this.port = (server.address() as AddressInfo).port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    await once(this.#server, 'close')
  }
}
