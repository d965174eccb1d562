import { certificates, deadPort } from '@posthorn/testkit'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { ConnectionStatusEvent, SMTP } from '../../src/compat/ipworks/index.js'
import { ProxyServer } from '../parity/proxy-server.js'
import { component, failure, heardBy, scripted, sink } from './component.js'

const KNOWN = ['Firewall Connect', 'SSL Connect', 'Connected', 'Disconnected', 'SSL Broken', 'Firewall Disconnect']

/** The events of the connection from now on, as `name code`; each is checked. */
function statusOf(smtp: SMTP): { readonly told: string[]; readonly events: ConnectionStatusEvent[] } {
  const told: string[] = []
  const events: ConnectionStatusEvent[] = []
  smtp.on('ConnectionStatus', (event) => {
    expect(KNOWN).toContain(event.connectionEvent)
    expect(event.description).not.toBe('')
    expect(event.description === 'OK').toBe(event.statusCode === 0)
    told.push(`${event.connectionEvent} ${event.statusCode}`)
    events.push(event)
  })
  return { told, events }
}

async function trusting(smtp: SMTP, mode: number): Promise<SMTP> {
  smtp.mailServer = 'localhost'
  smtp.sslStartMode = mode
  smtp.config(`SSLServerCACerts=${(await certificates()).ca}`)
  return smtp
}

async function proxyTo(port: number): Promise<ProxyServer> {
  const proxy = await ProxyServer.http(port)
  onTestFinished(() => proxy[Symbol.asyncDispose]())
  return proxy
}

describe('ConnectionStatus', () => {
  test.each([
    ['STARTTLS', 2],
    ['TLS from the first octet', 1],
  ])(
    '[ipworks.event.ConnectionStatus] [ipworks.event.ConnectionStatus.ConnectionEvent] [ipworks.event.ConnectionStatus.Description] through a proxy with %s',
    async (_, mode) => {
      const server = await sink({ tls: (await certificates()).good, implicitTls: mode === 1 })
      const proxy = await proxyTo(server.port)
      const smtp = await trusting(component(server), mode)
      Object.assign(smtp.firewall, { firewallType: 1, host: '127.0.0.1', port: proxy.port })
      const { told, events } = statusOf(smtp)
      await smtp.send()
      expect(told).toEqual([
        ...['Firewall Connect 0', 'Connected 0', 'SSL Connect 0', 'Disconnected 0', 'Firewall Disconnect 0'],
      ])
      expect(events.map(({ description }) => description)).toEqual(Array(5).fill('OK'))
      expect(server.ledger).toHaveLength(1)
    },
  )

  test('[part of ipworks.event.ConnectionStatus] a clean session in the clear, once for each connection', async () => {
    const smtp = component(await sink())
    const { told } = statusOf(smtp)
    await smtp.send()
    await smtp.connect()
    await smtp.send()
    await smtp.disconnect()
    await smtp.disconnect()
    expect(told).toEqual(['Connected 0', 'Disconnected 0', 'Connected 0', 'Disconnected 0'])
  })

  test('[ipworks.event.ConnectionStatus.StatusCode] [part of ipworks.event.ConnectionStatus.Description] a clean session is 0, a reset 10054, and with TLS it is broken first', async () => {
    const clean = component(await sink())
    const fine = statusOf(clean)
    await clean.send()
    expect(fine.told).toEqual(['Connected 0', 'Disconnected 0'])
    const reset = await sink({ extensions: [], fault: () => ({ at: 'content', octets: 1, how: 'rst' }) })
    const clear = component(reset)
    const { told, events } = statusOf(clear)
    expect(await failure(clear.send())).toMatchObject({ code: 10054 })
    expect(told).toEqual(['Connected 0', 'Disconnected 10054'])
    expect(events[1]!.description).toMatch(/10054.*ECONNRESET/)

    const under = await sink({
      ...{ extensions: [], tls: (await certificates()).good },
      fault: () => ({ at: 'content', octets: 1, how: 'rst' }),
    })
    const proxy = await proxyTo(under.port)
    const secure = await trusting(component(under), 2)
    Object.assign(secure.firewall, { firewallType: 1, host: '127.0.0.1', port: proxy.port })
    const broken = statusOf(secure)
    expect(await failure(secure.send())).toMatchObject({ code: 10054 }) // the proxy passes it on
    expect(broken.told).toEqual([
      ...['Firewall Connect 0', 'Connected 0', 'SSL Connect 0'],
      ...['SSL Broken 10054', 'Disconnected 10054', 'Firewall Disconnect 0'],
    ])
  })

  test('[part of ipworks.event.ConnectionStatus.StatusCode] the number of the failure, whoever ended it', async () => {
    const refusing = component(
      await sink({ replyTo: (verb) => (verb === 'GREETING' ? '554 5.7.1 go away' : undefined) }),
    )
    const refused = statusOf(refusing)
    expect(await failure(refusing.send())).toMatchObject({ code: 161 })
    expect(refused.told).toEqual(['Connected 0', 'Disconnected 161'])
    expect(refused.events[1]!.description).toContain('go away')

    const interrupting = component(await sink())
    const interrupted = statusOf(interrupting)
    interrupting.on('StartTransfer', () => interrupting.interrupt())
    expect(await failure(interrupting.send())).toMatchObject({ code: 301 })
    expect(interrupted.told).toEqual(['Connected 0', 'Disconnected 301'])
    expect(interrupted.events[1]!.description).toMatch(/^Operation interrupted/)

    const unreachable = component({ port: await deadPort() })
    const never = statusOf(unreachable)
    expect(await failure(unreachable.connect())).toMatchObject({ code: 10061 })
    expect(never.told).toEqual([])
  })

  test('[part of ipworks.event.ConnectionStatus] a server that leaves an idle session, and an object that is reset', async () => {
    const server = await scripted(
      [
        ...[
          'S: 220 x',
          'C: EHLO client.example.test',
          'S: 250 x',
          'C: NOOP',
          'S: 250 ok',
          'S: 421 4.4.2 idle',
          '* close',
        ],
        ...['* session', 'S: 220 x', 'C: EHLO client.example.test', 'S: 250 x', 'C: QUIT', 'S: 221 x'],
      ].join('\n'),
    )
    const smtp = component(server)
    const { told, events } = statusOf(smtp)
    const gone = new Promise<void>((resolve) =>
      smtp.on('ConnectionStatus', ({ connectionEvent }) => void (connectionEvent === 'Disconnected' && resolve())),
    )
    await smtp.connect()
    await smtp.sendCommand('NOOP')
    await gone
    expect(smtp.connected).toBe(false)
    expect(told).toEqual(['Connected 0', 'Disconnected 1120'])
    expect(events[1]!.description).toMatch(/1120|421/)
    await smtp.disconnect()
    await smtp.connect()
    smtp.reset()
    expect(smtp.connected).toBe(false)
    expect((await server.finished).errors).toEqual([])
    await smtp.doEvents()
    expect(told.slice(2)).toEqual(['Connected 0', 'Disconnected 0'])
  })
})

