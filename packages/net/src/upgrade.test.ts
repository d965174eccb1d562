import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { expect, test } from 'vitest'
import { good, HOST, keep, plainServer, readUntil, refused, trust } from '../test/server.js'
import { checkUpgrade, upgrade } from './upgrade.js'

const base = { host: HOST, port: 587, timeoutMs: 20_000, tls: trust }

/** A server that answers STARTTLS and then speaks TLS on the same stream. */
async function startTlsServer(answer: string, after: (socket: TLSSocket) => void = () => {}): Promise<Socket> {
  const port = await plainServer((socket) => {
    socket.once('data', () => {
      socket.pause().write(answer)
      const secure = keep(new TLSSocket(socket, { isServer: true, cert: good.cert, key: good.key }))
      secure.once('secure', () => after(secure))
    })
  })
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write('STARTTLS\r\n')
  return keep(socket)
}

test.each(['flowing', 'paused', 'read'] as const)('a stream that was %s is upgraded', async (state) => {
  const socket = await startTlsServer('220 go\r\n', (secure) => secure.write('250 inside\r\n'))
  if (state === 'read') {
    await once(socket, 'readable')
    expect(String(socket.read())).toBe('220 go\r\n')
    socket.removeAllListeners('readable')
  } else {
    expect(String(await once(socket, 'data'))).toBe('220 go\r\n')
    socket.removeAllListeners('data')
    if (state === 'paused') socket.pause()
  }
  const secure = keep(await upgrade(socket, base))
  expect(secure.readableFlowing).toBe(null)
  expect(secure.getProtocol()).toBe('TLSv1.3')
  expect(await readUntil(secure, '\r\n')).toBe('250 inside\r\n')
})

test('octets that wait in the stream are refused, and the stream is destroyed', async () => {
  const socket = await startTlsServer('220 go\r\n250-injected\r\n250 AUTH PLAIN\r\n')
  await once(socket, 'readable')
  expect(String(socket.read(8))).toBe('220 go\r\n')
  const error = await refused(upgrade(socket, base))
  expect(error).toMatchObject({ code: 'tls.injected', phase: 'tls', outcome: 'transient' })
  expect(error.message).toBe(`${HOST} sent 30 octets in clear text behind its consent to STARTTLS`)
  expect(error.hint).toContain('RFC 3207')
  expect(socket.destroyed).toBe(true)
})

test('clear text that comes later, in place of the handshake, is refused too', async () => {
  const port = await plainServer((socket) => socket.once('data', () => socket.write('250 injected\r\n')))
  const socket = keep(connect(port, '127.0.0.1'))
  await once(socket, 'connect')
  expect(await refused(upgrade(socket, base))).toMatchObject({ code: 'tls.injected', phase: 'tls' })
  expect(socket.destroyed).toBe(true)
})

test('a stream that is closed already, and options that cannot be used', async () => {
  const port = await plainServer()
  const closed = keep(connect(port, '127.0.0.1'))
  await once(closed, 'connect')
  closed.destroy()
  expect(await refused(upgrade(closed, base))).toMatchObject({ code: 'connect.reset', phase: 'tls' })
  const open = keep(connect(port, '127.0.0.1'))
  await once(open, 'connect')
  await expect(upgrade(open, { ...base, tls: { ciphers: 'NONE-SUCH' } })).rejects.toMatchObject({
    code: 'settings.tls-ciphers',
  })
  expect(open.destroyed).toBe(true)
})

test('what cannot be used is known before there is a stream', async () => {
  await expect(checkUpgrade({ host: HOST, tls: { ciphers: 'NONE-SUCH' } })).rejects.toMatchObject({
    code: 'settings.tls-ciphers',
  })
  await checkUpgrade(base)
})
