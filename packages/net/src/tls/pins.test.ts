import { createHash, X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { good } from '../../test/server.js'
import { pinOf, readPins } from './pins.js'

const digest = createHash('sha256')
  .update(good.publicKey.export({ type: 'spki', format: 'der' }))
  .digest()

test('a pin is the SHA-256 of the public key', () => {
  expect(pinOf(new X509Certificate(good.cert))).toBe(digest.toString('hex'))
})

test.each([
  digest.toString('base64'),
  digest.toString('base64').replace('=', ''),
  `sha256/${digest.toString('base64')}`,
  `sha256//${digest.toString('base64')}`,
  digest.toString('hex'),
  digest.toString('hex').toUpperCase().match(/../g)!.join(':'),
  ` ${digest.toString('hex')} `,
])('%s', (pin) => {
  expect(readPins([pin])).toEqual(new Set([digest.toString('hex')]))
})

test.each(['sha256/', 'sha256//', ''])('a digest may begin with a stroke itself: %s', (before) => {
  const octets = Buffer.alloc(32, 0xff)
  for (const base64 of [octets.toString('base64'), octets.toString('base64').replace('=', '')]) {
    expect(readPins([`${before}${base64}`])).toEqual(new Set([octets.toString('hex')]))
  }
})

test('no pins, and an empty list, are not the same', () => {
  expect(readPins(undefined)).toBeUndefined()
  expect(() => readPins([])).toThrow(expect.objectContaining({ code: 'settings.tls', field: 'tls.pins' }))
})

test.each(['', 'sha256/', 'abc', 'sha1/3t8JAUb3WMwLLLeTEFbM1jQjHVI=', digest.toString('hex').slice(2)])(
  "'%s' is no pin",
  (pin) => {
    expect(() => readPins([digest.toString('hex'), pin])).toThrow(
      expect.objectContaining({ code: 'settings.tls', field: 'tls.pins[1]' }),
    )
  },
)
