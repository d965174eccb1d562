import type { Socket } from 'node:net'
import { resetConnection } from '@posthorn/net'

/** How long the end of the other side is waited for, where nothing is said of it. */
const LINGER_MS = 1_000

/** How a connection is closed; see `SocketOptions`. */
export interface Ending {
  readonly linger?: boolean | undefined
  readonly lingerMs?: number | undefined
}

/**
 * Ends a connection in order, with TLS's own goodbye (RFC 8314 3.4), or resets it when it is not to linger. One that the other side does not
 * end, too, is reset after `lingerMs`; without that it is left to the system, which sends what it has and takes its own time.
 */
export function endConnection(socket: Socket, { linger = true, lingerMs }: Ending): void {
  if (!linger) return resetConnection(socket)
  const give = lingerMs === undefined ? () => socket.destroy() : () => resetConnection(socket)
  const cut = setTimeout(give, lingerMs ?? LINGER_MS).unref()
  socket.once('close', () => clearTimeout(cut))
  socket.end()
  socket.resume()
}
