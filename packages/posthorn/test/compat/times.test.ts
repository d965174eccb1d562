import { lookup } from 'node:dns/promises'
import { Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { SMTP } from '../../src/compat/ipworks/index.js'
import { pass, stopClock, turns, until, watched, type Watched } from './clock.js'
import { component, heardBy, sink } from './component.js'
import { puppet } from './puppet.js'

vi.mock('node:dns/promises', async (original) => ({ ...(await original<object>()), lookup: vi.fn() }))

beforeEach(() => {
  stopClock()
  vi.mocked(lookup).mockReset()
})
afterEach(() => void vi.restoreAllMocks())

/** From here on every connection is asked for, and nobody ever answers. */
function unroutable(): void {
  vi.spyOn(Socket.prototype, 'connect').mockImplementation(function (this: Socket) {
    return this
  })
}

/** Fails with the time limit after so many milliseconds, and not before. */
async function expectAfter(ms: number, watch: Watched): Promise<void> {
  await pass(ms - 1)
  await turns()
  expect(watch.settled).toBe(false)
  await pass(1)
  expect(await watch.outcome).toMatchObject({
    code: 301,
    reason: 'timeout',
    message: expect.stringMatching(/^Timeout/) as string,
  })
}

function limited(timeout: number, ...settings: string[]): SMTP {
  const smtp = component({ port: 2525 })
  smtp.timeout = timeout
  smtp.config('TcpNoDelay=True') // what the system holds back, it does by a clock of its own
  for (const setting of settings) smtp.config(setting)
  return smtp
}

/** A component that is connected to a server in the hands of the test. */
async function connected(timeout: number, ...settings: string[]) {
  const server = await puppet()
  const dialled = vi.spyOn(Socket.prototype, 'connect')
  const smtp = limited(timeout, ...settings)
  smtp.mailPort = server.port
  await smtp.connect()
  const client = dialled.mock.contexts.at(-1) as Socket
  dialled.mockRestore()
  const asked = () => until(() => server.socket().bytesRead > 'EHLO client.example.test\r\n'.length)
  /** The server says a text octet by octet, a second before each; stops when nobody listens any more. */
  const trickle = async (text: string): Promise<void> => {
    for (const octet of text) {
      await pass(1000)
      if (client.destroyed) return
      const before = client.bytesRead
      server.socket().write(octet)
      await until(() => client.bytesRead > before || client.destroyed)
    }
  }
  return { server, smtp, client, asked, trickle }
}

describe('the time for connecting', () => {
  test('[ipworks.config.ConnectionTimeout] a server that cannot be reached: after 1 s, with a Timeout of 60', async () => {
    unroutable()
    const smtp = limited(60, 'ConnectionTimeout=1')
    await expectAfter(1000, watched(smtp.connect()))
    expect([smtp.connected, smtp.idle]).toEqual([false, true])
    await expectAfter(1000, watched(smtp.send()))
  })

  test('[part of ipworks.config.ConnectionTimeout] it limits the lookup, and the handshake of the proxy', async () => {
    vi.mocked(lookup).mockReturnValue(new Promise(() => {}) as never)
    const looking = limited(60, 'ConnectionTimeout=1')
    looking.mailServer = 'slow.test'
    await expectAfter(1000, watched(looking.connect()))
    const silent = await puppet(false)
    for (const firewallType of [1, 2, 3, 10]) {
      const smtp = limited(60, 'ConnectionTimeout=2')
      Object.assign(smtp.firewall, { firewallType, host: '127.0.0.1', port: silent.port })
      await expectAfter(2000, watched(smtp.connect()))
    }
  })

  test('[part of ipworks.config.ConnectionTimeout] the talk afterwards is under Timeout, the greeting first', async () => {
    const silent = await puppet(false)
    const smtp = limited(5, 'ConnectionTimeout=1')
    smtp.mailPort = silent.port
    const heard = heardBy(smtp, ['ConnectionStatus'])
    const connecting = watched(smtp.connect())
    await until(() => heard.length > 0)
    await expectAfter(5000, connecting)
    const { smtp: talking, asked } = await connected(5, 'ConnectionTimeout=1')
    const verifying = watched(talking.verify('anna'))
    await asked()
    await expectAfter(5000, verifying)
  })

  test('[part of ipworks.config.ConnectionTimeout] unset it is Timeout that counts, 0 is no limit, and empty takes it back', async () => {
    unroutable()
    const smtp = limited(3)
    expect(smtp.config('ConnectionTimeout')).toBe('')
    await expectAfter(3000, watched(smtp.connect()))
    expect(smtp.config('ConnectionTimeout=0')).toBe('0')
    const endless = watched(smtp.connect())
    await pass(86_400_000)
    expect(endless.settled).toBe(false)
    smtp.interrupt()
    expect(await endless.outcome).toMatchObject({ code: 301, reason: 'interrupted' })
    expect(smtp.config('ConnectionTimeout=')).toBe('')
    await expectAfter(3000, watched(smtp.connect()))
    smtp.timeout = 0
    const forever = watched(smtp.connect())
    await pass(86_400_000)
    expect(forever.settled).toBe(false)
    smtp.interrupt()
    await forever.outcome
    for (const wrong of ['-2', '1.5', 'long', '2147484'])
      expect(() => smtp.config(`ConnectionTimeout=${wrong}`)).toThrow(/ConnectionTimeout must be a whole number/)
  })
})

describe('the time for a method', () => {
  describe('[ipworks.config.AbsoluteTimeout] a server that says an octet each second, Timeout 3', () => {
    test('True fails after 3 s', async () => {
      const { smtp, client, asked, trickle } = await connected(3, 'AbsoluteTimeout=True')
      const watch = watched(smtp.verify('anna'))
      await asked()
      await trickle('25')
      await expectAfter(1000, watch)
      expect([client.destroyed, smtp.connected]).toEqual([true, false])
    })

    test('False does not fail', async () => {
      const { smtp, asked, trickle } = await connected(3)
      expect(smtp.config('AbsoluteTimeout')).toBe('False')
      const watch = watched(smtp.verify('anna'))
      await asked()
      await trickle('252 maybe, after a long time\r')
      await turns()
      expect(watch.settled).toBe(false)
      await trickle('\n')
      expect(await watch.outcome).toBeUndefined()
      expect(smtp.lastReply).toBe('252 maybe, after a long time')
    })
  })

  test('[part of ipworks.config.AbsoluteTimeout] it counts from the beginning of each method, and 0 is no limit', async () => {
    const { smtp, server, asked, trickle } = await connected(3, 'AbsoluteTimeout=yes')
    await pass(60_000) // between two methods nothing counts
    const first = watched(smtp.verify('anna'))
    await asked()
    await trickle('25')
    server.socket().write('2 maybe\r\n')
    expect(await first.outcome).toBeUndefined()
    await pass(60_000)
    expect(smtp.connected).toBe(true)
    smtp.timeout = 0
    const before = server.socket().bytesRead
    const endless = watched(smtp.verify('anna'))
    await until(() => server.socket().bytesRead > before)
    await pass(86_400_000)
    expect(endless.settled).toBe(false)
    server.socket().write('250 ok\r\n')
    expect(await endless.outcome).toBeUndefined()
  })

  test('[part of ipworks.config.AbsoluteTimeout] a body that takes its time is cut off by True, and goes on by False', async () => {
    const server = await sink({ extensions: [] })
    const rated = async (absolute: boolean): Promise<unknown> => {
      const smtp = limited(2, `AbsoluteTimeout=${absolute}`, 'MaxTransferRate=200')
      smtp.mailPort = server.port
      smtp.messageText = 'x'.repeat(98).concat('\r\n').repeat(10)
      const watch = watched(smtp.send())
      while (!watch.settled) await pass(50)
      return watch.outcome
    }
    expect(await rated(true)).toMatchObject({ code: 301, reason: 'timeout' })
    expect(server.ledger).toEqual([])
    expect(await rated(false)).toBeUndefined()
    expect(server.ledger).toHaveLength(1)
  })

  test('[part of ipworks.behaviour.events-not-reentrant] a handler that takes longer than Timeout is not the silence of the server', async () => {
    for (const extensions of [[], ['CHUNKING'], ['PIPELINING', 'CHUNKING']]) {
      const server = await sink({ extensions })
      const smtp = limited(1)
      smtp.mailPort = server.port
      smtp.message = Buffer.alloc(200_000, 'A line.\r\n')
      let waiting = false
      smtp.on('Transfer', async () => {
        waiting = true
        await new Promise((resolve) => setTimeout(resolve, 5000))
        waiting = false
      })
      const watch = watched(smtp.send())
      while (!watch.settled) {
        await until(() => waiting || watch.settled) // the time of the handler alone
        if (waiting) await pass(5000)
      }
      expect(await watch.outcome).toBeUndefined()
      expect(server.ledger).toHaveLength(1)
    }
  })
})

test('[ipworks.behaviour.timeout-kinds] ConnectionTimeout for the way there, Timeout for a silence, with AbsoluteTimeout for all of a method', async () => {
  vi.mocked(lookup).mockReturnValue(new Promise(() => {}) as never)
  const looking = limited(3, 'ConnectionTimeout=1')
  looking.mailServer = 'slow.test'
  await expectAfter(1000, watched(looking.connect()))
  for (const [absolute, leftMs] of [
    [false, 3000],
    [true, 1000],
  ] as const) {
    const { smtp, asked, trickle } = await connected(3, 'ConnectionTimeout=1', `AbsoluteTimeout=${absolute}`)
    const watch = watched(smtp.verify('anna'))
    await asked()
    await trickle('25') // two seconds
    await expectAfter(leftMs, watch)
  }
})

describe('the pace of the body', () => {
  /** How many milliseconds pass between the first and the last event of the body. */
  async function duration(smtp: SMTP): Promise<number> {
    const at: Record<string, number> = {}
    for (const name of ['StartTransfer', 'EndTransfer'] as const)
      smtp.on(name, () => void (at[name] = performance.now()))
    const dialled = vi.spyOn(Socket.prototype, 'connect')
    onTestFinished(() => void dialled.mockRestore())
    const watch = watched(smtp.send())
    while (!watch.settled) {
      // time passes only once the system has taken what was written
      const client = dialled.mock.contexts.at(-1) as Socket | undefined
      await until(() => client === undefined || client.writableLength === 0 || client.destroyed)
      await turns(3)
      await vi.advanceTimersByTimeAsync(5)
    }
    expect(await watch.outcome).toBeUndefined()
    return at.EndTransfer! - at.StartTransfer!
  }

  const BODY = Buffer.from('x'.repeat(98).concat('\r\n').repeat(1000))

  test.each([
    ['DATA', []],
    ['BDAT', ['CHUNKING']],
  ])(
    '[ipworks.config.MaxTransferRate] 100 kB at 50000 by %s take 2 s within 20 %%, without a limit no time',
    async (_, extensions) => {
      const server = await sink({ extensions })
      const smtp = limited(60)
      smtp.mailPort = server.port
      smtp.message = BODY
      expect(smtp.config('MaxTransferRate')).toBe('0')
      expect(await duration(smtp)).toBeLessThan(1000)
      smtp.config('MaxTransferRate=50000')
      const ms = await duration(smtp)
      expect(ms).toBeGreaterThanOrEqual(1600)
      expect(ms).toBeLessThanOrEqual(2400)
      for (const { content } of server.ledger)
        expect(content!.subarray(content!.indexOf('\r\n\r\n') + 4).equals(BODY)).toBe(true)
    },
  )

  test('[part of ipworks.config.MaxTransferRate] a slow pace is no silence of the server; it is read at the next connection', async () => {
    const server = await sink({ extensions: [] })
    const smtp = limited(1, 'MaxTransferRate=100')
    smtp.mailPort = server.port
    smtp.messageText = 'x'.repeat(298).concat('\r\n')
    expect(await duration(smtp)).toBeGreaterThanOrEqual(2400)
    const fast = limited(60)
    fast.mailPort = server.port
    fast.message = BODY
    await fast.connect()
    fast.config('MaxTransferRate=100')
    expect(await duration(fast)).toBeLessThan(1000)
    for (const wrong of ['-1', '2147483648', 'fast'])
      expect(() => fast.config(`MaxTransferRate=${wrong}`)).toThrow(/MaxTransferRate must be/)
  })
})
