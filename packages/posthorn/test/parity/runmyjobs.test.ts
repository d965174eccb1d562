import { connect } from 'node:net'
import { checkProfile, fromValues, valuesOf, type Profile } from '@posthorn/settings'
import { certificates, SinkServer } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { discover, profileOf, type DiscoverOptions, type SmtpOptions } from '../../src/index.js'
import { HOST, LETTER, shapesOf } from '../one-send.js'
import { credential, imported, registry, sentBy } from './runmyjobs-registry.js'

const PASSWORD = 'abcd efgh ijkl mnop'
const STARTTLS = 'JavaMail/mail.smtp.starttls.required = true'
/** Offers a login and does not ask for one. */
const OFFERS_LOGIN = ['8BITMIME', 'AUTH PLAIN LOGIN']

/** The authority of the tests; `servername` where the profile names a host that no certificate of the tests is for. */
async function trusting(servername?: string): Promise<NonNullable<SmtpOptions['tls']>> {
  return { ca: (await certificates()).ca, ...(servername === undefined ? {} : { servername }) }
}

/** What a server of that name would be without the settings the product says nothing of. */
const OF_THE_PRODUCT = {
  attachments: { files: 'none', onMissing: 'fail' },
  delivery: { onRefused: { to: 'stop', cc: 'stop', bcc: 'stop' } },
} as const

// In the examples the host, its port and the name in its certificate are those of the loopback: `sentBy` leads every connection there,
// and `servername` is the name in the certificate.
describe('the examples of the document, imported and sent with', () => {
  const GMAIL = `Registry Key Value
/configuration/mail/smtp.gmail.com/JavaMail/mail.smtp.starttls.required true
/configuration/mail/smtp.gmail.com/JavaMail/mail.smtp.starttls.enabled true
/configuration/mail/smtp.gmail.com/Server smtp.gmail.com

Field Value
Protocol smtp
Real User app.notifications
Password ${PASSWORD}
Endpoint smtp.gmail.com
Virtual User default
`

  it('Gmail: STARTTLS on 587, and the credential logs in with its real user [part of runmyjobs.example.gmail] [runmyjobs.example.gmail-credential]', async () => {
    const { profile, about } = imported(GMAIL)
    expect(profile).toEqual({
      ...OF_THE_PRODUCT,
      relay: { host: 'smtp.gmail.com', port: 587, quitAfterRefusedGreeting: false },
      security: 'starttls',
      credentials: {
        ...{ user: 'app.notifications', password: PASSWORD },
        mechanisms: ['LOGIN', 'PLAIN', 'DIGEST-MD5', 'NTLM'],
        mechanismFallback: false,
      },
    })
    expect(about('credential').filter(({ verdict }) => verdict === 'taken')).toHaveLength(1)
    expect(about('credential')[0]?.note).toContain('whole address')
    const auth = { user: 'app.notifications', password: PASSWORD }
    const smtp = { tls: await trusting(HOST) }
    const sent = await sentBy(profile, { tls: await certificates(), auth, smtp })
    expect([sent.error, sent.targets, sent.clear]).toEqual([undefined, ['smtp.gmail.com:587'], 'EHLO, STARTTLS'])
    expect(sent.session?.authenticated).toBe('app.notifications')
    expect(sent.message?.recipients).toEqual([LETTER.to])
  })

  const DIRECT = `Registry Key Value
/configuration/mail/JavaMail/mail.smtp.starttls.required true
/configuration/mail/JavaMail/mail.smtp.starttls.enabled true
/configuration/mail/JavaMail/mail.smtp.port 25
/configuration/mail/Server example-com.mail.protection.outlook.com
`
  const EXCHANGE = 'example-com.mail.protection.outlook.com'
  const OUTSIDE = '550 5.7.64 TenantAttribution; Relay Access Denied'
  const onlyInside = (verb: string, argument: string) =>
    verb === 'RCPT' && !argument.includes('@example.test') ? OUTSIDE : undefined

  it('Office 365 direct send: STARTTLS on 25 without a login; outside the organisation the refusal of the server is told [runmyjobs.example.office365-direct-send] [part of runmyjobs.example.direct-send-plain-path]', async () => {
    const { profile } = imported(DIRECT)
    expect(profile).toEqual({
      ...OF_THE_PRODUCT,
      relay: { host: EXCHANGE, port: 25, quitAfterRefusedGreeting: false },
      security: 'starttls',
    })
    const exchange = { tls: await certificates(), extensions: OFFERS_LOGIN, replyTo: onlyInside }
    const smtp = { tls: await trusting(HOST) }
    const inside = await sentBy(profile, { ...exchange, smtp })
    expect([inside.error, inside.targets, inside.clear]).toEqual([undefined, [`${EXCHANGE}:25`], 'EHLO, STARTTLS'])
    expect(inside.verbs).not.toContain('AUTH')
    expect(inside.message?.recipients).toEqual([LETTER.to])
    const outside = await sentBy(profile, { ...exchange, smtp, draft: { ...LETTER, to: 'ann@elsewhere.test' } })
    expect(outside.error).toMatchObject({ code: 'smtp.rcpt.refused', reply: { code: 550 }, outcome: 'permanent' })
    expect(outside.error?.message).toContain('Relay Access Denied')
    expect(outside.message).toBeUndefined()
  })

  it('the host for direct send is found by the MX of the domain: that of the lowest preference [runmyjobs.example.mx-lookup]', async () => {
    const mx = [
      { exchange: 'backup.example.com', priority: 20 },
      { exchange: `${EXCHANGE}.`, priority: 10 },
    ]
    const { candidates } = await discover('example.com', { ...(await world({ mx })), verify: 'none' })
    const proposed = candidates.find(({ delivers }) => delivers === 'own-domain')
    expect(proposed?.settings).toMatchObject({ host: EXCHANGE, port: 25, security: 'starttls', login: 'none' })
    const { profile } = imported(DIRECT.replace(EXCHANGE, proposed!.settings.host))
    const sent = await sentBy(profile, { tls: await certificates(), smtp: { tls: await trusting(HOST) } })
    expect([sent.targets, sent.message?.recipients]).toEqual([[`${EXCHANGE}:25`], [LETTER.to]])
  })
})

