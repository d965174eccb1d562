import { describe, expect, it } from 'vitest'
import { context, text } from '../test/context.js'
import { anonymous } from './anonymous.js'
import { external } from './external.js'

describe('EXTERNAL', () => {
  it.each([
    [{ user: '' }, ''],
    [{ user: 'alice' }, 'alice'],
    [{ user: 'alice', authorizationId: 'shop' }, 'shop'],
    [{ user: 'alice', authorizationId: '' }, ''],
  ])('is the identity to act as, or nothing: %j', async (more, wanted) => {
    const exchange = (await external.begin(context(more)))!
    expect(await text(exchange.initial())).toBe(wanted)
    expect(exchange.mayEnd()).toBe(true)
    expect(await exchange.respond(Buffer.from('x'))).toBeNull()
  })
})

describe('ANONYMOUS', () => {
  it('is the trace (RFC 4505)', async () => {
    const exchange = (await anonymous.begin(context({ user: 'sirhc', password: undefined })))!
    expect(await text(exchange.initial())).toBe('sirhc')
    expect(exchange.mayEnd()).toBe(true)
  })

  it.each(['a\nb', 'x'.repeat(256)])('refuses %j as trace', (user) => {
    expect(() => anonymous.begin(context({ user }))).toThrow(
      expect.objectContaining({ code: 'credentials.trace' }) as Error,
    )
  })
})
