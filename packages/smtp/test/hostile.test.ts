import { describe, expect, it } from 'vitest'
import { certificates, ScriptedServer } from '@posthorn/testkit'
import { isSendFailure, PosthornError, SmtpClient } from '../src/index.js'
import { hostileServers } from './hostile-servers.js'
import type { Hostile } from './hostile/script-parts.js'

/** What the process may grow by while it hears any one of these servers, their own octets included. */
const GROWTH_KIB = 96 * 1024

describe.each(Object.entries(hostileServers))('a hostile server %s', (_where, cases) => {
  it.each(cases.map((hostile) => [hostile.name, hostile] as const))('%s', async (_name, hostile) => {
    const { ca } = await certificates()
    await using server = await ScriptedServer.start(hostile.script)
    const client = new SmtpClient({
      security: 'none',
      localName: 'client.example.test',
      deadlineMs: 5_000,
      ...hostile.options,
      host: '127.0.0.1',
      port: server.port,
      tls: { ca },
      timeouts: { quitMs: 50, ...hostile.options?.timeouts },
      pool: { maxConnections: 1 },
    })
    const before = residentPeakKiB()
    let last = await send(client, hostile)
    for (let count = 1; count < (hostile.messages ?? 1); count++) last = await send(client, hostile)
    await client.close()
    const { transcript } = await server.close().then(() => server.finished)
    const story = transcript.join('\n').slice(0, 4_000)

    expect(last.code, story).toMatch(
      hostile.ends instanceof RegExp ? hostile.ends : new RegExp(`^${hostile.ends.replaceAll('.', '\\.')}$`),
    )
    expect(last.outcome, story).toBe(hostile.ends === 'delivered' ? 'delivered' : (hostile.outcome ?? 'notSent'))
    expect(last.message.length).toBeLessThan(1_000)
    expect(last.message).not.toMatch(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/)
    expect(residentPeakKiB() - before, 'memory in KiB').toBeLessThan(GROWTH_KIB)
    expect(client.counts.open).toBe(0)
  })
})

describe('the suite of hostile servers', () => {
  it('has more than sixty scripts', () => {
    expect(Object.values(hostileServers).flat().length).toBeGreaterThan(60)
  })
})

async function send(
  client: SmtpClient,
  { content = 'Subject: x\r\n\r\nhello\r\n' }: Hostile,
): Promise<{ code: string; outcome: string; message: string }> {
  try {
    const { deliveries } = await client.send({
      envelope: { reversePath: 'a@example.test', recipients: ['b@example.test'] },
      content,
    })
    return { code: 'delivered', outcome: deliveries[0]!.outcome, message: '' }
  } catch (error) {
    if (!(error instanceof PosthornError) || !isSendFailure(error)) throw error
    return { code: error.code, outcome: error.receipt.deliveries[0]!.outcome, message: error.message }
  }
}

/** The most memory the process has had in RAM so far, in KiB; it never falls. */
function residentPeakKiB(): number {
  return process.resourceUsage().maxRSS
}
