import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { expectNoSecret, rejection } from '../../test/oauth2/rejection.js'
import { TestClock } from '../../test/oauth2/test-clock.js'
import { refusal, token, TokenEndpoint, type Answer } from '../../test/oauth2/token-endpoint.js'
import { cleaned } from './cleaned.js'
import { tokenSource } from './token-source.js'
import type { TokenOptions } from './token-options.js'

async function refused(answer: Answer, more: Partial<TokenOptions> = {}) {
  await using endpoint = await TokenEndpoint.start(() => answer)
  const { provider } = endpoint
  const grant = { type: 'client-credentials' } as const
  return await rejection(tokenSource({ provider, grant, clientId: 'a', clock: new TestClock(), ...more })())
}

const aadsts = (number: number, error = 'invalid_client') =>
  refusal(error, `AADSTS${number}: Something went wrong. Trace ID: 0 Correlation ID: 1`, { error_codes: [number] })

describe('a refusal of the token endpoint', () => {
  it.each([
    ['invalid_client', 'oauth2.invalid-client', 'permanent'],
    ['invalid_grant', 'oauth2.invalid-grant', 'permanent'],
    ['invalid_scope', 'oauth2.invalid-scope', 'permanent'],
    ['consent_required', 'oauth2.consent-needed', 'permanent'],
    ['interaction_required', 'oauth2.interaction-needed', 'permanent'],
    ['access_denied', 'oauth2.denied', 'permanent'],
    ['unauthorized_client', 'oauth2.refused', 'permanent'],
    ['unsupported_grant_type', 'oauth2.refused', 'permanent'],
    ['temporarily_unavailable', 'oauth2.unavailable', 'transient'],
    ['constructor', 'oauth2.refused', 'permanent'],
  ])('%s is %s, %s, and says what the provider said', async (error, code, outcome) => {
    const thrown = await refused(refusal(error, 'for a reason'))
    expect(thrown).toMatchObject({ name: 'ApiError', code, outcome, phase: 'auth' })
    expect(thrown.message).toMatch(
      new RegExp(`^the token endpoint of 127\\.0\\.0\\.1:\\d+ refused \\(${error}\\) for a reason$`),
    )
    expect(thrown.hint).toBeTruthy()
  })

  it.each([
    [7000215, 'invalid_client', 'oauth2.invalid-client', /client secret is wrong.*Value/],
    [700016, 'unauthorized_client', 'oauth2.invalid-client', /not known in this tenant/],
    [90002, 'invalid_request', 'oauth2.invalid-client', /tenant was not found/],
    [50126, 'invalid_grant', 'oauth2.invalid-grant', /password is wrong/],
    [65001, 'invalid_grant', 'oauth2.consent-needed', /agree/],
    [70011, 'invalid_scope', 'oauth2.invalid-scope', /scope/],
    [1002012, 'invalid_scope', 'oauth2.invalid-scope', /\/\.default/],
    [50076, 'invalid_grant', 'oauth2.interaction-needed', /second factor/],
    [700082, 'invalid_grant', 'oauth2.invalid-grant', /Sign in again/],
  ])('AADSTS%i tells what to do', async (number, error, code, hint) => {
    const thrown = await refused(aadsts(number, error))
    expect(thrown).toMatchObject({ code })
    expect(thrown.hint).toMatch(hint)
    expect(thrown.message).toContain(`AADSTS${number}`)
  })

  it('is told by Microsoft’s text alone, too', async () => {
    const thrown = await refused(refusal('invalid_client', 'AADSTS7000215: Invalid client secret provided.'))
    expect(thrown.hint).toMatch(/client secret is wrong/)
  })

  it('is one even with status 200', async () => {
    expect(await refused({ json: { error: 'invalid_client' } })).toMatchObject({ code: 'oauth2.invalid-client' })
  })

  it.each([
    [{ status: 503, text: '<html>' }, 'oauth2.unavailable', 'transient'],
    [{ status: 429, text: '' }, 'oauth2.unavailable', 'transient'],
    [{ status: 401, text: '' }, 'oauth2.invalid-client', 'permanent'],
    [{ status: 404, text: 'nothing here' }, 'oauth2.refused', 'permanent'],
    [{ status: 302, text: '', headers: { Location: 'https://elsewhere.test/' } }, 'oauth2.response', 'permanent'],
    [{ text: '<html>sign in to the network' }, 'oauth2.response', 'permanent'],
    [{ json: [] }, 'oauth2.response', 'permanent'],
    [{ json: { token_type: 'Bearer' } }, 'oauth2.response', 'permanent'],
    [{ json: { access_token: 'x', token_type: 'mac' } }, 'oauth2.response', 'permanent'],
    [{ json: { access_token: 'x\r\ny', token_type: 'Bearer' } }, 'oauth2.response', 'permanent'],
  ] as [Answer, string, string][])('%j is %s', async (answer, code, outcome) => {
    expect(await refused(answer)).toMatchObject({ code, outcome })
  })

  it('does not take an answer without end', async () => {
    expect(await refused({ text: ' '.repeat(1_100_000) })).toMatchObject({ code: 'oauth2.response' })
  })

  it('never shows a secret that the provider repeats, whichever way it is written', async () => {
    const secret = 's3cr3t+/=ö&x'
    const forms = [
      secret,
      encodeURIComponent(secret),
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('hex'),
    ]
    const description = `no such secret: ${forms.join(' , ')}`
    for (const clientSecretMethod of ['basic', 'post'] as const) {
      const thrown = await refused(refusal('invalid_client', description), { clientSecret: secret, clientSecretMethod })
      expect(thrown.message).toContain('no such secret: [secret] , [secret] , [secret] , [secret]')
      expectNoSecret(thrown, [secret])
    }
    const grant = { type: 'password', user: 'u', password: 'hunter2hunter2' } as const
    const thrown = await refused(refusal('invalid_grant', 'hunter2hunter2 is wrong'), { grant })
    expectNoSecret(thrown, ['hunter2hunter2'])
  })

  it('shows none of many random secrets, in errors, causes and events, when everything sent comes back', async () => {
    const echo: typeof globalThis.fetch = async (_, init) => {
      const body = new URLSearchParams(init?.body as string)
      const basic = Buffer.from(new Headers(init?.headers).get('authorization')?.slice(6) ?? '', 'base64').toString()
      const error_description = [init?.body as string, ...body.values(), basic, JSON.stringify(init?.headers)].join(' ')
      return Response.json({ error: 'invalid_client', error_description }, { status: 400 })
    }
    const secret = fc.string({ minLength: 8, maxLength: 600, unit: 'grapheme' }).filter((text) => text.trim() === text)
    await fc.assert(
      fc.asyncProperty(
        secret,
        secret,
        fc.constantFrom('basic', 'post'),
        async (clientSecret, password, clientSecretMethod) => {
          const events: unknown[] = []
          const source = tokenSource({
            provider: { tokenUrl: 'https://login.example.test/token' },
            clientId: 'a',
            clientSecret,
            clientSecretMethod,
            grant: { type: 'password', user: 'u', password },
            onEvent: (event) => events.push(event),
            fetch: echo,
          })
          const thrown = await rejection(source())
          expectNoSecret(thrown, [clientSecret, password])
          expectNoSecret(events, [clientSecret, password])
        },
      ),
      { numRuns: 300 },
    )
  })

  it('is cut and cleaned: nobody forges a line in a log', async () => {
    const thrown = await refused(refusal('invalid_client\nx', `a\r\n250 ok\u001b[31m\u202e${'y'.repeat(5000)}`))
    expect(thrown.message).not.toMatch(/[\r\n\u001b\u202e]/)
    expect(thrown.message.length).toBeLessThan(600)
  })

  it('tells that the clocks differ', async () => {
    const answer = { ...(refusal('invalid_grant') as object), headers: { Date: 'Thu, 01 Jan 2026 00:10:00 GMT' } }
    const thrown = await refused(answer)
    expect(thrown.hint).toContain("This machine's clock is 600 s behind the provider's.")
  })
})

