import { ConnectError } from '@posthorn/ground'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls'
import { afterEach } from 'vitest'
import type { DialOptions, Resolve } from '../src/options.js'
import { makeCertificate } from './certificate.js'

/** The host of most tests; only `resolve` below knows its address. */
export const HOST = 'mail.example.test'
export const authority = makeCertificate({ commonName: 'Test Authority', authority: true })
export const good = makeCertificate({ commonName: 'whatever', names: [HOST, '127.0.0.1'], issuer: authority })
export const trust = { ca: authority.cert }

export const resolve: Resolve = async () => [{ address: '127.0.0.1', family: 4 }]

/** A plain connection to `HOST`, as far as it does not depend on the test. */
export const base = {
  host: HOST,
  port: 25,
  security: 'plain',
  timeoutMs: 20_000,
  resolve,
} as const satisfies Partial<DialOptions>

const servers = new Set<Server>()
const sockets = new Set<Socket>()

afterEach(async () => {
  for (const server of servers) server.on('connection', (late: Socket) => late.destroy())
  for (const socket of sockets) socket.destroy()
  await Promise.all([...servers].map((server) => new Promise((done) => server.close(done))))
  servers.clear()
  sockets.clear()
})

/** Sockets that the test itself got; closed after it. */
export function keep<S extends Socket>(socket: S): S {
  socket.on('error', () => {})
  sockets.add(socket)
  return socket
}

/** A server that the test itself made; closed after it. */
export function adopt<S extends Server>(server: S): S {
  servers.add(server)
  server.on('connection', keep)
  return server
}

async function listen(server: Server, address = '127.0.0.1'): Promise<number> {
  servers.add(server)
  server.on('connection', keep)
  server.listen(0, address)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

export function plainServer(onConnection: (socket: Socket) => void = () => {}, address?: string): Promise<number> {
  return listen(createServer(onConnection), address)
}

export function tlsServer(
  options: TlsOptions = good,
  onSecure: (socket: TLSSocket) => void = () => {},
  prepare: (server: Server) => void = () => {},
) {
  const server = createTlsServer({ cert: good.cert, key: good.key, ...options }, (socket) => onSecure(keep(socket)))
  prepare(server)
  server.on('tlsClientError', () => {})
  return listen(server)
}

/** The error a promise must end with. */
export async function refused(promise: Promise<unknown>): Promise<ConnectError> {
  const error: unknown = await promise.then(
    () => new Error('the promise was fulfilled'),
    (reason: unknown) => reason,
  )
  if (error instanceof ConnectError) return error
  throw error
}

/** Everything that comes until the text is complete. */
export function readUntil(socket: Socket, end: string): Promise<string> {
  return new Promise((done, reject) => {
    let text = ''
    socket.on('error', reject)
    socket.on('close', () => reject(new Error(`closed after ${JSON.stringify(text)}`)))
    socket.on('data', (octets: Buffer) => {
      text += octets.toString('latin1')
      if (text.endsWith(end)) done(text)
    })
  })
}

/** How many TCP and TLS sockets, and lookups, keep this process alive. */
export function openHandles(): number {
  return process.getActiveResourcesInfo().filter((each) => /TCP|TLS|GetAddrInfo/i.test(each)).length
}
