import { connect } from 'node:net'
import type { ConnectorOption } from '@posthorn/net'
import { checkProfile } from '@posthorn/settings'
import { certificates, SinkServer } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { discover, isDiscoverFailure } from './discover.js'
import type { DiscoverOptions, DiscoverResolver, Discovery, MxAnswer, SrvAnswer } from './discovery.js'
import { profileOf } from './profile-of.js'

const absent = () => Object.assign(new Error('queryX ENOTFOUND'), { code: 'ENOTFOUND' })
const servfail = () => Object.assign(new Error('queryX ESERVFAIL'), { code: 'ESERVFAIL' })

interface World {
  readonly srv?: Readonly<Record<string, readonly SrvAnswer[]>>
  readonly mx?: Readonly<Record<string, readonly MxAnswer[]>>
  /** Bodies by address of the web. */
  readonly web?: Readonly<Record<string, string | Response>>
}

/** What is asked of the web, in the order in which it was asked. */
let asked: { readonly url: string; readonly method: string; readonly body: string; readonly headers: string[] }[] = []

/** Names that do not exist, pages that are not found, ports that are closed, unless the world has them. */
function worldOf({ srv = {}, mx = {}, web = {} }: World, more: DiscoverOptions = {}): DiscoverOptions {
  asked = []
  const answer = <T>(records: readonly T[] | undefined) =>
    records ? Promise.resolve(records) : Promise.reject(absent())
  const resolver: DiscoverResolver = { srv: (name) => answer(srv[name]), mx: (name) => answer(mx[name]) }
  const ask: typeof fetch = async (input, init) => {
    const request = new Request(input, init)
    asked.push({
      url: request.url,
      method: request.method,
      body: await request.text(),
      headers: [...request.headers.keys()],
    })
    const page = web[request.url]
    if (page instanceof Response) return page.clone()
    return page === undefined ? new Response('', { status: 404 }) : new Response(page)
  }
  return { resolver, fetch: ask, road: { connector: () => Promise.reject(refused()) }, ...more }
}

const refused = () => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })

/** Servers by `host:port`; whatever else is asked for is closed. */
const roadTo =
  (servers: Readonly<Record<string, SinkServer>>): ConnectorOption =>
  ({ host, port }) => {
    const server = servers[`${host}:${port}`]
    return server ? Promise.resolve(connect(server.port, '127.0.0.1')) : Promise.reject(refused())
  }

/** As if each server had a certificate for its own name: the test authority vouches for one name alone. */
const trusting = async () => ({ ca: (await certificates()).ca, servername: 'relay.example.test' })

const srv = (name: string, port: number, priority = 0, weight = 1): SrvAnswer => ({ name, port, priority, weight })
const shown = ({ candidates }: Discovery) =>
  candidates.map(({ source, settings: { host, port, security } }) => `${source} ${host}:${port} ${security}`)
const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )

const config = (servers: string) =>
  `<clientConfig version="1.1"><emailProvider id="x">${servers}</emailProvider></clientConfig>`
const outgoing = (host: string, port: number, socket: string, more = '<username>%EMAILADDRESS%</username>') =>
  `<outgoingServer type="smtp"><hostname>${host}</hostname><port>${port}</port><socketType>${socket}</socketType>${more}</outgoingServer>`
const OWN_CONFIG = 'https://autoconfig.example.test/mail/config-v1.1.xml?emailaddress=ann%40example.test'

