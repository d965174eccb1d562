import { ScriptedServer } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { SmtpClient, type TrailEvent } from '../src/index.js'

const letter = (n: number) => ({
  envelope: { reversePath: 'a@example.test', recipients: ['b@example.test'] },
  content: `Subject: ${n}\r\n`,
})
const ENVELOPE = 'C~ MAIL .*\nC~ RCPT .*\nC: DATA\nS: 250 ok\nS: 250 ok\nS: 354 go\n'
/** Behind the content nothing has come: the next envelope waits for the final reply. */
const MESSAGE = (n: number) => `${ENVELOPE}C: Subject: ${n}\nC: .\n* wait 30\n* idle\nS: 250 taken\n`

async function twoMessages(greeting: string, offers: string): Promise<{ errors: string[]; outcomes: string[] }> {
  await using server = await ScriptedServer.start(
    `S: 220 ${greeting}\nC~ EHLO .*\nS: 250-relay\n${offers}S: 250 PIPELINING\n${MESSAGE(1)}${MESSAGE(2)}C: QUIT\nS: 221 bye\n`,
  )
  const client = new SmtpClient({
    ...{ host: '127.0.0.1', port: server.port, security: 'none', deadlineMs: 10_000 },
    pool: { maxConnections: 1 },
  })
  const receipts = await Promise.all([1, 2].map((n) => client.send(letter(n)).catch(() => undefined)))
  await client.close()
  await server.close()
  const { errors } = await server.finished
  return { errors, outcomes: receipts.map((receipt) => receipt?.deliveries[0]?.outcome ?? 'failed') }
}

describe('servers that are known for a fault', () => {
  it.each([
    ['by its greeting', 'mail.example.test Dovecot ready.', ''],
    ['by BURL', 'mail.example.test ready', 'S: 250-BURL imap\n'],
  ])('Dovecot, %s, gets no envelope behind a content', async (_how, greeting, offers) => {
    expect(await twoMessages(greeting, offers)).toEqual({ errors: [], outcomes: ['delivered', 'delivered'] })
  })

  it('others do', async () => {
    const { errors } = await twoMessages('mail.example.test Postfix', '')
    expect(errors.join()).toContain('unread')
  })

  it('a connection lost twice with an envelope behind a content makes envelopes wait', async () => {
    const lost = `${ENVELOPE}C~ Subject: .*\nC: .\nC~ MAIL .*\nC~ RCPT .*\nC: DATA\n* close\n`
    const hello = 'S: 220 relay\nC~ EHLO .*\nS: 250-relay\nS: 250 PIPELINING\n'
    const alone = `${ENVELOPE}C~ Subject: .*\nC: .\n* wait 30\n* idle\nS: 250 taken\n`
    await using server = await ScriptedServer.start(
      `${hello}${lost}* session\n${hello}${lost}* session\n${hello}${alone}${alone}C: QUIT\nS: 221 bye\n`,
    )
    const client = new SmtpClient({
      ...{ host: '127.0.0.1', port: server.port, security: 'none', deadlineMs: 10_000 },
      pool: { maxConnections: 1 },
    })
    const trail: TrailEvent[] = []
    client.on('trail', (event) => trail.push(event))
    const results = await Promise.allSettled([1, 2, 3, 4].map((n) => client.send(letter(n))))
    await client.close()
    await server.close()
    const { errors } = await server.finished
    expect(errors).toEqual([])
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled', 'fulfilled'])
  })
})
