import { SettingsError, type PosthornError } from 'posthorn'

const SERVER_WANTED =
  'Ask the operator of the mail service for the host name or IP address of its submission server, and give it: posthorn profile configure NAME --from ADDRESS --relay HOST.'

/** Hints that name an option of the library, said again with the flags of the command. */
const HINTS: Readonly<Record<string, string>> = {
  'tls.unknown-issuer':
    'If this is the right server, give the certificate of its authority as --ca FILE. With a public authority, the server most likely leaves out its intermediate certificate.',
  'tls.self-signed': 'If this is the right server, give its certificate as --ca FILE; better is one from an authority.',
  'tls.wrong-name':
    'If this is the server you mean, use one of the names in its certificate in --server. If not, someone is in between.',
  'tls.plaintext':
    'The port does not begin with TLS. Use smtp:// or --security starttls, or port 465 if the server has it.',
  'tls.expected': 'Use smtps:// (--security implicit) for this port, or the port for STARTTLS, 587.',
  'smtp.starttls.not-offered':
    'Nothing was sent in the clear. Try smtps:// (port 465), or ask why STARTTLS is missing: it may have been stripped on the way. For a server without TLS that you trust the road to: --security none.',
  'smtp.auth.cleartext':
    'Use --security starttls or smtps://. If the road to the server is safe: --allow-cleartext-auth, which anyone on it can read.',
  'deadline.exceeded':
    'Allow more time with --deadline SECONDS, or find out why this step is slow (--trail shows where it stands).',
  'tls.missing-intermediate':
    'Have the server send its whole chain; until then give the missing certificate as --extra-ca FILE.',
  'tls.client-certificate-required': 'Give a certificate the server accepts, with its key, as --client-cert FILE.',
  'tls.revocation-unknown': "Let this machine reach the authority's OCSP or CRL server, or use --revocation soft.",
  'proxy.unreachable': 'Check host and port in --proxy, and whether the proxy is running and lets this machine in.',
  'proxy.authentication-required': 'Give user and password in the URL: --proxy http://user:password@host:port.',
  'proxy.authentication-refused': 'Check user and password in the URL of --proxy.',
  'proxy.protocol': 'Check the scheme, host and port of --proxy: what answers there is no proxy of that type.',
  'settings.security': 'Use implicit, starttls, opportunistic or none.',
  'discover.none': SERVER_WANTED,
  'discover.not-offered': SERVER_WANTED,
  'discover.no-answer':
    'Check the network and the name servers of this machine and try again, or give the host name or IP address of the server: posthorn profile configure NAME --from ADDRESS --relay HOST.',
}

/** What to do about an error, in the words of the command line. */
export function flagHint(error: PosthornError): string | undefined {
  if (error.outcome === 'unknown') return error.hint
  if (error.reply?.code === 530) return LOGIN_WANTED
  if (error.code === 'settings.rule' && error instanceof SettingsError && error.field === 'credentials.password')
    return 'Set POSTHORN_PASSWORD, or give --password-file FILE or --oauth2 FILE; without a login leave the user out.'
  return HINTS[error.code] ?? error.hint
}

const LOGIN_WANTED =
  'The server wants a login: --user NAME, with the password in POSTHORN_PASSWORD or --password-file FILE.'