describe('the order in which sources are believed', () => {
  it('puts implicit TLS before STARTTLS, and what SRV names inside the domain before the web and the mail exchangers', async () => {
    const found = await discover(
      'ann@example.test',
      worldOf({
        srv: {
          '_submission._tcp.example.test': [srv('b.example.test.', 587, 10), srv('a.example.test', 587, 5)],
          '_submissions._tcp.example.test': [
            srv('light.example.test', 465, 0, 1),
            srv('heavy.example.test', 465, 0, 9),
          ],
        },
        mx: { 'example.test': [{ exchange: 'aspmx.l.google.com', priority: 1 }] },
        web: { [OWN_CONFIG]: config(outgoing('hosted.example.net', 465, 'SSL')) },
      }),
    )
    expect(shown(found)).toEqual([
      'srv heavy.example.test:465 implicit',
      'srv light.example.test:465 implicit',
      'srv a.example.test:587 starttls',
      'srv b.example.test:587 starttls',
      'autoconfig hosted.example.net:465 implicit',
      'mx smtp.gmail.com:465 implicit',
      'mx smtp.gmail.com:587 starttls',
      'mx aspmx.l.google.com:25 starttls',
    ])
    expect(found.candidates.every(({ confirm }) => confirm === undefined)).toBe(true)
    expect(found.steps.map(({ kind, asked, status }) => `${kind} ${asked} ${status}`)).toEqual([
      'provider-table example.test none',
      'srv _submissions._tcp.example.test found',
      'srv _submission._tcp.example.test found',
      'mx example.test found',
      `autoconfig ${OWN_CONFIG} found`,
      'autoconfig https://example.test/.well-known/autoconfig/mail/config-v1.1.xml?emailaddress=ann%40example.test none',
      'provider-table aspmx.l.google.com found',
    ])
  })

  it('asks a person about a server outside the domain that nothing but DNS names (RFC 6186 6)', async () => {
    const records = { '_submissions._tcp.example.test': [srv('smtp.elsewhere.test', 465)] }
    const found = await discover('ann@example.test', worldOf({ srv: records }))
    expect(shown(found)).toEqual(['srv smtp.elsewhere.test:465 implicit'])
    expect(found.candidates[0]!.confirm).toContain('smtp.elsewhere.test is not in example.test')
    const vouched = await discover(
      'ann@example.test',
      worldOf({ srv: records, web: { [OWN_CONFIG]: config(outgoing('smtp.elsewhere.test', 587, 'STARTTLS')) } }),
    )
    expect(shown(vouched)).toEqual([
      'autoconfig smtp.elsewhere.test:587 starttls',
      'srv smtp.elsewhere.test:465 implicit',
    ])
    expect(vouched.candidates.map(({ confirm }) => confirm)).toEqual([undefined, undefined])
  })

  it('takes a neighbour under the same registrable domain for inside, and one under the same public suffix not', async () => {
    const inside = await discover(
      'ann@sales.example.co.uk',
      worldOf({ srv: { '_submissions._tcp.sales.example.co.uk': [srv('smtp.example.co.uk', 465)] } }),
    )
    expect(inside.candidates[0]!.confirm).toBeUndefined()
    const outside = await discover(
      'ann@example.co.uk',
      worldOf({ srv: { '_submissions._tcp.example.co.uk': [srv('smtp.attacker.co.uk', 465)] } }),
    )
    expect(outside.candidates[0]!.confirm).toBeDefined()
  })

  it('keeps the table before a server that SRV names outside a domain in the table', async () => {
    const found = await discover(
      'ann@gmx.de',
      worldOf({ srv: { '_submissions._tcp.gmx.de': [srv('smtp.attacker.test', 465)] } }),
    )
    expect(shown(found)).toEqual([
      'provider-table mail.gmx.net:465 implicit',
      'provider-table mail.gmx.net:587 starttls',
      'srv smtp.attacker.test:465 implicit',
    ])
    expect(found.candidates[2]!.confirm).toBeDefined()
  })

  it('says once what several sources say, with what each knows', async () => {
    const found = await discover(
      'ann@example.test',
      worldOf({
        srv: { '_submissions._tcp.example.test': [srv('smtp.example.test', 465)] },
        web: {
          [OWN_CONFIG]: config(
            outgoing(
              'smtp.example.test',
              465,
              'SSL',
              '<username>%EMAILLOCALPART%</username><authentication>OAuth2</authentication>',
            ),
          ),
        },
      }),
    )
    expect(found.candidates).toHaveLength(1)
    expect(found.candidates[0]).toMatchObject({
      source: 'srv',
      agrees: ['autoconfig'],
      settings: {
        login: 'local-part',
        user: 'ann',
        oauth2: { need: 'required' },
        mechanisms: ['OAUTHBEARER', 'XOAUTH2'],
      },
    })
  })

  it('believes a domain that says it has no submission server, and guesses nothing', async () => {
    let connections = 0
    const road = { connector: () => Promise.reject((connections++, refused())) }
    for (const records of [
      { '_submissions._tcp.example.test': [srv('.', 0)], '_submission._tcp.example.test': [srv('', 0)] },
      { '_submission._tcp.example.test': [srv('.', 0)] },
    ]) {
      const mx = { 'example.test': [{ exchange: 'aspmx.l.google.com', priority: 1 }] }
      const failure = await failureOf(discover('ann@example.test', worldOf({ srv: records, mx }, { road })))
      expect(failure).toMatchObject({ code: 'discover.not-offered', outcome: 'permanent' })
      expect(isDiscoverFailure(failure)).toBe(true)
    }
    expect(connections).toBe(0)
  })

  it('goes on with the one service when only the other is not offered', async () => {
    const found = await discover(
      'ann@example.test',
      worldOf({
        srv: {
          '_submission._tcp.example.test': [srv('.', 0)],
          '_submissions._tcp.example.test': [srv('smtp.example.test', 465)],
        },
      }),
    )
    expect(shown(found)).toEqual(['srv smtp.example.test:465 implicit'])
  })

  it('finds the same for an international domain in either form', async () => {
    const records = { '_submissions._tcp.xn--bcher-kva.test': [srv('smtp.xn--bcher-kva.test', 465)] }
    for (const domain of ['bücher.test', 'BÜCHER.test', 'xn--bcher-kva.test', 'Xn--Bcher-Kva.test.']) {
      const found = await discover(`ann@${domain}`, worldOf({ srv: records }))
      expect(found.domain).toBe('xn--bcher-kva.test')
      expect(found.candidates[0]!.settings.host).toBe('smtp.xn--bcher-kva.test')
    }
  })

  it('takes a domain in place of a mailbox, names nobody to the web, and leaves the login name open', async () => {
    const well = 'https://gmx.de/.well-known/autoconfig/mail/config-v1.1.xml'
    const found = await discover('gmx.de', worldOf({}))
    expect(asked.map(({ url }) => url)).toEqual(['https://autoconfig.gmx.de/mail/config-v1.1.xml', well])
    expect(found.candidates[0]!.settings).toMatchObject({ host: 'mail.gmx.net', login: 'address' })
    expect(found.candidates[0]!.settings.user).toBeUndefined()
  })

  it('knows what a provider asks of logins, whoever names its server', async () => {
    const found = await discover(
      'ann@example.test',
      worldOf({ srv: { '_submissions._tcp.example.test': [srv('smtp.gmail.com', 465)] } }),
    )
    expect(found.candidates[0]).toMatchObject({
      source: 'srv',
      settings: { password: 'app', oauth2: { need: 'possible', provider: 'google' }, user: 'ann@example.test' },
    })
    expect(found.candidates[0]!.confirm).toBeDefined()
  })
})

