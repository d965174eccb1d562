// A table: every server here is one script and the end it must come to.
import type { SmtpOptions } from '../src/index.js'

/** A server that means no good, and what must come of it. */
export interface Hostile {
  readonly name: string
  /** What the server plays. What the client says is read and does not count: the results do. */
  readonly script: string
  readonly options?: Partial<SmtpOptions>
  /** The error code, or codes where the moment decides; `delivered` when the message must get through all the same. */
  readonly ends: string | RegExp
  /** Of the one recipient; default `notSent` with an error. */
  readonly outcome?: 'delivered' | 'refused' | 'notSent' | 'unknown'
  /** Messages over one connection; the last one is judged. */
  readonly messages?: number
  readonly content?: string
}

const HI = 'S: 220 relay.example.test ESMTP\nC~ EHLO .*\nS: 250-relay.example.test\n'
const PLAIN_HI = 'S: 220 relay.example.test ESMTP\nC~ EHLO .*\nS: 250 relay.example.test\n'
const ENVELOPE = 'C~ MAIL .*\nS: 250 ok\nC~ RCPT .*\nS: 250 ok\n'
const DATA = `${ENVELOPE}C: DATA\nS: 354 go on\n`
const CONTENT = 'C: Subject: x\nC:\nC: hello\nC: .\n'
const BYE = 'C: QUIT\nS: 221 bye\n'
const REST = `${DATA}${CONTENT}S: 250 ok\n${BYE}`
const LONG = 'x'.repeat(1024 * 1024)
const login: Partial<SmtpOptions> = { allowCleartextAuth: true, credentials: { user: 'app', password: 'pencil' } }
const token: Partial<SmtpOptions> = { allowCleartextAuth: true, credentials: { user: 'app', accessToken: 'token-1' } }
const quick: Partial<SmtpOptions> = { deadlineMs: 250 }
const starttls: Partial<SmtpOptions> = { security: 'starttls' }

const syntax = 'smtp.reply.syntax'
const tooLong = 'smtp.reply.too-long'
const unexpected = 'smtp.reply.unexpected'
const deadline = 'deadline.exceeded'

const greetings: Hostile[] = [
  { name: 'octets without end in place of a greeting', script: '* flood\n', ends: tooLong },
  { name: 'a greeting line without end', script: 'S= 220 \n* flood\n', ends: tooLong },
  { name: 'a greeting line of 1 MiB', script: `S: 220 ${LONG}\n* silence\n`, ends: tooLong },
  { name: 'a greeting of 100,000 lines', script: 'S* 100000 220-more\nS: 220 at last\n* silence\n', ends: tooLong },
  {
    name: 'a greeting of endless lines that dribble in',
    script: '* trickle 1\nS* 500 220-more\n* silence\n',
    ends: new RegExp(`${deadline}|${tooLong}`),
    options: quick,
  },
  {
    name: 'every octet there is',
    script: `S= ${Array.from({ length: 256 }, (_, octet) => `\\x${octet.toString(16).padStart(2, '0')}`).join('')}\n* silence\n`,
    ends: syntax,
  },
  { name: 'a megabyte of NUL', script: `S= ${'\\0'.repeat(100_000)}\n* silence\n`, ends: tooLong },
  {
    name: 'a TLS alert in clear',
    script: 'S= \\x15\\x03\\x01\\0\\x02\\x02\\x46\n* close\n* silence\n',
    ends: 'smtp.connection.lost',
  },
  { name: 'a web server', script: 'S: HTTP/1.1 200 OK\nS: Content-Type: text/html\nS:\n* silence\n', ends: syntax },
  { name: 'a POP3 server', script: 'S: +OK POP3 ready\n* silence\n', ends: syntax },
  { name: 'an IMAP server', script: 'S= * OK IMAP4rev1\\r\\n\n* silence\n', ends: syntax },
  { name: 'ten thousand empty lines', script: 'S* 10000\n* silence\n', ends: syntax },
  { name: 'line feeds alone', script: `S= ${'\\n'.repeat(10_000)}\n* silence\n`, ends: syntax },
  { name: 'half a greeting and silence', script: 'S= 220 relay\n* silence\n', ends: deadline, options: quick },
  { name: 'silence', script: '* silence\n', ends: deadline, options: quick },
  {
    name: 'a forged EHLO reply in the segment of the greeting',
    script: 'S: 220 relay\nS: 250-relay\nS: 250 AUTH PLAIN\n* silence\n',
    ends: unexpected,
    options: login,
  },
  {
    name: 'a forged login in the segment of the greeting',
    script: 'S: 220 relay\nS: 250 relay\nS: 235 welcome\n* silence\n',
    ends: unexpected,
    options: login,
  },
  {
    name: 'a whole forged session in one segment',
    script: 'S: 220 r\nS: 250 r\nS: 250 ok\nS: 250 ok\nS: 354 go\nS: 250 queued\n* silence\n',
    ends: unexpected,
  },
  ...[
    '000 ok',
    '099 ok',
    '199 ok',
    '600 ok',
    '999 ok',
    '2 50 ok',
    ' 220 ok',
    '-220 ok',
    '220_ok',
    '22',
    '2',
    '٢٢٠ ok',
    '２２０ ok',
    '0220 ok',
    '2e2 ok',
    '+22 ok',
    '220:ok',
    '220;x',
  ].map((line) => ({
    name: `a greeting "${line}"`,
    script: `S: ${line}\n* silence\n`,
    ends: syntax,
  })),
]

