import { certificates, RevocableCertificates, type SinkOptions } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { HOST, LETTER } from '../one-send.js'
import { credential, imported, registry, sentBy, trusted } from './runmyjobs-registry.js'

const REQUIRED = 'JavaMail/mail.smtp.starttls.required = true'
const ENABLED = 'JavaMail/mail.smtp.starttls.enabled = true'
const IMPLICIT = 'JavaMail/mail.smtps.ssl.enable = true'
const LOGIN = { user: 'jobs', password: 'Geheim-5' }
const CREDENTIAL = credential({ Password: LOGIN.password })

/** TLS from the first octet with one of the certificates of the tests. */
const tlsFirst = (tls: NonNullable<SinkOptions['tls']>) => ({ tls, implicitTls: true })
const trustingTests = async () => ({ tls: { ca: (await certificates()).ca } })

describe('how TLS begins', () => {
  it('STARTTLS is used before the login, on 587 when no port is said; without it nothing is sent [runmyjobs.behaviour.starttls] [runmyjobs.javamail.mail.smtp.starttls.required]', async () => {
    const { profile } = imported(registry(REQUIRED, ENABLED) + CREDENTIAL)
    const sent = await sentBy(profile, { tls: await certificates(), auth: LOGIN, smtp: await trustingTests() })
    expect([sent.error, sent.targets, sent.clear]).toEqual([undefined, [`${HOST}:587`], 'EHLO, STARTTLS'])
    expect(sent.session?.authenticated).toBe('jobs')
    const without = await sentBy(profile, { auth: LOGIN })
    expect([without.error?.code, without.clear, without.message]).toEqual([
      'smtp.starttls.not-offered',
      'EHLO, QUIT',
      undefined,
    ])
  })

  it.each(['enable', 'enabled'])(
    'starttls.%s takes STARTTLS where it is offered, and goes without it where it is not [runmyjobs.javamail.mail.smtp.starttls.enabled]',
    async (name) => {
      const { profile } = imported(registry(`JavaMail/mail.smtp.starttls.${name} = true`))
      const offered = await sentBy(profile, { tls: await certificates(), smtp: await trustingTests() })
      expect([offered.targets, offered.clear]).toEqual([[`${HOST}:587`], 'EHLO, STARTTLS'])
      const plain = await sentBy(profile)
      expect([plain.error, plain.session?.tls, plain.message?.recipients]).toEqual([undefined, false, [LETTER.to]])
    },
  )

  it.each(['smtp', 'smtps'])(
    'ssl.enable is TLS before the greeting with the transport %s, on 465 [runmyjobs.javamail.mail.smtps.ssl.enable] [runmyjobs.behaviour.tls]',
    async (transport) => {
      const { profile } = imported(registry(`Transport = ${transport}`, IMPLICIT))
      const sent = await sentBy(profile, { ...tlsFirst(await certificates()), smtp: await trustingTests() })
      expect([sent.error, sent.targets, sent.session?.tls]).toEqual([undefined, [`${HOST}:465`], true])
      expect(sent.session?.clearOctets).toHaveLength(0)
      const clear = await sentBy(profile, { smtp: await trustingTests() })
      // the first octet of a handshake, and no command: RFC 8446 5.1
      expect([clear.session?.clearOctets[0], clear.message]).toEqual([22, undefined])
      expect(clear.error?.phase).toBe('tls')
    },
  )

  it.each([
    [['Transport = smtps', REQUIRED], 587],
    [['Transport = smtps', REQUIRED, 'Port = 587'], 587],
    [['Transport = smtps'], 465],
    [['Transport = smtps', REQUIRED, 'Port = 4650'], 4650],
  ])('a login with %j is under TLS, on port %i [runmyjobs.behaviour.smtps-with-auth]', async (entries, port) => {
    const { profile, about } = imported(registry(...entries) + CREDENTIAL)
    expect(about('Transport')[0]?.note).toContain('587')
    const implicit = port !== 587
    const server = { tls: await certificates(), implicitTls: implicit, auth: LOGIN, smtp: await trustingTests() }
    const sent = await sentBy(profile, server)
    expect([sent.error, sent.targets]).toEqual([undefined, [`${HOST}:${port}`]])
    expect([sent.clear, sent.session?.authenticated]).toEqual([implicit ? '' : 'EHLO, STARTTLS', 'jobs'])
  })

  it.each([
    ['none', 25, 'EHLO, MAIL, RCPT, BDAT'],
    ['starttls', 587, 'EHLO, STARTTLS'],
    ['tls', 465, ''],
  ])(
    'ConnectionSecurity %s goes to port %i, whatever the properties say [runmyjobs.registry.ConnectionSecurity]',
    async (security, port, clear) => {
      const against = security === 'none' ? [] : security === 'tls' ? [REQUIRED] : [IMPLICIT]
      const { profile, about } = imported(registry(`ConnectionSecurity = ${security}`, ...against))
      for (const entry of against) {
        const name = entry.split(' ')[0]!
        expect(about(name)).toMatchObject([{ verdict: 'ignored', note: expect.stringContaining('wins') as string }])
      }
      const offers = security === 'none' ? {} : { tls: await certificates(), implicitTls: security === 'tls' }
      const sent = await sentBy(profile, { ...offers, smtp: await trustingTests() })
      expect([sent.error, sent.targets, sent.clear]).toEqual([undefined, [`${HOST}:${port}`], clear])
    },
  )
})

