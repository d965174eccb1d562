import { profileFromUrl, Secret, SettingsError, type Credentials, type Security, type SmtpOptions } from 'posthorn'
import { readText, secretLine } from './read-file.js'
import { loginFromFlags, tlsFromFlags, type RoadFlags } from './road-flags.js'
import { usageError } from './usage-error.js'

/** The flags that say how the server is reached; `send` and `test` have them in common. */
export interface ServerFlags extends RoadFlags {
  readonly server?: string
  readonly user?: string
  readonly passwordFile?: string
  readonly ca?: string
  readonly insecureSkipVerify?: boolean
  readonly security?: string
  readonly allowCleartextAuth?: boolean
  readonly localName?: string
  readonly deadline?: string
}

/** The flags that say what is shown. */
export interface OutputFlags {
  readonly trail?: boolean
  readonly json?: boolean
  readonly quiet?: boolean
}

/**
 * How the server is reached: the URL of `--server` or POSTHORN_SERVER, and what the other flags put in its place. The password comes
 * from `--password-file`, else from POSTHORN_PASSWORD, else from the URL.
 * @throws {SettingsError} `usage.flag`, `settings.*`, `certificate.*`
 */
export async function serverOptions(flags: ServerFlags, env: NodeJS.ProcessEnv): Promise<SmtpOptions> {
  const url = flags.server ?? env['POSTHORN_SERVER']
  if (url === undefined || url === '') {
    throw usageError(
      '--server',
      'is missing',
      'Say which server: --server smtp://user@relay.example, or set POSTHORN_SERVER.',
    )
  }
  const { smtp } = profileFromUrl(url)
  const credentials = await loginFromFlags(credentialsFrom(smtp.credentials, flags, env), flags)
  const tls = {
    ...smtp.tls,
    ...(await tlsFromFlags(flags)),
    ...(flags.ca === undefined ? {} : { ca: readText(flags.ca, '--ca') }),
    ...(flags.insecureSkipVerify ? { rejectUnauthorized: false } : {}),
  }
  return {
    ...smtp,
    tls,
    ...(credentials ? { credentials } : {}),
    ...(flags.security === undefined ? {} : { security: flags.security as Security }), // checked by the client
    ...(flags.allowCleartextAuth ? { allowCleartextAuth: true } : {}),
    ...(flags.proxy === undefined ? {} : { proxy: flags.proxy }),
    ...(flags.localName === undefined ? {} : { localName: flags.localName }),
    ...(flags.deadline === undefined ? {} : { deadlineMs: milliseconds(flags.deadline) }),
  }
}

const WITHOUT_PASSWORD: ReadonlySet<string> = new Set(['GSSAPI', 'EXTERNAL', 'ANONYMOUS'])

function credentialsFrom(
  given: Credentials | undefined,
  flags: ServerFlags,
  env: NodeJS.ProcessEnv,
): Credentials | undefined {
  const user = flags.user ?? given?.user
  if (user === undefined || user === '') {
    if (flags.passwordFile === undefined) return given
    throw usageError(
      '--password-file',
      'needs a user',
      'Give the user as --user NAME or in the URL: smtp://user@relay.example.',
    )
  }
  if ((flags.accessTokenFile ?? flags.oauth2) !== undefined) return { user, password: '' } // the token takes its place
  const password = passwordFrom(flags, env) ?? (given && 'password' in given ? given.password : undefined)
  if (password !== undefined) return { user, password }
  const { mechanism } = flags
  // the ticket, the certificate or nothing proves who it is; the user says which one
  if (mechanism !== undefined && WITHOUT_PASSWORD.has(mechanism.toUpperCase())) return { user, mechanism }
  throw new SettingsError('settings.credentials', 'password', `is missing for the user ${user}`, {
    hint: 'Set POSTHORN_PASSWORD, or give --password-file FILE.',
  })
}

function passwordFrom({ passwordFile }: ServerFlags, env: NodeJS.ProcessEnv): Secret | undefined {
  if (passwordFile !== undefined) return secretLine(passwordFile, '--password-file')
  const password = env['POSTHORN_PASSWORD']
  return password === undefined || password === '' ? undefined : new Secret(password)
}

function milliseconds(seconds: string): number {
  const value = Number(seconds)
  if (/^\d+(?:\.\d+)?$/.test(seconds) && value > 0 && value <= 2_000_000) return Math.ceil(value * 1000)
  throw usageError('--deadline', 'must be a number of seconds greater than 0', 'Give seconds, such as --deadline 60.')
}
