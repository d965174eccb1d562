// Free ports of loopback, found by trying them.
import { createServer } from 'node:net'

// below 32768, where Linux begins to hand out ports to outgoing connections: a port found free stays free
const LOWEST = 20_000
const HIGHEST = 32_000

/** This many ports of 127.0.0.1 that nobody listened on a moment ago. */
export async function freePorts(count) {
  const held = []
  try {
    let port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST))
    for (let tries = 0; held.length < count; tries++) {
      if (tries > HIGHEST - LOWEST) throw new Error(`no ${count} free ports between ${LOWEST} and ${HIGHEST}`)
      const server = await listen(port)
      if (server) held.push(server)
      port = port < HIGHEST ? port + 1 : LOWEST
    }
    return held.map((server) => server.address().port)
  } finally {
    await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))))
  }
}

function listen(port) {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server))
  })
}
