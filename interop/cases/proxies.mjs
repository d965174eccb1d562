// The way through real proxies: squid (HTTP CONNECT), Dante (SOCKS 4 and 5) and OpenSSH (SOCKS 4a).
import { equal, match, ok } from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { arrives, fails } from '../sending.mjs'

const HTTP = '[part of beyondtrust.firewall.type.Tunnel] [part of javamail.mail.smtp.proxy.host]'
const SOCKS4 = '[part of beyondtrust.firewall.type.SOCKS4] [part of illiad.config.FirewallType]'
const SOCKS5 = '[part of beyondtrust.firewall.type.SOCKS5] [part of javamail.mail.smtp.socks.host]'
const LOGIN = '[part of beyondtrust.firewall.UserName] [part of beyondtrust.firewall.Password]'
const TYPES = '[part of ipworks.type.Firewall.FirewallType]'

/** `server` and `door`: where; `ledger`: what its log must have on the connection, `at` being host and port of the mail server. */
const SQUID = { server: 'squid', type: 'http', login: 'auto', ledger: (at) => `200 CONNECT ${at} alice` }
const DANTE = { server: 'dante', door: 'open', type: 'socks5', ledger: () => 'pass(1): tcp/connect [' }
const SSH = { server: 'ssh-socks', ledger: (at) => `target ${at.replace(':', ' port ')}` }
const WAYS = [
  {
    ...SQUID,
    title: `squid, nobody asked ${HTTP}`,
    door: 'open',
    login: undefined,
    ledger: (at) => `200 CONNECT ${at} -`,
  },
  { ...SQUID, title: `squid, Basic ${LOGIN}`, door: 'basic' },
  { ...SQUID, title: 'squid, Basic by name', door: 'basic', login: 'basic' },
  { ...SQUID, title: 'squid, Digest', door: 'digest' },
  { ...SQUID, title: 'squid, NTLM', door: 'ntlm' },
  { ...SQUID, title: 'squid, several to choose from', door: 'several' },
  { ...SQUID, title: 'squid, TLS to the proxy, Basic', door: 'tls', type: 'https' },
  { ...DANTE, title: `Dante, SOCKS 4 ${SOCKS4}`, type: 'socks4' },
  { ...DANTE, title: `Dante, SOCKS 5 ${SOCKS5}` },
  { ...DANTE, title: 'Dante, SOCKS 5 with a login', door: 'password', login: 'auto', ledger: () => 'username%alice' },
  { ...SSH, title: `OpenSSH, SOCKS 4a ${TYPES}`, type: 'socks4a' },
  { ...SSH, title: 'OpenSSH, SOCKS 5', type: 'socks5' },
]

/** How the session is protected behind the proxy. */
const SECURITIES = { starttls: 'submission', implicit: 'smtps' }

async function proxyOf(lab, { server, door, type, login }, more = {}) {
  const { ports, port, log, logs } = await lab.server(server)
  const proxy = {
    ...{ type, host: 'localhost', port: port ?? ports[door] },
    ...(login ? { ...lab.credentials, authentication: login } : {}),
    ...(type === 'https' ? { tls: { ca: lab.servers.ca } } : {}),
    ...more,
  }
  return { proxy, log: logs?.[door] ?? log }
}

const arrivals = WAYS.flatMap(({ title, ledger, ...way }) =>
  Object.entries(SECURITIES).map(([security, target]) => ({
    title: `${title}, ${security} behind it: a mail arrives`,
    async run(lab) {
      const port = lab.servers.ports[target]
      const { proxy, log } = await proxyOf(lab, way)
      const before = (await readFile(log, 'utf8')).length
      const options = { host: 'localhost', security, credentials: lab.credentials, proxy }
      const { trail } = await arrives(lab, port, options, [lab.credentials.password])
      // the name goes to the proxy as it is: who resolves it there is the proxy's business
      const said = await added(log, before)
      ok(said.includes(ledger(`localhost:${port}`)), said)
      ok(
        trail.events.some(({ type }) => type === 'proxy'),
        'the trail tells of the proxy',
      )
    },
  })),
)

