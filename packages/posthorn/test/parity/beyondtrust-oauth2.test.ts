import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { request } from 'node:http'
import type { Configuration } from 'oidc-provider'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Mailer, PosthornError, type Profile, type ProfileTerms } from '../../src/index.js'
import { leadTo } from '../one-send.js'
import { Folder } from '../oauth2/folder.js'
import { OpenIdProvider, ScriptedBrowser } from '../oauth2/openid-provider.js'
import { refusal, token, TokenEndpoint } from '../oauth2/token-endpoint.js'
import { fromDialog, refusedField, type Fields } from './beyondtrust-dialog.js'
import { LineServer } from './line-server.js'
import { fromProduct, TO_BEN } from './product-send.js'

afterEach(() => vi.restoreAllMocks())

interface Page {
  readonly status: number
  readonly text: string
}

/** A browser that goes where it is told. */
function get(url: string): Promise<Page> {
  return new Promise((resolve, reject) => {
    request(url, { agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece))
      response.on('end', () => resolve({ status: response.statusCode!, text }))
    })
      .on('error', reject)
      .end()
  })
}

/** Where a provider sends the browser back to. */
function back(authorization: string, answer: Readonly<Record<string, string>> = { code: 'the-code' }): string {
  const asked = new URL(authorization).searchParams
  const url = new URL(asked.get('redirect_uri')!)
  for (const [name, value] of Object.entries({ state: asked.get('state')!, ...answer }))
    url.searchParams.set(name, value)
  return url.href
}

const SECRET = 'GOCSPX-very-own'
/** The tab filled in for a provider of the tests; https is for every other one. */
const tab = (url: string, more: Fields = {}): Fields => ({
  ...{ AuthenticationMethod: 'XOAUTH2', ChannelEncryption: 'NONE', UserName: 'pi@example.com' },
  ...{ ClientId: 'app', ClientSecret: SECRET, AuthorizationScope: 'mail offline_access' },
  ...{ ServerAuthURL: `${url}/authorize`, ServerTokenURL: `${url}/token` },
  ...more,
})

/** What began it: the mail server is told of one thing, the provider of another. */
function first(reason: unknown): Error & { readonly code: string } {
  const error = reason as Error & { readonly code: string }
  return error.cause instanceof PosthornError ? first(error.cause) : error
}

/** Whose tokens are in a store. */
const keptIn = async (store: string) =>
  Object.keys((JSON.parse(await readFile(store, 'utf8')) as { entries: object }).entries)

/** One letter by a profile that signs in; what the mail server was told. */
async function sendBy(profile: Profile, signIn: ProfileTerms['signIn']) {
  await using server = await LineServer.start({ extensions: ['AUTH XOAUTH2'] })
  const told: unknown[] = []
  const terms = signIn === undefined ? {} : { signIn }
  await using mailer = new Mailer(profile, { ...terms, smtp: { connector: leadTo(server).connector } })
  mailer.on('trail', (event) => told.push(event))
  const error = await mailer.send(TO_BEN).then(
    () => undefined,
    (reason: unknown) => first(reason),
  )
  const [auth = ''] = server.lines.filter((line) => line.startsWith('AUTH'))
  return { error, auth: Buffer.from(auth.split(' ')[2] ?? '', 'base64').toString(), lines: server.lines, told }
}

