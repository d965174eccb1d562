import { SinkServer } from '@posthorn/testkit'
import { expect, test } from 'vitest'
import { SMTP } from '../../src/compat/ipworks/index.js'

test('smoke', async () => {
  const server = await SinkServer.start({ keepContent: true })
  const smtp = new SMTP()
  const log: string[] = []
  smtp.on('PITrail', ({ direction, message }) => log.push(`${direction} ${message}`))
  for (const name of ['StartTransfer','EndTransfer','Error','SSLStatus'] as const) smtp.on(name, (e) => log.push(`${name} ${JSON.stringify(e)}`))
  smtp.on('Transfer', (e) => log.push(`T ${e.bytesTransferred} ${e.percentDone} ${e.text.length}`))
  smtp.on('ConnectionStatus', (e) => log.push(`${e.connectionEvent} ${e.statusCode} ${e.description}`))
  smtp.mailServer = '127.0.0.1'
  smtp.mailPort = server.port
  smtp.from = 'Anna <a@example.com>'
  smtp.sendTo = 'b@example.org, "C, D" <c@example.org>'
  smtp.bcc = 'x@example.org'
  smtp.subject = 'Grüße'
  smtp.messageText = 'Hello\n.dot\n'
  await smtp.send()
  console.log(log.join('\n'))
  console.log(String(server.messages[0]?.content), JSON.stringify(server.messages[0]))
  console.log(smtp.lastReply, smtp.connected, smtp.config('TransferText'), smtp.messageHeaders)
  await smtp.connect()
  await smtp.send()
  await smtp.send()
  await smtp.disconnect()
  console.log(server.sessions)
  expect(smtp.connected).toBe(false)
  await server.close()
})
