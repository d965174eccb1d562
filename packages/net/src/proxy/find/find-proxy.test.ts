import { expect, test, vi } from 'vitest'
import { httpProxy } from '../../../test/proxy.js'
import { HOST, keep, plainServer, readUntil, resolve } from '../../../test/server.js'
import { dial } from '../../dial.js'
import type { NetEvent, ProxyChoice } from '../../options.js'
import { findProxy } from './find-proxy.js'
import type { Surroundings } from './system-proxy.js'

const target = { host: 'mail.example', port: 25 }
const { signal } = new AbortController()

function around(platform: NodeJS.Platform, output: string | Error, env: Record<string, string> = {}) {
  const calls: [string, readonly string[]][] = []
  const surroundings: Surroundings = {
    platform,
    env,
    run: (file, args) => {
      calls.push([file, args])
      return typeof output === 'string' ? Promise.resolve(output) : Promise.reject(output)
    },
  }
  const find = (choice: ProxyChoice, where = target, onEvent?: (event: NetEvent) => void) =>
    findProxy(choice, where, { use: 'mail', signal, onEvent }, surroundings)
  return { calls, find }
}

const WINDOWS =
  '    ProxyEnable    REG_DWORD    0x1\r\n    ProxyServer    REG_SZ    p.example:8080\r\n    ProxyOverride    REG_SZ    *.near;what is?this\r\n'
const MACOS = '<dictionary> {\n  HTTPSEnable : 1\n  HTTPSProxy : p.example\n  HTTPSPort : 8080\n}\n'

test('an object, a URL, none', async () => {
  const { find } = around('linux', new Error('asked'), { ALL_PROXY: 'http://env.example' })
  const proxy = { type: 'http', host: 'p.example' } as const
  expect(await find(proxy)).toBe(proxy)
  expect(await find('socks5://p.example')).toMatchObject({ type: 'socks5' })
  expect(await find('none')).toBeUndefined()
  await expect(find('')).rejects.toMatchObject({ code: 'settings.proxy', field: 'proxy' })
  await expect(find('p.example')).rejects.toMatchObject({ code: 'settings.proxy' })
})

test('the environment before the system, and the system only on Windows and macOS', async () => {
  const set = around('win32', WINDOWS, { ALL_PROXY: 'http://env.example' })
  expect(await set.find('system')).toMatchObject({ host: 'env.example' })
  expect(set.calls).toEqual([])
  const linux = around('linux', new Error('asked'))
  expect(await linux.find('system')).toBeUndefined()
  expect(await linux.find('environment')).toBeUndefined()
  const windows = around('win32', WINDOWS, { SystemRoot: 'D:\\Win' })
  expect(await windows.find('environment')).toBeUndefined()
  expect(await windows.find('system')).toMatchObject({ type: 'http', host: 'p.example', port: 8080 })
  expect(windows.calls).toEqual([
    ['D:\\Win\\System32\\reg.exe', ['query', 'HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings']],
  ])
  const macos = around('darwin', MACOS)
  expect(await macos.find('system')).toMatchObject({ type: 'http', host: 'p.example', port: 8080 })
  expect(macos.calls).toEqual([['/usr/sbin/scutil', ['--proxy']]])
})

test('the exceptions of the system hold, and this machine is always near', async () => {
  const { find } = around('win32', WINDOWS)
  for (const host of ['mail.near', 'localhost', '127.0.0.1', '::1'])
    expect(await find('system', { host, port: 25 })).toBeUndefined()
  expect(await find('system', { host: 'mail.far', port: 25 })).toBeDefined()
})

test('a tool that fails is an error, for not knowing is no leave to go without', async () => {
  const { find } = around('darwin', new Error('no such file'))
  await expect(find('system')).rejects.toMatchObject({
    code: 'settings.proxy-system',
    cause: { message: 'no such file' },
  })
})

test('a script is told about and not run', async () => {
  const { find } = around('darwin', '<dictionary> {\n  ProxyAutoConfigEnable : 1\n}\n')
  const events: NetEvent[] = []
  expect(await find('system', target, (event) => events.push(event))).toBeUndefined()
  expect(events).toMatchObject([{ type: 'note', text: expect.stringContaining('PAC') as string }])
})

test('a bypass entry that means nothing is an error', async () => {
  const { find } = around('linux', '')
  const proxy = { type: 'http', host: 'p.example', bypass: ['ok.example', '10.0.0.0/99'] } as const
  await expect(find(proxy)).rejects.toMatchObject({ code: 'settings.proxy', field: 'proxy.bypass[1]' })
})

test('[part of ipworks.type.Firewall.AutoDetect] [part of beyondtrust.firewall.AutoDetect] with a variable set the connection goes through that proxy, with none it is direct', async () => {
  const port = await plainServer((socket) => socket.write('220 ready\r\n'))
  const proxy = await httpProxy(() => ({ tunnel: port, early: true }))
  const names = ['SOCKS_PROXY', 'ALL_PROXY', 'HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY', 'REQUEST_METHOD']
  for (const name of names.flatMap((each) => [each, each.toLowerCase()])) vi.stubEnv(name, undefined)
  try {
    const options = { host: HOST, port, security: 'plain', timeoutMs: 20_000, resolve, proxy: 'environment' } as const
    expect(await readUntil(keep(await dial(options)), '\r\n')).toBe('220 ready\r\n')
    expect(proxy.conversations).toHaveLength(0)
    vi.stubEnv('HTTPS_PROXY', `http://127.0.0.1:${proxy.port}`)
    expect(await readUntil(keep(await dial(options)), '\r\n')).toBe('220 ready\r\n')
    expect(proxy.conversations).toHaveLength(1)
    vi.stubEnv('NO_PROXY', HOST)
    expect(await readUntil(keep(await dial(options)), '\r\n')).toBe('220 ready\r\n')
    expect(proxy.conversations).toHaveLength(1)
  } finally {
    vi.unstubAllEnvs()
  }
})
