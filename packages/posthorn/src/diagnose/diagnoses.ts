// A table: every misconfiguration that `diagnose` can name, what it means and what to do.

/** What is wrong: the cause in a sentence, and one next step. */
export interface DiagnosisText {
  readonly cause: string
  readonly nextStep: string
}

const table = <const T extends Record<string, DiagnosisText>>(entries: T): T => entries

/** By code; codes are stable. */
export const DIAGNOSES = table({
  'discover.none': {
    cause: 'Nobody names a submission server for the address, and the usual names do not answer.',
    nextStep: 'Give the name of the server: the operator of the mail service knows it.',
  },
  'discover.not-offered': {
    cause: 'The domain says in DNS that it has no submission server.',
    nextStep: 'Send by another way, or give the name of a server that takes mail of this domain.',
  },
  'discover.no-answer': {
    cause: 'Nobody answered who could name the server, which may be the fault of the network.',
    nextStep: 'Check the network and the name servers of this machine, then try again; or give the name of the server.',
  },
  'discover.unconfirmed': {
    cause:
      'The server is outside the domain of the address, and nothing but DNS names it, which others on the way can write.',
    nextStep: 'Look at its name: give it a password only when it is that of your provider.',
  },
  'settings.invalid': {
    cause: 'A setting cannot be used as it is.',
    nextStep: 'Correct the setting that the evidence names.',
  },
  'settings.gmail-needs-tls': {
    cause: 'Gmail takes mail under TLS only, and TLS is switched off.',
    nextStep: "Set security to 'starttls' with port 587, or 'implicit' with port 465.",
  },
  'settings.credentials-in-the-clear': {
    cause: 'Login is set, and the session would have no TLS: anyone on the way could read the password.',
    nextStep: "Set security to 'starttls' or 'implicit'.",
  },
  'settings.not-verified': {
    cause: 'The verification of the server certificate is switched off: anyone on the way can be the server.',
    nextStep: 'Switch it on, and trust the right authority with tls.extraCa if the server needs one.',
  },
  'name.not-found': {
    cause: 'The name of the server has no address.',
    nextStep: 'Check the spelling of the host name; ask the provider for the name of its submission server.',
  },
  'name.is-a-mail-domain': {
    cause: 'The name is that of a mail domain, not of a server: it has mail exchangers but no address of its own.',
    nextStep: "Use the name of the provider's submission server as host.",
  },
  'name.resolver-failed': {
    cause: 'The name server of this machine did not answer.',
    nextStep: 'Check the name servers of this machine (/etc/resolv.conf), then try again.',
  },
  'port.closed': {
    cause: 'The machine is there, but nothing listens on the port.',
    nextStep: 'Use a port that is open there, or start the server.',
  },
  'port.blocked': {
    cause: 'Nothing answers on the port: most often a firewall on the way drops the packets.',
    nextStep: 'Use port 587 or 465, or have the port opened; most networks block 25.',
  },
  'network.unreachable': {
    cause: 'There is no route to the server.',
    nextStep: 'Check the network of this machine, and the setting of the address family.',
  },
  'network.local-address': {
    cause: 'The local address or port to connect from is not to be had on this machine.',
    nextStep: 'Correct localAddress and localPort, or leave them out.',
  },
  'network.denied': {
    cause: 'This machine forbids the connection.',
    nextStep: 'Check its firewall, and the rights of the process.',
  },
  'network.hung-up': {
    cause: 'The connection was closed before the server said anything.',
    nextStep: 'Ask the operator whether this address is allowed to connect; a firewall may do it, too.',
  },
  'proxy.unreachable': {
    cause: 'The proxy cannot be reached.',
    nextStep: "Check the proxy's host and port.",
  },
  'proxy.login-needed': {
    cause: 'The proxy asks for a login.',
    nextStep: 'Set proxy.user and proxy.password.',
  },
  'proxy.login-refused': {
    cause: 'The proxy does not accept the login.',
    nextStep: 'Correct proxy.user and proxy.password.',
  },
  'proxy.refuses': {
    cause: 'The proxy does not allow connections to this server and port.',
    nextStep: "Have the server and its port added to the proxy's rules: many proxies allow port 443 alone.",
  },
  'proxy.server-unreachable': {
    cause: 'The proxy works, but cannot reach the server.',
    nextStep: 'Check the host name and port of the server as the proxy sees them.',
  },
  'proxy.not-a-proxy': {
    cause: 'What answers at the address of the proxy is no proxy of this type.',
    nextStep: "Check the proxy's type, host and port.",
  },
  'proxy.tls': {
    cause: 'TLS with the proxy did not come about.',
    nextStep: "Use type 'http' for a proxy without TLS, or trust its authority with proxy.tls.extraCa.",
  },
  'tls.use-starttls': {
    cause: 'The port begins in clear text, and implicit TLS is set.',
    nextStep: "Set security to 'starttls', or use the port for implicit TLS (465).",
  },
  'tls.use-implicit': {
    cause: 'The port waits for TLS from the first octet, and it was spoken to in clear text.',
    nextStep: "Set security to 'implicit'.",
  },
  'tls.wrong-name': {
    cause: 'The certificate of the server is for other names.',
    nextStep: 'Use one of the names in the certificate as host.',
  },
  'tls.expired': {
    cause: 'The certificate of the server has expired.',
    nextStep: 'Have the server renew its certificate; check the clock of this machine, too.',
  },
  'tls.not-yet-valid': {
    cause: 'The certificate of the server is not valid yet.',
    nextStep: 'Check the clock of this machine.',
  },
  'tls.self-signed': {
    cause: 'The certificate of the server is signed by itself.',
    nextStep: 'If this is the right server, trust its certificate with tls.extraCa.',
  },
  'tls.unknown-issuer': {
    cause: 'The certificate of the server is from an authority that is not trusted here.',
    nextStep: "Trust the authority's certificate with tls.extraCa.",
  },
  'tls.missing-intermediate': {
    cause: 'The server leaves out an intermediate certificate, so its chain cannot be followed.',
    nextStep: 'Have the server send its whole chain; until then give the intermediate with tls.extraCa.',
  },
  'tls.revoked': {
    cause: 'The certificate of the server was revoked.',
    nextStep: 'Do not send anything; the operator must replace the certificate.',
  },
  'tls.revocation-unknown': {
    cause: 'Whether the certificate was revoked could not be found out, and it is required.',
    nextStep: "Let this machine reach the authority's OCSP or CRL server, or set the check to 'soft'.",
  },
  'tls.certificate-refused': {
    cause: 'The certificate of the server cannot be used.',
    nextStep: 'Have the operator replace it.',
  },
  'tls.pin-mismatch': {
    cause: 'The certificate of the server has none of the pinned keys.',
    nextStep: 'If the server changed its key, update tls.pins; if not, someone is in between.',
  },
  'tls.old-protocol': {
    cause: 'The server speaks none of the TLS versions that are allowed here.',
    nextStep: 'Have the server updated to TLS 1.2 or later.',
  },
  'tls.client-certificate-needed': {
    cause: 'The server asks for a client certificate.',
    nextStep: 'Set a client certificate and its key (tls.identity, tls.pfx, or tls.cert and tls.key).',
  },
  'tls.client-certificate-refused': {
    cause: 'The server does not accept the client certificate.',
    nextStep: 'Check its issuer, dates and name with the operator.',
  },
  'tls.no-agreement': {
    cause: 'The two sides could not agree on a version, a cipher or a key.',
    nextStep: 'Leave tls.ciphers, tls.ecdhCurve, tls.sigalgs and the versions at their defaults.',
  },
  'tls.silent': {
    cause: 'The port is open, but TLS did not come about in time.',
    nextStep: "Check the port; if it begins in clear text, set security to 'starttls'.",
  },
  'starttls.not-offered': {
    cause: 'The server does not offer STARTTLS.',
    nextStep: "Use port 465 with security 'implicit' if the server has it.",
  },
  'starttls.stripped': {
    cause: 'Something on the way takes STARTTLS out of what the server offers, or the server did not mean it.',
    nextStep: "Use port 465 with security 'implicit'; have the operator of the network switch off its SMTP inspection.",
  },
  'starttls.injected': {
    cause: 'Clear text came where TLS must begin: someone may sit in between.',
    nextStep: "Use port 465 with security 'implicit'.",
  },
  'starttls.failed': {
    cause: 'The server offers STARTTLS and cannot do it now.',
    nextStep: 'Tell the operator; its certificate or key is most likely missing.',
  },
  'server.not-smtp': {
    cause: 'What answers on this port does not speak SMTP.',
    nextStep: 'Check host and port: submission is 587 or 465.',
  },
  'server.silent': {
    cause: 'The connection stands, but the server says nothing.',
    nextStep: 'Try again later; a proxy, a firewall or a tarpit may hold the connection.',
  },
  'server.refuses-address': {
    cause: 'The server takes no mail from the address of this machine.',
    nextStep:
      "Use the provider's submission server with a login, or have the address removed from the block list named.",
  },
  'server.reverse-dns': {
    cause: 'The address of this machine has no name, or one that does not lead back to it.',
    nextStep: 'Have a PTR record set for the address, or send through a submission server with a login.',
  },
  'server.local-name-refused': {
    cause: 'The server does not accept the name given in EHLO.',
    nextStep: 'Set localName to the full domain name of this machine.',
  },
  'server.busy': {
    cause: 'The server cannot take mail at the moment.',
    nextStep: 'Try again later.',
  },
  'auth.not-offered-before-tls': {
    cause: 'The server offers a login under TLS only, and the session has none.',
    nextStep: "Set security to 'starttls', or to 'implicit' with port 465.",
  },
  'auth.not-offered': {
    cause: 'The server offers no login on this port.',
    nextStep: 'Use the submission port (587 or 465), or leave the credentials out.',
  },
  'auth.needed': {
    cause: 'The server takes mail only after a login.',
    nextStep: 'Set credentials.',
  },
  'auth.wrong-mechanism': {
    cause: 'The server offers none of the mechanisms that are allowed here.',
    nextStep: 'Leave mechanisms and credentials.mechanism out, or name one that the server offers.',
  },
  'auth.token-needed': {
    cause: 'The server takes access tokens only, no passwords.',
    nextStep: 'Use OAuth2: set credentials.accessToken (see posthorn/oauth2).',
  },
  'auth.password-needed': {
    cause: 'The server takes passwords only, no access tokens.',
    nextStep: 'Set credentials.user and credentials.password.',
  },
  'auth.password-wrong': {
    cause: 'The server does not accept user and password.',
    nextStep: 'Check both; some services want the whole mail address as the user.',
  },
  'auth.app-password-needed': {
    cause: 'The account has two-step verification: its own password does not work here.',
    nextStep: 'Make an application password for the account, or use OAuth2.',
  },
  'auth.tenant-disabled': {
    cause: 'SMTP AUTH is switched off for the whole organisation (tenant).',
    nextStep:
      'Have an administrator switch it on for the mailbox: Set-CASMailbox -SmtpClientAuthenticationDisabled $false.',
  },
  'auth.mailbox-disabled': {
    cause: 'SMTP AUTH is switched off for this mailbox.',
    nextStep: 'Have an administrator switch it on: Set-CASMailbox -SmtpClientAuthenticationDisabled $false.',
  },
  'auth.basic-disabled': {
    cause: 'The service no longer takes passwords here, or its security defaults forbid them.',
    nextStep: 'Use OAuth2: set credentials.accessToken (see posthorn/oauth2).',
  },
  'auth.account-locked': {
    cause: 'The account is locked, blocked, or must be confirmed in a browser first.',
    nextStep: 'Sign in to the account in a browser and follow what it asks.',
  },
  'auth.too-weak': {
    cause: 'The server wants a stronger mechanism, or TLS first.',
    nextStep: "Set security to 'starttls' or 'implicit', and let Posthorn choose the mechanism.",
  },
  'auth.server-unproven': {
    cause: 'The server did not prove that it knows the password: it may not be the server you mean.',
    nextStep: 'Do not send anything; check host, certificate and user with the operator.',
  },
  'auth.temporary': {
    cause: 'The server cannot check logins at the moment.',
    nextStep: 'Try again later.',
  },
  'auth.too-many': {
    cause: 'There were too many logins, or too many wrong ones.',
    nextStep: 'Wait, and correct the password before the next attempt.',
  },
  'token.not-to-be-had': {
    cause: 'No access token could be had.',
    nextStep: 'See the evidence for what was said; ask for a token by itself (posthorn token show FILE).',
  },
  'token.no-answer': {
    cause: 'The access token did not come in time; the mail server is not to blame.',
    nextStep: 'Check that the authorization server can be reached from here, with its own proxy if there is one.',
  },
  'token.provider-unreachable': {
    cause: 'The authorization server cannot be reached, or is in trouble.',
    nextStep: 'Check its address, the network and the proxy for it, then try again.',
  },
  'token.invalid-client': {
    cause: 'The authorization server does not accept the application: client id, secret, certificate or tenant.',
    nextStep: 'Check client id and client secret (or certificate), and that they are of this tenant.',
  },
  'token.sign-in-needed': {
    cause: 'The authorization server wants somebody to sign in, or to agree.',
    nextStep: 'Sign in again, with the same store and credential name.',
  },
  'token.scope-refused': {
    cause: 'The authorization server does not give tokens for the scope that is asked for.',
    nextStep: 'Correct the scope; a preset such as microsoft() or google() has the right one.',
  },
  'token.store': {
    cause: 'The file where tokens are kept cannot be used.',
    nextStep: 'Check its path, permissions and key; see the evidence.',
  },
  'token.wrong-audience': {
    cause: 'The access token is for another service than this server.',
    nextStep:
      'Ask for a token with the scope of this service (SMTP of Microsoft: https://outlook.office.com/SMTP.Send or https://outlook.office365.com/.default).',
  },
  'token.wrong-scope': {
    cause: 'The access token lacks the permission to send mail.',
    nextStep: 'Ask for SMTP.Send (delegated) or SMTP.SendAsApp (application), and have an administrator consent.',
  },
  'token.expired': {
    cause: 'The access token has expired.',
    nextStep: 'Give a function or a token manager as credentials.accessToken, so that it is renewed.',
  },
  'token.refused': {
    cause: 'The server does not accept the access token for this user.',
    nextStep:
      'Check that the token is for this mailbox; Microsoft also wants the application registered in Exchange (New-ServicePrincipal, Add-MailboxPermission).',
  },
  'kerberos.unavailable': {
    cause: 'The optional package for Kerberos, or a ticket, is missing.',
    nextStep: "Install the package 'kerberos' and get a ticket (kinit), or use another mechanism.",
  },
  'sender.not-allowed': {
    cause: 'The login may not use this sender address.',
    nextStep: "Send from the login's own address, or give it the right to send as the other one.",
  },
  'sender.refused': {
    cause: 'The server does not accept the sender address.',
    nextStep: 'Check the address; its domain must exist.',
  },
  'relay.denied': {
    cause: 'The server does not relay to this recipient for us.',
    nextStep: 'Log in, or have the address of this machine allowed to relay.',
  },
  'recipient.unknown': {
    cause: 'The server does not know the recipient.',
    nextStep: "Check the recipient's address.",
  },
  'recipient.refused': {
    cause: 'The server does not take mail for the recipient.',
    nextStep: 'The text of the reply says why.',
  },
  'mailbox.full': {
    cause: "The recipient's mailbox is full.",
    nextStep: 'Try again later, or tell the recipient in another way.',
  },
  greylisted: {
    cause: 'The server puts off mail from senders it does not know yet (greylisting).',
    nextStep: 'Try again in some minutes; a queue does that by itself.',
  },
  'rate-limited': {
    cause: 'The server allows fewer messages or connections than were made.',
    nextStep: 'Set pool.maxConnections and pool.rateLimit to what the provider allows.',
  },
  'too-large': {
    cause: 'The message is larger than the server takes.',
    nextStep: 'Make it smaller, or send a link to the attachment.',
  },
  'server.policy': {
    cause: 'The server refuses by its policy.',
    nextStep: 'The text of the reply says why; ask the operator.',
  },
  unexplained: {
    cause: 'Something else went wrong.',
    nextStep: 'See the evidence; run it again with the protocol trail.',
  },
})

/** The code of a misconfiguration. */
export type DiagnosisCode = keyof typeof DIAGNOSES
