import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { autodiscoverQuestion, readAutodiscover } from './autodiscover-answer.js'
import { readClientConfig } from './client-config.js'
import { discover, isDiscoverFailure } from './discover.js'
import type { DiscoverOptions, SrvAnswer } from './discovery.js'
import { askHttps } from './https-question.js'
import { hostName, readMailAddress } from './mail-address.js'
import { isPrivate, withoutPrivate } from './private-addresses.js'
import { readXmlDocument } from './xml-document.js'

const ANN = readMailAddress('ann@example.test')
const absent = () => Promise.reject(Object.assign(new Error('none'), { code: 'ENODATA' }))
const nothing: DiscoverOptions = {
  resolver: { srv: absent, mx: absent },
  fetch: () => Promise.resolve(new Response('', { status: 404 })),
  verify: 'none',
  ispdb: false,
}
const server = (inner: string) =>
  `<clientConfig><emailProvider><outgoingServer type="smtp">${inner}</outgoingServer></emailProvider></clientConfig>`
const whole = (host: string, port: string | number, socket: string, user = '%EMAILADDRESS%') =>
  server(
    `<hostname>${host}</hostname><port>${port}</port><socketType>${socket}</socketType><username>${user}</username>`,
  )

describe('answers of DNS', () => {
  it('of a thousand targets are used for ten', async () => {
    const records = Array.from({ length: 1000 }, (_, index) => ({
      name: `s${index}.example.test`,
      port: 465,
      priority: 1000 - index,
      weight: 0,
    }))
    const srv = (name: string) => (name.startsWith('_submissions') ? Promise.resolve(records) : absent())
    const found = await discover('ann@example.test', { ...nothing, resolver: { srv, mx: absent } })
    expect(found.candidates.map(({ settings }) => settings.host)).toEqual(
      Array.from({ length: 10 }, (_, index) => `s${999 - index}.example.test`),
    )
    expect(found.steps[1]!.answer.length).toBeLessThanOrEqual(300)
  })

  it.each([
    ['control characters', 'smtp\r\nQUIT.example.test', 465],
    ['a zero octet', 'smtp\0.example.test', 465],
    ['an address', '192.0.2.1', 465],
    ['an address in hexadecimal', '0x7f.1', 465],
    ['an IPv6 address', '::1', 465],
    ['no dot', 'localhost', 465],
    ['a name of this machine', 'smtp.localhost', 465],
    ['a blank', 'smtp .example.test', 465],
    ['a name that is too long', `${'a.'.repeat(200)}test`, 465],
    ['port 0', 'smtp.example.test', 0],
    ['a huge port', 'smtp.example.test', 70_000],
    ['half a port', 'smtp.example.test', 465.5],
  ])('with %s are not used', async (_, name, port) => {
    const srv = () => Promise.resolve([{ name, port, priority: 0, weight: 0 }])
    const mx = () => Promise.resolve([{ exchange: name, priority: 0 }])
    const failure: unknown = await discover('ann@example.test', {
      ...nothing,
      resolver: { srv, mx: port === 465 ? mx : absent },
    }).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'discover.none' })
    const { steps } = isDiscoverFailure(failure) ? failure.discovery : { steps: [] }
    expect(steps[1]).toMatchObject({ status: 'found', answer: 'nothing that can be used (1 more not used)' })
    expect(JSON.stringify(steps)).not.toMatch(/\\[nr]|\\u00/)
  })

  it('that are no answers count as none', async () => {
    for (const odd of [null, undefined, 'x', {}, [null], [{}], [{ name: 5 }], [{ name: 'a.test', port: '465' }]]) {
      const answer = () => Promise.resolve(odd as readonly SrvAnswer[])
      const resolver = { srv: answer, mx: answer as unknown as () => Promise<[]> }
      const failure: unknown = await discover('ann@example.test', { ...nothing, resolver }).catch(
        (error: unknown) => error,
      )
      expect((failure as { code: string }).code).toMatch(/^discover\.(?:none|no-answer)$/)
    }
  })

  it('never lead to a server that is none, whatever they say', async () => {
    const record = fc.record({ name: fc.string(), port: fc.integer(), priority: fc.integer(), weight: fc.integer() })
    await fc.assert(
      fc.asyncProperty(fc.array(record, { maxLength: 20 }), async (records) => {
        const found = await discover('ann@example.test', {
          ...nothing,
          resolver: { srv: () => Promise.resolve(records), mx: absent },
        }).catch((error: unknown) => (isDiscoverFailure(error) ? error.discovery : undefined))
        for (const { settings } of found!.candidates) {
          expect(hostName(settings.host)).toBe(settings.host)
          expect(settings.port).toBeGreaterThan(0)
          expect(settings.port).toBeLessThan(65_536)
        }
      }),
      { numRuns: 100 },
    )
  })
})

