import { deadPort } from '@posthorn/testkit'
import { afterEach, expect, test, vi } from 'vitest'
import { makeCertificate } from '../test/certificate.js'
import { good, HOST, plainServer, resolve, tlsServer } from '../test/server.js'
import { speaksTls } from './probe.js'

afterEach(() => {
  vi.useRealTimers()
})

const base = { host: HOST, timeoutMs: 20_000, resolve }

test('a port that speaks TLS, whatever its certificate', async () => {
  const own = makeCertificate({ commonName: 'someone else' })
  expect(await speaksTls({ ...base, port: await tlsServer(own) })).toBe(true)
})

test('a TLS alert is TLS too', async () => {
  const old = { ...good, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
  expect(await speaksTls({ ...base, port: await tlsServer(old) })).toBe(true)
})

test('a port of clear text, a dead port, a name that does not exist and wrong options', async () => {
  const clear = await plainServer((socket) => socket.write('220 ready\r\n'))
  expect(await speaksTls({ ...base, port: clear })).toBe(false)
  expect(await speaksTls({ ...base, port: await deadPort() })).toBe(false)
  expect(await speaksTls({ ...base, port: 25, resolve: async () => [] })).toBe(false)
  expect(await speaksTls({ ...base, port: -1 })).toBe(false)
  expect(await speaksTls({ ...base, port: clear, signal: AbortSignal.abort() })).toBe(false)
})

test('a silent port is given up after the timeout', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  let probing: Promise<boolean> | undefined
  await new Promise<void>((there) => {
    void plainServer((socket) => socket.once('data', () => there())).then((port) => {
      probing = speaksTls({ ...base, port, timeoutMs: 3000 })
    })
  })
  await vi.advanceTimersByTimeAsync(3000)
  expect(await probing).toBe(false)
})
