import nodemailer from 'nodemailer'
import { credentials, envelope, localName } from '../messages.mjs'
import { pumpSends } from './pump.mjs'

const addresses = { from: envelope.reversePath, to: [envelope.recipient] }

function transport({ port, security, ca, auth, connections }) {
  return nodemailer.createTransport({
    host: '127.0.0.1',
    port,
    name: localName,
    secure: security === 'implicit',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    tls: { ca, servername: 'localhost' },
    ...(auth ? { auth: { user: credentials.user, pass: credentials.password }, authMethod: 'PLAIN' } : {}),
    ...(connections ? { pool: true, maxConnections: connections, maxMessages: Infinity } : {}),
  })
}

/** Nodemailer's pool with ready octets. */
export async function open(settings, content) {
  const mailer = transport(settings)
  return {
    run: (count) =>
      pumpSends(count, settings.outstanding, () => mailer.sendMail({ envelope: addresses, raw: content })),
    close: async () => mailer.close(),
  }
}

/** The first message of a fresh pool, from the call to the acceptance. */
export async function first(settings, content) {
  const mailer = transport({ ...settings, connections: 1 })
  const started = performance.now()
  await mailer.sendMail({ envelope: addresses, raw: content })
  const elapsedMs = performance.now() - started
  mailer.close()
  return elapsedMs
}

/** Prepares one send of a file: `kind` is `raw` (the file is the message) or `composed` (it becomes an attachment). */
export async function prepareFile(settings, kind, path) {
  const mailer = transport({ ...settings, connections: 1 })
  const message =
    kind === 'raw'
      ? { envelope: addresses, raw: { path } }
      : {
          ...addresses,
          subject: 'A large attachment',
          text: 'Attached.\n',
          attachments: [{ path, filename: 'large.bin' }],
        }
  return {
    send: () => mailer.sendMail(message),
    close: async () => mailer.close(),
  }
}
