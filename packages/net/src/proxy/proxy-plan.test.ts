import { expect, test } from 'vitest'
import type { ProxyOptions } from '../options.js'
import { planProxy } from './proxy-plan.js'

test.each<[ProxyOptions['type'], number]>([
  ['http', 80],
  ['https', 443],
  ['socks4', 1080],
  ['socks4a', 1080],
  ['socks5', 1080],
])(
  '[part of ipworks.config.FirewallPort] [part of ipworks.type.Firewall.Port] [part of illiad.config.FirewallPort] [part of illiad.behaviour.proxy-port-by-type] [part of beyondtrust.firewall.Port] [part of javamail.mail.smtp.proxy.port] [part of javamail.mail.smtp.socks.port] the port of %s is %i unless it is set',
  async (type, port) => {
    expect(await planProxy({ type, host: 'p.example' })).toMatchObject({ target: { host: 'p.example', port } })
    expect(await planProxy({ type, host: 'p.example', port: 0 })).toMatchObject({ target: { port } })
    const own = await planProxy({ type, host: '[::1]', port: 3128, user: 'ada', password: 'pa55' })
    expect(own).toMatchObject({ target: { host: '::1', port: 3128 }, name: `${type}://[::1]:3128` })
    expect(JSON.stringify(own)).not.toContain('pa55')
  },
)

test('[part of ipworks.config.FirewallType] [part of beyondtrust.firewall.FirewallType] [part of illiad.config.FirewallType] who resolves the name of the server, by type', async () => {
  const resolves = async (type: ProxyOptions['type']) => (await planProxy({ type, host: 'p.example' })).resolve
  expect(await Promise.all((['http', 'socks4', 'socks4a', 'socks5'] as const).map(resolves))).toEqual([
    'remote',
    'local',
    'remote',
    'remote',
  ])
})

test.each<[string, Record<string, unknown>, string]>([
  ['an unknown type', { type: 'ftp' }, 'proxy.type'],
  ['[part of beyondtrust.firewall.Host] no host', { host: '' }, 'proxy.host'],
  ['a host that is none', { host: 'http://p.example' }, 'proxy.host'],
  ['a port that is none', { port: 70_000 }, 'proxy.port'],
  ['a login without user', { authentication: 'digest' }, 'proxy.user'],
  ['a login the type does not know', { authentication: 'password', user: 'a' }, 'proxy.authentication'],
])('%s is refused', async (_, more, field) => {
  const options = { type: 'http', host: 'p.example', ...more } as ProxyOptions
  await expect(planProxy(options)).rejects.toMatchObject({ field, outcome: 'permanent' })
})
