import { describe, expect, it } from 'vitest'
import { ScriptedServer } from '@posthorn/testkit'
import { clientFor } from './support.js'

const HI = 'S: 220 relay.example.test ESMTP\nC: EHLO client.example.test\nS: 250 relay.example.test\n'

/** The reply to EXPN, or the error, for each way of cutting what the server sends. */
async function expanded(script: string): Promise<unknown[]> {
  const outcomes: unknown[] = []
  for (const chunking of ['whole', 'line'] as const) {
    await using server = await ScriptedServer.start(`${HI}C: EXPN staff\n${script}`, { chunking })
    const client = clientFor(server)
    const session = await client.session()
    outcomes.push(await session.expn('staff').catch((error: unknown) => error))
    await client.close()
  }
  return outcomes
}

describe('long replies', () => {
  it('a list of 1,000 lines comes whole', async () => {
    const members = Array.from({ length: 999 }, (_, number) => `Member ${number} <m${number}@example.test>`)
    const script = [
      ...members.map((member) => `S: 250-${member}`),
      'S: 250 Last <last@example.test>',
      'C: QUIT',
      'S: 221 bye',
    ]
    for (const reply of await expanded(`${script.join('\n')}\n`))
      expect(reply).toMatchObject({ code: 250, lines: [...members, 'Last <last@example.test>'] })
  })

  it('a line of 40,000 octets is taken, and one of 65,536', async () => {
    for (const length of [40_000, 65_536]) {
      const text = 'x'.repeat(length - 4)
      for (const reply of await expanded(`S: 250 ${text}\nC: QUIT\nS: 221 bye\n`))
        expect(reply).toMatchObject({ code: 250, lines: [text] })
    }
  })

  it('one octet more is refused, in a line and in a reply', async () => {
    for (const script of [`S: 250 ${'x'.repeat(65_533)}\n* end\n`, `S: 250-a\nS: 250 ${'x'.repeat(65_528)}\n* end\n`])
      for (const error of await expanded(script))
        expect(error).toMatchObject({ name: 'ProtocolError', code: 'smtp.reply.too-long', phase: 'command' })
  })
})
