// A table: what the class calls the settings of the engine, and what to do about an error, said with them.

/** Settings of the engine that the class has under another name. */
const NAMES: Readonly<Record<string, string>> = {
  host: 'MailServer',
  port: 'MailPort',
  localAddress: 'LocalHost',
  localPort: 'LocalPort',
  localName: 'Hello',
  family: 'UseIPv6',
  security: 'SSLStartMode',
  keepAliveDelayMs: 'KeepAliveTime',
  readBufferOctets: 'InBufferSize',
  writeBufferOctets: 'OutBufferSize',
  maxOctetsPerSecond: 'MaxTransferRate',
  timeouts: 'Timeout',
  mechanisms: 'AuthMechanism',
  'credentials.user': 'User',
  'credentials.password': 'Password',
  'credentials.accessToken': 'AuthorizationIdentity',
  'credentials.authorizationId': 'AuthorizationIdentity',
  'credentials.mechanism': 'AuthMechanism',
  credentials: 'User and Password',
  'proxy.type': 'FirewallType',
  'proxy.host': 'FirewallHost',
  'proxy.port': 'FirewallPort',
  'proxy.user': 'FirewallUser',
  'proxy.password': 'FirewallPassword',
  'proxy.headers': 'FirewallData',
  'proxy.bypass': 'ProxyExceptionsList',
  proxy: 'Firewall',
  'tls.ciphers': 'SSLEnabledCipherSuites',
  'tls.minStrengthBits': 'SSLCipherStrength',
  'tls.minVersion': 'SSLEnabledProtocols',
  'tls.maxVersion': 'SSLEnabledProtocols',
  'tls.keyLogFile': 'SSLKeyLogFile',
  'tls.ca': 'SSLServerCACerts',
  'tls.extraCa': 'SSLServerCACerts',
  'tls.acceptedCertificates': 'SSLAcceptServerCert',
  'tls.decide': 'SSLServerAuthentication',
  'tls.cert': 'SSLCert',
  'tls.key': 'SSLCert',
  'tls.pfx': 'SSLCert',
  'tls.passphrase': 'SSLCert',
  'tls.identity': 'SSLCert',
  'tls.ecdhCurve': 'TLS12SupportedGroups and TLS13SupportedGroups',
  'tls.sigalgs': 'TLS12SignatureAlgorithms and TLS13SignatureAlgorithms',
  'envelope.reversePath': 'From or ReturnPath',
  'envelope.recipients': 'MessageRecipients',
  content: 'the message',
}

