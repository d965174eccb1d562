import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { SinkServer, type SinkOptions } from '@posthorn/testkit'
import { readMessage } from 'posthorn'
import { describe, expect, it } from 'vitest'
import { ended, Folder, posthorn, start, type Ended } from '../../test/child.js'

const BIN = fileURLToPath(new URL('../../bin/posthorn.js', import.meta.url))

/** A machine with a profile, a home, and a relay. */
class Machine {
  readonly folder: Folder
  readonly sink: SinkServer
  readonly env: Readonly<Record<string, string>>

  constructor(folder: Folder, sink: SinkServer) {
    this.folder = folder
    this.sink = sink
    this.env = { HOME: folder.path, POSTHORN_PROFILE: folder.join('profile.yaml'), TMPDIR: folder.path }
  }

  static async make(options: SinkOptions = {}, sender = 'sender: { from: app@example.test }'): Promise<Machine> {
    const machine = new Machine(await Folder.make(), await SinkServer.start({ keepContent: true, ...options }))
    await machine.profile(machine.sink.port, sender)
    return machine
  }

  profile(port: number, sender = 'sender: { from: app@example.test }'): Promise<void> {
    const relay = `security: none\nrelay: { host: 127.0.0.1, port: ${port} }`
    return writeFile(this.folder.join('profile.yaml'), `${relay}\n${sender}\n`)
  }

  sendmail(args: readonly string[], input: string | Buffer = 'Subject: hi\n\ntext\n'): Promise<Ended> {
    return posthorn(['sendmail', ...args], { input, env: this.env })
  }

  /** What was kept: contents and scripts. */
  async kept(): Promise<string[]> {
    const folder = this.folder.join('.local/state/posthorn/unsent')
    const names = await readdir(folder).catch(() => [])
    return names.sort().map((name) => join(folder, name))
  }

  content(index = 0): string {
    return this.sink.ledger[index]!.content!.toString('latin1')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sink.close()
    await this.folder[Symbol.asyncDispose]()
  }
}

const SILENT: Ended = { code: 0, stdout: '', stderr: '' }

