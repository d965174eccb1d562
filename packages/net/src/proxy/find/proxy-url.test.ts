import { Secret, SettingsError } from '@posthorn/ground'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseProxyUrl } from './proxy-url.js'

const parts = (text: string, usual?: 'http' | 'socks5') => {
  const { password, ...rest } = parseProxyUrl(text, 'proxy', usual)
  return { ...rest, ...(password === undefined ? {} : { password: Secret.of(password).reveal() }) }
}

test.each([
  [
    'socks5://user:password@proxy.example:1080',
    { type: 'socks5', host: 'proxy.example', port: 1080, user: 'user', password: 'password' },
  ],
  ['socks5h://proxy.example', { type: 'socks5', host: 'proxy.example' }],
  ['SOCKS4A://ada@proxy.example/', { type: 'socks4a', host: 'proxy.example', user: 'ada' }],
  ['socks://[::1]:1080', { type: 'socks5', host: '[::1]', port: 1080 }],
  ['http://proxy.example:3128/', { type: 'http', host: 'proxy.example', port: 3128 }],
  [
    'https://a%3Ab:c%2F%3F%23%25@proxy.example',
    { type: 'https', host: 'proxy.example', user: 'a:b', password: 'c/?#%' },
  ],
  ['http://a:b@c:d@proxy.example:1', { type: 'http', host: 'proxy.example', port: 1, user: 'a', password: 'b@c:d' }],
  ['http://:only@proxy.example', { type: 'http', host: 'proxy.example', user: '', password: 'only' }],
  ['  http://J%C3%BCrgen:@proxy.example  ', { type: 'http', host: 'proxy.example', user: 'J\u00fcrgen', password: '' }],
])('%s', (text, expected) => {
  expect(parts(text)).toEqual(expected)
})

test('without a scheme it is the usual type, where there is one', () => {
  expect(parts('proxy.example:3128', 'http')).toEqual({ type: 'http', host: 'proxy.example', port: 3128 })
  expect(parts('ada:pa55@proxy.example', 'socks5')).toMatchObject({ type: 'socks5', user: 'ada', password: 'pa55' })
  expect(() => parts('proxy.example:3128')).toThrow(SettingsError)
})

test.each([
  '',
  'http://',
  'ftp://proxy.example',
  'http://ada:pa55@',
  'http://ada:pa/55@proxy.example',
  'http://proxy.example/pa55',
  'http://ada:pa55%zz@proxy.example',
  'http://ada:pa55@proxy.example:99999x',
  '://pa55',
  'pa55',
])('%j is refused, and not shown', (text) => {
  const error: unknown = (() => {
    try {
      return parseProxyUrl(text, 'HTTPS_PROXY')
    } catch (reason) {
      return reason
    }
  })()
  expect(error).toMatchObject({ code: 'settings.proxy', field: 'HTTPS_PROXY' })
  expect(`${String(error)}${JSON.stringify(error)}`).not.toContain('pa55')
})

test('any user and password come back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (user, password) => {
      const text = `http://${encodeURIComponent(user)}:${encodeURIComponent(password)}@proxy.example`
      expect(parts(text)).toEqual({ type: 'http', host: 'proxy.example', user, password })
    }),
  )
})
