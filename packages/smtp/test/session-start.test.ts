import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { certificates, SinkServer, type SinkOptions } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { SmtpClient, type SmtpOptions } from '../src/index.js'
import { clientFor } from './support.js'

const LETTER = {
  envelope: { reversePath: 'a@example.test', recipients: ['b@example.test'] },
  content: 'Subject: x\r\n\r\nx\r\n',
}
const CREDENTIALS = { credentials: { user: 'app', password: 'pencil' }, allowCleartextAuth: true }

/** Sends one message; the commands the server got, and what the trail noted. */
async function commands(
  server: SinkOptions,
  options: Partial<SmtpOptions>,
): Promise<{ said: string[]; notes: string[] }> {
  await using sink = await SinkServer.start(server)
  const client = clientFor(sink, options)
  const notes: string[] = []
  client.on('trail', (event) => void (event.type === 'note' && notes.push(event.text)))
  await client.send(LETTER)
  await client.close()
  return { said: sink.sessions[0]!.commands, notes }
}

describe('the order in which a session begins', () => {
  it('is greeting, EHLO, STARTTLS, EHLO again, AUTH, and only then mail [part of javamail.behaviour.connect-order]', async () => {
    const tls = await certificates()
    await using sink = await SinkServer.start({ tls, auth: { user: 'app', password: 'pencil', mechanisms: ['PLAIN'] } })
    const client = clientFor(sink, { security: 'starttls', tls: { ca: tls.ca }, ...CREDENTIALS })
    const log: string[] = []
    client.on('trail', (event) => {
      if (event.type === 'command')
        log.push(
          event.line
            .split(' ', 2)
            .slice(0, event.phase === 'auth' ? 2 : 1)
            .join(' '),
        )
      else if (event.type === 'reply' && event.phase === 'greeting') log.push(`greeting ${event.reply.code}`)
      else if (event.type === 'tls') log.push('handshake')
    })
    await client.send(LETTER)
    await client.close()
    expect(log.slice(0, 7)).toEqual(['greeting 220', 'EHLO', 'STARTTLS', 'handshake', 'EHLO', 'AUTH PLAIN', 'MAIL'])
  })

  it('makes no connection when TLS could not be spoken over it [part of ipworks.error.270]', async () => {
    const tls = await certificates()
    await using sink = await SinkServer.start({ tls })
    for (const security of ['starttls', 'implicit'] as const) {
      const client = clientFor(sink, { security, tls: { ciphers: 'SSL_RSA_WITH_RC4_128_SHA' } })
      await expect(client.send(LETTER)).rejects.toMatchObject({ code: 'settings.tls-ciphers' })
      await client.close()
    }
    expect(sink.sessions).toEqual([])
  })

  it('falls back to HELO where EHLO is not known, and logs in only where that is offered [part of javamail.behaviour.connect-order]', async () => {
    const { said } = await commands(
      { replyTo: (verb) => (verb === 'EHLO' ? '502 5.5.1 unknown' : undefined) },
      { ...CREDENTIALS, loginRequired: false },
    )
    expect(said.slice(0, 3)).toEqual([
      'EHLO client.example.test',
      'HELO client.example.test',
      'MAIL FROM:<a@example.test>',
    ])
  })

  it('begins with HELO when extensions are off [part of javamail.mail.smtp.ehlo] [part of illiad.config.AllowExtensions]', async () => {
    const off = await commands({}, { extensions: false })
    expect(off.said.slice(0, 2)).toEqual(['HELO client.example.test', 'MAIL FROM:<a@example.test>'])
    expect(off.said).toContain('DATA')
    const on = await commands({}, { extensions: true })
    expect(on.said[0]).toBe('EHLO client.example.test')
    expect(on.said[1]).toMatch(/^MAIL FROM:<a@example\.test> SIZE=/)
  })
})