describe('what is asked of the web', () => {
  it('is asked over https: alone, without credentials', async () => {
    await failureOf(discover('ann@example.test', worldOf({})))
    expect(asked.map(({ url, method }) => `${method} ${url}`)).toEqual([
      `GET ${OWN_CONFIG}`,
      'GET https://example.test/.well-known/autoconfig/mail/config-v1.1.xml?emailaddress=ann%40example.test',
      'POST https://example.test/autodiscover/autodiscover.xml',
      'POST https://autodiscover.example.test/autodiscover/autodiscover.xml',
      'GET https://autoconfig.thunderbird.net/v1.1/example.test',
    ])
    for (const { headers } of asked) expect(headers).not.toContain('authorization')
    expect(asked[2]!.body).toContain('<EMailAddress>ann@example.test</EMailAddress>')
    expect(asked.at(-1)!.url).not.toContain('ann')
  })

  it('is not asked of the public list when that is switched off, and asked of another when that is given', async () => {
    await failureOf(discover('ann@example.test', worldOf({}, { ispdb: false })))
    expect(asked.filter(({ url }) => url.includes('thunderbird'))).toEqual([])
    const web = { 'https://list.example.net/example.test': config(outgoing('mail.hoster.test', 465, 'SSL')) }
    const found = await discover('ann@example.test', worldOf({ web }, { ispdb: 'https://list.example.net/' }))
    expect(shown(found)).toEqual(['autoconfig mail.hoster.test:465 implicit'])
  })

  it('asks the public list for the domain of the mail exchangers, too', async () => {
    const web = {
      'https://autoconfig.thunderbird.net/v1.1/hoster.test': config(outgoing('mail.hoster.test', 465, 'SSL')),
    }
    const mx = { 'example.test': [{ exchange: 'mx3.eu.hoster.test', priority: 10 }] }
    const found = await discover('ann@example.test', worldOf({ web, mx }))
    expect(shown(found)).toEqual(['autoconfig mail.hoster.test:465 implicit', 'mx mx3.eu.hoster.test:25 starttls'])
  })

  it('follows Autodiscover to where it redirects, to a provider by its domain, and by SRV', async () => {
    const soap = (inner: string) => `<Autodiscover><Response><Account>${inner}</Account></Response></Autodiscover>`
    const smtp =
      '<Action>settings</Action><Protocol><Type>SMTP</Type><Server>mail.example.test</Server><Port>465</Port><SSL>on</SSL></Protocol>'
    const start = 'https://example.test/autodiscover/autodiscover.xml'
    const moved = await discover(
      'ann@example.test',
      worldOf({
        web: {
          [start]: soap('<Action>redirectUrl</Action><RedirectUrl>https://next.example.test/x.xml</RedirectUrl>'),
          'https://next.example.test/x.xml': soap(smtp),
        },
      }),
    )
    expect(shown(moved)).toEqual(['autodiscover mail.example.test:465 implicit'])
    const tenant = await discover(
      'ann@example.test',
      worldOf({
        web: { [start]: soap('<Action>redirectAddr</Action><RedirectAddr>ann@corp.onmicrosoft.com</RedirectAddr>') },
      }),
    )
    expect(tenant.candidates[0]).toMatchObject({
      source: 'autodiscover',
      settings: {
        host: 'smtp.office365.com',
        user: 'ann@example.test',
        oauth2: { need: 'required', provider: 'microsoft' },
      },
    })
    const elsewhere = await discover(
      'ann@example.test',
      worldOf({
        srv: { '_autodiscover._tcp.example.test': [srv('auto.hoster.test', 8443)] },
        web: {
          'https://auto.hoster.test:8443/autodiscover/autodiscover.xml': soap(
            smtp.replace('mail.example', 'mail.hoster'),
          ),
        },
      }),
    )
    expect(shown(elsewhere)).toEqual(['autodiscover mail.hoster.test:465 implicit'])
    expect(elsewhere.candidates[0]!.confirm).toContain('auto.hoster.test is not in example.test')
  })

  it('sends no password to a server that asks for one', async () => {
    const web = { 'https://example.test/autodiscover/autodiscover.xml': new Response('', { status: 401 }) }
    const failure = await failureOf(discover('ann@example.test', worldOf({ web })))
    expect(
      isDiscoverFailure(failure) && failure.discovery.steps.find(({ asked }) => asked.endsWith('discover.xml')),
    ).toMatchObject({
      status: 'none',
      answer: 'HTTP 401: it asks for a login; none is ever sent',
    })
  })
})