/** The field of the engine that a sentence begins with, in the words of the class: `tls.ciphers: ...`, `envelope.recipients[0]: ...`. */
export function inWordsOfTheClass(field: string, message: string): string {
  if (!message.startsWith(`${field}:`)) return message
  for (let name = field; name !== ''; name = name.replace(/(?:^|\.|\[)[^.[]*$/, '')) {
    const ours = NAMES[name]
    if (ours !== undefined) return `${ours}${message.slice(name.length)}`
  }
  return message
}

/** What the engine notes about one of its settings, in the words of the class: `tls.ciphers: ...`, `tls.minVersion allows ...`. */
export function noteInWordsOfTheClass(note: string): string {
  return note.replace(/^tls\.\w+/, (name) => NAMES[name] ?? name)
}

const OTHER_MECHANISM = 'Choose another one with AuthMechanism.'
const STARTTLS_OR_TLS = 'Set SSLStartMode: 2 for STARTTLS (port 587 or 25), 1 for TLS from the first octet (port 465).'

/** By the code of the engine, where the advice of the engine names its own settings. */
const HINTS: Readonly<Record<string, string>> = {
  'resolve.not-found':
    'Check the spelling of MailServer and the setting UseIPv6, and ask the name server of this machine for the name.',
  'connect.local-address':
    'LocalHost or LocalPort names an address that this machine does not have, or one that is in use.',
  'connect.refused':
    'The machine is there, but nothing listens on the port. Check MailPort, and whether the server is running.',
  'connect.unreachable': 'There is no route to the address. Check the network and the setting UseIPv6.',
  'settings.local-address': 'Give an IP address of this machine, not a host name and not the name of an interface.',
  'deadline.exceeded': 'Allow more time with Timeout, or find out why the server is slow.',
  'smtp.timeout': 'The server is slow, or something between drops packets; try again, or allow more time with Timeout.',
  'tls.timeout': `The port is open but TLS did not come about in time. ${STARTTLS_OR_TLS}`,
  'tls.verdict-timeout':
    'The handshake itself was done. Look at what the handler of SSLServerAuthentication waits for, and whether the addresses for revocation in the certificate can be reached.',

  'proxy.unreachable':
    'Check FirewallHost and FirewallPort, and whether the proxy is running and lets this machine in.',
  'proxy.authentication-required':
    'Set FirewallUser and FirewallPassword. Where they are set, the proxy offers no login that can carry them: ask its operator.',
  'proxy.authentication-refused':
    'Check FirewallUser and FirewallPassword. They were sent once and will not be tried another way.',
  'proxy.protocol':
    'Check FirewallType, FirewallHost and FirewallPort: what answers there does not speak the protocol of that type of proxy.',
  'proxy.target-not-found':
    'The proxy cannot resolve the name of the server. Check its spelling; with SOCKS 5 and CONNECT an asterisk before MailServer has the proxy resolve it.',
  'proxy.resolve':
    'Check the spelling of FirewallHost, and the name servers of this machine: the name is that of the proxy, not of the mail server.',
  'proxy.tls': 'This is the certificate and the TLS of the proxy, not of the mail server.',

  'tls.plaintext': `The port does not begin with TLS. ${STARTTLS_OR_TLS}`,
  'tls.expected': 'Set SSLStartMode to 1 on this port, or use the port for STARTTLS (587).',
  'tls.handshake':
    'The two sides could not agree. Compare SSLEnabledCipherSuites, SSLEnabledProtocols and the settings that begin with TLS12 and TLS13 with what the server offers.',
  'tls.old-protocol':
    'The server has none of the TLS versions allowed here. It should be updated; SSLEnabledProtocols decides what is allowed (RFC 8996).',
  'tls.no-encryption': 'Everything would go in clear text. Name no suite with NULL in SSLEnabledCipherSuites.',
  'tls.no-certificate':
    'Nobody knows who the server is. Name no anonymous cipher suite (DH_anon, ECDH_anon) in SSLEnabledCipherSuites.',
  'tls.missing-intermediate':
    'The server sends its own certificate alone. Its operator should add the intermediate certificate to the chain; until then give that in SSLServerCACerts.',
  'tls.unknown-issuer':
    'Give the certificate of the authority in SSLServerCACerts. With a public authority, the server most likely leaves out its intermediate certificate.',
  'tls.self-signed':
    'If this is the right server, set SSLAcceptServerCert to its certificate; better is one from an authority.',
  'tls.wrong-name':
    'If this is the server you mean, set MailServer to one of the names in its certificate. If not, someone is in between.',
  'tls.refused-by-caller': 'A handler of SSLServerAuthentication left accept false.',
  'tls.decision-failed': 'A handler of SSLServerAuthentication failed; see the cause for what it threw.',
  'tls.revocation-unknown':
    'Check that this machine reaches the addresses in the certificate. 1 in SSLCheckCRL and SSLCheckOCSP takes a certificate that cannot be asked after.',
  'tls.client-certificate-required': 'Set SSLCert to a certificate with its private key that the server accepts.',
  'settings.tls-ciphers':
    'Name suites such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 in SSLEnabledCipherSuites, or * for all that Node.js offers, and look at SSLCipherStrength.',

  'smtp.auth.cleartext': `User and Password would go in the clear. ${STARTTLS_OR_TLS}`,
  'smtp.auth.no-mechanism': `${OTHER_MECHANISM} 0 takes the user and password in the way that the server offers.`,
  'smtp.auth.not-offered': `Leave User and Password empty, or use the submission port (587). Many servers offer it only under TLS. ${STARTTLS_OR_TLS}`,
  'smtp.auth.challenge': `The server, or something between, does not keep to RFC 4954 4. ${OTHER_MECHANISM}`,
  'smtp.auth.endless': `The server does not keep to RFC 4954. ${OTHER_MECHANISM}`,
  'smtp.auth.too-weak': OTHER_MECHANISM,
  'smtp.starttls.not-offered':
    'Nothing was sent in the clear. Try SSLStartMode 1 on port 465, or ask why STARTTLS is missing: it may have been stripped on the way.',
  'smtp.reply.syntax': 'Check that MailServer and MailPort belong to an SMTP server.',
  'smtp.pipelining.mishandled':
    'The server offers PIPELINING and cannot do it; its operator should correct that. AllowExtensions False avoids it where neither TLS nor a login is needed.',
  'credentials.charset': 'The server takes ISO 8859-1 only in DIGEST-MD5; choose another mechanism with AuthMechanism.',
  'credentials.service-unknown': 'Set MailServer to the name that the service ticket is made out to (smtp/NAME).',

  'content.eight-bit':
    'Give the body in MessageText, which is encoded as needed, or as quoted-printable or base64 with its fields in OtherHeaders.',
  'content.source-failed': 'See the cause; the message was not sent.',
  'envelope.recipients': 'Set SendTo, or Cc or BCc with AllowEmptyTo.',
  'extension.missing':
    'Leave the option out of MessageRecipients, use addresses in ASCII, or send through a server that offers it.',
  'recipients.too-many': 'Send to fewer recipients at once.',
  'pool.closed': 'The connection was ended by disconnect(), reset() or interrupt().',
}

/** What the engine advises on a reply, and what that is here. */
const PHRASES: readonly (readonly [RegExp, string])[] = [
  [/give tls\.identity, tls\.pfx, or tls\.cert and tls\.key/, 'set SSLCert'],
  [/set credentials, or security/, 'set User and Password, or SSLStartMode'],
  [/set security to 'starttls' or 'implicit'/, 'set SSLStartMode to 2 or 1'],
  [/let Posthorn choose, or name a stronger one/, 'set AuthMechanism to 0, or choose a stronger one'],
]

/** What to do about an error of the engine, said with the names of the class. */
export function hintOf({
  code,
  hint,
}: {
  readonly code: string
  readonly hint: string | undefined
}): string | undefined {
  return HINTS[code] ?? PHRASES.reduce((text, [from, to]) => text?.replace(from, to), hint)
}
