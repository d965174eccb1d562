import { createHash } from 'node:crypto'
import { createTransport } from 'nodemailer'
import { describe, expect, it } from 'vitest'
import { RawClient } from '../../test/raw-client.js'
import { certificates } from '../certificates.js'
import type { Chunking } from './output.js'
import type { ScriptedResult, ScriptedServerOptions } from './scripted-server.js'
import { ScriptedServer } from './scripted-server.js'

const CHUNKINGS: readonly Chunking[] = ['whole', 'line', 'octet']

/** Plays a dialogue against what a client does, and gives the result. */
async function play(
  dialogue: string,
  act: (client: RawClient, server: ScriptedServer) => Promise<void>,
  options: ScriptedServerOptions = {},
): Promise<ScriptedResult> {
  const server = await ScriptedServer.start(dialogue, options)
  try {
    const client = await RawClient.connect(server.port)
    await act(client, server)
    client.socket.destroy()
    return await server.finished
  } finally {
    await server.close()
  }
}

const TRANSACTION = `S: 220 relay.example.test ESMTP
C: EHLO client.example.test
S: 250-relay.example.test
S: 250 PIPELINING
C: MAIL FROM:<a@example.test>
C: RCPT TO:<b@example.test>
C: RCPT TO:<c@example.test>
S: 250 2.1.0 ok
S: 250 2.1.5 ok
S: 550 5.1.1 no
C: DATA
S: 354 go on
C: Subject: x
C:
C: ..hello
C: .
S: 250 2.0.0 queued
C: QUIT
S: 221 bye
`

