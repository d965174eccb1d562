import { SettingsError } from '@posthorn/ground'
import { isIP } from 'node:net'
import type { Target } from '../../diagnosis.js'
import { authority, proxyError, type ProxyCode } from '../proxy-error.js'
import type { ProxyPlan } from '../proxy-plan.js'
import type { ProxyStream } from '../proxy-stream.js'
import { looksLike } from '../shown.js'

const VERSION = 5
const CONNECT = 1
const NO_LOGIN = 0
const PASSWORD = 2
const NONE_OF_THEM = 0xff
/** Of the negotiation within (RFC 1929); some servers write that of SOCKS into its answer. */
const PASSWORD_VERSION = 1

/** Address types, RFC 1928 5. */
const IPV4 = 1
const NAME = 3
const IPV6 = 4

type Code = Exclude<ProxyCode, 'proxy.resolve' | 'proxy.tls'>

/** The reply codes, RFC 1928 6. */
const REFUSALS: Readonly<Record<number, readonly [Code, string]>> = {
  1: ['proxy.target-unreachable', 'failed to connect to'],
  2: ['proxy.refused', 'does not allow the way to'],
  3: ['proxy.target-unreachable', 'has no network to'],
  4: ['proxy.target-unreachable', 'cannot reach, or cannot resolve,'],
  5: ['proxy.target-refused', 'was refused by'],
  6: ['proxy.target-unreachable', 'lost its packets on the way to'],
  7: ['proxy.protocol', 'does not know CONNECT, to'],
  8: ['proxy.protocol', 'does not take an address of this type:'],
}

/**
 * The dialogue of SOCKS 5, RFC 1928, with the login of RFC 1929.
 * @throws {ConnectError} `proxy.*`
 * @throws {SettingsError} `settings.host` for a name longer than the 255 octets there is room for
 */
export async function socks5(stream: ProxyStream, plan: ProxyPlan, target: Target): Promise<void> {
  const request = connectRequest(target)
  const methods = methodsOf(plan)
  stream.send(Buffer.from([VERSION, methods.length, ...methods]))
  const chosen = await versioned(stream, 2, plan)
  const method = chosen[1] ?? NONE_OF_THEM
  if (method === NONE_OF_THEM) throw noMethod(plan, methods)
  if (!methods.includes(method)) {
    throw proxyError('proxy.protocol', `the proxy ${plan.name} chooses login method ${method}, which was not offered`)
  }
  if (method === PASSWORD) await logIn(stream, plan)
  stream.send(request)
  const [, code = 0, , type = 0] = await versioned(stream, 4, plan)
  if (code !== 0) {
    const [error, what] = REFUSALS[code] ?? ['proxy.protocol', 'gives an unknown reply for']
    throw proxyError(error, `the proxy ${plan.name} ${what} ${authority(target)} (reply ${code})`)
  }
  await boundAddress(stream, type, plan)
}

/** Only what is set: a proxy that wants no login must not see one, and one that wants it must not go without when it is asked for by name. */
function methodsOf({ user, authentication }: ProxyPlan): number[] {
  if (authentication === 'password') return [PASSWORD]
  return authentication === 'none' || user === undefined ? [NO_LOGIN] : [NO_LOGIN, PASSWORD]
}

function noMethod({ name }: ProxyPlan, methods: readonly number[]) {
  return methods.includes(PASSWORD)
    ? proxyError('proxy.authentication-refused', `the proxy ${name} takes no login by user and password`)
    : proxyError('proxy.authentication-required', `the proxy ${name} wants a login, and none is set`)
}

async function logIn(stream: ProxyStream, { name, user = '', password }: ProxyPlan): Promise<void> {
  const [who, secret] = [Buffer.from(user), Buffer.from(password.reveal())]
  const message = [Buffer.from([PASSWORD_VERSION, who.length]), who, Buffer.from([secret.length]), secret]
  stream.send(Buffer.concat(message))
  const [version, status] = await stream.exactly(2)
  if (version !== PASSWORD_VERSION && version !== VERSION) {
    throw proxyError('proxy.protocol', `the proxy ${name} answers the login with version ${version}`)
  }
  if (status !== 0) {
    const message = `the proxy ${name} does not accept user and password (status ${status})`
    throw proxyError('proxy.authentication-refused', message)
  }
}

/** @throws {SettingsError} `settings.host` */
function connectRequest({ host, port }: Target): Buffer {
  const end = Buffer.from([port >> 8, port & 0xff])
  return Buffer.concat([Buffer.from([VERSION, CONNECT, 0]), addressOf(host), end])
}

function addressOf(host: string): Buffer {
  if (isIP(host) === 4) return Buffer.from([IPV4, ...host.split('.').map(Number)])
  if (isIP(host) === 6) return Buffer.from([IPV6, ...octetsOf(host)])
  const name = Buffer.from(host)
  if (name.length > 255) throw new SettingsError('settings.host', 'host', 'is longer than 255 octets')
  return Buffer.concat([Buffer.from([NAME, name.length]), name])
}

/** The sixteen octets of an IPv6 address; a zone (`%eth0`) means nothing elsewhere and is left out. */
function octetsOf(address: string): number[] {
  const plain = address.replace(/%.*$/, '').replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...parts) => {
    const [a = 0, b = 0, c = 0, d = 0] = parts.slice(0, 4).map(Number)
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
  })
  const [head = '', tail] = plain.split('::')
  const groups = (text: string) => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)))
  const [before, after] = [groups(head), groups(tail ?? '')]
  const zeros = new Array<number>(8 - before.length - after.length).fill(0)
  return [...before, ...zeros, ...after].flatMap((group) => [group >> 8, group & 0xff])
}

/** What the proxy calls its own end: read, so that what comes behind it is of the server, and not used. */
async function boundAddress(stream: ProxyStream, type: number, { name }: ProxyPlan): Promise<void> {
  if (type === NAME) {
    const [length = 0] = await stream.exactly(1)
    await stream.exactly(length + 2)
  } else if (type === IPV4 || type === IPV6) await stream.exactly((type === IPV4 ? 4 : 16) + 2)
  else throw proxyError('proxy.protocol', `the proxy ${name} answers with address type ${type}`)
}

async function versioned(stream: ProxyStream, count: number, plan: ProxyPlan): Promise<Buffer> {
  const first = await stream.exactly(1)
  if (first[0] === VERSION) return Buffer.concat([first, await stream.exactly(count - 1)])
  const what = looksLike(Buffer.concat([first, stream.rest()]), [plan.password.reveal()])
  throw proxyError('proxy.protocol', `no SOCKS 5 proxy answers at ${plan.name}, but ${what}`)
}
