import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { certificates, fillPattern, SinkServer } from '@posthorn/testkit'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { SmtpClient, SmtpOptions, SmtpSession, Submission } from '../src/index.js'
import { clientFor, until } from './support.js'

const SILENT_MS = 5_000
const LONGEST_MS = 2 ** 31 - 1
const LETTER: Submission = {
  envelope: { reversePath: 'a@example.test', recipients: ['b@example.test'] },
  content: 'Subject: x\r\n\r\nx\r\n',
}
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

/** A server in the hands of the test: it greets, answers EHLO, and from then on says what it is told to. */
class Puppet {
  readonly port: number
  socket!: Socket
  received = 0
  /** Contents that came whole. */
  contents = 0
  readonly #server: ReturnType<typeof createServer>

  static async start(): Promise<Puppet> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Puppet(server)
  }

  private constructor(server: ReturnType<typeof createServer>) {
    this.#server = server
    this.port = (server.address() as AddressInfo).port
    server.on('connection', (socket) => {
      this.socket = socket
      socket.on('error', () => {})
      socket.write('220 puppet\r\n')
      socket.on('data', (octets: Buffer) => {
        this.received += octets.length
        const text = octets.toString('latin1')
        if (text.endsWith('\r\n.\r\n')) this.contents++
        if (text.startsWith('EHLO')) socket.write('250 puppet\r\n')
        if (/^(?:MAIL|RCPT)/.test(text)) socket.write('250 ok\r\n')
        if (text.startsWith('DATA')) socket.write('354 go on\r\n')
      })
    })
  }

  /** Says a text octet by octet, with a pause before each, and each is heard. */
  async dribble(session: SmtpSession, text: string, pauseMs: number): Promise<void> {
    for (const octet of text) {
      await pass(pauseMs)
      const before = session.socket.bytesRead
      this.socket.write(octet)
      await until(() => session.socket.bytesRead > before || !session.alive)
    }
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
    this.#server.close()
  }
}

function patient(server: { readonly port: number }, options: Partial<SmtpOptions> = {}): SmtpClient {
  return clientFor(server, { timeouts: { silentMs: SILENT_MS, quitMs: 2_000 }, deadlineMs: LONGEST_MS, ...options })
}

/** What becomes of it, looked at from outside. */
function watched<T>(doing: Promise<T>): { settled: boolean; readonly outcome: Promise<unknown> } {
  const watch = {
    settled: false,
    outcome: doing.catch((error: unknown) => error).finally(() => (watch.settled = true)),
  }
  return watch
}

/** Lets everything happen that needs no time. */
async function turns(count = 50): Promise<void> {
  for (let turn = 0; turn < count; turn++) await setImmediate()
}

