import { checkDeadline, Secret, SettingsError, type ContentEncoding } from '@posthorn/ground'
import { TlsSessions } from '@posthorn/net'
import { refuseLineEnd } from './access-token.js'
import { checkLocalName } from './local-name.js'
import type { PoolOptions, Security, SmtpOptions } from './options.js'

/** The options with every default in place, checked once. */
export interface SettledOptions extends SmtpOptions {
  readonly port: number
  readonly security: Security
  readonly pool: Required<Omit<PoolOptions, 'rateLimit'>> & Pick<PoolOptions, 'rateLimit'>
  readonly deadlineMs: number
  readonly transferEncoding: ContentEncoding
  readonly connectMs: number
}

/** The most octets that are held for one BDAT. */
const MAX_CHUNK_OCTETS = 64 * 1024 * 1024
/** Options that are true, false or left out, and of which nothing else may be taken for one of them. */
const SWITCHES = ['loginRequired', 'mechanismFallback', 'quitAfterRefusedGreeting', 'trailSecrets'] as const
/** Options that are a positive whole number or left out. */
const COUNTS = ['keepAliveDelayMs', 'lingerMs', 'maxOctetsPerSecond', 'readBufferOctets', 'writeBufferOctets'] as const

/** @throws {SettingsError} naming the option */
export function settleOptions(options: SmtpOptions): SettledOptions {
  if (
    typeof options !== 'object' ||
    options === null ||
    typeof options.host !== 'string' ||
    !/^[^\s\x00-\x20/@]+$/.test(options.host)
  ) {
    throw new SettingsError('settings.host', 'host', 'must be a host name or an IP address', {
      hint: "Give the relay's name: { host: 'smtp.example.com' }.",
    })
  }
  const security = options.security ?? (options.port === 465 ? 'implicit' : 'starttls')
  if (!['implicit', 'starttls', 'opportunistic', 'none'].includes(security)) {
    throw new SettingsError('settings.security', 'security', `cannot be ${JSON.stringify(security)}`, {
      hint: "Use 'implicit', 'starttls', 'opportunistic' or 'none'.",
    })
  }
  const port = options.port ?? (security === 'implicit' ? 465 : 587)
  whole('port', port, 1, 65_535)
  if (options.protocol === 'lmtp' && port === 25) {
    throw new SettingsError('settings.port', 'port', 'must not be 25 with LMTP (RFC 2033 5)', {
      hint: 'LMTP has no port of its own; 24 is usual.',
    })
  }
  oneOf('protocol', options.protocol, ['smtp', 'lmtp'])
  oneOf('pipelining', options.pipelining, ['auto', 'off'])
  oneOf('chunking', options.chunking, ['auto', 'off'])
  if (options.chunkOctets !== undefined) whole('chunkOctets', options.chunkOctets, 1, MAX_CHUNK_OCTETS)
  for (const name of SWITCHES) oneOf(name, options[name], [true, false])
  oneOf('transferEncoding', options.transferEncoding, ['7bit', '8bit', 'binary'])
  oneOf('family', options.family, [0, 4, 6])
  if (options.localPort !== undefined) whole('localPort', options.localPort, 1, 65_535)
  for (const name of COUNTS) if (options[name] !== undefined) whole(name, options[name], 1, 2 ** 31 - 1)
  oneOf('minimumAuthStrength', options.minimumAuthStrength, ['none', 'cleartext', 'token', 'hash', 'mutual'])
  if (options.mechanisms !== undefined) mechanismNames(options.mechanisms)
  if (options.credentials !== undefined) checkCredentials(options, security)
  const { pool = {}, deadlineMs = 300_000 } = options
  oneOf('pool.probeCommand', pool.probeCommand, ['NOOP', 'RSET'])
  oneOf('pool.probeStrict', pool.probeStrict, [true, false])
  checkDeadline(deadlineMs)
  for (const [name, value] of Object.entries(options.timeouts ?? {}))
    if (value !== undefined) whole(`timeouts.${name}`, value as number, name === 'quitMs' ? 0 : 1, 2 ** 31 - 1)
  return {
    ...options,
    ...(options.localName === undefined ? {} : { localName: checkLocalName(options.localName) }),
    port,
    security,
    ...(options.reuseTlsSessions ? { tls: { sessions: new TlsSessions(), ...options.tls } } : {}),
    deadlineMs,
    transferEncoding: options.transferEncoding ?? '7bit',
    connectMs: options.timeouts?.connectMs ?? 30_000,
    pool: {
      maxConnections: whole('pool.maxConnections', pool.maxConnections ?? 10, 1, 10_000),
      maxMessagesPerConnection: whole(
        'pool.maxMessagesPerConnection',
        pool.maxMessagesPerConnection ?? 1000,
        1,
        Number.MAX_SAFE_INTEGER,
      ),
      maxAgeMs: whole('pool.maxAgeMs', pool.maxAgeMs ?? 3_600_000, 1, 2 ** 31 - 1),
      probeIdleMs: whole('pool.probeIdleMs', pool.probeIdleMs ?? 30_000, 0, 2 ** 31 - 1),
      probeCommand: pool.probeCommand ?? 'NOOP',
      probeStrict: pool.probeStrict ?? true,
      maxIdleMs: whole('pool.maxIdleMs', pool.maxIdleMs ?? 300_000, 1, 2 ** 31 - 1),
      pipelineDepth: whole('pool.pipelineDepth', pool.pipelineDepth ?? 1, 1, 64),
      tokenMarginMs: whole('pool.tokenMarginMs', pool.tokenMarginMs ?? 60_000, 0, 2 ** 31 - 1),
      maxWaiting: whole('pool.maxWaiting', pool.maxWaiting ?? Number.MAX_SAFE_INTEGER, 0, Number.MAX_SAFE_INTEGER),
      ...(pool.rateLimit === undefined
        ? {}
        : {
            rateLimit: {
              messages: whole('pool.rateLimit.messages', pool.rateLimit.messages, 1, Number.MAX_SAFE_INTEGER),
              perMs: whole('pool.rateLimit.perMs', pool.rateLimit.perMs, 1, 2 ** 31 - 1),
            },
          }),
    },
  }
}

