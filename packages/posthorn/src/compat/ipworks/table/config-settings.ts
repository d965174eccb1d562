// A table: the settings of `config()`, in the order of the document.
import { checkCharset } from '../message/charset-name.js'
import { checkHello } from '../road/hello.js'
import { checkCipherSuites, checkGroups, checkProtocols, checkSignatureAlgorithms } from '../road/tls-names.js'
import { invalidArgument } from '../ipworks-error.js'
import { FirewallType } from '../type/firewall.js'
import type { PropertyName } from './properties.js'
import { checked, choice, flag, optionalWhole, secret, text, whole, type Facts, type Row } from './row.js'

/** A setting. `of`: where it is kept, if not by its own name. */
export interface ConfigSetting<T, K extends Kept = Kept> {
  readonly row: Row<T>
  readonly of: K
}

/**
 * `own`: by its name. `read`: it is told. `shown`: by its name, but while connected what is in use is told. A property, or a field of
 * `Firewall`: it is the same value.
 */
export type Kept = 'own' | 'read' | 'shown' | { readonly property: PropertyName } | { readonly firewall: FirewallField }
export type FirewallField = 'autoDetect' | 'firewallType' | 'host' | 'password' | 'port' | 'user'

function own<T>(row: Row<T>): ConfigSetting<T, 'own'> {
  return { row, of: 'own' }
}
function shown<T>(row: Row<T>): ConfigSetting<T, 'shown'> {
  return { row, of: 'shown' }
}
function read(says: string, to: string, initial = ''): ConfigSetting<string, 'read'> {
  return { row: text(initial, { change: 'never', says, to }), of: 'read' }
}
function property(name: PropertyName, says: string): ConfigSetting<string, { readonly property: PropertyName }> {
  return { row: text('', { change: 'send', says, to: `the property ${name}` }), of: { property: name } }
}
function firewall<T>(field: FirewallField, row: Row<T>): ConfigSetting<T, { readonly firewall: FirewallField }> {
  return { row, of: { firewall: field } }
}

const send = (says: string, to: string): Facts => ({ change: 'send', says, to })
const connect = (says: string, to: string): Facts => ({ change: 'connect', says, to })
const kept = (says: string): Facts => ({ change: 'at once', says, to: 'nothing' })
const sameAs = (field: string): Facts => ({ change: 'connect', says: `The same as Firewall.${field}.`, to: '`proxy`' })

const MAX = 2 ** 31 - 1
const MAX_SECONDS = 2_147_483
const IPv6 = { 'IPv4 only': 0, 'IPv6 only': 1, 'IPv6 with IPv4 fallback': 2 } as const
const CHECKS = { off: 0, 'check when possible': 1, require: 2 } as const
const MESSAGE_ID_ALGORITHMS = ['MD5', 'SHA1', 'SHA256']

