import { domainToUnicode } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SinkServer } from '@posthorn/testkit'
import {
  isSendFailure,
  PosthornError,
  SettingsError,
  SmtpClient,
  type Envelope,
  type SmtpOptions,
} from '../src/index.js'
import { settleOptions } from '../src/settled-options.js'
import { HOSTILE, meant, RecordedWire, refusedOrSame } from './recorded-wire.js'
import { readPath, readUtf8AddressXtext, readXtext } from './wire-oracle.js'

let wire: RecordedWire
beforeAll(async () => {
  wire = await RecordedWire.open()
})
afterAll(async () => {
  await wire.close()
})

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
      await refusedOrSame(wire, { recipients: [address] }, ({ rcpts: [rcpt] }) =>
        expect({ local: rcpt!.local, domain: rcpt!.domain }).toEqual(meant(address)),
      )
      await refusedOrSame(wire, { recipients: [{ address, notify: ['failure'] }] }, ({ rcpts: [rcpt] }) => {
        expect({ local: rcpt!.local, domain: rcpt!.domain }).toEqual(meant(address))
        expect([...rcpt!.parameters.keys()]).toEqual(['NOTIFY', 'ORCPT'])
      })
      if (address !== '') {
        await refusedOrSame(wire, { reversePath: address }, ({ mail }) => {
          expect({ local: mail.local, domain: mail.domain }).toEqual(meant(address))
          expect([...mail.parameters.keys()].filter((key) => key !== 'SMTPUTF8')).toEqual(['SIZE'])
        })
      }
    }
  })

  it('ENVID', async () => {
    for (const text of HOSTILE) {
      await refusedOrSame(wire, { envelopeId: `id${text}id` }, ({ mail }) =>
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
      await refusedOrSame(wire, { recipients: ascii! }, ({ rcpts: [rcpt] }) =>
        expect(readXtext((rcpt!.parameters.get('ORCPT') as string).slice(7))).toBe(address),
      )
      await refusedOrSame(wire, { recipients: utf8! }, ({ rcpts: [rcpt] }) =>
        expect(readUtf8AddressXtext((rcpt!.parameters.get('ORCPT') as string).slice(6))).toBe(address),
      )
      await refusedOrSame(
        wire,
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
      await refusedOrSame(wire, { auth: address }, ({ mail }) => {
        const shown = readXtext(mail.parameters.get('AUTH') as string)
        expect(meant(shown)).toEqual(meant(address))
      })
    }
  })

  it("parameters of the caller's own", async () => {
    for (const text of HOSTILE) {
      await refusedOrSame(wire, { parameters: [{ keyword: 'X-OWN', text: `KEY=a${text}b` }] }, ({ mail }) => {
        expect(mail.parameters.get('KEY')).toBe(`a${text}b`)
        expect([...mail.parameters.keys()]).toEqual(['SIZE', 'KEY'])
      })
      await refusedOrSame(
        wire,
        { recipients: [{ address: 'b@example.test', parameters: [{ keyword: 'X-OWN', text: `K${text}` }] }] },
        ({ rcpts: [rcpt] }) => expect([...rcpt!.parameters.keys()]).toEqual([`K${text}`]),
      )
      await refusedOrSame(wire, { parameters: [{ keyword: `X-OWN${text}`, text: 'KEY' }] }, ({ mail }) =>
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
        const { error, commands } = await wire.send({ [field]: value })
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
        const verify = async (): Promise<void> => {
          await using client = new SmtpClient({
            host: '127.0.0.1',
            port: server.port,
            security: 'none',
            allowCleartextAuth: true,
            localName: 'client.example.test',
            credentials,
            pool: { maxConnections: 1 },
          })
          await client.verify()
        }
        await verify().catch((error: unknown) => expect(error).toBeInstanceOf(PosthornError))
      }
    }
    for (const command of server.sessions.flatMap(({ commands }) => commands))
      expect(command).toMatch(/^(?:EHLO client\.example\.test|AUTH (?:PLAIN|LOGIN|XOAUTH2)(?: [A-Za-z0-9+/=]+)?|QUIT)$/)
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
