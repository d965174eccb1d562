// The cases that every server with logins goes through: each mechanism it offers, with the right password and with a wrong one.
import { deepStrictEqual, equal, match } from 'node:assert/strict'
import { arrives, fails, tried } from './sending.mjs'

/** The rows of parity that a login by this mechanism proves a part of. */
const ROWS = {
  PLAIN: '[part of beyondtrust.server.auth.SASLPLAIN]',
  LOGIN: '[part of beyondtrust.server.auth.USER_PASSWORD]',
  'CRAM-MD5': '[part of beyondtrust.server.auth.CRAMMD5]',
  'DIGEST-MD5': '[part of javamail.mail.smtp.auth.mechanisms]',
  NTLM: '[part of beyondtrust.server.auth.NTLM] [part of javamail.mail.smtp.auth.ntlm.v2]',
  'SCRAM-SHA-256': '[part of javamail.mail.smtp.sasl.mechanisms]',
}

const WRONG = 'not-this-one'

/**
 * @param at resolves with `port` and `options` of the server
 * @param mechanisms those it offers for a password
 * @param refusing those that are tried with a wrong password
 * @param identified what the server says of who logged in, in what it puts on top of the mail
 * @param strongest what is tried first when nothing is said about mechanisms
 */
export function loginCases({ at, mechanisms, refusing = mechanisms, identified, strongest }) {
  const withPassword = (password, more) => (lab) => at(lab, { credentials: { ...lab.credentials, password }, ...more })
  return [
    ...mechanisms.map((mechanism) => ({
      title: ['a mail arrives by', mechanism, ROWS[mechanism] ?? ''].join(' ').trim(),
      async run(lab) {
        const { password } = lab.credentials
        const { port, options } = await withPassword(password, { mechanisms: [mechanism] })(lab)
        const { front, trail } = await arrives(lab, port, options, [password])
        match(front, identified)
        deepStrictEqual(tried(trail), [mechanism])
      },
    })),
    ...refusing.map((mechanism) => ({
      title: `a wrong password is refused by ${mechanism}, and nothing else is tried`,
      async run(lab) {
        const { port, options } = await withPassword(WRONG, { mechanisms: [mechanism] })(lab)
        const { error, trail } = await fails(lab, port, options, 'smtp.auth.refused', [WRONG])
        equal(error.phase, 'auth')
        equal(error.reply.code, 535)
        equal(error.outcome, 'permanent')
        deepStrictEqual(tried(trail), [mechanism])
      },
    })),
    {
      title: `without a word about mechanisms: ${strongest}, and no other`,
      async run(lab) {
        const { password } = lab.credentials
        const { port, options } = await withPassword(password)(lab)
        const { front, trail } = await arrives(lab, port, options, [password])
        match(front, identified)
        deepStrictEqual(tried(trail), [strongest])
      },
    },
    {
      title: 'a wrong password and a floor of hash: refused, and the password never goes to the server itself',
      async run(lab) {
        const { port, options } = await withPassword(WRONG, { minimumAuthStrength: 'hash' })(lab)
        const { error, trail } = await fails(lab, port, options, 'smtp.auth.refused', [WRONG])
        equal(error.reply.code, 535)
        equal(tried(trail)[0], strongest)
        deepStrictEqual(
          tried(trail).filter((mechanism) => mechanism === 'PLAIN' || mechanism === 'LOGIN'),
          [],
        )
      },
    },
  ]
}
