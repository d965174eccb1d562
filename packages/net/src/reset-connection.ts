import type { Socket } from 'node:net'

/** The stream below a stream of ours: TLS over TCP, TLS over a proxy's TLS. */
const below = new WeakMap<Socket, Socket>()

/** Notes that `socket` speaks over `stream`, for `resetConnection`. */
export function runsOver(socket: Socket, stream: Socket): void {
  below.set(socket, stream)
}

/**
 * Ends a connection with RST: what has not gone out is lost, and the other side sees that it was cut. TLS layers above the TCP socket are
 * destroyed with it, in the next turn of the event loop: in a callback of TLS the stream below it must not be taken away, or Node crashes. They go
 * first, the top one before the others. Node has no SO_LINGER; this is what a linger time of zero does. A connection whose end has begun and
 * waits for the other side is destroyed without RST: what was written before goes out, as far as the system has it.
 */
export function resetConnection(socket: Socket): void {
  if (socket.destroyed) return
  const layers: Socket[] = []
  let tcp = socket
  for (let next = below.get(tcp); next; next = below.get(tcp)) {
    layers.push(tcp)
    tcp = next
  }
  if (layers.length === 0) {
    reset(tcp)
    return
  }
  setImmediate(() => {
    const isEnding = [...layers, tcp].some(endsInOrder)
    if (!isEnding) resetWhenDestroyed(tcp)
    for (const layer of layers) layer.destroy()
    if (isEnding) tcp.destroy()
    else reset(tcp)
  })
}

/**
 * True while FIN waits for what was written before it. libuv does not reset what is about to send its FIN (UV_EINVAL), and Node then loses the
 * handle: the process would never end.
 */
function endsInOrder({ writableEnded, writableFinished }: Socket): boolean {
  return writableEnded && !writableFinished
}

/** The lowest layer of TLS destroys the stream below it as it goes, which would end in order. */
function resetWhenDestroyed(tcp: Socket): void {
  if (tcp.destroyed) return
  tcp.destroy = () => {
    Reflect.deleteProperty(tcp, 'destroy')
    return reset(tcp)
  }
}

function reset(tcp: Socket): Socket {
  try {
    return tcp.destroyed || endsInOrder(tcp) ? tcp.destroy() : tcp.resetAndDestroy()
  } catch {
    return tcp.destroy() // a stream of the caller's own that is not TCP
  }
}
