import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { SettingsError } from '@posthorn/ground'
import { context, text } from '../test/context.js'
import { beginGssapi, type GssName } from './gssapi.js'
import { kerberosFailure, loadKerberos, type Kerberos, type KerberosClient } from './kerberos.js'
import type { Exchange } from './mechanism.js'

const base64 = (said: string | Uint8Array) => Buffer.from(said).toString('base64')

/** The package in the hands of a test: wrapping puts "wrapped:" in front, as the library would sign. */
class FakeKerberos implements Kerberos {
  readonly calls: unknown[] = []
  rounds = 1
  fails: Error | undefined

  async initializeClient(service: string, options: object): Promise<KerberosClient> {
    this.calls.push([service, options])
    if (this.fails) throw this.fails
    let left = this.rounds
    return {
      get contextComplete() {
        return left < 0
      },
      step: async (challenge) => {
        this.calls.push(['step', Buffer.from(challenge, 'base64').toString()])
        left--
        return left < 0 ? null : base64(`token ${this.rounds - left}`)
      },
      unwrap: async (message) => base64(Buffer.from(message, 'base64').subarray(8)),
      wrap: async (message, { user = '' }) => {
        const octets = Buffer.from(message, 'base64').subarray(0, 4)
        return base64(Buffer.concat([Buffer.from('wrapped:'), octets, Buffer.from(user)]))
      },
    }
  }
}

async function begin(
  kerberos: Kerberos,
  name: GssName = 'GSSAPI',
  more: Parameters<typeof context>[0] = {},
): Promise<Exchange> {
  return beginGssapi(name, context({ user: '', password: undefined, ...more }), async () => kerberos)
}

const offer = (layers: number, size = 4096) =>
  Buffer.from([...Buffer.from('wrapped:'), layers, size >> 16, (size >> 8) & 255, size & 255])

describe('GSSAPI', () => {
  it('asks for smtp@host, goes on until the context stands, and takes no security layer (RFC 4752 3.1) [part of beyondtrust.server.auth.KERBEROS]', async () => {
    const kerberos = new FakeKerberos()
    kerberos.rounds = 2
    const exchange = await begin(kerberos)
    expect(await text(exchange.initial())).toBe('token 1')
    expect(kerberos.calls[0]).toEqual(['smtp@relay.example.test', { flags: 34, mechOID: 9 }])
    expect(await text(exchange.respond(Buffer.from('server 1')))).toBe('token 2')
    expect(await text(exchange.respond(Buffer.from('server 2')))).toBe('')
    expect(exchange.mayEnd()).toBe(false)
    expect(Buffer.from((await exchange.respond(offer(7)))!)).toEqual(Buffer.from('wrapped:\x01\0\0\0'))
    expect(exchange.mayEnd()).toBe(true)
    expect(await exchange.respond(offer(7))).toBeNull()
  })

  it('says whom to act as, and takes the ticket of the user that is named', async () => {
    const kerberos = new FakeKerberos()
    const more = { user: 'alice', authorizationId: 'shop', serviceHost: 'mx.example.test', password: () => 'pencil' }
    const exchange = await begin(kerberos, 'GSSAPI', more)
    await exchange.initial()
    expect(kerberos.calls[0]).toEqual([
      'smtp@mx.example.test',
      { flags: 34, mechOID: 9, principal: 'alice', user: 'alice', domain: '', password: 'pencil' },
    ])
    await exchange.respond(Buffer.from('server 1'))
    expect(await text(exchange.respond(offer(1, 0)))).toBe('wrapped:\x01\0\0\0shop')
  })

  it('takes DOMAIN\\user and a realm for the domain of Windows', async () => {
    const kerberos = new FakeKerberos()
    await (await begin(kerberos, 'GSSAPI', { user: 'CORP\\alice', password: () => 'p' })).initial()
    await (await begin(kerberos, 'GSSAPI', { user: 'alice', realm: 'CORP', password: () => 'p' })).initial()
    expect(kerberos.calls[0]).toMatchObject(
      [{}, { user: 'alice', domain: 'CORP' }].map((each, index) => (index === 0 ? 'smtp@relay.example.test' : each)),
    )
    expect(kerberos.calls[2]).toMatchObject(['smtp@relay.example.test', { user: 'alice', domain: 'CORP' }])
  })

  it.each([
    ['no layer that is wanted', offer(6)],
    ['five octets', Buffer.concat([offer(1), Buffer.alloc(1)])],
    ['nothing', Buffer.alloc(0)],
  ])('refuses an offer of %s', async (_what, challenge) => {
    const exchange = await begin(new FakeKerberos())
    await exchange.initial()
    await exchange.respond(Buffer.from('server 1'))
    await expect(exchange.respond(challenge)).rejects.toMatchObject({ code: 'sasl.challenge' })
    expect(exchange.mayEnd()).toBe(false)
  })

  it('GSS-SPNEGO takes the talk about layers, too, where a server wants it', async () => {
    const exchange = await begin(new FakeKerberos(), 'GSS-SPNEGO')
    await exchange.initial()
    await exchange.respond(Buffer.from('server 1'))
    expect(await text(exchange.respond(offer(7)))).toBe('wrapped:\x01\0\0\0')
    expect(await exchange.respond(offer(7))).toBeNull()
  })

  it('GSS-SPNEGO ends with the context', async () => {
    const kerberos = new FakeKerberos()
    const exchange = await begin(kerberos, 'GSS-SPNEGO')
    expect(await text(exchange.initial())).toBe('token 1')
    expect(kerberos.calls[0]).toMatchObject(['smtp@relay.example.test', { mechOID: 6 }])
    expect(exchange.mayEnd()).toBe(false)
    expect(await text(exchange.respond(Buffer.from('server 1')))).toBe('')
    expect(exchange.mayEnd()).toBe(true)
  })
})

