import fc from 'fast-check'
import { ProtocolError } from '@posthorn/ground'
import { describe, expect, it } from 'vitest'
import { context, text } from '../test/context.js'
import { ScramServer } from '@posthorn/testkit'
import { KeyMemory } from './key-memory.js'
import type { ChannelBinding, Exchange, SaslContext } from './mechanism.js'
import { beginScram, type ScramKind } from './scram.js'

const SHA1: ScramKind = { name: 'SCRAM-SHA-1', hash: 'sha1', plus: false }
const SHA256: ScramKind = { name: 'SCRAM-SHA-256', hash: 'sha256', plus: false }
const SHA512: ScramKind = { name: 'SCRAM-SHA-512', hash: 'sha512', plus: false }
const EXPORTER: ChannelBinding = { type: 'tls-exporter', octets: () => Buffer.from([0, 1, 44, 61, 255]) }
const END_POINT: ChannelBinding = { type: 'tls-server-end-point', octets: () => Buffer.alloc(32, 7) }

const begin = (kind: ScramKind, more: Partial<SaslContext> = {}, nonce = 'abc') =>
  beginScram(kind, context(more), () => nonce)!
const answer = (exchange: Exchange, challenge: string) => text(exchange.respond(Buffer.from(challenge)))

/** A whole login. @returns the header and bare part the server saw */
async function login(
  kind: ScramKind,
  more: Partial<SaslContext> = {},
  stored = 'pencil',
  bound?: Uint8Array,
): Promise<ScramServer> {
  const server = new ScramServer(kind.hash, stored)
  const exchange = beginScram(kind, context(more))!
  const first = server.first((await text(exchange.initial()))!)
  const final = server.final((await answer(exchange, first))!, bound)
  expect(exchange.mayEnd()).toBe(false)
  expect(await answer(exchange, final)).toBe('')
  expect(exchange.mayEnd()).toBe(true)
  return server
}