describe('the road to the token endpoint', () => {
  it('[part of genesys.behaviour.http-timeouts] ends in time when nothing is answered', async () => {
    const thrown = await refused('hold', { web: { timeoutMs: 50 } })
    expect(thrown).toMatchObject({ code: 'oauth2.timeout', outcome: 'transient' })
  })

  it('says that nobody is there', async () => {
    const endpoint = await TokenEndpoint.start(() => 'hold')
    const { provider } = endpoint
    await endpoint[Symbol.asyncDispose]()
    const grant = { type: 'client-credentials' } as const
    const thrown = await rejection(tokenSource({ provider, grant, clientId: 'a', clientSecret: 'geheim' })())
    expect(thrown).toMatchObject({ code: 'oauth2.unreachable', outcome: 'transient' })
    expect(thrown.message).toContain('ECONNREFUSED')
    expectNoSecret(thrown, ['geheim'])
  })

  it('leads through the proxy that web names, and tells its refusal from the provider’s', async () => {
    await using proxy = await TokenEndpoint.start((_, index) =>
      index === 0 ? token('t') : { status: 407, text: '', headers: { 'Proxy-Authenticate': 'Basic realm="x"' } },
    )
    const provider = { tokenUrl: 'http://127.0.0.1:9/token' } // nothing answers there
    const road = { proxy: { type: 'http', host: '127.0.0.1', port: Number(new URL(proxy.url).port) } } as const
    const options = { provider, clientId: 'a', grant: { type: 'client-credentials' }, web: road } as const
    expect(await tokenSource(options)()).toMatchObject({ token: expect.anything() as unknown })
    expect(proxy.asked[0]?.path).toBe('http://127.0.0.1:9/token')
    const thrown = await rejection(tokenSource(options)())
    expect(thrown.code).toBe('oauth2.unreachable')
    expect(thrown.message).toMatch(/proxy/)
    expect(thrown.hint).toMatch(/proxy|password/i)
  })
})

