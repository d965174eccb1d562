// Whom to trust: besides the authorities an own verdict, the pin of a key, and the facts of what was agreed on.
import { createHash, X509Certificate } from 'node:crypto'
import { Mailer } from 'posthorn'

const draft = { from: 'anna@example.test', to: 'bruno@example.test', subject: 'Trust', text: 'Hello!\n' }
let pin

// learn the key: `decide` sees the certificate after everything else was judged
await send('the authorities alone', {
  decide: ({ subject, status, certificate }) => {
    console.log(`  ${subject}: ${status}`)
    const key = new X509Certificate(certificate.der).publicKey.export({ type: 'spki', format: 'der' })
    pin = createHash('sha256').update(key).digest('base64')
    return undefined // as judged
  },
})
await send('the right pin besides', { pins: [pin] })
await send('another pin', { pins: [createHash('sha256').update('another key').digest('base64')] })
await send('an own verdict', { decide: () => false })

async function send(title, tls) {
  // a profile is data; functions stand beside it
  const mailer = new Mailer(process.env.POSTHORN_SERVER, { smtp: { tls } })
  mailer.on('trail', (event) => {
    if (event.type === 'tls') console.log(`  ${event.protocol}, ${event.strengthBits} bits, ${event.keyExchange}`)
  })
  try {
    await mailer.send(draft)
    console.log(`${title}: delivered`)
  } catch (error) {
    console.log(`${title}: ${error.code}`)
  } finally {
    await mailer.close()
  }
}