describe('what Kerberos says', () => {
  it.each([
    ['No Kerberos credentials available (default cache: FILE:/tmp/krb5cc_0)', 'credentials.ticket'],
    [
      'Unspecified GSS failure.  Minor code may provide more information: No credentials cache found',
      'credentials.ticket',
    ],
    ["Can't find client principal bob@LAB.TEST in cache collection", 'credentials.ticket'],
    ['Ticket expired', 'credentials.ticket'],
    ['Clock skew too great', 'credentials.clock'],
    ['Server smtp/relay.example.test@LAB.TEST not found in Kerberos database', 'credentials.service-unknown'],
    ['Cannot find KDC for realm "LAB.TEST"', 'credentials.kdc'],
    ["Cannot contact any KDC for realm 'LAB.TEST'", 'credentials.kdc'],
    ['something else', 'credentials.kerberos'],
  ])('%s', async (message, code) => {
    const kerberos = new FakeKerberos()
    kerberos.fails = new Error(message)
    const exchange = await begin(kerberos)
    await expect(exchange.initial()).rejects.toMatchObject({ code, phase: 'auth' })
    await expect(exchange.initial()).rejects.toThrow(message.slice(0, 40))
  })

  it.each([
    'A token had an invalid Message Integrity Check (MIC)',
    'A token had an invalid signature',
    'Unspecified GSS failure.  Minor code may provide more information: Message stream modified',
    'KRB_AP_ERR_MODIFIED',
    'Mutual authentication failed',
    'SEC_E_MESSAGE_ALTERED',
  ])('is a failed proof when the server answered: %s', (message) => {
    expect(kerberosFailure('GSSAPI', new Error(message), true)).toMatchObject({ code: 'sasl.server-proof' })
    expect(kerberosFailure('GSSAPI', new Error(message), false)).toMatchObject({ code: 'credentials.kerberos' })
  })

  it.each([
    [
      'Unspecified GSS failure.  Minor code may provide more information: Request is a replay',
      'credentials.kerberos',
      'transient',
    ],
    ['Cannot allocate memory', 'credentials.kerberos', 'transient'],
    ['Ticket not yet valid', 'credentials.clock', 'transient'],
    ['Clock skew too great', 'credentials.clock', 'transient'],
    ['Decrypt integrity check failed', 'credentials.kerberos', 'permanent'],
    ['something that nobody knows', 'credentials.kerberos', 'permanent'],
  ])('is no failed proof, and says nothing against the server: %s', (message, code, outcome) => {
    expect(kerberosFailure('GSSAPI', new Error(message), true)).toMatchObject({ code, outcome })
  })
})

describe('loadKerberos', () => {
  it('names the package that is missing [part of beyondtrust.server.AuthenticationMethod] [part of ipworks.prop.AuthMechanism]', async () => {
    // resolved from where there is none, whatever is installed here
    const missing = loadKerberos(() => createRequire('file:///nowhere/')('kerberos') as unknown)
    await expect(missing).rejects.toBeInstanceOf(SettingsError)
    await expect(missing).rejects.toMatchObject({ code: 'credentials.package-missing', field: 'credentials.mechanism' })
    await expect(missing).rejects.toThrow('"kerberos", which is not installed')
  })

  it('tells a package that is there and broken from one that is not', async () => {
    await expect(loadKerberos(() => Promise.reject(new Error('libgssapi_krb5.so.2')))).rejects.toThrow(
      'cannot be loaded',
    )
  })

  it('takes the package as a module or as what a module exports', async () => {
    const kerberos = new FakeKerberos()
    expect(await loadKerberos(async () => ({ default: kerberos }))).toBe(kerberos)
    expect(await loadKerberos(async () => kerberos)).toBe(kerberos)
  })
})
