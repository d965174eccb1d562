// The dialogue as data, while it happens. Secrets and content are never in it, so it can be logged.
import { Mailer } from 'posthorn'

const mailer = new Mailer(process.env.POSTHORN_SERVER)
mailer.on('trail', (event) => {
  if (event.type === 'command') console.log('C:', event.line)
  else if (event.type === 'reply') console.log('S:', event.reply.code, event.reply.lines.join(' | '))
  else if (event.type === 'tls')
    console.log('TLS:', event.protocol, event.cipher, event.verified ? 'verified' : 'NOT VERIFIED')
  else if (event.type === 'content') console.log('content:', event.octets, 'octets', event.done ? '(all)' : '')
})
try {
  await mailer.send({ from: 'anna@example.test', to: 'bruno@example.test', subject: 'Watched', text: 'Hello!\n' })
} finally {
  await mailer.close()
}
