// Dovecot's submission server with every mechanism for passwords that it has. (Tokens: oauth2; tickets: kerberos; EXTERNAL: client-certificates.)
import { deepStrictEqual, equal, match } from 'node:assert/strict'
import { outcomesOf, trailOf } from '../expectation.mjs'
import { exactly, letter } from '../letter.mjs'
import { loginCases } from '../logins.mjs'
import { arrives } from '../sending.mjs'

const MESSAGES = 100
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
  // asking for client certificates, Dovecot 2.3 breaks off a handshake that offers to resume a session (OpenSSL: "session id context
  // uninitialized")
  {
    title:
      'one connection after the other by one client: each comes about, though the server cannot resume TLS sessions',
    async run(lab) {
      const { port, options } = await at(lab, { credentials: lab.credentials })
      const client = lab.clientOf(port, options)
      for (let count = 0; count < 3; count++) await client.verify()
    },
  },
  // Dovecot 2.3 dies by an assertion when MAIL or RCPT come before it has answered for the content in front of them
  ...['auto', 'off'].map((chunking) => ({
    title: `${MESSAGES} messages one behind the other on two sessions, chunking ${chunking}: each is delivered, once, and the client knows it`,
    async run(lab) {
      const { port, options } = await at(lab, { credentials: lab.credentials, chunking, pool: { maxConnections: 2 } })
      const client = lab.clientOf(port, options)
      const trail = trailOf(client)
      const box = lab.box()
      const envelope = { reversePath: box.at('alice'), recipients: [box.at('bob')] }
      const letters = Array.from({ length: MESSAGES }, () => letter())
      const receipts = await Promise.all(letters.map(({ content }) => client.send({ envelope, content })))
      await client.close()
      await lab.settled()
      deepStrictEqual([...new Set(receipts.flatMap(outcomesOf))], ['delivered'])
      exactly(
        await box.arrived(),
        letters.map((one) => ({ letter: one, recipients: envelope.recipients })),
      )
      equal(trail.sessions(), 2)
    },
  })),
]
