import { createHash, X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { certificates, ScramServer } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import type { PosthornError, SmtpOptions } from '../src/index.js'
import { AuthServer, type AuthDialogue, type AuthScript } from './auth-server.js'
import { clientFor } from './support.js'

const credentials = { user: 'alice', password: 'Wonder-7land' }
const WELCOME = '235 2.7.0 welcome'

/** SCRAM-SHA-256 with and without -PLUS; knows these bindings. @returns what it said in the end, and the header it saw */
async function scram(
  { mechanism, initial, ask, socket }: AuthDialogue,
  certificate: string,
  known: readonly string[],
  seen: string[],
): Promise<string> {
  const server = new ScramServer('sha256', credentials.password)
  const first = server.first(initial!.toString())
  seen.push(server.header)
  const type = /^p=([^,]*)/.exec(server.header)?.[1]
  if (type !== undefined && !known.includes(type))
    return (await ask('e=unsupported-channel-binding-type')) ? '535 5.7.8 no' : '501 no'
  expect(type !== undefined).toBe(mechanism.endsWith('-PLUS'))
  const octets =
    type === 'tls-exporter'
      ? (socket as TLSSocket).exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0))
      : createHash('sha256').update(new X509Certificate(certificate).raw).digest()
  const answer = await ask(first)
  let final: string
  try {
    final = server.final(answer!.toString(), type === undefined ? undefined : octets)
  } catch (error) {
    return (await ask(`e=${(error as Error).message}`)) ? '535 5.7.8 no' : '501 no'
  }
  return (await ask(final))?.length === 0 ? WELCOME : '501 no'
}

async function login(
  offers: string,
  auth: AuthScript,
  more: { maxVersion?: 'TLSv1.2'; options?: Partial<SmtpOptions> } = {},
) {
  const { good, ca } = await certificates()
  const { maxVersion, options } = more
  await using server = await AuthServer.start({ offers, auth, tls: { ...good, ...(maxVersion ? { maxVersion } : {}) } })
  await using client = clientFor(server, { security: 'implicit', tls: { ca }, credentials, ...options })
  const error = await client.verify().then(
    () => undefined,
    (reason: unknown) => reason as PosthornError,
  )
  expect(server.errors).toEqual([])
  return { error, tried: [...server.tried] }
}

const BOTH = 'SCRAM-SHA-256 SCRAM-SHA-256-PLUS PLAIN'
const EVERY = ['tls-exporter', 'tls-server-end-point']

describe('a login bound to its TLS session', () => {
  it('goes first, by tls-exporter on TLS 1.3', async () => {
    const { good } = await certificates()
    const seen: string[] = []
    const { error, tried } = await login(BOTH, (dialogue) => scram(dialogue, good.cert, EVERY, seen))
    expect(error).toBeUndefined()
    expect(tried).toEqual(['SCRAM-SHA-256-PLUS'])
    expect(seen).toEqual(['p=tls-exporter,,'])
  })

  it('by tls-server-end-point on TLS 1.2', async () => {
    const { good } = await certificates()
    const seen: string[] = []
    const { error } = await login(BOTH, (dialogue) => scram(dialogue, good.cert, EVERY, seen), {
      maxVersion: 'TLSv1.2',
    })
    expect(error).toBeUndefined()
    expect(seen).toEqual(['p=tls-server-end-point,,'])
  })

  it('tries the other kind when the server does not know the first', async () => {
    const { good } = await certificates()
    const seen: string[] = []
    const { error, tried } = await login(BOTH, (dialogue) => scram(dialogue, good.cert, ['tls-server-end-point'], seen))
    expect(error).toBeUndefined()
    expect(seen).toEqual(['p=tls-exporter,,', 'p=tls-server-end-point,,'])
    expect(tried).toEqual(['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256-PLUS'])
  })

  it('says y to a server that does not offer it, n when it was left out by name', async () => {
    const { good } = await certificates()
    const seen: string[] = []
    const auth: AuthScript = (dialogue) => scram(dialogue, good.cert, EVERY, seen)
    await login('SCRAM-SHA-256', auth)
    await login(BOTH, auth, { options: { mechanisms: ['SCRAM-SHA-256'] } })
    expect(seen).toEqual(['y,,', 'n,,'])
  })

  it('is not followed by anything weaker when the server sees another TLS session', async () => {
    const { error, tried } = await login(BOTH, async ({ initial, ask }) => {
      const server = new ScramServer('sha256', credentials.password)
      await ask(server.first(initial!.toString()))
      return (await ask('e=channel-bindings-dont-match')) ? '535 5.7.8 no' : '501 no'
    })
    expect(error).toMatchObject({ code: 'smtp.auth.refused', outcome: 'permanent' })
    expect(error!.message).toContain('channel-bindings-dont-match')
    expect(error!.hint).toContain('-PLUS')
    expect(tried).toEqual(['SCRAM-SHA-256-PLUS'])
  })
})

