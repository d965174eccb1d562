// Connects, sends a message, and then has nothing more to do. Arguments: address of the built compat/ipworks/index.js, port, SSLStartMode,
// UseDaemonThreads.
import { writeSync } from 'node:fs'
import process from 'node:process'

const [module, port, startMode, daemon] = process.argv.slice(2)
const { SMTP } = await import(module)
const say = (/** @type {string} */ text) => writeSync(1, `${text}\n`)
const smtp = new SMTP()
smtp.mailServer = '127.0.0.1'
smtp.mailPort = Number(port)
smtp.sslStartMode = Number(startMode)
smtp.config('Hello=client.example.test')
smtp.config(`UseDaemonThreads=${daemon}`)
smtp.from = 'anna@example.test'
smtp.sendTo = 'bruno@example.test'
smtp.messageText = 'A text.\r\n'
smtp.on('SSLServerAuthentication', (/** @type {{ accept: boolean }} */ event) => {
  event.accept = true
})
smtp.on('ConnectionStatus', (/** @type {{ connectionEvent: string }} */ { connectionEvent }) => {
  if (connectionEvent === 'Disconnected') say('disconnected')
})
await smtp.connect()
say('connected')
await smtp.send()
say('sent')
process.once('beforeExit', () => say('nothing to do'))
