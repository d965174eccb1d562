// An access token in place of a password. Where it comes from is the caller's business; posthorn/oauth2 gets them.
import { component } from './server.js'

const smtp = component()
smtp.sslStartMode = 2 // STARTTLS, or nothing is sent
smtp.authMechanism = 7 // XOAUTH2
smtp.user = 'anna@example.com'
smtp.config(`AuthorizationIdentity=Bearer ${process.env['MAIL_TOKEN'] ?? 'ya29.an-access-token'}`)
smtp.from = 'anna@example.com'
smtp.sendTo = 'bruno@example.org'
smtp.subject = 'My Subject'
smtp.messageText = 'This is the message body.'
try {
  await smtp.send()
  console.log('sent')
} catch (error) {
  console.log((error as Error & { code: number }).code, smtp.lastReply)
}
