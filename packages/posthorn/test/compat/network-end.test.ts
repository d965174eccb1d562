import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, Socket, type AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { certificates } from '@posthorn/testkit'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { component, failure, sink } from './component.js'

afterEach(() => void vi.useRealTimers())

/** A server that says how its only connection ended; it does not end its own side. */
async function staying() {
  const ends: string[] = []
  let leave = (): void => {}
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    leave = () => void socket.destroy()
    onTestFinished(() => leave())
    socket.on('error', (error: NodeJS.ErrnoException) => ends.push(error.code ?? ''))
    socket.on('end', () => {
      ends.push('end')
      server.emit('ending')
    })
    socket.on('close', () => server.emit('gone'))
    socket.write('220 stays\r\n')
    socket.on('data', (octets) => {
      socket.write(octets.toString().startsWith('QUIT') ? '221 bye\r\n' : '250 ok\r\n')
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return {
    ...{ port: (server.address() as AddressInfo).port, ends, leave: () => leave() },
    ...{ ending: once(server, 'ending'), gone: once(server, 'gone') },
  }
}

function spiedSockets() {
  const opened = vi.spyOn(Socket.prototype, 'connect')
  const reset = vi.spyOn(Socket.prototype, 'resetAndDestroy')
  onTestFinished(() => {
    opened.mockRestore()
    reset.mockRestore()
  })
  return { opened, reset }
}

test.each([
  ['[ipworks.config.Linger]', 'False', ['ECONNRESET']],
  ['[ipworks.config.Linger]', 'True', ['end']],
  ['[ipworks.config.Linger]', '', ['end']],
])('%s %j: the server sees the end so', async (_, linger, seen) => {
  const server = await staying()
  const smtp = component(server)
  expect(smtp.config('Linger')).toBe('True')
  if (linger !== '') smtp.config(`Linger=${linger}`)
  await smtp.connect()
  const left = smtp.disconnect()
  await (seen[0] === 'end' ? server.ending : server.gone)
  server.leave()
  await left
  expect(server.ends).toEqual(seen)
})

test('[part of ipworks.config.Linger] False cuts also what is interrupted, and under TLS', async () => {
  const { good } = await certificates()
  const { reset } = spiedSockets()
  for (const tls of [undefined, good]) {
    for (const linger of [false, true]) {
      const server = await sink({ extensions: [], ...(tls ? { tls } : {}) })
      const smtp = component(server)
      smtp.on('SSLServerAuthentication', (event) => void (event.accept = true))
      smtp.sslStartMode = tls ? 2 : 3
      smtp.config(`Linger=${linger}`)
      smtp.on('StartTransfer', () => smtp.interrupt())
      reset.mockClear()
      expect(await failure(smtp.send())).toMatchObject({ code: 301 })
      await server.idle()
      expect(reset.mock.calls.length > 0).toBe(!linger)
      expect(server.ledger).toEqual([])
    }
  }
})

test.each([
  ['[ipworks.config.LingerTime]', '1', 1000, true],
  ['[ipworks.config.LingerTime]', '3', 3000, true],
  // what the system has is sent in its own time, by itself
  ['[ipworks.config.LingerTime]', '0', 1000, false],
])('%s %s: a server that never closes its side is left then, not before', async (_, seconds, leftMs, isReset) => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  const { opened, reset } = spiedSockets()
  const server = await staying()
  const smtp = component(server)
  expect(smtp.config('LingerTime')).toBe('0')
  smtp.config(`LingerTime=${seconds}`)
  await smtp.connect()
  const socket = opened.mock.contexts.at(-1) as Socket
  const left = smtp.disconnect()
  await server.ending
  vi.advanceTimersByTime(leftMs - 1)
  expect([socket.destroyed, reset.mock.calls.length]).toEqual([false, 0])
  vi.advanceTimersByTime(1)
  expect([socket.destroyed, reset.mock.calls.length]).toEqual([true, isReset ? 1 : 0])
  await left
  expect(smtp.connected).toBe(false)
})

test('[part of ipworks.config.LingerTime] a server that closes is not waited for any longer, and without Linger it is none', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }) // nobody moves them on
  const polite = component(await sink())
  polite.config('LingerTime=3600')
  await polite.send()
  const server = await staying()
  const smtp = component(server)
  smtp.config('LingerTime=3600')
  smtp.config('Linger=False')
  await smtp.connect()
  await smtp.disconnect()
  await server.gone
  expect(server.ends).toEqual(['ECONNRESET'])
  for (const wrong of ['-1', '2147484', 'x']) expect(() => smtp.config(`LingerTime=${wrong}`)).toThrow(/LingerTime/)
})

/** Runs a program of its own that connects, sends, and has nothing more to do; says what it printed, and its exit code. */
async function program(port: number, startMode: number, daemon: boolean, onLine: (line: string) => void) {
  const child = spawn(
    process.execPath,
    [
      fileURLToPath(new URL('./daemon-child.mjs', import.meta.url)),
      new URL('../../dist/compat/ipworks/index.js', import.meta.url).href,
      ...[port, startMode, daemon].map(String),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines: string[] = []
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line)
    onLine(line)
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { lines, code }
}

test.each([
  ['in the clear', 3],
  ['under TLS', 2],
])(
  '[ipworks.config.UseDaemonThreads] %s: with True the program ends although a session is open, but not while a message is sent; with False the session keeps it',
  async (_, startMode) => {
    const server = await sink({ extensions: [], ...(startMode === 2 ? { tls: (await certificates()).good } : {}) })
    const daemon = await program(server.port, startMode, true, () => {})
    expect(daemon).toEqual({ lines: ['connected', 'sent', 'nothing to do'], code: 0 })
    expect(server.sessions[0]!.commands).not.toContain('QUIT')
    const kept = await program(server.port, startMode, false, (line) => {
      if (line === 'sent') setImmediate(() => void server.close())
    })
    expect(kept).toEqual({ lines: ['connected', 'sent', 'disconnected', 'nothing to do'], code: 0 })
    expect(server.ledger).toHaveLength(2)
  },
)

test('[part of ipworks.config.UseDaemonThreads] it is kept', () => {
  const smtp = component()
  expect(smtp.config('UseDaemonThreads')).toBe('False')
  expect(smtp.config('UseDaemonThreads=yes')).toBe('True')
  smtp.reset()
  expect(smtp.config('UseDaemonThreads')).toBe('False')
})
