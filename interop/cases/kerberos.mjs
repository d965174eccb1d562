// Tickets of a real Kerberos realm, at each server that takes them. The package `kerberos` is built for it.
import { deepStrictEqual, equal, match } from 'node:assert/strict'
import { nativePackage } from '../native-package.mjs'
import { arrives, fails, tried } from '../sending.mjs'
import { withEnvironment } from '../environment.mjs'

/** By server: where, and what it puts on top of the mail. */
const SERVERS = {
  Postfix: { port: (lab) => lab.servers.ports.logins, identified: /\(Authenticated sender: alice@/ },
  Dovecot: {
    port: async (lab) => (await lab.server('dovecot')).ports.submission,
    identified: /by dovecot\.posthorn\.example with ESMTPSA/,
  },
  Exim: {
    port: async (lab) => (await lab.server('exim')).ports.submission,
    identified: /\(authenticated alice@posthorn\.example\)/,
  },
}

/** Exim has no SPNEGO. */
const LOGINS = [
  ...Object.keys(SERVERS).map((server) => ({ server, mechanism: 'GSSAPI' })),
  ...['Postfix', 'Dovecot'].map((server) => ({ server, mechanism: 'GSS-SPNEGO' })),
]

/** For a whole case, since the first one builds the package. */
const limitMs = 240_000

const options = (mechanism, more) => ({
  ...{ host: 'localhost', security: 'starttls', family: 4 },
  credentials: { mechanism, ...more },
})

export const cases = [
  ...LOGINS.map(({ server, mechanism }) => ({
    title: `${mechanism} at ${server}: the ticket at hand lets the mail through [part of beyondtrust.server.auth.KERBEROS]`,
    limitMs,
    run: (lab) =>
      withTickets(lab, 'env', async () => {
        const { port, identified } = SERVERS[server]
        const { front, trail } = await arrives(lab, await port(lab), options(mechanism))
        match(front, identified)
        deepStrictEqual(tried(trail), [mechanism])
      }),
  })),
  {
    title: 'without a ticket: said so, and nothing is sent',
    limitMs,
    run: (lab) =>
      withTickets(lab, 'envWithoutTicket', async () => {
        const { error } = await fails(lab, lab.servers.ports.logins, options('GSSAPI'), 'credentials.ticket')
        match(error.hint, /kinit/)
      }),
  },
  {
    title: 'a name that Kerberos does not know: said so',
    limitMs,
    run: (lab) =>
      withTickets(lab, 'env', async () => {
        const unknown = options('GSSAPI', { serviceHost: 'nowhere.posthorn.example' })
        await fails(lab, lab.servers.ports.logins, unknown, 'credentials.service-unknown')
      }),
  },
  {
    title: 'a ticket for a service whose key the server does not have: refused by the server',
    limitMs,
    run: (lab) =>
      withTickets(lab, 'env', async () => {
        const { port } = SERVERS.Dovecot
        const elsewhere = options('GSSAPI', { serviceHost: 'elsewhere.example' })
        const { error } = await fails(lab, await port(lab), elsewhere, 'smtp.auth.refused')
        equal(error.phase, 'auth')
      }),
  },
]

/** The libraries of Kerberos read the environment of this process. */
async function withTickets(lab, which, task) {
  await nativePackage('kerberos')
  await withEnvironment((await lab.server('kdc'))[which], task)
}
