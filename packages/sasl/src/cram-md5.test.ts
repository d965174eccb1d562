import { describe, expect, it } from 'vitest'
import { context, text } from '../test/context.js'
import { cramMd5 } from './cram-md5.js'

const begin = async (more: Parameters<typeof context>[0] = {}) => (await cramMd5.begin(context(more)))!

describe('CRAM-MD5', () => {
  it('answers the challenge of RFC 2195 2', async () => {
    const exchange = await begin({ user: 'tim', password: () => 'tanstaaftanstaaf' })
    expect(exchange.initial()).toBeUndefined()
    expect(exchange.mayEnd()).toBe(false)
    const challenge = Buffer.from('<1896.697170952@postoffice.reston.mci.net>')
    expect(await text(exchange.respond(challenge))).toBe('tim b913a602c7eda7a495b4e6e7334d3890')
    expect(exchange.mayEnd()).toBe(true)
    expect(exchange.secrets?.()).toEqual(['b913a602c7eda7a495b4e6e7334d3890'])
  })

  it('cancels a second challenge, refuses an empty one', async () => {
    const exchange = await begin()
    expect(() => exchange.respond(Buffer.alloc(0))).toThrow(
      expect.objectContaining({ code: 'sasl.challenge' }) as Error,
    )
    await exchange.respond(Buffer.from('<1@x>'))
    expect(await exchange.respond(Buffer.from('<2@x>'))).toBeNull()
  })

  it('does not suit a token, nor a login that is to act as somebody else', async () => {
    expect(await cramMd5.begin(context({ password: undefined, accessToken: () => 'token' }))).toBeNull()
    expect(await cramMd5.begin(context({ authorizationId: 'boss' }))).toBeNull()
    expect(await cramMd5.begin(context({ authorizationId: 'user' }))).not.toBeNull()
  })
})
