// A link with a long round trip, in a process of its own: relays TCP from one local port to another and delays, nothing else (no
// limit of bandwidth, no loss). First argument, JSON: { ports: [upstream, ...], oneWayMs }. Prints {"ports":[...]} in the same order;
// ends with its standard input.
//
// Accepting on loopback takes no time, so the connect is paid for at the start of the relay: nothing that either side sends arrives
// before one round trip after the accept. That is the turn of SYN and SYN-ACK.
import { connect, createServer } from 'node:net'
import { once } from 'node:events'

const { ports, oneWayMs } = JSON.parse(process.argv[2])
/** Node's timers are good to a millisecond; the rest of a wait is spent looking at the clock, which is why this is its own process. */
const TIMER_SLACK_MS = 1.5

/** Octets under way in one direction, oldest first. `undefined` octets stand for the end of the stream. */
const directions = new Set()
let waiting = false

function relay(near, port) {
  const opensAt = performance.now() + 2 * oneWayMs
  const far = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
  carry(near, far, opensAt)
  carry(far, near, opensAt)
}

function carry(from, to, opensAt) {
  const direction = { to, queue: [] }
  directions.add(direction)
  const put = (octets) => {
    direction.queue.push({ due: Math.max(performance.now() + oneWayMs, opensAt), octets })
    schedule()
  }
  from.on('data', put)
  from.on('end', () => put(undefined))
  // A reset connection is an end like any other here; the clients' own errors tell what happened.
  from.on('error', () => {})
  from.on('close', () => {
    put(undefined)
    direction.closed = true
  })
}

function schedule() {
  if (waiting) return
  let next = Infinity
  for (const { queue } of directions) if (queue.length > 0 && queue[0].due < next) next = queue[0].due
  if (next === Infinity) return
  waiting = true
  const waitMs = next - performance.now()
  if (waitMs > TIMER_SLACK_MS) setTimeout(deliver, waitMs - TIMER_SLACK_MS)
  else setImmediate(deliver)
}

function deliver() {
  waiting = false
  const now = performance.now()
  for (const direction of directions) {
    const { to, queue } = direction
    while (queue.length > 0 && queue[0].due <= now) {
      const { octets } = queue.shift()
      if (octets === undefined) to.end()
      else if (to.writable) to.write(octets)
    }
    if (direction.closed && queue.length === 0) directions.delete(direction)
  }
  schedule()
}

const servers = ports.map((port) => createServer({ noDelay: true, allowHalfOpen: true }, (near) => relay(near, port)))
for (const server of servers) {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
}
console.log(JSON.stringify({ ports: servers.map((server) => server.address().port) }))
process.stdin.on('end', () => process.exit(0)).resume()
