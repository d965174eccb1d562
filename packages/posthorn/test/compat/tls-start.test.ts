import { certificates } from '@posthorn/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { SMTP, SSLStartMode } from '../../src/compat/ipworks/index.js'
import { ProxyServer } from '../parity/proxy-server.js'
import { component, failure, heardBy, sink, trailOf } from './component.js'
import { secured } from './secure.js'

const { ca, good } = await certificates()

/** The same for every port: a proxy leads them all to one server, because nobody may listen on 25 here. */
async function sentTo(mode: number, port: number, offers: 'STARTTLS' | 'TLS' | 'nothing') {
  const tls = offers === 'nothing' ? {} : { tls: good, implicitTls: offers === 'TLS' }
  const server = await sink({ extensions: [], ...tls })
  const proxy = await ProxyServer.http(server.port)
  onTestFinished(() => proxy[Symbol.asyncDispose]())
  const smtp = component({ port })
  smtp.mailServer = 'localhost'
  smtp.config(`SSLServerCACerts=${ca}`)
  smtp.firewall.autoDetect = false
  smtp.firewall.firewallType = 1
  smtp.firewall.host = '127.0.0.1'
  smtp.firewall.port = proxy.port
  smtp.sslStartMode = mode
  const error = await smtp.send().then(
    () => undefined,
    (reason: unknown) => reason as { readonly code: number },
  )
  await server.idle()
  expect(proxy.targets).toEqual([`localhost:${port}`])
  const [session] = server.sessions
  return { code: error?.code, session: session!, messages: server.ledger.length }
}

const EXPLICIT = /^EHLO client\.example\.test\r\nSTARTTLS\r\n$/

/** How a port begins in each mode. */
const MODES = [0, 1, 2, 3] as const
const PORTS = [25, 587, 465, 2465] as const
const how = (mode: number, port: number) =>
  mode === 3 ? 'in the clear' : mode === 2 || (mode === 0 && port < 600 && port !== 465) ? 'STARTTLS' : 'TLS'

const CASES = MODES.flatMap((mode) => PORTS.map((port) => [mode, port, how(mode, port)] as const))

test.each(CASES)('[ipworks.prop.SSLStartMode] %i on port %i: %s', async (mode, port, way) => {
  const offers = way === 'in the clear' ? 'STARTTLS' : way // there it is offered, and not taken
  const { code, session, messages } = await sentTo(mode, port, offers)
  expect([code, messages]).toEqual([undefined, 1])
  const clear = session.clearOctets.toString('latin1')
  if (way === 'STARTTLS') expect(clear).toMatch(EXPLICIT)
  if (way === 'TLS') expect(clear).toBe('')
  expect(session.tls).toBe(way !== 'in the clear')
  if (way === 'in the clear') return expect(session.commands).not.toContain('STARTTLS')
  const poor = await sentTo(mode, port, 'nothing')
  expect([poor.code, poor.messages]).toEqual([way === 'STARTTLS' ? 161 : 276, 0])
  expect(poor.session.clearOctets.toString('latin1')).not.toMatch(/HELO|MAIL|RCPT|DATA/)
  if (way === 'STARTTLS') expect(poor.session.commands).toEqual(['EHLO client.example.test', 'QUIT'])
})

test('[part of ipworks.prop.SSLStartMode] STARTTLS is refused: 161, and no password goes out', async () => {
  const server = await sink({
    tls: good,
    replyTo: (verb) => (verb === 'STARTTLS' ? '454 4.7.0 TLS is not available now' : undefined),
  })
  const smtp = component(server)
  smtp.sslStartMode = SSLStartMode.sslExplicit
  smtp.user = 'anna'
  smtp.password = 'Wonder-7land'
  expect(await failure(smtp.send())).toMatchObject({ code: 161, message: expect.stringContaining('454') as string })
  await server.idle()
  expect(server.sessions[0]!.commands).toEqual(['EHLO client.example.test', 'STARTTLS', 'QUIT'])
})

test('[part of ipworks.prop.SSLStartMode] the default, its names, what it is not, and SSLEnabled with it', () => {
  const smtp = new SMTP()
  expect([smtp.sslStartMode, smtp.getSSLStartMode()]).toEqual([3, SSLStartMode.sslNone])
  expect(SSLStartMode).toEqual({ sslAutomatic: 0, sslImplicit: 1, sslExplicit: 2, sslNone: 3 })
  expect([SMTP.sslAutomatic, SMTP.sslImplicit, SMTP.sslExplicit, SMTP.sslNone]).toEqual([0, 1, 2, 3])
  for (const odd of [4, -1, 1.5, 'sslSometimes', null, undefined, {}, true]) {
    expect(() => (smtp.sslStartMode = odd as number)).toThrow(
      expect.objectContaining({ code: 10022, message: expect.stringContaining('SSLStartMode') as string }) as Error,
    )
  }
  expect(smtp.sslStartMode).toBe(3)
  smtp.setSSLStartMode(1)
  expect([smtp.sslStartMode, smtp.sslEnabled]).toEqual([1, true])
})

