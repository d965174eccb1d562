import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A server in the hands of the test: it greets, answers EHLO and QUIT, and says nothing else by itself. */
export interface Puppet {
  readonly port: number
  /** The side of the server, of the connection that came last. */
  readonly socket: () => Socket
}

/** @param greets false: it says nothing at all, not even the greeting */
export async function puppet(greets = true): Promise<Puppet> {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    if (!greets) return
    socket.write('220 puppet.example.test\r\n')
    socket.on('data', (octets) => {
      const line = octets.toString('latin1')
      if (line.startsWith('EHLO')) socket.write('250 puppet.example.test\r\n')
      if (line.startsWith('QUIT')) socket.end('221 bye\r\n')
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  })
  return { port: (server.address() as AddressInfo).port, socket: () => sockets.at(-1)! }
}
