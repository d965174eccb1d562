import { hostname } from 'node:os'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { ComponentValues } from '../values.js'
import { localName } from './hello.js'

vi.mock('node:os', async (original) => ({ ...(await original<object>()), hostname: vi.fn(() => 'build-7') }))
afterEach(() => void vi.mocked(hostname).mockReset().mockReturnValue('build-7'))

function said(hello: string): string | undefined {
  const values = new ComponentValues(() => false)
  values.setConfig('Hello', hello)
  return localName(values.config('Hello'))
}

describe('[part of ipworks.config.Hello] the argument of EHLO', () => {
  test.each([
    ['app.example.com', 'app.example.com'],
    ['App.Example.COM.', 'app.example.com'],
    ['app', 'app'],
    ['büro.example', 'xn--bro-hoa.example'],
    ['192.0.2.7', '[192.0.2.7]'],
    ['[192.0.2.7]', '[192.0.2.7]'],
    ['2001:db8::1', '[IPv6:2001:db8::1]'],
    ['[2001:db8::1]', '[IPv6:2001:db8::1]'],
    ['[IPv6:2001:db8::1]', '[IPv6:2001:db8::1]'],
  ])('%s is said as %s', (hello, expected) => {
    expect(said(hello)).toBe(expected)
  })

  test('a name with an underscore leaves it to the address of the connection', () => {
    expect(said('my_host.example')).toBeUndefined()
  })

  test.each(['two words', 'tab\there', 'line\r\nEHLO x', 'nul\0', '-x.example', 'a..b', 'a@b', '[1.2.3]', '[x]'])(
    '%j is refused when it is set',
    (hello) => {
      expect(() => said(hello)).toThrow(expect.objectContaining({ code: 10022 }) as Error)
    },
  )

  test('unset, it is the name of the machine', () => {
    expect(said('')).toBe('build-7')
    vi.mocked(hostname).mockReturnValue('10.0.0.4')
    expect(said('')).toBe('[10.0.0.4]')
  })

  test.each(['', 'my_host', 'my_host.lan', '-'])('a machine called %j leaves it to the address', (name) => {
    vi.mocked(hostname).mockReturnValue(name)
    expect(said('')).toBeUndefined()
  })
})
