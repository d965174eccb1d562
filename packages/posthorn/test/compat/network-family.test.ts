import { lookup } from 'node:dns/promises'
import { createServer, Socket, type AddressInfo, type Server } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import type { SMTP } from '../../src/compat/ipworks/index.js'
import { component, failure } from './component.js'

vi.mock('node:dns/promises', async (original) => ({ ...(await original<object>()), lookup: vi.fn() }))

/** A machine without IPv6 cannot connect to ::1, and shows only that it was tried. */
const HAS_IPV6 = Object.values(networkInterfaces()).some((each) => each?.some(({ address }) => address === '::1'))
const FOUND = { 4: { address: '127.0.0.1', family: 4 }, 6: { address: '::1', family: 6 } } as const

let names: Record<string, readonly (4 | 6)[]> = {}
/** The families that were asked for, in their order. */
let asked: number[] = []
beforeEach(() => {
  names = { 'both.test': [4, 6], 'four.test': [4] }
  asked = []
  vi.mocked(lookup).mockImplementation((async (host: string, { family }: { readonly family: number }) => {
    asked.push(family)
    const found = (names[host] ?? []).filter((each) => family === 0 || each === family)
    if (found.length === 0) throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' })
    return found.map((each) => FOUND[each])
  }) as never)
  // two addresses of one name are tried side by side once the first takes its time, which it does not
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => void vi.useRealTimers())

async function listening(address: string, port = 0): Promise<Server | undefined> {
  const server = createServer((socket) => {
    socket.on('error', () => {}).write('220 relay\r\n')
    socket.on(
      'data',
      (octets) => void socket.write(octets.toString().startsWith('QUIT') ? '221 bye\r\n' : '250 ok\r\n'),
    )
    socket.on('end', () => socket.end())
  })
  server.listen(port, address)
  const opened = await new Promise((resolve) =>
    server.once('listening', () => resolve(true)).once('error', () => resolve(false)),
  )
  if (!opened) return undefined
  onTestFinished(() => void server.close())
  return server
}

/** A port on which both addresses listen, or the one of IPv4 alone. */
async function relay(both: boolean): Promise<number> {
  for (;;) {
    const port = ((await listening('127.0.0.1'))!.address() as AddressInfo).port
    if (!both || !HAS_IPV6 || (await listening('::1', port))) return port
  }
}

/** Where the connection went, and what was tried on the way. */
async function reached(port: number, host: string, mode: string) {
  const opened = vi.spyOn(Socket.prototype, 'connect')
  onTestFinished(() => void opened.mockRestore())
  const smtp: SMTP = component({ port })
  smtp.mailServer = host
  if (mode !== '') smtp.config(`UseIPv6=${mode}`)
  const error = await smtp.connect().then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  const tried = (opened.mock.calls as unknown as [[{ readonly host: string }]][]).map(([[{ host }]]) => host)
  const sockets = opened.mock.contexts as Socket[]
  const at = sockets.find((socket) => socket.remoteAddress !== undefined)?.remoteAddress
  if (!error) await smtp.disconnect()
  opened.mockRestore()
  return { error, tried, at }
}

test('[ipworks.config.UseIPv6] a name with both addresses: 0 takes the one of IPv4, 1 the one of IPv6, 2 the one of IPv6 or else the other', async () => {
  expect(component().config('UseIPv6')).toBe('0')
  const port = await relay(true)
  for (const mode of ['', '0'])
    expect(await reached(port, 'both.test', mode)).toMatchObject({ tried: ['127.0.0.1'], at: '127.0.0.1' })
  const six = HAS_IPV6 ? { tried: ['::1'], at: '::1' } : { tried: ['::1'], error: { code: 10_049 } }
  expect(await reached(port, 'both.test', '1')).toMatchObject(six)
  expect(await reached(port, 'both.test', '2')).toMatchObject(HAS_IPV6 ? six : { tried: ['::1', '127.0.0.1'] })
  const onlyFour = await relay(false)
  expect(await reached(onlyFour, 'both.test', '2')).toMatchObject({ tried: ['::1', '127.0.0.1'], at: '127.0.0.1' })
})

test('[part of ipworks.config.UseIPv6] a name without IPv6: 2 falls back, 1 does not', async () => {
  const port = await relay(false)
  expect(await reached(port, 'four.test', '2')).toMatchObject({ tried: ['127.0.0.1'], at: '127.0.0.1' })
  const smtp = component({ port })
  smtp.mailServer = 'four.test'
  smtp.config('UseIPv6=1')
  expect(await failure(smtp.connect())).toMatchObject({ code: 11_001 })
  expect(asked).toEqual([0, 6])
})

test('[part of ipworks.config.UseIPv6] its values by number and by name, and an IPv6 address that says it itself', async () => {
  const smtp = component()
  expect(smtp.config('UseIPv6=2')).toBe('2')
  expect(smtp.config('UseIPv6=IPv6 only')).toBe('1')
  for (const wrong of ['3', 'True', ''])
    expect(() => smtp.config(`UseIPv6=${wrong}`)).toThrow(/UseIPv6 must be one of 0/)
  const port = await relay(true)
  const literal = await reached(port, '[::1]', '')
  expect(literal).toMatchObject(HAS_IPV6 ? { at: '::1' } : { tried: ['::1'] })
})
