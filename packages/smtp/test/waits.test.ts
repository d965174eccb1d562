import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { SinkServer } from '@posthorn/testkit'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { isSendFailure, type SendFailure, type SmtpClient, type Submission } from '../src/index.js'
import { clientFor, until } from './support.js'

const LONGEST_MS = 2 ** 31 - 1
const LETTER: Submission = {
  envelope: { reversePath: 'a@example.test', recipients: ['b@example.test'] },
  content: 'Subject: x\r\n\r\nx\r\n',
}
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

/** A send that is looked at from outside. */
function watched(client: SmtpClient, submission = LETTER): { settled: boolean; failure: Promise<SendFailure> } {
  const watch = {
    settled: false,
    failure: client.send(submission).then(
      () => expect.fail('it was delivered'),
      (error: unknown) => {
        watch.settled = true
        if (isSendFailure(error)) return error
        throw error
      },
    ),
  }
  return watch
}

/** A server that answers everything up to a command, and then holds the connection. */
async function holding(index: number): Promise<SinkServer> {
  return SinkServer.start({ extensions: [], fault: () => ({ at: 'command', index, how: 'hold' }) })
}

/** A server that speaks until DATA and then reads nothing more. */
async function deaf() {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.write('220 deaf\r\n')
    socket.on('data', (octets) => {
      const text = octets.toString()
      if (!text.startsWith('DATA')) return void socket.write('250 ok\r\n')
      socket.pause()
      socket.write('354 go on\r\n')
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
  return { port: (server.address() as AddressInfo).port, sockets, close }
}

describe('how long is waited', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
  afterEach(() => void vi.useRealTimers())

  it('a connection that is never made fails after connectMs [part of genesys.option.connect-timeout]', async () => {
    const client = clientFor(
      { port: 1 },
      { connector: () => new Promise(() => {}), timeouts: { connectMs: 300_000 }, deadlineMs: LONGEST_MS },
    )
    const send = watched(client)
    await pass(299_000)
    expect(send.settled).toBe(false)
    await pass(1_100)
    expect(await send.failure).toMatchObject({ name: 'ConnectError', outcome: 'transient' })
    await client.close()
  })

  it('a server that is silent after EHLO fails after idleMs, not before [part of javamail.mail.smtp.timeout]', async () => {
    await using sink = await holding(1)
    const client = clientFor(sink, { timeouts: { idleMs: 1_500 } })
    const send = watched(client)
    await until(() => sink.sessions[0]?.commandCount === 1)
    await pass(1_400)
    expect(send.settled).toBe(false)
    await pass(200)
    expect(await send.failure).toMatchObject({ code: 'smtp.timeout', phase: 'ehlo', outcome: 'transient' })
    await client.close()
  })

  it('a stall at DATA fails after idleMs, for now [part of genesys.option.protocol-timeout]', async () => {
    await using sink = await holding(4)
    const client = clientFor(sink, { timeouts: { idleMs: 300_000 }, deadlineMs: LONGEST_MS })
    const send = watched(client)
    await until(() => sink.sessions[0]?.commands.at(-1) === 'DATA')
    await pass(299_000)
    expect(send.settled).toBe(false)
    await pass(1_100)
    const failure = await send.failure
    expect(failure).toMatchObject({ code: 'smtp.timeout', phase: 'data', outcome: 'transient' })
    expect(failure.receipt.deliveries[0]!.outcome).toBe('notSent')
    await client.close()
  })

  it('a slow but steady upload does not fail, however long it takes [part of genesys.option.protocol-timeout]', async () => {
    await using sink = await SinkServer.start()
    const client = clientFor(sink, { timeouts: { idleMs: 300_000 }, deadlineMs: LONGEST_MS })
    let blocks = 0
    const content = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      for (; blocks < 20; blocks++) {
        yield Buffer.from(`line ${blocks}\r\n`)
        await pass(120_000) // 40 minutes together
      }
    }
    const receipt = await client.send({ ...LETTER, content })
    expect([receipt.deliveries[0]!.outcome, blocks]).toEqual(['delivered', 20])
    await client.close()
  })

  it('without limit: a stalled server is still waited for after three times the default [part of illiad.behaviour.timeout-zero] [part of illiad.config.Timeout]', async () => {
    const timeouts = { connectMs: LONGEST_MS, idleMs: LONGEST_MS, finalMs: LONGEST_MS }
    // silent after EHLO, MAIL, RCPT, DATA
    for (const index of [1, 2, 3, 4]) {
      await using sink = await holding(index)
      const client = clientFor(sink, { timeouts, deadlineMs: LONGEST_MS })
      const send = watched(client)
      await until(() => sink.sessions[0]?.commandCount === index)
      await pass(3 * 600_000)
      expect([index, send.settled]).toEqual([index, false])
      await client.close({ now: true })
      await send.failure
    }
  })

  it('a limit of a minute is one of inactivity [part of illiad.config.Timeout]', async () => {
    await using sink = await holding(2)
    const client = clientFor(sink, { timeouts: { idleMs: 60_000 }, deadlineMs: LONGEST_MS })
    const send = watched(client)
    await until(() => sink.sessions[0]?.commandCount === 2)
    await pass(59_000)
    expect(send.settled).toBe(false)
    await pass(1_100)
    expect((await send.failure).code).toBe('smtp.timeout')
    await client.close()
  })

  describe('for what the other side does not take', () => {
    const large = { ...LETTER, content: Buffer.alloc(32 * 1024 * 1024, 'x\r\n') }

    it.each([
      [{ writeMs: 7_000, idleMs: 600_000 }, 7_000],
      [{ idleMs: 9_000 }, 9_000],
      [{}, 180_000],
    ])(
      '%j: %d ms, and the connection is closed [part of javamail.mail.smtp.writetimeout]',
      async (timeouts, limitMs) => {
        const server = await deaf()
        const client = clientFor(server, { timeouts, deadlineMs: LONGEST_MS })
        let slices = 0
        client.on('trail', (event) => void (event.type === 'content' && slices++))
        const send = watched(client, large)
        // the buffers on the way take the first of it; then nothing moves any more
        for (let before = -1; before !== slices || slices === 0;) {
          before = slices
          for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => void setImmediate(resolve))
        }
        await pass(limitMs - 10)
        expect(send.settled).toBe(false)
        await pass(20)
        const failure = await send.failure
        expect(failure).toMatchObject({ code: 'smtp.timeout', phase: 'content', outcome: 'transient' })
        expect(failure.receipt.deliveries[0]!.outcome).toBe('notSent')
        await until(() => client.counts.open === 0)
        await client.close()
        server.close()
      },
    )

    it('a group of commands has the limit, too, and nothing else ends earlier for it [part of javamail.mail.smtp.writetimeout]', async () => {
      await using sink = await SinkServer.start()
      const client = clientFor(sink, { timeouts: { writeMs: 1 } })
      for (let number = 0; number < 3; number++) {
        await client.send(LETTER)
        await pass(1_000) // taken at once: no clock is left running
      }
      const many = Array.from({ length: 3_000 }, (_, number) => `r${number}@example.test`)
      const receipt = await client.send({ ...LETTER, envelope: { reversePath: '', recipients: many } })
      expect(receipt.deliveries.every(({ outcome }) => outcome === 'delivered')).toBe(true)
      await client.close()
    })
  })

  describe('for the reply to QUIT', () => {
    it('not at all with 0: QUIT is out, and a silent server keeps nobody [part of javamail.mail.smtp.quitwait]', async () => {
      for (const more of [{}, { maxOctetsPerSecond: 1_000_000 }]) {
        await using sink = await holding(2)
        const client = clientFor(sink, { timeouts: { quitMs: 0 }, ...more })
        const verified = client.verify()
        await until(() => sink.sessions[0]?.commandCount === 1)
        await pass(10) // a pace needs its time; the usual quitMs is far from over
        await verified
        await pass(1_100) // the server does not close its side: that is not waited for without end
        await sink.idle()
        expect(sink.sessions[0]!.commands).toEqual(['EHLO client.example.test', 'QUIT'])
      }
    })

    it('as long as quitMs otherwise [part of javamail.mail.smtp.quitwait]', async () => {
      await using sink = await holding(2)
      const client = clientFor(sink, { timeouts: { quitMs: 5_000 } })
      let ended = false
      const verified = client.verify().then(() => (ended = true))
      await until(() => sink.sessions[0]?.commandCount === 2)
      await pass(4_900)
      expect(ended).toBe(false)
      await pass(200)
      await verified
    })
  })
})
