// send() alone opens a connection, hands the message over, and closes it.
import { component } from './server.js'

const smtp = component()
smtp.from = 'anna@example.com'
smtp.sendTo = 'bruno@example.org'
smtp.subject = 'My Subject'
smtp.messageText = 'This is the message body.'
await smtp.send()
console.log('sent; connected:', smtp.connected)
