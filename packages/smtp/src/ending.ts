import type { Socket } from 'node:net'
import { resetConnection } from '@posthorn/net'

/** How long a connection that was ended in order may take before it is cut. */
const LINGER_MS = 1_000

/** How a connection is closed; see `SocketOptions`. */
export interface Ending {
  readonly linger?: boolean | undefined
  readonly lingerMs?: number | undefined
}

/** Ends a connection in order, with TLS's own goodbye (RFC 8314 3.4), or resets it when it is not to linger. */
export function endConnection(socket: Socket, { linger = true, lingerMs = LINGER_MS }: Ending): void {
  if (!linger) return resetConnection(socket)
  const cut = setTimeout(() => resetConnection(socket), lingerMs).unref()
  socket.once('close', () => clearTimeout(cut))
  socket.end()
  socket.resume()
}
