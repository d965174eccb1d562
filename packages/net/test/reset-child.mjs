// Resets a connection whose end has begun while the other side reads nothing, then has nothing more to do: the process must end by itself.
// Arguments: the module under test, certificate and key (PEM), `tls` or `tcp`.
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'

const [, , module, cert, key, kind] = process.argv
const { resetConnection, runsOver } = await import(module)

const held = []
const onConnection = (socket) => held.push(socket.on('error', () => {}))
const server = kind === 'tls' ? createTlsServer({ cert, key }, onConnection) : createServer(onConnection)
server.on('connection', (socket) => held.push(socket.on('error', () => {}).pause()))
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const tcp = connect(server.address().port, '127.0.0.1')
const socket = kind === 'tls' ? connectTls({ socket: tcp, rejectUnauthorized: false }) : tcp
if (socket !== tcp) runsOver(socket, tcp)
for (const each of new Set([socket, tcp])) each.on('error', () => {})
await once(socket, kind === 'tls' ? 'secureConnect' : 'connect')
socket.write(Buffer.alloc(process.argv[6] === 'much' ? 64_000_000 : 10))
socket.end()
tcp.once('close', () => {
  console.log('closed')
  for (const each of held) each.destroy()
  server.close()
})
resetConnection(socket)
