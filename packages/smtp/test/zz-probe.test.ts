import { it } from 'vitest'
import { createServer } from 'node:net'
import { SmtpClient } from '../src/index.js'
const show = (e: any) => console.log('ERR', e.name, e.code, e.phase, e.outcome, e.message, JSON.stringify(e.receipt?.deliveries?.map((d: any) => [d.recipient, d.outcome, d.reply?.code])))
for (const [name, sec, steps] of [
  ['421 to STARTTLS', 'opportunistic', { EHLO: '250-x\r\n250 STARTTLS\r\n', START: '421 no\r\n' }],
  ['EHLO then close', 'none', { EHLO: '250-x\r\n250 SIZE\r\nCLOSE' }],
  ['EHLO then 421', 'none', { EHLO: '250-x\r\n250 SIZE\r\n421 bye\r\nCLOSE' }],
] as const)
  it(name, async () => {
    let n = 0
    const s = createServer((k) => {
      n++
      k.on('error', () => {})
      k.write('220 x\r\n')
      k.on('data', (d) => {
        for (const [v, r] of Object.entries(steps)) if (d.toString().startsWith(v)) { k.write(r.replace('CLOSE', '')); if (r.endsWith('CLOSE') || r.startsWith('421')) k.end() }
      })
    })
    await new Promise<void>((r) => s.listen(0, '127.0.0.1', () => r()))
    const c = new SmtpClient({ host: '127.0.0.1', port: (s.address() as any).port, security: sec, localName: 'c.example.test', deadlineMs: 1500, pool: { maxConnections: 1 } })
    await c.send({ envelope: { reversePath: 'a@example.test', recipients: ['b@example.test'] }, content: 'x' }).catch(show)
    console.log(name, n, 'connections')
    await c.close()
    s.close()
  })
