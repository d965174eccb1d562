import { createRequire } from 'node:module'
import { PosthornError, ProtocolError, SettingsError } from '@posthorn/ground'
import { proofFailed } from './exchange-error.js'

/** One security context of the `kerberos` package, as far as it is used here. Octets go in and out as base64. */
export interface KerberosClient {
  readonly contextComplete: boolean
  step(challenge: string): Promise<string | null>
  wrap(message: string, options: { readonly user?: string }): Promise<string>
  unwrap(message: string): Promise<string>
}

/** The `kerberos` package, as far as it is used here. */
export interface Kerberos {
  initializeClient(
    service: string,
    options: {
      readonly flags: number
      readonly mechOID: number
      readonly principal?: string
      readonly user?: string
      readonly domain?: string
      readonly password?: string
    },
  ): Promise<KerberosClient>
}

/** Mutual authentication, and integrity, which RFC 4752 3.1 wants asked for. */
export const GSS_FLAGS = 2 | 32
export const MECHANISM = { kerberos5: 9, spnego: 6 } as const

/**
 * Loads the optional package, which nobody else asks for.
 * @throws {SettingsError} `credentials.package-missing`
 */
export async function loadKerberos(
  load: () => unknown = () => createRequire(import.meta.url)('kerberos'),
): Promise<Kerberos> {
  try {
    const loaded = (await load()) as { readonly default?: Kerberos } & Kerberos
    return loaded.default ?? loaded
  } catch (cause) {
    const missing = cause instanceof Error && /^Cannot find (?:module|package) 'kerberos'/.test(cause.message)
    throw new SettingsError(
      'credentials.package-missing',
      'credentials.mechanism',
      missing
        ? 'Kerberos needs the package "kerberos", which is not installed'
        : 'the package "kerberos" cannot be loaded',
      {
        phase: 'auth',
        cause,
        hint: 'Run `npm install kerberos` beside Posthorn; on Linux it needs the Kerberos libraries of the system (libgssapi-krb5-2).',
      },
    )
  }
}

/**
 * What they say when the server's answer is not good: its MIC or token is wrong or was changed (KRB_AP_ERR_MODIFIED). A key that does not
 * decrypt is not among them: a server with an old keytab is told of in these words, too.
 */
const BAD_PROOF =
  /message integrity check|invalid (?:MIC|signature)|bad ?(?:MIC|sig)\b|message stream modified|KRB_AP_ERR_MODIFIED|mutual authentication failed|incorrect channel bindings|SEC_E_MESSAGE_ALTERED|0x8009030f|SEC_E_MUTUAL_AUTH_FAILED|0x80090363/i

/** What another try may not meet. */
const PASSING = /replay|(?:out of|cannot allocate|insufficient) memory|temporar|try again/i

/** What the libraries of MIT, Heimdal and Windows say, the first that fits. */
const SAYINGS: readonly (readonly [says: RegExp, code: keyof typeof FAILURES])[] = [
  [/clock skew|time skew|not yet valid|SEC_E_TIME_SKEW|0x80090324/i, 'credentials.clock'],
  [/expired/i, 'credentials.ticket'],
  [/server .*not found|unknown server|wrong principal|SEC_E_TARGET_UNKNOWN|0x80090303/i, 'credentials.service-unknown'],
  [
    /cannot (?:contact|find|resolve).*KDC|unable to reach any KDC|no (?:logon|authentication) servers?|SEC_E_NO_AUTHENTICATING_AUTHORITY|0x80090311/i,
    'credentials.kdc',
  ],
  [
    /no (?:kerberos )?credentials|credentials? cache|can'?t find client principal|keytab|matching credential|SEC_E_NO_CREDENTIALS|0x8009030e|no such file/i,
    'credentials.ticket',
  ],
]

type Failure = readonly ['transient' | 'permanent', string, string]

const FAILURES = {
  'credentials.clock': [
    'transient',
    'the clocks of this machine and of the Kerberos server differ too much',
    'Set the clock of this machine, by NTP for instance; five minutes are allowed.',
  ],
  'credentials.ticket': [
    'permanent',
    'there is no Kerberos ticket, or it has expired',
    'Get a ticket with kinit for the user this process runs as (KRB5CCNAME names where it lies), or give a keytab in KRB5_CLIENT_KTNAME. A password is only used on Windows.',
  ],
  'credentials.service-unknown': [
    'permanent',
    'Kerberos does not know the server by this name',
    'Set credentials.serviceHost to the name the service ticket is made out to (smtp/NAME), or have that principal made.',
  ],
  'credentials.kdc': [
    'transient',
    'no Kerberos server (KDC) can be reached',
    'Check the realm and its KDCs in krb5.conf (KRB5_CONFIG), the domain name service, and the way to port 88.',
  ],
  'credentials.kerberos': [
    'permanent',
    'the Kerberos library refuses',
    'See what the library says; KRB5_TRACE=/dev/stderr shows its steps. "Decrypt integrity check failed" mostly means that the server has an old keytab.',
  ],
} as const satisfies Readonly<Record<string, Failure>>

/**
 * What the library says, as an error that can be acted on.
 * @param answering the server's token was read: a wrong one is a proof that failed
 */
export function kerberosFailure(mechanism: string, cause: unknown, answering: boolean): PosthornError {
  if (cause instanceof PosthornError) return cause
  const said = cause instanceof Error ? cause.message : String(cause)
  const known = SAYINGS.find(([says]) => says.test(said))
  if (answering && BAD_PROOF.test(said))
    return proofFailed(mechanism, `the server's Kerberos answer is not good (${shown(said)})`)
  const code = known?.[1] ?? 'credentials.kerberos'
  const [usual, what, hint] = FAILURES[code]
  const outcome = PASSING.test(said) ? 'transient' : usual
  return new ProtocolError(code, `${mechanism}: ${what} (${shown(said)})`, { phase: 'auth', outcome, cause, hint })
}

function shown(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 200)
}
