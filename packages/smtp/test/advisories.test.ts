import { connect } from 'node:net'
import { domainToASCII, domainToUnicode } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { certificateNames, certificates, ScriptedServer, SinkServer, type CertificateName } from '@posthorn/testkit'
import {
  isSendFailure,
  SettingsError,
  SmtpClient,
  type Envelope,
  type Receipt,
  type SmtpOptions,
} from '../src/index.js'
import { Extensions } from '../src/extensions.js'
import { parseMailbox } from '../src/mailbox.js'
import { settleOptions } from '../src/settled-options.js'
import { normalised, readPath, readUtf8AddressXtext, readXtext } from './wire-oracle.js'

const EVERYTHING = [
  'PIPELINING',
  'CHUNKING',
  '8BITMIME',
  'SMTPUTF8',
  'SIZE',
  'DSN',
  'DELIVERBY',
  'FUTURERELEASE',
  'MT-PRIORITY',
  'ENHANCEDSTATUSCODES',
  'X-OWN',
  'AUTH PLAIN',
]
const CONTENT = 'Subject: x\r\n\r\nhello\r\n'

/** What has made trouble somewhere: line ends of every kind, what truncates to them, what ends a path, what a decoder turns into them. */
const HOSTILE = [
  '\r',
  '\n',
  '\r\n',
  '\n\r',
  '\r\nRCPT TO:<x@evil.test>',
  '\nRCPT TO:<x@evil.test>',
  '\rRSET',
  '\r\n.\r\n',
  '\0',
  '\x0b',
  '\x0c',
  '\x1b[2J',
  '\x7f',
  '\t',
  ' ',
  '\b',
  '\u0085',
  '\u00a0',
  '\u2028',
  '\u2029',
  '\u010a',
  '\u010d',
  '\u760a',
  '\u760d',
  '\u{1f40a}',
  '\u{1000d}',
  '\ud800',
  '\udc0a',
  '\ufeff',
  '\u200b',
  '\u202e',
  '\uff20',
  '\uff1e',
  '\uff0c',
  '>',
  '> NOTIFY=NEVER',
  '> SIZE=1\r\nDATA',
  '<',
  '"',
  '\\',
  '@',
  '@evil.test',
  ',',
  ';',
  ':',
  '(x)',
  '=?utf-8?q?=0D=0A?=',
  '%0d%0a',
  '+0D+0A',
  '\\x{D}',
  'x@evil.test> ORCPT=rfc822;y',
  '=',
  '+',
  '..',
]

/** A client and a server that takes everything, for tests that look at what was written. */
class Wire {
  readonly server: SinkServer
  readonly client: SmtpClient
  readonly #seen = new Map<object, number>()

  static async open(options: Partial<SmtpOptions> = {}): Promise<Wire> {
    return new Wire(await SinkServer.start({ extensions: EVERYTHING, keepContent: true }), options)
  }

  private constructor(server: SinkServer, options: Partial<SmtpOptions>) {
    this.server = server
    this.client = new SmtpClient({
      host: '127.0.0.1',
      port: server.port,
      security: 'none',
      localName: 'client.example.test',
      deadlineMs: 5_000,
      pool: { maxConnections: 1, maxMessagesPerConnection: 500 },
      ...options,
    })
  }

  /** Sends, and gives the error if there was one, and the commands that the server read meanwhile. */
  async send(
    envelope: Partial<Envelope>,
  ): Promise<{ error: unknown; receipt: Receipt | undefined; commands: string[] }> {
    const whole = { reversePath: 'a@example.test', recipients: ['b@example.test'], ...envelope } as Envelope
    let error: unknown
    const receipt = await this.client.send({ envelope: whole, content: CONTENT }).catch((thrown: unknown) => {
      error = thrown
      return isSendFailure(thrown) ? thrown.receipt : undefined
    })
    return { error, receipt, commands: this.news() }
  }

  /** Commands since the last time. */
  news(): string[] {
    return this.server.sessions.flatMap((session) => {
      const seen = this.#seen.get(session) ?? 0
      this.#seen.set(session, session.commands.length)
      return session.commands.slice(seen)
    })
  }

  async close(): Promise<void> {
    await this.client.close()
    await this.server.close()
  }
}

/** Each command is one of those a transaction has, and the paths read back as what was meant. */
function transactionOf(commands: readonly string[]): {
  mail: ReturnType<typeof readPath> | undefined
  rcpts: ReturnType<typeof readPath>[]
} {
  for (const command of commands)
    expect(command).toMatch(/^(?:EHLO client\.example\.test$|MAIL FROM:<|RCPT TO:<|BDAT 21 LAST$|RSET$|QUIT$)/)
  const paths = commands.filter((command) => /^(?:MAIL|RCPT)/.test(command)).map(readPath)
  return { mail: paths.find(({ verb }) => verb === 'MAIL'), rcpts: paths.filter(({ verb }) => verb === 'RCPT') }
}

