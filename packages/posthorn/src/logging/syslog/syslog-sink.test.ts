import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { certificates } from '@posthorn/testkit'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { WrittenEntry } from '../log-entry.js'
import { SyslogSink, type SyslogSinkOptions } from './syslog-sink.js'
import { wayTo, type OpenWay, type SyslogWay } from './syslog-way.js'

const source = { facility: 'mail', hostName: 'h', appName: 'posthorn', processId: 1 } as const
const entry = (text: string): WrittenEntry => ({ at: new Date(0), level: 'info', event: 'x', text, facts: {} })
const closing: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

function sink(open: OpenWay, more: Partial<SyslogSinkOptions> = {}): SyslogSink {
  const made = new SyslogSink({ source, open, maxOctets: 2048, tell: () => {}, ...more })
  closing.unshift(() => made.close())
  return made
}

/** A collector that counts octets: gives the sentences it has got. */
class Collector {
  readonly texts: string[] = []
  readonly server: Server
  readonly sockets = new Set<Socket>()
  #waiting: (() => void)[] = []

  constructor(server: Server, event: 'connection' | 'secureConnection') {
    this.server = server
    server.on(event, (socket: Socket) => {
      this.sockets.add(socket)
      let text = Buffer.alloc(0)
      socket.on('error', () => {})
      socket.on('data', (octets: Buffer) => {
        text = Buffer.concat([text, octets])
        for (;;) {
          const space = text.indexOf(' ')
          const length = Number(text.toString('latin1', 0, space))
          if (space < 0 || text.length < space + 1 + length) break
          this.texts.push(sentence(text.subarray(space + 1, space + 1 + length)))
          text = text.subarray(space + 1 + length)
        }
        for (const wake of this.#waiting.splice(0)) wake()
      })
    })
    closing.push(() => {
      for (const socket of this.sockets) socket.destroy()
      return new Promise((resolve) => server.close(resolve))
    })
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve))
    return (this.server.address() as AddressInfo).port
  }

  async until(ready: () => boolean): Promise<void> {
    while (!ready()) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }
}

const sentence = (message: Uint8Array) => Buffer.from(message).toString().split(' \ufeff')[1] ?? '?'

