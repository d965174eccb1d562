import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SmtpClient, type Credentials } from '@posthorn/smtp'
import { checkProfile } from '@posthorn/settings'
import { readProfileFile } from '@posthorn/settings/file'
import { profileFromUrl } from './server-url.js'

/** Credentials tried in all. */
const CREDENTIALS = 10_000
const AT_ONCE = 20

/** Alphabets that passwords are made of: what people type, what programs make, and what hurts parsers. */
const ALPHABETS = [
  'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789',
  '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~abcXYZ019',
  'äöüßéèñøåłżĐњжñ漢字かなカナ한국어абв🙂🔑',
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.',
].map((alphabet) => [...alphabet])

let seed = 20_261_121
/** The same numbers each time (mulberry32): a finding can be looked at again. */
function random(limit: number): number {
  seed = (seed + 0x6d2b79f5) | 0
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
}

function secretOf(number: number): string {
  const alphabet = ALPHABETS[number % ALPHABETS.length]!
  return Array.from({ length: 10 + random(30) }, () => alphabet[random(alphabet.length)]!).join('')
}

/** Every form in which a secret could be found again. */
function formsOf(secret: string): string[] {
  const octets = Buffer.from(secret, 'utf8')
  const base64 = octets.toString('base64')
  return [
    secret,
    base64,
    base64.replace(/=+$/, ''),
    octets.toString('base64url'),
    octets.toString('hex'),
    octets.toString('hex').toUpperCase(),
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
  ]
}

/** All that can be seen of an error, its causes too. */
function seenOf(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  return [String(error), stack, JSON.stringify(error), inspect(error, { depth: 12, showHidden: true })].join('\n')
}

/** A server that repeats whatever it is told, in every form: the worst log one can have on the other side. */
class Gossip {
  #server: Server
  readonly port: number

  static async start(mechanism: string): Promise<Gossip> {
    const server = createServer((socket) => Gossip.#talk(socket, mechanism))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Gossip(server)
  }

  private constructor(server: Server) {
    this.#server = server
    this.port = (server.address() as AddressInfo).port
  }

  close(): void {
    this.#server.close()
  }

  static #talk(socket: Socket, mechanism: string): void {
    let text = ''
    let said = ''
    let challenged = 0
    socket.on('error', () => {})
    socket.write('220 gossip\r\n')
    socket.on('data', (octets) => {
      text += octets.toString('latin1')
      for (let end = text.indexOf('\r\n'); end >= 0; end = text.indexOf('\r\n')) {
        const line = text.slice(0, end)
        text = text.slice(end + 2)
        if (/^EHLO/.test(line)) socket.write(`250-gossip\r\n250 AUTH ${mechanism}\r\n`)
        else if (/^QUIT/.test(line)) socket.end('221 bye\r\n')
        else {
          said += ` ${line}`
          const answer = challenge(mechanism, challenged++)
          if (answer !== undefined && line !== '*') socket.write(`334 ${answer}\r\n`)
          else socket.write(repeated(said))
        }
      }
    })
  }
}

/** Challenges that look right, so that the exchange goes as far as it can. */
function challenge(mechanism: string, step: number): string | undefined {
  const base64 = (value: string | Buffer): string => Buffer.from(value).toString('base64')
  switch (mechanism) {
    case 'LOGIN':
      return step < 2 ? base64(step === 0 ? 'Username:' : 'Password:') : undefined
    case 'CRAM-MD5':
      return step === 0 ? base64('<1.2@gossip>') : undefined
    case 'DIGEST-MD5':
      return step === 0 ? base64('realm="gossip",nonce="abc",qop="auth",charset=utf-8,algorithm=md5-sess') : undefined
    case 'NTLM':
      return step === 0 ? base64(ntlmChallenge()) : undefined
    case 'XOAUTH2':
    case 'OAUTHBEARER':
      return step === 0 ? base64('{"status":"401","scope":"mail"}') : undefined
    default:
      return undefined
  }
}

function ntlmChallenge(): Buffer {
  const message = Buffer.alloc(56)
  message.write('NTLMSSP\0', 'latin1')
  message.writeUInt32LE(2, 8)
  message.writeUInt32LE(56, 16)
  message.writeUInt32LE(0x00008201, 20)
  randomBytes(8).copy(message, 24)
  message.writeUInt32LE(56, 44)
  return message
}

