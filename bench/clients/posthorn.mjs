import { SmtpClient } from '@posthorn/smtp'
import { credentials, envelope, localName } from '../messages.mjs'
import { pumpSends } from './pump.mjs'

if (typeof SmtpClient !== 'function') throw new Error('@posthorn/smtp has no SmtpClient: is it built?')

const addresses = { reversePath: envelope.reversePath, recipients: [envelope.recipient] }

function client({ port, security, ca, auth, connections = 1, chunking = true, pipelineDepth }) {
  return new SmtpClient({
    host: '127.0.0.1',
    port,
    security,
    localName,
    ...(security === 'none' ? {} : { tls: { ca, servername: 'localhost' } }),
    ...(auth ? { credentials, mechanisms: ['PLAIN'], allowCleartextAuth: security === 'none' } : {}),
    ...(chunking ? {} : { chunking: 'off' }),
    pool: {
      maxConnections: connections,
      maxMessagesPerConnection: Number.MAX_SAFE_INTEGER,
      ...(pipelineDepth ? { pipelineDepth } : {}),
    },
  })
}

/** Delivered means delivered: a receipt that says anything else ends the run. */
function expectDelivered(receipt) {
  const [delivery] = receipt.deliveries
  if (delivery?.outcome !== 'delivered') throw new Error(`Posthorn says ${delivery?.outcome}`)
}

/** Posthorn's client with ready octets. */
export async function open(settings, content) {
  const smtp = client(settings)
  const send = async () => expectDelivered(await smtp.send({ envelope: addresses, content }))
  return {
    run: (count) => pumpSends(count, settings.outstanding, send),
    close: () => smtp.close(),
  }
}

/** The first message of a fresh client, from the call to the acceptance. */
export async function first(settings, content) {
  const smtp = client(settings)
  const started = performance.now()
  expectDelivered(await smtp.send({ envelope: addresses, content }))
  const elapsedMs = performance.now() - started
  await smtp.close()
  return elapsedMs
}

/** Prepares one send of a file: `kind` is `raw` (the file is the message) or `composed` (it becomes an attachment). */
export async function prepareFile(settings, kind, path) {
  const smtp = client(settings)
  let send = () => smtp.send({ envelope: addresses, content: { path } })
  if (kind === 'composed') {
    const { compose } = await import('@posthorn/mime')
    if (typeof compose !== 'function') throw new Error('@posthorn/mime has no compose: is it built?')
    send = async () =>
      smtp.send(
        await compose({
          from: envelope.reversePath,
          to: envelope.recipient,
          subject: 'A large attachment',
          text: 'Attached.\n',
          attachments: [{ path, filename: 'large.bin' }],
        }),
      )
  }
  return {
    send: async () => expectDelivered(await send()),
    close: () => smtp.close(),
  }
}
