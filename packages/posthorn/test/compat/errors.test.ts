import { SinkServer, ScriptedServer, type SinkOptions } from '@posthorn/testkit'
import dns from 'node:dns/promises'
import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { createServer, type AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { SMTP } from '../../src/compat/ipworks/index.js'
import { ERRORS, FirewallType, SSLStartMode } from '../../src/compat/ipworks/index.js'
import { Folder } from '../oauth2/folder.js'
import { ProxyServer } from '../parity/proxy-server.js'
import { causesOf, errorOf, letterTo } from './letter.js'

afterEach(() => {
  vi.restoreAllMocks()
  syncBuiltinESMExports()
})

/** A server of this process that says one thing to whoever comes. */
async function says(text: string | Buffer, heard: () => void = () => {}) {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => {
      heard()
      socket.write(text)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      server.close()
      await once(server, 'close')
    },
  }
}

function behind(port: number, firewallType: number = FirewallType.fwTunnel): SMTP {
  const smtp = letterTo(2525, 'relay.example.test')
  smtp.firewall.firewallType = firewallType
  smtp.firewall.host = '127.0.0.1'
  smtp.firewall.port = port
  return smtp
}

describe('the proxy', () => {
  test('[ipworks.error.118] it wants a login, refuses it, refuses the way, or makes no sense', async () => {
    await using sink = await SinkServer.start()
    await using proxy = await ProxyServer.http(sink.port, { user: 'ann', password: 'sesame' })
    const asked = await errorOf(() => behind(proxy.port).send())
    expect(asked).toMatchObject({ code: 118, message: expect.stringContaining('407') as string })
    const wrong = behind(proxy.port)
    wrong.firewall.user = 'ann'
    wrong.firewall.password = 'wrong-password'
    const refused = await errorOf(() => wrong.send())
    expect(refused).toMatchObject({ code: 118, message: expect.stringContaining('407') as string })
    expect(refused.message).toContain('FirewallPassword')
    expect(refused.message).not.toContain('wrong-password')
    await using forbidding = await says('HTTP/1.1 403 Not from here\r\nContent-Length: 0\r\n\r\n')
    const forbidden = await errorOf(() => behind(forbidding.port).send())
    expect(forbidden).toMatchObject({ code: 118, message: expect.stringMatching(/403 Not from here/) as string })
    await using odd = await says('220 relay.example.test\r\n')
    expect(await errorOf(() => behind(odd.port).send())).toMatchObject({ code: 118 })
    await using socks = await says(Buffer.from([9, 9]))
    expect(await errorOf(() => behind(socks.port, FirewallType.fwSOCKS4A).send())).toMatchObject({ code: 118 })
    expect(sink.sessions).toEqual([])
  })
})

describe('the server says no', () => {
  const NO = '550-5.7.1 not today\r\n550 5.7.1 nor tomorrow'

  /** Answers these verbs so. */
  const refusing = (...verbs: string[]): SinkOptions => ({
    extensions: ['PIPELINING', 'ENHANCEDSTATUSCODES'],
    replyTo: (verb) => (verbs.includes(verb) ? NO : undefined),
  })
  const send = (smtp: SMTP) => smtp.send()

  test.each<[verb: string, command: string | undefined, SinkOptions, act: (smtp: SMTP) => Promise<void>]>([
    ['the greeting', undefined, refusing('GREETING'), send],
    ['EHLO and HELO', 'EHLO', refusing('EHLO', 'HELO'), send],
    ['MAIL', 'MAIL', refusing('MAIL'), send],
    ['RCPT of a To', 'RCPT', refusing('RCPT'), send],
    ['DATA', 'DATA', refusing('DATA'), send],
    ['the end of the data', 'DATA', refusing('CONTENT'), send],
    ['EXPN', 'EXPN', refusing('EXPN'), (smtp) => smtp.expand('list')],
    ['VRFY', 'VRFY', refusing('VRFY'), (smtp) => smtp.verify('anna')],
    [
      'AUTH',
      'AUTH',
      { ...refusing('AUTH'), auth: { user: 'ann', password: 'sesame' } },
      (smtp) => {
        smtp.user = 'ann'
        smtp.password = 'sesame'
        return smtp.send()
      },
    ],
    [
      'STARTTLS',
      'STARTTLS',
      { extensions: ['STARTTLS'], replyTo: refusing('STARTTLS').replyTo! },
      (smtp) => {
        smtp.sslStartMode = SSLStartMode.sslExplicit
        return smtp.send()
      },
    ],
    [
      'RCPT of a Cc',
      'RCPT',
      { replyTo: (verb, argument) => (verb === 'RCPT' && argument.includes('c@') ? NO : undefined) },
      (smtp) => {
        smtp.cc = 'c@example.test'
        return smtp.send()
      },
    ],
  ])('[ipworks.error.161] to %s', async (what, command, options, act) => {
    await using sink = await SinkServer.start(options)
    const failure = await errorOf(() => act(letterTo(sink.port)))
    expect(failure).toMatchObject({ code: 161, command, reply: { code: 550, enhanced: '5.7.1' } })
    expect(failure.message).toMatch(/^161: .*550 5\.7\.1 not today 5\.7\.1 nor tomorrow/)
    const recipients: Readonly<Record<string, string>> = {
      'RCPT of a To': 'b@example.test',
      'RCPT of a Cc': 'c@example.test',
    }
    expect(failure.recipient).toBe(recipients[what])
    expect(sink.ledger).toEqual([])
  })
})

