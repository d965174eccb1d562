import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ScriptedServer, SinkServer } from '@posthorn/testkit'
import { isSendFailure, SettingsError, SmtpClient, type Envelope } from '../src/index.js'
import { Extensions } from '../src/extensions.js'
import { parseMailbox } from '../src/mailbox.js'
import { CONTENT, meant, RecordedWire, refusedOrSame, transactionOf } from './recorded-wire.js'
import { normalised, readUtf8AddressXtext, readXtext } from './wire-oracle.js'

let wire: RecordedWire
beforeAll(async () => {
  wire = await RecordedWire.open()
})
afterAll(async () => {
  await wire.close()
})

describe('CVE-2025-7962: no character is cut down to CR or LF', () => {
  const points = Array.from({ length: 256 }, (_, high) => [high * 256 + 10, high * 256 + 13]).flat()

  it.each([
    ['recipient', (text: string) => ({ recipients: [`b${text}c@example.test`] })],
    ['quoted recipient', (text: string) => ({ recipients: [`"b ${text}c"@example.test`] })],
    ['domain', (text: string) => ({ recipients: [`b@ex${text}ample.test`] })],
    ['reverse-path', (text: string) => ({ reversePath: `b${text}c@example.test` })],
    ['ENVID', (text: string) => ({ envelopeId: `b${text}c` })],
    [
      'ORCPT',
      (text: string) => ({
        recipients: [
          { address: 'b@example.test', originalRecipient: { type: 'utf-8', address: `b${text}c@example.test` } },
        ],
      }),
    ],
    ['AUTH=', (text: string) => ({ auth: `b${text}c@example.test` })],
    ["a parameter of one's own", (text: string) => ({ parameters: [{ keyword: 'X-OWN', text: `KEY=b${text}c` }] })],
  ] satisfies [string, (text: string) => Partial<Envelope>][])('%s: all of U+xx0A and U+xx0D', async (_name, make) => {
    for (const point of points) {
      const text = String.fromCharCode(point)
      const envelope: Partial<Envelope> = make(text)
      await refusedOrSame(wire, envelope, ({ mail, rcpts: [rcpt] }) => {
        const [recipient = 'b@example.test'] = envelope.recipients ?? []
        const wanted = meant(typeof recipient === 'string' ? recipient : recipient.address)
        expect(rcpt!.local).toBe(wanted.local)
        if (!/[^\x00-\x7f]/.test(wanted.domain)) expect(rcpt!.domain).toBe(wanted.domain)
        if (envelope.reversePath !== undefined) expect(mail.local).toBe(meant(envelope.reversePath).local)
        if (envelope.auth !== undefined) expect(readXtext(mail.parameters.get('AUTH') as string)).toBe(envelope.auth)
        if (typeof recipient === 'object')
          expect(readUtf8AddressXtext((rcpt!.parameters.get('ORCPT') as string).slice(6))).toBe(
            `b${text}c@example.test`,
          )
      })
    }
  })

  it('content: the octets are those of UTF-8', async () => {
    const content = points
      .map((point) => String.fromCharCode(point))
      .join('')
      .toWellFormed()
    const { server, client } = await RecordedWire.open()
    await client.send({
      envelope: { reversePath: 'a@example.test', recipients: ['b@example.test'], smtpUtf8: false },
      content,
    })
    await client.close()
    expect(server.ledger[0]!.content).toEqual(normalised(Buffer.from(content)))
    await server.close()
  })
})

