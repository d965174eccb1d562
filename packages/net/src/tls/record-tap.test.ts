import { once } from 'node:events'
import { connect } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { good, keep, plainServer, readUntil, refused, tlsServer, trust } from '../../test/server.js'
import { dialTls } from '../../test/tls-dial.js'
import type { TlsRecord } from '../options.js'
import { tapRecords } from './record-tap.js'

test.each(['TLSv1.2', 'TLSv1.3'] as const)(
  '[part of ipworks.config.LogSSLPackets] every record of a session with %s is told of, both ways',
  async (maxVersion) => {
    const records: TlsRecord[] = []
    const port = await tlsServer(good, (socket) => socket.pipe(socket))
    const onRecord = (record: TlsRecord) => records.push(record)
    const { socket, facts } = await dialTls(port, { ...trust, maxVersion, onRecord })
    expect(facts.protocol).toBe(maxVersion)
    expect(records.length).toBeGreaterThanOrEqual(4)
    expect(records[0]).toMatchObject({ direction: 'out', type: 'handshake' })
    expect(records[1]).toMatchObject({ direction: 'in', type: 'handshake' })
    const handshake = records.length
    socket.write(`${'x'.repeat(100_000)}\r\n`)
    expect(await readUntil(socket, '\r\n')).toHaveLength(100_002)
    const data = records.slice(handshake).filter(({ type }) => type === 'application_data')
    for (const direction of ['in', 'out'] as const) {
      const octets = data.filter((record) => record.direction === direction).map((record) => record.octets)
      expect(octets.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(100_000)
      expect(Math.max(...octets)).toBeLessThanOrEqual(5 + 2 ** 14 + 256)
    }
  },
)

test('without it nothing is in between', async () => {
  const { socket } = await dialTls(await tlsServer(), trust)
  expect(socket.remotePort).toBeGreaterThan(0)
})

test('what is no TLS is found as ever, and a server that hangs up', async () => {
  const onRecord = () => {}
  const plain = await plainServer((socket) => socket.write('220 mail.example.test ESMTP\r\n'))
  expect(await refused(dialTls(plain, { onRecord }))).toMatchObject({ code: 'tls.plaintext' })
  const closing = await plainServer((socket) => socket.once('data', () => socket.destroy()))
  expect(await refused(dialTls(closing, { onRecord }))).toMatchObject({ code: 'connect.reset', phase: 'tls' })
})

test('destroying one end destroys the other', async () => {
  let theirs: (() => boolean) | undefined
  const port = await tlsServer(good, (socket) => (theirs = () => socket.destroyed))
  const { socket } = await dialTls(port, { ...trust, onRecord: () => {} })
  socket.destroy()
  await expect.poll(() => theirs?.()).toBe(true)
})

test('a connection that is reset is heard of at the socket', async () => {
  let reset: (() => void) | undefined
  const port = await tlsServer(
    good,
    () => {},
    (server) => server.on('connection', (tcp) => (reset = () => void tcp.resetAndDestroy())),
  )
  const { socket } = await dialTls(port, { ...trust, onRecord: () => {} })
  const error = once(socket.resume(), 'error')
  setImmediate(() => reset?.())
  expect(await error).toMatchObject([{ code: 'ECONNRESET' }])
})

test('headers may come in pieces', async () => {
  const records: TlsRecord[] = []
  const port = await plainServer((socket) => socket.pipe(socket))
  const socket = keep(connect(port, '127.0.0.1'))
  await once(socket, 'connect')
  const tap = tapRecords(socket, (record) => records.push(record))
  const octets = Buffer.from('160301000201ff1503030001001403030000630101', 'hex')
  for (const octet of octets) {
    tap.write(Buffer.of(octet))
    await turn()
  }
  expect(records.filter(({ direction }) => direction === 'out')).toEqual([
    { direction: 'out', type: 'handshake', octets: 7 },
    { direction: 'out', type: 'alert', octets: 6 },
    { direction: 'out', type: 'change_cipher_spec', octets: 5 },
  ])
})