function whole(name: string, value: number, low: number, high: number): number {
  if (Number.isInteger(value) && value >= low && value <= high) return value
  throw new SettingsError('settings.number', name, `must be a whole number from ${low} to ${high}`, {
    hint: 'Correct the value.',
  })
}

function oneOf<T>(name: string, value: T | undefined, words: readonly T[]): void {
  if (value === undefined || words.includes(value)) return
  throw new SettingsError('settings.value', name, `cannot be ${JSON.stringify(value)}`, {
    hint: `Use ${words.map((word) => JSON.stringify(word)).join(', ')}.`,
  })
}

function mechanismNames(names: unknown): void {
  const words: readonly unknown[] | undefined = Array.isArray(names) ? names : undefined
  if (words && words.length > 0 && words.every(isMechanismName)) return
  throw new SettingsError('settings.value', 'mechanisms', 'must be a list of names of mechanisms', {
    hint: "Give one or more, such as ['SCRAM-SHA-256', 'PLAIN'], or leave it out.",
  })
}

/** RFC 4422 3.1, in small letters, too. */
function isMechanismName(name: unknown): boolean {
  return typeof name === 'string' && /^[A-Za-z0-9_-]+$/.test(name)
}

function checkCredentials({ credentials, extensions, allowCleartextAuth }: SmtpOptions, security: Security): void {
  const given = (typeof credentials === 'object' ? credentials : null) as Partial<
    Record<'user' | 'password' | 'accessToken' | 'mechanism' | 'canonicalHost', unknown>
  > | null
  const filled = (value: unknown): boolean =>
    typeof value === 'function' || (isText(value) && Secret.of(value).reveal() !== '')
  if (
    !given ||
    !(filled(given.mechanism) || (filled(given.user) && (filled(given.password) || filled(given.accessToken))))
  ) {
    throw new SettingsError(
      'settings.credentials',
      'credentials',
      'must be { user, password }, { user, accessToken } or { mechanism }',
      {
        hint: 'Fill in what is missing, or leave credentials out when there is no login.',
      },
    )
  }
  oneOf('credentials.canonicalHost', given.canonicalHost, [true, false])
  if (given.mechanism !== undefined && !isMechanismName(given.mechanism)) {
    throw new SettingsError('settings.value', 'credentials.mechanism', 'must be the name of a mechanism', {
      hint: "Give one such as 'SCRAM-SHA-256', or leave it out.",
    })
  }
  if (isText(given.password) && given.accessToken === undefined && !filled(given.password)) {
    throw new SettingsError('settings.credentials', 'credentials.password', 'is empty', {
      hint: 'Check where it is read from; leave it out for a mechanism that needs none.',
    })
  }
  for (const name of ['user', 'password', 'accessToken'] as const) {
    const value = given[name]
    if (isText(value)) refuseLineEnd(`credentials.${name}`, value)
  }
  if (extensions === false) {
    throw new SettingsError(
      'settings.credentials',
      'credentials',
      'cannot be used with extensions: false; HELO knows no AUTH',
      {
        hint: 'Leave one of them out.',
      },
    )
  }
  if (security === 'none' && allowCleartextAuth !== true) {
    throw new SettingsError('smtp.auth.cleartext', 'credentials', "would travel in the clear with security 'none'", {
      phase: 'auth',
      hint: "Use security 'starttls' or 'implicit', or say allowCleartextAuth: true.",
    })
  }
}

function isText(value: unknown): value is string | Secret {
  return typeof value === 'string' || value instanceof Secret
}
