// A header field of one's own, behind those that are computed.
import { component } from './server.js'

const smtp = component()
smtp.from = 'me@server.example'
smtp.sendTo = 'recipient@server.example'
smtp.subject = 'My Subject'
smtp.messageText = 'This is the message body.'
smtp.otherHeaders = 'HeaderName: HeaderValue'
await smtp.send()
console.log(smtp.messageHeadersString.trimEnd().split('\r\n').at(-1))