describe('the talk breaks', () => {
  test.each([
    ['the server closes after DATA without a reply', { fault: () => ({ at: 'command', index: 4, how: 'fin' }) }],
    ['a reply that is none', { replyTo: (verb: string) => (verb === 'MAIL' ? 'what?' : undefined) }],
    ['a reply above 64 kB', { replyTo: (verb: string) => (verb === 'MAIL' ? `250 ${'x'.repeat(70_000)}` : undefined) }],
  ] satisfies [string, SinkOptions][])('[ipworks.error.162] %s', async (_, options) => {
    await using sink = await SinkServer.start({ extensions: [], ...options })
    const failure = await errorOf(() => letterTo(sink.port).send())
    expect(failure.code).toBe(162)
    expect(failure.message).toMatch(/^162: Talk with the server broke: /)
    expect(sink.ledger).toEqual([])
  })

  test.each(['', 'S: 421 4.4.2 too long idle\n'])(
    '[ipworks.error.1120] an idle session that the server drops: %j',
    async (last) => {
      const dialogue = `S: 220 relay\nC~ EHLO .*\nS: 250 relay\nC: NOOP\nS: 250 ok\n${last}* close\n`
      await using server = await ScriptedServer.start(dialogue)
      const smtp = letterTo(server.port)
      const ends: number[] = []
      smtp.on('ConnectionStatus', ({ connectionEvent, statusCode }) => {
        if (connectionEvent === 'Disconnected') ends.push(statusCode)
      })
      await smtp.connect()
      await smtp.sendCommand('NOOP')
      await expect.poll(() => ends).toEqual([1120])
      expect(await errorOf(() => smtp.send())).toMatchObject({ code: 1120 })
      expect((await server.finished).errors).toEqual([])
      // it was told; the next one is on a connection of its own
      await using sink = await SinkServer.start()
      smtp.mailPort = sink.port
      await smtp.send()
      expect(sink.ledger).toHaveLength(1)
    },
  )
})

