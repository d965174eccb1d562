import { nearName, SettingsError } from '@posthorn/ground'
import type { ProxyOptions, TlsOptions } from '@posthorn/net'
import type { PoolOptions, SmtpOptions, TimeoutOptions } from './options.js'

type Names<T> = Readonly<Record<keyof T, true>>

const SMTP: Names<SmtpOptions> = {
  ...{ host: true, port: true, security: true, credentials: true, allowCleartextAuth: true, loginRequired: true },
  ...{
    tls: true,
    reuseTlsSessions: true,
    localName: true,
    trailSecrets: true,
    quitAfterRefusedGreeting: true,
    protocol: true,
  },
  ...{ extensions: true, pipelining: true, chunking: true, chunkOctets: true },
  ...{
    transferEncoding: true,
    minimumAuthStrength: true,
    mechanisms: true,
    mechanismFallback: true,
    customMechanisms: true,
    pool: true,
  },
  ...{ timeouts: true, deadlineMs: true, family: true, localAddress: true, localPort: true, proxy: true },
  ...{
    resolve: true,
    reverse: true,
    connector: true,
    keepAlive: true,
    keepAliveDelayMs: true,
    noDelay: true,
    linger: true,
  },
  ...{ lingerMs: true, maxOctetsPerSecond: true, readBufferOctets: true, writeBufferOctets: true },
}
const POOL: Names<PoolOptions> = {
  ...{ maxConnections: true, maxMessagesPerConnection: true, maxAgeMs: true, probeIdleMs: true, maxIdleMs: true },
  ...{
    probeCommand: true,
    probeStrict: true,
    pipelineDepth: true,
    rateLimit: true,
    tokenMarginMs: true,
    maxWaiting: true,
  },
}
const TIMEOUTS: Names<TimeoutOptions> = {
  ...{ connectMs: true, idleMs: true, writeMs: true, finalMs: true, quitMs: true, silentMs: true },
}
const TLS: Names<TlsOptions> = {
  ...{ ca: true, extraCa: true, cert: true, key: true, passphrase: true, pfx: true, identity: true, servername: true },
  ...{ minVersion: true, maxVersion: true, ciphers: true, minStrengthBits: true, ecdhCurve: true, sigalgs: true },
  ...{ session: true, sessions: true, secureContext: true, rejectUnauthorized: true, verifyHost: true },
  ...{ trustHosts: true, acceptedCertificates: true, pins: true, revocation: true, dane: true, decide: true },
  ...{ keyLogFile: true, onRecord: true },
}
const PROXY: Names<ProxyOptions> = {
  ...{ type: true, host: true, port: true, user: true, password: true, authentication: true, ntlm: true },
  ...{ resolve: true, headers: true, tls: true, bypass: true },
}

/** What other mail components have under these names, in lower case, and cannot be had here, or bears another name. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  keepaliveinterval:
    'Node.js has no call for the time between keep-alive probes; keepAliveDelayMs is the time before the first.',
  sslcontextprotocol: 'It names a class of Java; tls.minVersion and tls.maxVersion say which versions are spoken.',
  ssltrustmanagerfactoryalgorithm: 'It names a class of Java; tls.ca and tls.extraCa say who is trusted.',
  sslenablerenegotiation: 'Node.js never renegotiates, and always signals that it does so securely.',
  sslprovider: 'There is one TLS, that of Node.js (OpenSSL); posthorn tls-info shows what it can do.',
  sslclientcacerts: 'It serves servers, which check client certificates; tls.ca says whom this client trusts.',
  firewalllistener: 'A mail client never listens for connections.',
  usesocketchannels: 'It chooses between classes of Java; leave it out.',
  lmcompat: 'NTLM is version 2 unless credentials.ntlm.version is 1.',
  socketfactory: 'Give connector, a function that opens the stream.',
  'socketfactory.class': "Give connector, a function that opens the stream; for implicit TLS security: 'implicit'.",
  'ssl.socketfactory': "Give security: 'implicit' for TLS from the first octet, and tls for its settings.",
  'ssl.socketfactory.class': "Give security: 'implicit' for TLS from the first octet, and tls for its settings.",
  'ssl.hostnameverifier.class':
    'Give tls.decide, a function that judges the certificate; the usual check is on already.',
  hostnameverifier: 'Give tls.decide, a function that judges the certificate; the usual check is on already.',
  checkserveridentity:
    'Give tls.decide, a function that judges the certificate; tls.verifyHost: false drops the name check.',
  secure: "Give security: 'implicit' for TLS from the first octet, 'starttls' for STARTTLS.",
  requiretls: "Give security: 'starttls'; for REQUIRETLS of a message envelope.requireTls.",
  ignoretls: "Give security: 'none'.",
  auth: 'Give credentials; loginRequired: false lets mail go without login to a server that offers none.',
}

/**
 * Makes sure that every option is one there is: a misspelt one would be a check, a limit or a login that does not exist.
 * @throws {SettingsError} `settings.unknown`, naming the option and, where it is known, what takes its place
 */
export function refuseUnknownOptions(options: SmtpOptions): void {
  if (typeof options !== 'object' || options === null) return // told by who reads them
  check(options, SMTP, '')
  check(options.pool, POOL, 'pool.')
  check(options.timeouts, TIMEOUTS, 'timeouts.')
  check(options.tls, TLS, 'tls.')
  if (typeof options.proxy === 'object') check(options.proxy, PROXY, 'proxy.')
}

function check(given: unknown, names: Readonly<Record<string, true>>, prefix: string): void {
  if (typeof given !== 'object' || given === null) return
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(names, name) || (given as Record<string, unknown>)[name] === undefined) continue
    const meant = nearName(name, Object.keys(names))
    const hint =
      ELSEWHERE[name.toLowerCase()] ??
      (meant === undefined ? 'Check the spelling; docs/smtp.md has all options.' : `Did you mean ${prefix}${meant}?`)
    throw new SettingsError('settings.unknown', `${prefix}${name.slice(0, 60)}`, 'is no option', { hint })
  }
}
