import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { discover } from './discover.js'
import type { DiscoverResolver } from './discovery.js'

interface Recording {
  readonly address: string
  readonly origin: string
  readonly mx?: readonly string[]
  readonly srv?: Readonly<Record<string, readonly string[]>>
  readonly http?: Readonly<Record<string, string>>
  readonly expect: {
    readonly host: string
    readonly port: number
    readonly security: string
    readonly source: string
    readonly user?: string
    readonly provider?: string
    readonly password?: string
    readonly oauth2?: string
    /** Host and port of the last candidate. */
    readonly last?: string
  }
}

const FILE = new URL('./recordings/answers.json', import.meta.url)
const { recordings } = JSON.parse(readFileSync(FILE, 'utf8')) as { readonly recordings: readonly Recording[] }

const absent = () => Object.assign(new Error('queryX ENOTFOUND'), { code: 'ENOTFOUND' })

function resolverOf({ address, mx = [], srv = {} }: Recording): DiscoverResolver {
  const domain = address.slice(address.indexOf('@') + 1)
  return {
    mx: (name) => {
      if (name !== domain || mx.length === 0) return Promise.reject(absent())
      return Promise.resolve(
        mx
          .map((line) => line.split(' '))
          .map(([priority, exchange]) => ({ priority: Number(priority), exchange: exchange! })),
      )
    },
    srv: (name) => {
      const lines = srv[name]
      if (!lines) return Promise.reject(absent())
      const fields = lines.map((line) => line.split(' '))
      return Promise.resolve(
        fields.map(([priority, weight, port, target]) => ({
          priority: Number(priority),
          weight: Number(weight),
          port: Number(port),
          name: target!,
        })),
      )
    },
    address: () => Promise.reject(absent()),
  }
}

const webOf =
  ({ http = {} }: Recording): typeof fetch =>
  (input) => {
    const body = http[new Request(input).url]
    return Promise.resolve(body === undefined ? new Response('not found', { status: 404 }) : new Response(body))
  }

describe('answers on file', () => {
  it('are those of 30 addresses of known providers and more, each with its origin', () => {
    const known = new Set(
      recordings.filter(({ expect: { provider } }) => provider !== undefined).map(({ address }) => address),
    )
    expect(known.size).toBeGreaterThanOrEqual(30)
    for (const { origin } of recordings) expect(origin).toMatch(/written from|RFC/)
  })

  it.each(recordings.map((recording) => [recording.address, recording] as const))('%s', async (address, recording) => {
    const options = { resolver: resolverOf(recording), fetch: webOf(recording) }
    const found = await discover(address, options)
    const [best] = found.candidates
    const { host, port, security, source, user, provider, password, oauth2, last } = recording.expect
    expect(best).toMatchObject({ source, settings: { host, port, security } })
    expect(best!.settings.user).toBe(user)
    expect(best!.confirm).toBeUndefined()
    expect(found.provider?.id).toBe(provider)
    expect(best!.settings.password).toBe(password)
    if (oauth2 !== undefined) expect(best!.settings.oauth2?.need).toBe(oauth2)
    if (last !== undefined) {
      const { settings, delivers } = found.candidates.at(-1)!
      expect([`${settings.host}:${settings.port}`, settings.login, delivers]).toEqual([last, 'none', 'own-domain'])
    }
    const again = await discover(address, options)
    expect(again.candidates).toEqual(found.candidates)
  })
})
