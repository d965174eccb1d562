import { once } from 'node:events'
import { connect, createServer, Socket, type AddressInfo } from 'node:net'
import { certificates } from '@posthorn/testkit'
import { expect, onTestFinished, test, vi, type Mock } from 'vitest'
import { LineServer } from '../parity/line-server.js'
import { component, failure, heardBy, scripted, sink, trailOf } from './component.js'

/** What is asked of the system for each connection: keep-alive and its delay in seconds, and whether small packets wait. */
async function systemCalls(): Promise<{ readonly keepAlive: Mock; readonly noDelay: Mock }> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  await once(socket, 'connect')
  const handle = Object.getPrototypeOf((socket as unknown as { readonly _handle: object })._handle) as {
    setKeepAlive(on: boolean, seconds: number): number
    setNoDelay(on: boolean): number
  }
  socket.destroy()
  server.close()
  const keepAlive = vi.spyOn(handle, 'setKeepAlive')
  const noDelay = vi.spyOn(handle, 'setNoDelay')
  onTestFinished(() => {
    keepAlive.mockRestore()
    noDelay.mockRestore()
  })
  return { keepAlive, noDelay }
}

test('[ipworks.config.TCPKeepAlive] [ipworks.config.KeepAliveTime] the system is asked for keep-alive with its delay, and not asked without', async () => {
  await using server = await LineServer.start() // has no settings of its own
  const { keepAlive } = await systemCalls()
  const opened = vi.spyOn(Socket.prototype, 'connect')
  onTestFinished(() => void opened.mockRestore())
  const calls = async (...settings: string[]) => {
    const smtp = component(server)
    for (const setting of settings) smtp.config(setting)
    await smtp.connect()
    await smtp.disconnect()
    const [[options]] = opened.mock.calls.at(-1) as unknown as [
      [{ keepAlive: boolean; keepAliveInitialDelay?: number }],
    ]
    return { system: keepAlive.mock.calls.splice(0), asked: [options.keepAlive, options.keepAliveInitialDelay] }
  }
  expect(component().config('TCPKeepAlive')).toBe('False')
  expect(component().config('KeepAliveTime')).toBe('')
  expect(await calls()).toEqual({ system: [], asked: [false, undefined] })
  expect(await calls('KeepAliveTime=5000')).toEqual({ system: [], asked: [false, undefined] })
  expect(await calls('TCPKeepAlive=True')).toEqual({ system: [[true, 0]], asked: [true, undefined] })
  expect(await calls('TCPKeepAlive=True', 'KeepAliveTime=5000')).toEqual({ system: [[true, 5]], asked: [true, 5000] })
  // the system counts in seconds, and 0 would be its default of hours
  expect(await calls('TCPKeepAlive=1', 'KeepAliveTime=1')).toEqual({ system: [[true, 1]], asked: [true, 1000] })
  expect(await calls('TCPKeepAlive=1', 'KeepAliveTime=5', 'KeepAliveTime=')).toEqual({
    system: [[true, 0]],
    asked: [true, undefined],
  })
})

test('[ipworks.config.KeepAliveInterval] it is kept, and one line says that it has no effect', async () => {
  const smtp = component(await sink())
  expect(smtp.config('KeepAliveInterval')).toBe('')
  const heard = heardBy(smtp, ['PITrail'])
  await smtp.send()
  const notes = (): string[] =>
    trailOf(heard).filter((line) => line.startsWith('-- ') && line.includes('KeepAliveInterval'))
  expect(notes()).toEqual([])
  expect(smtp.config('KeepAliveInterval=1000')).toBe('1000')
  smtp.config('TCPKeepAlive=True')
  await smtp.connect()
  await smtp.send()
  await smtp.send()
  await smtp.disconnect()
  expect(notes()).toEqual([expect.stringMatching(/^-- KeepAliveInterval has no effect: /)])
  expect(smtp.config('KeepAliveInterval')).toBe('1000')
  for (const wrong of ['0', 'x', '1.5'])
    expect(() => smtp.config(`KeepAliveInterval=${wrong}`)).toThrow(/KeepAliveInterval/)
})

test('[ipworks.config.TcpNoDelay] small packets are held back unless it is True', async () => {
  await using server = await LineServer.start()
  const { noDelay } = await systemCalls()
  const calls = async (setting?: string) => {
    const smtp = component(server)
    if (setting !== undefined) smtp.config(setting)
    await smtp.send()
    return noDelay.mock.calls.splice(0)
  }
  expect(await calls()).toEqual([])
  expect(await calls('TcpNoDelay=False')).toEqual([])
  expect(await calls('TcpNoDelay=True')).toEqual([[true]])
})

test('[ipworks.config.LocalHost] the same value as the property', async () => {
  const smtp = component(await sink())
  expect(smtp.config('LocalHost')).toBe(smtp.localHost)
  smtp.config('LocalHost=127.0.0.1')
  expect(smtp.localHost).toBe('127.0.0.1')
  smtp.localHost = 'localhost'
  expect(smtp.config('LocalHost')).toBe('localhost')
  await smtp.connect()
  expect([smtp.config('LocalHost'), smtp.localHost]).toEqual(['127.0.0.1', '127.0.0.1'])
  expect(() => smtp.config('LocalHost=127.0.0.3')).toThrow(expect.objectContaining({ code: 107 }))
  await smtp.disconnect()
  expect(smtp.config('LocalHost')).toBe('localhost')
})

