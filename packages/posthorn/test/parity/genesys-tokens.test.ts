import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tokenOptionsOf, type Profile } from '../../src/index.js'
import { TokenManager } from '../../src/oauth2/index.js'
import { token, TokenEndpoint } from '../oauth2/token-endpoint.js'
import { FROM, fromSection, LOGIN, refusedOption } from './genesys-section.js'
import { fromProduct, sent, TO_BEN } from './product-send.js'
import type { SentMail } from './sent-mail.js'

const TOKEN = 'eyJ0.very-own'
const PASSWORD = LOGIN.password
let endpoint: TokenEndpoint
beforeEach(async () => void (endpoint = await TokenEndpoint.start(() => token(TOKEN))))
afterEach(() => endpoint[Symbol.asyncDispose]())

/** Options for tokens of Microsoft, from the endpoint of the tests: `tenant-authority` may be any base of the address. */
const microsoft = () => ({
  ...{ server: 'smtp.office365.com', ...LOGIN, 'mail.smtp.auth.mechanisms': 'XOAUTH2' },
  ...{ 'client-id': 'the-app', 'directory-id': 'the-tenant', 'tenant-authority': endpoint.url },
})
const ews = () => ({
  ...microsoft(),
  ...{ 'server-type': 'EWS', server: 'https://outlook.office365.com/EWS/Exchange.asmx' },
  ...{ 'mail.smtp.auth.mechanisms': undefined, 'mail.ews.auth.mechanisms': 'XOAUTH2' },
})
const graph = () => ({
  ...microsoft(),
  'server-type': 'GRAPH',
  server: undefined,
  'mail.smtp.auth.mechanisms': undefined,
})
const google = () => ({
  ...microsoft(),
  server: 'smtp.gmail.com',
  'tenant-authority': 'GoogleX',
  'directory-id': undefined,
})
const SECRET = '[secret-smtp]\npassword=GOCSPX-own\n'

/** One letter to a server that takes the token. */
const sentBy = (profile: Profile): Promise<SentMail> =>
  sent(profile, {
    draft: { ...TO_BEN, from: FROM },
    auth: { user: LOGIN.user, password: TOKEN, mechanisms: ['PLAIN', 'XOAUTH2'] },
  })

/** The token request of a profile whose transport needs no mail server here. */
async function requestOf(profile: Profile): Promise<Record<string, string>> {
  expect((await new TokenManager(await tokenOptionsOf(profile)).token()).token.reveal()).toBe(TOKEN)
  return endpoint.forms.at(-1)!
}

/** The endpoint of Google cannot be said in the options; here it is that of the tests. */
const atEndpoint = (profile: Profile): Profile => ({
  ...profile,
  oauth2: { ...profile.oauth2, tokenUrl: `${endpoint.url}/google` },
})

const DELEGATED = { grant_type: 'password', username: LOGIN.user, password: PASSWORD, client_id: 'the-app' }
const OUTLOOK = 'https://outlook.office.com/.default'

describe('tokens of Microsoft', () => {
  it('log in with XOAUTH2 where mail.smtp.auth.mechanisms says so [genesys.behaviour.oauth2-switch]', async () => {
    for (const name of ['mail.smtp.auth.mechanisms', 'mail.SMTP.auth.mechanisms']) {
      const { profile } = fromSection({ ...microsoft(), 'mail.smtp.auth.mechanisms': undefined, [name]: 'XOAUTH2' })
      const { error, session, verbs } = await sentBy(profile)
      expect([error, session?.authenticated, verbs.includes('AUTH XOAUTH2')]).toEqual([undefined, LOGIN.user, true])
    }
    const { profile } = fromSection({ ...microsoft(), 'mail.smtp.auth.mechanisms': undefined })
    const asked = endpoint.asked.length
    expect((await sentBy(profile)).verbs).toContain('AUTH PLAIN')
    expect(endpoint.asked).toHaveLength(asked)
  })

  it('are asked for with id, scope and password at the address of the directory [genesys.option.client-id] [genesys.option.directory-id]', async () => {
    expect((await sentBy(fromSection(microsoft()).profile)).error).toBeUndefined()
    expect(endpoint.asked[0]).toMatchObject({ path: '/the-tenant/oauth2/v2.0/token', method: 'POST' })
    expect(endpoint.forms).toEqual([{ ...DELEGATED, scope: OUTLOOK }])
    expect(refusedOption({ ...microsoft(), 'directory-id': undefined })).toBe('import.missing directory-id')
    expect(refusedOption({ ...microsoft(), 'client-id': '' })).toBe('import.missing client-id')
    const basic = { ...microsoft(), 'mail.smtp.auth.mechanisms': undefined, 'client-id': '', 'directory-id': '' }
    expect(fromSection(basic).profile.oauth2).toBeUndefined()
  })

  it('are had by the password of the mailbox for EWS, and by the secret of the application for Graph [genesys.behaviour.microsoft-mode]', async () => {
    expect(await requestOf(fromSection(ews()).profile)).toEqual({ ...DELEGATED, scope: OUTLOOK })
    expect(await requestOf(fromSection(graph()).profile)).toEqual({
      ...{ grant_type: 'client_credentials', client_id: 'the-app', client_secret: PASSWORD },
      scope: 'https://graph.microsoft.com/.default',
    })
    expect(endpoint.asked.map(({ path }) => path)).toEqual(Array(2).fill('/the-tenant/oauth2/v2.0/token'))
  })

  it('carry the scope that is written; one of Outlook for Graph is warned of [genesys.option.scope]', async () => {
    const scope = 'https://mail.example.com/.default'
    expect((await sentBy(fromSection({ ...microsoft(), scope }).profile)).error).toBeUndefined()
    expect(endpoint.forms[0]!['scope']).toBe(scope)
    expect((await requestOf(fromSection({ ...ews(), scope }).profile))['scope']).toBe(scope)
    const wrong = fromSection({ ...graph(), scope: OUTLOOK })
    expect((await requestOf(wrong.profile))['scope']).toBe(OUTLOOK)
    expect(wrong.about('scope')[0]!.note).toContain('does not serve Graph')
    expect((await requestOf(fromSection(graph()).profile))['scope']).toBe('https://graph.microsoft.com/.default')
  })

  it('are had by client_credentials where grant-type says so, for SMTP and EWS, too [genesys.extra.grant-type]', async () => {
    const grant = { 'grant-type': 'client_credentials' }
    const wanted = { grant_type: 'client_credentials', client_id: 'the-app', client_secret: PASSWORD, scope: OUTLOOK }
    const { session } = await sentBy(fromSection({ ...microsoft(), ...grant }).profile)
    expect([session?.authenticated, endpoint.forms[0]]).toEqual([LOGIN.user, wanted])
    expect(await requestOf(fromSection({ ...ews(), ...grant }).profile)).toEqual(wanted)
  })
})

