import { writeFile } from 'node:fs/promises'
import { certificates, SinkServer, type SinkOptions } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { Folder, posthorn } from '../test/child.js'

const LOGIN = { user: 'app', password: 'correct-horse-7' }
const ENVELOPE = ['--from', 'a@example.test', '--to', 'b@example.test']

/** Where the clear port of a sink is, for what is not about TLS. */
const clear = (sink: SinkServer) => ['--server', `smtp://127.0.0.1:${sink.port}?security=none`]

const sinkFor = (options: SinkOptions = {}) => SinkServer.start({ keepContent: true, ...options })

function contentOf(sink: SinkServer, index = 0): string {
  return sink.ledger[index]!.content!.toString()
}

describe('posthorn send', () => {
  it('sends a draft made of flags', async () => {
    await using folder = await Folder.make()
    await using sink = await sinkFor()
    await writeFile(folder.join('report.csv'), 'a,b\n')
    await writeFile(folder.join('logo.png'), 'png')
    await writeFile(folder.join('body.html'), '<img src="cid:logo">')
    const { code, stdout, stderr } = await posthorn([
      ...[
        'send',
        ...clear(sink),
        '--from',
        'Anna <a@example.test>',
        '--to',
        'b@example.test, c@example.test',
        '--to',
        'd@example.test',
      ],
      ...[
        '--cc',
        'e@example.test',
        '--bcc',
        'f@blind.test',
        '--reply-to',
        'r@example.test',
        '--subject',
        'Grüße',
        '--text',
        'plain',
      ],
      ...[
        '--html-file',
        folder.join('body.html'),
        '--attach',
        folder.join('report.csv'),
        '--inline',
        `logo=${folder.join('logo.png')}`,
      ],
      ...[
        '--header',
        'X-Tag: weekly',
        '--notify',
        'failure,delay',
        '--ret',
        'headers',
        '--envid',
        'job-7',
        '--local-name',
        'cli.example',
      ],
    ])
    expect([code, stderr]).toEqual([0, ''])
    const [message] = sink.ledger
    expect(message!.recipients.map((recipient) => recipient[0]).join('')).toBe('bcdef')
    const content = contentOf(sink)
    for (const part of [
      'From: Anna <a@example.test>\r\n',
      'Reply-To: r@example.test\r\n',
      'X-Tag: weekly\r\n',
      'multipart/mixed',
      'Content-ID: <logo>',
    ])
      expect(content).toContain(part)
    expect(content).not.toContain('f@blind.test')
    const commands = sink.sessions[0]!.commands
    expect(commands[0]).toBe('EHLO cli.example')
    expect(commands.find((line) => line.startsWith('MAIL'))).toContain('RET=HDRS ENVID=job-7')
    expect(commands.find((line) => line.startsWith('RCPT'))).toContain('NOTIFY=FAILURE,DELAY')
    expect(stdout).toMatch(/^sent <.+@example\.test>\n {2}delivered {2}b@example\.test {2}250 /)
    expect(stdout.split('\n')).toHaveLength(7)
  })

  it('reads the text from standard input, and takes the server from the environment', async () => {
    await using sink = await sinkFor()
    const { code, stdout } = await posthorn(['send', ...ENVELOPE, '--quiet'], {
      input: 'Grüße\nvon der Konsole\n',
      env: { POSTHORN_SERVER: clear(sink)[1]! },
    })
    expect([code, stdout]).toEqual([0, ''])
    expect(contentOf(sink)).toMatch(/Gr=C3=BC=C3=9Fe|Grüße/)
    const latin1 = await posthorn(['send', ...clear(sink), ...ENVELOPE], { input: Buffer.from([0x47, 0xfc]) })
    expect(latin1.code).toBe(64)
    expect(sink.ledger).toHaveLength(1)
  })

  it('prints one JSON object', async () => {
    await using sink = await sinkFor()
    const { code, stdout, stderr } = await posthorn(['send', ...clear(sink), ...ENVELOPE, '--text', 'x', '--json'])
    expect([code, stderr]).toEqual([0, ''])
    const result = JSON.parse(stdout) as { messageId: string }
    expect(result).toMatchObject({
      ok: true,
      deliveries: [{ recipient: 'b@example.test', outcome: 'delivered', reply: { code: 250 } }],
    })
    expect(contentOf(sink)).toContain(result.messageId)
  })

  it('logs in over verified TLS, shows the dialogue, and shows no password anywhere', async () => {
    const tls = await certificates()
    await using folder = await Folder.make()
    await writeFile(folder.join('ca.pem'), tls.ca)
    await writeFile(folder.join('password'), `${LOGIN.password}\n`)
    for (const mechanisms of [['PLAIN'], ['LOGIN']]) {
      await using sink = await sinkFor({ tls, auth: { ...LOGIN, mechanisms } })
      const server = ['--server', `smtp://app@localhost:${sink.port}`, '--ca', folder.join('ca.pem')]
      const url = ['--server', `smtp://app:${LOGIN.password}@localhost:${sink.port}`, '--ca', folder.join('ca.pem')]
      const common = [...ENVELOPE, '--text', 'x', '--trail']
      const runs = [
        await posthorn(['send', ...server, ...common, '--password-file', folder.join('password')]),
        await posthorn(['send', ...server, ...common, '--json'], { env: { POSTHORN_PASSWORD: LOGIN.password } }),
        await posthorn(['send', ...url, ...common]),
      ]
      expect(runs.map(({ code }) => code)).toEqual([0, 0, 0])
      expect(sink.sessions.map(({ authenticated }) => authenticated)).toEqual(['app', 'app', 'app'])
      const printed = runs.map(({ stdout, stderr }) => stdout + stderr).join('\n')
      expect(printed).toContain(mechanisms[0] === 'PLAIN' ? 'C: AUTH PLAIN ***' : 'C: ***')
      expect(printed).toContain('verified')
      expectNoSecret(printed)
    }
  })

  it('writes no colours to a pipe, and none with NO_COLOR', async () => {
    await using sink = await sinkFor()
    const args = ['send', ...clear(sink), ...ENVELOPE, '--text', 'x', '--trail']
    expect((await posthorn(args)).stderr).not.toContain('\x1b')
    expect((await posthorn(args, { env: { FORCE_COLOR: '1' } })).stderr).toContain('\x1b[36mC: ')
    expect((await posthorn(args, { env: { FORCE_COLOR: '1', NO_COLOR: '1' } })).stderr).not.toContain('\x1b')
  })
})

