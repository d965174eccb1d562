import { deadline, HI, login, LONG, quick, REST, tooLong, unexpected, type Hostile } from './script-parts.js'

export const hellos: Hostile[] = [
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