describe('names that are guessed', () => {
  it('[part of runmyjobs.behaviour.server-detection] finds the server by SRV, by MX and by its name, each in its turn', async () => {
    const tls = await certificates()
    await using server = await SinkServer.start({ tls, implicitTls: true })
    await using upgraded = await SinkServer.start({ tls })
    const road = { tls: await trusting() }
    const servers = {
      'submit.example.test:465': server,
      'mx.example.test:587': upgraded,
      'smtp.example.test:465': server,
      'mail.example.test:587': upgraded,
    }
    const all = { ...road, connector: roadTo(servers) }
    const mx = { 'example.test': [{ exchange: 'mx.example.test', priority: 10 }] }
    const srvRecords = { '_submissions._tcp.example.test': [srv('submit.example.test', 465)] }
    const best = async (world: World, road: DiscoverOptions['road']) =>
      (await discover('app@example.test', worldOf(world, { road, verify: 'all' }))).candidates[0]!
    expect(await best({ srv: srvRecords, mx }, all)).toMatchObject({
      source: 'srv',
      settings: { host: 'submit.example.test' },
    })
    expect(await best({ mx }, all)).toMatchObject({ source: 'mx', settings: { host: 'mx.example.test', port: 587 } })
    expect(await best({}, all)).toMatchObject({ source: 'guess', settings: { host: 'smtp.example.test', port: 465 } })
    const { 'smtp.example.test:465': _, ...others } = servers
    const last = await best({}, { ...road, connector: roadTo(others) })
    expect(last).toMatchObject({
      source: 'guess',
      settings: { host: 'mail.example.test', port: 587 },
      verified: { ok: true },
    })
    expect(server.ledger.length + upgraded.ledger.length).toBe(0)
  })

  it('[part of runmyjobs.behaviour.server-detection] [part of runmyjobs.process.System_Mail_Configure] asks for the name when nothing answers', async () => {
    const mx = { 'example.test': [{ exchange: 'mx.example.test', priority: 10 }] }
    const failure = await failureOf(discover('app@example.test', worldOf({ mx }, { verify: 'all' })))
    expect(failure).toMatchObject({ code: 'discover.none', outcome: 'permanent', field: 'server' })
    expect(String((failure as { hint?: string }).hint)).toMatch(/give it/)
    expect(isDiscoverFailure(failure) && failure.discovery.steps.filter(({ kind }) => kind === 'connect')).toHaveLength(
      9,
    )
    expect(JSON.stringify(failure)).not.toContain('steps')
  })

  it('[part of runmyjobs.process.System_Mail_Configure] gives a profile that lacks the password alone', async () => {
    const found = await discover(
      'app@example.test',
      worldOf({ srv: { '_submissions._tcp.example.test': [srv('smtp.example.test', 465)] }, web: {} }),
    )
    const profile = profileOf(found.candidates[0]!)
    expect(profile).toEqual({ relay: { host: 'smtp.example.test', port: 465 }, security: 'implicit' })
    expect(checkProfile(profile)).toEqual(profile)
    const known = profileOf((await discover('ann@gmx.de', worldOf({}))).candidates[0]!)
    expect(known.credentials).toEqual({ user: 'ann@gmx.de' })
    expect(() => checkProfile(known)).toThrow('credentials.password')
    expect(checkProfile({ ...known, credentials: { ...known.credentials, password: 'env:GMX' } })).toBeDefined()
    const token = profileOf((await discover('ann@outlook.com', worldOf({}))).candidates[0]!)
    expect(checkProfile(token)).toMatchObject({
      credentials: { user: 'ann@outlook.com' },
      oauth2: { provider: 'microsoft' },
    })
  })

  it('[part of runmyjobs.example.mx-lookup] proposes the mail exchanger of the lowest preference for direct send', async () => {
    const mx = {
      'contoso.test': [
        { exchange: 'backup.contoso.test', priority: 20 },
        { exchange: 'contoso-test.mail.protection.outlook.com', priority: 0 },
      ],
    }
    const found = await discover('contoso.test', worldOf({ mx }))
    const direct = found.candidates.find(({ delivers }) => delivers === 'own-domain')!
    expect(direct).toMatchObject({
      source: 'mx',
      settings: { host: 'contoso-test.mail.protection.outlook.com', port: 25, security: 'starttls', login: 'none' },
    })
    expect(profileOf(direct)).toEqual({
      relay: { host: 'contoso-test.mail.protection.outlook.com', port: 25 },
      security: 'starttls',
    })
  })

  it('are not believed without a fitting certificate, and hear nothing before it fits but what STARTTLS needs', async () => {
    const tls = await certificates()
    await using wrong = await SinkServer.start({ tls: tls.wrongName, implicitTls: true })
    await using upgraded = await SinkServer.start({ tls: tls.wrongName })
    const connector = roadTo({ 'smtp.example.test:465': wrong, 'smtp.example.test:587': upgraded })
    const failure = await failureOf(
      discover('ann@example.test', worldOf({}, { road: { connector, tls: await trusting() } })),
    )
    expect(failure).toMatchObject({ code: 'discover.none' })
    expect(wrong.sessions.flatMap(({ commands }) => commands)).toEqual([])
    const heard = upgraded.sessions.flatMap(({ commands }) => commands)
    expect(heard.every((command) => /^(?:EHLO|STARTTLS)\b/.test(command))).toBe(true)
  })

  it('are put behind the others when they name a mail exchanger outside the domain', async () => {
    await using server = await SinkServer.start({ tls: await certificates(), implicitTls: true })
    const connector = roadTo({ 'mx.hoster.test:465': server, 'mail.example.test:465': server })
    const mx = { 'example.test': [{ exchange: 'mx.hoster.test', priority: 10 }] }
    const found = await discover('ann@example.test', worldOf({ mx }, { road: { connector, tls: await trusting() } }))
    expect(shown(found)).toEqual(['guess mail.example.test:465 implicit', 'mx mx.hoster.test:465 implicit'])
    expect(found.candidates.map(({ confirm }) => confirm === undefined)).toEqual([true, false])
  })

  it('are not made when nothing may be connected to', async () => {
    let connections = 0
    const road = { connector: () => Promise.reject((connections++, refused())) }
    const failure = await failureOf(discover('ann@example.test', worldOf({}, { road, verify: 'none' })))
    expect(failure).toMatchObject({ code: 'discover.none' })
    expect(connections).toBe(0)
  })
})

