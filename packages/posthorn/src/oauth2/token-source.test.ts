import { SmtpClient } from '@posthorn/smtp'
import { certificates, SinkServer } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { TestClock } from '../../test/oauth2/test-clock.js'
import { token, TokenEndpoint } from '../../test/oauth2/token-endpoint.js'
import { tokenSource } from './token-source.js'

const USER = 'app@example.test'
const submission = {
  envelope: { reversePath: USER, recipients: ['b@example.test'] },
  content: 'Subject: hi\r\n\r\nhi\r\n',
}

async function sink(password: string): Promise<SinkServer> {
  return SinkServer.start({ tls: await certificates(), auth: { user: USER, password, mechanisms: ['XOAUTH2'] } })
}

describe('tokenSource with SmtpClient', () => {
  it('[part of genesys.behaviour.oauth2-switch] [part of javamail.behaviour.xoauth2-response] makes one token request for 10 connections and 50 messages on each', async () => {
    await using endpoint = await TokenEndpoint.start(() => token('t0'))
    await using server = await sink('t0')
    const accessToken = tokenSource({
      provider: endpoint.provider,
      clientId: 'app',
      grant: { type: 'client-credentials' },
    })
    await using client = new SmtpClient({
      host: 'localhost',
      port: server.port,
      tls: { ca: (await certificates()).ca },
      credentials: { user: USER, accessToken },
      pool: { maxConnections: 10, maxMessagesPerConnection: 50 },
    })
    const receipts = await Promise.all(Array.from({ length: 500 }, () => client.send(submission)))
    expect(receipts.every(({ deliveries }) => deliveries[0]?.outcome === 'delivered')).toBe(true)
    expect(server.sessions.length).toBeGreaterThanOrEqual(10)
    expect(server.sessions.every(({ authenticated }) => authenticated === USER)).toBe(true)
    expect(endpoint.asked).toHaveLength(1)
  })

  it('makes one token request when 20 connections log in behind the end of a token', async () => {
    await using endpoint = await TokenEndpoint.start(() => token('t0'))
    await using server = await sink('t0')
    const clock = new TestClock()
    const accessToken = tokenSource({
      provider: endpoint.provider,
      clientId: 'app',
      grant: { type: 'client-credentials' },
      clock,
    })
    await accessToken()
    clock.time += 3_600_000
    const tls = { ca: (await certificates()).ca }
    const credentials = { user: USER, accessToken }
    const clients = Array.from(
      { length: 20 },
      () => new SmtpClient({ host: 'localhost', port: server.port, tls, credentials }),
    )
    await Promise.all(clients.map((client) => client.send(submission)))
    await Promise.all(clients.map((client) => client.close()))
    expect(endpoint.asked).toHaveLength(2)
  })

  it('makes one forced renewal when many sessions are refused with the same token', async () => {
    await using endpoint = await TokenEndpoint.start((_, index) => token(`t${index}`))
    await using server = await sink('t1')
    const accessToken = tokenSource({
      provider: endpoint.provider,
      clientId: 'app',
      grant: { type: 'client-credentials' },
    })
    const tls = { ca: (await certificates()).ca }
    const credentials = { user: USER, accessToken }
    const clients = Array.from(
      { length: 10 },
      () => new SmtpClient({ host: 'localhost', port: server.port, tls, credentials }),
    )
    await Promise.all(clients.map((client) => client.send(submission)))
    await Promise.all(clients.map((client) => client.close()))
    expect(endpoint.asked).toHaveLength(2)
  })

  it('[part of ipworks.example.xoauth2] [part of ipworks.config.AuthorizationIdentity] logs in with an authorization string given by hand', async () => {
    await using server = await sink('sample-token')
    const accessToken = tokenSource({ grant: { type: 'given', authorization: 'Bearer sample-token' } })
    const tls = { ca: (await certificates()).ca }
    await using client = new SmtpClient({
      host: 'localhost',
      port: server.port,
      tls,
      credentials: { user: USER, accessToken },
    })
    await client.verify()
    expect(server.sessions[0]?.authenticated).toBe(USER)
  })
})
