import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { certificates, SinkServer } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { ended, Folder, posthorn, start } from '../test/child.js'

const SECRET = 'Client-Secret-Out-Of-Sight-1'
const TOKEN = 'Access-Token-Out-Of-Sight-2'
const REFRESH = 'Refresh-Token-Out-Of-Sight-3'

/** An authorization server that says yes: client credentials, and a sign-in that needs no person. Keeps what it was asked. */
async function provider() {
  const asked: URLSearchParams[] = []
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    if (url.pathname === '/authorize') {
      const back = new URL(url.searchParams.get('redirect_uri')!)
      back.searchParams.set('code', 'one-time')
      back.searchParams.set('state', url.searchParams.get('state')!)
      response.writeHead(302, { location: back.href }).end()
      return
    }
    void body(request).then((text) => {
      const form = new URLSearchParams(text)
      asked.push(form)
      const json = {
        access_token: TOKEN,
        token_type: 'Bearer',
        expires_in: 3600,
        ...(form.get('grant_type') === 'authorization_code' ? { refresh_token: REFRESH } : {}),
      }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(json))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { at, asked, [Symbol.dispose]: () => void server.close().closeAllConnections() }
}

async function body(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const part of request) text += String(part)
  return text
}

describe('posthorn token', () => {
  it('gets a token, says what is known of it, keeps it, and sends with it', async () => {
    using server = await provider()
    await using folder = await Folder.make()
    const tls = await certificates()
    await writeFile(folder.join('ca.pem'), tls.ca)
    await writeFile(folder.join('secret.txt'), `${SECRET}\n`)
    await writeFile(
      folder.join('oauth2.json'),
      JSON.stringify({
        ...{ tokenUrl: `${server.at}/token`, clientId: 'app', clientSecretFile: 'secret.txt' },
        ...{ grant: 'client-credentials', scope: 'mail', store: 'tokens.json', name: 'app' },
      }),
    )
    const file = folder.join('oauth2.json')
    const shown = await posthorn(['token', 'show', file, '--json'])
    expect([shown.code, shown.stderr]).toEqual([0, ''])
    expect(JSON.parse(shown.stdout)).toMatchObject({ ok: true, credential: 'app', form: 'opaque' })
    const printed = await posthorn(['token', 'show', file, '--print'])
    expect(printed.stdout).toBe(`${TOKEN}\n`)

    await using sink = await SinkServer.start({ tls, auth: { user: 'app', password: TOKEN, mechanisms: ['XOAUTH2'] } })
    const way = ['--server', `smtp://app@localhost:${sink.port}`, '--ca', folder.join('ca.pem'), '--oauth2', file]
    const letter = ['--from', 'a@example.test', '--to', 'b@example.test', '--subject', 'x', '--text', 'x']
    const sent = await posthorn(['send', ...way, ...letter, '--trail'])
    expect([sent.code, sent.stdout]).toEqual([0, expect.stringContaining('sent <')])
    expect(sink.ledger).toHaveLength(1)
    // three commands, one request: the token is in the store
    expect(server.asked.map((form) => form.get('grant_type'))).toEqual(['client_credentials'])
    for (const secret of [SECRET, TOKEN, Buffer.from(TOKEN).toString('base64')])
      expect(shown.stdout + sent.stdout + sent.stderr).not.toContain(secret)

    expect((await posthorn(['token', 'sign-out', file])).code).toBe(0)
    await posthorn(['token', 'show', file])
    expect(server.asked).toHaveLength(2)
  })

  it('[part of beyondtrust.oauth2.GetAuthentication] lets a person sign in with a browser', async () => {
    using server = await provider()
    await using folder = await Folder.make()
    const file = folder.join('oauth2.json')
    const settings = { tokenUrl: `${server.at}/token`, authorizationUrl: `${server.at}/authorize`, clientId: 'app' }
    await writeFile(file, JSON.stringify({ ...settings, store: 'tokens.json', name: 'me' }))
    const before = await posthorn(['token', 'show', file])
    expect([before.code, before.stderr]).toEqual([77, expect.stringContaining('[oauth2.interaction-needed]')])

    const child = start(['token', 'sign-in', file, '--print-url'])
    const end = ended(child)
    let told = ''
    for await (const part of child.stderr) {
      told += String(part)
      const url = /http\S+/.exec(told)?.[0]
      if (url === undefined || !told.endsWith('\n')) continue
      const page = await fetch(url)
      expect(page.status).toBe(200)
      break
    }
    expect((await end).code).toBe(0)
    const after = await posthorn(['token', 'show', file, '--print'])
    expect(after.stdout).toBe(`${TOKEN}\n`)
    expect(server.asked).toHaveLength(1)
    expect(server.asked[0]!.get('code_verifier')).toMatch(/^[\w~.-]{43,}$/)
  })

  it('lets nobody sign in for tokens that would be lost, or for a grant without a person', async () => {
    using server = await provider()
    await using folder = await Folder.make()
    const file = folder.join('oauth2.json')
    const settings = { tokenUrl: `${server.at}/token`, authorizationUrl: `${server.at}/authorize`, clientId: 'app' }
    await writeFile(file, JSON.stringify(settings))
    const lost = await posthorn(['token', 'sign-in', file, '--print-url'])
    expect([lost.code, lost.stdout]).toEqual([64, ''])
    expect(lost.stderr).toMatch(/finds no "store" in .*the tokens would\s+be lost \[usage\.flag\]/s)
    expect(lost.stderr).not.toContain('sign in with a browser')
    expect((await posthorn(['token', 'sign-out', file])).code).toBe(64)
    await writeFile(file, JSON.stringify({ ...settings, grant: 'client-credentials' }))
    const nobody = await posthorn(['token', 'sign-in', file])
    expect([nobody.code, nobody.stderr]).toEqual([64, expect.stringContaining('posthorn token show')])
    expect(server.asked).toEqual([])
  })

  it('asks nobody to sign in when the store is damaged', async () => {
    using server = await provider()
    await using folder = await Folder.make()
    const file = folder.join('oauth2.json')
    const settings = { tokenUrl: `${server.at}/token`, authorizationUrl: `${server.at}/authorize`, clientId: 'app' }
    await writeFile(file, JSON.stringify({ ...settings, store: 'tokens', name: 'me' }))
    await writeFile(folder.join('tokens'), '{}')
    const { code, stderr } = await posthorn(['token', 'sign-in', file, '--print-url'])
    expect([code, stderr]).toEqual([78, expect.stringContaining('[oauth2.store-damaged]')])
    expect(stderr).not.toContain('sign in with a browser')
  })

  it('names what is wrong in the file', async () => {
    await using folder = await Folder.make()
    const file = folder.join('oauth2.json')
    for (const [json, named] of [
      ['{ "clientID": "x" }', 'Did you mean clientId?'],
      ['{ "provider": "microsoft" }', 'tenant'],
      [`{ "provider": "google", "clientSecret": "${SECRET}", "clientId": 7 }`, 'clientId'],
      ['{ "provider": "google", "grant": "magic" }', 'Use one of client-credentials'],
      [`"${SECRET}`, 'is not JSON'],
    ]) {
      await writeFile(file, json!)
      const { code, stderr } = await posthorn(['token', 'show', file])
      expect([code, stderr]).toEqual([78, expect.stringContaining(named!)])
      expect(stderr).not.toContain(SECRET)
    }
    expect((await posthorn(['token', 'show', folder.join('absent.json')])).code).toBe(66)
  })
})
