// The whole message as it was sent.
import { component } from './server.js'

const smtp = component()
smtp.from = 'anna@example.com'
smtp.sendTo = 'bruno@example.org'
smtp.subject = 'My Subject'
smtp.messageText = 'This is the message body.\r\n'
await smtp.send()
const raw = smtp.messageHeadersString + smtp.config('TransferText')
console.log(raw)
