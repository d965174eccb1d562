import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { canonicalHost } from './canonical-host.js'
import { settleOptions } from './settled-options.js'
import type { Reverse, SmtpOptions } from './options.js'
import type { Wire } from './wire.js'

const { signal } = new AbortController()

/** What a session to this address would be called. */
function named(reverse: Reverse, remoteAddress: string | undefined, more: Partial<SmtpOptions> = {}) {
  const options = settleOptions({ host: 'relay.example.test', port: 2525, reverse, ...more })
  const socket = Object.defineProperty(new Socket(), 'remoteAddress', { value: remoteAddress })
  return canonicalHost({ options, wire: { socket } as Partial<Wire> as Wire }, signal)
}

describe('canonicalHost', () => {
  it('is the name of the address that is connected to', async () => {
    const asked: unknown[] = []
    const reverse: Reverse = async (...question) => (asked.push(question), 'mx1.example.test.')
    expect(await named(reverse, '192.0.2.7')).toBe('mx1.example.test')
    expect(asked).toEqual([['192.0.2.7', { port: 2525, signal }]])
  })

  it.each(['', 'mx1 example', 'mx1"example', 'a/b', 'a'.repeat(256)])('%j is no name of a host', async (name) => {
    expect(await named(async () => name, '192.0.2.7')).toBeUndefined()
  })

  it('is none where the address has none, and none is asked for behind a proxy or a connector', async () => {
    const failing: Reverse = () => Promise.reject(new Error('ENOTFOUND'))
    expect(await named(failing, '192.0.2.7')).toBeUndefined()
    expect(await named(async () => undefined, '192.0.2.7')).toBeUndefined()
    const name: Reverse = async () => 'proxy.example.test'
    expect(await named(name, undefined)).toBeUndefined()
    expect(await named(name, '192.0.2.7', { proxy: 'socks5://proxy.example.test' })).toBeUndefined()
    expect(await named(name, '192.0.2.7', { connector: async () => new Socket() })).toBeUndefined()
  })
})