describe('the tab OAUTH2', () => {
  it('is what the browser and the token endpoint are asked with; the secret is seen by the latter alone [beyondtrust.oauth2.ClientId] [beyondtrust.oauth2.ClientSecret] [beyondtrust.oauth2.ServerAuthURL]', async () => {
    await using endpoint = await TokenEndpoint.start(() => token('ya29.first', { refresh_token: 'rt' }))
    const opened: string[] = []
    const open = async (url: string) => {
      opened.push(url)
      await get(back(url))
    }
    const { profile } = fromDialog(tab(endpoint.url))
    const sent = await sendBy(profile, { open })
    expect([sent.error, sent.auth]).toEqual([undefined, 'user=pi@example.com\x01auth=Bearer ya29.first\x01\x01'])
    const asked = new URL(opened[0]!)
    expect(`${asked.origin}${asked.pathname}`).toBe(`${endpoint.url}/authorize`)
    const parameters = Object.fromEntries(asked.searchParams)
    expect(parameters).toMatchObject({
      ...{ response_type: 'code', client_id: 'app', scope: 'mail offline_access', code_challenge_method: 'S256' },
      state: expect.stringMatching(/^\S{20,}$/) as unknown,
      redirect_uri: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+/) as unknown,
    })
    const [{ form, headers, path } = expect.fail('no token was asked for')] = endpoint.asked
    expect(path).toBe('/token')
    expect(Object.fromEntries(form)).toMatchObject({ grant_type: 'authorization_code', code: 'the-code' })
    const challenge = createHash('sha256').update(form.get('code_verifier')!).digest('base64url')
    expect(challenge).toBe(parameters['code_challenge'])
    const proof = Buffer.from(headers.authorization!.split(' ')[1]!, 'base64').toString()
    expect(decodeURIComponent(proof)).toBe(`app:${SECRET}`)
    const elsewhere = JSON.stringify([opened, sent.lines, sent.told, fromDialog(tab(endpoint.url)).report])
    for (const form of [
      SECRET,
      Buffer.from(SECRET).toString('base64'),
      Buffer.from(`app:${SECRET}`).toString('base64'),
    ])
      expect(elsewhere).not.toContain(form)
  })

  it('has a scope, or none [beyondtrust.oauth2.AuthorizationScope]', async () => {
    await using endpoint = await TokenEndpoint.start(() => token('t'))
    const scopes = async (AuthorizationScope: string | undefined) => {
      let opened = new URL('http://nowhere.example')
      const open = async (url: string) => {
        opened = new URL(url)
        await get(back(url))
      }
      expect(
        (await sendBy(fromDialog(tab(endpoint.url, { AuthorizationScope })).profile, { open })).error,
      ).toBeUndefined()
      return opened.searchParams.get('scope')
    }
    expect(await scopes('https://mail.google.com/ openid')).toBe('https://mail.google.com/ openid')
    for (const none of ['', undefined]) expect(await scopes(none)).toBeNull()
    expect(endpoint.forms.every((form) => !('scope' in form))).toBe(true)
  })

  it('takes http for this machine alone [beyondtrust.oauth2.ServerTokenURL]', async () => {
    for (const url of ['http://login.example.com/token', 'http://127.0.0.1.example.com/token', 'ftp://127.0.0.1/token'])
      expect(refusedField(tab('http://127.0.0.1:1', { ServerTokenURL: url }))).toBe('import.format ServerTokenURL')
    // a profile that was written by hand is held to the same
    const { profile } = fromDialog(tab('http://127.0.0.1:1'))
    const byHand = { ...profile, oauth2: { ...profile.oauth2, tokenUrl: 'http://login.example.com/token' } }
    const { error, lines } = await sendBy(byHand, {})
    expect(error).toMatchObject({ code: 'oauth2.settings', field: 'oauth2.tokenUrl' })
    expect(lines).toEqual([])
  })

  it('filled in by hand the value logs in; empty, somebody has to sign in [beyondtrust.oauth2.AuthenticationValue]', async () => {
    await using endpoint = await TokenEndpoint.start(() => token('never'))
    const byHand = fromDialog(tab(endpoint.url, { AuthenticationValue: 'ya29.by-hand' })).profile
    const sent = await sendBy(byHand, undefined)
    expect([sent.error, sent.auth]).toEqual([undefined, 'user=pi@example.com\x01auth=Bearer ya29.by-hand\x01\x01'])
    const empty = await sendBy(fromDialog(tab(endpoint.url, { AuthenticationValue: '' })).profile, undefined)
    expect([empty.error?.code, empty.auth]).toEqual(['oauth2.interaction-needed', ''])
    expect(endpoint.asked).toEqual([])
  })

  it('hides the page after a sign-in that worked, and shows errors all the same [beyondtrust.oauth2.HideBrowserResponse]', async () => {
    await using endpoint = await TokenEndpoint.start((_, index) =>
      index < 2 ? token('t') : refusal('invalid_grant', 'the code is too old'),
    )
    const page = async (HideBrowserResponse: string) => {
      let shown: Promise<Page> | undefined
      const open = (url: string) => void (shown = get(back(url)))
      await sendBy(fromDialog(tab(endpoint.url, { HideBrowserResponse })).profile, { open })
      return (await shown)!
    }
    expect((await page('No')).text).toContain('The sign-in is complete')
    const hidden = await page('Yes')
    expect(hidden.text).toContain('window.close()')
    expect(hidden.text).not.toContain('complete')
    const failed = await page('Yes')
    expect([failed.status, failed.text]).toEqual([502, expect.stringContaining('the code is too old')])
  })
})