describe('SyslogSink', () => {
  it('[part of beyondtrust.logging.EventLog] sends a datagram for each entry', async () => {
    const collector: UdpSocket = createSocket('udp4')
    closing.push(() => new Promise((resolve) => collector.close(() => resolve(undefined))))
    const got: string[] = []
    const both = new Promise<void>((resolve) =>
      collector.on('message', (message) => {
        got.push(message.toString())
        if (got.length === 2) resolve()
      }),
    )
    await new Promise<void>((resolve) => collector.bind(0, '127.0.0.1', resolve))
    const log = sink(wayTo({ protocol: 'udp', host: '127.0.0.1', port: collector.address().port }, undefined))
    log.write(entry('connected'))
    log.write(entry('x'.repeat(5000)))
    await both
    expect(got[0]).toBe('<22>1 1970-01-01T00:00:00.000Z h posthorn 1 x - \ufeffconnected')
    expect(Buffer.byteLength(got[1]!)).toBe(2048)
  })

  it('counts octets over TCP, and sends what waits before it closes', async () => {
    const collector = new Collector(createServer(), 'connection')
    const port = await collector.listen()
    const log = sink(wayTo({ protocol: 'tcp', host: '127.0.0.1', port }, undefined))
    const texts = Array.from({ length: 200 }, (_, index) => `entry ${index} ä`)
    for (const text of texts) log.write(entry(text))
    await log.close()
    await collector.until(() => collector.texts.length === 200)
    expect(collector.texts).toEqual(texts)
  })

  it('goes over TLS, to a collector whose certificate is right, and to no other', async () => {
    const { ca, good, selfSigned } = await certificates()
    for (const shown of [good, selfSigned]) {
      const collector = new Collector(createTlsServer(shown), 'secureConnection')
      const port = await collector.listen()
      const told: string[] = []
      let refused = () => {}
      const isRefused = new Promise<void>((resolve) => (refused = resolve))
      const log = sink(wayTo({ protocol: 'tls', host: '127.0.0.1', port }, { extraCa: ca }), {
        tell: (text) => {
          told.push(text)
          refused()
        },
      })
      log.write(entry('hello'))
      if (shown === good) await collector.until(() => collector.texts.length > 0)
      else await isRefused
      expect(collector.texts).toEqual(shown === good ? ['hello'] : [])
      expect(told).toHaveLength(shown === good ? 0 : 1)
    }
  })

  it('keeps a thousand while the collector is away, counts the others, and tells both sides', async () => {
    const collector = new Collector(createServer(), 'connection')
    const port = await collector.listen()
    const open = wayTo({ protocol: 'tcp', host: '127.0.0.1', port }, undefined)
    const told: string[] = []
    const pauses: number[] = []
    let isBack = false
    let resumed: () => void = () => {}
    const paused = () => new Promise<void>((resolve) => (onPause = resolve))
    let onPause: () => void = () => {}
    const log = sink((signal) => (isBack ? open(signal) : Promise.reject(new Error('nobody there'))), {
      tell: (text) => void told.push(text),
      after: (timeMs, resume) => {
        pauses.push(timeMs)
        resumed = resume
        onPause()
        return () => {}
      },
    })
    let next = paused()
    for (let number = 0; number < 1037; number++) log.write(entry(String(number)))
    await next
    next = paused()
    resumed()
    await next
    isBack = true
    resumed()
    await collector.until(() => collector.texts.length === 1001)
    expect(collector.texts[0]).toBe('37 entries were dropped while the collector was away')
    expect([collector.texts[1], collector.texts[1000]]).toEqual(['0', '999'])
    expect(told).toEqual(['the syslog collector cannot be reached (nobody there); mail goes on'])
    expect(pauses).toEqual([1000, 2000])
  })

  it('opens a new connection when the collector has hung up', async () => {
    const collector = new Collector(createServer(), 'connection')
    const port = await collector.listen()
    const told: string[] = []
    const log = sink(wayTo({ protocol: 'tcp', host: '127.0.0.1', port }, undefined), {
      tell: (text) => void told.push(text),
      after: (_, resume) => {
        setImmediate(resume)
        return () => {}
      },
    })
    log.write(entry('one'))
    await collector.until(() => collector.texts.length === 1)
    for (const socket of collector.sockets) socket.destroy()
    // what goes into a connection that is being torn down may be lost: it goes on until one arrives
    for (let number = 0; collector.texts.length < 2; number++) {
      log.write(entry(`again ${number}`))
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(told).toHaveLength(1)
    expect(collector.sockets.size).toBe(2)
  })

  it('does not wait for a collector that is away when it is closed', async () => {
    let tries = 0
    let tried = () => {}
    const isTried = new Promise<void>((resolve) => (tried = resolve))
    const log = sink(
      () => {
        tries++
        return Promise.reject(new Error('away'))
      },
      { tell: () => tried() },
    )
    log.write(entry('lost'))
    await isTried
    await log.close()
    log.write(entry('too late'))
    await new Promise((resolve) => setImmediate(resolve))
    expect(tries).toBe(1)
  })

  it('cuts off a collector that never reads, when it is closed', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    closing.push(() => Promise.resolve(vi.useRealTimers()))
    const sockets: Socket[] = []
    const collector = createServer((socket) => void sockets.push(socket.pause().on('error', () => {})))
    closing.push(() => {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => collector.close(resolve))
    })
    await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve))
    const { port } = collector.address() as AddressInfo
    const opened: SyslogWay[] = []
    let isFull = () => {}
    const full = new Promise<void>((resolve) => (isFull = resolve))
    const sending: Promise<void>[] = []
    const log = sink(async (signal) => {
      const way = await wayTo({ protocol: 'tcp', host: '127.0.0.1', port }, undefined)(signal)
      opened.push(way)
      return {
        get failure() {
          return way.failure
        },
        send() {
          const over = way.send([Buffer.alloc(64 * 1024 * 1024)]) // more than the system takes for it
          sending.push(over)
          isFull()
          return over
        },
        end: (over) => way.end(over),
      }
    })
    log.write(entry('one'))
    await full
    const closed = log.close()
    vi.advanceTimersByTime(2000)
    await closed
    await expect(sending[0]).rejects.toThrow('hung up')
    await opened[0]!.end(AbortSignal.abort())
    expect(opened).toHaveLength(1)
  })

  it('lets go of a way that comes about after it was closed', async () => {
    let come: (way: SyslogWay) => void = () => {}
    const ended: boolean[] = []
    const log = sink(() => new Promise<SyslogWay>((resolve) => (come = resolve)), {})
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    closing.push(() => Promise.resolve(vi.useRealTimers()))
    log.write(entry('one'))
    const closed = log.close()
    vi.advanceTimersByTime(2000)
    await closed
    const end = (over: AbortSignal) => {
      ended.push(over.aborted)
      return Promise.resolve()
    }
    come({ failure: undefined, send: () => Promise.resolve(), end })
    await new Promise((resolve) => setImmediate(resolve))
    expect(ended).toEqual([true])
  })
})