describe('documents', () => {
  it.each([
    ['an entity', '<!DOCTYPE x [<!ENTITY h "smtp.attacker.test">]>' + whole('&h;', 465, 'SSL')],
    ['an external entity', '<!DOCTYPE x SYSTEM "file:///etc/passwd">' + whole('a.example.test', 465, 'SSL')],
    ['a billion laughs', '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + whole('&b;.test', 465, 'SSL')],
    ['a nesting that is too deep', `${'<a>'.repeat(25)}${'</a>'.repeat(25)}`],
    ['too many elements', `<a>${'<b/>'.repeat(6000)}</a>`],
    ['an open tag', '<clientConfig><emailProvider>'],
    ['no root', 'smtp.example.test'],
    ['a page for people', '<!DOCTYPE html><html><body>Not found</body></html>'],
  ])('with %s are none', async (_, text) => {
    expect(await readXmlDocument(text)).toBeUndefined()
    expect(await readClientConfig(text, ANN)).toBeUndefined()
    expect(await readAutodiscover(text, ANN)).toBeUndefined()
  })

  it('name no server in clear text, without a name, or at no port', async () => {
    const cases = [
      whole('smtp.example.test', 25, 'plain'),
      whole('smtp.example.test', 465, ''),
      whole('127.0.0.1', 1025, 'STARTTLS'),
      whole('%EMAILHOST%', 465, 'SSL'),
      whole('smtp.example.test&#10;QUIT', 465, 'SSL'),
      whole('smtp.example.test', 99_999, 'SSL'),
      whole('smtp.example.test', '465x', 'SSL'),
      whole('smtp.example.test', '-1', 'SSL'),
    ]
    for (const text of cases) expect((await readClientConfig(text, ANN))!.servers).toEqual([])
  })

  it('with a placeholder nobody knows leave the login name open', async () => {
    for (const user of ['%SECRET%', '%EMAILADDRESS', 'x%REALNAME%', '%EMAILADDRESS%&#10;x']) {
      const { servers } = (await readClientConfig(whole('smtp.example.test', 465, 'SSL', user), ANN))!
      expect(servers[0]).toMatchObject({ host: 'smtp.example.test', login: 'given' })
      expect(servers[0]!.user).toBeUndefined()
    }
    const odd = readMailAddress('a%EMAILDOMAIN%b@example.test')
    const { servers } = (await readClientConfig(whole('smtp.example.test', 465, 'SSL', '%EMAILLOCALPART%'), odd))!
    expect(servers[0]!.user).toBe('a%EMAILDOMAIN%b')
  })

  it('fill the domain in, as A-labels, and keep the mailbox as it is written', async () => {
    const given = readMailAddress('jürgen@bücher.test')
    const text = whole('smtp.%EMAILDOMAIN%', 465, 'SSL', '%EMAILADDRESS%')
    const { servers } = (await readClientConfig(text, given))!
    expect(servers[0]).toMatchObject({ host: 'smtp.xn--bcher-kva.test', user: 'jürgen@bücher.test' })
  })

  it('of the public list are read although texts that nobody reads have mistakes', async () => {
    const text = whole('smtp.example.test', 465, 'SSL').replace(
      '</emailProvider>',
      '<instruction>POP3 &amP; IMAP &nbsp;</instruction></emailProvider>',
    )
    expect((await readClientConfig(text, ANN))!.servers).toHaveLength(1)
  })

  it('never make a reader fail', async () => {
    const pieces = [whole('smtp.example.test', 465, 'SSL'), autodiscoverQuestion('ann@example.test')]
    const mutated = fc
      .tuple(fc.constantFrom(...pieces), fc.nat(400), fc.nat(60), fc.string({ maxLength: 20 }))
      .map(([text, at, length, inserted]) => text.slice(0, at) + inserted + text.slice(at + length))
    await fc.assert(
      fc.asyncProperty(fc.oneof(mutated, fc.string()), async (text) => {
        const config = await readClientConfig(text, ANN)
        for (const { host } of config?.servers ?? []) expect(hostName(host)).toBe(host)
        const answer = await readAutodiscover(text, ANN)
        if (answer && 'servers' in answer) for (const { host } of answer.servers) expect(hostName(host)).toBe(host)
      }),
      { numRuns: 500 },
    )
  })

  it('ask for a mailbox that cannot end its element', () => {
    expect(autodiscoverQuestion(`a"'&<b>@example.test`)).toContain(
      '<EMailAddress>a&#34;&#39;&#38;&#60;b&#62;@example.test<',
    )
  })
})

describe('answers of Autodiscover', () => {
  const answer = (protocol: string) =>
    `<a:Autodiscover xmlns:a="x"><a:Response><a:Account><a:Protocol><a:Type>SMTP</a:Type>${protocol}</a:Protocol></a:Account></a:Response></a:Autodiscover>`
  const named = (more: string) => answer(`<Server>m.example.test</Server>${more}`)

  it.each([
    ['<Port>465</Port><SSL>on</SSL>', { port: 465, security: 'implicit', login: 'address', user: 'ann@example.test' }],
    ['<Port>587</Port>', { port: 587, security: 'starttls' }],
    ['<Port>587</Port><Encryption>SSL</Encryption>', { port: 587, security: 'implicit' }],
    ['<Port>465</Port><Encryption>Auto</Encryption>', { port: 465, security: 'implicit' }],
    ['<Port>25</Port><AuthRequired>off</AuthRequired>', { port: 25, security: 'starttls', login: 'none' }],
    ['<Port>587</Port><LoginName>ann</LoginName>', { login: 'local-part', user: 'ann' }],
    [
      '<Port>587</Port><LoginName>u4711</LoginName><SPA>on</SPA>',
      { login: 'given', user: 'u4711', mechanisms: ['NTLM'] },
    ],
    ['<Port>587</Port><DomainRequired>on</DomainRequired>', { login: 'given' }],
  ])('%s', async (protocol, settings) => {
    expect(await readAutodiscover(named(protocol), ANN)).toMatchObject({
      servers: [{ host: 'm.example.test', ...settings }],
    })
  })

  it.each(['<Port>25</Port><SSL>off</SSL>', '<Port>587</Port><Encryption>None</Encryption>', '<SSL>on</SSL>'])(
    '%s names no server',
    async (protocol) => {
      expect(await readAutodiscover(named(protocol), ANN)).toMatchObject({ servers: [] })
    },
  )
})

describe('questions over HTTPS', () => {
  const signal = new AbortController().signal
  const url = 'https://example.test/x'
  const asking = (answer: (url: string) => Response) => {
    const asked: string[] = []
    const ask: typeof fetch = (input) => {
      asked.push(new Request(input).url)
      return Promise.resolve(answer(asked.at(-1)!))
    }
    return { ask, asked }
  }
  const to = (location: string) => new Response(null, { status: 302, headers: { location } })

  it.each([
    'http://example.test/y',
    'ftp://example.test/',
    'https://user:pass@example.test/',
    'file:///etc/passwd',
    'https://[',
  ])('do not follow a redirect to %s', async (location) => {
    const { ask, asked } = asking(() => to(location))
    expect(await askHttps(ask, { url }, signal)).toMatchObject({ instead: { status: 'refused' } })
    expect(asked).toEqual([url])
  })

  it('follow three redirects, and not a fourth', async () => {
    const { ask, asked } = asking((at) => to(`${at}x`))
    expect(await askHttps(ask, { url }, signal)).toMatchObject({
      instead: { status: 'refused', answer: 'more than 3 redirects' },
    })
    expect(asked).toHaveLength(4)
  })

  it('read 64 KiB, and not an octet more, of a stream that never ends, too', async () => {
    const exact = asking(() => new Response('x'.repeat(65_536)))
    expect(await askHttps(exact.ask, { url }, signal)).toMatchObject({ text: 'x'.repeat(65_536) })
    const endless = asking(
      () => new Response(new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1000)) })),
    )
    expect(await askHttps(endless.ask, { url }, signal)).toMatchObject({ instead: { status: 'refused' } })
  })

  it('tell why the web did not answer', async () => {
    const ask = () => Promise.reject(new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND x') }))
    expect(await askHttps(ask, { url }, signal)).toEqual({
      instead: { status: 'failed', answer: 'getaddrinfo ENOTFOUND x' },
    })
  })
})

