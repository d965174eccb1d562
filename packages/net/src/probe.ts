import { ConnectError } from '@posthorn/ground'
import type { ConnectCode } from './diagnosis.js'
import { dial } from './dial.js'
import type { ProbeOptions } from './options.js'

/** What a handshake ends with when nobody there speaks TLS; every other `tls.` code takes two to come about. */
const NO_TLS: ReadonlySet<string> = new Set<ConnectCode>(['tls.plaintext', 'tls.timeout'])

/**
 * Whether a port speaks TLS from its first octet, seen over a connection of its own that is closed at once: the question to ask when a
 * port accepts a connection and then says nothing. Any certificate will do, and so will a handshake that fails between two sides that
 * both speak TLS. Never throws; no answer within `timeoutMs` is false.
 */
export async function speaksTls(options: ProbeOptions): Promise<boolean> {
  try {
    const socket = await dial({ ...options, security: 'tls', tls: { rejectUnauthorized: false } })
    socket.destroy()
    return true
  } catch (error) {
    return error instanceof ConnectError && error.code.startsWith('tls.') && !NO_TLS.has(error.code)
  }
}
