import { readFileSync } from 'node:fs'
import { openCertificateStore, Secret, type Credentials, type SmtpOptions, type TokenSource } from 'posthorn'
import { firstLine, readText, secretLine, unreadable } from './read-file.js'
import { usageError } from './usage-error.js'

/** The flags for what stands between here and the server: login, proxy, certificates. */
export interface RoadFlags {
  readonly mechanism?: string
  readonly actAs?: string
  readonly accessTokenFile?: string
  readonly oauth2?: string
  readonly proxy?: string
  readonly extraCa?: string
  readonly clientCert?: string
  readonly clientCertPasswordFile?: string
  readonly clientCertSubject?: string
  readonly revocation?: string
  readonly keyLog?: string
}

type Tls = NonNullable<SmtpOptions['tls']>

/**
 * TLS settings of these flags. The store of a client certificate is opened here, so that a mistake shows before a connection is made.
 * @throws {SettingsError} `usage.flag`, `content.unreadable`, `certificate.*`
 */
export async function tlsFromFlags(flags: RoadFlags): Promise<Tls> {
  const { extraCa, clientCert, revocation, keyLog } = flags
  if (revocation !== undefined && revocation !== 'soft' && revocation !== 'required')
    throw usageError('--revocation', 'must be soft or required', 'Leave it out to ask nobody.')
  if (clientCert === undefined && (flags.clientCertPasswordFile ?? flags.clientCertSubject) !== undefined)
    throw usageError('--client-cert', 'is missing', 'Name the file with the certificate and its key.')
  return {
    ...(extraCa === undefined ? {} : { extraCa: readText(extraCa, '--extra-ca') }),
    ...(clientCert === undefined ? {} : { identity: await clientIdentity(clientCert, flags) }),
    ...(revocation === undefined ? {} : { revocation: { crl: revocation, ocsp: revocation } }),
    ...(keyLog === undefined ? {} : { keyLogFile: keyLog }),
  }
}

async function clientIdentity(source: string, { clientCertPasswordFile, clientCertSubject }: RoadFlags) {
  const store = await openCertificateStore({
    source: source.startsWith('pkcs11:') ? source : readOctets(source),
    ...(clientCertPasswordFile === undefined
      ? {}
      : { password: new Secret(firstLine(clientCertPasswordFile, '--client-cert-password-file')) }),
    ...(clientCertSubject === undefined ? {} : { subject: clientCertSubject }),
    field: '--client-cert',
  })
  return store.identity()
}

/**
 * The login with what these flags say about it.
 * @throws {SettingsError} `usage.flag`, `content.unreadable`
 */
export async function loginFromFlags(
  given: Credentials | undefined,
  flags: RoadFlags,
): Promise<Credentials | undefined> {
  const { mechanism, actAs, accessTokenFile, oauth2 } = flags
  const terms = {
    ...(mechanism === undefined ? {} : { mechanism }),
    ...(actAs === undefined ? {} : { authorizationId: actAs }),
  }
  const flag = oauth2 === undefined ? '--access-token-file' : '--oauth2'
  if (accessTokenFile !== undefined || oauth2 !== undefined) {
    const user = given?.user
    if (user === undefined || user === '')
      throw usageError(flag, 'needs a user', 'Give the user as --user NAME or in the URL.')
    if (accessTokenFile !== undefined && oauth2 !== undefined)
      throw usageError(flag, 'stands beside --access-token-file', 'Give one of them.')
    const accessToken =
      oauth2 === undefined
        ? new Secret(secretLine(accessTokenFile!, '--access-token-file').reveal().trim())
        : await tokensFrom(oauth2)
    return { user, accessToken, ...terms }
  }
  if (given) return { ...given, ...terms }
  if (mechanism !== undefined) return { ...terms, mechanism }
  if (actAs !== undefined) throw usageError('--act-as', 'needs a login', 'Give --user NAME, or --mechanism EXTERNAL.')
  return undefined
}

async function tokensFrom(file: string): Promise<TokenSource> {
  const { tokenOptionsFromFile, tokenSource } = await import('posthorn/oauth2')
  return tokenSource(await tokenOptionsFromFile(file))
}

function readOctets(path: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (error) {
    throw unreadable('--client-cert', path, error)
  }
}
