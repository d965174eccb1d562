import { it } from 'vitest'
import { ScriptedServer, SinkServer } from '@posthorn/testkit'
import { SmtpClient } from '../src/index.js'
const show = (e: any) => console.log('ERR', e.name, e.code, e.phase, e.outcome, e.message, JSON.stringify(e.receipt?.deliveries?.map((d: any) => [d.recipient, d.outcome, d.reply?.code])))
const mk = (port: number, o: any = {}) => new SmtpClient({ host: '127.0.0.1', port, security: 'none', localName: 'c.example.test', deadlineMs: 3000, pool: { maxConnections: 1, ...o.pool }, ...o })
it('size', async () => {
  await using s = await SinkServer.start({})
  const c = mk(s.port)
  for (const v of ['1\r\nRSET', '12 BODY=X', NaN, 1.5, -1]) {
    const r = await Promise.allSettled([
      c.send({ envelope: { reversePath: 'a@example.test', recipients: ['good@example.test'] }, content: 'x' }),
      c.send({ envelope: { reversePath: 'a@example.test', recipients: ['b@example.test'], sizeOctets: v as any }, content: 'x' }),
    ])
    console.log(JSON.stringify(v), r.map((x) => x.status))
    for (const x of r) if (x.status === 'rejected') show(x.reason)
  }
  await c.close()
  console.log(s.sessions.map((x) => x.commands), s.ledger.map((x) => x.recipients))
})
it('inject', async () => {
  for (const tail of ['S: 250-fake\nS: 250 AUTH PLAIN\n', 'S= 250-fa\n']) {
    await using s = await ScriptedServer.start(`S: 220 x\nC~ EHLO .*\nS: 250-x\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go\n${tail}* silence\n`, {})
    const c = mk(s.port, { security: 'starttls' })
    await c.send({ envelope: { reversePath: 'a@example.test', recipients: ['b@example.test'] }, content: 'x' }).catch(show)
    await c.close()
  }
})
