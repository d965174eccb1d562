import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { SettingsError } from '@posthorn/ground'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Folder } from '../../test/oauth2/folder.js'
import { octetsOfMessage } from '../../test/spool/octets.js'
import { readSpooled } from './read-spooled.js'

async function read(text: string | Uint8Array) {
  await using folder = await Folder.make()
  const path = folder.file('x')
  await writeFile(path, text)
  const { submission, sizeOctets } = await readSpooled(path, 'x')
  const octets = await octetsOfMessage(submission.content)
  expect(octets.length).toBe(sizeOctets)
  return { envelope: submission.envelope, text: octets.toString('latin1') }
}

async function refusal(text: string | Uint8Array): Promise<SettingsError> {
  const error = await read(text).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof SettingsError)) throw new Error('it was accepted')
  expect(error.code).toBe('spool.garbage')
  expect(error.hint).toBeTruthy()
  return error
}

const ENVELOPE = { reversePath: 'a@example.test', recipients: ['b@example.test'] }

describe('a file written by hand', () => {
  it.each([
    ['MAIL FROM:<a@example.test>\r\nRCPT TO:<b@example.test>\r\n\r\nSubject: x\r\n\r\nhi', 'Subject: x\r\n\r\nhi'],
    ['mail from:<a@example.test>\nrcpt to:<b@example.test>\n\n.\n\n', '.\n\n'],
    ['Mail From: <a@example.test>  \nRcpt To: <b@EXAMPLE.test> \n\n', ''],
    ['MAIL FROM:<a@example.test> SIZE=2\nRCPT TO:<b@example.test>\n\n\r\n', '\r\n'],
    ['MAIL FROM:<a@example.test> SIZE=0002\r\nRCPT TO:<b@example.test>\n\r\nhi', 'hi'],
  ])('is read with either line end and either case: %j', async (text, content) => {
    expect(await read(text)).toEqual({ envelope: ENVELOPE, text: content })
  })

  it('leaves out recipients that are done with', async () => {
    const text =
      'MAIL FROM:<a@example.test>\nSENT TO:<c@example.test>\nRCPT TO:<b@example.test>\nFAIL TO:<d@example.test>\n\nhi'
    expect(await read(text)).toEqual({ envelope: ENVELOPE, text: 'hi' })
  })

  it('may use every parameter', async () => {
    const mail =
      'MAIL FROM:<> BODY=8bitmime SMTPUTF8 RET=hdrs ENVID=a+2Bb BY=120;rt HOLDUNTIL=2030-01-01T00:00:00Z MT-PRIORITY=-3 REQUIRETLS AUTH=<> XVERP XPREFER=BY,XVERP'
    const rcpt = 'RCPT TO:<"a>b"@example.test> NOTIFY=failure,DELAY ORCPT=utf-8;j\\x{FC}rgen@example.test XREQUIRED'
    expect((await read(`${mail}\n${rcpt}\n\n`)).envelope).toEqual({
      reversePath: '',
      bodyType: '8bit',
      smtpUtf8: true,
      ret: 'headers',
      envelopeId: 'a+b',
      deliverBy: { prefer: { seconds: 120, mode: 'return', trace: true } },
      holdUntil: new Date('2030-01-01T00:00:00Z'),
      mtPriority: -3,
      requireTls: true,
      auth: '',
      parameters: [{ keyword: 'XVERP', text: 'XVERP', prefer: true }],
      recipients: [
        {
          address: '"a>b"@example.test',
          notify: ['failure', 'delay'],
          originalRecipient: { type: 'utf-8', address: 'jürgen@example.test' },
          required: true,
        },
      ],
    })
  })
})