describe('private addresses', () => {
  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
  ])('%s is one', (address) => expect(isPrivate(address)).toBe(true))
  it.each([
    '::1',
    '::',
    'fe80::1',
    'fe80::1%eth0',
    'fd00::1',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '64:ff9b::10.0.0.1',
    '2002:a00:1::',
    '2001:db8::1',
    'x',
  ])('%s is one, too', (address) => expect(isPrivate(address)).toBe(true))
  it.each(['8.8.8.8', '172.32.0.1', '2a00:1450::1', '::ffff:8.8.8.8', '64:ff9b::8.8.8.8', '2002:808:808::1'])(
    '%s is none',
    (address) => expect(isPrivate(address)).toBe(false),
  )

  it('are taken out of what a name has, and refused when nothing is left', async () => {
    const both = () =>
      Promise.resolve([
        { address: '10.0.0.1', family: 4 as const },
        { address: '8.8.8.8', family: 4 as const },
      ])
    const options = { family: 0 as const, signal: new AbortController().signal }
    const guarded = withoutPrivate(both, (host) => host === 'own.test')
    expect(await guarded('other.test', options)).toEqual([{ address: '8.8.8.8', family: 4 }])
    expect(await guarded('own.test', options)).toHaveLength(2)
    const inner = withoutPrivate(
      () => Promise.resolve([{ address: '10.0.0.1', family: 4 as const }]),
      () => false,
    )
    await expect(inner('other.test', options)).rejects.toMatchObject({ code: 'discover.private-address' })
  })
})
