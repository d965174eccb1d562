import { SettingsError } from '@posthorn/ground'

/** One setting of the way out, as it may be written in a URL or in a profile file. */
export interface Setting {
  /** `secret` and `file` are text: one is kept in a `Secret`, the other names a file whose text is taken. */
  readonly kind: 'text' | 'number' | 'boolean' | 'list' | 'secret' | 'file'
  /** The only values allowed. */
  readonly of?: readonly (string | number)[]
  /** May stand behind the "?" of a URL. */
  readonly url?: true
  /** For a file: the setting that gets its text. */
  readonly fills?: string
}

const TEXT: Setting = { kind: 'text' }
const SECRET: Setting = { kind: 'secret' }
const URL_TEXT: Setting = { kind: 'text', url: true }
const URL_NUMBER: Setting = { kind: 'number', url: true }
const URL_BOOLEAN: Setting = { kind: 'boolean', url: true }
const ON_OFF: Setting = { kind: 'text', of: ['auto', 'off'], url: true }
const TLS_VERSION: Setting = { kind: 'text', of: ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'], url: true }

/** Every setting that can be written down, by its path in `SmtpOptions`. What each one means stands there. */
export const SETTINGS: ReadonlyMap<string, Setting> = new Map<string, Setting>([
  ['host', TEXT],
  ['port', { kind: 'number' }],
  ['protocol', { kind: 'text', of: ['smtp', 'lmtp'] }],
  ['security', { kind: 'text', of: ['implicit', 'starttls', 'opportunistic', 'none'], url: true }],
  ['localName', URL_TEXT],
  ['allowCleartextAuth', URL_BOOLEAN],
  ['mechanisms', { kind: 'list', url: true }],
  ['extensions', URL_BOOLEAN],
  ['pipelining', ON_OFF],
  ['chunking', ON_OFF],
  ['transferEncoding', { kind: 'text', of: ['7bit', '8bit', 'binary'], url: true }],
  ['deadlineMs', URL_NUMBER],
  ['family', { kind: 'number', of: [0, 4, 6], url: true }],
  ['localAddress', URL_TEXT],
  ['localPort', URL_NUMBER],
  ['keepAlive', URL_BOOLEAN],
  ['keepAliveDelayMs', URL_NUMBER],
  ['noDelay', URL_BOOLEAN],
  ['linger', URL_BOOLEAN],
  ['lingerMs', URL_NUMBER],
  ['maxOctetsPerSecond', URL_NUMBER],
  ['readBufferOctets', URL_NUMBER],
  ['writeBufferOctets', URL_NUMBER],
  ['minimumAuthStrength', { kind: 'text', of: ['none', 'cleartext', 'token', 'hash', 'mutual'], url: true }],
  ['proxy', URL_TEXT],
  ['proxy.type', { kind: 'text', of: ['http', 'https', 'socks4', 'socks4a', 'socks5'] }],
  ['proxy.host', TEXT],
  ['proxy.port', { kind: 'number' }],
  ['proxy.user', TEXT],
  ['proxy.password', SECRET],
  ['proxy.passwordFile', { kind: 'file', fills: 'proxy.password' }],
  ['proxy.authentication', { kind: 'text', of: ['auto', 'none', 'basic', 'digest', 'ntlm', 'password'] }],
  ['proxy.ntlm.domain', TEXT],
  ['proxy.resolve', { kind: 'text', of: ['remote', 'local'] }],
  ['proxy.bypass', { kind: 'list' }],
  ['proxy.tls.ca', TEXT],
  ['proxy.tls.caFile', { kind: 'file', fills: 'proxy.tls.ca' }],
  ['proxy.tls.servername', TEXT],
  ['proxy.tls.rejectUnauthorized', { kind: 'boolean' }],
  ['credentials.user', TEXT],
  ['credentials.password', SECRET],
  ['credentials.passwordFile', { kind: 'file', fills: 'credentials.password' }],
  ['credentials.accessToken', SECRET],
  ['credentials.authorizationId', TEXT],
  ['credentials.mechanism', TEXT],
  ['credentials.realm', TEXT],
  ['credentials.serviceHost', TEXT],
  ['credentials.ntlm.version', { kind: 'number', of: [1, 2] }],
  ['credentials.ntlm.workstation', TEXT],
  ['tls.ca', TEXT],
  ['tls.caFile', { kind: 'file', fills: 'tls.ca', url: true }],
  ['tls.cert', TEXT],
  ['tls.certFile', { kind: 'file', fills: 'tls.cert' }],
  ['tls.key', TEXT],
  ['tls.keyFile', { kind: 'file', fills: 'tls.key' }],
  ['tls.passphrase', SECRET],
  ['tls.passphraseFile', { kind: 'file', fills: 'tls.passphrase' }],
  ['tls.extraCa', TEXT],
  ['tls.extraCaFile', { kind: 'file', fills: 'tls.extraCa', url: true }],
  ['tls.servername', URL_TEXT],
  ['tls.minVersion', TLS_VERSION],
  ['tls.maxVersion', TLS_VERSION],
  ['tls.ciphers', TEXT],
  ['tls.ecdhCurve', TEXT],
  ['tls.sigalgs', TEXT],
  ['reuseTlsSessions', URL_BOOLEAN],
  ['tls.minStrengthBits', URL_NUMBER],
  ['tls.rejectUnauthorized', URL_BOOLEAN],
  ['tls.verifyHost', URL_BOOLEAN],
  ['tls.trustHosts', { kind: 'list', url: true }],
  ['tls.acceptedCertificates', TEXT],
  ['tls.acceptedCertificatesFile', { kind: 'file', fills: 'tls.acceptedCertificates', url: true }],
  ['tls.pins', { kind: 'list', url: true }],
  ['tls.revocation.crl', { kind: 'text', of: ['off', 'soft', 'required'], url: true }],
  ['tls.revocation.ocsp', { kind: 'text', of: ['off', 'soft', 'required'], url: true }],
  ['tls.keyLogFile', URL_TEXT],
  ['pool.maxConnections', URL_NUMBER],
  ['pool.maxMessagesPerConnection', URL_NUMBER],
  ['pool.maxAgeMs', URL_NUMBER],
  ['pool.probeIdleMs', URL_NUMBER],
  ['pool.maxIdleMs', URL_NUMBER],
  ['pool.pipelineDepth', URL_NUMBER],
  ['pool.rateLimit.messages', URL_NUMBER],
  ['pool.rateLimit.perMs', URL_NUMBER],
  ['pool.tokenMarginMs', URL_NUMBER],
  ['pool.maxWaiting', URL_NUMBER],
  ['timeouts.connectMs', URL_NUMBER],
  ['timeouts.idleMs', URL_NUMBER],
  ['timeouts.finalMs', URL_NUMBER],
  ['timeouts.quitMs', URL_NUMBER],
])

/**
 * The value of a setting from the text that stands for it in a URL.
 * @throws {SettingsError} `settings.value`
 */
export function parseSetting(name: string, { kind }: Setting, text: string): unknown {
  if (kind === 'number') return /^\d{1,15}$/.test(text) ? Number(text) : unfit(name, 'must be a whole number')
  if (kind === 'boolean')
    return text === 'true' ? true : text === 'false' ? false : unfit(name, 'must be true or false')
  if (kind === 'list') return text.split(',').filter((entry) => entry !== '')
  return text
}

/**
 * Makes sure that a value has the kind of its setting. The value is never part of the message: it may be a secret.
 * @throws {SettingsError} `settings.value`
 */
export function checkSetting(name: string, { kind, of }: Setting, value: unknown): void {
  if (kind === 'number' && typeof value !== 'number') unfit(name, 'must be a number')
  if (kind === 'boolean' && typeof value !== 'boolean') unfit(name, 'must be true or false')
  const list = Array.isArray(value) && value.every((entry) => typeof entry === 'string')
  if (kind === 'list' && !list) unfit(name, 'must be an array of strings')
  if ((kind === 'text' || kind === 'secret' || kind === 'file') && typeof value !== 'string')
    unfit(name, 'must be a string')
  if (of && !of.includes(value as string | number)) unfit(name, `must be one of ${of.join(', ')}`)
}

function unfit(name: string, message: string): never {
  throw new SettingsError('settings.value', name, message, { hint: 'Correct the value, or leave the setting out.' })
}