describe('batch SMTP (RFC 2442)', () => {
  it.each([
    [
      'EHLO here.example.test\r\nMAIL FROM:<a@example.test> SIZE=99\r\nRCPT TO:<b@example.test>\r\nDATA\r\n..x\r\n\r\n.y\r\n.\r\nQUIT\r\n',
      '.x\r\n\r\ny\r\n',
    ],
    ['HELO x\nMAIL FROM:<a@example.test>\nRCPT TO:<b@example.test>\nDATA\n..\n.\n', '.\n'],
    ['MAIL FROM:<a@example.test>\r\nRCPT TO:<b@example.test>\r\nDATA\r\n.\r\n', ''],
    // only the line end of the file ends a line: the others are a part of the message
    ['MAIL FROM:<a@example.test>\r\nRCPT TO:<b@example.test>\r\nDATA\r\nx\n.\nMAIL\r\n.\r\n\r\nquit', 'x\n.\nMAIL\r\n'],
    ['MAIL FROM:<a@example.test>\r\nRCPT TO:<b@example.test>\r\nDATA\r\nx\r\n.\ry\r\n.\r\n', 'x\r\n\ry\r\n'],
  ])('%j', async (text, content) => {
    expect(await read(text)).toEqual({ envelope: ENVELOPE, text: content })
  })

  it('gives back any octets that were stuffed, large ones from the file', async () => {
    const parts = fc.array(fc.constantFrom('.', '\r', '\n', '\r\n', '..', 'x', '\r\n.', '\xff', '\0'), {
      maxLength: 60,
    })
    await fc.assert(
      fc.asyncProperty(parts, fc.constantFrom(1, 20_000), async (pieces, times) => {
        const content = `${pieces.join('').repeat(times)}\r\n`
        const stuffed = content.replace(/(^|\r\n)\./g, '$1..')
        const file = `MAIL FROM:<a@example.test>\r\nRCPT TO:<b@example.test>\r\nDATA\r\n${stuffed}.\r\nQUIT\r\n`
        expect((await read(Buffer.from(file, 'latin1'))).text === content).toBe(true)
      }),
      { numRuns: 60 },
    )
  })
})

