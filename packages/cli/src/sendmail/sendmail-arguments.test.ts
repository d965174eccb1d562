import { describe, expect, it } from 'vitest'
import { parseSendmailArguments } from './sendmail-arguments.js'

const parse = (line: string) => parseSendmailArguments(line.split(' '))

describe('the arguments of sendmail', () => {
  it.each([
    // cron, PHP, git send-email, mutt, mailx
    ['-i -FCronDaemon -B8BITMIME -oem root', { ignoreDots: true, fullName: 'CronDaemon', recipients: ['root'] }],
    ['-t -i', { readRecipients: true, ignoreDots: true }],
    ['-i a@b c@d', { ignoreDots: true, recipients: ['a@b', 'c@d'] }],
    ['-oem -oi -f me@example.com -- a@b', { ignoreDots: true, sender: 'me@example.com', recipients: ['a@b'] }],
    ['-ti -fme@example.com', { readRecipients: true, ignoreDots: true, sender: 'me@example.com' }],
    ['-oi -f <> a@b', { sender: '', recipients: ['a@b'] }],
    ['-bs', { mode: 'smtp' }],
    ['-o em -o i -em -d0.1 a@b', { ignoreDots: true, recipients: ['a@b'] }],
    ['-f <me@example.com> -- -a@b', { sender: 'me@example.com', recipients: ['-a@b'] }],
    ['-bm -o i -v a@b', { mode: 'deliver', ignoreDots: true, verbose: true, recipients: ['a@b'] }],
    ['-N success,delay -R hdrs -V id-1 a@b', { notify: ['success', 'delay'], ret: 'headers', envelopeId: 'id-1' }],
    [
      '-Nnever -rme@example.com -O DeliveryMode=b -- -strange',
      { notify: ['never'], sender: 'me@example.com', recipients: ['-strange'] },
    ],
  ])('%s', (line, expected) => {
    expect(parse(line)).toMatchObject(expected)
  })

  it.each(['-bd', '-q15m', '-bp', '-Z', '-f', '-N sometimes', '-N never,delay', '-R half', '--queue'])(
    '%s is refused by name',
    (line) => {
      expect(() => parse(line)).toThrow(expect.objectContaining({ code: 'usage.flag' }) as Error)
    },
  )
})