describe('CVE-2025-59937 (GHSA-wpwj-69cm-q9c5), GHSA-mm7p-fcc7-pg87: a quoted local part is one mailbox at the domain behind the last "@"', () => {
  it.each([
    '"a@b> ORCPT=x"@c.test',
    '"user@evil.test x"@good.test',
    '"user@evil.test"@good.test',
    '"<user@evil.test>"@good.test',
    '"a> SIZE=1 <b@evil.test"@good.test',
    '"a\\"> NOTIFY=NEVER"@c.test',
    '"a\\\\"@c.test',
    '"a\\"@evil.test"@good.test',
    '"a,b@evil.test"@good.test',
    '" "@good.test',
    '"@"@good.test',
    '">"@good.test',
    '"RCPT TO:<x>"@good.test',
  ])('%s', async (address) => {
    const { error, commands, receipt } = await wire.send({ recipients: [address, 'other@example.test'] })
    const { rcpts } = transactionOf(commands)
    expect(error).toBeUndefined()
    expect(rcpts.map(({ local, domain }) => ({ local, domain }))).toEqual([
      meant(address),
      { local: 'other', domain: 'example.test' },
    ])
    expect(rcpts[0]!.parameters.size).toBe(0)
    expect(receipt?.deliveries.map(({ outcome }) => outcome)).toEqual(['delivered', 'delivered'])
  })

  it.each([
    'a@b@c.test',
    'a b@c.test',
    '"a"b@c.test',
    'a"b"@c.test',
    '"a',
    '"a"',
    '"a@c.test',
    '""@c.test',
    'a@',
    '@c.test',
    'a',
    '',
    'a@c.test>',
    '<a@c.test>',
    'A <a@c.test>',
    'a@c.test,b@d.test',
    'a@c.test b@d.test',
    '@r.test:a@c.test',
    'a(x)@c.test',
    'a@c.test(x)',
    'a@(x)c.test',
    'a@c .test',
    'a @c.test',
    '.a@c.test',
    'a.@c.test',
    'a..b@c.test',
    '=?utf-8?q?a=40b?=@c.test>',
    'a@c_d.test',
    'a@-c.test',
    'a@c..test',
    'a@c.test.',
    'a@[1.2.3]',
    'a@[1.2.3.4',
    'a@[IPv6:zz]',
    'a@[1.2.3.400]',
    'a@[x]y',
  ])('%j is refused', async (address) => {
    const { error, commands } = await wire.send({ recipients: [address] })
    expect(error).toBeInstanceOf(SettingsError)
    expect(commands.filter((command) => /^(?:MAIL|RCPT)/.test(command))).toEqual([])
  })
})

describe('GHSA-wmmp-3585-3rmp: the domain that is shown is the domain that is sent', () => {
  it.each([
    'b@good.test\uff0eevil.test',
    'b@good.test\u3002evil.test',
    'b@\uff47ood.test',
    'b@go\u00adod.test',
    'b@good\u200b.test',
    'b@\u2100.test',
    'b@1\uff0e2.3.4',
    'b@\uff11.2.3.4',
    'b\uff20good.test',
    'b@good.test\uff0fevil',
  ])('%j is refused', (address) => {
    expect(() => parseMailbox(address, 'x')).toThrow(SettingsError)
  })

  it.each([
    ['b@bücher.example', 'xn--bcher-kva.example'],
    ['b@straße.example', 'xn--strae-oqa.example'],
    ['b@例え.test', 'xn--r8jz45g.test'],
    ['b@BÜCHER.example', 'xn--bcher-kva.example'],
  ])('%s goes to %s', (address, domain) => {
    expect(parseMailbox(address, 'x')).toMatchObject({ domain, wire: `b@${domain}`, utf8: false })
  })
})

describe('CVE-2021-38189 (RUSTSEC-2021-0069) and SMTP smuggling (CVE-2023-51764 to -51766): no content ends itself', () => {
  const NASTY = Buffer.from('.\r\n.\r\r\n.\n.\r.\r\n..\r\n\r\n.\n\n.\r\r.\rMAIL FROM:<x@evil.test>\n.\r\nQUIT\r.')

  it.each([
    ['DATA', 'off'],
    ['BDAT', 'auto'],
  ] as const)('%s, cut in two and three at every octet', async (_name, chunking) => {
    await using server = await SinkServer.start({ keepContent: true })
    const client = new SmtpClient({
      host: '127.0.0.1',
      port: server.port,
      security: 'none',
      chunking,
      localName: 'client.example.test',
      pool: { maxConnections: 1, maxMessagesPerConnection: 1e6 },
    })
    const sends: Promise<unknown>[] = []
    for (let first = 0; first <= NASTY.length; first++) {
      for (let second = first; second <= NASTY.length; second += 1) {
        const blocks = [NASTY.subarray(0, first), NASTY.subarray(first, second), NASTY.subarray(second)]
        const open = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
          yield* blocks
        }
        sends.push(
          client.send({ envelope: { reversePath: 'a@example.test', recipients: ['b@example.test'] }, content: open }),
        )
      }
    }
    sends.push(
      client.send({ envelope: { reversePath: 'a@example.test', recipients: ['b@example.test'] }, content: NASTY }),
    )
    await Promise.all(sends)
    await client.close()
    const expected = normalised(NASTY)
    expect(server.ledger).toHaveLength(sends.length)
    expect(server.ledger.filter(({ content }) => !content!.equals(expected))).toEqual([])
    expect(server.sessions.flatMap(({ commands }) => commands).filter((command) => /evil/.test(command))).toEqual([])
  })
})

