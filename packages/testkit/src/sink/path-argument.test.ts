import { describe, expect, it } from 'vitest'
import { parsePathArgument } from './path-argument.js'

const ALL = new Set(['SIZE', '8BITMIME', 'BINARYMIME', 'SMTPUTF8', 'DSN'])

describe('parsePathArgument', () => {
  it.each([
    ['MAIL', 'FROM:<a@example.test>', 'a@example.test', {}],
    ['MAIL', 'from:<>', '', {}],
    [
      'MAIL',
      'FROM:<"a > b"@example.test> SIZE=12 BODY=8BITMIME',
      '"a > b"@example.test',
      { SIZE: '12', BODY: '8BITMIME' },
    ],
    ['MAIL', 'FROM:<a@[127.0.0.1]> ret=hdrs ENVID=a+2Bb', 'a@[127.0.0.1]', { RET: 'hdrs', ENVID: 'a+2Bb' }],
    ['MAIL', 'FROM:<ä@exämple.test> SMTPUTF8', 'ä@exämple.test', { SMTPUTF8: true }],
    ['RCPT', 'TO:<Postmaster>', 'Postmaster', {}],
    [
      'RCPT',
      'TO:<b@x> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b+40x',
      'b@x',
      { NOTIFY: 'SUCCESS,DELAY', ORCPT: 'rfc822;b+40x' },
    ],
  ] as const)('reads %s %s', (verb, argument, path, parameters) => {
    expect(parsePathArgument(verb, argument, ALL)).toEqual({ path, parameters })
  })

  it.each([
    ['MAIL', 'TO:<a@x>', '501'],
    ['MAIL', 'FROM: <a@x>', '501'],
    ['MAIL', 'FROM:a@x', '501'],
    ['MAIL', 'FROM:<a@x', '501'],
    ['MAIL', 'FROM:<a@x>SIZE=1', '501'],
    ['MAIL', 'FROM:<a@x>  SIZE=1', '501'],
    ['MAIL', 'FROM:<a@x> SIZE=x', '501'],
    ['MAIL', 'FROM:<a@x> SIZE=1 SIZE=1', '501'],
    ['MAIL', 'FROM:<a@x> NOTIFY=NEVER', '555'],
    ['MAIL', 'FROM:<a@x> AUTH=<>', '555'],
    ['MAIL', 'FROM:<a@x> MT-PRIORITY=3', '555'],
    ['MAIL', 'FROM:<ä@x>', '553 5.6.7'],
    ['MAIL', 'FROM:<a>', '553 5.1.7'],
    ['MAIL', 'FROM:<a b@x>', '553 5.1.7'],
    ['MAIL', 'FROM:<a@x_y>', '553 5.1.7'],
    ['RCPT', 'TO:<>', '553 5.1.3'],
    ['RCPT', 'TO:<a@x,b@y>', '553 5.1.3'],
    ['RCPT', `TO:<${'a'.repeat(65)}@x>`, '553 5.1.3'],
    ['RCPT', 'TO:<a..b@x>', '553 5.1.3'],
    ['RCPT', 'TO:<a@x> NOTIFY=NEVER,FAILURE', '501'],
  ] as const)('refuses %s %s with %s', (verb, argument, reply) => {
    expect(parsePathArgument(verb, argument, ALL)).toMatch(new RegExp(`^${reply}`))
  })

  it('refuses parameters of extensions that were not offered', () => {
    expect(parsePathArgument('MAIL', 'FROM:<a@x> SIZE=1', new Set())).toMatch(/^555/)
    expect(parsePathArgument('MAIL', 'FROM:<a@x> BODY=BINARYMIME', new Set(['8BITMIME']))).toMatch(/^555/)
  })
})
