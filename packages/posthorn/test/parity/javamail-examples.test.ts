import { certificates, SinkServer, type SinkOptions } from '@posthorn/testkit'
import type { Profile } from '@posthorn/settings'
import { describe, expect, it } from 'vitest'
import { Mailer, type Draft } from '../../src/index.js'
import { imported, LETTER, LOGIN, line, sendBy, termsFor, verbs } from './javamail-world.js'
import { LineServer } from './line-server.js'
import { ProxyServer } from './proxy-server.js'

/** A file as an administrator has it, and the server it is for. */
interface Example {
  readonly file: string
  readonly offers: (tls: SinkOptions['tls']) => SinkOptions
  readonly env?: Readonly<Record<string, string>>
  readonly draft?: Draft
  readonly expected: { readonly verbs: string; readonly user?: string; readonly reversePath: string }
}

const SECURE = 'EHLO, STARTTLS, EHLO'
const MESSAGE = 'MAIL, RCPT, DATA, QUIT'
const extensions = ['8BITMIME']
const byPassword =
  (user: string, password: string, implicitTls = false) =>
  (tls: SinkOptions['tls']) => ({
    ...{ extensions, auth: { user, password }, implicitTls },
    ...(tls && { tls }),
  })

const EXAMPLES: Readonly<Record<string, Example>> = {
  'STARTTLS with a login': {
    file: `
# Outgoing mail of the shop
mail.transport.protocol=smtp
mail.smtp.host=smtp.example.com
mail.smtp.port=587
mail.smtp.auth=true
mail.smtp.starttls.enable=true
mail.smtp.starttls.required=true
mail.smtp.user=shop
mail.smtp.password=Geheim-shop-1
mail.from=Shop <shop@example.com>
mail.smtp.connectiontimeout=15000
mail.smtp.timeout=20000
mail.smtp.writetimeout=20000
mail.debug=false`,
    offers: byPassword('shop', 'Geheim-shop-1'),
    draft: { to: 'b@example.test', subject: 'Order', text: 'x\n' } as Draft,
    expected: { verbs: `${SECURE}, AUTH LOGIN, ${MESSAGE}`, user: 'shop', reversePath: 'shop@example.com' },
  },
  'Gmail as it was written for JavaMail 1.4, by the SSL socket factory': {
    file: `
mail.smtp.host = smtp.gmail.com
mail.smtp.socketFactory.port = 465
mail.smtp.socketFactory.class = javax.net.ssl.SSLSocketFactory
mail.smtp.socketFactory.fallback = false
mail.smtp.auth = true
mail.smtp.port = 465
username = app@example.com
password = abcd efgh ijkl \\u00e4`,
    offers: byPassword('app@example.com', 'abcd efgh ijkl ä', true),
    expected: { verbs: `EHLO, AUTH LOGIN, ${MESSAGE}`, user: 'app@example.com', reversePath: 'a@example.test' },
  },
  'Gmail by STARTTLS': {
    file: `
mail.smtp.auth=true
mail.smtp.starttls.enable=true
mail.smtp.host=smtp.gmail.com
mail.smtp.port=587
mail.smtp.ssl.protocols=TLSv1.2
mail.user=app@example.com
mail.password=abcd efgh ijkl mnop`,
    offers: byPassword('app@example.com', 'abcd efgh ijkl mnop'),
    expected: { verbs: `${SECURE}, AUTH LOGIN, ${MESSAGE}`, user: 'app@example.com', reversePath: 'a@example.test' },
  },
  'Office 365 with an access token': {
    file: `
mail.smtp.host=smtp.office365.com
mail.smtp.port=587
mail.smtp.auth=true
mail.smtp.starttls.required=true
mail.smtp.auth.mechanisms=XOAUTH2
mail.smtp.user=app@example.com
mail.smtp.password=Geheim.token-1`,
    offers: byPassword('app@example.com', 'Geheim.token-1'),
    expected: { verbs: `${SECURE}, AUTH XOAUTH2, ${MESSAGE}`, user: 'app@example.com', reversePath: 'a@example.test' },
  },
  'Office 365 direct send': {
    file: `
mail.smtp.host=example-com.mail.protection.outlook.com
mail.smtp.port=25
mail.smtp.starttls.enable=true
mail.smtp.from=reports@example.com`,
    offers: (tls) => ({ extensions, ...(tls && { tls }) }),
    expected: { verbs: `${SECURE}, ${MESSAGE}`, reversePath: 'reports@example.com' },
  },
  'smtps with its own properties': {
    file: `
mail.transport.protocol = smtps
mail.smtps.host = mail.example.com
mail.smtps.auth = true
mail.smtps.user = app
mail.smtps.password = Geheim-smtps-1
mail.smtps.ssl.protocols = SSLv3 TLSv1.2 TLSv1.3
mail.smtps.quitwait = false
mail.smtp.timeout = 1`,
    offers: byPassword('app', 'Geheim-smtps-1', true),
    expected: { verbs: `EHLO, AUTH LOGIN, ${MESSAGE}`, user: 'app', reversePath: 'a@example.test' },
  },
  'the relay of a building': {
    file: `
! Nobody logs in
mail.host=relay.example.net
mail.smtp.localhost=app01.example.net
mail.smtp.from=bounces@example.net
mail.from=app@example.net
mail.smtp.sendpartial=true
mail.smtp.ehlo=true
mail.mime.charset=UTF-8
mail.store.protocol=imap`,
    offers: () => ({ extensions }),
    expected: { verbs: `EHLO, ${MESSAGE}`, reversePath: 'bounces@example.net' },
  },
  'Spring Boot with a password in a variable': {
    file: `
spring.mail.host=smtp.example.com
spring.mail.port=587
spring.mail.username=shop
spring.mail.password=\${MAIL_PASSWORD}
spring.mail.properties.mail.smtp.auth=true
spring.mail.properties.mail.smtp.starttls.enable=true
spring.mail.properties.mail.smtp.starttls.required=true
spring.mail.properties[mail.smtp.timeout]=5000`,
    offers: byPassword('shop', 'Geheim-shop-1'),
    env: { MAIL_PASSWORD: 'Geheim-shop-1' },
    expected: { verbs: `${SECURE}, AUTH LOGIN, ${MESSAGE}`, user: 'shop', reversePath: 'a@example.test' },
  },
}

