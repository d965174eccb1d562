import { request, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { writeFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Folder } from '../../test/oauth2/folder.js'
import { expectNoSecret, rejection } from '../../test/oauth2/rejection.js'
import { refusal, token, TokenEndpoint } from '../../test/oauth2/token-endpoint.js'
import { systemClock } from './clock.js'
import { FileTokenStore } from './file-token-store.js'
import type { BrowserSignIn } from './grant.js'
import { MemoryTokenStore } from './memory-token-store.js'
import { TokenManager } from './token-manager.js'
import type { TokenOptions } from './token-options.js'

interface Page {
  readonly status: number
  readonly text: string
  readonly headers: IncomingMessage['headers']
}

/** A browser that goes where it is told. */
function get(url: string, options: { method?: string; headers?: Record<string, string> } = {}): Promise<Page> {
  return new Promise((resolve, reject) => {
    request(url, { agent: false, ...options }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece))
      response.on('end', () => resolve({ status: response.statusCode!, text, headers: response.headers }))
    })
      .on('error', reject)
      .end()
  })
}

/** Where the provider sends the browser back to. */
function back(authorization: string, answer: Record<string, string> = { code: 'the-code' }): string {
  const asked = new URL(authorization).searchParams
  const url = new URL(asked.get('redirect_uri')!)
  for (const [name, value] of Object.entries({ state: asked.get('state')!, ...answer }))
    url.searchParams.set(name, value)
  return url.href
}

function manager(endpoint: TokenEndpoint, browser: BrowserSignIn, more: Partial<TokenOptions> = {}): TokenManager {
  return new TokenManager({
    provider: endpoint.provider,
    clientId: 'app',
    scope: 'mail offline_access',
    grant: { type: 'authorization-code', browser },
    credential: 'box',
    ...more,
  })
}