describe('garbage', () => {
  const secret = 'very-own-words'
  it.each([
    ['', 'the file ends'],
    [secret, 'the file ends'],
    [`${secret}\n`, 'line 1: expected MAIL FROM'],
    [`EHLO x\n${secret}\n`, 'line 2: expected MAIL FROM'],
    [`\nMAIL FROM:<a@example.test>\n`, 'line 1: expected MAIL'],
    [`MAIL FROM:<${secret}>\n`, 'line 1: expected a mailbox'],
    [`MAIL FROM:<a@example.test>${secret}\n`, 'line 1: expected a space'],
    [`MAIL FROM:<a@example.test\n`, 'line 1: expected a mailbox in angle brackets'],
    [`MAIL FROM:<a@example.test> SIZE=${secret}\n`, 'line 1: expected SIZE='],
    [`MAIL FROM:<a@example.test> BODY=${secret}\n`, 'line 1: expected BODY='],
    [`MAIL FROM:<a@example.test> =${secret}\n`, 'line 1: expected NAME'],
    [`MAIL FROM:<a@example.test> RET=FULL RET=HDRS\n`, 'line 1: expected each parameter once'],
    [`MAIL FROM:<a@example.test> XPREFER=RET\n`, 'line 1: expected XPREFER'],
    [`MAIL FROM:<a@example.test> XREQUIRED\n`, 'line 1: expected no XREQUIRED'],
    [`MAIL FROM:<a@example.test> BY=0;R\n`, 'line 1: expected BY='],
    [`MAIL FROM:<a@example.test> HOLDFOR=3 HOLDUNTIL=2030-01-01T00:00:00Z\n`, 'line 1: expected HOLDFOR or'],
    [`MAIL FROM:<a@example.test> MT-PRIORITY=10\n`, 'line 1: expected MT-PRIORITY='],
    [`MAIL FROM:<a@example.test> AUTH=${secret}\n`, 'line 1: expected AUTH='],
    [`MAIL FROM:<a@example.test>\n\nhi`, 'line 2: expected RCPT'],
    [`MAIL FROM:<a@example.test>\nDATA\nhi\n.\n`, 'line 2: expected RCPT'],
    [`MAIL FROM:<a@example.test>\nRCPT TO:<>\n\n`, 'line 2: expected a mailbox'],
    [`MAIL FROM:<a@example.test>\nRCPT TO:<b@example.test> NOTIFY=NEVER,DELAY\n\n`, 'line 2: expected NOTIFY='],
    [`MAIL FROM:<a@example.test>\nRCPT TO:<b@example.test> ORCPT=rfc822\n\n`, 'line 2: expected ORCPT='],
    [`MAIL FROM:<a@example.test>\nRCPT TO:<b@example.test> XASIS\n\n`, 'line 2: expected no XASIS'],
    [`MAIL FROM:<a@example.test>\nRCPT TO:<b@example.test>\nMAIL FROM:<${secret}@x.test>\n\n`, 'line 3: expected RCPT'],
    [`MAIL FROM:<a@example.test>\nRCPT TO:<b@example.test>\nSubject: ${secret}\n\nhi`, 'line 3: expected RCPT'],
    [`MAIL FROM:<a@example.test>\nRCPT TO:<b@example.test>`, 'the file ends'],
    [`MAIL FROM:<a@example.test>\nRCPT TO:<b@example.test>\nDATA\n${secret}\n`, 'lone dot'],
    [`EHLO x\nMAIL FROM:<a@example.test>\nRCPT TO:<b@example.test>\n\nhi`, 'line 4: expected DATA'],
    [`MAIL FROM:<a@example.test>\nRCPT TO:<b@example.test>\nDATA\n.\nMAIL FROM:<b@example.test>\n`, 'one transaction'],
    [`MAIL FROM:<a@example.test> ${'X'.repeat(20_000)}\n`, 'line 1: expected no line longer'],
    ['X'.repeat(100_000), 'line 1: expected no line longer'],
  ])('%j: %s', async (text, message) => {
    const error = await refusal(text)
    expect(error.message).toContain(message)
    expect(JSON.stringify(error) + String(error.cause)).not.toContain(secret)
  })

  it('is a file that was cut, or that grew, and says what to do after editing', async () => {
    const whole = 'MAIL FROM:<a@example.test> SIZE=5\r\nRCPT TO:<b@example.test>\r\n\r\nhello'
    expect((await read(whole)).text).toBe('hello')
    for (const text of [whole.slice(0, -1), `${whole}!`]) {
      const error = await refusal(text)
      expect(error.message).toContain('SIZE= says 5')
      expect(error.hint).toContain('delete SIZE=')
    }
  })

  it('is a line that is no UTF-8', async () => {
    expect((await refusal(Buffer.from('MAIL FROM:<\xff@example.test>\n', 'latin1'))).message).toContain(
      'line 1: expected UTF-8',
    )
  })

  it('is more than 100,000 recipients', async () => {
    const recipients = 'RCPT TO:<b@example.test>\n'.repeat(100_001)
    expect((await refusal(`MAIL FROM:<a@example.test>\n${recipients}\n`)).message).toContain(
      'line 100002: expected at most',
    )
  })

  it('is never anything but garbage, whatever octets a file has', async () => {
    const word = fc.constantFrom(
      'MAIL FROM:<',
      'RCPT TO:<',
      'a@b.test',
      '>',
      '\n',
      '\r\n',
      ' ',
      '=',
      'SIZE=',
      'DATA',
      '.',
      '\0',
      'é',
      'XPREFER=',
      'XKEYWORD=a:b',
      ';',
    )
    await using folder = await Folder.make()
    let count = 0
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 40 }), async (words) => {
        const path = folder.file(`${count++}`)
        await writeFile(path, words.join(''))
        await readSpooled(path, 'x').catch((error: unknown) => {
          expect(error).toMatchObject({ code: 'spool.garbage' })
        })
      }),
      { numRuns: 500 },
    )
  })
})

describe('what is no file', () => {
  it('is never followed or opened', async () => {
    await using folder = await Folder.make()
    await writeFile(folder.file('target'), 'MAIL FROM:<a@example.test>\nRCPT TO:<b@example.test>\n\n')
    await symlink(folder.file('target'), folder.file('link'))
    await mkdir(folder.file('folder'))
    for (const name of ['link', 'folder']) {
      await expect(readSpooled(folder.file(name), 'x')).rejects.toMatchObject({ code: 'spool.garbage' })
    }
  })
})
