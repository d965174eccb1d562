import type { TLSSocket } from 'node:tls'
import { dial } from '../src/dial.js'
import type { NetEvent, TlsFacts, TlsOptions } from '../src/options.js'
import { HOST, keep, resolve } from './server.js'

/** A connection under TLS to a port of this machine, with what was said on the way. */
export async function dialTls(
  port: number,
  tls: TlsOptions = {},
  more: { host?: string; timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<{ socket: TLSSocket; facts: TlsFacts; notes: string[] }> {
  const events: NetEvent[] = []
  const options = { host: HOST, timeoutMs: 20_000, port, security: 'tls', tls, resolve, ...more } as const
  const socket = keep((await dial({ ...options, onEvent: (event) => events.push(event) })) as TLSSocket)
  const facts = events.find((event) => event.type === 'tls')
  if (facts?.type !== 'tls') throw new Error('no event told of TLS')
  return { socket, facts, notes: events.flatMap((event) => (event.type === 'note' ? [event.text] : [])) }
}
