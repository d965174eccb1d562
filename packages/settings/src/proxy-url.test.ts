import { describe, expect, it } from 'vitest'
import { proxyValues } from './proxy-url.js'

describe('the URL of a proxy', () => {
  it.each([
    ['environment', { type: 'environment' }],
    ['http://proxy.example', { type: 'http', host: 'proxy.example' }],
    ['http://proxy.example:80/', { type: 'http', host: 'proxy.example', port: 80 }],
    ['https://proxy.example:443', { type: 'https', host: 'proxy.example', port: 443 }],
    [
      'socks5h://a%64a:p%40ss:w%2Frd@[::1]:1080',
      { type: 'socks5', host: '::1', port: 1080, user: 'ada', password: 'plain:p@ss:w/rd' },
    ],
    ['SOCKS4A://u@10.0.0.1:81', { type: 'socks4a', host: '10.0.0.1', port: 81, user: 'u' }],
  ])('%s', (url, settings) => {
    expect(proxyValues(url, '--proxy')).toEqual(
      Object.entries(settings).map(([name, value]) => [`proxy.${name}`, value]),
    )
  })

  it.each([
    'ftp://Geheim',
    'proxy.example:80',
    'http://',
    'http://Geheim@h/path',
    'http://a:Gehe%im@h',
    'http://a:Geheim@h:99999',
  ])('is refused without being repeated: %s', (url) => {
    expect(() => proxyValues(url, '--proxy')).toThrow(
      expect.objectContaining({
        code: 'settings.proxy-url',
        message: expect.not.stringMatching(/Geheim|Gehe%im/) as string,
      }) as Error,
    )
  })
})
