// Dovecot's submission server with every mechanism for passwords that it has. (Tokens: oauth2; tickets: kerberos; EXTERNAL: client-certificates.)
import { match } from 'node:assert/strict'
import { loginCases } from '../logins.mjs'
import { arrives } from '../sending.mjs'

const MECHANISMS = ['PLAIN', 'LOGIN', 'CRAM-MD5', 'DIGEST-MD5', 'SCRAM-SHA-1', 'SCRAM-SHA-256']

const at = async (lab, options) => {
  const { ports } = await lab.server('dovecot')
  return { port: ports.submission, options: { security: 'starttls', ...options } }
}

export const cases = [
  ...loginCases({
    at,
    mechanisms: MECHANISMS,
    identified: /by dovecot\.posthorn\.example with ESMTPSA/,
    strongest: 'SCRAM-SHA-256',
  }),
  ...['PLAIN', 'LOGIN', 'CRAM-MD5', 'SCRAM-SHA-256'].map((mechanism) => ({
    title: `name and password with letters beyond ASCII by ${mechanism}: a mail arrives`,
    async run(lab) {
      const { foreign } = await lab.server('dovecot')
      const { port, options } = await at(lab, { credentials: foreign, mechanisms: [mechanism] })
      await arrives(lab, port, options, [foreign.password])
    },
  })),
  {
    title: 'TLS from the first octet: a mail arrives by SCRAM-SHA-256',
    async run(lab) {
      const { ports } = await lab.server('dovecot')
      const options = { security: 'implicit', credentials: lab.credentials, mechanisms: ['SCRAM-SHA-256'] }
      const { front } = await arrives(lab, ports.submissions, options, [lab.credentials.password])
      match(front, /with ESMTPSA/)
    },
  },
]
