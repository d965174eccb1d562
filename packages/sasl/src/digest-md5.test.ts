import fc from 'fast-check'
import { ProtocolError } from '@posthorn/ground'
import { describe, expect, it } from 'vitest'
import { context, text } from '../test/context.js'
import { beginDigestMd5 } from './digest-md5.js'
import type { SaslContext } from './mechanism.js'

const CHALLENGE = 'realm="elwood.innosoft.com",nonce="OA6MG9tEQGm2hh",qop="auth",algorithm=md5-sess,charset=utf-8'

function begin(more: Partial<SaslContext> = {}, nonce = 'OA6MHXh6VqTrRk') {
  const chris = { user: 'chris', password: () => 'secret', serviceHost: 'elwood.innosoft.com' }
  return beginDigestMd5(context({ ...chris, service: 'imap' as string as 'smtp', ...more }), () => nonce)!
}

/** The directives of a response. */
function sent(message: string | null | undefined): Map<string, string> {
  return new Map(
    message!
      .match(/[a-z-]+=(?:"(?:[^"\\]|\\.)*"|[^",]+)/gi)!
      .map((each) => [each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)]),
  )
}

async function answered(challenge: string, more: Partial<SaslContext> = {}): Promise<Map<string, string>> {
  return sent(await text(begin(more).respond(Buffer.from(challenge))))
}