describe('a bound login that is refused without a reason', () => {
  const refusing: AuthScript = ({ mechanism }) => (mechanism.endsWith('-PLUS') ? '535 5.7.8 no' : WELCOME)
  const OFFERS = 'SCRAM-SHA-1-PLUS SCRAM-SHA-256-PLUS DIGEST-MD5 SCRAM-SHA-256 PLAIN'

  it('is followed by others: the password may be kept in another form only', async () => {
    const { error, tried } = await login('SCRAM-SHA-256-PLUS PLAIN', refusing)
    expect(error).toBeUndefined()
    expect(tried).toEqual(['SCRAM-SHA-256-PLUS', 'PLAIN'])
  })

  it("is followed by bound ones only under minimumAuthStrength 'mutual'", async () => {
    const { error, tried } = await login(OFFERS, refusing, { options: { minimumAuthStrength: 'mutual' } })
    expect(error).toMatchObject({ code: 'smtp.auth.refused', reply: { code: 535 } })
    expect(error!.hint).toContain('nothing unbound follows')
    expect(tried).toEqual(['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-1-PLUS'])
  })

  it('is followed by what the caller has named', async () => {
    const mechanisms = ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256']
    const { tried } = await login(OFFERS, refusing, { options: { minimumAuthStrength: 'mutual', mechanisms } })
    expect(tried).toEqual(mechanisms)
  })
})

it.each([
  ['any password', credentials],
  ['a password with words of it', { ...credentials, password: 'Channel-Support7' }],
])(
  'a server that has offered -PLUS, says it, and was not heard to: nothing is told it any more (RFC 5802 6), %s',
  async (_, given) => {
    const { good, ca } = await certificates()
    await using server = await AuthServer.start({
      offers: 'SCRAM-SHA-256 PLAIN',
      tls: good,
      auth: async ({ mechanism, initial, ask }) => {
        if (mechanism === 'PLAIN') return WELCOME
        expect(initial?.toString()).toMatch(/^y,,/)
        await ask('e=server-does-support-channel-binding')
        return '535 5.7.8 no'
      },
    })
    await using client = clientFor(server, { security: 'implicit', tls: { ca }, credentials: given })
    for (let time = 0; time < 2; time++) {
      await expect(client.verify()).rejects.toMatchObject({ code: 'smtp.auth.downgraded', outcome: 'permanent' })
    }
    expect(server.tried).toEqual(['SCRAM-SHA-256'])
    expect(server.errors).toEqual([])
  },
)

describe('NTLM under TLS', () => {
  it('tells the server which certificate it sees', async () => {
    const { good } = await certificates()
    const info = Buffer.from([2, 0, 2, 0, 65, 0, 7, 0, 8, 0, 0, 144, 211, 54, 183, 52, 195, 1, 0, 0, 0, 0])
    const challenge = Buffer.alloc(48)
    challenge.write('NTLMSSP\0\x02', 'latin1')
    challenge.writeUInt32LE(0x00880201, 20)
    challenge.fill(7, 24, 32)
    challenge.writeUInt16LE(info.length, 40)
    challenge.writeUInt32LE(48, 44)
    const { error } = await login('NTLM', async ({ ask }) => {
      const answer = (await ask(Buffer.concat([challenge, info])))!
      const name = Buffer.from('SMTP/127.0.0.1', 'utf16le')
      const binding = Buffer.concat([
        Buffer.from('tls-server-end-point:'),
        createHash('sha256').update(new X509Certificate(good.cert).raw).digest(),
      ])
      const length = Buffer.alloc(4)
      length.writeUInt32LE(binding.length)
      const hash = createHash('md5').update(Buffer.alloc(16)).update(length).update(binding).digest()
      expect(answer.includes(name)).toBe(true)
      expect(answer.includes(hash)).toBe(true)
      return WELCOME
    })
    expect(error).toBeUndefined()
  })
})

describe('432, a password transition (RFC 4954 6)', () => {
  it('is made by PLAIN, under TLS', async () => {
    const { error, tried } = await login('CRAM-MD5 LOGIN PLAIN', ({ mechanism }) =>
      mechanism === 'PLAIN' ? WELCOME : '432 4.7.12 once by PLAIN',
    )
    expect(error).toBeUndefined()
    expect(tried).toEqual(['CRAM-MD5', 'PLAIN'])
  })
})
