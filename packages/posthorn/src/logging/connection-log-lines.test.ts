import { ConnectError, ReplyError } from '@posthorn/ground'
import { SmtpClient } from '@posthorn/smtp'
import { describe, expect, it } from 'vitest'
import { connectionLogLines } from './connection-log-lines.js'

describe('connectionLogLines', () => {
  it('[part of beyondtrust.log.SetMailServer] [part of beyondtrust.log.FillSettings] [part of beyondtrust.log.SendFailed] an unknown host is 11001', async () => {
    const unknown = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' })
    const client = new SmtpClient({ host: 'nobody.example.test', resolve: () => Promise.reject(unknown) })
    const error: unknown = await client.verify().catch((reason: unknown) => reason)
    await client.close()
    expect(connectionLogLines(error)).toEqual([
      'SetMailServer error: 11001, [11001] Host not found',
      'Failed to fill SMTP settings',
      'Failed to send email message error: Host not found.',
    ])
  })

  it.each([
    [
      'the number of Winsock',
      new ConnectError('connect.refused', 'x', {
        outcome: 'transient',
        phase: 'connect',
        cause: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }),
      }),
      'SetMailServer error: 10061, [10061] Connection refused',
    ],
    [
      'the reply code',
      new ReplyError('smtp.auth.refused', 'x', {
        outcome: 'permanent',
        phase: 'auth',
        reply: { code: 535, lines: ['5.7.8 no.'] },
      }),
      'SetMailServer error: 535, [535] 5.7.8 no',
    ],
    [
      'our own code',
      new ConnectError('tls.wrong-name', 'the certificate\nis for another', { outcome: 'permanent', phase: 'tls' }),
      'SetMailServer error: tls.wrong-name, [tls.wrong-name] the certificate\\x0ais for another',
    ],
  ])('%s', (_, error, line) => {
    expect(connectionLogLines(error)[0]).toBe(line)
  })
})