describe('signing in with a browser', () => {
  it('[part of beyondtrust.oauth2.ServerAuthURL] [part of beyondtrust.oauth2.GetAuthentication] asks for a code with PKCE and state, exchanges it, and stores what it gives', async () => {
    await using endpoint = await TokenEndpoint.start(() => token('t', { refresh_token: 'rt' }))
    const store = new MemoryTokenStore()
    const seen: string[] = []
    let page: Promise<Page> | undefined
    const open = (url: string) => {
      seen.push(url)
      page = get(back(url))
    }
    const m = manager(endpoint, { open }, { store })
    expect((await m.token()).token.reveal()).toBe('t')
    const asked = Object.fromEntries(new URL(seen[0]!).searchParams)
    expect(seen[0]).toMatch(`${endpoint.provider.authorizationUrl}?`)
    expect(asked).toMatchObject({
      response_type: 'code',
      client_id: 'app',
      scope: 'mail offline_access',
      code_challenge_method: 'S256',
    })
    expect(asked['redirect_uri']).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    const [form] = endpoint.forms
    expect(form).toMatchObject({
      grant_type: 'authorization_code',
      code: 'the-code',
      redirect_uri: asked['redirect_uri'],
      client_id: 'app',
    })
    expect(createHash('sha256').update(form!['code_verifier']!).digest('base64url')).toBe(asked['code_challenge'])
    expect((await store.read('box'))?.refreshToken?.reveal()).toBe('rt')
    const { status, text, headers } = await page!
    expect(status).toBe(200)
    expect(text).toContain('The sign-in is complete')
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      connection: 'close',
    })
    expect(headers['content-security-policy']).toContain("default-src 'none'")
    await expect(get(asked['redirect_uri']!)).rejects.toThrow('ECONNREFUSED')
  })

  it('[part of beyondtrust.oauth2.HideBrowserResponse] hides the page after success, and shows errors all the same', async () => {
    await using endpoint = await TokenEndpoint.start((_, index) =>
      index === 0 ? token('t') : refusal('invalid_grant', 'too <late>'),
    )
    const pages: Promise<Page>[] = []
    const open = (url: string) => void pages.push(get(back(url)))
    await manager(endpoint, { open, hideResponse: true }).signIn()
    const hidden = await pages[0]!
    expect(hidden.status).toBe(200)
    expect(hidden.text).toContain('window.close()')
    expect(hidden.text).not.toContain('<p>')
    expect(await rejection(manager(endpoint, { open, hideResponse: true }).signIn())).toMatchObject({
      code: 'oauth2.invalid-grant',
    })
    const shown = await pages[1]!
    expect(shown.status).toBe(502)
    expect(shown.text).toContain('too &#60;late&#62;')
    expect(shown.text).not.toContain('<late>')
  })

  it('shows the error of the provider, and stores nothing', async () => {
    await using endpoint = await TokenEndpoint.start(() => token('t'))
    const store = new MemoryTokenStore()
    let page: Promise<Page> | undefined
    const answer = { error: 'access_denied', error_description: 'The person said no' }
    const open = (url: string) => void (page = get(back(url, answer)))
    const error = await rejection(manager(endpoint, { open }, { store }).token())
    expect(error).toMatchObject({ code: 'oauth2.denied' })
    expect(error.message).toContain('(access_denied) The person said no')
    expect((await page!).text).toContain('The person said no')
    expect(await store.read('box')).toBeUndefined()
    expect(endpoint.asked).toEqual([])
  })

  it('[part of beyondtrust.oauth2.GetAuthentication] refuses hostile requests and wrong states, which do not end it', async () => {
    await using endpoint = await TokenEndpoint.start(() => token('t'))
    const store = new MemoryTokenStore()
    const statuses: number[] = []
    const open = async (url: string) => {
      const good = back(url)
      const { origin, port } = new URL(good)
      const tries: [string, Parameters<typeof get>[1]?][] = [
        [`${origin}/favicon.ico`],
        [`${origin}/callback/../etc/passwd?${new URL(good).search}`],
        [back(url, { state: 'forged' })],
        [back(url, { state: '' })],
        [`${good}&state=second`],
        [`${origin}/callback`],
        [good, { method: 'POST' }],
        [good, { headers: { Host: `evil.example:${port}` } }],
        [`${good}&pad=${'x'.repeat(20_000)}`],
      ]
      for (const [where, how] of tries) {
        statuses.push((await get(where, how)).status)
        expect(await store.read('box')).toBeUndefined()
      }
      await new Promise<void>((resolve) => {
        const socket = connect(Number(port), '127.0.0.1', () => socket.write('\x16\x03\x01 nonsense\r\n\r\n'))
        socket.on('close', () => resolve()).on('error', () => {})
        socket.resume()
      })
      await get(good)
    }
    await manager(endpoint, { open, path: '/callback' }, { store }).signIn()
    expect(statuses).toEqual([404, 404, 400, 400, 400, 400, 400, 400, 431])
    expect((await store.read('box'))?.accessToken?.reveal()).toBe('t')
    expect(endpoint.asked).toHaveLength(1)
  })

  it('takes a code once', async () => {
    const pages: Promise<Page>[] = []
    await using endpoint = await TokenEndpoint.start(async () => {
      await Promise.race(pages) // the other one is refused while this one is exchanged
      return token('t')
    })
    const open = (url: string) => void pages.push(get(back(url)), get(back(url)))
    await manager(endpoint, { open }).signIn()
    expect((await Promise.all(pages)).map(({ status }) => status).sort()).toEqual([200, 404])
    expect(endpoint.asked).toHaveLength(1)
  })

  it('checks the issuer of the answer when it knows it (RFC 9207)', async () => {
    await using endpoint = await TokenEndpoint.start(() => token('t'))
    const provider = { ...endpoint.provider, issuer: 'https://good.example' }
    const wrong = (url: string) => void get(back(url, { code: 'c', iss: 'https://evil.example' })).catch(() => {})
    expect(await rejection(manager(endpoint, { open: wrong }, { provider }).signIn())).toMatchObject({
      code: 'oauth2.issuer',
    })
    expect(endpoint.asked).toEqual([])
    const right = (url: string) => void get(back(url, { code: 'c', iss: 'https://good.example' })).catch(() => {})
    await manager(endpoint, { open: right }, { provider }).signIn()
    expect(endpoint.asked).toHaveLength(1)
  })

  it('ends with the time allowed, with an abort, and when the browser does not open', async () => {
    await using endpoint = await TokenEndpoint.start(() => token('t'))
    // no time passes: the wait is over when the browser "was opened"
    let opened = () => {}
    const now = new Promise<void>((resolve) => (opened = resolve))
    const clock = { ...systemClock, wait: () => now }
    const late = async (url: string) => {
      await get(back(url, { state: 'forged' }))
      opened()
    }
    const error = await rejection(manager(endpoint, { open: late }, { clock }).signIn())
    expect(error).toMatchObject({ code: 'oauth2.timeout' })
    expect(error.message).toContain('1 answers with a wrong state were refused')
    const leaving = new AbortController()
    const open = () => leaving.abort(new Error('enough'))
    await expect(manager(endpoint, { open }).signIn({ signal: leaving.signal })).rejects.toThrow('enough')
    const broken = () => Promise.reject(new Error('no display'))
    expect(await rejection(manager(endpoint, { open: broken }).signIn())).toMatchObject({ code: 'oauth2.browser' })
  })

  it('says that a port is taken', async () => {
    await using endpoint = await TokenEndpoint.start(() => token('t'))
    const port = Number(new URL(endpoint.url).port)
    const error = await rejection(manager(endpoint, { open: () => {}, port }).signIn())
    expect(error).toMatchObject({ code: 'oauth2.redirect-port' })
  })

  it('goes on by the refresh token, and asks again only when that is refused', async () => {
    const answers = [
      token('t0', { refresh_token: 'rt-1', expires_in: 1 }),
      token('t1', { refresh_token: 'rt-2', expires_in: 1 }),
      refusal('invalid_grant'),
      refusal('invalid_grant'),
      token('t4'),
    ]
    await using endpoint = await TokenEndpoint.start((_, index) => answers[index]!)
    let opened = 0
    let time = 0
    const clock = { ...systemClock, now: () => time }
    const open = (url: string) => {
      opened++
      void get(back(url))
    }
    const m = manager(endpoint, { open }, { clock })
    const given: string[] = []
    for (let round = 0; round < 3; round++) {
      given.push((await m.token()).token.reveal())
      time += 10_000
    }
    expect(given).toEqual(['t0', 't1', 't4'])
    expect(opened).toBe(2)
  })

  it('does not open a browser when none was given: somebody has to sign in elsewhere first', async () => {
    await using endpoint = await TokenEndpoint.start(() => token('t', { refresh_token: 'rt' }))
    const store = new MemoryTokenStore()
    const quiet = manager(endpoint, { open: () => {} }, { store, grant: { type: 'authorization-code' } })
    expect(await rejection(quiet.token())).toMatchObject({ code: 'oauth2.interaction-needed', outcome: 'permanent' })
    const open = (url: string) => void get(back(url))
    await manager(endpoint, { open }, { store }).signIn()
    expect((await quiet.token()).token.reveal()).toBe('t')
  })

  it('asks nobody when what is given could not be stored', async () => {
    await using endpoint = await TokenEndpoint.start(() => token('t'))
    await using folder = await Folder.make()
    await writeFile(folder.file('tokens'), 'damaged')
    const store = new FileTokenStore({ path: folder.file('tokens') })
    const seen: string[] = []
    const m = manager(endpoint, { open: (url) => void seen.push(url) }, { store })
    expect(await rejection(m.signIn())).toMatchObject({ code: 'oauth2.store-damaged' })
    const redirectUri = 'https://mail.example.test/oauth2/done'
    expect(await rejection(m.beginSignIn({ redirectUri }))).toMatchObject({ code: 'oauth2.store-damaged' })
    expect([seen, endpoint.asked]).toEqual([[], []])
  })

  it('does not run out of time while the code is exchanged for one who came in time', async () => {
    let late = () => {}
    const elapsed = new Promise<void>((resolve) => (late = resolve))
    await using endpoint = await TokenEndpoint.start(async () => {
      late()
      await new Promise((resolve) => setImmediate(resolve)) // whoever waits for the time learns of it first
      return token('t')
    })
    const clock = { ...systemClock, wait: () => elapsed }
    const store = new MemoryTokenStore()
    const m = manager(endpoint, { open: (url) => void get(back(url)).catch(() => {}) }, { store, clock })
    await m.signIn()
    expect((await store.read('box'))?.accessToken?.reveal()).toBe('t')
  })

  it('can end at an address that somebody else serves', async () => {
    await using endpoint = await TokenEndpoint.start(() => token('t'))
    const m = manager(endpoint, { open: () => {} })
    const begun = await m.beginSignIn({ redirectUri: 'https://mail.example.test/oauth2/done' })
    expect(new URL(begun.url).searchParams.get('redirect_uri')).toBe('https://mail.example.test/oauth2/done')
    const forged = back(begun.url, { code: 'c', state: 'other' })
    expect(await rejection(begun.finish(forged))).toMatchObject({ code: 'oauth2.state' })
    expect(endpoint.asked).toEqual([])
    await begun.finish(back(begun.url, { code: 'the-secret-code' }))
    expect((await m.token()).token.reveal()).toBe('t')
    expect(endpoint.asked).toHaveLength(1)
  })

  it('shows no code, verifier or token in an error', async () => {
    await using endpoint = await TokenEndpoint.start(({ form }) =>
      refusal('invalid_grant', `code ${form.get('code')} and verifier ${form.get('code_verifier')}`),
    )
    const open = (url: string) => void get(back(url, { code: 'the-secret-code' })).catch(() => {})
    const error = await rejection(manager(endpoint, { open }).signIn())
    expect(error.message).toContain('code [secret] and verifier [secret]')
    expectNoSecret(error, ['the-secret-code', endpoint.forms[0]!['code_verifier']!])
  })
})
