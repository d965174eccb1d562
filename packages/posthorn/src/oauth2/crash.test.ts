import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { Folder } from '../../test/oauth2/folder.js'
import { refusal, token, TokenEndpoint } from '../../test/oauth2/token-endpoint.js'
import { FileTokenStore } from './file-token-store.js'
import { TokenManager } from './token-manager.js'

const CHILD = fileURLToPath(new URL('../../test/oauth2/crashing-child.mjs', import.meta.url))
const BUILT = new URL('../../dist/oauth2/index.js', import.meta.url).href

/** Runs a process that asks for a token; gives its steps, the token last unless it was killed. */
async function child(path: string, url: string, killAt = 0): Promise<string[]> {
  const process_ = spawn(process.execPath, [CHILD, BUILT, path, url, `${killAt}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let errors = ''
  process_.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  process_.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  await new Promise((resolve) => process_.once('close', resolve))
  expect(errors).toBe('')
  return out.trim().split('\n')
}

/** Takes each refresh token once, and while `grace` is on the one before, too. */
async function rotatingEndpoint() {
  const state = { present: 1, grace: false }
  const endpoint = await TokenEndpoint.start(({ form }) => {
    const given = Number(form.get('refresh_token')?.slice(3))
    if (given !== state.present && !(state.grace && given === state.present - 1)) return refusal('invalid_grant')
    state.present++
    return token(`access-${state.present}`, { refresh_token: `rt-${state.present}`, expires_in: 1 })
  })
  return { state, endpoint }
}

describe('a process that is killed', () => {
  it('loses no refresh token, at whatever step between the request and the use of the answer it dies', async () => {
    await using whole = await Folder.make()
    const { endpoint: first } = await rotatingEndpoint()
    const steps = await child(whole.file('tokens'), first.provider.tokenUrl)
    await first[Symbol.asyncDispose]()
    expect(steps.at(-1)).toBe('token access-2')
    const request = steps.indexOf('request') + 1
    const answer = steps.indexOf('answer') + 1
    // the key file takes its place by a rename as well: the last one is that of the tokens
    const rename = steps.lastIndexOf('rename') + 1
    expect(0 < request && request < answer && answer < rename && rename < steps.length).toBe(true)

    const lost: number[] = []
    const kills = Array.from({ length: steps.length - request }, (_, index) => request + index)
    const next = kills[Symbol.iterator]()
    const worker = async () => {
      for (const killAt of next) {
        await using folder = await Folder.make()
        const path = folder.file('tokens')
        const { endpoint, state } = await rotatingEndpoint()
        await using server = endpoint
        expect(await child(path, server.provider.tokenUrl, killAt)).toEqual(steps.slice(0, killAt))
        const recover = () =>
          new TokenManager({
            provider: server.provider,
            clientId: 'app',
            grant: { type: 'refresh-token', refreshToken: 'rt-1' },
            credential: 'box',
            store: new FileTokenStore({ path }),
          }).token()
        const strict = await recover().then(
          () => true,
          () => false,
        )
        if (strict) continue
        lost.push(killAt)
        state.grace = true
        expect((await recover()).token.reveal()).toMatch(/^access-/)
      }
    }
    await Promise.all([worker(), worker()])
    // from the server's answer to the moment the file has its name nobody can help but the provider, by its grace
    expect(lost.every((killAt) => killAt >= answer && killAt <= rename)).toBe(true)
    expect(lost.length).toBe(rename - answer + 1)
  })
})

describe('processes that share a store', () => {
  it('make one request together', async () => {
    await using folder = await Folder.make()
    await using endpoint = await TokenEndpoint.start((_, index) =>
      token(`t${index}`, { refresh_token: `rt-${index + 2}` }),
    )
    const path = folder.file('tokens')
    const all = await Promise.all(Array.from({ length: 4 }, () => child(path, endpoint.provider.tokenUrl)))
    expect(all.map((steps) => steps.at(-1))).toEqual(Array(4).fill('token t0'))
    expect(endpoint.asked).toHaveLength(1)
  })
})
