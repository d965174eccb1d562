import type { Phase, Reply } from '@posthorn/ground'
import type { DiagnosisCode } from './diagnoses.js'

/** One way to recognise a refusal: everything that is said must fit; the first rule that fits decides. */
interface Rule {
  readonly in?: readonly Phase[]
  readonly codes?: readonly number[]
  /** Enhanced status code without its class, `7.139`. */
  readonly enhanced?: readonly string[]
  readonly text?: RegExp
  /** Credentials with an access token. */
  readonly token?: boolean
  readonly is: DiagnosisCode
}

const AUTH: readonly Phase[] = ['auth']
const ENVELOPE: readonly Phase[] = ['mail', 'rcpt', 'data', 'content', 'final']

// Texts of Microsoft and Google are from their documentation of SMTP errors; those of Postfix, Exim, Dovecot and Sendmail from the servers.
const RULES: readonly Rule[] = [
  {
    in: AUTH,
    text: /disabled for the tenant|smtpclientauthentication is disabled for the tenant/i,
    is: 'auth.tenant-disabled',
  },
  { in: AUTH, text: /disabled for the mailbox|smtpclientauthentication is disabled/i, is: 'auth.mailbox-disabled' },
  {
    in: AUTH,
    text: /application-specific password|app(?:lication)? password|invalidsecondfactor/i,
    is: 'auth.app-password-needed',
  },
  {
    in: AUTH,
    text: /basic authentication is disabled|security defaults|blocked by.{0,40}(?:policy|conditional access)/i,
    is: 'auth.basic-disabled',
  },
  {
    in: AUTH,
    text: /user is locked|account (?:is )?(?:locked|disabled|suspended)|log in (?:via|with) your web browser|webloginrequired/i,
    is: 'auth.account-locked',
  },
  { in: AUTH, enhanced: ['7.14'], is: 'auth.account-locked' },
  { in: AUTH, text: /too many (?:login|auth|failed|bad)|login rate|rate limit|try again in \d/i, is: 'auth.too-many' },
  { in: AUTH, enhanced: ['7.11', '7.9'], is: 'auth.too-weak' },
  { in: AUTH, codes: [538, 530], is: 'auth.too-weak' },
  { in: AUTH, codes: [454, 432, 421], is: 'auth.temporary' },
  { in: AUTH, token: true, text: /audience|\baud\b/i, is: 'token.wrong-audience' },
  { in: AUTH, token: true, text: /scope|permission|unauthorized_client|insufficient/i, is: 'token.wrong-scope' },
  { in: AUTH, token: true, text: /expired/i, is: 'token.expired' },
  { in: AUTH, token: true, is: 'token.refused' },
  { in: AUTH, codes: [504, 503], is: 'auth.wrong-mechanism' },
  { in: AUTH, codes: [534], is: 'auth.too-weak' },
  { in: AUTH, is: 'auth.password-wrong' },

  {
    text: /no client certificate|client certificate (?:required|not (?:presented|provided))/i,
    is: 'tls.client-certificate-needed',
  },
  { text: /client certificate not trusted/i, is: 'tls.client-certificate-refused' },
  { text: /reverse (?:dns|hostname|lookup)|\bPTR\b|\brDNS\b|cannot find your hostname/i, is: 'server.reverse-dns' },
  {
    text: /helo|ehlo.{0,60}(?:rejected|invalid|fully.qualified)|need fully-qualified hostname/i,
    in: ['ehlo', ...ENVELOPE],
    is: 'server.local-name-refused',
  },
  { in: ['ehlo'], codes: [501, 550, 504], is: 'server.local-name-refused' },
  { text: /gr[ea]y.?list|postgrey/i, is: 'greylisted' },
  { enhanced: ['7.57'], is: 'auth.mailbox-disabled' },
  { enhanced: ['7.60'], is: 'sender.not-allowed' },
  {
    text: /too many (?:concurrent|connections|messages|recipients|emails|requests)|rate limit|limit exceeded|throttl|exceeded.{0,30}(?:quota|limit|rate)|concurrent connections/i,
    is: 'rate-limited',
  },
  { enhanced: ['3.4', '2.3'], is: 'too-large' },
  { codes: [552], text: /size|large|big/i, is: 'too-large' },
  { text: /message (?:size|too (?:large|big))|exceeds.{0,30}size/i, is: 'too-large' },
  {
    text: /spamhaus|block ?list|blacklist|\brbl\b|dnsbl|barracuda|sorbs|poor reputation|listed (?:at|in|by)/i,
    is: 'server.refuses-address',
  },
  {
    text: /must issue a starttls|starttls first|requires? tls|encryption required/i,
    is: 'auth.not-offered-before-tls',
  },
  { enhanced: ['7.10'], is: 'auth.not-offered-before-tls' },
  {
    text: /send ?as ?denied|not owned by user|not allowed to send as|sender address rejected: not (?:logged in|owned)|sender is not allowed|from address.{0,40}not (?:allowed|verified|match)/i,
    is: 'sender.not-allowed',
  },
  {
    text: /authentication required|auth(?:entication)? (?:is )?needed|not authenticated|must (?:log ?in|authenticate)|client was not authenticated/i,
    is: 'auth.needed',
  },
  { codes: [530], is: 'auth.needed' },
  {
    text: /relay(?:ing)? (?:access )?(?:denied|not permitted|not allowed|prohibited)|relay not permitted|unable to relay|we do not relay|not permitted to relay/i,
    is: 'relay.denied',
  },
  { in: ['greeting'], codes: [421, 450, 451], is: 'server.busy' },
  { in: ['greeting'], is: 'server.refuses-address' },
  { in: ['starttls'], is: 'starttls.failed' },
  { in: ['mail'], enhanced: ['7.1'], is: 'sender.not-allowed' },
  { in: ['mail'], codes: [550, 553, 554, 501, 450, 451, 555], is: 'sender.refused' },
  { in: ['rcpt'], enhanced: ['2.2'], is: 'mailbox.full' },
  { in: ['rcpt'], enhanced: ['1.1', '1.2', '1.3', '1.10'], is: 'recipient.unknown' },
  { in: ['rcpt'], enhanced: ['1.8'], is: 'sender.refused' },
  {
    in: ['rcpt'],
    text: /user unknown|unknown user|no such (?:user|recipient|mailbox)|unrouteable|does not exist/i,
    is: 'recipient.unknown',
  },
  { in: ['rcpt'], codes: [452, 552], is: 'mailbox.full' },
  { in: ['rcpt'], is: 'recipient.refused' },
  { codes: [421, 450, 451, 452], is: 'server.busy' },
  { is: 'server.policy' },
]

/** What a refusal means. `token`: the login is by access token. */
export function diagnoseRefusal(phase: Phase, reply: Reply, token: boolean): DiagnosisCode {
  const text = reply.lines.join(' ').slice(0, 2_000)
  const enhanced = reply.enhanced?.slice(2)
  const rule = RULES.find(
    (each) =>
      (each.in?.includes(phase) ?? true) &&
      (each.codes?.includes(reply.code) ?? true) &&
      (each.enhanced === undefined || (enhanced !== undefined && each.enhanced.includes(enhanced))) &&
      (each.token === undefined || each.token === token) &&
      (each.text?.test(text) ?? true),
  )
  return rule?.is ?? 'unexplained'
}
