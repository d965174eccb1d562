import { ApiError, Secret, SettingsError } from '@posthorn/ground'
import { SinkServer } from '@posthorn/testkit'
import type { TokenSource } from '@posthorn/smtp'
import { describe, expect, it } from 'vitest'
import { refusal, TokenEndpoint } from '../../test/oauth2/token-endpoint.js'
import { tokenSource } from '../oauth2/token-source.js'
import { diagnose } from './diagnose.js'

const TOKEN = 'tok-Never-In-Sight'

/** Logs in with a token at a server that takes none. */
async function diagnosed(accessToken: TokenSource | string, patienceMs = 3_000) {
  await using server = await SinkServer.start({
    auth: { user: 'app', password: 'another', mechanisms: ['XOAUTH2'] },
  })
  const smtp = {
    ...({ host: '127.0.0.1', port: server.port, security: 'none', allowCleartextAuth: true } as const),
    credentials: { user: 'app', accessToken },
  }
  const found = await diagnose({ smtp }, { patienceMs })
  expect(JSON.stringify(found)).not.toContain(TOKEN)
  return found.findings[0]!
}

const facts = { phase: 'auth', outcome: 'permanent', hint: 'Do the one thing that helps.' } as const

describe('diagnose, about access tokens', () => {
  it('tells a token that does not come from a server that is busy', async () => {
    const finding = await diagnosed(() => new Promise(() => {}), 200)
    expect(finding).toMatchObject({ code: 'token.no-answer', step: 'auth', severity: 'error' })
  })

  it('tells it, too, when the function gives up with the login', async () => {
    const gone: TokenSource = (request) =>
      new Promise((_, reject) => request!.signal!.addEventListener('abort', () => reject(new Error('gone'))))
    expect(await diagnosed(gone, 200)).toMatchObject({ code: 'token.no-answer' })
  })

  it('does not ask for a token again, and waits for none that does not come', async () => {
    let asked = 0
    const source: TokenSource = () => (++asked <= 2 ? Promise.resolve(`${TOKEN}-${asked}`) : new Promise(() => {}))
    expect(await diagnosed(source)).toMatchObject({ code: 'token.refused' })
    expect(asked).toBe(2) // the login, and once more in place of the refused one
  })

  it('reads the very token that was refused', async () => {
    const claims = { exp: 1 }
    const jwt = ['{"alg":"none"}', JSON.stringify(claims), 'sig']
      .map((part) => Buffer.from(part).toString('base64url'))
      .join('.')
    const finding = await diagnosed(() => Promise.resolve({ token: new Secret(jwt) }))
    expect(finding).toMatchObject({ code: 'token.expired' })
    expect(finding.evidence).toContain('the token ended 1970')
  })

  it.each([
    ['oauth2.rejected', 'token.refused'],
    ['oauth2.invalid-client', 'token.invalid-client'],
    ['oauth2.invalid-scope', 'token.scope-refused'],
    ['oauth2.invalid-grant', 'token.sign-in-needed'],
    ['oauth2.interaction-needed', 'token.sign-in-needed'],
    ['oauth2.timeout', 'token.no-answer'],
    ['oauth2.unreachable', 'token.provider-unreachable'],
    ['oauth2.store-damaged', 'token.store'],
    ['oauth2.refused', 'token.not-to-be-had'],
  ])('finds %s behind an error of the login, however deep: %s', async (code, diagnosis) => {
    const said = new ApiError(code, 'the provider says why', facts)
    for (const error of [said, new Error('mine', { cause: new Error('and mine', { cause: said }) })]) {
      const finding = await diagnosed(() => Promise.reject(error))
      expect(finding).toMatchObject({ code: diagnosis, step: 'auth', nextStep: facts.hint })
      expect(finding.evidence).toContain(`the provider says why [${code}]`)
      expect(finding.evidence).not.toContain('mine')
    }
  })

  it('names the setting that is wrong', async () => {
    const wrong = new SettingsError('oauth2.service-account', 'grant.key', 'cannot be read')
    expect(await diagnosed(() => Promise.reject(wrong))).toMatchObject({ code: 'settings.invalid' })
  })

  it('repeats the sentence of a real provider', async () => {
    await using endpoint = await TokenEndpoint.start(() => refusal('invalid_client', 'no such application here'))
    const { provider } = endpoint
    const finding = await diagnosed(tokenSource({ provider, clientId: 'app', grant: { type: 'client-credentials' } }))
    expect(finding).toMatchObject({ code: 'token.invalid-client' })
    expect(finding.evidence).toMatch(/\(invalid_client\) no such application here \[oauth2\.invalid-client\]$/)
  })

  it('says of anything else only that there is no token', async () => {
    const finding = await diagnosed(() => Promise.reject(new Error(TOKEN)))
    expect(finding).toMatchObject({ code: 'token.not-to-be-had' })
  })
})