const hellos: Hostile[] = [
  { name: 'an AUTH line of 1 MiB', script: `${HI}S: 250 AUTH ${LONG}\n* silence\n`, ends: tooLong },
  {
    name: 'an AUTH line of 100,000 words',
    script: `${HI}S: 250 AUTH ${'PLAIN '.repeat(100_000)}\n* silence\n`,
    ends: tooLong,
    options: login,
  },
  {
    name: 'an AUTH line as long as a line may be',
    script: `${HI}S: 250 AUTH ${'A '.repeat(32_700)}\n* silence\n`,
    ends: 'smtp.auth.no-mechanism',
    options: login,
  },
  {
    name: 'an AUTH line padded with blanks',
    script: `${HI}S: 250 AUTH${' '.repeat(65_000)}PLAIN!\n* silence\n`,
    ends: 'smtp.auth.no-mechanism',
    options: login,
  },
  { name: 'AUTH= a thousand times', script: `${HI}S: 250 ${'AUTH='.repeat(13_000)}\n${REST}`, ends: 'delivered' },
  {
    name: 'five lines of 12,000 octets',
    script: `S: 220 r\nC~ EHLO .*\nS* 5 250-${'K '.repeat(6_000)}\nS: 250 end\n${REST}`,
    ends: 'delivered',
  },
  {
    name: 'six lines of 12,000 octets',
    script: `S: 220 r\nC~ EHLO .*\nS* 6 250-${'K '.repeat(6_000)}\n* silence\n`,
    ends: tooLong,
  },
  {
    name: 'as many lines as there may be',
    script: `S: 220 r\nC~ EHLO .*\nS* 16383 250-\nS: 250 \n${REST}`,
    ends: 'delivered',
  },
  {
    name: 'an EHLO reply without end',
    script: `S: 220 r\nC~ EHLO .*\nS* 100000 250-X-KEYWORD-AND-MORE\n* silence\n`,
    ends: tooLong,
  },
  { name: 'a line of hyphens', script: `${HI}S: 250-${'-'.repeat(65_000)}\nS: 250 ok\n${REST}`, ends: 'delivered' },
  { name: 'a SIZE of 400 digits', script: `${HI}S: 250 SIZE ${'9'.repeat(400)}\n${REST}`, ends: 'delivered' },
  { name: 'a negative SIZE', script: `${HI}S: 250 SIZE -1\n${REST}`, ends: 'delivered' },
  { name: 'a SIZE in hexadecimal', script: `${HI}S: 250 SIZE 0x10\n${REST}`, ends: 'delivered' },
  {
    name: 'LIMITS beyond reason',
    script: `${HI}S: 250 LIMITS RCPTMAX=99999999999999999999 MAILMAX=1e9 RCPTDOMAINMAX=0x1\n${REST}`,
    ends: 'delivered',
  },
  {
    name: 'keywords that every object has',
    script: `${HI}S: 250-__proto__ x\nS: 250-CONSTRUCTOR\nS: 250-toString\nS: 250 hasOwnProperty\n${REST}`,
    ends: 'delivered',
  },
  {
    name: 'an extension inside a keyword',
    script: `${HI}S: 250 X PIPELINING CHUNKING STARTTLS\n${REST}`,
    ends: 'delivered',
  },
  {
    name: 'a second EHLO reply',
    script: `${HI}S: 250 SIZE\nS: 250-again\nS: 250 PIPELINING\n* silence\n`,
    ends: unexpected,
  },
  { name: 'a reply to EHLO that is begun and not ended', script: `${HI}* silence\n`, ends: deadline, options: quick },
  {
    name: 'an EHLO reply one octet every 5 ms',
    script:
      'S: 220 r\nC~ EHLO .*\n* trickle 5\nS: 250-a-line-that-is-rather-long-for-this-and-goes-on\nS: 250 end\n* silence\n',
    ends: deadline,
    options: quick,
  },
  {
    name: 'an EHLO reply one octet every 5 ms, timed from the command',
    script: 'S: 220 r\nC~ EHLO .*\n* trickle 5\nS* 100 250-drip\n* silence\n',
    ends: 'smtp.timeout',
    options: { timeouts: { idleMs: 200 } },
  },
  { name: 'a server that stops reading', script: 'S: 220 r\nC~ EHLO .*\n* deaf\n', ends: deadline, options: quick },
]

