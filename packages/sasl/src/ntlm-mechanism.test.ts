import { describe, expect, it } from 'vitest'
import { context } from '../test/context.js'
import { ntlm } from './ntlm-mechanism.js'
import { ntlmNegotiate } from './ntlm.js'

const CHALLENGE = Buffer.concat([
  Buffer.from('NTLMSSP\0\x02\0\0\0', 'latin1'),
  Buffer.alloc(8),
  Buffer.from([1, 2, 0, 0]),
  Buffer.alloc(24),
])
const begin = async (more: Parameters<typeof context>[0] = {}) => (await ntlm.begin(context(more)))!

describe('NTLM', () => {
  it('sends NEGOTIATE as initial response, then AUTHENTICATE [part of beyondtrust.server.auth.NTLM]', async () => {
    const exchange = await begin()
    expect(exchange.initial()).toEqual(ntlmNegotiate())
    expect(exchange.mayEnd()).toBe(false)
    const answer = Buffer.from((await exchange.respond(CHALLENGE))!)
    expect(answer.readUInt32LE(8)).toBe(3)
    expect(answer.includes(Buffer.from('pencil', 'utf16le'))).toBe(false)
    expect(exchange.mayEnd()).toBe(true)
    expect(await exchange.respond(CHALLENGE)).toBeNull()
  })

  it('sends NEGOTIATE once more to a server that asks for it', async () => {
    const exchange = await begin({ realm: 'corp' })
    expect(await exchange.respond(Buffer.alloc(0))).toEqual(ntlmNegotiate({ domain: 'corp' }))
    expect(() => exchange.respond(Buffer.alloc(0))).toThrow(
      expect.objectContaining({ code: 'sasl.challenge' }) as Error,
    )
  })

  it('does not suit a login that is to act as somebody else, nor one without a password', async () => {
    expect(await ntlm.begin(context({ authorizationId: 'boss' }))).toBeNull()
    expect(await ntlm.begin(context({ password: undefined }))).toBeNull()
  })
})