interface Names {
  readonly srv?: Readonly<Record<string, readonly [string, number]>>
  readonly mx?: readonly { readonly exchange: string; readonly priority: number }[]
  /** Servers by `host:port`; whatever else is asked for refuses. */
  readonly servers?: Readonly<Record<string, SinkServer>>
}

/** A DNS with these names alone, a web without a page, and a road on which nobody listens but these servers. */
async function world({ srv = {}, mx, servers = {} }: Names): Promise<DiscoverOptions> {
  const absent = (): Promise<never> => Promise.reject(Object.assign(new Error('none'), { code: 'ENOTFOUND' }))
  const resolver: DiscoverOptions['resolver'] = {
    srv: (name) => {
      const [host, port] = srv[name] ?? []
      return host === undefined ? absent() : Promise.resolve([{ name: host, port: port!, priority: 0, weight: 0 }])
    },
    mx: () => (mx ? Promise.resolve(mx) : absent()),
  }
  const road: NonNullable<DiscoverOptions['road']> = {
    tls: await trusting(HOST),
    connector: ({ host, port }) => {
      const server = servers[`${host}:${port}`]
      if (server) return Promise.resolve(connect(server.port, '127.0.0.1'))
      return Promise.reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }))
    },
  }
  return { resolver, road, fetch: () => Promise.resolve(new Response('', { status: 404 })), ispdb: false }
}

describe('the server', () => {
  const FROM_ONLY = '[System_Mail_Configure]\nFrom = jobs@example.com\nServer =\n'

  /** The profile of an import that names no server, once it is found, as the command does it. */
  async function found(text: string, names: Names): Promise<Profile> {
    const { profile, discover: address } = imported(text)
    const { candidates } = await discover(address!, { ...(await world(names)), verify: 'all' })
    return checkProfile(fromValues([...valuesOf(profileOf(candidates[0]!)), ...valuesOf(profile)]))
  }

  describe('Server [runmyjobs.registry.Server]', () => {
    it('is the one that is set, and nothing else has a say', async () => {
      const { profile, about } = imported(
        registry('JavaMail/mail.smtp.host = other.example.test', 'From = jobs@elsewhere.test'),
      )
      expect((await sentBy(profile)).targets).toEqual([`${HOST}:25`])
      expect(about('JavaMail/mail.smtp.host')).toMatchObject([{ verdict: 'ignored' }])
    })

    it('is found by the MX of the domain of From when none is set, and takes the mail', async () => {
      const tls = await certificates()
      await using server = await SinkServer.start({ tls })
      const mx = [{ exchange: 'mx.example.com', priority: 10 }]
      for (const text of [FROM_ONLY, '/configuration/mail/From = jobs@example.com']) {
        const profile = await found(text, { mx, servers: { 'mx.example.com:587': server } })
        const sent = await sentBy(profile, { tls, smtp: { tls: await trusting(HOST) }, draft: withoutAuthor })
        expect([sent.targets, sent.message?.reversePath]).toEqual([['mx.example.com:587'], 'jobs@example.com'])
      }
    })
  })

  it('is looked for by SRV, then MX, then names, and the first that answers is taken; none is an error that asks for it [runmyjobs.behaviour.server-detection]', async () => {
    const tls = await certificates()
    await using first = await SinkServer.start({ tls, implicitTls: true })
    await using upgraded = await SinkServer.start({ tls })
    const names = {
      srv: {
        '_submissions._tcp.example.com': ['implicit.example.com', 4650],
        '_submission._tcp.example.com': ['starttls.example.com', 5870],
      },
      mx: [{ exchange: 'mx.example.com', priority: 10 }],
    } as const
    const answering: Record<string, SinkServer> = {
      'implicit.example.com:4650': first,
      'starttls.example.com:5870': upgraded,
      'mx.example.com:465': first,
      'smtp.example.com:587': upgraded,
      'mail.example.com:465': first,
    }
    const order: string[] = []
    for (const place of Object.keys(answering)) {
      const { relay, security } = await found(FROM_ONLY, { ...names, servers: answering })
      order.push(`${relay?.host}:${relay?.port} ${security}`)
      delete answering[place] // it falls silent, and the next in line has its turn
    }
    expect(order).toEqual([
      'implicit.example.com:4650 implicit',
      'starttls.example.com:5870 starttls',
      'mx.example.com:465 implicit',
      'smtp.example.com:587 starttls',
      'mail.example.com:465 implicit',
    ])
    await expect(found(FROM_ONLY, { ...names, servers: {} })).rejects.toMatchObject({
      ...{ code: 'discover.none', field: 'server', outcome: 'permanent' },
      hint: expect.stringMatching(/name of its submission server, and give it/) as string,
    })
    expect(first.ledger.length + upgraded.ledger.length).toBe(0)
  })
})