describe('tokens of Google', () => {
  it('are had by the refresh token, the id, and the secret of its section [genesys.behaviour.gmail-mode]', async () => {
    const text = readFileSync(new URL('../../../settings/test/samples/genesys/gmail.conf', import.meta.url), 'utf8')
    const { profile } = fromProduct('genesys', text)
    // overridden: the address of the token endpoint, and no TLS, because the mail server of the tests speaks none
    const { error, session, targets } = await sent(
      { ...atEndpoint(profile), security: 'none', credentials: { ...profile.credentials, allowCleartextAuth: true } },
      {
        draft: { ...TO_BEN, from: FROM },
        auth: { user: 'contact.center@example.com', password: TOKEN, mechanisms: ['XOAUTH2'] },
      },
    )
    expect([error, session?.authenticated]).toEqual([undefined, 'contact.center@example.com'])
    expect(targets).toEqual(['smtp.gmail.com:587'])
    expect(endpoint.asked.map(({ path }) => path)).toEqual(['/google'])
    expect(endpoint.forms).toEqual([
      {
        ...{ grant_type: 'refresh_token', refresh_token: '1//0Geheim-refresh' },
        ...{ client_id: '1234567890-abc.apps.googleusercontent.com', client_secret: 'GOCSPX-Geheim' },
      },
    ])
  })

  it('are chosen by the word in tenant-authority; any other is the base of the address [genesys.option.tenant-authority]', async () => {
    const addressOf = async (profile: Profile) => (await tokenOptionsOf(profile)).provider?.tokenUrl
    for (const authority of ['GoogleX', 'https://accounts.google.com/o/oauth2', 'https://login.gOOgle.example'])
      expect(await addressOf(fromSection({ ...google(), 'tenant-authority': authority }, SECRET).profile)).toBe(
        'https://oauth2.googleapis.com/token',
      )
    expect(await addressOf(fromSection({ ...microsoft(), 'tenant-authority': undefined }).profile)).toBe(
      'https://login.microsoftonline.com/the-tenant/oauth2/v2.0/token',
    )
    expect((await sentBy(fromSection(microsoft()).profile)).error).toBeUndefined()
    expect(endpoint.asked[0]!.path).toBe('/the-tenant/oauth2/v2.0/token')
    const basic = { ...google(), 'mail.smtp.auth.mechanisms': undefined }
    expect(fromSection(basic, SECRET).about('tenant-authority')).toMatchObject([{ verdict: 'ignored' }])
  })
})

describe('the option password', () => {
  it('ends up where the mode has use for it [genesys.option.password]', async () => {
    const basic = fromSection({ server: 'relay.example.com', ...LOGIN }).profile
    const auth = { user: LOGIN.user, password: PASSWORD }
    const { session } = await sent(basic, { draft: { ...TO_BEN, from: FROM }, auth })
    expect([session?.authenticated, endpoint.asked]).toEqual([LOGIN.user, []])
    const requests = [
      await requestOf(fromSection(ews()).profile),
      await requestOf(atEndpoint(fromSection(google(), SECRET).profile)),
      await requestOf(fromSection(graph()).profile),
    ]
    const places = requests.map((form) => Object.entries(form).filter(([, value]) => value === PASSWORD))
    expect(places).toEqual([[['password', PASSWORD]], [['refresh_token', PASSWORD]], [['client_secret', PASSWORD]]])
    const off = fromSection({ server: 'relay.example.com', ...LOGIN, 'enable-authentication': 'false' }).profile
    expect((await sent(off, { draft: { ...TO_BEN, from: FROM } })).verbs).not.toContain('AUTH')
  })
})
