import { connect } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { certificateNames, certificates, ScriptedServer, SinkServer, type CertificateName } from '@posthorn/testkit'
import { isSendFailure, SmtpClient, type SmtpOptions } from '../src/index.js'
import { CONTENT } from './recorded-wire.js'

describe('CVE-2021-38371, CVE-2021-22947, CVE-2026-41319 (GHSA-9j88-vvj5-vhgr), GHSA-vxj7-4xrp-5vr4, nodemailer #1835: STARTTLS injection', () => {
  it.each([
    'S: 250-evil\nS: 250 AUTH PLAIN',
    'S: 250 evil',
    'S: 235 welcome',
    'S= 250-',
    'S= 2',
    'S= \\r\\n',
    'S= \\0',
    'S: 554 no',
    'S: 421 bye',
    'S= \\x16',
  ])('%s behind the 220 ends the session', async (injected) => {
    const { ca } = await certificates()
    await using server = await ScriptedServer.start(
      `S: 220 r\nC~ EHLO .*\nS: 250-r\nS: 250-STARTTLS\nS: 250 AUTH PLAIN LOGIN\nC: STARTTLS\nS: 220 go\n${injected}\n* silence\n`,
    )
    const client = new SmtpClient({
      host: '127.0.0.1',
      port: server.port,
      security: 'starttls',
      tls: { ca },
      localName: 'client.example.test',
      credentials: { user: 'app', password: 'pencil' },
      deadlineMs: 5_000,
    })
    await expect(client.verify()).rejects.toMatchObject({ code: 'smtp.starttls.injected' })
    await client.close()
    await server.close()
    expect((await server.finished).ledger.octetsBeforeTls.toString()).toMatch(
      /^EHLO client\.example\.test\r\nSTARTTLS\r\n$/,
    )
  })

  it('what was offered in clear is not believed inside TLS', async () => {
    const { ca } = await certificates()
    await using server = await ScriptedServer.start(
      'S: 220 r\nC~ EHLO .*\nS: 250-r\nS: 250-STARTTLS\nS: 250-PIPELINING\nS: 250 AUTH PLAIN LOGIN\nC: STARTTLS\nS: 220 go\n* tls\nC~ EHLO .*\nS: 250-r\nS: 250 AUTH X-OTHER\nC: QUIT\nS: 221 bye\n',
    )
    const client = new SmtpClient({
      host: '127.0.0.1',
      port: server.port,
      security: 'starttls',
      tls: { ca },
      localName: 'client.example.test',
      credentials: { user: 'app', password: 'pencil' },
    })
    await expect(client.verify()).rejects.toMatchObject({ code: 'smtp.auth.no-mechanism' })
    await client.close()
    expect((await server.finished).errors).toEqual([])
  })

  it('emailjs: 454 to STARTTLS does not make a loop', async () => {
    await using server = await ScriptedServer.start(
      'S: 220 r\nC~ EHLO .*\nS: 250-r\nS: 250 STARTTLS\nC: STARTTLS\nS: 454 not now\nC: QUIT\nS: 221 bye\n',
    )
    const client = new SmtpClient({
      host: '127.0.0.1',
      port: server.port,
      security: 'starttls',
      localName: 'client.example.test',
    })
    await expect(
      client.send({ envelope: { reversePath: 'a@example.test', recipients: ['b@example.test'] }, content: CONTENT }),
    ).rejects.toMatchObject({ code: 'smtp.starttls.refused' })
    await client.close()
    expect((await server.finished).errors).toEqual([])
  })
})

describe('CVE-2021-44549, GHSA-4pj9-g833-qx53 and the case of emailjs: the certificate is checked on every way to TLS', () => {
  const ways: Record<string, (port: number) => Partial<SmtpOptions>> = {
    implicit: () => ({ security: 'implicit' }),
    starttls: () => ({ security: 'starttls' }),
    opportunistic: () => ({ security: 'opportunistic' }),
    'implicit through a connector': (port) => ({
      security: 'implicit',
      host: 'relay.example.test',
      connector: tunnel(port),
    }),
    'starttls through a connector': (port) => ({
      security: 'starttls',
      host: 'relay.example.test',
      connector: tunnel(port),
    }),
  }
  const codes: Record<CertificateName, RegExp> = {
    good: /^delivered$/,
    wrongName: /^tls\.wrong-name$/,
    expired: /^tls\.certificate-expired$/,
    notYetValid: /^tls\.certificate-not-yet-valid$/,
    selfSigned: /^tls\.self-signed$/,
    unknownIssuer: /^tls\.unknown-issuer$/,
    commonNameOnly: /^tls\.wrong-name$/,
    wrongUsage: /^tls\.certificate-invalid$/,
  }

  describe.each(Object.entries(ways))('%s', (name, optionsFor) => {
    it.each(certificateNames)('%s', async (certificate) => {
      const { ca, ...shown } = await certificates()
      await using server = await SinkServer.start({
        tls: shown[certificate],
        implicitTls: name.startsWith('implicit'),
        auth: { user: 'app', password: 'pencil' },
      })
      const client = new SmtpClient({
        host: '127.0.0.1',
        port: server.port,
        tls: { ca },
        localName: 'client.example.test',
        credentials: { user: 'app', password: 'pencil' },
        deadlineMs: 5_000,
        ...optionsFor(server.port),
      })
      const code = await client
        .send({ envelope: { reversePath: 'a@example.test', recipients: ['b@example.test'] }, content: CONTENT })
        .then(
          () => 'delivered',
          (error: unknown) => (isSendFailure(error) ? error.code : String(error)),
        )
      await client.close()
      expect(code).toMatch(codes[certificate])
      expect(server.ledger).toHaveLength(certificate === 'good' ? 1 : 0)
      expect(server.sessions.map(({ authenticated }) => authenticated)).toEqual([
        certificate === 'good' ? 'app' : undefined,
      ])
      expect(server.sessions[0]!.clearOctets.toString()).not.toMatch(/AUTH|MAIL/)
    })
  })

  it('the environment cannot switch the check off', async () => {
    const { ca, selfSigned } = await certificates()
    await using server = await SinkServer.start({ tls: selfSigned })
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED']
    const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {}) // Node warns of the variable, once
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
    try {
      const client = new SmtpClient({
        host: '127.0.0.1',
        port: server.port,
        security: 'starttls',
        tls: { ca },
        localName: 'client.example.test',
      })
      await expect(client.verify()).rejects.toMatchObject({ code: 'tls.self-signed' })
      await client.close()
    } finally {
      warnings.mockRestore()
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before
    }
  })

  it('GHSA-4pj9-g833-qx53: the name is checked against tls.servername when there is one', async () => {
    const { ca, wrongName } = await certificates()
    await using server = await SinkServer.start({ tls: wrongName })
    const options = {
      host: '127.0.0.1',
      port: server.port,
      security: 'starttls',
      localName: 'client.example.test',
    } as const
    await using right = new SmtpClient({ ...options, tls: { ca, servername: 'elsewhere.example.test' } })
    await expect(right.verify()).resolves.toBeUndefined()
    await using wrong = new SmtpClient({ ...options, tls: { ca, servername: 'relay.example.test' } })
    await expect(wrong.verify()).rejects.toMatchObject({ code: 'tls.wrong-name' })
  })

  function tunnel(port: number): NonNullable<SmtpOptions['connector']> {
    return () =>
      new Promise((resolve, reject) => {
        const socket = connect({ host: '127.0.0.1', port }, () => resolve(socket))
        socket.once('error', reject)
      })
  }
})