describe('whom TLS trusts', () => {
  it('a host in ssl.trust is accepted without its chain, under its own name; others are checked [runmyjobs.javamail.mail.smtps.ssl.trust]', async () => {
    const { selfSigned, wrongName, good } = await certificates()
    const send = async (trust: string, tls: NonNullable<SinkOptions['tls']>) => {
      const { profile, about } = imported(registry(IMPLICIT, `JavaMail/mail.smtps.ssl.trust = ${trust}`))
      expect(about('JavaMail/mail.smtps.ssl.trust')).toMatchObject([{ unsafe: true }])
      const { error, message } = await sentBy(profile, tlsFirst(tls))
      return error?.code ?? message?.recipients
    }
    for (const trust of [HOST, `first.example ${HOST}`, '*']) expect(await send(trust, selfSigned)).toEqual([LETTER.to])
    expect(await send(HOST, wrongName)).toBe('tls.wrong-name')
    expect(await send('other.example.test', selfSigned)).toBe('tls.self-signed')
    expect(await send('other.example.test', good)).toBe('tls.unknown-issuer')
  })

  it('VerifyServerCertificateTrust: Verify, as when it is not set, refuses a certificate nobody vouches for; DontVerify takes it and is marked [runmyjobs.setting.TLS.VerifyServerCertificateTrust]', async () => {
    const { selfSigned } = await certificates()
    for (const lines of ['', '\nTLS.VerifyServerCertificateTrust = Verify']) {
      const { profile } = imported(registry(IMPLICIT) + lines)
      const refused = await sentBy(profile, tlsFirst(selfSigned))
      expect([refused.error?.code, refused.message]).toEqual(['tls.self-signed', undefined])
    }
    const { profile, about } = imported(`${registry(IMPLICIT)}\nTLS.VerifyServerCertificateTrust = DontVerify`)
    expect(about('TLS.VerifyServerCertificateTrust')).toMatchObject([{ unsafe: true }])
    expect((await sentBy(profile, tlsFirst(selfSigned))).message?.recipients).toEqual([LETTER.to])
  })

  it('a chain must end in the built-in list or in what was added: a private root is refused until then [runmyjobs.behaviour.chain-of-trust]', async () => {
    await using wellKnown = await RevocableCertificates.start()
    const { ca, good } = await certificates()
    // no authority of the built-in list signs for the loopback: another one stands in its place
    const smtp = { tls: { ca: wellKnown.ca } }
    const send = async (host: string, tls: NonNullable<SinkOptions['tls']>, more = '') => {
      const { profile } = imported(registry(IMPLICIT).replace(HOST, host) + more)
      const { error, message } = await sentBy(profile, { ...tlsFirst(tls), smtp })
      return error?.code ?? message?.recipients
    }
    expect(await send('localhost', wellKnown.good)).toEqual([LETTER.to])
    expect(await send(HOST, good)).toBe('tls.unknown-issuer')
    expect(await send(HOST, good, trusted(ca))).toEqual([LETTER.to])
    expect(await send('localhost', wellKnown.good, trusted(ca))).toEqual([LETTER.to])
    // the name counts, whoever signed
    expect(await send('other.example.test', good, trusted(ca))).toBe('tls.wrong-name')
  })

  it('an added root makes all servers under it valid; an added server certificate only that server [runmyjobs.credential.X509_TrustedCertificate]', async () => {
    const { ca, good, selfSigned, unknownIssuer } = await certificates()
    const send = async (host: string, tls: NonNullable<SinkOptions['tls']>, ...added: readonly string[]) => {
      const { profile } = imported(registry(IMPLICIT).replace(HOST, host) + added.map(trusted).join(''))
      const { error, message } = await sentBy(profile, tlsFirst(tls))
      return error?.code ?? message?.recipients
    }
    for (const host of [HOST, 'localhost']) expect(await send(host, good, ca)).toEqual([LETTER.to])
    expect(await send(HOST, selfSigned, ca)).toBe('tls.self-signed')
    expect(await send(HOST, selfSigned, selfSigned.cert)).toEqual([LETTER.to])
    expect(await send(HOST, good, selfSigned.cert)).toBe('tls.unknown-issuer')
    expect(await send(HOST, unknownIssuer, selfSigned.cert)).toBe('tls.unknown-issuer')
    for (const tls of [good, selfSigned]) expect(await send(HOST, tls, ca, selfSigned.cert)).toEqual([LETTER.to])
  })

  it('a Java key store is refused naming PEM; its root as PEM makes the server acceptable [runmyjobs.behaviour.keystore]', async () => {
    const { ca, good } = await certificates()
    const named = `${registry(IMPLICIT)}\njavax.net.ssl.trustStore = /opt/java/trust.jks`
    const store = imported(named, { 'trust.jks': '\u00fe\u00ed\u00fe\u00ed' })
    const lost = store.report.filter(({ entry }) => entry === 'key store' || entry === 'a line')
    expect(lost).toHaveLength(2)
    for (const line of lost) {
      expect(line).toMatchObject({
        verdict: 'lost',
        note: expect.stringMatching(/key store is not read.*PEM/) as string,
      })
    }
    expect((await sentBy(store.profile, tlsFirst(good))).error?.code).toBe('tls.unknown-issuer')
    const { profile } = imported(registry(IMPLICIT), { 'exported-root.pem': ca })
    expect((await sentBy(profile, tlsFirst(good))).message?.recipients).toEqual([LETTER.to])
  })
})