let wire: Wire
beforeAll(async () => {
  wire = await Wire.open()
})
afterAll(async () => {
  await wire.close()
})

/** Sends the envelope; either it is refused as a setting and nothing of it goes out, or it goes out and `same` finds in it what was meant. */
async function refusedOrSame(
  envelope: Partial<Envelope>,
  same: (sent: { mail: ReturnType<typeof readPath>; rcpts: ReturnType<typeof readPath>[] }) => void,
): Promise<void> {
  const { error, commands } = await wire.send(envelope)
  if (error instanceof SettingsError) {
    expect(commands.filter((command) => !/^(?:EHLO|QUIT|RSET)/.test(command))).toEqual([])
    return
  }
  const { mail, rcpts } = transactionOf(commands)
  expect(rcpts).toHaveLength(envelope.recipients?.length ?? 1)
  same({ mail: mail!, rcpts })
}

/** A mailbox as one means it: quotes taken off, the domain as A-labels. */
function meant(address: string): { local: string; domain: string } {
  const at = address.lastIndexOf('@')
  const text = address.slice(0, at)
  return {
    local: text.startsWith('"') ? text.slice(1, -1).replace(/\\(.)/gsu, '$1') : text,
    domain: domainToASCII(address.slice(at + 1)) || address.slice(at + 1),
  }
}