describe('proof by connecting', () => {
  it('of all candidates puts those that answer first, and says what they offer', async () => {
    const auth = { user: 'ann', password: 'never-sent', mechanisms: ['PLAIN', 'XOAUTH2'] }
    await using server = await SinkServer.start({ tls: await certificates(), auth })
    const connector = roadTo({ 'b.example.test:587': server })
    const found = await discover(
      'ann@example.test',
      worldOf(
        { srv: { '_submission._tcp.example.test': [srv('a.example.test', 587, 1), srv('b.example.test', 587, 2)] } },
        { verify: 'all', road: { connector, tls: await trusting() } },
      ),
    )
    expect(shown(found)).toEqual(['srv b.example.test:587 starttls', 'srv a.example.test:587 starttls'])
    expect(found.candidates[0]!.verified).toMatchObject({ ok: true, greeted: true, mechanisms: ['PLAIN', 'XOAUTH2'] })
    expect(found.candidates[0]!.verified!.tls).toMatch(/^TLSv1\.3, .*relay\.example\.test/)
    expect(found.candidates[1]!.verified).toMatchObject({
      ok: false,
      greeted: false,
      problem: { code: 'connect.refused' },
    })
    expect(server.sessions.flatMap(({ commands }) => commands).some((command) => command.startsWith('AUTH'))).toBe(
      false,
    )
  })
})