describe('cleaned', () => {
  it('hides the longest form first, so that no piece is left', () => {
    expect(cleaned('ab abcd', ['ab', 'abcd'])).toBe('[secret] [secret]')
  })

  const secret = 'p@ss/w\u00f6rd~Secret-0123456789'
  const base64 = (before: string) => Buffer.from(before + secret).toString('base64')
  it.each([
    ['in small and capital letters', secret.toUpperCase(), ''],
    ['in URL form with small digits', encodeURIComponent(secret).toLowerCase(), ''],
    ['cut off', `${secret.slice(0, 12)}...`, '...'],
    ['without its beginning', `...${secret.slice(-9)}`, '...'],
    ['over two lines', `${secret.slice(0, 5)}\r\n ${secret.slice(5)}`, ''],
    ['in base64 behind a name', `${base64('u:').slice(4, 24)}.`, '.'],
    ['in base64 behind a longer name', `${base64('app').slice(6, 30)}.`, '.'],
  ])('hides a secret %s', (_, said, left) => {
    const shown = cleaned(`bad: <${said}>`, [secret])
    expect(shown.replace('[secret]', '')).toBe(`bad: <${left}>`)
  })

  it('leaves a text alone that has nothing of it', () => {
    expect(cleaned('The client secret is wrong: pass the Value', [secret])).toBe(
      'The client secret is wrong: pass the Value',
    )
  })
})

describe('what a request carries besides', () => {
  it('is hidden, but for what the provider must be able to name', async () => {
    const said = 'no KEY-12345 for https://api.example.test, nor subject-token-77'
    const thrown = await refused(refusal('invalid_target', said), {
      parameters: {
        api_key: 'KEY-12345',
        audience: 'https://api.example.test',
        subject_token: 'subject-token-77',
        v: '2',
      },
    })
    expect(thrown.message).toMatch(/ no \[secret\] for https:\/\/api\.example\.test, nor \[secret\]$/)
  })
})
