import { describe, expect, it } from 'vitest'
import { pkcs12Kdf, PURPOSE } from './pkcs12-kdf.js'
import { inTurns } from '../steps.js'

/** Computed with OpenSSL 3 (`openssl kdf PKCS12KDF`), which is another implementation. */
const EXAMPLES = [
  ['sha1', 1, 1, 24, 'df412d2fab4ab77bea3ac048a9e7a0bf5e9e8ca18200aa09'],
  ['sha1', 2, 1000, 8, 'f0b04cc60afeda1f'],
  ['sha256', 3, 2048, 32, '57d7b1ae2c3a5c89e29aad1ecb56306d5a188e91371f19e5bfd7ae1dae7ab0c8'],
  [
    'sha384',
    1,
    3,
    100,
    'cc0e4a24ae2a2a6bb04cd69957d84dfbc05e06baf01160d4d7f8f6329f6c948c50b244cdce024a23b4114340be68bc51bfdc4700dea7d4f27827ade7c32d819b253634539e82d276d55c68bf291203f3943105dcde72f38018736b1e7d3608a07d02a99e',
  ],
  [
    'sha512',
    3,
    5000,
    64,
    '6488e65fb14a64953e703bb2cecb8ccdf487973ccbf79042dec08387ffe35aff4c58b3f23060cb10277cb5ac45eb1c7c3132b384b7e4a5358f0b16a215bb6b1b',
  ],
  ['md5', 1, 7, 40, 'e94d616e2cf19a27c78d4131d20e133591e86a8559a62f774c350095cdbf2e202be3204694b38b7b'],
  ['sha224', 2, 2, 28, '314140360fb988108051158ec4fb5623478adc0e430a1ba175be72bd'],
] as const

const bmp = (text: string) => Buffer.from(`${text}\0`, 'utf16le').swap16()

describe('pkcs12Kdf (RFC 7292 B.2)', () => {
  it.each(EXAMPLES)(
    '%s, purpose %d, %d iterations, %d octets',
    async (digest, purpose, iterations, length, expected) => {
      const salt = Buffer.from('0123456789abcdef', 'hex')
      const derived = await inTurns(pkcs12Kdf(digest, purpose, bmp('secret'), salt, iterations, length))
      expect(Buffer.from(derived).toString('hex')).toBe(expected)
    },
  )

  it('gives way to others in between', async () => {
    let others = 0
    setImmediate(() => others++)
    await inTurns(pkcs12Kdf('sha1', PURPOSE.key, bmp('x'), Buffer.alloc(8), 5000, 20))
    expect(others).toBe(1)
  })
})