describe('SCRAM', () => {
  it('RFC 5802 5: SCRAM-SHA-1', async () => {
    const exchange = begin(SHA1, {}, 'fyko+d2lbbFgONRv9qkxdawL')
    expect(await text(exchange.initial())).toBe('n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL')
    const nonce = 'fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j'
    expect(await answer(exchange, `r=${nonce},s=QSXCR+Q6sek8bf92,i=4096`)).toBe(
      `c=biws,r=${nonce},p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=`,
    )
    expect(exchange.secrets?.()).toEqual(['v0X8v3Bz2T0CJGbJQyF0X+HI4Ts='])
    expect(exchange.mayEnd()).toBe(false)
    expect(await answer(exchange, 'v=rmF9pqV8S7suAoZWja4dJRkFsKQ=')).toBe('')
    expect(exchange.mayEnd()).toBe(true)
    expect(await answer(exchange, 'v=rmF9pqV8S7suAoZWja4dJRkFsKQ=')).toBeNull()
  })

  it('RFC 7677 3: SCRAM-SHA-256', async () => {
    const exchange = begin(SHA256, {}, 'rOprNGfwEbeRWgbNEkqO')
    expect(await text(exchange.initial())).toBe('n,,n=user,r=rOprNGfwEbeRWgbNEkqO')
    const nonce = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0'
    expect(await answer(exchange, `r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`)).toBe(
      `c=biws,r=${nonce},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`,
    )
    expect(await answer(exchange, 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')).toBe('')
    expect(exchange.mayEnd()).toBe(true)
  })

  it.each([SHA1, SHA256, SHA512])('$name against a server written by itself', async (kind) => {
    const server = await login(kind)
    expect(server.header).toBe('n,,')
    expect(server.bare).toMatch(/^n=user,r=[A-Za-z0-9+/=]{32}$/)
  })

  it.each([
    [EXPORTER, SHA256],
    [END_POINT, SHA512],
  ])('$type binds $name to the TLS session', async (binding, kind) => {
    const plus = { ...kind, plus: true, name: `${kind.name}-PLUS` }
    const server = await login(
      plus,
      { channelBindings: [binding, END_POINT], offered: [plus.name] },
      'pencil',
      binding.octets(),
    )
    expect(server.header).toBe(`p=${binding.type},,`)
    await expect(login(plus, { channelBindings: [binding] }, 'pencil', Buffer.from('another session'))).rejects.toThrow(
      'channel-bindings',
    )
    expect(beginScram(plus, context())).toBeNull()
  })

  it('says y when it could have bound and nobody offered to, n otherwise (RFC 5802 6)', async () => {
    const header = async (more: Partial<SaslContext>) => (await login(SHA256, more)).header
    const channelBindings = [EXPORTER]
    expect(await header({ channelBindings, offered: ['SCRAM-SHA-256'] })).toBe('y,,')
    expect(await header({ channelBindings, offered: ['SCRAM-SHA-256', 'SCRAM-SHA-1-PLUS'] })).toBe('n,,')
    expect(await header({ channelBindings: [], offered: ['SCRAM-SHA-256-PLUS'] })).toBe('n,,')
  })

  it('does not take a name nobody knows for an offer to bind: somebody between may have made it up', async () => {
    const more = { channelBindings: [EXPORTER], offered: ['SCRAM-SHA-256', 'SCRAM-X-PLUS'] }
    expect((await login(SHA256, more)).header).toBe('y,,')
  })

  it('waits for a proof from its own to the answer', async () => {
    const exchange = begin(SHA1)
    expect(exchange.awaitsProof?.()).toBe(false)
    await answer(exchange, 'r=abcd,s=c2FsdA==,i=4096')
    expect(exchange.awaitsProof?.()).toBe(true)
    await answer(exchange, 'e=invalid-proof')
    expect(exchange.awaitsProof?.()).toBe(false)
  })

  describe('names and a password that SASLprep changes', () => {
    const password = () => 'pa\u00b2s'
    /** The whole exchange with a server that keeps `stored`. @returns whether it ended well */
    const run = async (exchange: Exchange, stored: string): Promise<boolean> => {
      const server = new ScramServer('sha256', stored)
      const first = server.first((await text(exchange.initial()))!)
      const proof = (await answer(exchange, first))!
      try {
        await answer(exchange, server.final(proof))
      } catch {
        return false
      }
      return exchange.mayEnd()
    }

    it('are prepared (RFC 5802 5.1), and once more as they are', async () => {
      const exchange = beginScram(SHA256, context({ password }))!
      expect(await run(exchange, 'pa\u00b2s')).toBe(false)
      const again = exchange.again!()!
      expect(again.again?.()).toBeUndefined()
      expect(await run(again, 'pa\u00b2s')).toBe(true)
      expect(await run(beginScram(SHA256, context({ password }))!, 'pa2s')).toBe(true)
    })

    it('are read as it went well before, by all who share the memory', async () => {
      const keys = new KeyMemory()
      const more = context({ password, keys })
      expect(await run(beginScram(SHA256, more)!.again!()!, 'pa\u00b2s')).toBe(true)
      const next = beginScram(SHA256, more)!
      expect(await run(next, 'pa\u00b2s')).toBe(true)
      expect(await run(next.again!()!, 'pa2s')).toBe(true)
      expect(await run(beginScram(SHA256, more)!, 'pa2s')).toBe(true)
    })

    it('there is no second way where it changes nothing', () => {
      expect(beginScram(SHA256, context({ password: () => 'p\u00e4ss' }))!.again?.()).toBeUndefined()
      expect(beginScram(SHA256, context({ user: '\u2168' }))!.again?.()).toBeDefined()
    })
  })

  it('escapes and prepares names, and says whom to act as', async () => {
    const server = await login(SHA256, { user: 'a=b,\u2168', authorizationId: 'x,y=z', password: () => '\u2168' }, 'IX')
    expect(server.header).toBe('n,a=x=2Cy=3Dz,')
    expect(server.bare).toMatch(/^n=a=3Db=2CIX,r=/)
  })

  it.each([
    ['a nonce that is only ours', 'r=abc,s=c2FsdA==,i=4096'],
    ['a nonce that is not ours', 'r=xbcdef,s=c2FsdA==,i=4096'],
    ['too few iterations', 'r=abcd,s=c2FsdA==,i=4095'],
    ['one iteration', 'r=abcd,s=c2FsdA==,i=1'],
    ['too many iterations', 'r=abcd,s=c2FsdA==,i=1000001'],
    ['absurdly many iterations', 'r=abcd,s=c2FsdA==,i=99999999999999999999'],
    ['no iterations', 'r=abcd,s=c2FsdA==,i=0'],
    ['a negative count', 'r=abcd,s=c2FsdA==,i=-4096'],
    ['no salt', 'r=abcd,s=,i=4096'],
    ['a salt that is no base64', 'r=abcd,s=c2F,i=4096'],
    ['another order', 's=c2FsdA==,r=abcd,i=4096'],
    ['a compulsory extension', 'm=x,r=abcd,s=c2FsdA==,i=4096'],
    ['something behind that is no extension', 'r=abcd,s=c2FsdA==,i=4096,xyz'],
    ['control characters', 'r=abcd\n,s=c2FsdA==,i=4096'],
    ['nothing', ''],
    ['the last message', 'v=rmF9pqV8S7suAoZWja4dJRkFsKQ='],
  ])('refuses %s', async (_what, challenge) => {
    const exchange = begin(SHA1)
    await expect(answer(exchange, challenge)).rejects.toMatchObject({ code: 'sasl.challenge', outcome: 'permanent' })
    expect(exchange.mayEnd()).toBe(false)
  })

  it('does not mind an extension it does not know', async () => {
    expect(await answer(begin(SHA1), 'r=abcd,s=c2FsdA==,i=4096,x=anything')).toMatch(/^c=biws,r=abcd,p=/)
  })

  it.each(['v=AAAAAAAAAAAAAAAAAAAAAAAAAAA=', 'v=AAAA', 'v=', '', 'x=y', 'v=*'])(
    'does not believe %j',
    async (final) => {
      const exchange = begin(SHA1)
      await answer(exchange, 'r=abcd,s=c2FsdA==,i=4096')
      await expect(answer(exchange, final)).rejects.toMatchObject({ code: 'sasl.server-proof' })
      expect(exchange.mayEnd()).toBe(false)
    },
  )

  it('tells the error of the server, and does not end', async () => {
    const exchange = begin(SHA1)
    await answer(exchange, 'r=abcd,s=c2FsdA==,i=4096')
    expect(await answer(exchange, 'e=unknown-user')).toBe('')
    expect(exchange.failure?.()).toBe('unknown-user')
    expect(exchange.mayEnd()).toBe(false)
    expect(await answer(exchange, 'v=AAAA')).toBeNull()
  })

  it('derives the keys once for many logins, and again for another salt', async () => {
    const keys = new KeyMemory()
    const made: unknown[] = []
    const counting = Object.assign(Object.create(keys) as KeyMemory, {
      get: (parts: Parameters<KeyMemory['get']>[0], make: Parameters<KeyMemory['get']>[1]) =>
        keys.get(parts, () => {
          made.push(parts)
          return make()
        }),
    })
    const salts = ['c2FsdA==', 'c2FsdA==', 'c2FsdDI=']
    const answers = await Promise.all(
      salts.map((salt) => answer(begin(SHA256, { keys: counting }), `r=abcd,s=${salt},i=4096`)),
    )
    expect(made).toHaveLength(2)
    expect(answers[0]).toBe(answers[1])
    expect(answers[0]).not.toBe(answers[2])
  })

  it('throws nothing but ProtocolError, whatever the server says, and never shows the password', async () => {
    const piece = fc.constantFrom('r=abcd', 's=c2FsdA==', 'i=4096', 'm=x', 'v=AAAA', 'e=x', 'x=', ',', '=')
    const challenge = fc.oneof(
      fc.uint8Array(),
      fc.array(piece, { maxLength: 5 }).map((pieces) => Buffer.from(pieces.join(','))),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(challenge, { maxLength: 3 }), async (challenges) => {
        const exchange = begin(SHA1, { password: () => 'tops3cret' })
        for (const each of challenges) {
          try {
            expect(String(await text(exchange.respond(each)))).not.toContain('tops3cret')
          } catch (error) {
            if (!(error instanceof ProtocolError)) throw error
            expect(error.message).not.toContain('tops3cret')
          }
        }
        expect(exchange.mayEnd()).toBe(false)
      }),
      { numRuns: 50 },
    )
  })
})