const transactions: Hostile[] = [
  { name: 'octets without end at MAIL', script: `${PLAIN_HI}C~ MAIL .*\n* flood\n`, ends: tooLong },
  { name: 'two replies to MAIL', script: `${PLAIN_HI}C~ MAIL .*\nS: 250 ok\nS: 250 ok\n* silence\n`, ends: unexpected },
  {
    name: 'a thousand replies to MAIL',
    script: `${PLAIN_HI}C~ MAIL .*\nS* 1000 250 ok\n* silence\n`,
    ends: unexpected,
  },
  {
    name: 'a reply without end to RCPT',
    script: `${PLAIN_HI}C~ MAIL .*\nS: 250 ok\nC~ RCPT .*\nS* 10000 250-more\n* silence\n`,
    ends: tooLong,
  },
  {
    name: 'one reply for a group',
    script: `${HI}S: 250 PIPELINING\nC~ MAIL .*\nC~ RCPT .*\nC: DATA\nS: 250 ok\n* silence\n`,
    ends: deadline,
    options: quick,
  },
  {
    name: 'all replies of the group and one more',
    script: `${HI}S: 250 PIPELINING\nC~ MAIL .*\nC~ RCPT .*\nC: DATA\nS: 250 ok\nS: 250 ok\nS: 354 go\nS: 250 queued\n* silence\n`,
    ends: unexpected,
  },
  {
    name: 'replies of LMTP to SMTP',
    script: `${PLAIN_HI}${DATA}${CONTENT}S: 250 b\nS: 250 c\nS: 550 d\n* silence\n`,
    ends: 'delivered',
  },
  {
    name: '250 before the content',
    script: `${PLAIN_HI}${ENVELOPE}C: DATA\nS: 354 go on\nS: 250 queued\n* silence\n`,
    ends: unexpected,
  },
  {
    name: '550 before the content',
    script: `${PLAIN_HI}${ENVELOPE}C: DATA\nS: 354 go on\nS: 550 no\n* silence\n`,
    ends: /smtp\.reply\.unexpected|smtp\.(?:content|final|data)\.refused/,
    outcome: 'notSent',
  },
  {
    name: '354 twice',
    script: `${PLAIN_HI}${ENVELOPE}C: DATA\nS: 354 go on\nS: 354 go on\n* silence\n`,
    ends: unexpected,
  },
  {
    name: '250 in the middle of large content',
    script: `${PLAIN_HI}${DATA}C# 70000\nS: 250 queued\n* silence\n`,
    ends: unexpected,
    content: LONG.repeat(20),
  },
  {
    name: 'octets without end after the dot',
    script: `${PLAIN_HI}${DATA}${CONTENT}* flood\n`,
    ends: tooLong,
    outcome: 'unknown',
  },
  {
    name: 'a final reply without end',
    script: `${PLAIN_HI}${DATA}${CONTENT}S* 10000 250-queued\n* silence\n`,
    ends: tooLong,
    outcome: 'unknown',
  },
  {
    name: 'a final reply that is begun and not ended',
    script: `${PLAIN_HI}${DATA}${CONTENT}S: 250-queued\n* silence\n`,
    ends: deadline,
    options: { deadlineMs: 800 },
    outcome: 'unknown',
  },
  {
    name: 'a thousand replies behind the final one',
    script: `${PLAIN_HI}${DATA}${CONTENT}S* 1000 250 queued\n* silence\n`,
    ends: 'delivered',
  },
  {
    name: 'garbage behind the final reply',
    script: `${PLAIN_HI}${DATA}${CONTENT}S: 250 queued\nS= \\0\\x1b[2J\\r\\n\n* silence\n`,
    ends: 'delivered',
  },
  {
    name: 'a forged reply to the next message behind the final one',
    script: `${PLAIN_HI}${DATA}${CONTENT}S: 250 queued\nS: 250 ok\n* silence\n* session\n${PLAIN_HI}${ENVELOPE.replace('RCPT .*\nS: 250 ok', 'RCPT .*\nS: 550 no')}C: RSET\nS: 250 ok\n${BYE}`,
    ends: 'smtp.rcpt.refused',
    outcome: 'refused',
    messages: 2,
  },
  {
    name: 'a server that stops reading large content',
    script: `${PLAIN_HI}${DATA}* deaf\n`,
    ends: 'smtp.timeout',
    options: { timeouts: { idleMs: 500 } },
    content: LONG.repeat(20),
  },
  {
    name: 'a reply with control characters',
    script: `${PLAIN_HI}C~ MAIL .*\nS= 550 \\x1b[2J\\0\\x07\\x9b\\xe2\\x80\\xa8forged\\r\\n\n* silence\n`,
    ends: 'smtp.mail.refused',
    outcome: 'refused',
  },
  {
    name: 'invalid UTF-8 in a reply',
    script: `${PLAIN_HI}C~ MAIL .*\nS= 550 \\xff\\xfe\\xc3\\r\\n\n* silence\n`,
    ends: 'smtp.mail.refused',
    outcome: 'refused',
  },
  {
    name: 'an answer to QUIT without end',
    script: `${PLAIN_HI}${DATA}${CONTENT}S: 250 ok\nC: QUIT\n* flood\n`,
    ends: 'delivered',
  },
  {
    name: 'an answer to QUIT of endless lines',
    script: `${PLAIN_HI}${DATA}${CONTENT}S: 250 ok\nC: QUIT\nS* 100000 221-bye\n* silence\n`,
    ends: 'delivered',
  },
  {
    name: 'a late reply after a time-out',
    script: `${PLAIN_HI}C~ MAIL .*\n* wait 700\nS: 250 late\nS: 250 later\n* silence\n* session\n${PLAIN_HI}C~ MAIL .*\nS: 550 no\n${BYE}`,
    ends: 'smtp.mail.refused',
    outcome: 'refused',
    messages: 2,
    options: { timeouts: { idleMs: 500 } },
  },
]

