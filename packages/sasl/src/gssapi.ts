import { badChallenge } from './exchange-error.js'
import { GSS_FLAGS, kerberosFailure, loadKerberos, MECHANISM, type Kerberos, type KerberosClient } from './kerberos.js'
import type { Exchange, SaslContext } from './mechanism.js'
import { refuseNul } from './refuse.js'

/** RFC 4752 3.3. */
const NO_LAYER = 1

/**
 * `GSSAPI` is Kerberos 5 with the talk about security layers (RFC 4752). `GSS-SPNEGO` is SPNEGO (RFC 4178): with Cyrus SASL and Windows
 * without that talk, with Dovecot with it.
 */
export type GssName = 'GSSAPI' | 'GSS-SPNEGO'

/**
 * Begins with the ticket of the user this process runs as; with `user` that of this principal. On Windows `password` gets a ticket, too;
 * elsewhere a password is not looked at. The context and its first token are made in `initial`.
 * @param load gives the `kerberos` package
 * @throws {SettingsError} `credentials.package-missing`
 */
export async function beginGssapi(
  name: GssName,
  context: SaslContext,
  load: () => Promise<Kerberos> = loadKerberos,
): Promise<Exchange> {
  const { authorizationId = '' } = context
  refuseNul({ authorizationId })
  const kerberos = await load()
  let client: KerberosClient | undefined
  let agreed = false
  const attempt = async <T>(answering: boolean, run: () => Promise<T>): Promise<T> => {
    try {
      return await run()
    } catch (error) {
      throw kerberosFailure(name, error, answering)
    }
  }
  return {
    initial: () =>
      attempt(false, async () => {
        client = await open(kerberos, name, context)
        return octets(await client.step(''))
      }),
    async respond(challenge) {
      if (agreed || !client) return null
      const established = client
      const text = Buffer.from(challenge).toString('base64')
      if (!established.contextComplete) return octets(await attempt(true, () => established.step(text)))
      if (challenge.length === 0) {
        // an empty one would be handed to the library as nothing at all
        if (name === 'GSSAPI') throw badChallenge(name, 'the server offers no security layers')
        agreed = true
        return Buffer.alloc(0)
      }
      checkOffer(name, octets(await attempt(true, () => established.unwrap(text))))
      const answer = await attempt(true, () => established.wrap(choice(), { user: authorizationId }))
      agreed = true
      return octets(answer)
    },
    mayEnd: () => agreed || (name === 'GSS-SPNEGO' && client?.contextComplete === true),
  }
}

async function open(kerberos: Kerberos, name: GssName, context: SaslContext): Promise<KerberosClient> {
  const { user, password, realm } = context
  const mechOID = name === 'GSSAPI' ? MECHANISM.kerberos5 : MECHANISM.spnego
  const service = `${context.service}@${context.serviceHost}`
  const named = user === '' ? {} : { principal: user, ...(password && windowsLogin(user, realm, password())) }
  return kerberos.initializeClient(service, { flags: GSS_FLAGS, mechOID, ...named })
}

/** Only looked at on Windows. */
function windowsLogin(user: string, realm: string | undefined, password: string) {
  const [, domain = realm ?? '', name = user] = /^([^\\]+)\\(.+)$/.exec(user) ?? []
  return { user: name, domain, password }
}

/** RFC 4752 3.1: the layers the server can do, and the largest message it takes, which no layer has no use for. */
function checkOffer(name: GssName, offer: Buffer): void {
  if (offer.length !== 4) throw badChallenge(name, "the server's offer of security layers is none")
  if ((offer[0]! & NO_LAYER) === 0) {
    throw badChallenge(
      name,
      'the server wants a security layer of its own',
      'Use TLS, and let the server take GSSAPI without a layer.',
    )
  }
}

/**
 * No layer, so the size is 0. The package puts the identity behind it; on Unix it reads eight octets and uses four, on Windows it takes
 * what it is given when there is no identity.
 */
function choice(): string {
  return Buffer.from([NO_LAYER, 0, 0, 0, ...(process.platform === 'win32' ? [] : [0, 0, 0, 0])]).toString('base64')
}

function octets(text: string | null): Buffer {
  return Buffer.from(text ?? '', 'base64')
}
