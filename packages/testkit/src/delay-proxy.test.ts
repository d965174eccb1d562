import type { AddressInfo, Socket } from 'node:net'
import { createServer } from 'node:net'
import { createTransport } from 'nodemailer'
import { afterEach, describe, expect, it } from 'vitest'
import { RawClient } from '../test/raw-client.js'
import { DelayProxy } from './delay-proxy.js'
import { fillPattern } from './fill-pattern.js'
import { SinkServer } from './sink/sink-server.js'

const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** A server that gives each connection to a function; a proxy before it. */
async function before(delayMs: number, serve: (socket: Socket) => void): Promise<DelayProxy> {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket.on('error', () => {}))
    serve(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  })
  const proxy = await DelayProxy.start({ target: (server.address() as AddressInfo).port, delayMs })
  closing.push(() => proxy.close())
  return proxy
}

describe('DelayProxy', () => {
  it('lets the greeting take two round trips and a command one, at least', async () => {
    const proxy = await before(15, (socket) => {
      socket.write('220 x\r\n')
      socket.on('data', (octets) => socket.write(octets))
    })
    const start = performance.now()
    const client = await RawClient.connect(proxy.port)
    await client.replies(1)
    expect(performance.now() - start).toBeGreaterThanOrEqual(58) // a timer may fire a moment early
    const asked = performance.now()
    await client.ask('250 echo')
    expect(performance.now() - asked).toBeGreaterThanOrEqual(28)
    expect(proxy.connections).toBe(1)
  })

  it('keeps every octet in order, both ways at once, and passes half-closes on', async () => {
    const proxy = await before(5, (socket) => {
      socket.on('data', (octets: Buffer) => socket.write(octets))
      socket.on('end', () => socket.end('END'))
    })
    const sent = fillPattern(5_000_000, { seed: 9 })
    const client = await RawClient.connect(proxy.port, { halfOpen: true })
    client.socket.removeAllListeners('data')
    const parts: Buffer[] = []
    client.socket.on('data', (octets: Buffer) => parts.push(octets))
    client.socket.end(sent)
    expect(await client.gone()).toBe('end')
    expect(Buffer.concat(parts).equals(Buffer.concat([sent, Buffer.from('END')]))).toBe(true)
  })

  it('takes octets that were sent before the far side was reached', async () => {
    let received = ''
    const proxy = await before(10, (socket) => {
      socket.on('data', (octets: Buffer) => (received += octets.toString()))
      socket.on('end', () => socket.end())
    })
    const client = await RawClient.connect(proxy.port, { halfOpen: true })
    const start = performance.now()
    client.socket.end('early')
    expect(await client.gone()).toBe('end')
    expect(received).toBe('early')
    expect(performance.now() - start).toBeGreaterThanOrEqual(37)
  })

  it('passes resets on, in both directions, and resets when the target is not there', async () => {
    const ends: string[] = []
    const broken = new Promise<void>((resolve) => {
      void before(3, (socket) => {
        socket.on('error', (error: NodeJS.ErrnoException) => {
          ends.push(error.code ?? '')
          resolve()
        })
        socket.write('220 x\r\n')
      }).then(async (proxy) => {
        const client = await RawClient.connect(proxy.port)
        await client.replies(1)
        client.socket.resetAndDestroy()
      })
    })
    await broken
    expect(ends).toEqual(['ECONNRESET'])
    const proxy = await before(3, (socket) => socket.resetAndDestroy())
    expect(await (await RawClient.connect(proxy.port)).gone()).toBe('ECONNRESET')
    const nowhere = await DelayProxy.start({ target: 1, delayMs: 3 })
    closing.push(() => nowhere.close())
    expect(await (await RawClient.connect(nowhere.port)).gone()).toBe('ECONNRESET')
  })

  it('closes with connections on their way', async () => {
    const proxy = await before(10_000, (socket) => socket.end())
    const client = await RawClient.connect(proxy.port)
    await proxy.close()
    expect(await client.gone()).toBeDefined()
  })

  it('carries a transaction of nodemailer', async () => {
    const sink = await SinkServer.start()
    closing.push(() => sink.close())
    const proxy = await DelayProxy.start({ target: sink.port, delayMs: 2 })
    closing.push(() => proxy.close())
    const start = performance.now()
    const envelope = { from: 'a@x', to: ['b@x'] }
    await createTransport({ host: '127.0.0.1', port: proxy.port }).sendMail({ envelope, raw: fillPattern(2000) })
    expect(performance.now() - start).toBeGreaterThanOrEqual(7 * 4 - 3) // handshake, greeting, EHLO, MAIL, RCPT, DATA, content
    expect(sink.ledger).toMatchObject([{ octets: 2000, replied: true }])
  })
})
