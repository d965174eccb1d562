import { expect, test } from 'vitest'
import { checkUsable, usableResolver } from './usable-address.js'

test.each(['0.0.0.0', '::', '[::]', '0:0:0:0:0:0:0:0', '::0'])(
  '[part of ipworks.error.102] %s is no address to connect to',
  (host) => {
    expect(() => checkUsable(host, 'MailServer')).toThrow(expect.objectContaining({ code: 102 }) as Error)
  },
)

test.each(['127.0.0.1', '::1', '[2001:db8::1]', 'relay.example', '0', ''])('%j may be one', (host) => {
  expect(() => checkUsable(host, 'MailServer')).not.toThrow()
})

test('[part of ipworks.error.102] nor is what a name leads to', async () => {
  const { signal } = new AbortController()
  const found = await usableResolver('localhost', { family: 4, signal })
  expect(found[0]).toEqual({ address: '127.0.0.1', family: 4 })
  // getaddrinfo reads it as an address, so no name server is asked
  await expect(usableResolver('0.0.0.0', { family: 4, signal })).rejects.toMatchObject({ code: 102 })
})
