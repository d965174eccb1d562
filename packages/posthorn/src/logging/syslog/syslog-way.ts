import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { isIP, type Socket } from 'node:net'
import { dial, type TlsOptions } from '@posthorn/net'
import type { SyslogAddress } from './syslog-address.js'

/** An open way to a collector. */
export interface SyslogWay {
  /** Why it is of no use any more; undefined while it stands, as far as can be known. */
  readonly failure: Error | undefined
  /** Hands messages over; rejects when the way is lost. */
  send(messages: readonly Buffer[]): Promise<void>
  /** Sends what is left and lets go, at once when the signal is aborted. May be called again. Never rejects. */
  end(signal: AbortSignal): Promise<void>
}

/** Opens a way. @throws what says why there is none */
export type OpenWay = (signal: AbortSignal) => Promise<SyslogWay>

const CONNECT_MS = 10_000

/** The way to this address. What TLS shows is verified as everywhere. */
export function wayTo(address: SyslogAddress, tls: TlsOptions | undefined): OpenWay {
  return address.protocol === 'udp' ? () => overUdp(address) : (signal) => overStream(address, tls, signal)
}

/** One message a datagram, RFC 5426 3.1. The name is looked up once, IPv4 first; a collector that is not there is known only from its machine. */
async function overUdp({ host, port }: SyslogAddress): Promise<SyslogWay> {
  const { address, family } =
    isIP(host) === 0 ? await lookup(host, { verbatim: false }) : { address: host, family: isIP(host) }
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
  let failure: Error | undefined
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.connect(port, address, () => {
      socket.off('error', reject)
      resolve()
    })
  }).catch((error: unknown) => {
    socket.close()
    throw error
  })
  let ended: Promise<void> | undefined
  socket.on('error', (error) => (failure = error)) // "port unreachable", said after the fact
  socket.unref()
  return {
    get failure() {
      return failure
    },
    async send(messages) {
      if (failure) throw failure
      for (const message of messages) await datagram(socket, message)
    },
    end: () => (ended ??= new Promise((resolve) => socket.close(() => resolve()))),
  }
}

function datagram(socket: UdpSocket, message: Buffer): Promise<void> {
  return new Promise((resolve, reject) => socket.send(message, (error) => (error ? reject(error) : resolve())))
}

/** Octet counting: the length in front of each message. RFC 6587 3.4.1; RFC 5425 4.3 inside TLS. */
async function overStream(
  { protocol, host, port }: SyslogAddress,
  tls: TlsOptions | undefined,
  signal: AbortSignal,
): Promise<SyslogWay> {
  const security = protocol === 'tls' ? 'tls' : 'plain'
  const socket = await dial({ host, port, security, tls, timeoutMs: CONNECT_MS, signal })
  let failure: Error | undefined
  socket.on('error', (error: Error) => (failure = error))
  socket.on('close', () => (failure ??= new Error('the collector hung up')))
  socket.on('end', () => (failure ??= new Error('the collector hung up')))
  socket.resume() // a collector says nothing; what it says all the same is of no interest
  socket.unref()
  return {
    get failure() {
      return failure
    },
    async send(messages) {
      if (failure) throw failure
      await written(socket, Buffer.concat(messages.flatMap((message) => [Buffer.from(`${message.length} `), message])))
    },
    end: (over) =>
      new Promise((resolve) => {
        if (socket.closed) return resolve()
        const abort = () => void socket.destroy() // whoever never reads would keep it open for good
        socket.once('close', () => {
          over.removeEventListener('abort', abort)
          resolve()
        })
        over.addEventListener('abort', abort, { once: true })
        if (over.aborted) abort()
        else socket.end(() => socket.destroy())
      }),
  }
}

function written(socket: Socket, octets: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const gone = () => reject(new Error('the collector hung up'))
    socket.once('close', gone)
    socket.write(octets, (error) => {
      socket.off('close', gone)
      if (error) reject(error)
      else if (socket.destroyed)
        gone() // Node knows of no error where it broke off a write that was under way
      else resolve()
    })
  })
}
