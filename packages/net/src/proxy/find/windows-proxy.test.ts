import { expect, test } from 'vitest'
import { parseWindowsProxy } from './windows-proxy.js'

/** As `reg query` prints it. */
const printed = (...values: string[]) =>
  [
    '',
    'HKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings',
    '    IE5_UA_Backup_Flag    REG_SZ    5.0',
    '    User Agent    REG_SZ    Mozilla/4.0 (compatible; MSIE 8.0; Win32)',
    '    ZonesSecurityUpgrade    REG_BINARY    7F1A2B3C4D5E6F70',
    ...values.map((value) => `    ${value}`),
    '',
    'HKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\\5.0',
    '',
  ].join('\r\n')

test('one proxy for everything, with its exceptions', () => {
  const output = printed(
    'ProxyEnable    REG_DWORD    0x1',
    'ProxyServer    REG_SZ    proxy.example:8080',
    'ProxyOverride    REG_SZ    *.example.local;10.*;<local>',
  )
  expect(parseWindowsProxy(output, 'mail')).toEqual({
    script: false,
    proxy: { type: 'http', host: 'proxy.example', port: 8080, bypass: ['*.example.local', '10.*', '<local>'] },
  })
})

test('a proxy for each protocol: mail takes SOCKS first, which is SOCKS 4 there', () => {
  const output = printed(
    'ProxyEnable    REG_DWORD    0x1',
    'ProxyServer    REG_SZ    http=a.example:80;https=https://b.example:81;ftp=c.example;socks=d.example:1080',
  )
  expect(parseWindowsProxy(output, 'mail').proxy).toMatchObject({ type: 'socks4', host: 'd.example', port: 1080 })
  expect(parseWindowsProxy(output, 'https').proxy).toMatchObject({ type: 'https', host: 'b.example', port: 81 })
  expect(parseWindowsProxy(output, 'http').proxy).toMatchObject({ type: 'http', host: 'a.example', port: 80 })
  const ftpOnly = printed('ProxyEnable    REG_DWORD    0x1', 'ProxyServer    REG_SZ    ftp=c.example')
  expect(parseWindowsProxy(ftpOnly, 'mail').proxy).toBeUndefined()
})

test('switched off, or never set', () => {
  const off = printed('ProxyEnable    REG_DWORD    0x0', 'ProxyServer    REG_SZ    proxy.example:8080')
  expect(parseWindowsProxy(off, 'mail')).toEqual({ script: false })
  expect(parseWindowsProxy(printed(), 'mail')).toEqual({ script: false })
  expect(parseWindowsProxy('', 'mail')).toEqual({ script: false })
})

test('a script is noticed', () => {
  const output = printed('AutoConfigURL    REG_SZ    http://wpad.example/proxy.pac')
  expect(parseWindowsProxy(output, 'mail')).toEqual({ script: true })
})
