import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Outgoing } from './outgoing.js'
import type { WireTerms } from './wire-terms.js'

const TERMS: WireTerms = { blockMs: 10_000, finalMs: 10_000 }

/** A connection, and everything that arrives at its other side. */
async function road() {
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  onTestFinished(() => void listener.close())
  const accepted = once(listener, 'connection')
  const socket = connect((listener.address() as AddressInfo).port, '127.0.0.1')
  const [other] = (await accepted) as [typeof socket]
  const received: Buffer[] = []
  other.on('data', (octets: Buffer) => received.push(octets))
  return {
    socket,
    whole: async () => {
      socket.end()
      await once(other, 'end')
      other.destroy()
      return Buffer.concat(received).toString()
    },
  }
}

describe('Outgoing', () => {
  it.each([
    ['at a pace', { maxOctetsPerSecond: 80_000 }],
    ['where silence is measured', { silentMs: 1_000 }],
  ])('%s: memory may be used again behind hand, whatever still waits', async (_, terms) => {
    const { socket, whole } = await road()
    const out = new Outgoing(socket, { ...TERMS, ...terms }, () => {})
    const block = Buffer.alloc(20_000, 'A')
    const taken = new Promise<void>((resolve) => {
      out.text('BDAT 20000\r\n')
      out.block(block)
      out.hand(undefined)
      block.fill('X')
      out.text('QUIT\r\n')
      out.hand(resolve)
    })
    await taken
    expect(await whole()).toBe(`BDAT 20000\r\n${'A'.repeat(20_000)}QUIT\r\n`)
  })
})
