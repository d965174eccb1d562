import { describe, expect, it } from 'vitest'
import { context, text } from '../test/context.js'
import { login } from './login.js'
import { plain } from './plain.js'

describe('PLAIN', () => {
  it('is one message: whom to act as, who, and the password [part of javamail.mail.smtp.sasl.authorizationid] [part of ipworks.config.AuthorizationIdentity] [part of beyondtrust.server.auth.SASLPLAIN]', async () => {
    const exchange = (await plain.begin(context({ user: 'tim', password: () => 'tanstaaftanstaaf' })))!
    expect(await text(exchange.initial())).toBe('\0tim\0tanstaaftanstaaf') // RFC 4616 4
    expect(await exchange.respond(Buffer.from('more'))).toBeNull()
    const acting = (await plain.begin(
      context({ user: 'Kurt', password: () => 'xipj3plmq', authorizationId: 'Ursel' }),
    ))!
    expect(await text(acting.initial())).toBe('Ursel\0Kurt\0xipj3plmq')
  })

  it('refuses NUL and ^A, and needs a password', () => {
    for (const more of [{ user: 'a\0b' }, { password: () => 'a\0b' }, { authorizationId: 'a\x01b' }])
      expect(() => plain.begin(context(more))).toThrow(
        expect.objectContaining({ code: 'credentials.control-character' }) as Error,
      )
    expect(plain.begin(context({ password: undefined }))).toBeNull()
  })
})

describe('LOGIN', () => {
  it('answers two prompts and no third', async () => {
    const exchange = (await login.begin(context()))!
    expect(exchange.initial()).toBeUndefined()
    expect(await text(exchange.respond(Buffer.from('Username:')))).toBe('user')
    expect(exchange.mayEnd()).toBe(false)
    expect(await text(exchange.respond(Buffer.from('Password:')))).toBe('pencil')
    expect(exchange.mayEnd()).toBe(true)
    expect(await exchange.respond(Buffer.alloc(0))).toBeNull()
  })

  it('does not suit a login that is to act as somebody else, which it cannot say', () => {
    expect(login.begin(context({ authorizationId: 'boss' }))).toBeNull()
  })
})