/** What was said, decoded and encoded again in all ways. */
function repeated(said: string): string {
  const words = said.split(' ').filter((word) => word.length > 3)
  const told = words.flatMap((word) => {
    const decoded = Buffer.from(word, 'base64').toString('utf8')
    const parts = decoded.split(/[\0\x01]/).flatMap((part) => [part, part.replace(/^auth=Bearer /, '')])
    return [word, ...parts].flatMap((part) => [part, ...formsOf(part)])
  })
  const shown = told.map((each) => each.replace(/[\r\n]/g, '')).filter((each) => each !== '')
  const lines = shown.flatMap((each) => each.match(/.{1,400}/gsu) ?? []).slice(0, 200)
  return `${lines.map((line) => `535-5.7.8 ${line}\r\n`).join('')}535 5.7.8 no\r\n`
}

const MECHANISMS = [
  'PLAIN',
  'LOGIN',
  'CRAM-MD5',
  'DIGEST-MD5',
  'NTLM',
  'XOAUTH2',
  'OAUTHBEARER',
  'SCRAM-SHA-256',
] as const
const TOKENS: readonly string[] = ['XOAUTH2', 'OAUTHBEARER']

describe('secrets are in nothing that anybody sees', () => {
  const servers = new Map<string, Gossip>()
  beforeAll(async () => {
    for (const mechanism of MECHANISMS) servers.set(mechanism, await Gossip.start(mechanism))
  })
  afterAll(() => {
    for (const server of servers.values()) server.close()
  })

  it(`of ${CREDENTIALS} credentials none is found in a trail or an error, in plain, base64, hex or URL form`, async () => {
    const found: string[] = []
    const tried = createHash('sha256')
    let next = 0
    const worker = async (): Promise<void> => {
      while (next < CREDENTIALS) {
        const number = next++
        const secret = secretOf(number)
        tried.update(secret)
        const mechanism = MECHANISMS[number % MECHANISMS.length]!
        const seen = await refused(servers.get(mechanism)!.port, mechanism, secret)
        for (const form of formsOf(secret)) if (seen.includes(form)) found.push(`${mechanism}: ${form}`)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
    expect(found).toEqual([])
    expect(tried.digest('hex')).toMatch(/^[0-9a-f]{64}$/)
  }, 120_000)

  it('nor in what is said about a URL or a profile that is wrong', () => {
    for (let number = 0; number < 500; number++) {
      const secret = secretOf(number)
      const broken = [
        () => profileFromUrl(`smtp://app:${secret}@relay.example/%`),
        () => profileFromUrl(`smtp://app:${encodeURIComponent(secret)}@relay.example?pool.maxConnections=x`),
        () => profileFromUrl(`smtp://app:${encodeURIComponent(secret)}@relay.example?${encodeURIComponent(secret)}=1`),
        () =>
          profileFromUrl(
            `smtp://relay.example?proxy=${encodeURIComponent(`socks9://app:${encodeURIComponent(secret)}@p`)}`,
          ),
        () => readProfileFile(`{ "relay": { "host": "h" }, "credentials": { "password": ${JSON.stringify(secret)} }`),
        () =>
          readProfileFile(
            JSON.stringify({ relay: { host: 'h', port: secret }, credentials: { user: 'a', password: secret } }),
          ),
        () => readProfileFile(JSON.stringify({ relay: { host: 'h' }, proxy: { host: 'p', pasword: secret } })),
        () => checkProfile({ relay: { host: 'h' }, credentials: { password: secret } }),
      ]
      for (const [index, each] of broken.entries()) {
        let seen = ''
        try {
          each()
        } catch (error) {
          seen = seenOf(error)
        }
        expect(seen, `case ${index} was refused`).not.toBe('')
        for (const form of formsOf(secret)) expect(seen.includes(form), `case ${index}, secret ${number}`).toBe(false)
      }
    }
  })
})

/** Logs in where it is refused, and gives all that can be seen of it. */
async function refused(port: number, mechanism: string, secret: string): Promise<string> {
  const credentials: Credentials = TOKENS.includes(mechanism)
    ? { user: 'app@example.test', accessToken: secret, mechanism }
    : { user: 'app@example.test', password: secret, mechanism }
  const client = new SmtpClient({
    ...{ host: '127.0.0.1', port, security: 'none', allowCleartextAuth: true, credentials },
    ...{ localName: 'client.example.test', timeouts: { quitMs: 20 } },
  })
  const seen: string[] = []
  client.on('trail', (event) => seen.push(JSON.stringify(event), inspect(event, { depth: 12 })))
  try {
    await client.verify()
    seen.push('accepted')
  } catch (error) {
    seen.push(seenOf(error))
  }
  await client.close({ now: true })
  seen.push(inspect(client, { depth: 12, showHidden: true }))
  return seen.join('\n')
}
