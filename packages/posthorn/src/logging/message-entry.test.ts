import { ProtocolError, ReplyError } from '@posthorn/ground'
import type { Delivery, Outcome } from '@posthorn/smtp'
import { describe, expect, it } from 'vitest'
import { failureEntry, leftOutEntry, receiptEntry } from './message-entry.js'

const delivery = (recipient: string, outcome: Outcome, code?: number): Delivery => ({
  recipient,
  outcome,
  phase: 'rcpt',
  at: 0,
  ...(code === undefined ? {} : { reply: { code, lines: ['because'] } }),
})
const message = { messageId: '<1@x>', reversePath: '' }

describe('entries about messages', () => {
  it('accepted: Message-ID, sender and recipients', () => {
    const entry = receiptEntry(
      { deliveries: [delivery('a@x', 'delivered', 250), delivery('b@x', 'delivered')] },
      message,
    )
    expect(entry).toMatchObject({
      level: 'info',
      event: 'accepted',
      text: 'message <1@x> was accepted',
      facts: { messageId: '<1@x>', from: '<>', delivered: 'a@x, b@x', reply: '250 because' },
    })
  })

  it('accepted in part: who did not get it, and why', () => {
    const entry = receiptEntry({ deliveries: [delivery('a@x', 'delivered'), delivery('b@x', 'refused', 550)] }, message)
    expect(entry).toMatchObject({
      level: 'warn',
      event: 'accepted-in-part',
      text: 'message <1@x> was accepted for 1 of 2 recipients: b@x 550 because',
      facts: { delivered: 'a@x', refused: 'b@x' },
    })
  })

  it('left out: which files do not go along, and why', () => {
    const file = { field: 'attachments[0]', name: 'report.pdf', code: 'content.unreadable' }
    expect(leftOutEntry([file], message)).toMatchObject({
      level: 'warn',
      event: 'left-out',
      text: 'message <1@x> goes without a file: report.pdf (content.unreadable)',
      facts: { messageId: '<1@x>', files: 'report.pdf (content.unreadable)' },
    })
    expect(leftOutEntry([file, { ...file, name: 'b' }]).text).toBe(
      'a message goes without 2 files: report.pdf (content.unreadable), b (content.unreadable)',
    )
  })

  it('a failure: refused, unknown, or not sent', () => {
    const reply = { code: 550, lines: ['no'] }
    const refused = new ReplyError('smtp.rcpt.refused', 'no', { outcome: 'permanent', phase: 'rcpt', reply })
    Object.assign(refused, { receipt: { deliveries: [delivery('a@x', 'refused', 550)] } })
    expect(failureEntry(refused, message)).toMatchObject({
      level: 'error',
      event: 'refused',
      facts: { refused: 'a@x', code: 'smtp.rcpt.refused', phase: 'rcpt', outcome: 'permanent' },
    })
    const lost = new ProtocolError('smtp.connection.lost', 'gone', { outcome: 'unknown', phase: 'final' })
    expect(failureEntry(lost).event).toBe('unknown')
    expect(failureEntry(new Error('x'))).toMatchObject({ event: 'failed', text: 'a message was not sent: x' })
  })

  it('names fifty recipients and counts the others', () => {
    const deliveries = Array.from({ length: 53 }, (_, index) => delivery(`${index}@x`, 'delivered'))
    expect(receiptEntry({ deliveries }).facts?.['delivered']).toMatch(/ 49@x and 3 more$/)
  })
})
