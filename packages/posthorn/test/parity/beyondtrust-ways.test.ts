import { createSocket } from 'node:dgram'
import { readFile, writeFile } from 'node:fs/promises'
import { certificates, SinkServer } from '@posthorn/testkit'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Mailer, openLog, type Profile, type TrailEvent } from '../../src/index.js'
import { Folder } from '../oauth2/folder.js'
import { fromDialog, refusedField, type Fields } from './beyondtrust-dialog.js'
import { sent, TO_BEN } from './product-send.js'
import { RecordingProxy, type ProxyKind } from './recording-proxy.js'

afterEach(() => vi.unstubAllEnvs())

const SERVER = '192.0.2.25'
/** Only the proxy has an address on this machine. */
const resolve = async (host: string) => [
  { address: host === 'proxy.example.com' ? '127.0.0.1' : SERVER, family: 4 as const },
]
const FIREWALL_PASSWORD = 'Fire-7wall'

/** One letter through a proxy of this kind; what it was told before the mail server was reached. */
async function through(kind: ProxyKind, fields: Fields, asksForLogin = false) {
  await using sink = await SinkServer.start()
  await using proxy = await RecordingProxy.start(kind, sink, asksForLogin)
  const { profile, report } = fromDialog({
    ...{ ChannelEncryption: 'NONE', FirewallHost: 'proxy.example.com', FirewallPort: proxy.port },
    ...fields,
  })
  const trail: TrailEvent[] = []
  await using mailer = new Mailer(profile, { smtp: { resolve } })
  mailer.on('trail', (event) => trail.push(event))
  await mailer.send(TO_BEN)
  return { heard: proxy.heard, taken: sink.ledger.length, profile, shown: JSON.stringify([trail, report]) }
}

describe('the firewall', () => {
  it('Tunnel is CONNECT with the name of the server [beyondtrust.firewall.type.Tunnel]', async () => {
    const { heard, taken } = await through('http', { FirewallType: 'Tunnel' })
    expect(heard).toEqual([
      expect.stringMatching(/^CONNECT smtp\.example\.com:25 HTTP\/1\.1\r\nHost: smtp\.example\.com:25\r\n/),
    ])
    expect(taken).toBe(1)
  })

  it('SOCK S4 is TCP to the address of the server, with a user and no password [beyondtrust.firewall.type.SOCKS4]', async () => {
    const login = { FirewallUserName: 'fw', FirewallPassword: FIREWALL_PASSWORD }
    const { heard, taken } = await through('socks4', { FirewallType: 'SOCK S4', ...login })
    // version, CONNECT, port 25, 192.0.2.25, user, NUL (SOCKS 4)
    expect(heard).toEqual(['\x04\x01\0\x19\xc0\0\x02\x19fw\0'])
    expect(taken).toBe(1)
  })

  it('SOCK S5 gives the proxy the name of the server [beyondtrust.firewall.type.SOCKS5]', async () => {
    const { heard, taken } = await through('socks5', { FirewallType: 'SOCK S5' })
    // version, one method, none (RFC 1928 3); version, CONNECT, name of 16 octets, port 25 (RFC 1928 4)
    expect(heard).toEqual(['\x05\x01\0', '\x05\x01\0\x03\x10smtp.example.com\0\x19'])
    expect(taken).toBe(1)
  })

  it('None is direct, whatever is filled in; so each of the four is what it says [beyondtrust.firewall.type.None] [beyondtrust.firewall.FirewallType]', async () => {
    await using nobody = await SinkServer.start()
    await using proxy = await RecordingProxy.start('http', nobody)
    for (const FirewallType of ['None', undefined]) {
      const fields = { FirewallType, FirewallHost: '127.0.0.1', FirewallPort: proxy.port, ChannelEncryption: 'NONE' }
      const direct = await sent(fromDialog(fields).profile)
      expect([direct.error, direct.targets]).toEqual([undefined, ['smtp.example.com:25']])
    }
    expect(proxy.heard).toEqual([])
    const first = async (kind: ProxyKind, FirewallType: string) => (await through(kind, { FirewallType })).heard[0]![0]
    expect([await first('http', 'Tunnel'), await first('socks4', 'SOCK S4'), await first('socks5', 'SOCK S5')]).toEqual(
      [...['C', '\x04', '\x05']],
    )
  })

  it('is asked by name and at its port: 80 or 1080 unless another is said [beyondtrust.firewall.Host] [beyondtrust.firewall.Port]', async () => {
    const { profile, taken } = await through('http', { FirewallType: 'Tunnel' })
    expect([profile.proxy?.host, taken]).toEqual(['proxy.example.com', 1])
    const preset = (FirewallType: string, FirewallPort?: number) =>
      fromDialog({ FirewallType, FirewallPort, FirewallHost: 'proxy.example.com' }).profile.proxy?.port
    expect([preset('Tunnel'), preset('SOCK S4'), preset('SOCK S5'), preset('SOCK S5', 9050)]).toEqual([
      80, 1080, 1080, 9050,
    ])
    expect(refusedField({ FirewallType: 'Tunnel' })).toBe('import.missing Firewall.Host')
  })

  it('gets user and password when it asks for them, and nobody else sees them [beyondtrust.firewall.UserName] [beyondtrust.firewall.Password]', async () => {
    const login = { FirewallUserName: 'fw', FirewallPassword: FIREWALL_PASSWORD }
    const socks = await through('socks5', { FirewallType: 'SOCK S5', ...login }, true)
    expect(socks.heard[1]).toBe(`\x01\x02fw\x0a${FIREWALL_PASSWORD}`)
    const http = await through('http', { FirewallType: 'Tunnel', ...login }, true)
    const basic = Buffer.from(`fw:${FIREWALL_PASSWORD}`).toString('base64')
    expect(http.heard[0]).not.toContain(basic)
    expect(http.heard[1]).toContain(`Basic ${basic}\r\n`)
    for (const { shown, taken } of [socks, http]) {
      expect(taken).toBe(1)
      for (const form of [FIREWALL_PASSWORD, basic, Buffer.from(FIREWALL_PASSWORD).toString('base64')])
        expect(shown).not.toContain(form)
    }
  })

  it('found by itself is that of the environment; the fields count no more [beyondtrust.firewall.AutoDetect]', async () => {
    const names = ['SOCKS_PROXY', 'ALL_PROXY', 'HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY', 'REQUEST_METHOD']
    for (const name of names.flatMap((each) => [each, each.toLowerCase()])) vi.stubEnv(name, undefined)
    await using sink = await SinkServer.start()
    await using proxy = await RecordingProxy.start('http', sink)
    vi.stubEnv('HTTPS_PROXY', `http://127.0.0.1:${proxy.port}`)
    const fields = { AutoDetect: 'Yes', FirewallType: 'SOCK S5', FirewallHost: 'gone.example.com' }
    const { profile } = fromDialog({ ...fields, ChannelEncryption: 'NONE' })
    await using mailer = new Mailer(profile)
    await mailer.send(TO_BEN)
    expect(proxy.heard).toEqual([expect.stringMatching(/^CONNECT smtp\.example\.com:25 /)])
    expect(sink.ledger).toHaveLength(1)
  })
})

