import { Readable } from 'node:stream'
import { test } from 'vitest'
import { component, heardBy, sink } from './component.js'
test('stream in several', async () => {
  const server = await sink({ maxRecipients: 2 })
  const smtp = component(server)
  smtp.config('StopOnToErrors=False')
  smtp.sendTo = 'c@example.test, d@example.test, e@example.test'
  smtp.setMessageStream(Readable.from([Buffer.from('hello\r\n')]))
  const heard = heardBy(smtp)
  await smtp.send().then(() => console.log('ok'), (e: unknown) => console.log('ERR', e))
  console.log(heard.map((h) => JSON.stringify(h)).join('\n'), server.ledger.map((m) => [m.recipients, m.content!.toString()]))
})
