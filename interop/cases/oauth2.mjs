// Tokens of a real OpenID provider, for a real mail server that asks the provider whether they are good.
import { deepStrictEqual, equal, match, notEqual, ok } from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { URLSearchParams } from 'node:url'
import { openCertificateStore } from '@posthorn/certificate'
import { TokenManager, tokenSource } from 'posthorn/oauth2'
import { failure, outcomesOf, trailOf } from '../expectation.mjs'
import { letter } from '../letter.mjs'
import { goThrough } from '../person.mjs'
import { arrives, fails, tried } from '../sending.mjs'

/** Without it a provider may leave the scope `offline_access` out, and with it the refresh token (OpenID Connect Core 11). */
const OFFLINE = { prompt: 'consent' }
const CONNECTIONS = 10
const MESSAGES_EACH = 50

const arrivals = [
  ...['XOAUTH2', 'OAUTHBEARER'].map((mechanism) => ({
    title: `client credentials by secret, ${mechanism}: a mail arrives [part of beyondtrust.server.auth.XOAUTH2] [part of genesys.behaviour.oauth2-switch]`,
    async run(lab) {
      const { clientSecret } = (await lab.server('oidc')).clients.service
      const accessToken = tokenSource(await service(lab))
      const { trail } = await mail(lab, accessToken, { mechanisms: [mechanism] }, [clientSecret])
      deepStrictEqual(tried(trail), [mechanism])
    },
  })),
  {
    title: 'client credentials by a certificate (RFC 7523): a mail arrives [part of genesys.option.client-id]',
    async run(lab) {
      const { issuer, clients, scope } = await lab.server('oidc')
      const { cert, key } = lab.servers.clients.alice
      const store = await openCertificateStore({ source: cert + key })
      const accessToken = tokenSource({
        ...{ provider: { issuer }, grant: { type: 'client-credentials' }, scope, web: web(lab) },
        ...{ clientId: clients.assertion.clientId, clientCertificate: { identity: store.identity() } },
      })
      await mail(lab, accessToken)
    },
  },
  {
    title:
      'a person signs in with a browser (code with PKCE): a mail arrives [part of beyondtrust.oauth2.GetAuthentication]',
    async run(lab) {
      const { manager, pages } = await person(lab, (open) => ({ type: 'authorization-code', browser: { open } }))
      await manager.signIn()
      await mail(lab, tokenSource(manager))
      equal(pages.length, 1)
    },
  },
  {
    title: 'a person signs in on another device (device code): a mail arrives',
    async run(lab) {
      const { manager } = await person(lab, (open) => ({
        type: 'device-code',
        show: ({ verificationUriComplete }) => open(verificationUriComplete),
      }))
      await manager.signIn()
      await mail(lab, tokenSource(manager))
    },
  },
]

const renewals = [
  {
    title: 'refresh tokens rotate: each serves once, and the one before is refused by the provider',
    async run(lab) {
      const kept = []
      const { manager, settings } = await person(lab, (open) => ({ type: 'authorization-code', browser: { open } }), {
        store: remembering(kept),
        credential: 'of alice',
      })
      await manager.signIn()
      const first = await manager.token()
      const second = await manager.token({ rejected: first.token })
      notEqual(second.token.reveal(), first.token.reveal())
      const used = kept.map(({ refreshToken }) => refreshToken.reveal())
      equal(new Set(used).size, 2)
      await mail(lab, tokenSource(manager), {}, used)
      const stale = new TokenManager({ ...settings, grant: { type: 'refresh-token', refreshToken: used[0] } })
      await failure(stale.token(), 'oauth2.invalid-grant')
    },
  },
  {
    title: 'a token the provider has taken back: the server refuses it, one renewal, and the mail arrives',
    async run(lab) {
      const manager = new TokenManager(await service(lab))
      const { token } = await manager.token()
      await takenBack(lab, token.reveal())
      const before = await grants(lab)
      const { trail } = await mail(lab, tokenSource(manager), { mechanisms: ['OAUTHBEARER'] }, [token.reveal()])
      deepStrictEqual(tried(trail), ['OAUTHBEARER', 'OAUTHBEARER'])
      equal((await grants(lab)) - before, 1)
    },
  },
  {
    title: `${CONNECTIONS} connections and ${CONNECTIONS * MESSAGES_EACH} messages: one request for a token`,
    async run(lab) {
      const before = await grants(lab)
      const { port, options } = await dovecot(lab, tokenSource(await service(lab)))
      const client = lab.clientOf(port, { ...options, pool: { maxConnections: CONNECTIONS } })
      const trail = trailOf(client)
      const box = lab.box()
      const envelope = { reversePath: box.at('alice'), recipients: [box.at('bob')] }
      const letters = Array.from({ length: CONNECTIONS * MESSAGES_EACH }, () => letter())
      const receipts = await Promise.all(letters.map(({ content }) => client.send({ envelope, content })))
      await client.close()
      deepStrictEqual([...new Set(receipts.flatMap(outcomesOf))], ['delivered'])
      await lab.settled()
      const arrived = (await box.arrived()).map(({ marker }) => marker)
      deepStrictEqual(arrived.sort(), letters.map(({ marker }) => marker).sort())
      equal((await grants(lab)) - before, 1)
      const logins = tried(trail).length
      ok(logins > 1 && logins <= CONNECTIONS, `${logins} logins`)
    },
  },
]

