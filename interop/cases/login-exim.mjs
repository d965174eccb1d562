// Exim with its own mechanisms and those of Cyrus SASL. AUTH is offered under TLS only.
import { deepStrictEqual, match } from 'node:assert/strict'
import { failure } from '../expectation.mjs'
import { loginCases } from '../logins.mjs'
import { arrives, fails, tried } from '../sending.mjs'

const MECHANISMS = [
  ...['PLAIN', 'LOGIN', 'CRAM-MD5', 'DIGEST-MD5'],
  ...['SCRAM-SHA-1', 'SCRAM-SHA-256', 'SCRAM-SHA-512'],
]
const IDENTIFIED = /\(authenticated alice(?:@posthorn\.example)?\)\s+by exim\.posthorn\.example with esmtpsa/

const at = async (lab, options) => {
  const { ports } = await lab.server('exim')
  return { port: ports.submission, options: { security: 'starttls', ...options } }
}

export const cases = [
  ...loginCases({
    at,
    mechanisms: MECHANISMS,
    refusing: [...MECHANISMS, 'NTLM'],
    identified: IDENTIFIED,
    strongest: 'SCRAM-SHA-512',
  }),
  {
    title: 'NTLM: its own knows version 1 only, and takes it when it is asked for [part of ipworks.config.UseNTLMv2]',
    async run(lab) {
      const credentials = { ...lab.credentials, ntlm: { version: 1 } }
      const { port, options } = await at(lab, { credentials, mechanisms: ['NTLM'] })
      const { front } = await arrives(lab, port, options, [lab.credentials.password])
      match(front, IDENTIFIED)
    },
  },
  {
    title: 'NTLM of version 2 is refused, and version 1 is not tried unasked [part of javamail.mail.smtp.auth.ntlm.v2]',
    async run(lab) {
      const { port, options } = await at(lab, { credentials: lab.credentials, mechanisms: ['NTLM'] })
      const { trail } = await fails(lab, port, options, 'smtp.auth.refused', [lab.credentials.password])
      deepStrictEqual(tried(trail), ['NTLM'])
    },
  },
  {
    title: 'no login is offered before TLS, and none is sent',
    async run(lab) {
      const { port } = await at(lab)
      const options = { security: 'none', allowCleartextAuth: true, credentials: lab.credentials }
      await failure(lab.clientOf(port, options).verify(), 'smtp.auth.not-offered')
    },
  },
]
