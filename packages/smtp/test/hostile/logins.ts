import { deadline, HI, login, quick, token, tooLong, unexpected, type Hostile } from './script-parts.js'

export const logins: Hostile[] = [
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