describe('posthorn send, when it fails,', () => {
  /** One line that says what happened, one that says what to do, and nothing else. */
  const TWO_LINES = /^posthorn: [^\n]+ \[[\w.-]+\]\nwhat to do: [^\n]+\n$/

  it('says which recipient was refused', async () => {
    await using sink = await sinkFor({ replyTo: (verb) => (verb === 'RCPT' ? '550 5.1.1 no such mailbox' : undefined) })
    const { code, stdout, stderr } = await posthorn(['send', ...clear(sink), ...ENVELOPE, '--text', 'x'])
    expect([code, stdout]).toEqual([67, ''])
    expect(stderr).toMatch(TWO_LINES)
    expect(stderr).toContain('recipient b@example.test refused: 550 5.1.1 no such mailbox [smtp.rcpt.refused]')
  })

  it('lists who did not get it when others did, and does not say 75', async () => {
    const replyTo = (verb: string, argument: string) =>
      verb === 'RCPT' && argument.includes('gone') ? '450 4.2.1 later' : undefined
    await using sink = await sinkFor({ replyTo })
    const args = ['send', ...clear(sink), ...ENVELOPE, '--to', 'gone@example.test', '--text', 'x']
    const text = await posthorn(args)
    expect(text.code).toBe(67)
    expect(text.stdout).toContain('delivered  b@example.test')
    expect(text.stderr).toMatch(
      /^posthorn: 1 of 2 recipients .*\n {2}refused {4}gone@example\.test {2}450 4\.2\.1 later\nwhat to do: .*\n$/,
    )
    const json = await posthorn([...args, '--json'])
    expect(JSON.parse(json.stdout)).toMatchObject({
      ok: false,
      deliveries: [{ outcome: 'delivered' }, { outcome: 'refused' }],
      error: { code: 'delivery.partial' },
    })
    const all = await posthorn([...args, '--all'])
    expect(all.code).toBe(75)
    expect(all.stderr).toContain('notSent')
    expect(sink.ledger).toHaveLength(2)
  })

  it.each([
    ['unknownIssuer', 'tls.unknown-issuer', '--ca FILE'],
    ['wrongName', 'tls.wrong-name', 'names in its certificate'],
  ] as const)('refuses a bad certificate (%s), unless told to skip the check by name', async (name, code, hint) => {
    const tls = await certificates()
    await using folder = await Folder.make()
    await writeFile(folder.join('ca.pem'), tls.ca)
    await using sink = await sinkFor({ tls: tls[name], auth: LOGIN })
    const args = [
      'send',
      '--server',
      `smtp://app@localhost:${sink.port}`,
      '--ca',
      folder.join('ca.pem'),
      ...ENVELOPE,
      '--text',
      'x',
      '--trail',
    ]
    const env = { POSTHORN_PASSWORD: LOGIN.password }
    const refused = await posthorn(args, { env })
    expect(refused.code).toBe(69)
    expect(refused.stderr).toContain(`[${code}]`)
    expect(refused.stderr).toContain(hint)
    expect(sink.sessions[0]).toMatchObject({ authenticated: undefined })
    const skipped = await posthorn([...args, '--insecure-skip-verify'], { env })
    expect(skipped.code).toBe(0)
    expect(skipped.stderr).toContain('NOT VERIFIED')
    expectNoSecret(refused.stderr + skipped.stderr)
  })

  it('says so when nothing listens', async () => {
    const sink = await sinkFor()
    await sink.close()
    const { code, stderr } = await posthorn(['send', ...clear(sink), ...ENVELOPE, '--text', 'x'])
    expect(code).toBe(75)
    expect(stderr).toMatch(TWO_LINES)
    expect(stderr).toContain('[connect.refused]')
  })

  it('sends no password where STARTTLS is missing', async () => {
    await using sink = await sinkFor({ auth: LOGIN })
    const env = { POSTHORN_PASSWORD: LOGIN.password }
    const args = [...ENVELOPE, '--text', 'x']
    const missing = await posthorn(['send', '--server', `smtp://app@127.0.0.1:${sink.port}`, ...args], { env })
    expect(missing.code).toBe(69)
    expect(missing.stderr).toMatch(TWO_LINES)
    expect(missing.stderr).toContain('[smtp.starttls.not-offered]')
    for (const security of ['none', 'opportunistic']) {
      const cleartext = await posthorn(
        ['send', '--server', `smtp://app@127.0.0.1:${sink.port}`, '--security', security, ...args],
        { env },
      )
      expect(cleartext.code).toBe(78)
      expect(cleartext.stderr).toContain('--allow-cleartext-auth')
    }
    expect(Buffer.concat(sink.sessions.map(({ clearOctets }) => clearOctets)).toString()).not.toContain('AUTH')
    const told = await posthorn(['send', ...clear(sink), '--user', 'app', '--allow-cleartext-auth', ...args], { env })
    expect(told.code).toBe(0)
  })

  it('says that the login was refused, without the password', async () => {
    await using sink = await sinkFor({ auth: { ...LOGIN, password: 'another' } })
    const args = ['send', ...clear(sink), '--user', 'app', '--allow-cleartext-auth', ...ENVELOPE, '--text', 'x']
    const env = { POSTHORN_PASSWORD: LOGIN.password }
    const text = await posthorn([...args, '--trail'], { env })
    const json = await posthorn([...args, '--json'], { env })
    expect([text.code, json.code]).toEqual([77, 77])
    expect(JSON.parse(json.stdout)).toMatchObject({
      ok: false,
      deliveries: [{ outcome: 'notSent' }],
      error: { code: 'smtp.auth.refused', outcome: 'permanent' },
    })
    expectNoSecret(text.stdout + text.stderr + json.stdout + json.stderr)
  })

  it('says that it may have been delivered when no reply came', async () => {
    await using sink = await sinkFor({ fault: () => ({ at: 'taken', how: 'rst' }) })
    const { code, stdout, stderr } = await posthorn(['send', ...clear(sink), ...ENVELOPE, '--text', 'x', '--json'])
    expect([code, stderr]).toEqual([74, ''])
    const result = JSON.parse(stdout) as { messageId: string }
    expect(result).toMatchObject({ ok: false, deliveries: [{ outcome: 'unknown' }], error: { outcome: 'unknown' } })
    expect(contentOf(sink)).toContain(result.messageId)
  })

  it('gives up at the deadline', async () => {
    await using sink = await sinkFor({ fault: () => ({ at: 'greeting', how: 'hold' }) })
    const { code, stderr } = await posthorn(['send', ...clear(sink), ...ENVELOPE, '--text', 'x', '--deadline', '0.3'])
    expect(code).toBe(75)
    expect(stderr).toContain('--deadline')
  })

  it.each([
    ['no server', [...ENVELOPE, '--text', 'x'], 64, '--server is missing'],
    ['an unknown flag', ['--bogus'], 64, "unknown option '--bogus'"],
    ['no sender', ['--server', 'smtp://x', '--to', 'b@example.test', '--text', 'x'], 64, '--from is missing'],
    ['no recipient', ['--server', 'smtp://x', '--from', 'a@example.test', '--text', 'x'], 64, '--to is missing'],
    [
      'a deadline that is none',
      ['--server', 'smtp://x', ...ENVELOPE, '--text', 'x', '--deadline', 'soon'],
      64,
      '--deadline',
    ],
    [
      'a notification nobody knows',
      ['--server', 'smtp://x', ...ENVELOPE, '--text', 'x', '--notify', 'always'],
      64,
      '--notify',
    ],
    [
      'a header field without a colon',
      ['--server', 'smtp://x', ...ENVELOPE, '--text', 'x', '--header', 'X'],
      64,
      '--header',
    ],
    [
      'an address that is none',
      ['--server', 'smtp://x', '--from', 'a b', '--to', 'c@example.test', '--text', 'x'],
      65,
      '--from',
    ],
    [
      'a subject that adds a field',
      ['--server', 'smtp://x', ...ENVELOPE, '--text', 'x', '--subject', 'a\nBcc: c@d'],
      65,
      'subject',
    ],
    [
      'an attachment that is not there',
      ['--server', 'smtp://x', ...ENVELOPE, '--text', 'x', '--attach', '/none/such'],
      66,
      '/none/such',
    ],
    ['a message that is not there', ['--server', 'smtp://x', ...ENVELOPE, '--raw', '/none/such'], 66, '/none/such'],
    [
      'authorities that are not there',
      ['--server', 'smtp://x', ...ENVELOPE, '--text', 'x', '--ca', '/none/such'],
      66,
      '/none/such',
    ],
    ['a setting nobody knows', ['--server', 'smtp://x?secuirty=none', ...ENVELOPE, '--text', 'x'], 78, 'secuirty'],
    [
      'a security that is none',
      ['--server', 'smtp://x', '--security', 'tls', ...ENVELOPE, '--text', 'x'],
      78,
      'security',
    ],
    ['a user without a password', ['--server', 'smtp://app@x', ...ENVELOPE, '--text', 'x'], 78, 'POSTHORN_PASSWORD'],
  ])('%s', async (_what, args, exitCode, said) => {
    const { code, stdout, stderr } = await posthorn(['send', ...args])
    expect([code, stdout]).toEqual([exitCode, ''])
    expect(stderr).toContain(said)
    expect(stderr).toMatch(/what to do: /)
    expect(stderr).not.toContain('    at ')
  })
})

/** Neither the password nor what stands for it on the wire. */
function expectNoSecret(text: string): void {
  const { user, password } = LOGIN
  for (const secret of [password, btoa(password), btoa(`\0${user}\0${password}`), encodeURIComponent(password)])
    expect(text).not.toContain(secret)
}
