import { writeFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { SinkServer, type SinkOptions } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { ended, Folder, posthorn, start } from '../../test/child.js'

async function machine(options: SinkOptions = {}) {
  const folder = await Folder.make()
  const sink = await SinkServer.start({ keepContent: true, ...options })
  const relay = `security: none\nrelay: { host: 127.0.0.1, port: ${sink.port} }`
  const sender = 'sender: { from: app@example.test, defaultRecipient: admin@example.test }'
  await writeFile(folder.join('profile.yaml'), `${relay}\n${sender}\n`)
  return {
    sink,
    folder,
    env: { HOME: folder.path, POSTHORN_PROFILE: folder.join('profile.yaml'), TMPDIR: folder.path },
    async [Symbol.asyncDispose]() {
      await sink.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}

const lines = (...texts: string[]) => texts.map((text) => `${text}\r\n`).join('')
const MAIL = ['MAIL FROM:<me@example.test>', 'RCPT TO:<b@example.test>', 'DATA']
const TEXT = ['From: me', 'To: root', 'Bcc: hidden@example.test', '', 'hello', '..dot', '.']

const replies = (stdout: string) =>
  stdout
    .split('\r\n')
    .map((line) => line.slice(0, 3))
    .filter((code) => code !== '')
const last = (stdout: string) => replies(stdout.replaceAll(/^\d{3}-.*\r\n/gm, ''))

describe('posthorn sendmail -bs', () => {
  it('answers a message when the relay has taken it, one line at a time', async () => {
    await using here = await machine()
    const child = start(['sendmail', '-bs'], here.env)
    const end = ended(child)
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const answer = async () => {
      for (;;) {
        const step = await answers.next()
        if (step.done === true) throw new Error('it has ended')
        const { value } = step
        if (/^\d{3}(?: |$)/.test(value)) return value
      }
    }
    expect(await answer()).toMatch(/^220 /)
    for (const [command, code] of [
      ['EHLO localhost', '250'],
      ['MAIL FROM:<me@example.test> RET=HDRS ENVID=job+2D7', '250'],
      ['RCPT TO:<b@example.test> NOTIFY=FAILURE,DELAY ORCPT=rfc822;old@example.test', '250'],
      ['RCPT TO:<postmaster>', '250'],
      ['DATA', '354'],
    ] as const) {
      child.stdin.write(`${command}\r\n`)
      expect((await answer()).slice(0, 3)).toBe(code)
    }
    expect(here.sink.ledger).toHaveLength(0)
    child.stdin.write(lines(...TEXT))
    expect(await answer()).toMatch(/^250 .*taken over <.+@example\.test>$/)
    const [taken] = here.sink.ledger
    expect(taken).toMatchObject({
      reversePath: 'me@example.test',
      recipients: ['b@example.test', 'admin@example.test'],
      mailParameters: { RET: 'HDRS', ENVID: 'job-7' },
    })
    expect(taken!.rcptParameters[0]).toMatchObject({ NOTIFY: 'FAILURE,DELAY', ORCPT: 'rfc822;old@example.test' })
    const content = taken!.content!.toString()
    expect(content).toContain('From: app@example.test\r\nTo: admin@example.test\r\n')
    expect(content).toMatch(/\r\nhello\r\n\.dot\r\n$/)
    expect(content).not.toContain('hidden')
    child.stdin.write('QUIT\r\n')
    expect(await answer()).toMatch(/^221 /)
    child.stdin.end()
    expect(await end).toMatchObject({ code: 0, stderr: '' })
  })

  it('answers all of a script that writes everything at once and leaves, with QUIT and without', async () => {
    for (const quit of [['QUIT'], []]) {
      await using here = await machine()
      const input = lines('EHLO localhost', ...MAIL, ...TEXT, ...MAIL, ...TEXT, ...quit)
      const { code, stdout, stderr } = await posthorn(['sendmail', '-bs'], { input, env: here.env })
      expect([code, stderr]).toEqual([0, ''])
      const one = ['250', '250', '354', '250']
      expect(last(stdout)).toEqual(['220', '250', ...one, ...one, ...(quit.length > 0 ? ['221'] : [])])
      expect(here.sink.ledger).toHaveLength(2)
    }
  })

  it("answers with the relay's refusal, and then nobody gets it; after that the session goes on", async () => {
    await using here = await machine({
      replyTo: (verb, argument) =>
        verb === 'RCPT' && argument.includes('gone')
          ? '550 5.1.1 no such mailbox'
          : verb === 'RCPT' && argument.includes('later')
            ? '450 4.2.1 later'
            : undefined,
    })
    const to = (name: string) => [MAIL[0]!, `RCPT TO:<${name}@example.test>`, ...MAIL.slice(1), ...TEXT]
    const input = lines('EHLO localhost', ...to('gone'), ...to('later'), ...to('good'), 'QUIT')
    const { code, stdout } = await posthorn(['sendmail', '-bs'], { input, env: here.env })
    expect(code).toBe(0)
    expect(stdout).toMatch(/\r\n550 .*no such mailbox\r\n/)
    expect(stdout).toMatch(/\r\n450 .*later\r\n/)
    expect(here.sink.ledger.map(({ recipients }) => recipients)).toEqual([['good@example.test', 'b@example.test']])
  })

  it('tells a relay that cannot be reached as something to try again', async () => {
    await using here = await machine()
    await here.sink.close()
    const input = lines('EHLO localhost', ...MAIL, ...TEXT, 'QUIT')
    const { code, stdout } = await posthorn(['sendmail', '-bs'], { input, env: here.env })
    expect(code).toBe(0)
    expect(stdout).toMatch(/\r\n451 .*\[connect\.refused\]\r\n221 /)
  })

  it('does not send a message that breaks off, and says so', async () => {
    await using here = await machine()
    const whole = lines('EHLO localhost', ...MAIL, ...TEXT)
    for (const input of [whole.slice(0, -5), whole.replaceAll('\r\n', '\n')]) {
      const { code, stderr } = await posthorn(['sendmail', '-bs'], { input, env: here.env })
      expect(code).toBe(66)
      expect(stderr).toContain('broke off before its last line, and was not sent [content.source-failed]')
    }
    expect(here.sink.ledger).toEqual([])
  })

  it('is not led astray by a header section that never ends', async () => {
    await using here = await machine()
    const input = lines('EHLO localhost', ...MAIL, `X: ${'x'.repeat(1_200_000)}`, '.', ...MAIL, ...TEXT, 'QUIT')
    const { code, stdout } = await posthorn(['sendmail', '-bs'], { input, env: here.env })
    expect(code).toBe(0)
    expect(last(stdout)).toEqual(['220', '250', '250', '250', '354', '554', '250', '250', '354', '250', '221'])
    expect(here.sink.ledger).toHaveLength(1)
  })

  it('takes no command that a local caller has no use for', async () => {
    await using here = await machine()
    const input = lines('EHLO localhost', 'STARTTLS', 'AUTH PLAIN AGEAYg==', 'NONSENSE', 'QUIT')
    const { stdout } = await posthorn(['sendmail', '-bs'], { input, env: here.env })
    expect(last(stdout)).toEqual(['220', '250', '500', '500', '500', '221'])
  })
})