test('[ipworks.config.LocalPort] the server sees the port; it is told while connected, and cannot change then', async () => {
  await using server = await LineServer.start()
  const smtp = component(server)
  expect(smtp.config('LocalPort')).toBe('0')
  await smtp.connect()
  const given = Number(smtp.config('LocalPort'))
  expect(given).toBe(server.peers[0]!.port)
  for (const value of [0, given, 2525])
    expect(() => smtp.config(`LocalPort=${value}`)).toThrow(expect.objectContaining({ code: 106 }))
  await smtp.disconnect()
  expect(smtp.config('LocalPort')).toBe('0')
  // another process may take a port that was free a moment ago: then the next one
  let port = given
  for (let attempt = 0; !smtp.connected; attempt++) {
    smtp.config(`LocalPort=${port}`)
    const error = await smtp.connect().then(
      () => undefined,
      (thrown: { readonly code: number }) => thrown,
    )
    if (error) expect([error.code, attempt < 20]).toEqual([10048, true])
    if (error) port = port === 65_535 ? 1024 : port + 1
  }
  expect(server.peers.at(-1)!.port).toBe(port)
  expect(smtp.config('LocalPort')).toBe(String(port))
  await smtp.disconnect()
  expect(smtp.config('LocalPort')).toBe(String(port))
  for (const wrong of ['-1', '65536', 'smtp'])
    expect(() => smtp.config(`LocalPort=${wrong}`)).toThrow(/LocalPort must be a whole number/)
})

test.each([
  ['[ipworks.config.InBufferSize]', 'InBufferSize', 'readableHighWaterMark'],
  ['[ipworks.config.OutBufferSize]', 'OutBufferSize', 'writableHighWaterMark'],
] as const)(
  '%s it is kept, extreme values do no harm, and while connected it is what is in use',
  async (_, name, mark) => {
    const server = await sink()
    const usual = new Socket()[mark]
    for (const [value, inUse] of [
      ['', usual],
      ['0', usual],
      ['1', 1],
      ['4096', 4096],
      ['2147483647', 2_147_483_647],
    ] as const) {
      const smtp = component(server)
      smtp.message = Buffer.alloc(100_000, 'A line.\r\n')
      if (value !== '') smtp.config(`${name}=${value}`)
      expect(smtp.config(name)).toBe(value)
      await smtp.connect()
      expect(smtp.config(name)).toBe(String(inUse))
      await smtp.send()
      await smtp.disconnect()
      expect(smtp.config(name)).toBe(value)
    }
    expect(server.ledger.map(({ content }) => content!.length >= 100_000)).toEqual(Array(5).fill(true))
    const { good, ca } = await certificates()
    const secure = component(await sink({ tls: good }))
    secure.mailServer = 'localhost'
    secure.sslStartMode = 2
    secure.config(`SSLServerCACerts=${ca}`)
    secure.config(`${name}=1`)
    await secure.connect()
    expect(Number(secure.config(name))).toBeGreaterThan(0)
    await secure.send()
  },
)

test('[ipworks.config.MaxLineLength] a longer line is told in pieces and understood whole; without an end it is 162', async () => {
  const long = 'x'.repeat(5000 - 4)
  const server = await scripted(
    [
      ...['S: 220 x', 'C: EHLO client.example.test', 'S: 250 x', 'C: NOOP', `S: 250 ${long}`, 'C: QUIT', 'S: 221 bye'],
      ...[
        '* session',
        'S: 220 x',
        'C: EHLO client.example.test',
        'S: 250 x',
        'C: NOOP',
        `S: 250 ${long}`,
        'C: QUIT',
        'S: 221 bye',
      ],
    ].join('\n'),
  )
  const smtp = component(server)
  expect(smtp.config('MaxLineLength')).toBe('2048')
  expect(() => smtp.config('MaxLineLength=255')).toThrow(/MaxLineLength must be a whole number from 256/)
  const heard = heardBy(smtp, ['PITrail'])
  const pieces = async (): Promise<string[]> => {
    await smtp.connect()
    heard.length = 0
    await smtp.sendCommand('NOOP')
    expect(smtp.lastReply).toBe(`250 ${long}`)
    expect(() => smtp.config('MaxLineLength=300')).toThrow(expect.objectContaining({ code: 112 }))
    const told = trailOf(heard)
      .filter((line) => line.startsWith('S: '))
      .map((line) => line.slice(3))
    await smtp.disconnect()
    return told
  }
  const usual = await pieces()
  expect(usual.map(({ length }) => length)).toEqual([2048, 2048, 904])
  expect(usual.join('')).toBe(`250 ${long}`)
  smtp.config('MaxLineLength=256')
  const short = await pieces()
  expect(short.map(({ length }) => length)).toEqual([...Array<number>(19).fill(256), 136])
  expect(short.join('')).toBe(`250 ${long}`)
  expect((await server.finished).errors).toEqual([])

  for (const end of ['', '\r\n']) {
    const endless = createServer((socket) => void socket.on('error', () => {}).write(`220 ${'x'.repeat(66_000)}${end}`))
    endless.listen(0, '127.0.0.1')
    await once(endless, 'listening')
    const lost = component(endless.address() as AddressInfo)
    expect(await failure(lost.connect())).toMatchObject({ code: 162 })
    await new Promise((resolve) => endless.close(resolve))
  }
})
