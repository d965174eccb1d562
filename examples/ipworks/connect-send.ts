// Several messages over one connection: connect(), send() for each, disconnect().
import { component } from './server.js'

const smtp = component()
smtp.from = 'anna@example.com'
await smtp.connect()
for (const name of ['bruno', 'chris']) {
  smtp.messageRecipients.clear() // setting sendTo adds to them
  smtp.sendTo = `${name}@example.org`
  smtp.subject = `For ${name}`
  smtp.messageText = 'This is the message body.'
  await smtp.send()
}
await smtp.disconnect()
console.log('last reply:', smtp.lastReply)