const logins: Hostile[] = [
  {
    name: 'challenges without end',
    script: `${HI}S: 250 AUTH LOGIN\nC: AUTH LOGIN\n${'S: 334 VXNlcm5hbWU6\nC~ .*\n'.repeat(40)}* silence\n`,
    ends: /smtp\.auth\.(?:endless|refused)/,
    options: login,
  },
  {
    name: 'challenges to every cancelling',
    script: `${HI}S: 250 AUTH LOGIN\nC: AUTH LOGIN\n${'S: 334 !\nC~ .*\n'.repeat(40)}* silence\n`,
    ends: 'smtp.auth.challenge',
    options: login,
  },
  {
    name: 'a challenge of 1 MiB',
    script: `${HI}S: 250 AUTH LOGIN\nC: AUTH LOGIN\nS: 334 ${'A'.repeat(1024 * 1024)}\n* silence\n`,
    ends: tooLong,
    options: login,
  },
  {
    name: 'a challenge of many lines',
    script: `${HI}S: 250 AUTH LOGIN\nC: AUTH LOGIN\nS* 100000 334-QUFB\n* silence\n`,
    ends: tooLong,
    options: login,
  },
  {
    name: 'a refusal as JSON that is nested deeply',
    script: `${HI}S: 250 AUTH XOAUTH2\nC~ AUTH .*\nS: 334 ${Buffer.from('['.repeat(49_000)).toString('base64')}\nC:\nS: 535 no\n* silence\n`,
    ends: 'smtp.auth.refused',
    options: token,
  },
  {
    name: 'a refusal as JSON of another shape',
    script: `${HI}S: 250 AUTH XOAUTH2\nC~ AUTH .*\nS: 334 ${Buffer.from('null').toString('base64')}\nC:\nS: 535 no\n* silence\n`,
    ends: 'smtp.auth.refused',
    options: token,
  },
  {
    name: '250 to AUTH',
    script: `${HI}S: 250 AUTH PLAIN\nC~ AUTH .*\nS: 250 welcome\n* silence\n`,
    ends: 'smtp.auth.refused',
    options: login,
  },
  {
    name: '354 to AUTH',
    script: `${HI}S: 250 AUTH PLAIN\nC~ AUTH .*\nS: 354 go on\n* silence\n`,
    ends: /smtp\.auth\./,
    options: login,
  },
  {
    name: 'two replies to AUTH',
    script: `${HI}S: 250 AUTH PLAIN\nC~ AUTH .*\nS: 235 ok\nS: 250 ok\n* silence\n`,
    ends: unexpected,
    options: login,
  },
  {
    name: '235 before the user was asked',
    script: `${HI}S: 250 AUTH LOGIN\nC: AUTH LOGIN\nS: 235 welcome\n* silence\n`,
    ends: 'smtp.auth.unproven',
    options: login,
  },
  {
    name: 'octets without end at AUTH',
    script: `${HI}S: 250 AUTH PLAIN\nC~ AUTH .*\n* flood\n`,
    ends: tooLong,
    options: login,
  },
  {
    name: 'silence at AUTH',
    script: `${HI}S: 250 AUTH PLAIN\nC~ AUTH .*\n* silence\n`,
    ends: deadline,
    options: { ...login, ...quick },
  },
]

