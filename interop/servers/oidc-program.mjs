// The program of `oidc.mjs`: reads its settings from the environment, listens, and ends when it is told to.
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer as createClear } from 'node:http'
import { createServer } from 'node:https'
import { Provider } from 'oidc-provider'

const { ports, user, clients, resourceServer, chain, assertionCert } = JSON.parse(process.env.POSTHORN_OIDC)
const LIFETIME_SECONDS = 600
// the port of a loopback redirect is whatever the client was given (RFC 8252 7.3)
const REDIRECTS = ['http://127.0.0.1/callback', 'http://localhost/callback', 'http://127.0.0.1/', 'http://localhost/']

const noRedirect = { redirect_uris: [], response_types: [], grant_types: ['client_credentials'] }
const REGISTERED = [
  { client_id: clients.service.clientId, client_secret: clients.service.clientSecret, ...noRedirect },
  {
    ...{ client_id: clients.assertion.clientId, ...noRedirect, token_endpoint_auth_method: 'private_key_jwt' },
    jwks: { keys: [createPublicKey(readFileSync(assertionCert)).export({ format: 'jwk' })] },
  },
  {
    ...{ client_id: clients.person.clientId, application_type: 'native', token_endpoint_auth_method: 'none' },
    ...{ redirect_uris: REDIRECTS, response_types: ['code'] },
    grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
  },
  { client_id: resourceServer.clientId, client_secret: resourceServer.clientSecret, ...noRedirect },
]
const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })

function provider(issuer) {
  const made = new Provider(issuer, {
    clients: REGISTERED,
    jwks: { keys: [{ ...key, use: 'sig', alg: 'RS256' }] },
    cookies: { keys: ['for this run only'] },
    scopes: ['openid', 'offline_access', 'smtp.send'],
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    // the mail server asks whose mailbox the token opens; a service acts for the account there is
    extraTokenClaims: (_, token) => ({ username: token.accountId ?? user }),
    ttl: Object.fromEntries(
      [
        'AccessToken',
        'AuthorizationCode',
        'ClientCredentials',
        'DeviceCode',
        'Grant',
        'IdToken',
        'Interaction',
        'Session',
      ]
        .map((kind) => [kind, LIFETIME_SECONDS])
        .concat([['RefreshToken', 10 * LIFETIME_SECONDS]]),
    ),
    issueRefreshToken: (_, client, code) =>
      client.grantTypeAllowed('refresh_token') && code.scopes.has('offline_access'),
    rotateRefreshToken: true,
    features: {
      devInteractions: { enabled: true },
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true },
      introspection: { enabled: true, allowedPolicy: (_, client) => client.clientId === resourceServer.clientId },
      revocation: { enabled: true, allowedPolicy: () => true },
    },
  })
  made.on('grant.success', ({ oidc }) => note(oidc, 'granted'))
  made.on('grant.error', ({ oidc }, { error }) => note(oidc, error))
  made.on('server_error', (_, error) => console.error(error))
  return made.callback()
}

function note({ params, client }, outcome) {
  console.log(`${params?.grant_type} ${client?.clientId} ${outcome}`)
}

const tls = readFileSync(chain)
createServer({ key: tls, cert: tls }, provider(`https://localhost:${ports.https}`)).listen(ports.https, '127.0.0.1')
createClear(provider(`http://localhost:${ports.http}`)).listen(ports.http, '127.0.0.1')