describe('something is not set', () => {
  test('[ipworks.error.163] the server', async () => {
    const lookup = vi.spyOn(dns, 'lookup')
    syncBuiltinESMExports()
    const smtp = letterTo(25, '')
    for (const act of [() => smtp.send(), () => smtp.connect()]) expect(await errorOf(act)).toMatchObject({ code: 163 })
    expect(lookup).not.toHaveBeenCalled()
  })

  test('[ipworks.error.164] the sender', async () => {
    await using sink = await SinkServer.start()
    await using folder = await Folder.make()
    const smtp = letterTo(sink.port)
    smtp.from = ''
    for (const returnPath of ['', 'bounces@example.test']) {
      smtp.returnPath = returnPath
      for (const act of [() => smtp.send(), () => smtp.queue(folder.path)])
        expect(await errorOf(act)).toMatchObject({ code: 164 })
    }
    expect(sink.sessions).toEqual([])
  })

  test('[ipworks.error.165] the recipient', async () => {
    await using sink = await SinkServer.start()
    await using folder = await Folder.make()
    const smtp = letterTo(sink.port)
    const refused = async () => {
      for (const act of [() => smtp.send(), () => smtp.queue(folder.path)])
        expect(await errorOf(act)).toMatchObject({ code: 165 })
    }
    smtp.messageRecipients.clear()
    await refused()
    smtp.config('AllowEmptyTo=True')
    await refused()
    smtp.config('AllowEmptyTo=False')
    smtp.cc = 'c@example.test'
    await refused()
    expect(sink.sessions).toEqual([])
  })

  test('[ipworks.error.116] the port', async () => {
    expect(await errorOf(() => letterTo(0).connect())).toMatchObject({ code: 116 })
  })

  test('[ipworks.error.102] the address, which is that of nobody', async () => {
    for (const host of ['0.0.0.0', '::', '[::]']) {
      expect(await errorOf(() => letterTo(25, host).connect())).toMatchObject({ code: 102 })
      const smtp = behind(1080)
      smtp.firewall.host = host
      expect(await errorOf(() => smtp.connect())).toMatchObject({ code: 102 })
    }
    vi.spyOn(dns, 'lookup').mockResolvedValue([{ address: '0.0.0.0', family: 4 }] as never)
    syncBuiltinESMExports()
    expect(await errorOf(() => letterTo(25, 'nowhere.example.test').connect())).toMatchObject({ code: 102 })
  })
})

describe('something is under way', () => {
  test('[ipworks.error.166] another method: the first is not disturbed', async () => {
    await using sink = await SinkServer.start()
    const smtp = letterTo(sink.port)
    const first = smtp.send()
    expect(smtp.idle).toBe(false)
    for (const act of [() => smtp.send(), () => smtp.connect(), () => smtp.verify('anna')])
      expect(await errorOf(act)).toMatchObject({ code: 166 })
    await first
    expect(sink.ledger).toHaveLength(1)
  })

  test('[ipworks.error.104] [ipworks.error.1105] a connection stands, or is made', async () => {
    await using sink = await SinkServer.start()
    const smtp = letterTo(sink.port)
    const first = smtp.connect()
    expect(await errorOf(() => smtp.connect())).toMatchObject({ code: 1105 })
    await first
    expect(await errorOf(() => smtp.connect())).toMatchObject({ code: 104 })
    expect(smtp.connected).toBe(true)
    await smtp.send()
    await smtp.disconnect()
    expect([sink.ledger.length, sink.sessions.length]).toEqual([1, 1])
  })

  test('[ipworks.error.100] [ipworks.error.101] [ipworks.error.106] [ipworks.error.107] [ipworks.error.112] what cannot change now', async () => {
    await using sink = await SinkServer.start()
    const smtp = letterTo(sink.port)
    const maxLineLength = smtp.config('MaxLineLength')
    const expectLocked = async () => {
      const before = [smtp.localHost, smtp.config('LocalPort')]
      expect(await errorOf(() => (smtp.mailPort = 2525))).toMatchObject({ code: 100 })
      expect(await errorOf(() => (smtp.mailServer = 'other.example.test'))).toMatchObject({ code: 101 })
      expect(await errorOf(() => smtp.config('LocalPort=2525'))).toMatchObject({ code: 106 })
      expect(await errorOf(() => (smtp.localHost = '127.0.0.2'))).toMatchObject({ code: 107 })
      expect(await errorOf(() => smtp.config('MaxLineLength=4096'))).toMatchObject({ code: 112 })
      expect([smtp.mailPort, smtp.mailServer, smtp.config('MaxLineLength')]).toEqual([
        sink.port,
        '127.0.0.1',
        maxLineLength,
      ])
      expect([smtp.localHost, smtp.config('LocalPort')]).toEqual(before)
    }
    const connecting = smtp.connect()
    await expectLocked()
    await connecting
    await expectLocked()
    await smtp.disconnect()
    smtp.mailPort = 2525
    expect(smtp.mailPort).toBe(2525)
  })

  test('[ipworks.error.1117] no connection', async () => {
    expect(await errorOf(() => letterTo(25).sendCommand('NOOP'))).toMatchObject({ code: 1117 })
  })

  test('[ipworks.error.211] AllowExtensions is False', async () => {
    await using sink = await SinkServer.start()
    const smtp = letterTo(sink.port)
    smtp.allowExtensions = false
    for (const act of [
      () => smtp.sendToTerminalOnly(),
      () => smtp.sendToTerminalAndEmail(),
      () => smtp.sendToTerminalOrEmail(),
    ])
      expect(await errorOf(act)).toMatchObject({ code: 211 })
    expect(sink.sessions).toEqual([])
  })
})

