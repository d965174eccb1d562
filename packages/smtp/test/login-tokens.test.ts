import { once } from 'node:events'
import { Secret } from '@posthorn/ground'
import { afterEach, describe, expect, it } from 'vitest'
import type { PosthornError, SmtpClient, SmtpOptions, TokenSource, TrailEvent } from '../src/index.js'
import { AuthServer, type AuthScript } from './auth-server.js'
import { clientFor } from './support.js'

const FAILURE = '{"status":"invalid_token","scope":"mail.send"}'

const clients: SmtpClient[] = []
const trails: TrailEvent[] = []
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close({ now: true })
  expect(JSON.stringify(trails.splice(0))).not.toMatch(/token-\d|dG9rZW4t/)
})

function client(server: AuthServer, accessToken: string | TokenSource, options: Partial<SmtpOptions> = {}): SmtpClient {
  const made = clientFor(server, {
    credentials: { user: 'alice', accessToken },
    allowCleartextAuth: true,
    deadlineMs: 10_000,
    ...options,
  })
  made.on('trail', (event) => trails.push(event))
  clients.push(made)
  return made
}

async function failing(doing: Promise<unknown>): Promise<PosthornError> {
  return doing.then(
    () => expect.fail('it should have failed'),
    (error: unknown) => error as PosthornError,
  )
}

/** The tokens that were sent, in order. */
function bearers(server: AuthServer): string[] {
  return server.lines
    .filter((line) => line.startsWith('AUTH'))
    .map((line) => /Bearer ([^\x01]*)/.exec(Buffer.from(line.split(' ')[2]!, 'base64').toString())![1]!)
}

/** Takes one token, and tells of others as RFC 7628 wants it. */
const takes =
  (token: string): AuthScript =>
  async ({ initial, ask, mechanism }) => {
    if (initial!.toString().includes(`Bearer ${token}\x01`)) return '235 2.7.0 welcome'
    const answer = await ask(FAILURE)
    expect(answer).toEqual(mechanism === 'XOAUTH2' ? Buffer.alloc(0) : Buffer.from([1]))
    return '535 5.7.8 no'
  }

/** A source that counts up, and remembers how it was asked. */
function counting(asked: (string | undefined)[] = [], give = (count: number) => `token-${count}`): TokenSource {
  let count = 0
  return async ({ rejected } = {}) => {
    asked.push(rejected?.reveal())
    return give(++count)
  }
}

