// Postfix with every mechanism of Cyrus SASL.
import { deepStrictEqual, equal, match } from 'node:assert/strict'
import { loginCases } from '../logins.mjs'
import { arrives, fails, tried } from '../sending.mjs'

const MECHANISMS = [
  ...['PLAIN', 'LOGIN', 'CRAM-MD5', 'DIGEST-MD5', 'NTLM'],
  ...['SCRAM-SHA-1', 'SCRAM-SHA-256', 'SCRAM-SHA-512'],
]

const at = async (lab, options) => ({ port: lab.servers.ports.logins, options: { security: 'starttls', ...options } })

export const cases = [
  ...loginCases({
    at,
    mechanisms: MECHANISMS,
    identified: /\(Authenticated sender: alice@posthorn\.example\)/,
    strongest: 'SCRAM-SHA-512',
  }),
  // in the clear nothing binds the exchange to TLS, and the server may talk of security layers
  ...['CRAM-MD5', 'DIGEST-MD5', 'NTLM', 'SCRAM-SHA-512'].map((mechanism) => ({
    title: `without TLS, allowed by name: a mail arrives by ${mechanism}`,
    async run(lab) {
      const { password } = lab.credentials
      const options = {
        security: 'none',
        allowCleartextAuth: true,
        credentials: lab.credentials,
        mechanisms: [mechanism],
      }
      const { front } = await arrives(lab, lab.servers.ports.loginsClear, options, [password])
      match(front, /\(Authenticated sender: alice@/)
    },
  })),
  {
    title: 'NTLM of version 1, asked for by name: a mail arrives [part of ipworks.config.UseNTLMv2]',
    async run(lab) {
      const credentials = { ...lab.credentials, ntlm: { version: 1 } }
      const { port, options } = await at(lab, { credentials, mechanisms: ['NTLM'] })
      const { trail } = await arrives(lab, port, options, [lab.credentials.password])
      deepStrictEqual(tried(trail), ['NTLM'])
    },
  },
  {
    title: 'PLAIN acting as another, whom the server does not let: refused',
    async run(lab) {
      const credentials = { ...lab.credentials, authorizationId: 'bob' }
      const { port, options } = await at(lab, { credentials, mechanisms: ['PLAIN'] })
      const { error } = await fails(lab, port, options, 'smtp.auth.refused', [lab.credentials.password])
      equal(error.reply.code, 535)
    },
  },
  {
    title: 'DIGEST-MD5 in the realm named [part of javamail.mail.smtp.sasl.realm]',
    async run(lab) {
      const credentials = { ...lab.credentials, realm: 'posthorn.example' }
      const { port, options } = await at(lab, { credentials, mechanisms: ['DIGEST-MD5'] })
      const { front } = await arrives(lab, port, options, [lab.credentials.password])
      match(front, /\(Authenticated sender: alice@posthorn\.example\)/)
    },
  },
]