describe('silentMs', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
  afterEach(() => void vi.useRealTimers())

  it('a reply that dribbles is never late; silence is', async () => {
    using puppet = await Puppet.start()
    const client = patient(puppet)
    const session = await client.session()
    const noop = session.noop()
    await puppet.dribble(session, '250-so much\r\n250 ok\r\n', SILENT_MS / 2)
    expect(await noop).toMatchObject({ code: 250, lines: ['so much', 'ok'] })
    const half = watched(session.noop())
    await puppet.dribble(session, '25', SILENT_MS - 10)
    await pass(SILENT_MS - 10)
    expect(half.settled).toBe(false)
    await pass(20)
    expect(await half.outcome).toMatchObject({ code: 'smtp.timeout', phase: 'noop', outcome: 'transient' })
    expect(String(session.failure?.message)).toContain('no octet')
    await client.close()
  })

  it('takes the place of the other limits, that of the final reply too', async () => {
    using puppet = await Puppet.start()
    const timeouts = { silentMs: SILENT_MS, idleMs: 10, writeMs: 10, finalMs: 10 }
    const client = patient(puppet, { timeouts })
    const session = await client.session()
    const send = watched(session.send(LETTER))
    await until(() => puppet.contents === 1)
    await pass(50) // the other limits are over
    expect(send.settled).toBe(false)
    await puppet.dribble(session, '250 queued\r\n', SILENT_MS - 200)
    expect(await send.outcome).toMatchObject({ deliveries: [{ outcome: 'delivered' }] })
    const late = watched(session.send(LETTER))
    await until(() => puppet.contents === 2)
    await turns()
    await pass(SILENT_MS + 10)
    expect(await late.outcome).toMatchObject({ code: 'smtp.timeout', phase: 'final', outcome: 'unknown' })
    await client.close()
  })

  it('a reader that is slow but reads is waited for', async () => {
    using puppet = await Puppet.start()
    const client = patient(puppet)
    const session = await client.session()
    const { socket } = puppet
    const send = watched(session.send({ ...LETTER, content: Buffer.alloc(64 * 1024 * 1024, 'x\r\n') }))
    await until(() => puppet.received > 200)
    // from here on it reads one chunk at a time
    socket.on('data', () => void socket.pause())
    for (let step = 0; step < 6; step++) {
      await turns()
      await pass(SILENT_MS - 100)
      expect([step, send.settled]).toEqual([step, false])
      const before = session.socket.bytesWritten
      while (session.socket.bytesWritten === before) {
        socket.resume()
        await turns(2)
      }
    }
    socket.pause()
    await turns(500)
    await pass(SILENT_MS + 100)
    expect(await send.outcome).toMatchObject({ code: 'smtp.timeout', phase: 'content', outcome: 'transient' })
    await client.close()
  })

  it.each([{ chunking: 'off' }, {}] as const)('a source that gives nothing is waited for, %j', async (options) => {
    await using sink = await SinkServer.start()
    const client = patient(sink, options)
    const session = await client.session()
    let release = (): void => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    let asked = false
    const content = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      yield Buffer.from('Subject: x\r\n\r\n')
      asked = true
      await held
      yield Buffer.from('x\r\n')
    }
    const send = watched(session.send({ ...LETTER, content }))
    await until(() => asked)
    await turns()
    await pass(20 * SILENT_MS)
    expect(send.settled).toBe(false)
    release()
    expect(await send.outcome).toMatchObject({ deliveries: [{ outcome: 'delivered' }] })
    await client.close()
  })

  it('can be set for a session that is open, and set anew', async () => {
    using puppet = await Puppet.start()
    const client = patient(puppet, { timeouts: { idleMs: 1_000, writeMs: 1_000 } })
    const session = await client.session()
    for (const wrong of [0, 1.5, 2 ** 31]) expect(() => session.allowSilence(wrong)).toThrow(/silentMs/)
    session.allowSilence(SILENT_MS)
    const noop = session.noop()
    await puppet.dribble(session, '250 ok\r\n', SILENT_MS - 10)
    expect((await noop).code).toBe(250)
    session.allowSilence(2 * SILENT_MS)
    const { socket } = puppet
    const send = watched(session.send({ ...LETTER, content: Buffer.alloc(64 * 1024 * 1024, 'x\r\n') }))
    await until(() => puppet.received > 200)
    socket.pause()
    await turns(500)
    await pass(2 * SILENT_MS - 100)
    expect(send.settled).toBe(false)
    await pass(200)
    expect(await send.outcome).toMatchObject({ code: 'smtp.timeout', phase: 'content', outcome: 'transient' })
    expect(String(session.failure?.message)).toContain(`within ${2 * SILENT_MS} ms`)
    await client.close()
  })

  it('the reply to a large content may take as long as a slow line needs for it, and no longer than finalMs', async () => {
    using puppet = await Puppet.start()
    for (const [finalMs, extraMs] of [
      [60_000, 60_000],
      [undefined, 99_999 - 16 * 1024],
    ] as const) {
      const timeouts = { silentMs: SILENT_MS, ...(finalMs === undefined ? {} : { finalMs }) }
      const client = patient(puppet, { timeouts })
      const session = await client.session()
      const { received } = puppet
      const send = watched(session.send({ ...LETTER, content: Buffer.alloc(99_999, 'x\r\n') }))
      await until(() => puppet.received > received + 100_000)
      await turns()
      await pass(SILENT_MS + extraMs - 1_000)
      expect(send.settled).toBe(false)
      await pass(1_100)
      expect(await send.outcome).toMatchObject({ code: 'smtp.timeout', phase: 'final', outcome: 'unknown' })
      await client.close()
    }
  })

  it('a limit that runs when it is set is the one that is told', async () => {
    using puppet = await Puppet.start()
    const client = patient(puppet, { timeouts: { writeMs: 1_000 } })
    const session = await client.session()
    puppet.socket.pause()
    const help = watched(session.raw(`HELP ${'y'.repeat(20_000_000)}`))
    await turns()
    session.allowSilence(SILENT_MS)
    await pass(1_100)
    expect(await help.outcome).toMatchObject({ code: 'smtp.timeout' })
    expect(String(session.failure?.message)).toBe('no progress in phase command within 1000 ms')
    await client.close()
  })

  it('QUIT has its own time, however its reply dribbles', async () => {
    using puppet = await Puppet.start()
    const client = patient(puppet)
    const session = await client.session()
    const before = puppet.received
    const quit = watched(session.quit())
    await until(() => puppet.received > before)
    await puppet.dribble(session, '22', 900)
    expect(quit.settled).toBe(false)
    await pass(300)
    await quit.outcome
    expect(session.failure).toMatchObject({ code: 'smtp.timeout', phase: 'quit' })
    await pass(1_100)
    await client.close()
  })

  it('a pace that is slow is no silence, and a server that takes nothing at a pace is', async () => {
    await using sink = await SinkServer.start()
    const client = patient(sink, { maxOctetsPerSecond: 1_000 })
    const send = watched(client.send({ ...LETTER, content: fillPattern(30_000) }))
    while (!send.settled) {
      await pass(500)
      await turns(5)
    }
    expect(await send.outcome).toMatchObject({ deliveries: [{ outcome: 'delivered' }] })
    await client.close()
    using puppet = await Puppet.start()
    const hasty = patient(puppet, { maxOctetsPerSecond: 100_000_000 })
    const session = await hasty.session()
    const stuck = watched(session.send({ ...LETTER, content: Buffer.alloc(64 * 1024 * 1024, 'x\r\n') }))
    while (puppet.received < 100) {
      await pass(1)
      await turns(2)
    }
    puppet.socket.pause()
    for (let step = 0; step < 100 && !stuck.settled; step++) {
      await pass(SILENT_MS / 5)
      await turns(5)
    }
    expect(await stuck.outcome).toMatchObject({ code: 'smtp.timeout', phase: 'content' })
    await hasty.close()
  })
})