describe('a token that is refused', () => {
  it.each(['XOAUTH2', 'OAUTHBEARER'])(
    '%s: is asked anew once, on the same session [part of beyondtrust.server.auth.XOAUTH2] [part of ipworks.prop.AuthMechanism]',
    async (offers) => {
      const asked: (string | undefined)[] = []
      await using server = await AuthServer.start({ offers, auth: takes('token-2') })
      await client(server, counting(asked)).verify()
      expect(asked).toEqual([undefined, 'token-1'])
      expect(bearers(server)).toEqual(['token-1', 'token-2'])
      expect(server.sessions).toBe(1)
      expect(server.errors).toEqual([])
    },
  )

  it('after a second refusal the other mechanism has one try with the same token, and that is the end', async () => {
    const asked: (string | undefined)[] = []
    await using server = await AuthServer.start({ offers: 'XOAUTH2 OAUTHBEARER', auth: takes('never') })
    const error = await failing(client(server, counting(asked)).verify())
    expect(error).toMatchObject({ code: 'smtp.auth.refused', outcome: 'permanent', reply: { code: 535 } })
    expect(error.message).toContain('status invalid_token, scope mail.send')
    expect(asked).toEqual([undefined, 'token-1'])
    expect(server.tried).toEqual(['OAUTHBEARER', 'OAUTHBEARER', 'XOAUTH2'])
    expect(bearers(server)).toEqual(['token-1', 'token-2', 'token-2'])
  })

  it('a source that gives the same again is not asked a third time, and nothing is sent', async () => {
    const asked: (string | undefined)[] = []
    await using server = await AuthServer.start({ offers: 'XOAUTH2', auth: takes('never') })
    const error = await failing(
      client(
        server,
        counting(asked, () => 'token-1'),
      ).verify(),
    )
    expect(error.hint).toContain('gives the same one again')
    expect(asked).toEqual([undefined, 'token-1'])
    expect(bearers(server)).toEqual(['token-1'])
  })

  it.each(['token-1', 'token-2'])(
    'a server that takes it by XOAUTH2 only is got into, whether the source gives the same again or not (%s)',
    async (second) => {
      const asked: (string | undefined)[] = []
      await using server = await AuthServer.start({
        offers: 'OAUTHBEARER XOAUTH2',
        auth: ({ mechanism }) => (mechanism === 'XOAUTH2' ? '235 ok' : '535 5.7.8 no'),
      })
      const one = client(
        server,
        counting(asked, (count) => (count === 1 ? 'token-1' : second)),
      )
      await one.verify()
      expect(asked).toEqual([undefined, 'token-1'])
      expect(server.tried.at(-1)).toBe('XOAUTH2')
    },
  )

  it('that the same came again is said behind the last mechanism, too', async () => {
    await using server = await AuthServer.start({ offers: 'OAUTHBEARER XOAUTH2', auth: takes('never') })
    const error = await failing(
      client(
        server,
        counting([], () => 'token-1'),
      ).verify(),
    )
    expect(error.hint).toContain('gives the same one again')
    expect(server.tried).toEqual(['OAUTHBEARER', 'XOAUTH2'])
  })

  it('a token with a line end from a function is not sent, and not shown', async () => {
    await using server = await AuthServer.start({ offers: 'XOAUTH2', auth: takes('never') })
    const error = await failing(client(server, async () => 'token-1\n').verify())
    expect(error).toMatchObject({ code: 'smtp.auth.token', cause: { code: 'credentials.control-character' } })
    expect(error.message).toContain('holds a line end')
    expect(error.message + error.hint).not.toContain('token-1')
    expect(server.tried).toEqual([])
  })

  it('a fixed token is not renewed; the other mechanism is tried with it', async () => {
    await using server = await AuthServer.start({ offers: 'XOAUTH2 OAUTHBEARER', auth: takes('never') })
    await failing(client(server, 'token-1').verify())
    expect(server.tried).toEqual(['OAUTHBEARER', 'XOAUTH2'])
  })

  it('535 without a reason renews too; 4yz and 504 do not', async () => {
    const asked: (string | undefined)[] = []
    const replies = ['535 5.7.3 no', '235 ok', '454 4.7.0 later', '504 5.5.4 unknown']
    await using server = await AuthServer.start({ offers: 'XOAUTH2', auth: ({ number }) => replies[number - 1]! })
    const source = counting(asked)
    await client(server, source).verify()
    await failing(client(server, source).verify())
    await failing(client(server, source).verify())
    expect(asked).toEqual([undefined, 'token-1', undefined, undefined])
  })

  it('many sessions at once ask for one new token between them', async () => {
    const asked: (string | undefined)[] = []
    let first = 0
    const source: TokenSource = async ({ rejected } = {}) => {
      asked.push(rejected?.reveal())
      return rejected ? 'token-2' : (first++, 'token-1')
    }
    await using server = await AuthServer.start({ offers: 'XOAUTH2', auth: takes('token-2') })
    const pool = client(server, source)
    await Promise.all(Array.from({ length: 8 }, () => pool.verify()))
    expect(first).toBe(8)
    expect(asked.filter((token) => token !== undefined)).toEqual(['token-1'])
    await pool.verify() // a source that still gives the old one: the renewed token is at hand
    expect(asked.filter((token) => token !== undefined)).toEqual(['token-1'])
  })

  it('when the renewed token is refused later, the next login asks again', async () => {
    const asked: (string | undefined)[] = []
    let renewals = 0
    const source: TokenSource = async ({ rejected } = {}) => {
      asked.push(rejected?.reveal())
      return rejected ? `token-${++renewals + 1}` : 'token-1'
    }
    let good = 'token-2'
    await using server = await AuthServer.start({ offers: 'XOAUTH2', auth: (dialogue) => takes(good)(dialogue) })
    const one = client(server, source)
    await one.verify()
    good = 'token-3'
    await failing(one.verify())
    await one.verify()
    expect(bearers(server)).toEqual(['token-1', 'token-2', 'token-1', 'token-2', 'token-1', 'token-3'])
  })

  it('a server that hangs up with its refusal: the token is renewed, and the error says that another try may work', async () => {
    const asked: (string | undefined)[] = []
    await using server = await AuthServer.start({
      offers: 'XOAUTH2',
      auth: ({ number, socket }) => {
        if (number > 1) return '235 ok'
        socket.end('535 5.7.8 bad token\r\n421 4.7.0 bye\r\n')
        return 'close'
      },
    })
    const error = await failing(
      client(server, async (request) => {
        asked.push(request?.rejected?.reveal())
        if (!request?.rejected) return 'token-1'
        return 'token-2'
      }).verify(),
    )
    expect(error).toMatchObject({ code: 'smtp.auth.refused', outcome: 'transient', reply: { code: 535 } })
    expect(error.hint).toContain('try again')
    expect(asked).toEqual([undefined, 'token-1'])
  })

  it('the source may give a Secret, and its end; the token that is used counts', async () => {
    await using server = await AuthServer.start({ offers: 'XOAUTH2', auth: takes('token-2') })
    const tokens = [
      { token: new Secret('token-1'), expiresAt: new Date(0) },
      { token: 'token-2', expiresAt: Date.now() + 3_600_000 },
    ]
    const one = client(server, async () => tokens.shift()!)
    await one.send({
      envelope: { reversePath: 'a@example.test', recipients: ['b@example.test'] },
      content: 'Subject: x\r\n\r\n',
    })
    await one.send({
      envelope: { reversePath: 'a@example.test', recipients: ['b@example.test'] },
      content: 'Subject: x\r\n\r\n',
    })
    expect(server.sessions).toBe(1)
  })

  it('a failing renewal is told as such, with its cause', async () => {
    await using server = await AuthServer.start({ offers: 'XOAUTH2', auth: takes('never') })
    const error = await failing(
      client(server, async ({ rejected } = {}) => {
        if (rejected) throw new Error('the identity provider is down')
        return 'token-1'
      }).verify(),
    )
    expect(error).toMatchObject({
      code: 'smtp.auth.token',
      outcome: 'transient',
      cause: { message: 'the identity provider is down' },
    })
  })

  it('an empty token is none', async () => {
    await using server = await AuthServer.start({ offers: 'XOAUTH2', auth: takes('never') })
    expect(await failing(client(server, async () => '').verify())).toMatchObject({ code: 'smtp.auth.token' })
    expect(server.tried).toEqual([])
  })

  it('a renewal ends with the login that waits for it: abort, deadline, the time allowed', async () => {
    const signals: AbortSignal[] = []
    const hangs: TokenSource = async ({ rejected, signal } = {}) => {
      if (!rejected) return 'token-1'
      signals.push(signal!)
      return new Promise(() => {})
    }
    await using server = await AuthServer.start({ offers: 'XOAUTH2', auth: takes('never') })
    const controller = new AbortController()
    const aborting = failing(client(server, hangs).verify({ signal: controller.signal }))
    while (signals.length < 1) await new Promise((resolve) => setImmediate(resolve))
    controller.abort(new Error('enough'))
    expect(await aborting).toMatchObject({ code: 'aborted' })
    if (!signals[0]!.aborted) await once(signals[0]!, 'abort')
    expect(await failing(client(server, hangs).verify({ deadlineMs: 50 }))).toMatchObject({ code: 'deadline.exceeded' })
    expect(await failing(client(server, hangs, { timeouts: { idleMs: 50 } }).verify())).toMatchObject({
      code: 'smtp.timeout',
    })
  })

  it('the first token is asked for with a signal that ends with the session', async () => {
    const signals: AbortSignal[] = []
    await using server = await AuthServer.start({ offers: 'XOAUTH2', auth: takes('token-1') })
    await client(server, async ({ signal } = {}) => {
      signals.push(signal!)
      return 'token-1'
    }).verify()
    expect(signals[0]!.aborted).toBe(true)
  })
})

describe('a token function', () => {
  it('is no silence of the server: a renewal has the time of the first fetch', async () => {
    await using server = await AuthServer.start({ offers: 'XOAUTH2', auth: takes('token-2') })
    let count = 0
    const source: TokenSource = async () => {
      count++
      if (count > 1) await new Promise((resolve) => setTimeout(resolve, 40))
      return `token-${count}`
    }
    // the servers of this process answer at once; the function takes longer than the silence that is allowed
    await client(server, source, { timeouts: { silentMs: 20 } }).verify()
    expect(count).toBe(2)
  })
})