const { from: _, ...withoutAuthor } = LETTER

describe('who sends, and who logs in', () => {
  it('mail that names no sender has the one of the registry, in the envelope, too [runmyjobs.registry.From]', async () => {
    const { profile } = imported(registry('From = Night Jobs <jobs@example.com>'))
    const sent = await sentBy(profile, { draft: withoutAuthor })
    expect(sent.text).toContain('\r\nFrom: Night Jobs <jobs@example.com>\r\n')
    expect(sent.message?.reversePath).toBe('jobs@example.com')
    const own = await sentBy(profile)
    expect([own.message?.reversePath, own.text.includes('jobs@example.com')]).toEqual([LETTER.from, false])
  })

  it('User without a credential logs nobody in, and that is said [runmyjobs.registry.User]', async () => {
    const { profile, about } = imported(registry('User = jobs', STARTTLS))
    expect(about('User')).toMatchObject([
      { verdict: 'lost', note: expect.stringContaining('nobody logs in') as string },
    ])
    const offers = { tls: await certificates(), extensions: OFFERS_LOGIN, smtp: { tls: await trusting() } }
    const sent = await sentBy(profile, offers)
    expect([sent.error, sent.verbs]).toEqual([undefined, 'EHLO, STARTTLS, EHLO, MAIL, RCPT, DATA, QUIT'])
  })

  it('User has the password of the credential with that real user [part of runmyjobs.registry.User]', async () => {
    const elsewhere = credential({ Endpoint: 'other.example.test', Password: PASSWORD })
    const { profile } = imported(registry('User = jobs', STARTTLS) + elsewhere)
    const auth = { user: 'jobs', password: PASSWORD }
    const sent = await sentBy(profile, { tls: await certificates(), auth, smtp: { tls: await trusting() } })
    expect(sent.session?.authenticated).toBe('jobs')
  })

  it('the credential logs in with its real user, and its password stands in AUTH alone [runmyjobs.credential.RealUser] [runmyjobs.credential.Password]', async () => {
    const { profile, report } = imported(registry('User = other', STARTTLS) + credential({ Password: PASSWORD }))
    const offers = { tls: await certificates(), smtp: { tls: await trusting() } }
    const sent = await sentBy(profile, { ...offers, auth: { user: 'jobs', password: PASSWORD } })
    expect([sent.session?.authenticated, sent.message?.recipients]).toEqual(['jobs', [LETTER.to]])
    const refused = await sentBy(profile, { ...offers, auth: { user: 'jobs', password: 'another' } })
    expect(refused.error).toMatchObject({ code: 'smtp.auth.refused' })
    const told = [sent, refused].flatMap(({ receipt, error, trail, text, session }) => [
      JSON.stringify({ receipt, error, trail, report }),
      ...[String(error?.stack), text, session!.clearOctets.toString('latin1')],
      session!.commands.filter((line) => !line.startsWith('AUTH')).join(),
    ])
    for (const shape of shapesOf(PASSWORD)) for (const each of told) expect(each).not.toContain(shape)
  })

  it.each([
    ['Protocol', 'SMTP'],
    ['Virtual User', 'Default'],
    ['Endpoint', 'Relay.example.test'],
  ])(
    'a credential with %s %s is not for the server: the mail goes without a login [runmyjobs.credential.Protocol] [runmyjobs.credential.VirtualUser] [runmyjobs.credential.Endpoint] [runmyjobs.behaviour.credential-match]',
    async (field, value) => {
      const { profile, about } = imported(registry(STARTTLS) + credential({ [field]: value, Password: PASSWORD }))
      expect(about('credential')).toMatchObject([
        { verdict: 'ignored', note: expect.stringContaining('letter by letter') as string },
      ])
      const offers = { tls: await certificates(), extensions: OFFERS_LOGIN, smtp: { tls: await trusting() } }
      const sent = await sentBy(profile, offers)
      expect([sent.error, sent.verbs.includes('AUTH')]).toEqual([undefined, false])
    },
  )
})
