import { createHash } from 'node:crypto'
import type { Socket } from 'node:net'
import { speak, type Conversation, type Ledger } from './conversation.js'
import { good, plainServer, tlsServer } from './server.js'

type Listen = (onConnection: (socket: Socket) => void) => Promise<number>

export const plain: Listen = (onConnection) => plainServer(onConnection)
export const secure: Listen = (onConnection) => tlsServer(good, onConnection)

export interface HttpRequest {
  readonly line: string
  /** Names in lower case. */
  readonly fields: ReadonlyMap<string, string>
  readonly authorization: string
}

/** What the proxy does with a request: says something and goes on, joins the client with a port, or hangs up. */
export interface Reaction {
  readonly say?: string
  readonly tunnel?: number
  /** What the server says first comes in one packet with the consent. */
  readonly early?: boolean
  readonly consent?: string
  readonly end?: boolean
}

export const CONSENT = 'HTTP/1.1 200 Connection established\r\n\r\n'

/** An HTTP proxy for CONNECT. */
export function httpProxy(
  react: (request: HttpRequest, connection: number, conversation: Conversation) => Reaction | Promise<Reaction>,
  listen: Listen = plain,
): Promise<Ledger> {
  return speak(listen, async (conversation, connection) => {
    for (;;) {
      const [line = '', ...fields] = (await conversation.takeTo('\r\n\r\n')).trimEnd().split('\r\n')
      const byName = new Map(
        fields.map((field): [string, string] => {
          const colon = field.indexOf(':')
          return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()]
        }),
      )
      const authorization = byName.get('proxy-authorization') ?? ''
      const reaction = await react({ line, fields: byName, authorization }, connection, conversation)
      if (reaction.say !== undefined) conversation.say(reaction.say)
      if (reaction.end) return void conversation.socket.end()
      if (reaction.tunnel !== undefined) {
        return conversation.tunnel(reaction.tunnel, reaction.consent ?? CONSENT, reaction.early)
      }
    }
  })
}

/** A 407 with the given challenges; it keeps the connection unless told otherwise. */
export function unauthorized(challenges: readonly string[], { close = false, body = 'log in' } = {}): string {
  return [
    'HTTP/1.1 407 Proxy Authentication Required',
    ...challenges.map((challenge) => `Proxy-Authenticate: ${challenge}`),
    ...(close ? ['Connection: close'] : []),
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n')
}

/** Checks the answer to a Digest challenge the other way round than it is made: from the fields of the answer. */
export function digestHolds(authorization: string, password: string, user: string, method = 'CONNECT'): boolean {
  const fields = new Map(
    [...authorization.matchAll(/(\w+)=(?:"([^"]*)"|([^\s,]+))/g)].map((each) => [each[1], each[2] ?? each[3] ?? '']),
  )
  const get = (name: string) => fields.get(name) ?? ''
  const algorithm = get('algorithm').toUpperCase()
  const hash = algorithm.startsWith('SHA-256') ? 'sha256' : 'md5'
  const h = (text: string) => createHash(hash).update(text).digest('hex')
  const key = h(`${user}:${get('realm')}:${password}`)
  const a1 = algorithm.endsWith('-SESS') ? h(`${key}:${get('nonce')}:${get('cnonce')}`) : key
  const middle = get('qop') ? `${get('nonce')}:${get('nc')}:${get('cnonce')}:${get('qop')}` : get('nonce')
  return get('username') === user && get('response') === h(`${a1}:${middle}:${h(`${method}:${get('uri')}`)}`)
}

/** What a SOCKS request asked for. */
export interface SocksRequest {
  readonly host: string
  readonly port: number
  /** Of SOCKS 5: 1 IPv4, 3 name, 4 IPv6. */
  readonly addressType: number
  /** User id, or user and password. */
  readonly user: string
  readonly password: string
}

export interface SocksRules {
  /** Where an allowed connection leads. */
  readonly onward?: number
  readonly early?: boolean
  /** The reply to the request in place of consent. */
  readonly refuse?: (request: SocksRequest) => number | undefined
  /** SOCKS 5: the method that is chosen; default: 2 when it is offered, else 0. */
  readonly method?: (offered: readonly number[]) => number
  readonly password?: string
}

export interface SocksLedger extends Ledger {
  readonly requests: readonly SocksRequest[]
}

/** A proxy for SOCKS 4 and 4a. */
export async function socks4Proxy(rules: SocksRules): Promise<SocksLedger> {
  const requests: SocksRequest[] = []
  const ledger = await speak(plain, async (conversation) => {
    const head = await conversation.take(8)
    const port = head.readUInt16BE(2)
    const address = [...head.subarray(4)]
    const user = (await conversation.takeTo('\0')).slice(0, -1)
    const named = address.slice(0, 3).every((octet) => octet === 0) && address[3] !== 0
    const host = named ? (await conversation.takeTo('\0')).slice(0, -1) : address.join('.')
    const request = { host, port, addressType: named ? 3 : 1, user, password: '' }
    requests.push(request)
    const code = rules.refuse?.(request)
    if (code !== undefined) return conversation.say([0, code, 0, 0, 0, 0, 0, 0])
    return conversation.tunnel(rules.onward ?? 0, [0, 90, 0, 0, 0, 0, 0, 0], rules.early)
  })
  return { ...ledger, requests }
}

/** A proxy for SOCKS 5. */
export async function socks5Proxy(rules: SocksRules): Promise<SocksLedger> {
  const requests: SocksRequest[] = []
  const ledger = await speak(plain, async (conversation) => {
    const [, count = 0] = await conversation.take(2)
    const offered = [...(await conversation.take(count))]
    const method = rules.method ? rules.method(offered) : offered.includes(2) ? 2 : 0
    conversation.say([5, method])
    let [user, password] = ['', '']
    if (method === 2) {
      const [, length = 0] = await conversation.take(2)
      user = (await conversation.take(length)).toString()
      const [secretLength = 0] = await conversation.take(1)
      password = (await conversation.take(secretLength)).toString()
      const status = password === (rules.password ?? '') ? 0 : 1
      conversation.say([1, status])
      if (status !== 0) return void conversation.socket.end()
    }
    const [, , , addressType = 0] = await conversation.take(4)
    const host = await hostOf(conversation, addressType)
    const request = { host, port: (await conversation.take(2)).readUInt16BE(), addressType, user, password }
    requests.push(request)
    const code = rules.refuse?.(request)
    if (code !== undefined) return conversation.say([5, code, 0, 1, 0, 0, 0, 0, 0, 0])
    return conversation.tunnel(rules.onward ?? 0, [5, 0, 0, 1, 127, 0, 0, 1, 0, 25], rules.early)
  })
  return { ...ledger, requests }
}

async function hostOf(conversation: Conversation, addressType: number): Promise<string> {
  if (addressType === 1) return [...(await conversation.take(4))].join('.')
  if (addressType === 4) return (await conversation.take(16)).toString('hex')
  const [length = 0] = await conversation.take(1)
  return (await conversation.take(length)).toString()
}

/** A server that says something at once, whatever it is asked. */
export function speakTo(octets: string): Promise<number> {
  return plainServer((socket) => socket.write(Buffer.from(octets, 'latin1')))
}
