import { createHash } from 'node:crypto'
import { createTransport } from 'nodemailer'
import { afterEach, describe, expect, it } from 'vitest'
import { RawClient } from '../../test/raw-client.js'
import { certificates } from '../certificates.js'
import { fillPattern } from '../fill-pattern.js'
import type { Fault, SinkOptions } from './options.js'
import { SinkServer } from './sink-server.js'

let server: SinkServer

/** Starts a server, connects, and says EHLO. */
async function open(options: SinkOptions = {}, hello = 'EHLO client.example.test'): Promise<RawClient> {
  server = await SinkServer.start(options)
  return again(hello)
}

async function again(hello = 'EHLO client.example.test', tls = false): Promise<RawClient> {
  const client = await RawClient.connect(server.port, { tls })
  await client.replies(1)
  await client.ask(hello)
  return client
}

const codes = (replies: readonly string[]): string => replies.map((reply) => reply.slice(0, 3)).join(' ')

afterEach(async () => {
  await server.close()
  expect(server.openConnections).toBe(0)
})

describe('SinkServer', () => {
  it('takes a pipelined transaction, unstuffs dots and remembers everything', async () => {
    const client = await open({ keepContent: true })
    client.send(
      'MAIL FROM:<a@x> SIZE=20\r\nRCPT TO:<b@x> NOTIFY=NEVER\r\nRCPT TO:<no mailbox>\r\nRCPT TO:<c@x>\r\nDATA\r\n',
    )
    expect(codes(await client.replies(5))).toBe('250 250 553 250 354')
    client.send('Subject: x\r\n\r\n..hi\r\n.\r\nMAIL FROM:<>\r\nRSET\r\n')
    expect(codes(await client.replies(3))).toBe('250 250 250')
    expect(server.ledger).toEqual([
      {
        id: 1,
        session: 1,
        reversePath: 'a@x',
        recipients: ['b@x', 'c@x'],
        mailParameters: { SIZE: '20' },
        rcptParameters: [{ NOTIFY: 'NEVER' }, {}],
        octets: 19,
        sha256: undefined,
        content: Buffer.from('Subject: x\r\n\r\n.hi\r\n'),
        replied: true,
        replies: 1,
        repliedAt: expect.any(Number) as number,
      },
    ])
    expect(await client.ask('QUIT')).toMatch(/^221/)
    expect(await client.gone()).toBe('end')
    await server.idle()
    expect(server.sessions[0]).toMatchObject({
      number: 1,
      endedBy: 'quit',
      commandCount: 9,
      tls: false,
      violations: [],
    })
    expect(server.sessions[0]!.clearOctets.toString()).toMatch(/^EHLO client[^]*QUIT\r\n$/)
  })

  it('keeps the order of RFC 5321 4.1.4', async () => {
    server = await SinkServer.start()
    const client = await RawClient.connect(server.port)
    await client.replies(1)
    expect(await client.ask('MAIL FROM:<a@x>')).toMatch(/^503/)
    expect(await client.ask('LHLO x')).toMatch(/^500/)
    expect(await client.ask('EHLO x')).toBe('250 ENHANCEDSTATUSCODES')
    expect(await client.ask('RCPT TO:<b@x>')).toMatch(/^503/)
    expect(await client.ask('MAIL FROM:<a@x>')).toMatch(/^250/)
    expect(await client.ask('MAIL FROM:<a@x>')).toMatch(/^503/)
    expect(await client.ask('DATA')).toMatch(/^554/)
    expect(await client.ask('EHLO x')).toMatch(/^250/)
    expect(await client.ask('RCPT TO:<b@x>')).toMatch(/^503/)
    expect(await client.ask('STARTTLS')).toMatch(/^502/)
    expect(await client.ask('AUTH PLAIN')).toMatch(/^502/)
    expect(await client.ask('HELO x')).toBe('250 sink.example.test')
    expect(await client.ask('MAIL FROM:<a@x> SIZE=1')).toMatch(/^555/)
    expect(await client.ask('BDAT 0')).toMatch(/^500/)
    expect(await client.ask('WHAT')).toMatch(/^500/)
  })

  it('counts the octets of BDAT exactly, in one piece or octet by octet', async () => {
    const client = await open({ extensions: ['PIPELINING', 'CHUNKING', 'BINARYMIME'] })
    const content = Buffer.from('\0\r\n.\r\nQUIT\r\n\xff', 'latin1')
    const commands = Buffer.concat([
      Buffer.from('MAIL FROM:<a@x> BODY=BINARYMIME\r\nRCPT TO:<b@x>\r\nBDAT 4\r\n'),
      content.subarray(0, 4),
      Buffer.from(`BDAT ${content.length - 4} last\r\n`),
      content.subarray(4),
    ])
    client.send(commands)
    expect(codes(await client.replies(4))).toBe('250 250 250 250')
    for (const octet of commands) {
      client.send(Buffer.from([octet]))
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(codes(await client.replies(4))).toBe('250 250 250 250')
    client.send('MAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nBDAT 0 LAST\r\n')
    expect(codes(await client.replies(3))).toBe('250 250 250')
    const digest = createHash('sha256').update(content).digest('hex')
    expect(server.ledger.map(({ octets, sha256 }) => [octets, sha256]).slice(0, 2)).toEqual([
      [content.length, digest],
      [content.length, digest],
    ])
    expect(server.ledger[2]!.octets).toBe(0)
  })

  it('answers only RSET and QUIT after a refused chunk, and reads the chunks behind it', async () => {
    const client = await open({
      replyTo: (verb, argument) => (verb === 'BDAT' && argument === '3' ? '451 4.3.0 disk' : undefined),
    })
    client.send('MAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nBDAT 3\r\nabcBDAT 6 LAST\r\nQUIT\r\nMAIL FROM:<a@x>\r\nNOOP\r\n')
    expect(codes(await client.replies(6))).toBe('250 250 451 503 503 503')
    expect(await client.ask('RSET')).toMatch(/^250/)
    client.send('BDAT 2 LAST\r\nab')
    expect(await client.replies(1)).toEqual(['503 5.5.1 MAIL first'])
    expect(await client.ask('RSET')).toMatch(/^250/)
    client.send('MAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nBDAT 1\r\nx')
    expect(codes(await client.replies(3))).toBe('250 250 250')
    expect(await client.ask('DATA')).toMatch(/^503/)
    expect(await client.ask('BDAT x')).toMatch(/^501/)
    expect(server.ledger).toEqual([])
  })

  it('refuses too many recipients and too much content', async () => {
    const client = await open({ extensions: ['PIPELINING', 'CHUNKING', 'SIZE 10'], maxRecipients: 1 })
    expect(await client.ask('MAIL FROM:<a@x> SIZE=11')).toMatch(/^552/)
    client.send('MAIL FROM:<a@x> SIZE=9\r\nRCPT TO:<b@x>\r\nRCPT TO:<c@x>\r\nDATA\r\n')
    expect(await client.replies(4)).toEqual(expect.arrayContaining(['452 4.5.3 too many recipients']))
    expect(await client.ask('123456789\r\n.')).toMatch(/^552 5.3.4/)
    client.send('MAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nBDAT 11\r\n12345678901')
    expect(codes(await client.replies(3))).toBe('250 250 552')
    expect(server.ledger).toEqual([])
  })

  it('replies as told: the effect follows the reply', async () => {
    const seen: string[] = []
    const replies: Record<string, string> = {
      'GREETING ': '220-first\r\n220 second',
      'MAIL FROM:<no@x>': '451 4.7.1 later',
      'RCPT TO:<odd@x>': '251 2.1.5 will forward',
      'CONTENT ': '250 2.0.0 id=7',
      'NOOP ': '421 4.3.2 going down',
    }
    server = await SinkServer.start({
      replyTo: (verb, argument, { recipients, sizeOctets }) => {
        if (verb === 'CONTENT') seen.push(`${recipients.join()} ${sizeOctets}`)
        return replies[`${verb} ${argument}`]
      },
    })
    const client = await again()
    client.send('MAIL FROM:<no@x>\r\nRCPT TO:<b@x>\r\n')
    expect(codes(await client.replies(2))).toBe('451 503')
    client.send('MAIL FROM:<a@x>\r\nRCPT TO:<odd@x>\r\nDATA\r\n')
    expect(codes(await client.replies(3))).toBe('250 251 354')
    expect(await client.ask('x\r\n.')).toBe('250 2.0.0 id=7')
    expect([server.ledger[0]!.recipients, seen]).toEqual([['odd@x'], ['odd@x 3']])
    expect(await client.ask('NOOP')).toMatch(/^421/)
    expect(await client.gone()).toBe('end')
    expect(server.sessions[0]!.endedBy).toBe('421')
  })

  it('serves nothing but QUIT after a greeting of 554, and takes nothing when the final reply is no 2yz', async () => {
    server = await SinkServer.start({ replyTo: (verb) => (verb === 'GREETING' ? '554 5.7.1 no' : undefined) })
    const client = await RawClient.connect(server.port)
    await client.replies(1)
    expect(await client.ask('EHLO x')).toMatch(/^503/)
    expect(await client.ask('QUIT')).toMatch(/^221/)
    await server.close()
    const other = await open({ replyTo: (verb) => (verb === 'CONTENT' ? '554 5.6.0 no' : undefined) })
    other.send('MAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n')
    await other.replies(3)
    expect(await other.ask('x\r\n.')).toMatch(/^554/)
    expect([server.ledger, await other.ask('MAIL FROM:<a@x>')]).toEqual([[], '250 2.1.0 ok'])
  })

  it('gives a reply for each recipient over LMTP and takes the message for those it accepted', async () => {
    const replyTo = (verb: string, argument: string): string | undefined =>
      verb === 'CONTENT' && argument === 'c@x' ? '452 4.2.2 full' : undefined
    const client = await open({ lmtp: true, replyTo }, 'LHLO client.example.test')
    client.send('MAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nRCPT TO:<c@x>\r\nRCPT TO:<d@x>\r\nDATA\r\n')
    await client.replies(5)
    client.send('x\r\n.\r\n')
    expect(codes(await client.replies(3))).toBe('250 452 250')
    expect(server.ledger).toMatchObject([{ recipients: ['b@x', 'd@x'], replied: true, replies: 3 }])
  })

  it('notices what RFC 2920 forbids', async () => {
    const client = await open({ extensions: [] })
    client.send('MAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nNOOP\r\nQUIT\r\n')
    await client.replies(4)
    expect(server.sessions[0]!.violations).toEqual([
      'octets behind MAIL without PIPELINING',
      'octets behind RCPT without PIPELINING',
      'octets behind NOOP',
    ])
    const other = await again()
    other.send('NOOP\nNOOP\r\n')
    expect(codes(await other.replies(2))).toBe('500 250')
    expect(server.sessions[1]!.violations).toEqual(['CR or LF alone in a line'])
  })
})

describe('SinkServer with TLS and AUTH', () => {
  const auth = { user: 'u', password: 'p\u00e4ss' }
  const plain = Buffer.from('\0u\0p\u00e4ss').toString('base64')

  it('offers AUTH inside TLS only, forgets what was before, and drops what was injected', async () => {
    const client = await open({ tls: await certificates(), auth })
    expect(await client.ask(`AUTH PLAIN ${plain}`)).toMatch(/^538/)
    expect(await client.ask('MAIL FROM:<a@x>')).toMatch(/^530/)
    client.send('STARTTLS\r\nEHLO injected\r\n')
    expect(await client.replies(1)).toEqual(['220 2.0.0 go ahead'])
    await client.startTls()
    expect(await client.ask('MAIL FROM:<a@x>')).toMatch(/^503/)
    expect(await client.ask('EHLO x')).toBe('250 AUTH PLAIN LOGIN XOAUTH2')
    expect(await client.ask('STARTTLS')).toMatch(/^502/)
    expect(await client.ask(`AUTH PLAIN ${plain}`)).toMatch(/^235/)
    expect(await client.ask(`AUTH PLAIN ${plain}`)).toMatch(/^503/)
    expect(await client.ask('MAIL FROM:<a@x>')).toMatch(/^250/)
    const [session] = server.sessions
    expect(session).toMatchObject({ tls: true, authenticated: 'u', violations: ['octets behind STARTTLS'] })
    expect(session!.clearOctets.toString()).toMatch(/STARTTLS\r\nEHLO injected\r\n$/)
  })

  it('speaks every mechanism, with and without initial response', async () => {
    const b64 = (text: string): string => Buffer.from(text).toString('base64')
    const exchanges = [
      [`AUTH PLAIN ${plain}`, '235'],
      ['AUTH PLAIN', '334', plain, '235'],
      ['AUTH LOGIN', '334', b64('u'), '334', b64('p\u00e4ss'), '235'],
      [`AUTH LOGIN ${b64('u')}`, '334', b64('wrong'), '535'],
      [`AUTH XOAUTH2 ${b64('user=u\x01auth=Bearer p\u00e4ss\x01\x01')}`, '235'],
      [`AUTH XOAUTH2 ${b64('user=u\x01auth=Bearer old\x01\x01')}`, '334', '', '535'],
      ['AUTH PLAIN =', '535'],
      ['AUTH PLAIN', '334', '*', '501'],
      ['AUTH PLAIN', '334', '!!!', '501'],
      ['AUTH PLAIN !', '501'],
      ['AUTH CRAM-MD5', '504'],
    ]
    server = await SinkServer.start({ auth })
    for (const exchange of exchanges) {
      const client = await again()
      for (let at = 0; at < exchange.length; at += 2)
        expect((await client.ask(exchange[at]!)).slice(0, 3)).toBe(exchange[at + 1])
      client.socket.destroy()
    }
    expect(server.sessions.filter(({ authenticated }) => authenticated === 'u').length).toBe(4)
  })

  it('serves implicit TLS, and records a client that refuses the certificate', async () => {
    const made = await certificates()
    server = await SinkServer.start({ tls: made.expired, implicitTls: true })
    await expect(RawClient.connect(server.port, { tls: true })).rejects.toThrow('expired')
    await server.idle()
    expect(server.sessions[0]).toMatchObject({ tls: false, commands: [], clearOctets: Buffer.alloc(0) })
    await server.close()
    server = await SinkServer.start({ tls: made, implicitTls: true })
    const client = await again('EHLO x', true)
    expect(await client.ask('QUIT')).toMatch(/^221/)
    expect(await client.gone()).toBe('end')
    await expect(SinkServer.start({ implicitTls: true })).rejects.toThrow('implicitTls needs tls')
  })

  it('takes a message of some size from nodemailer, inside TLS', async () => {
    const made = await certificates()
    server = await SinkServer.start({ tls: made, auth, keepContent: true })
    const options = { host: '127.0.0.1', port: server.port, auth: { user: auth.user, pass: auth.password } }
    const transport = createTransport({ ...options, requireTLS: true, tls: { ca: made.ca, servername: 'localhost' } })
    const raw = fillPattern(1_000_000, { seed: 4 })
    await transport.sendMail({ envelope: { from: 'a@x', to: ['b@x', 'c@x'] }, raw })
    await server.idle()
    expect(server.ledger).toMatchObject([
      { reversePath: 'a@x', recipients: ['b@x', 'c@x'], octets: raw.length, replied: true },
    ])
    expect(server.ledger[0]!.content!.equals(raw)).toBe(true)
    expect(server.sessions[0]).toMatchObject({ tls: true, authenticated: 'u', endedBy: 'end', violations: [] })
  })
})

describe('SinkServer with faults', () => {
  /** Sends two messages, with a wait for each group of replies, and tells what was received before the connection ended. */
  async function cutAt(fault: Fault): Promise<{ received: string; end: string; taken: (boolean | number)[][] }> {
    server = await SinkServer.start({ fault: (session) => (session === 1 ? fault : undefined) })
    const client = await RawClient.connect(server.port).catch((error: NodeJS.ErrnoException) => error.code ?? '')
    if (typeof client === 'string') return { received: '', end: client, taken: [] } // reset before `connect` came back
    const transaction = 'MAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n'
    let received = ''
    try {
      for (const [text, count] of [
        ['', 1],
        ['EHLO x\r\n', 1],
        [transaction, 3],
        [`hello\r\n.\r\n${transaction}`, 4],
        ['again\r\n.\r\n', 1],
      ] as const) {
        client.send(text)
        received += (await client.replies(count)).map((line) => `${line.slice(0, 3)} `).join('')
      }
    } catch {
      received += client.received.toString()
    }
    const end = await client.gone()
    client.socket.destroy()
    await server.idle()
    expect(server.sessions[0]!.endedBy).toBe('fault')
    return { received, end, taken: server.ledger.map(({ id, replied, replies }) => [id, replied, replies]) }
  }

  it.each([
    [{ at: 'greeting' }, '', []],
    [{ at: 'command', index: 1 }, '220 ', []],
    [{ at: 'command', index: 3 }, '220 250 250 2.1.0 ok\r\n', []],
    [{ at: 'reply', index: 0, octets: 0 }, '', []],
    [{ at: 'reply', index: 1, octets: 6 }, '220 250-si', []],
    [{ at: 'reply', index: 5, octets: 3 }, '220 250 250 250 354 250', [[1, false, 0]]],
    [{ at: 'reply', index: 5, octets: 17 }, '220 250 250 250 354 250 2.0.0 taken\r\n', [[1, true, 1]]],
    [{ at: 'content', octets: 3 }, '220 250 250 250 354 ', []],
    [{ at: 'final' }, '220 250 250 250 354 ', []],
    [{ at: 'taken' }, '220 250 250 250 354 ', [[1, false, 0]]],
    [{ at: 'content', octets: 7, message: 2 }, '220 250 250 250 354 250 250 250 354 ', [[1, true, 1]]],
    [{ at: 'final', message: 2 }, '220 250 250 250 354 250 250 250 354 ', [[1, true, 1]]],
    [
      { at: 'taken', message: 2 },
      '220 250 250 250 354 250 250 250 354 ',
      [
        [1, true, 1],
        [2, false, 0],
      ],
    ],
  ] as const)('cuts at %j by FIN and by RST', async (place, received, taken) => {
    expect(await cutAt({ ...place, how: 'fin' })).toEqual({ received, end: 'end', taken })
    await server.close()
    expect(await cutAt({ ...place, how: 'rst' })).toEqual({ received, end: 'ECONNRESET', taken })
  })

  it('resets inside TLS', async () => {
    const tls = await certificates()
    server = await SinkServer.start({ tls, implicitTls: true, fault: () => ({ at: 'command', index: 2, how: 'rst' }) })
    const client = await again('EHLO x', true)
    client.send('MAIL FROM:<a@x>\r\n')
    expect(await client.gone()).toBe('ECONNRESET')
  })

  it.each(['hold', 'stall'] as const)('%s keeps the connection and says nothing', async (how) => {
    const client = await open({ fault: () => ({ at: 'command', index: 2, how }) })
    client.send('MAIL FROM:<a@x>\r\n')
    client.send(Buffer.alloc(1_000_000, 'x'))
    while (server.sessions[0]!.endedBy === 'open') await new Promise((resolve) => setImmediate(resolve))
    expect([client.ended, server.openConnections, client.received.length]).toEqual([undefined, 1, 0])
    await server.close()
    expect(await client.gone()).toBeDefined()
  })

  it('counts connections and messages, and can be waited for', async () => {
    const client = await open()
    const other = await again()
    expect([server.openConnections, server.peakConnections]).toEqual([2, 2])
    const waited = server.messages(2)
    for (const each of [client, other]) {
      each.send('MAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n')
      await each.replies(3)
      each.send('x\r\n.\r\n')
    }
    expect((await waited).map(({ session }) => session).sort()).toEqual([1, 2])
    client.socket.end()
    other.socket.resetAndDestroy()
    await server.idle()
    expect(server.sessions.map(({ endedBy }) => endedBy)).toEqual(['end', 'error'])
    expect(server.peakConnections).toBe(2)
  })
})