test('[ipworks.prop.SSLEnabled] all six transitions', () => {
  const smtp = new SMTP()
  expect([smtp.sslEnabled, smtp.isSSLEnabled()]).toEqual([false, false])
  for (const mode of [0, 1, 2, 3]) {
    smtp.sslStartMode = mode
    expect([mode, smtp.sslEnabled]).toEqual([mode, mode !== 3])
  }
  smtp.sslEnabled = true
  expect([smtp.sslStartMode, smtp.sslEnabled]).toEqual([SSLStartMode.sslAutomatic, true])
  smtp.sslEnabled = false
  expect([smtp.sslStartMode, smtp.sslEnabled]).toEqual([SSLStartMode.sslNone, false])
  // what is so already changes nothing
  for (const mode of [0, 1, 2]) {
    smtp.sslStartMode = mode
    smtp.setSSLEnabled(true)
    expect(smtp.sslStartMode).toBe(mode)
  }
  smtp.sslEnabled = false
  smtp.sslEnabled = false
  expect(smtp.sslStartMode).toBe(SSLStartMode.sslNone)
  smtp.sslEnabled = true
  smtp.reset()
  expect([smtp.sslEnabled, smtp.sslStartMode]).toEqual([false, 3])
  expect(() => (smtp.sslEnabled = 'perhaps' as unknown as boolean)).toThrow(
    expect.objectContaining({ code: 10022 }) as Error,
  )
})

test('[ipworks.behaviour.tls-auto] STARTTLS on 25 and 587, TLS from the first octet elsewhere, and never without', async () => {
  for (const port of [25, 587]) {
    const { code, session } = await sentTo(SSLStartMode.sslAutomatic, port, 'STARTTLS')
    expect(code).toBeUndefined()
    expect(session.clearOctets.toString('latin1')).toMatch(EXPLICIT)
    const poor = await sentTo(SSLStartMode.sslAutomatic, port, 'nothing')
    expect([poor.code, poor.messages]).toEqual([161, 0])
    expect(poor.session.commands).toEqual(['EHLO client.example.test', 'QUIT'])
  }
  for (const port of [465, 2465]) {
    const { code, session } = await sentTo(SSLStartMode.sslAutomatic, port, 'TLS')
    expect([code, session.tls, session.clearOctets.length]).toEqual([undefined, true, 0])
    const poor = await sentTo(SSLStartMode.sslAutomatic, port, 'nothing')
    expect([poor.code, poor.messages]).toEqual([276, 0])
    expect(poor.session.clearOctets[0]).toBe(22) // a record with a handshake message
    expect(poor.session.clearOctets.toString('latin1')).not.toMatch(/EHLO|HELO|MAIL/)
  }
})

test('[ipworks.behaviour.tls-start-order] the events of a session with STARTTLS and a login', async () => {
  const server = await sink({ extensions: [], tls: good, auth: { user: 'anna', password: 'Wonder-7land' } })
  const smtp = component(server)
  smtp.sslStartMode = SSLStartMode.sslExplicit
  smtp.config(`SSLServerCACerts=${ca}`)
  smtp.user = 'anna'
  smtp.password = 'Wonder-7land'
  const heard = heardBy(smtp)
  await smtp.connect()
  const told = heard.map(({ name, event }) => {
    if (name === 'PITrail') return `${['C', 'S', '-'][event.direction]}: ${event.message.slice(0, 8).trim()}`
    return name === 'ConnectionStatus' ? `${name} ${event.connectionEvent}` : name
  })
  expect(told.filter((line) => !line.startsWith('-'))).toEqual([
    ...['ConnectionStatus Connected', 'S: 220 sink', 'C: EHLO cli', 'S: 250-sink', 'S: 250 STAR'],
    ...['C: STARTTLS', 'S: 220 2.0.', 'SSLStatus', 'SSLServerAuthentication', 'SSLStatus', 'SSLStatus'],
    ...['ConnectionStatus SSL Connect', 'C: EHLO cli', 'S: 250-sink', 'S: 250 AUTH', 'C: AUTH PLA', 'S: 235 2.7.'],
  ])
  await smtp.disconnect()
})

test('[part of ipworks.behaviour.tls-start-order] with TLS from the first octet nothing is said before', async () => {
  const server = await sink({ extensions: [], tls: good, implicitTls: true })
  const smtp = secured(server, `SSLServerCACerts=${ca}`)
  const heard = heardBy(smtp)
  await smtp.connect()
  const names = heard.map(({ name, event }) => (name === 'ConnectionStatus' ? event.connectionEvent : name))
  expect(names.slice(0, 5)).toEqual(['Connected', 'SSLStatus', 'SSLServerAuthentication', 'SSLStatus', 'SSLStatus'])
  expect(names.indexOf('SSL Connect')).toBeLessThan(
    heard.findIndex(({ name, event }) => name === 'PITrail' && event.direction !== 2),
  )
  expect(trailOf(heard).filter((line) => !line.startsWith('--'))[0]).toBe('S: 220 sink.example.test ESMTP')
})