describe('the log', () => {
  const PASSWORD = 'Wonder-7land'
  const LOGIN = { UseCredentials: 'Yes', UserName: 'pi', Password: PASSWORD }

  /** A letter over TLS with a login, or one that is refused. */
  async function logged(profile: Profile, password = PASSWORD) {
    const { ca, good } = await certificates()
    const terms = { smtp: { tls: { ca, servername: 'relay.example.test' } } }
    return sent(profile, { tls: good, auth: { user: 'pi', password }, terms })
  }
  const eventsIn = (lines: readonly string[]) => lines.map((line) => /^\S+Z \w+ +([\w-]+): /.exec(line)?.[1])

  it('of the system gets connect, TLS, login and what became of the message [beyondtrust.logging.EventLog]', async () => {
    const collector = createSocket('udp4')
    const got: string[] = []
    let wake = () => {}
    collector.on('message', (octets) => {
      got.push(octets.toString())
      wake()
    })
    await new Promise<void>((done) => collector.bind(0, '127.0.0.1', done))
    const { profile } = fromDialog({ ...LOGIN, EventLog: 'Yes' })
    expect(profile.logging?.destinations).toEqual(['syslog'])
    // overridden: the collector is not at port 514
    const syslog = { address: `udp://127.0.0.1:${collector.address().port}` }
    const withCollector: Profile = { ...profile, logging: { ...profile.logging, syslog } }
    await logged(withCollector)
    await logged(withCollector, 'another')
    const events = () => got.map((message) => message.split(' ')[5])
    while (!events().includes('failed')) await new Promise<void>((done) => (wake = done))
    collector.close()
    expect(events().filter((name) => name !== 'warning')).toEqual([
      ...['connect', 'tls', 'login', 'accepted'],
      ...['connect', 'tls', 'login-refused', 'login-refused', 'failed'], // PLAIN, then LOGIN
    ])
    expect(got.join('\n')).not.toContain(PASSWORD)
    expect(fromDialog({ ...LOGIN, EventLog: 'No' }).profile.logging).toBeUndefined()
  })

  it('in a file has the same and the dialogue, with the password masked [beyondtrust.logging.FileLogging]', async () => {
    await using folder = await Folder.make()
    const path = folder.file('smtp.txt')
    const { profile } = fromDialog({ ...LOGIN, FileLogging: 'Yes', LogFileName: path })
    await logged(profile)
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n')
    expect(eventsIn(lines).filter((name) => name !== 'command' && name !== 'reply')).toEqual(
      expect.arrayContaining(['connect', 'tls', 'login', 'accepted']),
    )
    const text = lines.join('\n')
    expect(text).toMatch(/> AUTH PLAIN \*\*\*/)
    expect(text).toMatch(/> MAIL FROM:<pi@example\.com>/)
    for (const form of [
      PASSWORD,
      ...[PASSWORD, `\0pi\0${PASSWORD}`].map((each) => Buffer.from(each).toString('base64')),
    ])
      expect(text).not.toContain(form)
  })

  it('needs a file that can be written, and goes on in one that is there [beyondtrust.logging.LogFileName]', async () => {
    await using folder = await Folder.make()
    const path = folder.file('smtp.txt')
    await writeFile(path, 'what was there before\n')
    await logged(fromDialog({ ...LOGIN, FileLogging: 'Yes', LogFileName: path }).profile)
    expect(await readFile(path, 'utf8')).toMatch(/^what was there before\n\d{4}-/)
    for (const LogFileName of [folder.file('no-folder/smtp.txt'), `${path}/smtp.txt`, folder.path]) {
      const { profile } = fromDialog({ ...LOGIN, FileLogging: 'Yes', LogFileName })
      await expect(openLog(profile.logging)).rejects.toMatchObject({ code: 'logging.file', field: 'logging.file.path' })
      const { error, session } = await logged(profile)
      expect([error?.code, session]).toEqual(['logging.file', undefined])
    }
    expect(refusedField({ FileLogging: 'Yes' })).toBe('import.missing LogFileName')
  })
})
