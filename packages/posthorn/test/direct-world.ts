import { connect } from 'node:net'
import type { PosthornError } from '@posthorn/ground'
import type { ConnectorOption } from '@posthorn/net'
import { isSendFailure, type Envelope, type Receipt, type SendOptions, type TrailEvent } from '@posthorn/smtp'
import { SinkServer, type SinkOptions } from '@posthorn/testkit'
import { afterEach, beforeEach } from 'vitest'
import { DirectClient } from '../src/direct/direct-client.js'
import type { DirectDelivery } from '../src/direct/direct-delivery.js'
import type { DirectOptions } from '../src/direct/direct-options.js'
import type { DirectResolver, MxAnswer } from '../src/direct/direct-resolver.js'

export const CONTENT = 'Subject: x\r\n\r\ntext\r\n'

/** Real servers under names of their own, and the DNS that leads to them; new for each test. */
export const world = {
  /** The servers by their names. A name without a server refuses connections. */
  servers: new Map<string, SinkServer>(),
  /** The MX records of domains; one that is not here does not exist. */
  zones: {} as Record<string, readonly (readonly [number, string])[] | Error>,
  /** Whether DNSSEC proves them. */
  secure: false,
  /** What the clients told. */
  trail: [] as TrailEvent[],
}
const closing: (() => Promise<void>)[] = []

beforeEach(() => {
  Object.assign(world, { servers: new Map(), zones: {}, secure: false, trail: [] })
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** A server under this name, in place of the former one. */
export async function serve(name: string, options: SinkOptions = {}): Promise<SinkServer> {
  const server = await SinkServer.start(options)
  closing.push(() => server.close())
  world.servers.set(name, server)
  return server
}

/** The DNS of this world; no domain has a policy. */
export const resolver: DirectResolver = {
  resolveMx(domain): Promise<MxAnswer> {
    const records = world.zones[domain]
    if (records instanceof Error) return Promise.reject(records)
    const found = (records ?? []).map(([priority, exchange]) => ({ priority, exchange }))
    return Promise.resolve({ records: found, secure: world.secure, exists: records !== undefined })
  },
  resolveTxt: () => Promise.reject(Object.assign(new Error('none'), { code: 'ENODATA' })),
}

const connector: ConnectorOption = async ({ host }) => {
  const server = world.servers.get(host)
  if (!server) throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
  const socket = connect(server.port, '127.0.0.1')
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  return socket
}

/** A client in this world, whose trail is kept; the first of equal servers comes last. */
export function client(options: Partial<DirectOptions> = {}, smtp: DirectOptions['smtp'] = {}): DirectClient {
  const made = new DirectClient({
    resolver,
    random: () => 0,
    ...options,
    smtp: { localName: 'app.example.test', connector, ...smtp },
  })
  made.on('trail', (event) => void world.trail.push(event))
  closing.push(() => made.close({ now: true }))
  return made
}

export function send(
  way: DirectClient,
  recipients: Envelope['recipients'],
  more: Partial<Envelope> = {},
  options: SendOptions = {},
): Promise<Receipt> {
  return way.send({ envelope: { reversePath: 'a@example.test', ...more, recipients }, content: CONTENT }, options)
}

/** The error that a send ends with. @throws what is no such error */
export async function failure(
  sending: Promise<Receipt>,
): Promise<PosthornError & { receipt: { deliveries: DirectDelivery[] } }> {
  const error: unknown = await sending.then(
    () => new Error('it was sent'),
    (reason: unknown) => reason,
  )
  if (!isSendFailure(error)) throw error
  return error as never
}

export const notes = () => world.trail.flatMap((event) => (event.type === 'note' ? event.text : []))

/** The verbs a server has read, over all its sessions. */
export const verbs = (server: SinkServer) =>
  server.sessions.flatMap(({ commands }) => commands.map((line) => line.slice(0, 4)))