describe('aiosmtplib 5.1.2: a reply that comes after a time-out belongs to nobody', () => {
  it.each(['MAIL', 'final', 'NOOP'])('at %s', async (moment) => {
    const hi = 'S: 220 r\nC~ EHLO .*\nS: 250 r\n'
    const transaction =
      'C~ MAIL .*\nS: 250 ok\nC~ RCPT .*\nS: 250 ok\nC: DATA\nS: 354 go\nC~ Subject.*\nC:\nC: hello\nC: .\n'
    const late = '* wait 700\nS: 250 late\nS: 250 late\nS: 354 late\nS: 250 late\n* silence\n* session\n'
    const first = {
      MAIL: `${hi}C~ MAIL .*\n`,
      final: `${hi}${transaction}`,
      NOOP: `${hi}${transaction}S: 250 ok\nC: NOOP\n`,
    }[moment]!
    await using server = await ScriptedServer.start(`${first}${late}${hi}C~ MAIL .*\nS: 550 no\nC: QUIT\nS: 221 bye\n`)
    const client = new SmtpClient({
      host: '127.0.0.1',
      port: server.port,
      security: 'none',
      localName: 'client.example.test',
      timeouts: { idleMs: 500, finalMs: 500 },
      pool: { maxConnections: 1, probeIdleMs: 0 },
    })
    const send = () =>
      client
        .send({ envelope: { reversePath: 'a@example.test', recipients: ['b@example.test'] }, content: CONTENT })
        .then(
          () => 'delivered',
          (error: unknown) => (isSendFailure(error) ? `${error.code} ${error.outcome}` : String(error)),
        )
    expect(await send()).toBe(
      { MAIL: 'smtp.timeout transient', final: 'smtp.timeout unknown', NOOP: 'delivered' }[moment],
    )
    expect(await send()).toBe('smtp.mail.refused permanent')
    await client.close()
    await server.close()
  })
})

describe('GHSA-4ffr-jq9g-5ffx: an EHLO reply is read in linear time', () => {
  it.each([
    ['blanks', (size: number) => `AUTH${' '.repeat(size)}!`],
    ['mechanisms', (size: number) => `AUTH ${'A '.repeat(size / 2)}`],
    ['the same mechanism', (size: number) => `AUTH=${'AUTH=A '.repeat(size / 7)}`],
    ['digits', (size: number) => `SIZE ${'9'.repeat(size)}x`],
    ['limits', (size: number) => `LIMITS ${'A=1 '.repeat(size / 4)}`],
    ['hyphens', (size: number) => `${'A-'.repeat(size / 2)}!`],
  ])('%s: eight times the length takes nothing like 64 times the time', (_name, make) => {
    const time = (size: number): number => {
      const line = make(size)
      return Math.min(
        ...Array.from({ length: 7 }, () => cpuMs(() => expect(new Extensions([line]).chunking).toBe(false))),
      )
    }
    time(1 << 16)
    expect(time(1 << 20)).toBeLessThan(32 * Math.max(time(1 << 17), 1))
  })
})

describe('GHSA-rcmh-qjqh-p98v, GHSA-2x7j-588g-ccc2, GHSA-v53p-9fqp-m79j: an address costs linear time, whatever it is', () => {
  it.each([
    ['(', 'x@example.test'],
    ['<', '@example.test'],
    ['"\\', '"@example.test'],
    ['g:', ';'],
    ['a.', 'b@example.test'],
    ['a@', 'b'],
    ['\\', '"@example.test'],
    ['"', '@example.test'],
    [',', ''],
    ['é', '@example.test'],
    ['x@xn--', '.test'],
    ['b@a.', 'test'],
    ['b@ü', '.test'],
  ])('%j repeated, then %j', (repeated, end) => {
    const parse = (): void => {
      for (const count of [10, 1_000, 100_000]) {
        try {
          parseMailbox(repeated.repeat(count) + end, 'x')
        } catch (error) {
          expect(error).toBeInstanceOf(SettingsError)
          expect((error as SettingsError).message.length).toBeLessThan(1_000)
        }
      }
    }
    expect(cpuMs(parse)).toBeLessThan(2_000) // quadratic would be ten thousand million steps
  })

  it('10,000 recipients of one message', async () => {
    await using server = await SinkServer.start({})
    await using client = new SmtpClient({
      host: '127.0.0.1',
      port: server.port,
      security: 'none',
      localName: 'client.example.test',
    })
    const recipients = Array.from({ length: 10_000 }, (_, index) => `b${index}@example.test`)
    const { deliveries } = await client.send({
      envelope: { reversePath: 'a@example.test', recipients },
      content: CONTENT,
    })
    expect(deliveries.every(({ outcome }) => outcome === 'delivered')).toBe(true)
    expect(server.ledger.flatMap((message) => message.recipients)).toEqual(recipients)
  })
})

/** What this process computes meanwhile, in milliseconds: a busy machine does not lengthen it. */
function cpuMs(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}