describe('faults', () => {
  it.each([
    '',
    ' ',
    'ann@',
    '@',
    'ann@localhost',
    'ann@[192.0.2.1]',
    'ann@192.0.2.1',
    'a b@example.test',
    'ann@exa mple.test',
    `${'a'.repeat(65)}@example.test`,
    'ann\n@example.test',
    'ann@a..test',
    `ann@${'a'.repeat(64)}.test`,
    'smtp://ann:secret-77@example.test',
    'ann:secret-77@example.test',
    '"ann"@example.test',
  ])('refuses %j as an address', async (address) => {
    const failure = await failureOf(discover(address, worldOf({})))
    expect(failure).toMatchObject({ code: 'discover.address' })
    expect(JSON.stringify(failure)).not.toContain('secret-77')
    expect(asked).toEqual([])
  })

  it('says that it may pass when no name server answers', async () => {
    const down = () => Promise.reject(servfail())
    const failure = await failureOf(discover('ann@example.test', worldOf({}, { resolver: { srv: down, mx: down } })))
    expect(failure).toMatchObject({ code: 'discover.no-answer', outcome: 'transient', phase: 'resolve' })
  })

  it('gives what is known at the deadline, however slow the others are', async () => {
    const never = () => new Promise<never>(() => {})
    const found = await discover('ann@gmx.de', {
      ...worldOf({}, { resolver: { srv: never, mx: never }, fetch: never }),
      deadlineMs: 50,
    })
    expect(found.candidates[0]!.settings.host).toBe('mail.gmx.net')
    expect(found.steps.filter(({ status }) => status === 'failed')).toHaveLength(5)
    const failure = await failureOf(
      discover('ann@example.test', {
        ...worldOf({}, { resolver: { srv: never, mx: never }, fetch: never }),
        deadlineMs: 50,
      }),
    )
    expect(failure).toMatchObject({ code: 'discover.no-answer' })
  })

  it('ends at once when the caller gives up', async () => {
    const never = () => new Promise<never>(() => {})
    const controller = new AbortController()
    const reason = new Error('enough')
    const work = discover('ann@example.test', {
      ...worldOf({}, { resolver: { srv: never, mx: never }, fetch: never }),
      signal: controller.signal,
    })
    controller.abort(reason)
    expect(await failureOf(work)).toMatchObject({ code: 'aborted', cause: reason })
    const before = discover('ann@example.test', { ...worldOf({}), signal: AbortSignal.abort(reason) })
    expect(await failureOf(before)).toMatchObject({ code: 'aborted', cause: reason })
  })

  it('refuses a time that is none', async () => {
    expect(await failureOf(discover('ann@example.test', { deadlineMs: 0 }))).toMatchObject({ code: 'settings.number' })
  })
})
