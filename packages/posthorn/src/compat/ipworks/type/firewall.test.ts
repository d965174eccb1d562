import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Firewall, FirewallType } from './firewall.js'

describe('Firewall', () => {
  it('is empty at first [ipworks.type.Firewall.ctor.1]', () => {
    const { autoDetect, firewallType, host, password, port, user } = new Firewall()
    expect({ autoDetect, firewallType, host, password, port, user }).toEqual({
      ...{ autoDetect: false, firewallType: 0, host: '', password: '', port: 0, user: '' },
    })
  })

  it.each([
    [FirewallType.fwNone, 0],
    [FirewallType.fwTunnel, 80],
    [FirewallType.fwSOCKS4, 1080],
    [FirewallType.fwSOCKS5, 1080],
    [FirewallType.fwSOCKS4A, 1080],
  ])(
    'of the type %i has the port %i, until another is set, until the type is [ipworks.type.Firewall.Port]',
    (type, port) => {
      const firewall = new Firewall()
      firewall.port = 3128
      firewall.firewallType = type
      expect(firewall.port).toBe(port)
      firewall.port = 4321
      expect(firewall.port).toBe(4321)
      firewall.setFirewallType(type)
      expect(firewall.getPort()).toBe(port)
    },
  )

  it('has the methods and constants of Java', () => {
    const firewall = new Firewall()
    firewall.setAutoDetect(true)
    firewall.setFirewallType(Firewall.fwSOCKS5)
    firewall.setHost('proxy.test')
    firewall.setPassword('hunter2')
    firewall.setPort(9050)
    firewall.setUser('ann')
    expect([firewall.isAutoDetect(), firewall.getAutoDetect(), firewall.getFirewallType()]).toEqual([true, true, 3])
    expect([firewall.getHost(), firewall.getPassword(), firewall.getPort(), firewall.getUser()]).toEqual([
      ...(['proxy.test', 'hunter2', 9050, 'ann'] as const),
    ])
    expect('isHost' in firewall).toBe(false)
  })

  it('takes the name of a type, and nothing that cannot be', () => {
    const firewall = new Firewall()
    Object.assign(firewall, { firewallType: 'fwTunnel' })
    expect(firewall.firewallType).toBe(1)
    for (const wrong of [
      { firewallType: 4 },
      { port: 65_536 },
      { port: '80x' },
      { host: 1 },
      { user: null },
      { autoDetect: 'x' },
    ]) {
      expect(() => Object.assign(firewall, wrong)).toThrow(expect.objectContaining({ code: 10022 }))
    }
    expect(() => Object.assign(firewall, { password: 123456 })).toThrow(
      /^\[10022\] Invalid argument: Password must be a string, not number$/,
    )
    expect([firewall.firewallType, firewall.port]).toEqual([1, 80])
  })

  it('does not show the password', () => {
    const firewall = new Firewall()
    firewall.password = 'hunter2'
    expect(inspect(firewall, { depth: 9, showHidden: true, getters: false })).not.toContain('hunter2')
    expect(JSON.stringify({ firewall })).not.toContain('hunter2')
  })
})
