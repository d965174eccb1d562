// An OpenID provider (oidc-provider) in a process of its own, with clients for each grant it serves.
import { randomBytes } from 'node:crypto'
import { chown, copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { launch } from '../launch.mjs'

const PROGRAM = fileURLToPath(new URL('oidc-program.mjs', import.meta.url))

/**
 * Starts it, twice over: `issuer` by HTTPS with the certificate of the run, `clearIssuer` without TLS. They share their tokens.
 * @returns facts: `introspectionUrl` (of `clearIssuer`); `resourceServer`, a client that may ask there; `clients` by grant: `service` (client credentials by
 * secret), `assertion` (client credentials by a JWT signed with the key of the certificate of alice), `person` (code with PKCE, refresh token
 * that rotates, device code; no secret), `scope`, `log`: a line with grant, client and outcome for each request for a token
 */
export async function startOidc({ folder, user, owner, certificates }) {
  const home = join(folder, 'oidc')
  await mkdir(home)
  const secret = () => randomBytes(18).toString('base64url')
  const clients = {
    service: { clientId: 'service', clientSecret: secret() },
    assertion: { clientId: 'assertion' },
    person: { clientId: 'person' },
  }
  const resourceServer = { clientId: 'mail-server', clientSecret: secret() }
  const log = join(home, 'oidc.log')
  const chain = join(home, 'chain.pem')
  await copyFile(certificates.chain, chain)
  await chown(chain, owner.uid, owner.gid)
  const ports = await launch('oidc-provider', ['https', 'http'], (found) => {
    const settings = {
      ports: found,
      user,
      clients,
      resourceServer,
      chain,
      assertionCert: certificates.clients.alice.certPath,
    }
    return {
      ...{ command: process.execPath, args: [PROGRAM], cwd: home, logPath: log },
      // by the environment, where no list of processes shows it
      env: { POSTHORN_OIDC: JSON.stringify(settings), NODE_OPTIONS: '' },
      ...(process.env.SUDO_UID ? { as: owner } : {}), // who can read the checkout
    }
  })
  const issuer = `https://localhost:${ports.https}`
  const clearIssuer = `http://localhost:${ports.http}`
  const introspectionUrl = `http://127.0.0.1:${ports.http}/token/introspection`
  return { facts: { issuer, clearIssuer, introspectionUrl, clients, resourceServer, scope: 'smtp.send', log } }
}