describe('ScriptedServer', () => {
  it.each(CHUNKINGS)('plays a transaction (%s) and keeps it in the ledger', async (chunking) => {
    const { errors, ledger, transcript } = await play(
      TRANSACTION,
      async (client) => {
        expect(await client.replies(1)).toEqual(['220 relay.example.test ESMTP'])
        expect(await client.ask('EHLO client.example.test')).toBe('250 PIPELINING')
        client.send('MAIL FROM:<a@example.test>\r\nRCPT TO:<b@example.test>\r\nRCPT TO:<c@example.test>\r\n')
        expect(await client.replies(3)).toEqual(['250 2.1.0 ok', '250 2.1.5 ok', '550 5.1.1 no'])
        expect(await client.ask('DATA')).toBe('354 go on')
        expect(await client.ask('Subject: x\r\n\r\n..hello\r\n.')).toBe('250 2.0.0 queued')
        expect(await client.ask('QUIT')).toBe('221 bye')
        expect(client.pieces >= 90).toBe(chunking === 'octet')
      },
      { chunking },
    )
    expect(errors).toEqual([])
    expect(ledger.transactions).toEqual([
      {
        reversePath: 'FROM:<a@example.test>',
        recipients: ['TO:<b@example.test>'],
        content: Buffer.from('Subject: x\r\n\r\n.hello\r\n'),
      },
    ])
    expect(transcript.slice(0, 3)).toEqual([
      'S: 220 relay.example.test ESMTP',
      'C: EHLO client.example.test',
      'S: 250-relay.example.test',
    ])
    expect(ledger.octetsReceived).toBe(ledger.octetsBeforeTls.length)
  })

  it.each(CHUNKINGS)(
    'serves nodemailer inside STARTTLS (%s), with nothing secret in the clear octets',
    async (chunking) => {
      const dialogue = `S: 220 relay.example.test ESMTP
C~ EHLO \\S+
S: 250-relay.example.test
S: 250 STARTTLS
C: STARTTLS
S: 220 go
* tls
C~ EHLO \\S+
S: 250-relay.example.test
S: 250 AUTH PLAIN
C: AUTH PLAIN AHUAcw==
S: 235 2.7.0 ok
C: MAIL FROM:<a@example.test>
S: 250 ok
C: RCPT TO:<b@example.test>
S: 250 ok
C: DATA
S: 354 go
C~ From: .*
C# 15
C: .
S: 250 queued
`
      const server = await ScriptedServer.start(dialogue, { chunking })
      const { ca } = await certificates()
      const auth = { user: 'u', pass: 's' }
      const transport = createTransport({
        host: '127.0.0.1',
        port: server.port,
        auth,
        tls: { ca, servername: 'localhost' },
      })
      const raw = 'From: a@x\r\nTo: b@x\r\n\r\nhi'
      await transport.sendMail({ envelope: { from: 'a@example.test', to: ['b@example.test'] }, raw })
      const { errors, ledger, transcript } = await server.finished
      await server.close()
      expect(errors).toEqual([])
      expect(transcript).toContain('* tls good (TLSv1.3)')
      expect(ledger.transactions[0]?.content.toString()).toBe(`${raw}\r\n`)
      expect(ledger.octetsBeforeTls.toString()).toMatch(/^EHLO \S+\r\nSTARTTLS\r\n$/)
      expect(ledger.octetsReceived).toBeGreaterThan(ledger.octetsBeforeTls.length + 100)
    },
  )

  it.each([
    ['S: 220 x\nC: EHLO a\n', 'EHLO b\r\n', 'line 2: expected C: EHLO a, got "EHLO b\\r\\n"'],
    ['S: 220 x\nC: EHLO a\n', 'EHLO a\n', 'line 2: expected C: EHLO a, got "EHLO a\\n"'],
    ['S: 220 x\nC~ EHLO [ab]\n', 'EHLO ab\r\n', 'line 2: expected C~ ^(?:EHLO [ab])$, got "EHLO ab\\r\\n"'],
    ['S: 220 x\nC= a\\n\n', 'ab', 'line 2: expected C= a\\n, got "ab"'],
    ['S: 220 x\nC# 3 sha256:' + '0'.repeat(64), 'abc', 'line 2: expected sha256:000'],
    [
      'S: 220 x\nC: A\n',
      'A\r\nB\r\n',
      'after the last step: expected the client to close the connection, got "B\\r\\n"',
    ],
    ['S: 220 x\nC: A\n* end\n', 'A\r\nB', 'line 3: expected the client to close the connection, got "B"'],
    ['S: 220 x\nC: A\n* idle\nC: B\n', 'A\r\nB\r\n', 'line 3: expected nothing unread, got "B\\r\\n"'],
  ])('%j against %j is a mismatch and closes the connection', async (dialogue, sent, message) => {
    const { errors, transcript } = await play(dialogue, async (client) => {
      await client.replies(1)
      client.send(sent)
      await client.gone()
    })
    expect(errors).toEqual([expect.stringContaining(message)])
    expect(transcript.length).toBeGreaterThan(1)
  })

  it('says that the client closed when it should have sent more', async () => {
    const { errors } = await play('S: 220 x\nC: EHLO a\n', async (client) => void (await client.replies(1)))
    expect(errors).toEqual(['line 2: expected C: EHLO a, got the client closed the connection'])
  })

  it('takes exact octets and counted ones, with a digest, and follows BDAT', async () => {
    const digest = createHash('sha256').update('\0\r\n.x').digest('hex')
    const dialogue = `S: 220 x\nC: MAIL FROM:<>\nC: RCPT TO:<b@x>\nS: 250 a\nS: 250 b\nC: BDAT 5\nC# 5 sha256:${digest}\nS: 250 c\nC= BDAT 2 LAST\\r\\nok\nS: 250 d\n`
    const { errors, ledger } = await play(dialogue, async (client) => {
      await client.replies(1)
      client.send('MAIL FROM:<>\r\nRCPT TO:<b@x>\r\n')
      await client.replies(2)
      client.send('BDAT 5\r\n\0\r\n.x')
      await client.replies(1)
      client.send('BDAT 2 LAST\r\nok')
      await client.replies(1)
    })
    expect(errors).toEqual([])
    expect(ledger.transactions).toEqual([
      { reversePath: 'FROM:<>', recipients: ['TO:<b@x>'], content: Buffer.from('\0\r\n.xok') },
    ])
  })

  it('keeps refused and early-answered transactions out of the ledger, and LMTP ones by recipient', async () => {
    const dialogue = `S: 220 x\nC: LHLO a\nS: 250 x\nC: MAIL FROM:<a@x>\nC: RCPT TO:<b@x>\nC: RCPT TO:<c@x>\nC: DATA\nS: 250 a\nS: 250 b\nS: 250 c\nS: 354 d\nC: hi\nC: .\nS: 250 e\nS: 451 f\nC: MAIL FROM:<d@x>\nC: RCPT TO:<e@x>\nC: DATA\nS: 250 a\nS: 250 b\nS: 354 d\nS: 250 early\nC: hi\nC: .\nS: 451 late\n`
    const { errors, ledger } = await play(dialogue, async (client) => {
      await client.replies(1)
      await client.ask('LHLO a')
      client.send('MAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nRCPT TO:<c@x>\r\nDATA\r\n')
      await client.replies(4)
      client.send('hi\r\n.\r\n')
      await client.replies(2)
      client.send('MAIL FROM:<d@x>\r\nRCPT TO:<e@x>\r\nDATA\r\n')
      await client.replies(4)
      client.send('hi\r\n.\r\n')
      await client.replies(1)
    })
    expect(errors).toEqual([])
    expect(ledger.transactions.map(({ recipients }) => recipients)).toEqual([['TO:<b@x>']])
  })

  it('closes, resets, or holds the connection as told', async () => {
    const ends: string[] = []
    const wait = async (client: RawClient): Promise<void> => {
      client.send('QUIT\r\n')
      ends.push(await client.gone())
    }
    expect((await play('S: 421 x\n* close\n', wait)).errors).toEqual([])
    expect((await play('S: 421 x\nC: QUIT\n* reset\n', wait)).errors).toEqual([])
    expect((await play('S: 421 x\n* reset\n', wait)).errors).toEqual([])
    expect(ends).toEqual(['end', 'ECONNRESET', 'ECONNRESET'])
    const silent = await play('S: 220 x\n* silence\nS: never\n', async (client) => {
      await client.replies(1)
      client.send('EHLO a\r\n')
    })
    expect([silent.errors, silent.transcript.includes('S: never')]).toEqual([[], false])
  })

  it('resets a connection inside TLS', async () => {
    const { errors } = await play('S: 220 x\n* tls\nC: A\n* reset\n', async (client) => {
      await client.replies(1)
      await client.startTls()
      client.send('A\r\n')
      expect(await client.gone()).toBe('ECONNRESET')
    })
    expect(errors).toEqual([])
  })

  it('* close and * end together expect the client to close without another octet', async () => {
    const quiet = await play('S: 421 x\n* close\n* end\n', async (client) => void (await client.gone()))
    expect(quiet.errors).toEqual([])
    const server = await ScriptedServer.start('S: 421 x\n* close\n* end\n')
    const client = await RawClient.connect(server.port, { halfOpen: true })
    await client.gone()
    client.send('QUIT\r\n')
    expect((await server.finished).errors).toEqual([
      'line 3: expected the client to close the connection, got "QUIT\\r\\n"',
    ])
    await server.close()
  })

  it('* deaf stops reading: the client is held back, and the session counts as played', async () => {
    const server = await ScriptedServer.start('S: 220 x\n* deaf\n')
    const client = await RawClient.connect(server.port)
    await client.replies(1)
    expect((await server.finished).errors).toEqual([])
    client.send(Buffer.alloc(64 * 1024 * 1024))
    await server.close()
    expect(await client.gone()).toMatch(/ECONNRESET|EPIPE/) // a reset, as there was something left to read
  })

  it.each([
    ['expired', 'CERT_HAS_EXPIRED'],
    ['wrongName', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['good TLSv1.1', 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION'],
  ])('* tls %s makes a strict client leave without another octet', async (argument, code) => {
    const { errors } = await play(`S: 220 x\nC: STARTTLS\nS: 220 go\n* tls ${argument}\n* end\n`, async (client) => {
      await client.replies(1)
      await client.ask('STARTTLS')
      const refusal = await client.startTls().catch((error: NodeJS.ErrnoException) => error.code)
      if (code !== 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION') expect(refusal).toBe(code)
      else expect(refusal).toMatch(/^ERR_SSL/)
    })
    expect(errors).toEqual([])
  })

  it('notices clear text where the handshake should begin', async () => {
    const { errors, ledger } = await play('S: 220 x\nC: STARTTLS\nS: 220 go\n* tls\n* end\n', async (client) => {
      await client.replies(1)
      client.send('STARTTLS\r\nEHLO a\r\n')
      await client.gone()
    })
    expect(errors).toEqual(['line 4: expected a TLS handshake, got "EHLO a\\r\\n"'])
    expect(ledger.octetsBeforeTls.toString()).toBe('STARTTLS\r\nEHLO a\r\n')
  })

  it('speaks TLS from the first octet when told, with the certificate named', async () => {
    const server = await ScriptedServer.start('S: 220 x\nC: QUIT\nS: 221 bye\n', {
      implicitTls: true,
      chunking: 'octet',
    })
    const client = await RawClient.connect(server.port, { tls: true })
    await client.replies(1)
    expect(await client.ask('QUIT')).toBe('221 bye')
    client.socket.end()
    const { errors, ledger } = await server.finished
    expect([errors, ledger.octetsBeforeTls.length, ledger.octetsReceived]).toEqual([[], 0, 6])
    await server.close()
    const other = await ScriptedServer.start('* end\n', { implicitTls: 'selfSigned' })
    await expect(RawClient.connect(other.port, { tls: true })).rejects.toThrow('self-signed')
    expect((await other.finished).errors).toEqual([])
    await other.close()
  })

  it.each(CHUNKINGS)('repeats a line (%s) and trickles', async (chunking) => {
    const { errors } = await play(
      'S* 2000 250-x\nS: 250 y\n* trickle 1\nS: 251 z\nC: A\n',
      async (client) => {
        expect((await client.until(/251 z\r\n$/)).split('\r\n').length).toBe(2003)
        client.send('A\r\n')
      },
      { chunking },
    )
    expect(errors).toEqual([])
  })

  it('floods until the client closes', async () => {
    const { errors } = await play('* flood\n', async (client) => {
      let octets = 0
      client.socket.removeAllListeners('data')
      await new Promise<void>((resolve) => {
        client.socket.on('data', (part: Buffer) => {
          octets += part.length
          if (octets > 1_000_000) resolve()
        })
      })
    })
    expect(errors).toEqual([])
  })

  it('says so when the client takes the whole flood', async () => {
    const { errors } = await play('* flood\n', async (client) => {
      client.socket.removeAllListeners('data').resume()
      await client.gone()
    })
    expect(errors).toEqual(['line 1: the client took 67108864 octets without closing the connection'])
  })

  it('plays several sessions in order, also at the same time, and refuses one too many', async () => {
    const server = await ScriptedServer.start('S: 220 one\nC: A\n* session\nS: 220 two\nC: B\n')
    const one = await RawClient.connect(server.port)
    expect(await one.replies(1)).toEqual(['220 one'])
    const two = await RawClient.connect(server.port)
    expect(await two.replies(1)).toEqual(['220 two'])
    const three = await RawClient.connect(server.port)
    await three.gone()
    two.socket.end('B\r\n')
    one.socket.end('A\r\n')
    const { errors, transcript } = await server.finished
    expect(errors).toEqual(['connection 3 was not expected'])
    expect(transcript).toEqual(['S: 220 one', 'C: A', '* session', 'S: 220 two', 'C: B'])
    await server.close()
  })

  it('close() says where the dialogue stood', async () => {
    const server = await ScriptedServer.start('S: 220 one\nC: A\n* session\nS: 220 two\n')
    const client = await RawClient.connect(server.port)
    await client.replies(1)
    await server.close()
    expect((await server.finished).errors).toEqual([
      'line 2: the server was closed here',
      '1 of 2 connections never came',
    ])
    await client.gone()
  })
})
