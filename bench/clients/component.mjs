import { compose } from '@posthorn/mime'
import { SmtpClient } from '@posthorn/smtp'
import { SMTP } from 'posthorn/compat/ipworks'
import { envelope, localName } from '../messages.mjs'

if (typeof SMTP !== 'function') throw new Error('posthorn/compat/ipworks has no SMTP: is it built?')

const addresses = { reversePath: envelope.reversePath, recipients: [envelope.recipient] }

/** One message after the other on one connection, by what `settings.by` says: `octets`, `octets-settings`, `draft`, `component-octets`, `component`. */
export async function open(settings, content) {
  const { send, close } = settings.by.startsWith('component')
    ? await component(settings, content)
    : await engine(settings, content)
  return {
    async run(count) {
      for (let left = count; left > 0; left--) await send()
    },
    close,
  }
}

/** What the class asks of the engine for the defaults of its document: silence measured, packets filled, no keep-alive. */
const COMPONENT_SETTINGS = { timeouts: { silentMs: 60_000 }, noDelay: false, keepAlive: false }

/** The engine alone, with the same RSET in front of each message. */
async function engine({ port, by }, content) {
  const settings = by === 'octets-settings' ? COMPONENT_SETTINGS : {}
  const client = new SmtpClient({ host: '127.0.0.1', port, security: 'none', localName, ...settings })
  const session = await client.session()
  const text = bodyOf(content)
  const draft = { from: envelope.reversePath, to: envelope.recipient, subject: 'A message for measuring', text }
  let reset = false
  const submit = async (submission) => {
    const { deliveries } = await session.send(submission, { reset })
    reset = true
    if (deliveries[0]?.outcome !== 'delivered') throw new Error(`the engine says ${deliveries[0]?.outcome}`)
  }
  return {
    send: by.startsWith('octets')
      ? () => submit({ envelope: addresses, content })
      : async () => submit(await compose(draft)),
    close: () => client.close(),
  }
}

async function component({ port, by }, content) {
  const smtp = new SMTP()
  smtp.mailServer = '127.0.0.1'
  smtp.mailPort = port
  smtp.from = envelope.reversePath
  smtp.sendTo = envelope.recipient
  smtp.config(`Hello=${localName}`)
  if (by === 'component') {
    smtp.subject = 'A message for measuring'
    smtp.messageText = bodyOf(content)
  } else {
    const end = content.indexOf('\r\n\r\n')
    smtp.otherHeaders = `\r\n${content.toString('latin1', 0, end)}\r\n`
    smtp.message = content.subarray(end + 4)
  }
  await smtp.connect()
  return { send: () => smtp.send(), close: () => smtp.disconnect() }
}

function bodyOf(content) {
  return content.toString('latin1', content.indexOf('\r\n\r\n') + 4)
}