describe('a file as it is', () => {
  /** Overridden: names lead to this machine, the port is that of the server, and its certificate is for relay.example.test and of a test authority. */
  it.each(Object.entries(EXAMPLES))(
    '%s: a message goes out',
    async (_name, { file, offers, env = {}, draft, expected }) => {
      const certs = await certificates()
      await using sink = await SinkServer.start({ keepContent: true, ...offers(certs) })
      const { profile } = imported(...file.trim().split('\n'))
      const terms = { ...termsFor({ tls: { ca: certs.ca, servername: 'relay.example.test' } }), env }
      const mailer = new Mailer({ ...profile, relay: { ...profile.relay, port: sink.port } }, terms)
      const { deliveries } = await mailer.send(draft ?? LETTER)
      await mailer.close()
      await sink.idle()
      expect(deliveries).toMatchObject([{ recipient: 'b@example.test', outcome: 'delivered' }])
      expect(verbs(sink.sessions[0]!.commands)).toBe(expected.verbs)
      expect(sink.sessions[0]!.authenticated).toBe(expected.user)
      expect(sink.ledger[0]!.reversePath).toBe(expected.reversePath)
    },
  )

  it('every group of properties at once goes out through the proxy, with each of them on the wire', async () => {
    await using server = await LineServer.start({
      extensions: ['AUTH PLAIN CRAM-MD5', '8BITMIME', 'DSN', 'DELIVERBY', 'MT-PRIORITY', 'SMTPUTF8'],
    })
    await using proxy = await ProxyServer.http(server.port, { user: 'proxyuser', password: 'Geheim-proxy-1' })
    const { profile } = imported(
      ...['mail.smtp.host=mx.example.org', 'mail.smtp.port=2525', ...LOGIN],
      ...[
        'mail.smtp.auth=false',
        'mail.smtp.auth.mechanisms=DIGEST-MD5 PLAIN',
        'mail.smtp.sasl.authorizationid=shared',
      ],
      ...['mail.smtp.connectiontimeout=15000', 'mail.smtp.timeout=15000', 'mail.smtp.writetimeout=0'],
      ...['mail.smtp.from=bounces@example.org', 'mail.smtp.localhost=app.example.org'],
      ...['mail.smtp.submitter=somebody@example.org', 'mail.smtp.dsn.notify=SUCCESS,FAILURE', 'mail.smtp.dsn.ret=HDRS'],
      ...['mail.smtp.allow8bitmime=true', 'mail.smtp.mailextension=BY=120;R MT-PRIORITY=3', 'mail.mime.allowutf8=true'],
      ...[`mail.smtp.proxy.host=127.0.0.1:${proxy.port}`, 'mail.smtp.proxy.user=proxyuser'],
      ...['mail.smtp.proxy.password=Geheim-proxy-1', 'mail.smtp.socks.host=socks.example.org'],
      ...['mail.smtp.starttls.enable=true', 'mail.smtp.userset=true', 'mail.smtp.noop.strict=false'],
    )
    const { receipt } = await sendBy(profile, { draft: { ...LETTER, text: 'Grüße\n' } })
    expect(receipt?.deliveries[0]?.outcome).toBe('delivered')
    expect(proxy.targets.at(-1)).toBe('mx.example.org:2525')
    expect(verbs(server.lines)).toBe('EHLO, AUTH PLAIN, MAIL, RCPT, DATA, QUIT')
    expect(server.lines[0]).toBe('EHLO app.example.org')
    expect(line(server.lines, 'MAIL')).toBe(
      'MAIL FROM:<bounces@example.org> BODY=8BITMIME SMTPUTF8 RET=HDRS AUTH=somebody@example.org BY=120;R MT-PRIORITY=3',
    )
    expect(line(server.lines, 'RCPT')).toContain(' NOTIFY=SUCCESS,FAILURE')
  })

  it.each([
    ['mail.smtp.sasl.realm=shop'],
    ['mail.smtp.sasl.authorizationid=shared'],
    ['mail.smtp.sasl.usecanonicalhostname=true'],
    ['mail.smtp.auth.mechanisms=PLAIN LOGIN'],
    ['mail.smtp.auth.ntlm.v2=true'],
    ['mail.smtp.auth.login.disable=true'],
  ])('%s without anybody to log in: mail goes out without a login', async (property) => {
    await using sink = await SinkServer.start()
    const profile: Profile = imported('mail.smtp.host=a.example', `mail.smtp.port=${sink.port}`, property).profile
    expect((await sendBy(profile)).receipt?.deliveries[0]?.outcome).toBe('delivered')
  })
})