describe('GHSA-v3q9-hj7j-63hq, GHSA-vvjj-xcjg-gr5g, GHSA-c7w3-x93f-qmm8, CVE-2026-30227: no argument can end its line or its path', () => {
  it.each([
    ['recipient, local part', (text: string) => `b${text}c@example.test`],
    ['recipient, quoted local part', (text: string) => `"b${text}c"@example.test`],
    ['recipient, domain', (text: string) => `b@ex${text}ample.test`],
    ['recipient, end', (text: string) => `b@example.test${text}`],
    ['recipient, beginning', (text: string) => `${text}b@example.test`],
  ])('%s', async (_name, make) => {
    for (const text of HOSTILE) {
      const address = make(text)
      await refusedOrSame({ recipients: [address] }, ({ rcpts: [rcpt] }) =>
        expect({ local: rcpt!.local, domain: rcpt!.domain }).toEqual(meant(address)),
      )
      await refusedOrSame({ recipients: [{ address, notify: ['failure'] }] }, ({ rcpts: [rcpt] }) => {
        expect({ local: rcpt!.local, domain: rcpt!.domain }).toEqual(meant(address))
        expect([...rcpt!.parameters.keys()]).toEqual(['NOTIFY', 'ORCPT'])
      })
      if (address !== '') {
        await refusedOrSame({ reversePath: address }, ({ mail }) => {
          expect({ local: mail.local, domain: mail.domain }).toEqual(meant(address))
          expect([...mail.parameters.keys()].filter((key) => key !== 'SMTPUTF8')).toEqual(['SIZE'])
        })
      }
    }
  })

  it('ENVID', async () => {
    for (const text of HOSTILE) {
      await refusedOrSame({ envelopeId: `id${text}id` }, ({ mail }) =>
        expect(readXtext(mail.parameters.get('ENVID') as string)).toBe(`id${text}id`),
      )
    }
  })

  it('ORCPT, of both address types and in the type itself', async () => {
    for (const text of HOSTILE) {
      const address = `b${text}c@example.test`
      const [ascii, utf8] = ['rfc822', 'utf-8'].map((type) => [
        { address: 'b@example.test', originalRecipient: { type, address } },
      ])
      await refusedOrSame({ recipients: ascii! }, ({ rcpts: [rcpt] }) =>
        expect(readXtext((rcpt!.parameters.get('ORCPT') as string).slice(7))).toBe(address),
      )
      await refusedOrSame({ recipients: utf8! }, ({ rcpts: [rcpt] }) =>
        expect(readUtf8AddressXtext((rcpt!.parameters.get('ORCPT') as string).slice(6))).toBe(address),
      )
      await refusedOrSame(
        {
          recipients: [
            { address: 'b@example.test', originalRecipient: { type: `rfc${text}822`, address: 'c@example.test' } },
          ],
        },
        ({ rcpts: [rcpt] }) => expect(rcpt!.parameters.get('ORCPT')).toBe(`rfc${text}822;c@example.test`),
      )
    }
  })

  it('AUTH=', async () => {
    for (const text of HOSTILE) {
      const address = `b${text}c@example.test`
      await refusedOrSame({ auth: address }, ({ mail }) => {
        const shown = readXtext(mail.parameters.get('AUTH') as string)
        expect(meant(shown)).toEqual(meant(address))
      })
    }
  })

  it("parameters of the caller's own", async () => {
    for (const text of HOSTILE) {
      await refusedOrSame({ parameters: [{ keyword: 'X-OWN', text: `KEY=a${text}b` }] }, ({ mail }) => {
        expect(mail.parameters.get('KEY')).toBe(`a${text}b`)
        expect([...mail.parameters.keys()]).toEqual(['SIZE', 'KEY'])
      })
      await refusedOrSame(
        { recipients: [{ address: 'b@example.test', parameters: [{ keyword: 'X-OWN', text: `K${text}` }] }] },
        ({ rcpts: [rcpt] }) => expect([...rcpt!.parameters.keys()]).toEqual([`K${text}`]),
      )
      await refusedOrSame({ parameters: [{ keyword: `X-OWN${text}`, text: 'KEY' }] }, ({ mail }) =>
        expect([...mail.parameters.keys()]).toEqual(['SIZE']),
      )
    }
  })

  it('numbers and choices are what they say, also when the caller does not keep to the types', async () => {
    const values: unknown[] = [
      '1\r\nRSET',
      '1 BODY=8BITMIME',
      '1;N\r\n',
      '0x10',
      '1e3',
      ' 1',
      '',
      '1',
      null,
      {},
      [],
      [1],
      true,
      NaN,
      Infinity,
      1.5,
      -1,
      2 ** 60,
      10n,
      () => 1,
      new Date(NaN),
      { toString: () => '1\r\nRSET' },
    ]
    for (const value of values) {
      for (const field of [
        'sizeOctets',
        'holdForSeconds',
        'mtPriority',
        'holdUntil',
        'ret',
        'envelopeId',
        'deliverBy',
        'verb',
        'auth',
        'requireTls',
        'bodyType',
        'parameters',
      ]) {
        const { error, commands } = await wire.send({ [field]: value } as Partial<Envelope>)
        expect(
          error === undefined ||
            error instanceof SettingsError ||
            (isSendFailure(error) && error.code === 'extension.missing'),
          `${field}: ${String(error)}`,
        ).toBe(true)
        for (const command of commands) if (!/^(?:EHLO|BDAT|RSET|QUIT)/.test(command)) readPath(command)
        const size = commands.flatMap((command) => /SIZE=(\S*)/.exec(command)?.[1] ?? [])
        for (const digits of size) expect(digits).toMatch(/^\d{1,20}$/)
      }
      for (const notify of [value, [value], [value, 'never']]) {
        const { error, commands } = await wire.send({ recipients: [{ address: 'b@example.test', notify } as never] })
        expect(error, String(error)).toBeInstanceOf(SettingsError)
        expect(commands.filter((command) => /^RCPT/.test(command))).toEqual([])
      }
      for (const deliverBy of [
        { seconds: value, mode: 'notify' },
        { seconds: 60, mode: value, trace: value },
      ]) {
        const { commands } = await wire.send({ deliverBy } as Partial<Envelope>)
        for (const command of commands)
          if (/^MAIL/.test(command))
            expect(readPath(command).parameters.get('BY') ?? '1;N').toMatch(/^-?\d{1,9};[NR]T?$/)
      }
    }
  })

  it('a bad message never takes another one with it', async () => {
    const sends = HOSTILE.flatMap((text, index) => [
      wire.send({ recipients: [`good-${index}@example.test`] }),
      wire.send({ recipients: [`b${text}@example.test`], envelopeId: text, sizeOctets: text as never }),
    ])
    const results = await Promise.all(sends)
    const good = results.filter((_result, index) => index % 2 === 0)
    expect(good.filter(({ error }) => error !== undefined).map(({ error }) => String(error))).toEqual([])
    wire.news()
  })

  it('the name in EHLO', () => {
    for (const text of HOSTILE) {
      for (const name of [
        `client${text}.example.test`,
        `client.example.test${text}`,
        `${text}client.example.test`,
        `[192.0.2.1${text}]`,
        `[IPv6:2001:db8::1${text}]`,
      ]) {
        let settled: string | undefined
        try {
          settled = settleOptions({ host: 'relay.example.test', localName: name }).localName
        } catch (error) {
          expect(error).toBeInstanceOf(SettingsError)
          continue
        }
        expect(settled, JSON.stringify(name)).toMatch(
          /^(?:[a-z0-9-]+(?:\.[a-z0-9-]+)+|\[192\.0\.2\.1\]|\[IPv6:2001:db8::1\])$/,
        )
        expect(domainToUnicode(settled!), JSON.stringify(name)).toBe(
          name.startsWith('[') ? name : name.normalize('NFC').toLowerCase(),
        )
      }
    }
  })

  it('VRFY, EXPN, HELP, NOOP and raw lines', async () => {
    const session = await wire.client.session()
    for (const text of HOSTILE) {
      for (const verb of ['vrfy', 'expn', 'help', 'noop', 'raw'] as const) {
        wire.news()
        const argument = verb === 'raw' ? `XRAW a${text}b` : `a${text}b`
        const refused = await session[verb](argument).then(
          () => false,
          (error: unknown) => error instanceof SettingsError,
        )
        const expected = verb === 'raw' ? argument : `${verb.toUpperCase()} ${argument}`
        expect(wire.news(), JSON.stringify(text)).toEqual(refused ? [] : [expected.toWellFormed()])
        if (/[\x00-\x1f\x7f]/.test(text)) expect(refused, JSON.stringify(text)).toBe(true)
      }
    }
    await session.quit()
    wire.news()
  })

  it('user, password, authorization identity and mechanism', async () => {
    await using server = await SinkServer.start({
      extensions: ['PIPELINING'],
      auth: { user: 'app', password: 'pencil' },
    })
    for (const text of HOSTILE) {
      const spoiled: NonNullable<SmtpOptions['credentials']>[] = [
        { user: `app${text}`, password: 'pencil' },
        { user: 'app', password: `pencil${text}` },
        { user: 'app', password: 'pencil', authorizationId: `x${text}` },
        { user: 'app', accessToken: `token${text}` },
        { mechanism: `PLAIN${text}`, user: 'app', password: 'pencil' },
      ]
      for (const credentials of spoiled) {
        const client = new SmtpClient({
          host: '127.0.0.1',
          port: server.port,
          security: 'none',
          allowCleartextAuth: true,
          localName: 'client.example.test',
          credentials,
          pool: { maxConnections: 1 },
        })
        await client.verify().catch(() => {})
        await client.close()
      }
    }
    for (const command of server.sessions.flatMap(({ commands }) => commands))
      expect(command).toMatch(/^(?:EHLO client\.example\.test|AUTH (?:PLAIN|LOGIN|XOAUTH2)(?: [A-Za-z0-9+/=]+)?|QUIT)$/)
  })
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
      await refusedOrSame(envelope, ({ mail, rcpts: [rcpt] }) => {
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
    const { server, client } = await Wire.open()
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
    const emitWarning = process.emitWarning
    process.emitWarning = () => {} // Node warns of the variable, once
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
      process.emitWarning = emitWarning
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

describe('aiosmtplib 5.1.2: a reply that comes after a time-out belongs to nobody', () => {
  it.each(['MAIL', 'final', 'NOOP'])('at %s', async (moment) => {
    const hi = 'S: 220 r\nC~ EHLO .*\nS: 250 r\n'
    const transaction =
      'C~ MAIL .*\nS: 250 ok\nC~ RCPT .*\nS: 250 ok\nC: DATA\nS: 354 go\nC~ Subject.*\nC:\nC: hello\nC: .\n'
    const late = '* wait 150\nS: 250 late\nS: 250 late\nS: 354 late\nS: 250 late\n* silence\n* session\n'
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
      timeouts: { idleMs: 80, finalMs: 80 },
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
  ])('%s: twice the length takes not much more than twice the time', (_name, make) => {
    const time = (size: number): number => {
      const line = make(size)
      let best = Infinity
      for (let run = 0; run < 5; run++) {
        const started = performance.now()
        expect(new Extensions([line]).chunking).toBe(false)
        best = Math.min(best, performance.now() - started)
      }
      return best
    }
    time(1 << 16)
    expect(time(1 << 20)).toBeLessThan(8 * 2.5 * Math.max(time(1 << 17), 1)) // 8 times the length
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
    const started = performance.now()
    for (const count of [10, 1_000, 100_000]) {
      try {
        parseMailbox(repeated.repeat(count) + end, 'x')
      } catch (error) {
        expect(error).toBeInstanceOf(SettingsError)
        expect((error as SettingsError).message.length).toBeLessThan(1_000)
      }
    }
    expect(performance.now() - started).toBeLessThan(500)
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

describe('GHSA-8m3c-c648-2xjj and the prototype keys of nodemailer 9.0.6: data cannot reach the settings', () => {
  it('an envelope whose prototype was written to changes nothing', async () => {
    const envelope = JSON.parse(
      '{"reversePath": "a@example.test", "recipients": ["b@example.test"], "__proto__": {"requireTls": true, "verb": "SAML", "sizeOctets": 7}, "constructor": {"prototype": {"verb": "SOML"}}}',
    ) as Envelope
    const { error, commands } = await wire.send(envelope)
    expect(error).toBeUndefined()
    expect(commands.filter((command) => /^(?:MAIL|SAML|SOML)/.test(command))).toEqual([
      'MAIL FROM:<a@example.test> SIZE=21',
    ])
    expect(({} as Record<string, unknown>)['verb']).toBeUndefined()
  })
})
