import { certificates } from '@posthorn/testkit'
import { expect, test } from 'vitest'
import { SSLStartMode, type SMTP } from '../../src/compat/ipworks/index.js'
import { component, failure, heardBy, sink, type Heard } from './component.js'
import { secured } from './secure.js'

const { ca, good } = await certificates()

const statusOf = (heard: readonly Heard[]) =>
  heard.flatMap(({ name, event }) => (name === 'SSLStatus' ? [event.message] : []))

/** What SSLStatus said over one connection, with STARTTLS or from the first octet. */
async function said(implicitTls: boolean, change: (smtp: SMTP) => void = () => {}): Promise<string[]> {
  const smtp = component(await sink({ tls: good, implicitTls }))
  smtp.sslStartMode = implicitTls ? SSLStartMode.sslImplicit : SSLStartMode.sslExplicit
  smtp.config(`SSLServerCACerts=${ca}`)
  change(smtp)
  const heard = heardBy(smtp)
  await smtp.connect()
  const messages = statusOf(heard)
  await smtp.disconnect()
  return messages
}

test.each([true, false])(
  '[ipworks.event.SSLStatus] begin, version and cipher, end; TLS from the first octet: %s',
  async (implicitTls) => {
    expect(await said(implicitTls)).toEqual([
      'TLS: handshake begins',
      expect.stringMatching(/^TLS: TLSv1\.3, TLS_AES_256_GCM_SHA384, 256 bits, ECDHE_X25519$/),
      'TLS: handshake done',
    ])
    const old = await said(implicitTls, (smtp) => {
      smtp.config('SSLEnabledProtocols=3072')
      smtp.config('SSLEnabledCipherSuites=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256')
    })
    expect(old[1]).toMatch(/^TLS: TLSv1\.2, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, 128 bits/)
  },
)

test('[part of ipworks.event.SSLStatus] nothing without TLS, and after each handshake again; one that fails has begun', async () => {
  const plain = component(await sink({ tls: good }))
  const quiet = heardBy(plain)
  await plain.send()
  expect(statusOf(quiet)).toEqual([])
  const server = await sink({ tls: good, implicitTls: true })
  const smtp = secured(server, `SSLServerCACerts=${ca}`)
  const heard = heardBy(smtp)
  await smtp.send()
  await smtp.send()
  expect(statusOf(heard)).toHaveLength(6)
  smtp.config('SSLServerCACerts=')
  heard.length = 0
  await failure(smtp.send())
  expect(statusOf(heard)).toEqual(['TLS: handshake begins'])
})

test('[ipworks.event.SSLStatus.Message] a text that is not empty', async () => {
  const messages = await said(true, (smtp) => smtp.config('LogSSLPackets=True'))
  expect(messages.length).toBeGreaterThan(3)
  for (const message of messages) {
    expect(typeof message).toBe('string')
    expect(message.trim()).not.toBe('')
  }
})

/** Direction, type and size. */
const RECORD = /^(?:sent|received) (?:handshake|change_cipher_spec|application_data|alert), \d+ octets$/

test('[ipworks.config.LogSSLPackets] a handshake has at least four records with True, and none with False', async () => {
  for (const implicitTls of [true, false]) {
    const records = async (...settings: string[]) => {
      const messages = await said(implicitTls, (smtp) => settings.forEach((setting) => smtp.config(setting)))
      return messages.filter((message) => RECORD.test(message))
    }
    const told = await records('LogSSLPackets=True')
    expect(told.length).toBeGreaterThanOrEqual(4)
    expect(told[0]).toMatch(/^sent handshake, /)
    expect(told.some((record) => record.startsWith('received handshake, '))).toBe(true)
    expect(await records('LogSSLPackets=False')).toEqual([])
    expect(await records()).toEqual([])
    // in the original not with the platform's TLS; here with every one
    expect((await records('LogSSLPackets=True', 'SSLEnabledProtocols=3072')).length).toBeGreaterThanOrEqual(4)
  }
  const platform = await said(true, (smtp) => {
    smtp.sslProvider = 1
    smtp.config('LogSSLPackets=yes')
  })
  expect(platform.filter((message) => RECORD.test(message)).length).toBeGreaterThanOrEqual(4)
})

test('[part of ipworks.config.LogSSLPackets] also of a message on its way, without its text; True and False as they are written', async () => {
  const server = await sink({ tls: good, implicitTls: true })
  const smtp = secured(server, `SSLServerCACerts=${ca}`, 'LogSSLPackets=1')
  expect(smtp.config('LogSSLPackets')).toBe('True')
  await smtp.connect()
  const heard = heardBy(smtp, ['SSLStatus'])
  smtp.messageText = 'only for your eyes'
  await smtp.send()
  const records = statusOf(heard)
  expect(records.filter((record) => record.startsWith('sent application_data')).length).toBeGreaterThan(0)
  expect(records.every((record) => RECORD.test(record))).toBe(true)
  await smtp.disconnect()
  expect(server.ledger).toHaveLength(1)
  smtp.reset()
  expect(smtp.config('LogSSLPackets')).toBe('False')
  expect(() => smtp.config('LogSSLPackets=2')).toThrow(expect.objectContaining({ code: 10022 }) as Error)
})
