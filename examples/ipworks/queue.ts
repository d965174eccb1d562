// Messages are kept in a folder and sent later, by this process or by another.
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { component } from './server.js'

const folder = await mkdtemp(join(tmpdir(), 'outgoing-'))
const smtp = component()
smtp.from = 'anna@example.com'
smtp.sendTo = 'bruno@example.org'
smtp.messageText = 'This is the message body.'
for (const subject of ['One', 'Two']) {
  smtp.subject = subject
  await smtp.queue(folder)
}
console.log((await readdir(folder)).length, 'messages wait')
smtp.config('KeepQueue=True')
await smtp.processQueue(folder)
console.log((await readdir(folder)).filter((name) => name.endsWith('.sent')).length, 'were sent')
await rm(folder, { recursive: true })
