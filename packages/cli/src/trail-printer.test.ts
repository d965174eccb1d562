import type { TrailEvent } from 'posthorn'
import { describe, expect, it } from 'vitest'
import type { Output, Paint } from './output.js'
import { TrailPrinter } from './trail-printer.js'

const plain: Paint = (_style, text) => text

function printed(
  events: readonly TrailEvent[],
  out: Partial<Output> = {},
  view = { dialogue: true, progress: true },
): string {
  let text = ''
  const printer = new TrailPrinter({ ...out, write: (piece) => (text += piece) }, plain, view)
  for (const event of events) printer.print(event)
  printer.end()
  return text
}

const content = (at: number, octets: number, totalOctets: number): TrailEvent => ({
  type: 'content',
  octets,
  totalOctets,
  percent: (octets / totalOctets) * 100,
  done: octets === totalOctets,
  at,
  session: 1,
})

describe('TrailPrinter', () => {
  it('shows the dialogue with the time since it began', () => {
    const text = printed([
      { type: 'connect', address: '192.0.2.1', port: 587, at: 1000, session: 1 },
      {
        type: 'reply',
        phase: 'ehlo',
        reply: { code: 250, lines: ['relay.example', 'SIZE 100'] },
        at: 1010,
        session: 1,
      },
      { type: 'command', phase: 'auth', line: 'AUTH PLAIN ***', at: 1020, session: 1 },
    ])
    expect(text.split('\n')).toEqual([
      '   0.000  *  connected to 192.0.2.1 port 587',
      '   0.010  S: 250-relay.example',
      '          S: 250 SIZE 100',
      '   0.020  C: AUTH PLAIN ***',
      '',
    ])
  })

  it('names the session once there are several', () => {
    const text = printed([
      { type: 'command', phase: 'quit', line: 'QUIT', at: 0, session: 1 },
      { type: 'command', phase: 'quit', line: 'QUIT', at: 0, session: 2 },
      { type: 'command', phase: 'quit', line: 'QUIT', at: 0, session: 1 },
    ])
    expect(text.match(/C: .*/g)).toEqual(['C: QUIT', 'C: [2] QUIT', 'C: [1] QUIT'])
  })

  it('says loudly that a certificate was not verified', () => {
    const event: TrailEvent = {
      ...{ type: 'tls', to: 'server', protocol: 'TLSv1.3', cipher: 'X', cipherName: 'X', strengthBits: 256 },
      ...{ keyExchange: 'X25519', keyExchangeBits: 253, resumed: false, verified: false },
      ...{ subject: 'CN=x', issuer: 'CN=y', fingerprint: '', at: 0, session: 1 },
    }
    expect(printed([event])).toContain('NOT VERIFIED')
  })

  it('keeps within the columns of a terminal', () => {
    const event: TrailEvent = { type: 'note', text: 'word '.repeat(60).trim(), at: 0, session: 1 }
    for (const line of printed([event], { isTTY: true, columns: 60 }).split('\n')) expect(line.length).toBeLessThan(60)
  })

  it('tells of large content by quarters where there is no terminal', () => {
    const MIB = 1024 * 1024
    const text = printed([
      content(0, MIB, 8 * MIB),
      content(500, 2 * MIB, 8 * MIB),
      content(600, 5 * MIB, 8 * MIB),
      content(1000, 8 * MIB, 8 * MIB),
    ])
    expect(text.match(/\(.*\)/g)).toEqual([
      '(25 % of 8.4 MB of content)',
      '(50 % of 8.4 MB of content)',
      '(8.4 MB of content in 1.0 s, 8.4 MB/s)',
    ])
    expect(text).not.toContain('\r')
  })

  it('draws a bar for large content on a terminal, within its columns, and takes it away', () => {
    const MIB = 1024 * 1024
    const text = printed(
      [content(0, MIB, 8 * MIB), content(1000, 8 * MIB, 8 * MIB)],
      { isTTY: true, columns: 80 },
      { dialogue: false, progress: true },
    )
    const frames = text.split('\r\x1b[K').filter((frame) => frame !== '')
    expect(frames.length).toBeGreaterThan(0)
    expect(frames[0]).toMatch(/sending .* 1\.0 MB of 8\.4 MB +12 %/)
    for (const frame of frames) expect(frame.length).toBeLessThan(80)
    expect(text.endsWith('\r\x1b[K')).toBe(true)
  })

  it('draws no bar for small content, nor on anything but a terminal', () => {
    const MIB = 1024 * 1024
    const view = { dialogue: false, progress: true }
    expect(printed([content(0, 1000, 1000)], { isTTY: true, columns: 80 }, view)).toBe('')
    expect(printed([content(0, MIB, 8 * MIB), content(1000, 8 * MIB, 8 * MIB)], {}, view)).toBe('')
  })
})
