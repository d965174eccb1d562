// Through a proxy, but for the hosts of a list.
import { component } from './server.js'

const smtp = component()
smtp.firewall.firewallType = 3 // SOCKS5; the port is 1080 then
smtp.firewall.host = '192.0.2.1'
smtp.config(`ProxyExceptionsList=www.example.com; ${smtp.mailServer}`)
smtp.from = 'anna@example.com'
smtp.sendTo = 'bruno@example.org'
smtp.subject = 'My Subject'
smtp.messageText = 'This is the message body.'
smtp.on('ConnectionStatus', ({ connectionEvent }) => console.log(connectionEvent))
await smtp.send()
