import { expect, test } from 'vitest'
import { proxyFromEnvironment, type ProxyUse } from './environment.js'

const all = {
  SOCKS_PROXY: 'socks.example:1081',
  ALL_PROXY: 'all.example',
  HTTPS_PROXY: 'http://https.example:3128',
  HTTP_PROXY: 'http://http.example',
}
const host = (use: ProxyUse, env: Record<string, string>) => proxyFromEnvironment(use, env)?.host

test('[part of ipworks.type.Firewall.AutoDetect] [part of beyondtrust.firewall.AutoDetect] [part of ipworks.config.FirewallAutoDetect] for mail SOCKS_PROXY, ALL_PROXY, HTTPS_PROXY, HTTP_PROXY are asked in this order', () => {
  const left: Record<string, string> = { ...all }
  const found: unknown[] = []
  for (const name of Object.keys(all)) {
    found.push(proxyFromEnvironment('mail', left))
    left[name] = ' '
  }
  expect(found).toEqual([
    { type: 'socks5', host: 'socks.example', port: 1081 },
    { type: 'http', host: 'all.example' },
    { type: 'http', host: 'https.example', port: 3128 },
    { type: 'http', host: 'http.example' },
  ])
  expect(proxyFromEnvironment('mail', left)).toBeUndefined()
})

test('for the web it is the scheme first', () => {
  expect(host('https', all)).toBe('https.example')
  expect(host('http', all)).toBe('http.example')
  expect(host('https', { HTTP_PROXY: 'http.example', SOCKS_PROXY: 'socks.example' })).toBe('socks.example')
  expect(host('https', { HTTP_PROXY: 'http.example' })).toBeUndefined()
})

test('lower case wins', () => {
  expect(host('mail', { ALL_PROXY: 'upper.example', all_proxy: 'lower.example' })).toBe('lower.example')
})

test('in a CGI process HTTP_PROXY is what a stranger wrote', () => {
  const env = { HTTP_PROXY: 'http://evil.example', REQUEST_METHOD: 'GET' }
  expect(host('http', env)).toBeUndefined()
  expect(host('mail', env)).toBeUndefined()
  expect(host('http', { ...env, http_proxy: 'http://ours.example' })).toBe('ours.example')
})

test('on Windows, where names have no case, nothing tells HTTP_PROXY from http_proxy: in a CGI process neither counts', () => {
  const given: Record<string, string> = { HTTP_PROXY: 'http://evil.example', REQUEST_METHOD: 'GET' }
  const env = new Proxy(given, { get: (variables, name) => variables[String(name).toUpperCase()] })
  for (const use of ['http', 'mail'] as const) {
    expect(proxyFromEnvironment(use, env, 'win32')).toBeUndefined()
    delete given['REQUEST_METHOD']
    expect(proxyFromEnvironment(use, env, 'win32')?.host).toBe('evil.example')
    given['REQUEST_METHOD'] = 'GET'
  }
})

test('NO_PROXY is the bypass list', () => {
  expect(proxyFromEnvironment('mail', { ALL_PROXY: 'p.example', NO_PROXY: 'localhost,.internal' })?.bypass).toEqual([
    'localhost',
    '*.localhost',
    '.internal',
  ])
  expect(proxyFromEnvironment('mail', { ALL_PROXY: 'p.example', no_proxy: '*', NO_PROXY: 'x' })?.bypass).toEqual(['*'])
})

test('what cannot be read is an error that names the variable, and no direct connection', () => {
  expect(() => proxyFromEnvironment('mail', { all_proxy: 'gopher://pa55@x' })).toThrow(
    expect.objectContaining({ code: 'settings.proxy', field: 'all_proxy' }) as Error,
  )
})