/** What must not come about; `code` tells the proxy's failure from the server's. */
const REFUSALS = [
  {
    title: 'squid, wrong password for Basic',
    server: 'squid',
    door: 'basic',
    type: 'http',
    wrong: true,
    code: 'proxy.authentication-refused',
  },
  {
    title: 'squid, wrong password for Digest',
    server: 'squid',
    door: 'digest',
    type: 'http',
    wrong: true,
    code: 'proxy.authentication-refused',
  },
  {
    title: 'squid, wrong password for NTLM',
    server: 'squid',
    door: 'ntlm',
    type: 'http',
    wrong: true,
    code: 'proxy.authentication-refused',
  },
  { title: 'squid, no password', server: 'squid', door: 'basic', type: 'http', code: 'proxy.authentication-required' },
  {
    title: 'squid, Basic is all it offers and Digest is all that may be',
    server: 'squid',
    door: 'basic',
    type: 'http',
    login: 'digest',
    code: 'proxy.authentication-required',
  },
  { title: 'squid, 403', server: 'squid', door: 'refusing', type: 'http', code: 'proxy.refused' },
  {
    title: 'Dante, wrong password',
    server: 'dante',
    door: 'password',
    type: 'socks5',
    wrong: true,
    code: 'proxy.authentication-refused',
  },
  {
    title: 'Dante, no password',
    server: 'dante',
    door: 'password',
    type: 'socks5',
    code: 'proxy.authentication-required',
  },
  { title: 'Dante, HTTP spoken to it', server: 'dante', door: 'open', type: 'http', code: 'proxy.protocol' },
  // it waits for the rest of what it takes for the beginning of a request
  {
    title: 'squid, SOCKS 5 spoken to it',
    server: 'squid',
    door: 'open',
    type: 'socks5',
    connectMs: 1000,
    code: 'proxy.timeout',
  },
]

const refusals = REFUSALS.map(({ title, code, wrong, connectMs = 30_000, ...way }) => ({
  title: `${title}: ${code}`,
  async run(lab) {
    const more = wrong ? { user: 'alice', password: 'not-this-one' } : {}
    const { proxy } = await proxyOf(lab, way, more)
    const common = { host: 'localhost', security: 'starttls', timeouts: { connectMs } }
    const options = { ...common, credentials: lab.credentials, proxy }
    const { error, trail } = await fails(lab, lab.servers.ports.submission, options, code, ['not-this-one'])
    equal(error.phase, 'proxy')
    equal(trail.commands().length, 0)
  },
}))

/** By proxy: how it is told that nobody listens where it should connect to, as far as the proxy says it. */
const CLOSED = [
  { server: 'squid', door: 'open', type: 'http', codes: /^proxy\.target-(?:refused|unreachable)$/ },
  { server: 'dante', door: 'open', type: 'socks4', codes: /^proxy\.(?:refused|target-unreachable)$/ },
  { server: 'dante', door: 'open', type: 'socks5', codes: /^proxy\.target-refused$/ },
  // which closes the connection and says nothing
  { server: 'ssh-socks', type: 'socks4a', codes: /^proxy\./ },
]

const closed = CLOSED.map(({ codes, ...way }) => ({
  title: `${way.server}, ${way.type}, and nobody listens behind it: the proxy is fine, the server is not`,
  async run(lab) {
    const { proxy } = await proxyOf(lab, way)
    const client = lab.clientOf(1, { host: '127.0.0.1', security: 'none', proxy })
    const error = await client.verify().then(
      () => undefined,
      (reason) => reason,
    )
    match(error.code, codes)
    equal(error.phase, 'proxy')
  },
}))

const others = [
  {
    title: `squid, the name resolved here: the proxy sees an address [part of ipworks.config.FirewallHost]`,
    async run(lab) {
      const port = lab.servers.ports.smtps
      const { proxy, log } = await proxyOf(lab, { server: 'squid', door: 'open', type: 'http' }, { resolve: 'local' })
      const before = (await readFile(log, 'utf8')).length
      const options = { host: 'localhost', family: 4, security: 'implicit', credentials: lab.credentials, proxy }
      await arrives(lab, port, options, [lab.credentials.password])
      match(await added(log, before), new RegExp(`CONNECT 127\\.0\\.0\\.1:${port} `))
    },
  },
  {
    title: 'squid, a host on the list of exceptions is reached directly [part of ipworks.config.ProxyExceptionsList]',
    async run(lab) {
      const way = { server: 'squid', door: 'refusing', type: 'http' }
      const { proxy, log } = await proxyOf(lab, way, { bypass: ['*.example', 'localhost'] })
      const before = (await readFile(log, 'utf8')).length
      const options = { host: 'localhost', security: 'implicit', credentials: lab.credentials, proxy }
      await arrives(lab, lab.servers.ports.smtps, options, [lab.credentials.password])
      equal((await readFile(log, 'utf8')).length, before)
    },
  },
  {
    title:
      'squid, TLS to the proxy with a certificate of an unknown authority: proxy.tls, and the login to the proxy is not sent',
    async run(lab) {
      const way = { server: 'squid', door: 'tls', type: 'https', login: 'basic' }
      const { proxy, log } = await proxyOf(lab, way, { tls: { ca: lab.servers.strangerCa } })
      const before = (await readFile(log, 'utf8')).length
      const options = { host: 'localhost', security: 'implicit', credentials: lab.credentials, proxy }
      await fails(lab, lab.servers.ports.smtps, options, 'proxy.tls', [lab.credentials.password])
      ok(!(await added(log, before)).includes('alice'))
    },
  },
]

export const cases = [...arrivals, ...refusals, ...closed, ...others]

async function added(log, before) {
  return (await readFile(log, 'utf8')).slice(before)
}
