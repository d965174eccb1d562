import { once } from 'node:events'
import { Readable } from 'node:stream'
import { createServer, Socket, type AddressInfo } from 'node:net'
import { certificates, SinkServer } from '@posthorn/testkit'
import { describe, expect, it, vi } from 'vitest'
import { SmtpClient, type SmtpOptions } from '../src/index.js'

const LETTER = { envelope: { reversePath: 'a@example.test', recipients: ['b@example.test'] }, content: 'x\r\n' }

/** A server that speaks enough SMTP and says how its connection ended; `stays`: it does not close its side. */
async function witness(stays = false) {
  const ends: string[] = []
  const sockets: Socket[] = []
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket)
    socket.on('error', (error: NodeJS.ErrnoException) => ends.push(error.code ?? ''))
    socket.on('end', () => {
      ends.push('end')
      if (!stays) return void socket.end()
      // a reset that comes behind the end shows when something is written
      const writing = setInterval(() => socket.write('250 still here\r\n'), 5)
      socket.once('close', () => clearInterval(writing))
    })
    socket.write('220 witness\r\n')
    socket.on(
      'data',
      (octets) => void socket.write(octets.toString().startsWith('QUIT') ? '221 bye\r\n' : '250 ok\r\n'),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const gone = async () => {
    const [socket] = sockets
    if (!socket!.closed) await once(socket!, 'close').catch(() => {})
  }
  return { port: (server.address() as AddressInfo).port, ends, gone, sockets, close: () => void server.close() }
}

const to = (port: number, more: Partial<SmtpOptions> = {}): SmtpOptions => ({
  ...{ host: '127.0.0.1', port, security: 'none', localName: 'client.example.test' },
  ...more,
})

describe('socket settings', () => {
  it('[part of ipworks.config.Linger] closes in order, or resets at once', async () => {
    for (const [linger, seen] of [
      [true, 'end'],
      [false, 'ECONNRESET'],
    ] as const) {
      const server = await witness()
      await new SmtpClient(to(server.port, { linger })).verify()
      await server.gone()
      expect(server.ends).toEqual([seen])
      server.close()
    }
  })

  it('[part of ipworks.config.LingerTime] resets a close that takes longer than lingerMs', async () => {
    const server = await witness(true)
    await new SmtpClient(to(server.port, { lingerMs: 20 })).verify()
    await server.gone()
    expect(server.ends[0]).toBe('end')
    expect(['ECONNRESET', 'EPIPE']).toContain(server.ends[1])
    server.close()
  })

  it('[part of ipworks.config.LingerTime] without lingerMs leaves a close that takes long to the system', async () => {
    const reset = vi.spyOn(Socket.prototype, 'resetAndDestroy')
    const server = await witness(true)
    await new SmtpClient(to(server.port)).verify()
    await server.gone()
    expect([server.ends[0], reset.mock.calls.length]).toEqual(['end', 0])
    reset.mockRestore()
    server.close()
  })

  it('[part of ipworks.config.Linger] resets at once a connection that fails, too', async () => {
    const reset = vi.spyOn(Socket.prototype, 'resetAndDestroy')
    for (const linger of [true, false]) {
      await using silent = await SinkServer.start({ fault: () => ({ at: 'command', index: 1, how: 'hold' }) })
      const client = new SmtpClient(to(silent.port, { linger, timeouts: { idleMs: 20 } }))
      await expect(client.verify()).rejects.toMatchObject({ code: 'smtp.timeout' })
      expect(reset.mock.calls.length).toBe(linger ? 0 : 1)
    }
    reset.mockRestore()
  })

  it('resets under TLS, too', async () => {
    const tls = await certificates()
    await using sink = await SinkServer.start({ tls })
    await new SmtpClient(to(sink.port, { security: 'starttls', tls: { ca: tls.ca }, linger: false })).verify()
    await vi.waitFor(() => expect(sink.sessions[0]?.endedBy).not.toBe('open'))
    expect(sink.sessions[0]?.commands.at(-1)).toBe('QUIT')
  })

  it('[part of ipworks.prop.LocalHost] [part of ipworks.config.LocalPort] connects from a local address and port', async () => {
    const server = await witness()
    const probe = createServer().listen(0, '127.0.0.2')
    await once(probe, 'listening')
    const localPort = (probe.address() as AddressInfo).port
    probe.close()
    await once(probe, 'close')
    await new SmtpClient(to(server.port, { localAddress: '127.0.0.2', localPort })).verify()
    expect(server.sockets[0]).toMatchObject({ remoteAddress: '127.0.0.2', remotePort: localPort })
    server.close()
  })

  it('[part of ipworks.config.MaxLineLength] takes reply lines that are longer than the standard allows, and not without end', async () => {
    const long = await SinkServer.start({
      replyTo: (verb) => (verb === 'MAIL' ? `250 ${'x'.repeat(5_000)}` : undefined),
    })
    const receipt = await new SmtpClient(to(long.port)).send(LETTER)
    expect(receipt.deliveries[0]?.outcome).toBe('delivered')
    await long.close()
    const endless = await SinkServer.start({
      replyTo: (verb) => (verb === 'MAIL' ? `250 ${'x'.repeat(70_000)}` : undefined),
    })
    await expect(new SmtpClient(to(endless.port)).send(LETTER)).rejects.toMatchObject({ code: 'smtp.reply.too-long' })
    await endless.close()
  })

  it('[part of ipworks.config.ReuseSSLSession] resumes TLS sessions within one client, when it is told to', async () => {
    const tls = await certificates()
    await using sink = await SinkServer.start({ tls })
    for (const reuseTlsSessions of [true, undefined]) {
      const resumed: boolean[] = []
      const client = new SmtpClient(
        to(sink.port, {
          host: 'localhost',
          security: 'starttls',
          tls: { ca: tls.ca },
          ...(reuseTlsSessions && { reuseTlsSessions }),
        }),
      )
      client.on('trail', (event) => void (event.type === 'tls' && resumed.push(event.resumed)))
      for (let count = 0; count < 3; count++) await client.verify()
      const again = reuseTlsSessions === true
      expect(resumed).toEqual([false, again, again])
    }
  })

  it('sends content at a pace and keeps it whole', async () => {
    await using sink = await SinkServer.start({ keepContent: true })
    const content = `Subject: pace\r\n\r\n${'0123456789'.repeat(7).concat('\r\n').repeat(400)}`
    const client = new SmtpClient(to(sink.port, { maxOctetsPerSecond: 400_000 }))
    await client.send({ ...LETTER, content })
    await client.send({ ...LETTER, content: () => Readable.from([Buffer.from(content)]) })
    await client.close()
    expect(sink.ledger.map((message) => message.content?.toString())).toEqual([content, content])
  })

  it('refuses numbers that cannot be', () => {
    for (const name of ['keepAliveDelayMs', 'lingerMs', 'maxOctetsPerSecond', 'readBufferOctets', 'writeBufferOctets'])
      expect(() => new SmtpClient(to(25, { [name]: 0 }))).toThrow(expect.objectContaining({ field: name }) as Error)
  })
})
