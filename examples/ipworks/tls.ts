// TLS with everything that can be said about it. A suite that is gone from OpenSSL is an error, not a silent fall back.
import { component } from './server.js'

const smtp = component()
smtp.sslStartMode = 2 // explicit: STARTTLS
smtp.from = 'anna@example.com'
smtp.sendTo = 'bruno@example.org'
smtp.subject = 'My Subject'
smtp.messageText = 'This is the message body.'
smtp.config('SSLEnabledProtocols=3072') // TLS 1.2
smtp.config('SSLEnabledCipherSuites=*')
smtp.config('TLS12SignatureAlgorithms=sha256-rsa,sha256-ecdsa,sha384-rsa,sha384-ecdsa')
smtp.on('SSLServerAuthentication', ({ certSubject, status, accept }) => {
  console.log(certSubject, status, accept)
})
await smtp.send()
console.log(smtp.config('SSLNegotiatedVersion'))

smtp.config('SSLEnabledCipherSuites=SSL_RSA_WITH_RC4_128_SHA')
await smtp.send().catch((error: Error & { code: number }) => console.log(error.code))