const refusals = [
  ...['XOAUTH2', 'OAUTHBEARER'].map((mechanism) => ({
    title: `a token that is none, ${mechanism}: refused, and the server's reason is told [part of javamail.behaviour.xoauth2-response]`,
    async run(lab) {
      const { port, options } = await dovecot(lab, 'no-such-token-at-all')
      const only = { ...options, mechanisms: [mechanism] }
      const { error, trail } = await fails(lab, port, only, 'smtp.auth.refused', ['no-such-token-at-all'])
      equal(error.reply.code, 535)
      match(error.message, /401|invalid_token/)
      deepStrictEqual(tried(trail), [mechanism])
    },
  })),
  {
    title: 'a wrong client secret: told by the provider, and no login is tried',
    async run(lab) {
      const { port, options } = await dovecot(lab, tokenSource(await service(lab, { clientSecret: 'not-this-one' })))
      const { error, trail } = await fails(lab, port, options, 'smtp.auth.token', ['not-this-one'])
      const codes = []
      for (let cause = error; cause !== undefined; cause = cause.cause) codes.push(cause.code)
      ok(codes.includes('oauth2.invalid-client'), codes.join(', '))
      deepStrictEqual(tried(trail), [])
      ok(error.hint)
    },
  },
]

export const cases = [...arrivals, ...renewals, ...refusals]

/** The token of a mail server's port, and what a client needs to use it. */
async function dovecot(lab, accessToken) {
  const { ports } = await lab.server('dovecot')
  const credentials = { user: lab.servers.user, accessToken }
  return { port: ports.submission, options: { security: 'starttls', credentials } }
}

async function mail(lab, accessToken, more = {}, secrets = []) {
  const { port, options } = await dovecot(lab, accessToken)
  const sent = await arrives(lab, port, { ...options, ...more }, secrets)
  match(sent.front, /by dovecot\.posthorn\.example with ESMTPSA/)
  return sent
}

function web(lab) {
  return { tls: { ca: lab.servers.ca } }
}

/** What an application without a person has, over HTTPS. */
async function service(lab, more = {}) {
  const { issuer, clients, scope } = await lab.server('oidc')
  return {
    ...{ provider: { issuer }, grant: { type: 'client-credentials' }, scope, web: web(lab) },
    ...clients.service,
    ...more,
  }
}

/** A person who signs in wherever `grant` opens the address. `pages`: the last page of each sign-in. */
async function person(lab, grant, more = {}) {
  const { clearIssuer, clients, scope } = await lab.server('oidc')
  const pages = []
  const settings = {
    ...{
      provider: { issuer: clearIssuer, authorizationParameters: OFFLINE },
      clientId: clients.person.clientId,
      ...more,
    },
    scope: ['openid', 'offline_access', scope],
    grant: grant((url) => {
      // as a browser does: opening it does not wait for the end
      void goThrough(url, lab.servers.user).then(
        (page) => pages.push(page),
        (error) => pages.push(error),
      )
    }),
  }
  return { manager: new TokenManager(settings), settings, pages }
}

/** A store in memory that also keeps everything that was ever in it. */
function remembering(kept) {
  let current
  return {
    read: async () => current,
    write: async (_, tokens) => {
      current = tokens
      if (tokens !== undefined) kept.push(tokens)
    },
    lock: async (_, run) => run(),
  }
}

/** How many tokens were given out until now. */
async function grants(lab) {
  const text = await readFile((await lab.server('oidc')).log, 'utf8')
  return text.split('\n').filter((line) => line.endsWith(' granted')).length
}

/** Has the provider take a token back, RFC 7009. */
async function takenBack(lab, token) {
  const { clearIssuer, clients } = await lab.server('oidc')
  const { clientId, clientSecret } = clients.service
  const status = await new Promise((resolve, reject) => {
    const sent = request(`${clearIssuer}/token/revocation`, {
      ...{ method: 'POST', agent: false, auth: `${clientId}:${clientSecret}` },
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    sent.once('error', reject)
    sent.once('response', (response) => resolve(response.resume().statusCode))
    sent.end(new URLSearchParams({ token }).toString())
  })
  equal(status, 200)
}
