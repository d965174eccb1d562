import { certificates } from '@posthorn/testkit'
import { expect, test } from 'vitest'
import { SMTP, SSLStartMode } from '../../src/compat/ipworks/index.js'
import { failure, heardBy, sink, trailOf } from './component.js'
import { secured, secureServer } from './secure.js'

const { ca, good } = await certificates()
const TRUSTING = `SSLServerCACerts=${ca}`

/** The lines of the class itself that name a setting, over several connections under TLS. */
async function saidOf(name: string, ...settings: readonly string[]): Promise<{ readonly said: string[]; smtp: SMTP }> {
  const smtp = secured(await sink({ tls: good, implicitTls: true }), TRUSTING, ...settings)
  const heard = heardBy(smtp, ['PITrail'])
  await smtp.send()
  await smtp.connect()
  await smtp.send()
  await smtp.disconnect()
  return { said: trailOf(heard).filter((line) => line.startsWith('-- ') && line.includes(name)), smtp }
}

/** Settings of Java: what is set reads back, and one line says that it does nothing. */
async function isKeptAndTold(name: string, initial: string, other: string, instead: string): Promise<void> {
  const { said, smtp } = await saidOf(name, `${name}=${other}`)
  expect(smtp.config(name)).toBe(other)
  expect(said).toEqual([expect.stringMatching(new RegExp(`^-- ${name} has no effect: .*${instead}`))])
  // it is another component after reset(), and one that is not asked says nothing
  smtp.reset()
  expect(smtp.config(name)).toBe(initial)
  expect((await saidOf(name)).said).toEqual([])
}

test('[ipworks.config.SSLContextProtocol] reads back, and one line says that it does nothing', async () => {
  await isKeptAndTold('SSLContextProtocol', 'TLS', 'TLSv1.2', 'SSLEnabledProtocols')
  const server = await secureServer(good)
  await secured(server, TRUSTING, 'SSLContextProtocol=TLSv1.2').send()
  expect(server.clients[0]!.protocol).toBe('TLSv1.3')
})

test('[ipworks.config.SSLTrustManagerFactoryAlgorithm] reads back, and one line says that it does nothing', async () => {
  await isKeptAndTold('SSLTrustManagerFactoryAlgorithm', 'PKIX', 'SunX509', 'SSLServerCACerts')
})

test('[part of ipworks.config.SSLContextProtocol] the line is for whoever listens first, and again after reset()', async () => {
  const server = await sink({ tls: good, implicitTls: true })
  const smtp = secured(server, TRUSTING, 'SSLContextProtocol=SSL')
  await smtp.send() // nobody listens yet
  const heard = heardBy(smtp, ['PITrail'])
  const times = () => trailOf(heard).filter((line) => line.includes('SSLContextProtocol')).length
  await smtp.send()
  await smtp.send()
  expect(times()).toBe(1)
  smtp.reset()
  Object.assign(smtp, { mailServer: '127.0.0.1', mailPort: server.port, sslStartMode: SSLStartMode.sslImplicit })
  Object.assign(smtp, { from: 'anna@example.test', sendTo: 'bruno@example.test', messageText: 'Again.' })
  for (const setting of [TRUSTING, 'SSLContextProtocol=SSL']) smtp.config(setting)
  await smtp.send()
  expect(times()).toBe(2)
})

test('[ipworks.config.SSLClientCACerts] reads back, and the handshake is as it was', async () => {
  const server = await secureServer({ ...good, requestCert: true, rejectUnauthorized: false })
  const smtp = secured(server, TRUSTING)
  expect(smtp.config('SSLClientCACerts')).toBe('')
  await smtp.send()
  for (const value of [ca, 'no certificate at all', `${ca}\r\n${ca}`]) {
    expect(smtp.config(`SSLClientCACerts=${value}`)).toBe(value)
    await smtp.send()
    expect(smtp.config('SSLClientCACerts')).toBe(value)
  }
  const [first, ...others] = server.clients
  for (const each of others) expect(each).toEqual(first)
  // it makes nobody trusted
  smtp.config('SSLServerCACerts=')
  smtp.config(`SSLClientCACerts=${ca}`)
  expect(await failure(smtp.send())).toMatchObject({ code: 275 })
})

test('[ipworks.config.SSLEnableRenegotiation] reads back, and both go on', async () => {
  const server = await secureServer({ ...good, maxVersion: 'TLSv1.2' })
  const smtp = secured(server, TRUSTING)
  expect(smtp.config('SSLEnableRenegotiation')).toBe('True')
  for (const [written, read] of [
    ['False', 'False'],
    ['1', 'True'],
    ['no', 'False'],
  ] as const) {
    expect(smtp.config(`SSLEnableRenegotiation=${written}`)).toBe(read)
    await smtp.send()
  }
  expect(server.sink.ledger).toHaveLength(3)
  smtp.reset()
  expect(smtp.config('SSLEnableRenegotiation')).toBe('True')
  expect(() => smtp.config('SSLEnableRenegotiation=maybe')).toThrow(expect.objectContaining({ code: 10022 }) as Error)
})

test('[ipworks.config.UseInternalSecurityAPI] reads back', async () => {
  const smtp = new SMTP()
  expect(smtp.config('UseInternalSecurityAPI')).toBe('False')
  expect(smtp.config('UseInternalSecurityAPI=True')).toBe('True')
  expect(smtp.config('useinternalsecurityapi')).toBe('True')
  expect(smtp.config('UseInternalSecurityAPI=0')).toBe('False')
  expect(() => smtp.config('UseInternalSecurityAPI=')).toThrow(expect.objectContaining({ code: 10022 }) as Error)
  for (const value of ['True', 'False'])
    expect((await saidOf('', `UseInternalSecurityAPI=${value}`)).smtp.config('UseInternalSecurityAPI')).toBe(value)
})

test('[ipworks.prop.SSLProvider] each value is taken, reads back, and the session is the same', async () => {
  const server = await secureServer(good)
  const smtp = secured(server, TRUSTING)
  expect([smtp.sslProvider, smtp.getSSLProvider()]).toEqual([0, 0])
  for (const provider of [SMTP.sslpAutomatic, SMTP.sslpPlatform, SMTP.sslpInternal]) {
    smtp.sslProvider = provider
    await smtp.send()
    expect(smtp.sslProvider).toBe(provider)
  }
  expect([SMTP.sslpAutomatic, SMTP.sslpPlatform, SMTP.sslpInternal]).toEqual([0, 1, 2])
  const [first, ...others] = server.clients
  expect(first!.protocol).toBe('TLSv1.3')
  expect(others).toEqual([first, first])
  // what the original leaves to its own provider works with every one, set before it or after
  smtp.config('SSLEnabledCipherSuites=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256')
  smtp.setSSLProvider(1)
  await smtp.send()
  expect(server.clients.at(-1)!.cipher.standardName).toBe('TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256')
  smtp.reset()
  expect(smtp.sslProvider).toBe(0)
  for (const odd of [3, -1, 'OpenSSL', null, undefined])
    expect(() => (smtp.sslProvider = odd as number)).toThrow(expect.objectContaining({ code: 10022 }) as Error)
})
