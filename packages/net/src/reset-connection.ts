import type { Socket } from 'node:net'

/** The stream below a stream of ours: TLS over TCP, TLS over a proxy's TLS. */
const below = new WeakMap<Socket, Socket>()

/** Notes that `socket` speaks over `stream`, for `resetConnection`. */
export function runsOver(socket: Socket, stream: Socket): void {
  below.set(socket, stream)
}

/**
 * Ends a connection with RST: what has not gone out is lost, and the other side sees that it was cut. TLS layers above the TCP socket are
 * destroyed with it, in the next turn of the event loop: in a callback of TLS the stream below it must not be taken away, or Node crashes.
 * Node has no SO_LINGER; this is what a linger time of zero does.
 */
export function resetConnection(socket: Socket): void {
  if (socket.destroyed) return
  let tcp = socket
  for (let next = below.get(tcp); next; next = below.get(tcp)) tcp = next
  if (tcp === socket) reset(tcp)
  else {
    setImmediate(() => {
      if (!socket.destroyed) reset(tcp)
      socket.destroy()
    })
  }
}

function reset(tcp: Socket): void {
  try {
    if (!tcp.destroyed) tcp.resetAndDestroy()
  } catch {
    tcp.destroy() // a stream of the caller's own that is not TCP
  }
}