describe('with silentMs', () => {
  const octets = fillPattern(1_500_000)
  const source = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    const shared = Buffer.alloc(77_777)
    for (let from = 0; from < octets.length; from += shared.length) {
      octets.copy(shared, 0, from) // a source may use its memory again
      yield shared.subarray(0, Math.min(shared.length, octets.length - from))
    }
  }
  const ways: Record<string, Partial<SmtpOptions>> = {
    BDAT: {},
    DATA: { chunking: 'off' },
    pieces: { chunkOctets: 50_000 },
    'a pace': { maxOctetsPerSecond: 200_000_000 },
    TLS: { security: 'starttls' },
  }
  it.each(Object.entries(ways))('the same octets arrive: %s', async (_name, options) => {
    const { ca, good } = await certificates()
    await using sink = await SinkServer.start({ keepContent: true, tls: good })
    const client = clientFor(sink, { timeouts: { silentMs: 20_000 }, tls: { ca }, ...options })
    const envelope = LETTER.envelope
    await client.send({ envelope, content: octets })
    await client.send({ envelope, content: { open: source } })
    await client.send({ envelope, content: { open: source, sizeOctets: octets.length, canonical: true } })
    await client.send({ envelope, content: octets.subarray(0, 64 * 1024) })
    await client.close()
    expect(sink.ledger.map(({ content }) => content!.equals(octets))).toEqual([true, true, true, false])
    expect(sink.sessions.flatMap(({ violations }) => violations)).toEqual([])
  })
})
