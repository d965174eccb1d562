import type { TLSSocket } from 'node:tls'
import { expect, test } from 'vitest'
import { damagingProxy } from '../../test/damaging-proxy.js'
import { good, HOST, refused, tlsServer, trust } from '../../test/server.js'
import { dialTls } from '../../test/tls-dial.js'
import { diagnoseTls } from './tls-failure.js'

const errorOf = (socket: TLSSocket) => new Promise((done) => socket.resume().once('error', done))

test('[part of ipworks.error.284] a record that was changed on the way in', async () => {
  let theirs: TLSSocket | undefined
  const proxy = await damagingProxy(await tlsServer(good, (socket) => (theirs = socket)))
  const { socket } = await dialTls(proxy.port, trust)
  await expect.poll(() => theirs).toBeDefined()
  proxy.damage('in')
  theirs?.write('250 ok\r\n')
  const error = diagnoseTls(await errorOf(socket), { host: HOST, port: proxy.port }, false)
  expect(error).toMatchObject({ code: 'tls.decryption-failed', phase: 'tls', outcome: 'transient' })
  expect(error?.message).toMatch(
    /^a TLS record of mail\.example\.test:\d+ is broken \(decryption failed or bad record mac\)$/,
  )
})

test('[part of ipworks.error.284] a record of the handshake that was changed', async () => {
  const proxy = await damagingProxy(await tlsServer())
  proxy.damage('in')
  const error = await refused(dialTls(proxy.port, { ...trust, minVersion: 'TLSv1.3' }))
  expect(error).toMatchObject({ code: 'tls.decryption-failed', phase: 'tls' })
})

test('[part of ipworks.error.283] a record that was changed on the way out', async () => {
  const proxy = await damagingProxy(await tlsServer())
  const { socket } = await dialTls(proxy.port, trust)
  proxy.damage('out')
  socket.write('EHLO client.example.test\r\n')
  const error = diagnoseTls(await errorOf(socket), { host: HOST, port: proxy.port }, false)
  expect(error).toMatchObject({ code: 'tls.encryption-failed', phase: 'tls', outcome: 'transient' })
})

test.each([
  ['tls.encryption-failed', 'ERR_SSL_BAD_WRITE_RETRY'],
  ['tls.encryption-failed', 'ERR_SSL_PROTOCOL_IS_SHUTDOWN'],
  ['tls.decryption-failed', 'ERR_SSL_UNEXPECTED_MESSAGE'],
  ['tls.decryption-failed', 'ERR_SSL_DIGEST_CHECK_FAILED'],
])('[part of ipworks.error.283] [part of ipworks.error.284] %s: %s on an established stream', (code, reason) => {
  const error = Object.assign(new Error('x'), { code: reason })
  expect(diagnoseTls(error, { host: HOST, port: 465 }, false)).toMatchObject({ code, phase: 'tls' })
})