describe('DIGEST-MD5', () => {
  it('answers the first example of RFC 2831 4, and takes the proof of its server', async () => {
    const exchange = begin()
    expect(exchange.initial()).toBeUndefined()
    expect(sent(await text(exchange.respond(Buffer.from(CHALLENGE))))).toEqual(
      new Map([
        ['charset', 'utf-8'],
        ['username', '"chris"'],
        ['realm', '"elwood.innosoft.com"'],
        ['nonce', '"OA6MG9tEQGm2hh"'],
        ['nc', '00000001'],
        ['cnonce', '"OA6MHXh6VqTrRk"'],
        ['digest-uri', '"imap/elwood.innosoft.com"'],
        ['response', 'd388dad90d4bbd760a152321f2143af7'],
        ['qop', 'auth'],
      ]),
    )
    expect(exchange.mayEnd()).toBe(false)
    expect(await text(exchange.respond(Buffer.from('rspauth=ea40f60335c427b5527b84dbabcdfffd')))).toBe('')
    expect(exchange.mayEnd()).toBe(true)
    expect(exchange.respond(Buffer.from('more'))).toBeNull()
    expect(exchange.secrets?.()).toEqual(['d388dad90d4bbd760a152321f2143af7'])
  })

  it('answers the second example of RFC 2831 4', async () => {
    const exchange = begin({ service: 'acap' as string as 'smtp' }, 'OA9BSuZWMSpW8m')
    const message = sent(
      await text(exchange.respond(Buffer.from(CHALLENGE.replace('OA6MG9tEQGm2hh', 'OA9BSXrbuRhWay')))),
    )
    expect(message.get('response')).toBe('6084c6db3fede7352c551284490fd0fc')
    expect(await text(exchange.respond(Buffer.from('rspauth=2f0b3d7c3c2e486600ef710726aa2eae')))).toBe('')
    expect(exchange.mayEnd()).toBe(true)
  })

  it.each([
    'rspauth=ea40f60335c427b5527b84dbabcdfffe',
    'rspauth=ea40',
    'rspauth=ea40f60335c427b5527b84dbabcdfffd,rspauth=ea40f60335c427b5527b84dbabcdfffd',
    'x=y',
    '',
    '"',
  ])('does not believe the proof %j', async (proof) => {
    const exchange = begin()
    await exchange.respond(Buffer.from(CHALLENGE))
    expect(() => exchange.respond(Buffer.from(proof))).toThrow(
      expect.objectContaining({ code: 'sasl.server-proof', outcome: 'permanent' }) as Error,
    )
    expect(exchange.mayEnd()).toBe(false)
  })

  it.each([
    ['no nonce', 'realm="x",qop="auth",algorithm=md5-sess'],
    ['an empty nonce', 'nonce="",algorithm=md5-sess'],
    ['two nonces', 'nonce="a",nonce="b",algorithm=md5-sess'],
    ['no algorithm', 'nonce="a",qop="auth"'],
    ['two algorithms', 'nonce="a",algorithm=md5-sess,algorithm=md5-sess'],
    ['another algorithm', 'nonce="a",algorithm=md5'],
    ['qop twice', 'nonce="a",algorithm=md5-sess,qop="auth",qop="auth"'],
    ['no qop that is known', 'nonce="a",algorithm=md5-sess,qop="auth-int,auth-conf"'],
    ['another charset', 'nonce="a",algorithm=md5-sess,charset=latin1'],
    ['an open quote', 'nonce="a,algorithm=md5-sess'],
    ['nothing', ''],
    ['too much', `nonce="${'a'.repeat(2048)}",algorithm=md5-sess`],
  ])('refuses a challenge with %s', (_what, challenge) => {
    expect(() => begin().respond(Buffer.from(challenge))).toThrow(
      expect.objectContaining({ code: 'sasl.challenge', outcome: 'permanent' }) as Error,
    )
  })

  it('takes the first realm, none, or the one it is told [part of javamail.mail.smtp.sasl.realm] [part of javamail.mail.smtp.saslrealm]', async () => {
    expect((await answered(`realm="one",realm="two",${CHALLENGE.slice(28)}`)).get('realm')).toBe('"one"')
    expect((await answered('nonce="a",algorithm=md5-sess')).has('realm')).toBe(false)
    expect((await answered(CHALLENGE, { realm: 'two' })).get('realm')).toBe('"two"')
    const two = (await answered(CHALLENGE, { realm: 'two' })).get('response')
    expect(two).not.toBe((await answered(CHALLENGE)).get('response'))
  })

  it('names the server as it is told [part of javamail.mail.smtp.sasl.usecanonicalhostname]', async () => {
    const message = await answered(CHALLENGE, { service: 'smtp', serviceHost: 'mx1.example.test' })
    expect(message.get('digest-uri')).toBe('"smtp/mx1.example.test"')
  })

  it('takes auth out of several qualities, and takes it when none is named', async () => {
    expect((await answered('nonce="a",algorithm=md5-sess,qop="auth-int, auth"')).get('qop')).toBe('auth')
    expect((await answered('nonce="a",algorithm=md5-sess')).get('qop')).toBe('auth')
  })

  it('says whom to act as, and puts that into the digest', async () => {
    const message = await answered(CHALLENGE, { authorizationId: 'a "boss"' })
    expect(message.get('authzid')).toBe('"a \\"boss\\""')
    expect(message.get('response')).not.toBe('d388dad90d4bbd760a152321f2143af7')
    expect((await answered(CHALLENGE, { authorizationId: '' })).has('authzid')).toBe(false)
  })

  it('hashes what fits into ISO 8859-1 as such, with charset and without (RFC 2831 2.1.2.1)', async () => {
    const umlaut = { user: 'j\u00fcrgen', password: () => 'gr\u00fcn' }
    const exchange = begin(umlaut)
    const utf8 = Buffer.from((await exchange.respond(Buffer.from(CHALLENGE)))!)
    const latin1 = Buffer.from((await begin(umlaut).respond(Buffer.from(CHALLENGE.replace(',charset=utf-8', ''))))!)
    expect(utf8.includes(Buffer.from('j\u00fcrgen', 'utf8'))).toBe(true)
    expect(latin1.includes(Buffer.from('j\u00fcrgen', 'latin1'))).toBe(true)
    expect(sent(utf8.toString()).get('response')).toBe(sent(latin1.toString('latin1')).get('response'))
  })

  it('does not tell a server without UTF-8 what it cannot read', () => {
    const challenge = Buffer.from('nonce="a",algorithm=md5-sess')
    expect(() => begin({ password: () => '\u0161' }).respond(challenge)).toThrow(
      expect.objectContaining({ code: 'credentials.charset', field: 'credentials.password' }) as Error,
    )
  })

  it('throws nothing but ProtocolError, whatever the challenge is, and never shows the password', () => {
    const piece = fc.constantFrom(
      'nonce="a"',
      'algorithm=md5-sess',
      'qop=auth',
      'realm="x"',
      'charset=utf-8',
      ',',
      '"',
      '=',
      'rspauth=00',
    )
    const challenge = fc.oneof(
      fc.uint8Array(),
      fc.array(piece).map((pieces) => Buffer.from(pieces.join(','))),
    )
    fc.assert(
      fc.property(fc.array(challenge, { maxLength: 3 }), (challenges) => {
        const exchange = begin({ password: () => 'tops3cret' })
        for (const each of challenges) {
          try {
            const answer = exchange.respond(each) as Uint8Array | null
            expect(Buffer.from(answer ?? []).includes('tops3cret')).toBe(false)
          } catch (error) {
            expect(error).toBeInstanceOf(ProtocolError)
            expect(String(error)).not.toContain('tops3cret')
          }
        }
        expect(exchange.mayEnd()).toBe(false)
      }),
    )
  })
})