describe('Error', () => {
  const refusing = () =>
    sink({
      replyTo: (verb, argument) =>
        verb === 'RCPT' && argument.includes('gone') ? '550 5.1.1 no such mailbox' : undefined,
    })

  test('[part of ipworks.event.Error] [ipworks.event.Error.ErrorCode] [ipworks.event.Error.Description] one for each that was refused, with address and reply', async () => {
    const server = await refusing()
    const smtp = component(server)
    smtp.bcc = 'gone1@example.test, here@example.test, gone2@example.test'
    const heard = heardBy(smtp, ['Error'])
    await smtp.send()
    expect(heard.map(({ event }) => event)).toEqual([
      { errorCode: 161, description: '161: gone1@example.test was refused: 550 5.1.1 no such mailbox' },
      { errorCode: 161, description: '161: gone2@example.test was refused: 550 5.1.1 no such mailbox' },
    ])
    expect(server.ledger[0]!.recipients).toEqual(['bruno@example.test', 'here@example.test'])
  })

  test.each([
    ['sendTo', 'StopOnToErrors'],
    ['cc', 'StopOnCcErrors'],
    ['bcc', 'StopOnBccErrors'],
  ] as const)('[part of ipworks.event.Error] %s: by %s an event, or thrown and not told', async (list, setting) => {
    const server = await refusing()
    for (const stops of [false, true]) {
      const smtp = component(server)
      smtp[list] = 'gone@example.test'
      smtp.config(`${setting}=${stops}`)
      const heard = heardBy(smtp, ['Error'])
      const sent = smtp.send()
      if (stops) expect(await failure(sent)).toMatchObject({ code: 161 })
      else await sent
      expect(heard).toHaveLength(stops ? 0 : 1)
    }
    expect(server.ledger).toHaveLength(1)
  })

  test('[ipworks.event.Error] nobody listens: the process goes on, and the others get the message; "error" is no event', async () => {
    const server = await refusing()
    const smtp = component(server)
    smtp.bcc = 'gone@example.test'
    const uncaught: unknown[] = []
    const note = (error: unknown): void => void uncaught.push(error)
    process.on('uncaughtExceptionMonitor', note)
    onTestFinished(() => void process.off('uncaughtExceptionMonitor', note))
    await smtp.send()
    await smtp.doEvents()
    expect([uncaught, server.ledger.length]).toEqual([[], 1])
    // @ts-expect-error: a program in JavaScript says anything
    expect(() => smtp.on('error', () => {})).toThrow(/did you mean Error\?/)
    // @ts-expect-error: as above
    expect(() => smtp.on('PiTrial', () => {})).toThrow(expect.objectContaining({ code: 10022 }))
    // @ts-expect-error: as above
    expect(() => smtp.on('Error')).toThrow(expect.objectContaining({ code: 10022 }))
    expect('emit' in smtp).toBe(false)
  })

  test('[part of ipworks.event.Error] a connection that ends between two transactions of one message: who went without is thrown, not told', async () => {
    const server = await sink({
      ...{ maxRecipients: 1, extensions: [] },
      fault: () => ({ at: 'final', message: 2, how: 'rst' }),
    })
    const smtp = component(server)
    smtp.config('StopOnToErrors=False')
    smtp.sendTo = 'gone@example.test'
    const heard = heardBy(smtp, ['Error'])
    const error = await failure(smtp.send())
    expect(error.code).toBe(10054)
    expect(error.message).toContain('1 of 2 recipients did not get the message: gone@example.test (nobody knows)')
    expect([heard.length, server.ledger.length]).toEqual([0, 1])
  })
})
