import type { Phase, Reply } from '@posthorn/ground'

/** What an operator can do about a refusal, by enhanced status code (RFC 3463, RFC 5248), then by reply code and phase. */
export function hintFor(phase: Phase, reply: Reply): string {
  if (phase === 'auth') {
    const text = reply.lines.join(' ')
    const byText = AUTH_TEXTS.find(([pattern]) => pattern.test(text))
    if (byText) return byText[1]
  }
  const byEnhanced = reply.enhanced === undefined ? undefined : ENHANCED[reply.enhanced.slice(2)]
  if (byEnhanced) return byEnhanced
  if (phase === 'auth') {
    if (reply.code === 454) return 'The server cannot check logins at the moment; try again later.'
    if (reply.code === 534) return 'The server wants a stronger mechanism, or an application password.'
    return 'Check user and password; some services want an application password or OAuth2 instead.'
  }
  if (/client certificate/i.test(reply.lines.join(' ')))
    return 'The server wants a client certificate it trusts: give tls.identity, tls.pfx, or tls.cert and tls.key.'
  if (reply.code === 530) return 'The server wants a login, or TLS first: set credentials, or security.'
  if (reply.code === 421) return 'The server ends the session; try again later or with fewer connections.'
  if (phase === 'greeting') return 'The server takes no mail from this address at the moment; ask its operator.'
  if (phase === 'starttls') return 'The server cannot do TLS now; nothing was sent in the clear.'
  if (reply.code < 500) return 'Try again later, unchanged.'
  if (phase === 'rcpt') return 'Check the address of the recipient, and whether this server relays for this sender.'
  if (phase === 'mail') return 'Check the address of the sender, and whether this login may use it.'
  return 'Do not repeat it unchanged; the text of the reply says what the server wants.'
}

/** Texts of services that say more than their codes, from their documentation. */
const AUTH_TEXTS: readonly (readonly [RegExp, string])[] = [
  [
    /application-specific password|InvalidSecondFactor/i,
    'The account has two-step verification: make an application password for it, or use OAuth2.',
  ],
  [
    /SmtpClientAuthentication is disabled/i,
    'SMTP AUTH is switched off for the mailbox or the whole tenant; an administrator must switch it on.',
  ],
  [
    /basic authentication is disabled|security defaults|conditional access/i,
    'The service takes no passwords here; use OAuth2.',
  ],
  [/web browser|WebLoginRequired/i, 'Sign in to the account in a browser and follow what it asks, then try again.'],
]

const ENHANCED: Readonly<Record<string, string>> = {
  '1.1': 'The mailbox does not exist there; check the address.',
  '1.2': 'The domain does not exist there; check the address.',
  '1.8': 'The server does not take this sender address; check its domain.',
  '2.2': 'The mailbox is full; try again later or tell the recipient.',
  '3.4': 'The message is too large for this server.',
  '7.0': 'The server forbids it by policy; its text says why.',
  '7.1': 'Not allowed for this sender or login; check the login and its rights.',
  '7.3':
    'The server does not accept this login: with a token, check its scope, its audience and the rights on the mailbox.',
  '7.8': 'Check user and password; some services want an application password or OAuth2 instead.',
  '7.9': 'The mechanism is too weak for this server; let Posthorn choose, or name a stronger one.',
  '7.11': "The server wants TLS before the login: set security to 'starttls' or 'implicit'.",
  '7.14': 'The service wants the account to be confirmed first: sign in to it in a browser.',
  '7.25':
    'The address of this machine has no name that leads back to it (PTR): have one set, or log in at a submission server.',
  '7.139':
    'The service forbids this login: SMTP AUTH is off for the mailbox or tenant, or passwords are no longer taken; use OAuth2, or ask an administrator.',
  '7.30': 'The server cannot keep REQUIRETLS for this message.',
  '7.57':
    'The server takes mail only after a login here; if one is set, the mailbox or tenant does not allow SMTP AUTH.',
  '7.60': 'The login may not use this sender address; give it the right to send as this address.',
}
