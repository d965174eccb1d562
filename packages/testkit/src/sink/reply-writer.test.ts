import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { SinkMessage } from './ledger.js'
import type { Fault } from './options.js'
import { ReplyWriter } from './reply-writer.js'
import { SinkTransaction } from './sink-transaction.js'

/** A socket that goes nowhere and keeps each write. */
class NotingSocket extends Socket {
  readonly writes: string[] = []
  override _write(octets: Buffer, _encoding: string, done: () => void): void {
    this.writes.push(octets.toString())
    done()
  }
}

function writer(coalesce: boolean, fault?: Fault): { writer: ReplyWriter; writes: string[] } {
  const socket = new NotingSocket()
  return { writer: new ReplyWriter(socket, fault, coalesce), writes: socket.writes }
}

function message(): SinkMessage {
  return new SinkTransaction({ path: 'a@x', parameters: {} }, false, false).taken(1, 1, new Set())
}

describe('ReplyWriter', () => {
  it('joins replies until they are flushed, or writes each by itself', () => {
    const joined = writer(true)
    for (const reply of ['250 a', '250 b']) expect(joined.writer.add(reply)).toBe(true)
    expect(joined.writes).toEqual([])
    joined.writer.flush()
    joined.writer.flush()
    expect(joined.writes).toEqual(['250 a\r\n250 b\r\n'])
    const apart = writer(false)
    for (const reply of ['250 a', '250 b']) apart.writer.add(reply)
    expect(apart.writes).toEqual(['250 a\r\n', '250 b\r\n'])
  })

  it('marks a message when its last reply is handed over, not before', () => {
    const { writer: replies } = writer(true)
    const taken = message()
    replies.add('250 a', taken, false)
    replies.flush()
    expect(taken).toMatchObject({ replied: false, replies: 1 })
    replies.add('250 b', taken, true)
    expect(taken).toMatchObject({ replied: false, replies: 1 })
    replies.flush()
    expect(taken).toMatchObject({ replied: true, replies: 2, repliedAt: expect.any(Number) as number })
  })

  it('cuts the reply of the fault and marks nothing for a part of it', () => {
    const { writer: replies, writes } = writer(true, { at: 'reply', index: 1, octets: 4, how: 'fin' })
    const taken = message()
    expect(replies.add('220 x')).toBe(true)
    expect(replies.add('250 taken', taken)).toBe(false)
    replies.flush()
    expect([writes, taken.replied]).toEqual([['220 x\r\n250 '], false])
  })
})
