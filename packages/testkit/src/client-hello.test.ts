import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { connect, type ConnectionOptions } from 'node:tls'
import { expect, it } from 'vitest'
import { readClientHello } from './client-hello.js'

it('reads what a client offers, as soon as the record is whole', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const offer: ConnectionOptions & { readonly requestOCSP: boolean } = {
    port: (server.address() as AddressInfo).port,
    host: '127.0.0.1',
    servername: 'relay.example.test',
    ecdhCurve: 'X448:P-256',
    sigalgs: 'RSA+SHA256:ed25519',
    ciphers: 'TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES128-GCM-SHA256',
    requestOCSP: true,
  }
  const client = connect(offer).on('error', () => {})
  const [socket] = (await once(server, 'connection')) as [Socket]
  const [record] = (await once(socket, 'data')) as [Buffer]
  client.destroy()
  socket.destroy()
  server.close()
  for (const size of [0, 4, 5, record.length - 1]) expect(readClientHello(record.subarray(0, size))).toBeUndefined()
  expect(readClientHello(record)).toMatchObject({
    versions: [0x304, 0x303],
    groups: [0x1e, 0x17],
    keyShares: [0x1e],
    signatureAlgorithms: [0x401, 0x807],
    suites: expect.arrayContaining([0x1301, 0xc02f]) as number[],
    serverName: 'relay.example.test',
    asksForStatus: true,
  })
})
