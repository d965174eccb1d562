// Delivery status notifications, for one recipient. "NOTIFY SUCCESS", as older code has it, becomes "NOTIFY=SUCCESS".
import { component } from './server.js'

const smtp = component()
smtp.from = 'anna@example.com'
smtp.sendTo = 'bruno@example.org, chris@example.org'
smtp.messageRecipients[0]!.options = 'NOTIFY SUCCESS,FAILURE,DELAY'
smtp.subject = 'My Subject'
smtp.messageText = 'This is the message body.'
smtp.on('PITrail', ({ direction, message }) => {
  if (direction !== 1 && /RCPT|DSN/.test(message)) console.log(message)
})
await smtp.send()