describe('posthorn sendmail', () => {
  it('sends what cron hands over, and says nothing', async () => {
    await using machine = await Machine.make()
    const mail = [
      'From: root (Cron Daemon)',
      'To: root',
      'Subject: Cron <root@host> /usr/local/bin/backup',
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=UTF-8',
      'Content-Transfer-Encoding: 8bit',
      'X-Cron-Env: <SHELL=/bin/sh>',
      '',
      'größer',
      '.hidden',
      '.',
      'after the dot',
    ]
    const args = ['-i', '-FCronDaemon', '-B8BITMIME', '-oem', 'admin@example.test']
    expect(await machine.sendmail(args, `${mail.join('\n')}\n`)).toEqual(SILENT)
    expect(machine.sink.ledger[0]).toMatchObject({
      reversePath: 'app@example.test',
      recipients: ['admin@example.test'],
    })
    const [header, body] = machine.content().split('\r\n\r\n')
    expect(header).toContain('From: app@example.test (Cron Daemon)\r\nTo: root@example.test\r\n')
    expect(header).toMatch(/^Date: .+ \+0000\r\nMessage-ID: <[0-9a-f]+@example\.test>\r\n/)
    expect(Buffer.from(body!, 'latin1').toString()).toBe('größer\r\n.hidden\r\n.\r\nafter the dot\r\n')
  })

  it('takes recipients from folded header fields and from the command line, and takes Bcc out', async () => {
    await using machine = await Machine.make()
    const input =
      'From: "Anna, B." <anna@example.test>\nTo: b@example.test,\n\t"C, C" <c@example.test>\nCc: Team: d@example.test;\n' +
      'Bcc: secret@example.test,\n e@example.test\nSubject: folded\n\ntext'
    const args = ['-t', '-i', '-fbounces@example.test', '"F, F" <f@example.test>', 'G <g@example.test>, h@example.test']
    expect(await machine.sendmail(args, input)).toEqual(SILENT)
    const [taken] = machine.sink.ledger
    expect(taken!.reversePath).toBe('bounces@example.test')
    const recipients = ['f', 'g', 'h', 'b', 'c', 'd', 'secret', 'e'].map((each) => `${each}@example.test`)
    expect(taken!.recipients).toEqual(recipients)
    expect(machine.content()).not.toMatch(/^bcc:|secret@|\se@example/im)
    expect(machine.content()).toContain('To: b@example.test,\r\n\t"C, C" <c@example.test>\r\n')
  })

  it('takes CRLF and LF, and texts that are not ASCII, from a relay that knows nothing of UTF-8', async () => {
    await using machine = await Machine.make({ extensions: [] })
    const fields = ['To: Köln <b@example.test>', 'Subject: Grüße', 'Content-Type: text/plain; charset=utf-8', '']
    const mails = ['\n', '\r\n'].map((lineEnd) => [...fields, 'größer', ''].join(lineEnd))
    mails.push(`${fields[0]!}\r\n${fields.slice(1).join('\n')}\ngrößer\r\n`) // as PHP does it
    for (const mail of mails) expect(await machine.sendmail(['-t'], mail)).toEqual(SILENT)
    for (const index of [0, 1, 2]) {
      const content = machine.content(index)
      expect(content).toMatch(/^[\x00-\x7f]*$/)
      expect(content).toContain('Subject: =?UTF-8?B?R3LDvMOfZQ==?=\r\n')
      expect((await readMessage(Buffer.from(content))).text).toBe('größer\r\n')
      expect(content.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
    }
  })

  it('makes a message of anything: a bare text, a missing empty line, nothing at all', async () => {
    await using machine = await Machine.make()
    for (const input of ['just a text\n', 'Subject: full\n/dev/sda1 is full\n', ''])
      expect(await machine.sendmail(['b@example.test'], input)).toEqual(SILENT)
    const bodies = machine.sink.ledger.map((_, index) => machine.content(index).split(/\r\n\r\n/)[1])
    expect(bodies).toEqual(['just a text\r\n', '/dev/sda1 is full\r\n', ''])
    for (const index of [0, 1, 2]) expect(machine.content(index)).toContain('From: app@example.test\r\n')
  })

  it('writes names without a domain with that of the profile, and sends them to whom it names', async () => {
    await using machine = await Machine.make(
      {},
      'sender: { from: app@example.test, returnPath: bounces@example.test, defaultRecipient: admin@example.test }',
    )
    expect(await machine.sendmail(['-F', 'Jörg "J" Ö', 'root', 'www-data'])).toEqual(SILENT)
    expect(machine.sink.ledger[0]).toMatchObject({
      reversePath: 'bounces@example.test',
      recipients: ['admin@example.test'],
    })
    expect(machine.content()).toMatch(/From: =\?UTF-8\?B\?.+\?=\r\n( =\?.+\?=\r\n)* <app@example\.test>\r\n/)
    expect(await machine.sendmail(['-f', 'www-data', 'root'])).toEqual(SILENT)
    expect(await machine.sendmail(['-f', '<>', 'root'])).toEqual(SILENT)
    expect(await machine.sendmail(['-f', 'Web <web@example.test>', 'root'])).toEqual(SILENT)
    const paths = machine.sink.ledger.slice(1).map(({ reversePath }) => reversePath)
    expect(paths).toEqual(['app@example.test', '', 'web@example.test'])
  })

  it('asks for notifications where they are offered, and shows the dialogue when told to', async () => {
    await using machine = await Machine.make()
    const { code, stdout, stderr } = await machine.sendmail([
      ...['-v', '-N', 'success,delay', '-R', 'hdrs', '-V', 'job-1', 'b@example.test'],
    ])
    expect([code, stdout]).toEqual([0, ''])
    expect(stderr).toContain('C: MAIL FROM:<app@example.test>')
    const [taken] = machine.sink.ledger
    expect(machine.sink.sessions[0]!.commands.join('\n')).toMatch(/MAIL .*RET=HDRS ENVID=job-1[^]*NOTIFY=SUCCESS,DELAY/)
    expect(taken!.recipients).toEqual(['b@example.test'])
  })

  it('ends at a line with a dot, though the caller never closes the pipe', async () => {
    await using machine = await Machine.make()
    const child = start(['sendmail', 'b@example.test'], machine.env)
    const end = ended(child)
    child.stdin.on('error', () => {})
    child.stdin.write('Subject: dot\n\nbefore\n.\nafter\n')
    expect(await end).toEqual(SILENT)
    expect(machine.content()).toMatch(/before\r\n$/)
  })

  it('carries a message of 50 MB from a pipe', async () => {
    await using machine = await Machine.make({ keepContent: false })
    const field = (name: string, value: string) => `${name}: ${value}\n`
    const header = [
      field('Date', 'Sat, 21 Nov 2026 20:00:00 +0000'),
      field('Message-ID', '<large@example.test>'),
      field('From', 'app@example.test'),
    ].join('')
    const block = `${'x'.repeat(79)}\n`.repeat(12_500)
    const hash = createHash('sha256').update(`${header}\n`.replaceAll('\n', '\r\n'))
    const child = start(['sendmail', '-i', 'b@example.test'], machine.env)
    const end = ended(child)
    child.stdin.write(`${header}\n`)
    for (let index = 0; index < 50; index++) {
      hash.update(block.replaceAll('\n', '\r\n'))
      if (!child.stdin.write(block)) await once(child.stdin, 'drain')
    }
    child.stdin.end()
    expect(await end).toEqual(SILENT)
    expect(machine.sink.ledger[0]!.sha256).toBe(hash.digest('hex'))
  })

  it('is called by the name of sendmail through a link', async () => {
    await using machine = await Machine.make()
    await symlink(BIN, machine.folder.join('sendmail'))
    const child = spawn(process.execPath, [machine.folder.join('sendmail'), '-oi', 'b@example.test'], {
      env: { PATH: process.env['PATH'], ...machine.env },
      stdio: 'pipe',
    })
    child.stdin.end('Subject: link\n\n')
    expect(await ended(child)).toEqual(SILENT)
    expect(machine.content()).toContain('Subject: link\r\n')
  })

  it('lets a mailbox that looks like an option be nothing but a mailbox', async () => {
    await using machine = await Machine.make()
    expect(await machine.sendmail(['-i', '--', '-OQueueDirectory=x@example.test'])).toEqual(SILENT)
    expect(machine.sink.ledger[0]!.recipients).toEqual(['-OQueueDirectory=x@example.test'])
  })
})

describe('posthorn sendmail, when it fails,', () => {
  const refusing = (reply: string): SinkOptions => ({
    replyTo: (verb, argument) => (verb === 'RCPT' && argument.includes('gone') ? reply : undefined),
  })

  it('ends with the code for a refusal, and keeps the message for its owner alone, with a script that sends it', async () => {
    let refuses = true
    await using machine = await Machine.make({
      replyTo: (verb) => (verb === 'RCPT' && refuses ? '550 5.1.1 no such mailbox' : undefined),
    })
    const { code, stdout, stderr } = await machine.sendmail(
      ['-t', '-N', 'failure', "o'b@example.test"],
      'Subject: kept\nBcc: x@example.test\n\nsecret',
    )
    expect([code, stdout]).toEqual([67, ''])
    expect(stderr).toMatch(/^posthorn: .+\[smtp\.rcpt\.refused\]\n/)
    const [content, script] = await machine.kept()
    expect(stderr).toContain(`the message is kept in ${content!}\nwhat to do: sh ${script!} sends it.\n`)
    for (const path of [content!, script!]) expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect((await stat(machine.folder.join('.local/state/posthorn/unsent'))).mode & 0o777).toBe(0o700)
    expect(await readFile(content!, 'utf8')).not.toContain('x@example.test')
    refuses = false
    const again = spawn('sh', [script!], {
      env: { PATH: process.env['PATH'], HOME: machine.folder.path },
      stdio: 'pipe',
    })
    expect((await ended(again)).code).toBe(0)
    expect(machine.sink.ledger[0]).toMatchObject({
      reversePath: 'app@example.test',
      recipients: ["o'b@example.test", 'x@example.test'],
    })
    expect(machine.sink.ledger[0]!.rcptParameters[0]).toMatchObject({ NOTIFY: 'FAILURE' })
    expect(machine.content()).toContain('Subject: kept\r\n')
    expect(await machine.kept()).toEqual([])
  })

  it('keeps it for those alone who have not got it', async () => {
    await using machine = await Machine.make(refusing('450 4.2.1 later'))
    const { code, stderr } = await machine.sendmail(['b@example.test', 'gone@example.test'])
    expect(code).toBe(67)
    expect(stderr).toContain('gone@example.test')
    const script = await readFile((await machine.kept())[1]!, 'utf8')
    expect(script).toContain('--to gone@example.test')
    expect(script).not.toContain('--to b@example.test')
  })

  it.each([
    ['it may work later', refusing('450 4.2.1 later'), 75],
    ['a login is wanted', { auth: { user: 'a', password: 'b' } }, 77],
    [
      'the server speaks no SMTP',
      { replyTo: (verb: string) => (verb === 'GREETING' ? 'HTTP/1.1 400' : undefined) },
      76,
    ],
    ['no reply comes to the content', { fault: () => ({ how: 'fin', at: 'taken' }) as const }, 74],
    ['the message is refused', { replyTo: (verb: string) => (verb === 'CONTENT' ? '554 5.6.0 no' : undefined) }, 69],
  ] as const)('when %s', async (_what, options, code) => {
    await using machine = await Machine.make(options)
    const result = await machine.sendmail(['gone@example.test'])
    expect([result.code, result.stdout]).toEqual([code, ''])
    expect(await machine.kept()).toHaveLength(2)
  })

  it('keeps the message when the relay cannot be reached, and when there is no way out at all', async () => {
    await using machine = await Machine.make()
    await machine.sink.close()
    expect((await machine.sendmail(['b@example.test'])).code).toBe(75)
    const env = { HOME: machine.folder.path }
    const without = await posthorn(['sendmail', 'b@example.test'], { input: 'Subject: lost?\n\n', env })
    expect(without.code).toBe(78)
    expect(without.stderr).toContain('[settings.no-profile]')
    await writeFile(machine.folder.join('profile.yaml'), 'relay: { prot: 25 }\n')
    expect((await machine.sendmail(['b@example.test'])).code).toBe(78)
    expect(await machine.kept()).toHaveLength(6)
    for (const path of (await machine.kept()).filter((each) => each.endsWith('.sh')))
      expect(await readFile(path, 'utf8')).toContain('--to b@example.test')
  })

  it('keeps it in the folder for temporary files when who calls has no home', async () => {
    await using machine = await Machine.make(refusing('550 no'))
    const env = { ...machine.env, HOME: machine.folder.join('profile.yaml/none') }
    const { code, stderr } = await posthorn(['sendmail', 'gone@example.test'], { input: 'Subject: a\n\n', env })
    expect(code).toBe(67)
    const path = /the message is kept in (\S+)/.exec(stderr)![1]!
    expect(path.startsWith(machine.folder.join('posthorn-unsent-'))).toBe(true)
    expect(await readFile(path, 'utf8')).toContain('Subject: a\r\n')
  })

  it('keeps a thousand messages and no more', async () => {
    await using machine = await Machine.make(refusing('550 no'))
    await machine.sendmail(['gone@example.test'])
    const [content] = await machine.kept()
    await Promise.all(Array.from({ length: 999 }, (_, index) => writeFile(`${content!}${index}.eml`, '')))
    const { stderr } = await machine.sendmail(['gone@example.test'])
    expect(stderr).toContain('could not be kept')
    expect((await machine.kept()).filter((path) => path.endsWith('.eml'))).toHaveLength(1000)
  })

  it('keeps what it is sending when it is told to end', async () => {
    await using machine = await Machine.make({ fault: () => ({ how: 'hold', at: 'final' }) })
    const child = start(['sendmail', '-v', 'b@example.test'], machine.env)
    const end = ended(child)
    child.stdin.end('Subject: long way\n\n')
    await new Promise<void>((resolve) =>
      child.stderr.on('data', (text: string) => void (text.includes('RCPT TO') && resolve())),
    )
    child.kill('SIGHUP')
    child.kill('SIGTERM')
    expect((await end).code).toBe(143)
    const kept = await machine.kept()
    expect(kept).toHaveLength(2)
    expect(await readFile(kept[0]!, 'utf8')).toContain('Subject: long way\r\n')
    expect((await readdir(machine.folder.path)).filter((name) => name.startsWith('posthorn-'))).toEqual([])
  })

  it('says what was typed wrongly, and lets the caller write to the end', async () => {
    await using machine = await Machine.make()
    const large = `Subject: large\n\n${'x'.repeat(998)}\n`.repeat(2000)
    for (const [args, code] of [
      [[], 64],
      [['-bd'], 64],
      [['-bp'], 64],
      [['-q'], 64],
      [['--nonsense', 'a@example.test'], 64],
      [['-t'], 65],
      [['two words'], 65],
      [['-f', 'a@b@c', 'b@example.test'], 65],
    ] as const) {
      const child = start(['sendmail', ...args], machine.env)
      let broken: unknown
      child.stdin.on('error', (error) => (broken = error))
      child.stdin.end(large)
      const { code: exitCode, stdout, stderr } = await ended(child)
      expect([args, exitCode, stdout, broken]).toEqual([args, code, '', undefined])
      expect(stderr).toMatch(/^posthorn: .+\[[\w.-]+\]\nwhat to do: /)
    }
    expect(machine.sink.ledger).toEqual([])
    expect(await machine.kept()).toEqual([])
  })
})
