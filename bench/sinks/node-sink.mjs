// An SMTP sink in Node, for TLS, STARTTLS and AUTH, for looking at contents, and for machines without a C compiler. A process of its
// own: settings as JSON in the first argument, the same lines on standard input and output as sink.c.
import { createServer } from 'node:net'
import { createSecureContext, createServer as createTlsServer, TLSSocket } from 'node:tls'
import { createInterface } from 'node:readline'
import { Intake, newLedger } from './intake.mjs'

const { security, certificate, auth, digest } = JSON.parse(process.argv[2])
const basic = ['PIPELINING', 'SIZE', '8BITMIME', 'ENHANCEDSTATUSCODES', 'CHUNKING', ...(auth ? ['AUTH PLAIN'] : [])]
const context = certificate && createSecureContext(certificate)

const ledger = newLedger()
let cpu = process.cpuUsage()

function serve(socket) {
  ledger.connections++
  converse(socket, [...basic, ...(security === 'starttls' ? ['STARTTLS'] : [])])
  socket.write('220 sink.bench.example ESMTP\r\n')
}

function converse(socket, keywords) {
  const intake = new Intake(ledger, { keywords, digest })
  const take = (block) => {
    const replies = intake.take(block)
    if (replies !== '') socket.write(replies, 'latin1')
    if (intake.wants === 'quit') socket.end()
    if (intake.wants === 'starttls') {
      socket.off('data', take)
      converse(new TLSSocket(socket, { isServer: true, secureContext: context }), basic)
    }
  }
  socket.on('data', take)
  socket.on('error', (error) => {
    if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') ledger.faults++
  })
}

const server =
  security === 'implicit'
    ? createTlsServer({ ...certificate, noDelay: true }, serve)
    : createServer({ noDelay: true }, serve)
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })))

createInterface({ input: process.stdin })
  .on('line', () => {
    const { user, system } = process.cpuUsage(cpu)
    console.log(JSON.stringify({ ...ledger, cpuUs: user + system }))
    Object.assign(ledger, newLedger())
    cpu = process.cpuUsage()
  })
  .on('close', () => process.exit(0))