describe('this side of a session', () => {
  it('gives its name in EHLO, whatever the address [part of javamail.mail.smtp.localhost]', async () => {
    const { said } = await commands({}, { localName: 'app.example.test', localAddress: '127.0.0.1' })
    expect(said[0]).toBe('EHLO app.example.test')
    const literal = await commands({}, { localName: '[192.0.2.1]' })
    expect(literal.said[0]).toBe('EHLO [192.0.2.1]')
  })

  it('gives the address it was told to connect from, when it has no name [part of javamail.mail.smtp.localaddress]', async () => {
    const seen: (string | undefined)[] = []
    const lines: string[] = []
    const server = createServer((socket) => {
      seen.push(socket.remoteAddress)
      socket.write('220 witness\r\n')
      socket.on('error', () => {})
      socket.on('data', (octets) => {
        lines.push(octets.toString().trim())
        socket.write(octets.toString().startsWith('QUIT') ? '221 bye\r\n' : '250 ok\r\n')
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    await new SmtpClient({ host: '127.0.0.1', port, security: 'none', localAddress: '127.0.0.2' }).verify()
    expect({ seen, first: lines[0] }).toEqual({ seen: ['127.0.0.2'], first: 'EHLO [127.0.0.2]' })
    server.close()
  })

  it('connects from its port [part of javamail.mail.smtp.localport]', async () => {
    const ports: (number | undefined)[] = []
    const server = createServer((socket) => {
      ports.push(socket.remotePort)
      socket.on('error', () => {})
      socket.end('421 4.3.2 not now\r\n')
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const probe = createServer().listen(0, '127.0.0.3')
    await once(probe, 'listening')
    const localPort = (probe.address() as AddressInfo).port
    probe.close()
    await once(probe, 'close')
    const { port } = server.address() as AddressInfo
    const client = new SmtpClient({ host: '127.0.0.1', port, security: 'none', localAddress: '127.0.0.3', localPort })
    await expect(client.verify()).rejects.toMatchObject({ code: 'smtp.greeting.refused', outcome: 'transient' })
    expect(ports).toEqual([localPort])
    server.close()
  })
})

describe('a greeting that refuses', () => {
  it('is answered with QUIT, or with nothing [part of javamail.mail.smtp.quitonsessionreject]', async () => {
    for (const [more, said, endedBy] of [
      [{}, ['QUIT'], 'quit'],
      [{ quitAfterRefusedGreeting: true }, ['QUIT'], 'quit'],
      [{ quitAfterRefusedGreeting: false }, [], 'end'],
    ] as const) {
      await using sink = await SinkServer.start({
        replyTo: (verb) => (verb === 'GREETING' ? '554 5.3.2 no service here' : undefined),
      })
      await expect(clientFor(sink, more).verify()).rejects.toMatchObject({ code: 'smtp.greeting.refused' })
      await sink.idle()
      expect(sink.sessions[0]).toMatchObject({ commands: said, endedBy })
    }
  })
})

describe('a login that is not required', () => {
  const offered = { auth: { user: 'app', password: 'pencil', mechanisms: ['PLAIN'] } }
  const verbs = (said: readonly string[]) => said.map((line) => line.split(' ', 1)[0])

  it('is left out where none is offered, and the trail says so [part of javamail.mail.smtp.auth]', async () => {
    const { said, notes } = await commands({}, { ...CREDENTIALS, loginRequired: false })
    expect(verbs(said)).toEqual(['EHLO', 'MAIL', 'RCPT', 'BDAT', 'QUIT'])
    expect(notes).toEqual(['the server offers no login: mail goes without, as loginRequired is false'])
    await expect(commands({}, CREDENTIALS)).rejects.toMatchObject({ code: 'smtp.auth.not-offered' })
  })

  it('is done where one is offered, and must succeed [part of javamail.mail.smtp.auth]', async () => {
    const { said, notes } = await commands(offered, { ...CREDENTIALS, loginRequired: false })
    expect(verbs(said)).toContain('AUTH')
    expect(notes).toEqual([])
    const wrong = { credentials: { user: 'app', password: 'wrong' }, allowCleartextAuth: true, loginRequired: false }
    await expect(commands(offered, wrong)).rejects.toMatchObject({ code: 'smtp.auth.refused' })
  })

  it('is looked for after STARTTLS', async () => {
    const tls = await certificates()
    const trusting = { security: 'starttls', tls: { ca: tls.ca }, credentials: CREDENTIALS.credentials } as const
    const inside = await commands({ tls, ...offered }, { ...trusting, loginRequired: false })
    expect(verbs(inside.said).slice(0, 4)).toEqual(['EHLO', 'STARTTLS', 'EHLO', 'AUTH'])
    const nowhere = await commands({ tls }, { ...trusting, loginRequired: false })
    expect(verbs(nowhere.said).slice(0, 4)).toEqual(['EHLO', 'STARTTLS', 'EHLO', 'MAIL'])
  })

  it('says that a session without it is not authenticated', async () => {
    await using sink = await SinkServer.start()
    await using session = await clientFor(sink, { ...CREDENTIALS, loginRequired: false }).session()
    expect(session.authenticated).toBe(false)
  })
})