export const CONFIG = {
  AllowEmptyTo: own(
    flag(false, send('True: `SendTo` may be empty when there is a Cc or a blind copy.', 'the check of recipients')),
  ),
  AuthorizationIdentity: own(
    secret(
      connect(
        'With XOAUTH2 the token, with or without `Bearer `; with PLAIN and DIGEST-MD5 the identity to act as.',
        '`credentials`',
      ),
    ),
  ),
  Charset: own(text('', send('The charset of encoded header text; empty: UTF-8.', 'encoded-words'), checkCharset)),
  FoldHeaders: own(flag(true, send('True: header fields are folded at `MaxHeaderLength`.', 'the header'))),
  Hello: own(
    text('', connect('The argument of EHLO and HELO; empty: the name of the machine.', '`localName`'), checkHello),
  ),
  KeepQueue: own(
    flag(
      false,
      send('True: `processQueue()` renames a file that was sent to `.sent`; false: deletes it.', 'the spool folder'),
    ),
  ),
  MaxHeaderLength: own(whole(80, [20, 998], send('The longest header line that is not folded.', 'the header'))),
  MessageHeadersString: { ...property('MessageHeadersString', 'The same as the property.'), of: 'read' },
  MessageIdAlgorithm: own(
    text('SHA1', send('MD5, SHA1 or SHA256: 32, 40 or 64 digits in the Message-ID.', 'Message-ID'), (value, name) => {
      if (!MESSAGE_ID_ALGORITHMS.includes(value.toUpperCase()))
        throw invalidArgument(name, 'must be MD5, SHA1 or SHA256')
    }),
  ),
  OtherHeaders: property('OtherHeaders', 'The same as the property.'),
  ReturnPath: property('ReturnPath', 'The same as the property.'),
  SendRSET: own(
    flag(
      true,
      send(
        'True: RSET before a further message of a session and after a failure. False: never; a session that failed is closed.',
        'RSET',
      ),
    ),
  ),
  StopOnBccErrors: own(
    flag(false, send('True: nobody gets a message of which a blind copy was refused.', '`recipients[].required`')),
  ),
  StopOnCcErrors: own(
    flag(true, send('True: nobody gets a message of which a Cc was refused.', '`recipients[].required`')),
  ),
  StopOnToErrors: own(
    flag(true, send('True: nobody gets a message of which a To was refused.', '`recipients[].required`')),
  ),
  TransferText: read('The body of the last message as it was sent; empty for a stream above 1 MB.', 'the content'),
  CloseStreamAfterTransfer: own(
    flag(true, send('True: the stream of `setMessageStream()` is closed after the send.', 'the stream')),
  ),
  ConnectionTimeout: own(
    optionalWhole(
      [0, MAX_SECONDS],
      connect('Seconds for lookup, proxy and connection; unset: `Timeout`.', '`timeouts.connectMs`'),
    ),
  ),
  FirewallAutoDetect: firewall('autoDetect', flag(false, sameAs('AutoDetect'))),
  FirewallHost: firewall('host', text('', sameAs('Host'))),
  FirewallListener: own(
    checked(flag(false, kept('A client never listens: true is refused.')), (value, name) => {
      if (value) throw invalidArgument(name, 'cannot be True: a mail client never listens')
    }),
  ),
  FirewallPassword: firewall('password', secret(sameAs('Password'))),
  FirewallPort: firewall('port', whole(0, [0, 65_535], sameAs('Port'))),
  FirewallType: firewall('firewallType', choice(FirewallType, 0, sameAs('FirewallType'))),
  FirewallUser: firewall('user', text('', sameAs('User'))),
  KeepAliveInterval: own(
    optionalWhole(
      [1, MAX],
      kept(
        'Milliseconds between keep-alive probes. Kept: Node.js has no call for it, which a line of PITrail says once.',
      ),
    ),
  ),
  KeepAliveTime: own(
    optionalWhole(
      [1, MAX],
      connect('Milliseconds of silence before a keep-alive probe, with `TCPKeepAlive`.', '`keepAliveDelayMs`'),
    ),
  ),
  Linger: own(
    flag(true, connect('True: what was written is sent before the end. False: the connection is reset.', '`linger`')),
  ),
  LingerTime: own(
    whole(
      0,
      [0, MAX_SECONDS],
      connect('Seconds that the end may take; 0: as long as the system lets it.', '`lingerMs`'),
    ),
  ),
  LocalHost: {
    row: text('', { ...connect('The same as the property.', 'the property LocalHost'), locked: 107 }),
    of: { property: 'LocalHost' },
  },
  LocalPort: shown(
    whole(0, [0, 65_535], { ...connect('The port to connect from; 0: any.', '`localPort`'), locked: 106 }),
  ),
  MaxLineLength: own(
    whole(2048, [256, MAX], {
      ...kept('Longer lines of replies come in pieces of this size in PITrail.'),
      to: 'PITrail',
      locked: 112,
    }),
  ),
  MaxTransferRate: own(
    whole(0, [0, MAX], connect('Octets a second that are written; 0: no limit.', '`maxOctetsPerSecond`')),
  ),
  ProxyExceptionsList: own(
    text('', connect('Hosts reached without the proxy, between semicolons; `*.name` for all below.', '`proxy.bypass`')),
  ),
  TCPKeepAlive: own(flag(false, connect('TCP keep-alive.', '`keepAlive`'))),
  TcpNoDelay: own(flag(false, connect('True: small packets are not held back.', '`noDelay`'))),
  UseIPv6: own(choice(IPv6, 0, connect('0: IPv4; 1: IPv6; 2: IPv6, and IPv4 where that fails.', '`family`'))),
  UseNTLMv2: own(flag(false, connect('True: NTLM version 2.', '`credentials.ntlm`'))),
  LogSSLPackets: own(flag(false, connect('True: SSLStatus tells every TLS record.', '`tls.onRecord`'))),
  ReuseSSLSession: own(
    flag(false, connect('True: a further connection to the same server resumes the TLS session.', '`tls.sessions`')),
  ),
  SSLCACerts: own(
    text(
      '',
      connect('Certificates, PEM: trusted, and sent behind the client certificate.', '`tls.extraCa`, `tls.identity`'),
    ),
  ),
  SSLCheckCRL: own(choice(CHECKS, 0, connect('0: no; 1: if it can be; 2: it must be.', '`tls.revocation.crl`'))),
  SSLCheckOCSP: own(choice(CHECKS, 0, connect('0: no; 1: if it can be; 2: it must be.', '`tls.revocation.ocsp`'))),
  SSLCipherStrength: own(
    whole(0, [0, MAX], connect('The fewest bits of a cipher; 0: no limit.', '`tls.minStrengthBits`')),
  ),
  SSLClientCACerts: own(text('', kept('Kept; it counts for servers.'))),
  SSLContextProtocol: own(text('TLS', kept('Kept; it is of Java. Use `SSLEnabledProtocols`.'))),
  SSLEnabledCipherSuites: own(
    text(
      '*',
      connect('Suites by name, between semicolons; `*`: what the stack offers.', '`tls.ciphers`'),
      checkCipherSuites,
    ),
  ),
  SSLEnabledProtocols: own(
    checked(
      whole(
        15_360,
        [0, MAX],
        connect(
          'The sum of 12288 (1.3), 3072 (1.2), 768 (1.1), 192 (1.0). Not set: 1.2 and 1.3.',
          '`tls.minVersion`, `tls.maxVersion`',
        ),
      ),
      checkProtocols,
    ),
  ),
  SSLEnableRenegotiation: own(flag(true, kept('Kept: OpenSSL always says that it can, and Node.js never does.'))),
  SSLIncludeCertChain: own(
    flag(false, connect('True: CertEncoded of SSLServerAuthentication holds the chain.', 'the event')),
  ),
  SSLKeyLogFile: own(
    text('', connect('A file that gets the secrets of every session, for reading recordings.', '`tls.keyLogFile`')),
  ),
  SSLNegotiatedCipher: read('The suite by its OpenSSL name.', 'the session'),
  SSLNegotiatedCipherStrength: read('The bits of the cipher.', 'the session'),
  SSLNegotiatedCipherSuite: read('The suite by its IANA name.', 'the session'),
  SSLNegotiatedKeyExchange: read('Such as ECDHE_X25519 or RSA.', 'the session'),
  SSLNegotiatedKeyExchangeStrength: read('Its bits.', 'the session'),
  SSLNegotiatedVersion: read('TLSv1.2 or TLSv1.3.', 'the session'),
  SSLServerCACerts: own(
    text('', connect('Certificates, PEM, that are trusted besides those of the system.', '`tls.extraCa`')),
  ),
  SSLTrustManagerFactoryAlgorithm: own(text('PKIX', kept('Kept; it is of Java. Use `SSLServerCACerts`.'))),
  TLS12SignatureAlgorithms: own(
    text(
      'sha512-ecdsa,sha512-rsa,sha512-dsa,sha384-ecdsa,sha384-rsa,sha384-dsa,sha256-ecdsa,sha256-rsa,sha256-dsa,sha224-ecdsa,sha224-rsa,sha224-dsa,sha1-ecdsa,sha1-rsa,sha1-dsa',
      connect('Pairs of hash and signature for TLS 1.2.', '`tls.sigalgs`'),
      checkSignatureAlgorithms,
    ),
  ),
  TLS12SupportedGroups: own(
    text(
      'ecdhe_secp256r1,ecdhe_secp384r1,ecdhe_secp521r1',
      connect('Groups for TLS 1.2.', '`tls.ecdhCurve`'),
      checkGroups,
    ),
  ),
  TLS13KeyShareGroups: own(
    text(
      'ecdhe_x25519,ecdhe_secp256r1,ecdhe_secp384r1,ffdhe_2048,ffdhe_3072',
      connect('Its first group gets the key share of TLS 1.3.', '`tls.ecdhCurve`'),
      checkGroups,
    ),
  ),
  TLS13SignatureAlgorithms: own(
    text(
      'ed25519,ed448,ecdsa_secp256r1_sha256,ecdsa_secp384r1_sha384,ecdsa_secp521r1_sha512,rsa_pkcs1_sha256,rsa_pkcs1_sha384,rsa_pkcs1_sha512,rsa_pss_sha256,rsa_pss_sha384,rsa_pss_sha512',
      connect('Signature algorithms for TLS 1.3.', '`tls.sigalgs`'),
      checkSignatureAlgorithms,
    ),
  ),
  TLS13SupportedGroups: own(
    text(
      'ecdhe_x25519,ecdhe_x448,ecdhe_secp256r1,ecdhe_secp384r1,ecdhe_secp521r1,ffdhe_2048,ffdhe_3072,ffdhe_4096,ffdhe_6144,ffdhe_8192',
      connect('Groups for TLS 1.3, the most wanted first.', '`tls.ecdhCurve`'),
      checkGroups,
    ),
  ),
  AbsoluteTimeout: own(
    flag(false, {
      change: 'at once',
      says: 'True: `Timeout` counts from the start of the method.',
      to: 'the time allowed',
    }),
  ),
  FirewallData: own(text('', connect('Further header lines for CONNECT.', '`proxy.headers`'))),
  InBufferSize: shown(
    optionalWhole(
      [0, MAX],
      connect(
        'Octets the stream reads ahead, 0: as it does anyway; Node.js cannot set the buffer of the system.',
        '`readBufferOctets`',
      ),
    ),
  ),
  OutBufferSize: shown(
    optionalWhole(
      [0, MAX],
      connect(
        'Octets the stream holds, 0: as it does anyway; Node.js cannot set the buffer of the system.',
        '`writeBufferOctets`',
      ),
    ),
  ),
  BuildInfo: read('Name and version.', 'the package'),
  GUIAvailable: own(flag(true, kept('Kept; there is no such loop here.'))),
  LicenseInfo: read('Product, and that there is no key.', 'the package'),
  MaskSensitiveData: own(flag(true, connect('False: PITrail shows what AUTH says. Weakens.', '`trailSecrets`'))),
  UseDaemonThreads: own(
    flag(false, connect('True: an open connection does not keep the process alive.', '`socket.unref()`')),
  ),
  UseInternalSecurityAPI: own(flag(false, kept('Kept; there is one implementation.'))),
} as const

export type ConfigName = keyof typeof CONFIG
export type ConfigValue<N extends ConfigName> = (typeof CONFIG)[N] extends ConfigSetting<infer T> ? T : never
