import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { pemFixture } from '../../test/fixture.js'
import { Work } from './pkcs12/work.js'
import { rsaPrivateKey, rsaPublicKey } from './rsa-numbers.js'
import { inTurns } from './steps.js'

const key = createPrivateKey(pemFixture('bob.pkcs1.key'))
const jwk = key.export({ format: 'jwk' })
const number = (name: 'n' | 'e' | 'd' | 'p' | 'q') => Buffer.from(jwk[name]!, 'base64url')
const [n, e, d, p, q] = [number('n'), number('e'), number('d'), number('p'), number('q')]
const text = Buffer.from('text')

describe('an RSA key out of its numbers', () => {
  it.each([
    ['all', { n, e, d, p, q }],
    ['the exponents alone', { n, e, d }],
    ['the primes in the other order', { n, e, d, p: q, q: p }],
    ['leading zeros', { n: Buffer.concat([Buffer.alloc(1), n]), e, d, p, q }],
  ])('is made of %s', async (_, numbers) => {
    const made = await inTurns(rsaPrivateKey(numbers, new Work()))
    expect(verify('sha256', text, createPublicKey(key), sign('sha256', text, made))).toBe(true)
    expect(made.export({ format: 'jwk' })['n']).toBe(jwk['n'])
  })

  it('is public without d', () => {
    expect(rsaPublicKey({ n, e }).export({ format: 'jwk' })).toEqual({ kty: 'RSA', n: jwk['n'], e: jwk['e'] })
  })

  const one = Buffer.of(1)
  const changed = (octets: Buffer) => Buffer.from(octets.map((octet, at) => (at === 20 ? octet ^ 4 : octet)))
  it.each([
    ['another d', { n, e, d: changed(d), p, q }],
    ['another d and no primes', { n, e, d: changed(d) }],
    ['a d larger than n', { n, e, d: Buffer.concat([one, d]) }],
    ['d is one', { n, e, d: one }],
    ['another prime', { n, e, d, p: changed(p), q }],
    ['the prime one', { n, e, d, p: one, q: n }],
    ['the prime zero', { n, e, d, p: Buffer.alloc(1), q }],
    ['the same prime twice', { n, e, d, p, q: p }],
    ['an even modulus', { n: Buffer.concat([n.subarray(0, -1), Buffer.of(2)]), e, d, p, q }],
    ['a short modulus', { n: n.subarray(0, 32), e, d, p, q }],
    ['a modulus of 4 KiB', { n: Buffer.alloc(4096, 1), e, d, p, q }],
    ['the exponent one', { n, e: one, d, p, q }],
    ['an exponent of 128 bits', { n, e: Buffer.alloc(16, 1), d, p, q }],
    ['nothing for a number', { n, e, d: Buffer.alloc(0), p, q }],
  ])('is refused with %s', async (_, numbers) => {
    await expect(inTurns(rsaPrivateKey(numbers, new Work()))).rejects.toMatchObject({
      name: 'Error',
      message: expect.stringMatching(/RSA/) as string,
    })
  })

  it('is refused when its primes are missing and it is larger than 4096 bits', async () => {
    const large = Buffer.alloc(1024, 0xff)
    await expect(inTurns(rsaPrivateKey({ n: large, e, d }, new Work()))).rejects.toThrow(
      'of more than 4096 bits are missing',
    )
  })

  it('counts the search for primes as work', async () => {
    const work = new Work()
    work.spend(3_990_000)
    const search = async () => {
      for (let time = 0; time < 10; time++) await inTurns(rsaPrivateKey({ n, e, d }, work))
    }
    await expect(search()).rejects.toThrow('asks for a key derivation')
  })
})
