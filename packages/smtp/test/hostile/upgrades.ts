import { deadline, HI, quick, starttls, tooLong, type Hostile } from './script-parts.js'

export const upgrades: Hostile[] = [
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