describe('Get Authentication', () => {
  const configuration: Configuration = {
    clients: [
      {
        ...{ client_id: 'app', client_secret: SECRET, application_type: 'native' },
        ...{ grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'] },
        redirect_uris: ['http://127.0.0.1'],
      },
    ],
    scopes: ['openid', 'offline_access', 'mail'],
    issueRefreshToken: async () => true,
    cookies: { keys: ['test'] },
    ttl: { AccessToken: 600, RefreshToken: 6000, Grant: 6000, Session: 6000, Interaction: 600 },
  }

  it('signs a person in at a real provider and keeps the tokens sealed; a wrong state is refused and keeps nothing [beyondtrust.oauth2.GetAuthentication]', async () => {
    for (const name of ['info', 'warn'] as const) vi.spyOn(console, name).mockImplementation(() => {}) // it says it is for tests
    const server = await OpenIdProvider.start(configuration)
    await using folder = await Folder.make()
    try {
      const { profile: imported } = fromDialog({
        ...tab(server.issuer, { AuthorizationScope: 'openid offline_access mail' }),
        ...{ ServerAuthURL: `${server.issuer}/auth`, ServerTokenURL: `${server.issuer}/token` },
      })
      // added: the dialog has no word for where tokens are kept
      const store = folder.file('tokens')
      const profile: Profile = { ...imported, oauth2: { ...imported.oauth2, store, credential: 'pi' } }
      const forged: Page[] = []
      let page: ReturnType<ScriptedBrowser['open']> | undefined
      const open = async (url: string) => {
        forged.push(await get(back(url, { code: 'stolen', state: 'forged' })))
        expect(await keptIn(store)).toEqual([])
        page = new ScriptedBrowser().open(url)
      }
      const sent = await sendBy(profile, { open })
      expect([sent.error, forged.map(({ status }) => status)]).toEqual([undefined, [400]])
      expect((await page!).text).toContain('The sign-in is complete')
      const access = /auth=Bearer ([\w.~+/-]+)/.exec(sent.auth)![1]!
      expect(await server.provider.AccessToken.find(access)).toMatchObject({ clientId: 'app', accountId: 'ann' })
      expect(await keptIn(store)).toEqual(['pi'])
      expect(await readFile(store, 'utf8')).not.toContain(access)
      // the next process has nobody to ask, and needs nobody
      const later = await sendBy(profile, undefined)
      expect([later.error, later.auth]).toEqual([undefined, sent.auth])
    } finally {
      await server.close()
    }
  })

  it('an answer with an error is shown, and nothing is kept [part of beyondtrust.oauth2.GetAuthentication]', async () => {
    await using endpoint = await TokenEndpoint.start(() => token('t'))
    await using folder = await Folder.make()
    const { profile } = fromDialog(tab(endpoint.url))
    const store = folder.file('tokens')
    let page: Promise<Page> | undefined
    const open = (url: string) => void (page = get(back(url, { error: 'access_denied', error_description: 'Not you' })))
    const oauth2 = { ...profile.oauth2, store, credential: 'pi' }
    const { error } = await sendBy({ ...profile, oauth2 }, { open })
    expect(error).toMatchObject({ code: 'oauth2.denied' })
    expect((await page!).text).toContain('Not you')
    expect(await keptIn(store)).toEqual([])
    expect(endpoint.asked).toEqual([])
  })
})

it('the example of Gmail sends once somebody has signed in', async () => {
  const text = await readFile(
    new URL('../../../settings/test/samples/beyondtrust/profiles.json', import.meta.url),
    'utf8',
  )
  const gmail = fromProduct('beyondtrust', text).profiles.find(({ name }) => name === 'Gmail')!.profile
  await using endpoint = await TokenEndpoint.start(() => token('ya29.gmail'))
  const opened: string[] = []
  const open = async (url: string) => {
    opened.push(url)
    await get(back(url))
  }
  // overridden: the endpoint for tokens, and no TLS, because the mail server of the tests speaks none
  const profile: Profile = {
    ...gmail,
    security: 'none',
    oauth2: { ...gmail.oauth2, tokenUrl: `${endpoint.url}/token` },
  }
  const credentials = { ...gmail.credentials, allowCleartextAuth: true }
  const { error, auth } = await sendBy({ ...profile, credentials }, { open })
  expect([error, auth]).toEqual([undefined, 'user=reports@example.com\x01auth=Bearer ya29.gmail\x01\x01'])
  expect(opened[0]).toMatch(/^https:\/\/accounts\.google\.com\/o\/oauth2\/auth\?/)
  expect(new URL(opened[0]!).searchParams.get('scope')).toBe('https://mail.google.com/')
})