describe('it ends before it is done', () => {
  const SILENT: SinkOptions = { fault: () => ({ at: 'command', index: 2, how: 'hold' }) }

  test('[ipworks.error.301] [ipworks.error.201] by interrupt(), and because a time is over', async () => {
    await using sink = await SinkServer.start(SILENT)
    const interrupted = letterTo(sink.port)
    interrupted.on('PITrail', ({ message }) => message.startsWith('MAIL') && interrupted.interrupt())
    const one = await errorOf(() => interrupted.send())
    expect(one).toMatchObject({ code: 301, reason: 'interrupted' })
    expect(one.message).toMatch(/^Operation interrupted/)
    const late = ['False', 'True'].map((absolute) => {
      const smtp = letterTo(sink.port)
      smtp.timeout = 1
      smtp.config(`AbsoluteTimeout=${absolute}`)
      return smtp
    })
    await using deaf = await says('')
    const connecting = behind(deaf.port)
    connecting.config('ConnectionTimeout=1')
    for (const other of await Promise.all([...late, connecting].map((smtp) => errorOf(() => smtp.send())))) {
      expect(other).toMatchObject({ code: 301, reason: 'timeout' })
      expect(other.message).toMatch(/^Timeout/)
    }
    expect(late.map(({ connected }) => connected)).toEqual([false, false])
    expect(ERRORS[201]).toMatchObject({ raised: false })
  })
})

describe('something cannot be read or written', () => {
  test('[ipworks.error.302] the stream of the body', async () => {
    await using sink = await SinkServer.start()
    const cause = new Error('the disk is gone')
    const smtp = letterTo(sink.port)
    smtp.setMessageStream(
      Readable.from(
        (async function* () {
          yield Buffer.from('the beginning\r\n')
          await Promise.reject(cause)
        })(),
      ),
    )
    const failure = await errorOf(() => smtp.send())
    expect(failure.code).toBe(302)
    expect(causesOf(failure)).toContain(cause)
    expect(sink.ledger).toEqual([])
  })

  test('[ipworks.error.303] the folder, and the key log', async () => {
    await using folder = await Folder.make()
    const missing = folder.file('missing')
    const queued = await errorOf(() => letterTo(25).queue(missing))
    expect(queued).toMatchObject({ code: 303, message: expect.stringContaining(missing) as string })
    expect(await errorOf(() => letterTo(25).processQueue(missing))).toMatchObject({ code: 303 })
    await expect(stat(missing)).rejects.toThrow('ENOENT')
    const smtp = letterTo(25)
    smtp.sslStartMode = SSLStartMode.sslImplicit
    smtp.config(`SSLKeyLogFile=${missing}/keys.log`)
    expect(await errorOf(() => smtp.connect())).toMatchObject({ code: 303 })
  })

  test('[ipworks.error.434] a header field in this charset', async () => {
    await using sink = await SinkServer.start()
    const smtp = letterTo(sink.port)
    smtp.subject = 'Grüße'
    smtp.config('Charset=US-ASCII')
    expect(await errorOf(() => smtp.send())).toMatchObject({ code: 434 })
    expect(sink.ledger).toEqual([])
    smtp.config('Charset=ISO-8859-1')
    await smtp.send()
    expect(sink.ledger).toHaveLength(1)
  })
})

test.each([
  ['[ipworks.error.117]', 117],
  ['[ipworks.error.135]', 135],
  ['[ipworks.error.212]', 212],
  ['[ipworks.error.213]', 213],
  ['[ipworks.error.1119]', 1119],
])('%s is there to be compared with, and never comes', (_, number) => {
  expect(ERRORS[number]).toMatchObject({ group: 'TCPClient', raised: false })
})