const upgrades: Hostile[] = [
  {
    name: 'replies in the segment of the 220',
    script: `${HI}S: 250 STARTTLS\nC: STARTTLS\nS: 220 go\nS: 250-evil\nS: 250 AUTH PLAIN\n* silence\n`,
    ends: 'smtp.starttls.injected',
    options: starttls,
  },
  {
    name: 'part of a reply in the segment of the 220',
    script: `${HI}S: 250 STARTTLS\nC: STARTTLS\nS: 220 go\nS= 250-evil\n* silence\n`,
    ends: 'smtp.starttls.injected',
    options: starttls,
  },
  {
    name: 'one octet in the segment of the 220',
    script: `${HI}S: 250 STARTTLS\nC: STARTTLS\nS: 220 go\nS= 2\n* silence\n`,
    ends: 'smtp.starttls.injected',
    options: starttls,
  },
  {
    name: 'an EHLO reply before TLS and a real handshake',
    script: `${HI}S: 250 STARTTLS\nC: STARTTLS\nS: 220 go\nS: 250 AUTH PLAIN\n* tls\n* silence\n`,
    ends: 'smtp.starttls.injected',
    options: starttls,
  },
  {
    name: 'octets without end behind the 220',
    script: `${HI}S: 250 STARTTLS\nC: STARTTLS\nS: 220 go\n* flood\n`,
    ends: /injected|tls\./,
    options: starttls,
  },
  {
    name: 'a 220 without end',
    script: `${HI}S: 250 STARTTLS\nC: STARTTLS\nS* 100000 220-go\n* silence\n`,
    ends: tooLong,
    options: starttls,
  },
  {
    name: 'garbage in place of the handshake',
    script: `${HI}S: 250 STARTTLS\nC: STARTTLS\nS: 220 go\n* wait 10\nS= ${'\\xff'.repeat(200)}\n* silence\n`,
    ends: /tls\./,
    options: starttls,
  },
  {
    name: 'a handshake record of the greatest length',
    script: `${HI}S: 250 STARTTLS\nC: STARTTLS\nS: 220 go\n* wait 10\nS= \\x16\\x03\\x03\\xff\\xff${'\\0'.repeat(300)}\n* silence\n`,
    ends: /tls\.|deadline/,
    options: { ...starttls, ...quick },
  },
  {
    name: 'an alert in place of the handshake',
    script: `${HI}S: 250 STARTTLS\nC: STARTTLS\nS: 220 go\n* wait 10\nS= \\x15\\x03\\x03\\0\\x02\\x02\\x28\n* silence\n`,
    ends: /tls\./,
    options: starttls,
  },
  {
    name: 'silence in place of the handshake',
    script: `${HI}S: 250 STARTTLS\nC: STARTTLS\nS: 220 go\n* silence\n`,
    ends: deadline,
    options: { ...starttls, ...quick },
  },
  {
    name: 'STARTTLS without end inside TLS',
    script: `${HI}S: 250 STARTTLS\nC: STARTTLS\nS: 220 go\n* tls\nC~ EHLO .*\nS* 100000 250-STARTTLS\n* silence\n`,
    ends: tooLong,
    options: starttls,
  },
]

/** All of them, by where they begin. */
export const hostileServers: Record<string, Hostile[]> = {
  'at the greeting': greetings,
  'at EHLO': hellos,
  'in a transaction': transactions,
  'at AUTH': logins,
  'at STARTTLS': upgrades,
}
