import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { ScriptedServer, SinkServer } from '@posthorn/testkit'
import { SmtpClient, type SmtpOptions } from '../src/index.js'

/** What keeps this process alive, by kind. */
function resources(): Record<string, number> {
  const count: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo())
    if (/TCP|TLS|Timeout|FS|GetAddrInfo/.test(kind)) count[kind] = (count[kind] ?? 0) + 1
  return count
}

/** Runs, closes, and gives the loop the turns in which closed handles go away. */
async function leftBy(run: () => Promise<void>): Promise<Record<string, number>> {
  const before = resources()
  await run()
  let after = resources()
  for (let turns = 0; turns < 200 && JSON.stringify(after) !== JSON.stringify(before); turns++) {
    await turn()
    after = resources()
  }
  return Object.fromEntries(Object.entries(after).filter(([kind, count]) => count > (before[kind] ?? 0)))
}

function client(port: number, options: Partial<SmtpOptions> = {}): SmtpClient {
  return new SmtpClient({
    host: '127.0.0.1',
    port,
    security: 'none',
    localName: 'client.example.test',
    timeouts: { quitMs: 20 },
    ...options,
  })
}

const submission = {
  envelope: { reversePath: 'a@example.test', recipients: ['b@example.test'] },
  content: 'Subject: x\r\n\r\nhello\r\n',
}

describe('nothing stays open', () => {
  it('after messages over many connections', async () => {
    const left = await leftBy(async () => {
      await using server = await SinkServer.start({})
      const sender = client(server.port, { pool: { maxConnections: 5, rateLimit: { messages: 1000, perMs: 60_000 } } })
      await Promise.all(Array.from({ length: 100 }, () => sender.send(submission)))
      await sender.close()
      expect(server.openConnections).toBe(0)
    })
    expect(left).toEqual({})
  })

  it.each([
    ['silence at the greeting', '* silence\n'],
    ['a greeting cut off', 'S= 220 x\n* silence\n'],
    ['silence at MAIL', 'S: 220 r\nC~ EHLO .*\nS: 250 r\nC~ MAIL .*\n* silence\n'],
    [
      'silence at the final reply',
      'S: 220 r\nC~ EHLO .*\nS: 250 r\nC~ MAIL .*\nS: 250 ok\nC~ RCPT .*\nS: 250 ok\nC: DATA\nS: 354 go\nC# 24\n* silence\n',
    ],
    ['a surplus reply', 'S: 220 r\nC~ EHLO .*\nS: 250 r\nS: 250 r\n* silence\n'],
    ['a server that reads nothing', '* deaf\n'],
  ])('after a deadline at %s', async (_name, script) => {
    const left = await leftBy(async () => {
      await using server = await ScriptedServer.start(script)
      const sender = client(server.port, { deadlineMs: 60 })
      await expect(sender.send(submission)).rejects.toThrow()
      await sender.close()
    })
    expect(left).toEqual({})
  })

  it('after an abort, and the signal has no listener left', async () => {
    const left = await leftBy(async () => {
      await using server = await ScriptedServer.start('* silence\n')
      const sender = client(server.port)
      const abort = new AbortController()
      const sending = sender.send(submission, { signal: abort.signal })
      abort.abort()
      await expect(sending).rejects.toMatchObject({ code: 'aborted' })
      await sender.close({ now: true })
    })
    expect(left).toEqual({})
  })

  it('after close({ now: true }) in the middle of everything', async () => {
    const left = await leftBy(async () => {
      await using server = await SinkServer.start({})
      const sender = client(server.port, { pool: { maxConnections: 3 } })
      const sends = Array.from({ length: 50 }, () =>
        sender.send(submission).then(
          () => 'delivered',
          (error: { code: string }) => error.code,
        ),
      )
      await sends[0]
      await sender.close({ now: true })
      for (const end of await Promise.all(sends)) expect(end).toMatch(/^(?:delivered|pool\.closed)$/)
    })
    expect(left).toEqual({})
  })

  it('an idle client does not keep the process alive', async () => {
    await using server = await SinkServer.start({})
    const sender = client(server.port)
    const before = resources()
    await sender.send(submission)
    for (let turns = 0; turns < 50; turns++) await turn()
    const kept = resources()
    expect((kept['Timeout'] ?? 0) - (before['Timeout'] ?? 0)).toBeLessThanOrEqual(0)
    await sender.close()
  })
})
