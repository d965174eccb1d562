import { expect, test } from 'vitest'
import { parseMacosProxy } from './macos-proxy.js'

/** As `scutil --proxy` prints it. */
const printed = (...lines: string[]) => ['<dictionary> {', ...lines.map((line) => `  ${line}`), '}', ''].join('\n')

const EXCEPTIONS = ['ExceptionsList : <array> {', '  0 : *.local', '  1 : 169.254/16', '}']

test('HTTPS and its exceptions; a service that is off does not count', () => {
  const output = printed(
    ...EXCEPTIONS,
    'ExcludeSimpleHostnames : 1',
    'FTPPassive : 1',
    'HTTPEnable : 1',
    'HTTPPort : 3128',
    'HTTPProxy : a.example',
    'HTTPSEnable : 1',
    'HTTPSPort : 3129',
    'HTTPSProxy : b.example',
    'SOCKSEnable : 0',
    'SOCKSPort : 1080',
    'SOCKSProxy : c.example',
  )
  const bypass = ['*.local', '169.254/16', '<local>']
  expect(parseMacosProxy(output, 'mail')).toEqual({
    script: false,
    proxy: { type: 'http', host: 'b.example', port: 3129, bypass },
  })
  expect(parseMacosProxy(output, 'http').proxy).toEqual({ type: 'http', host: 'a.example', port: 3128, bypass })
})

test('SOCKS comes first for mail', () => {
  const output = printed(
    'SOCKSEnable : 1',
    'SOCKSPort : 1081',
    'SOCKSProxy : ::1',
    'HTTPSEnable : 1',
    'HTTPSProxy : b.example',
  )
  expect(parseMacosProxy(output, 'mail').proxy).toEqual({ type: 'socks5', host: '::1', port: 1081, bypass: [] })
  expect(parseMacosProxy(output, 'https').proxy).toEqual({ type: 'http', host: 'b.example', bypass: [] })
})

test('nothing set, and a script', () => {
  expect(parseMacosProxy(printed(...EXCEPTIONS, 'FTPPassive : 1'), 'mail')).toEqual({ script: false })
  const script = printed('ProxyAutoConfigEnable : 1', 'ProxyAutoConfigURLString : http://wpad.example/proxy.pac')
  expect(parseMacosProxy(script, 'mail')).toEqual({ script: true })
})
