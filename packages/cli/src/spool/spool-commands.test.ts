import { once } from 'node:events'
import { chmod, mkdir, readdir, readFile, rename, utimes, writeFile } from 'node:fs/promises'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { SinkServer, type SinkOptions } from '@posthorn/testkit'
import { SpoolFolder } from 'posthorn/spool'
import { describe, expect, it, vi } from 'vitest'
import { ended, Folder, posthorn, start, type Ended } from '../../test/child.js'

const MESSAGE =
  'From: Anna <a@example.test>\r\nTo: b@one.test, c@two.test\r\nBcc: d@one.test\r\nMessage-ID: <1@example.test>\r\n\r\n.Hell\u00f6\r\n'

const add = (folder: Folder, ...flags: string[]): Promise<Ended> =>
  posthorn(['spool', 'add', folder.path, ...flags], { input: MESSAGE })

/** The same without a command. */
const put = (folder: Folder, recipients = ['b@one.test', 'c@two.test', 'd@one.test'], reversePath = 'a@example.test') =>
  new SpoolFolder(folder.path).queue({ envelope: { reversePath, recipients }, content: MESSAGE })

const run = (folder: Folder, sink: { readonly port: number }, ...flags: string[]): Promise<Ended> =>
  posthorn(['spool', 'process', folder.path, ...over(sink), ...flags])

const over = ({ port }: { readonly port: number }) => ['--server', `smtp://127.0.0.1:${port}?security=none`]

/** Answers RCPT for one domain. */
const refusing = (domain: string, reply: string): SinkOptions => ({
  replyTo: (verb, argument) => (verb === 'RCPT' && argument.includes(`@${domain}>`) ? reply : undefined),
})

const jsonLines = (stdout: string) =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

/** The files in a folder without what is between time and ending. */
const endings = async (folder: Folder) => (await readdir(folder.path)).map((name) => name.replace(/^[^.]*/, '')).sort()

describe('posthorn spool add', () => {
  it('writes what it reads into a file, and prints its name; the header says who sends and who gets it', async () => {
    await using folder = await Folder.make()
    const { code, stdout, stderr } = await add(folder)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^\d{8}T\d{9}Z-\S+\.queued\n$/)
    expect(await readdir(folder.path)).toEqual([stdout.trimEnd()])
    const [envelope, content] = (await readFile(folder.join(stdout.trimEnd()), 'utf8')).split(/\r\n\r\n(.*)/s)
    expect(envelope!.split('\r\n')).toEqual([
      expect.stringMatching(/^MAIL FROM:<a@example\.test> SIZE=\d+$/),
      ...['RCPT TO:<b@one.test>', 'RCPT TO:<c@two.test>', 'RCPT TO:<d@one.test>'],
    ])
    expect(content).toBe(MESSAGE.replace(/Bcc: .*\r\n/, ''))
  })

  it('takes the envelope from flags, as posthorn send --raw does', async () => {
    await using folder = await Folder.make()
    const flags = [
      '--from',
      '<>',
      '--to',
      'x@one.test',
      '--all',
      '--notify',
      'failure',
      '--ret',
      'headers',
      '--keep-bcc',
    ]
    const { code, stdout } = await add(folder, ...flags, '--json')
    expect(code).toBe(0)
    const told = jsonLines(stdout)[0]!
    expect(told).toMatchObject({ ok: true, messageId: '<1@example.test>', recipients: ['x@one.test'] })
    const text = await readFile(told['file'] as string, 'utf8')
    expect(text).toMatch(/^MAIL FROM:<> .*RET=HDRS/)
    expect(text).toMatch(/^RCPT TO:<x@one\.test> .*NOTIFY=FAILURE.*XREQUIRED/m)
    expect(text).toContain('Bcc: d@one.test\r\n')
    expect((await add(folder, '--to', 'x@one.test')).stderr).toContain('--from is missing')
    expect((await posthorn(['spool', 'add', folder.path], { input: 'Subject: x\n\n' })).code).toBe(64)
    expect(await readdir(folder.path)).toHaveLength(1)
  })

  it('says before anything is read that the folder is not there', async () => {
    await using folder = await Folder.make()
    const child = start(['spool', 'add', folder.join('gone')])
    const { code, stderr } = await ended(child)
    expect(code).toBe(66)
    expect(stderr).toBe(
      `posthorn: there is no folder ${folder.join('gone')} (ENOENT) [spool.missing]\n` +
        'what to do: Make the folder, or correct its name; it is not made by itself.\n',
    )
  })
})

describe('posthorn spool process', () => {
  it('sends what waits, the oldest first, a line each, and leaves nothing behind', async () => {
    await using folder = await Folder.make()
    await using sink = await SinkServer.start({ keepContent: true })
    await put(folder)
    await put(folder, ['x@one.test'], 'second@example.test')
    const { code, stdout, stderr } = await run(folder, sink)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(/^sent {4}\S+ {2}a@example\.test > b@one\.test and 2 more$/),
      expect.stringMatching(/^sent {4}\S+ {2}second@example\.test > x@one\.test$/),
      ...['2 sent', ''],
    ])
    expect(sink.ledger.map(({ reversePath }) => reversePath)).toEqual(['a@example.test', 'second@example.test'])
    expect(sink.ledger[0]!.content!.toString()).toBe(MESSAGE)
    expect(sink.sessions).toHaveLength(1)
    expect(await readdir(folder.path)).toEqual([])
    expect(await run(folder, sink)).toEqual({ code: 0, stdout: 'nothing was waiting\n', stderr: '' })
  })

  it('keeps what was sent when it is told so, and says all as JSON', async () => {
    await using folder = await Folder.make()
    await using sink = await SinkServer.start()
    await put(folder)
    const { code, stdout } = await run(folder, sink, '--keep', '--json')
    expect(code).toBe(0)
    expect(jsonLines(stdout)).toMatchObject([
      { event: 'claimed' },
      { event: 'sent', reversePath: 'a@example.test', deliveries: [{ outcome: 'delivered' }, {}, {}] },
      { event: 'end', sent: 1, failed: 0, released: 0, skipped: 0, takenOver: 0 },
    ])
    expect(await endings(folder)).toEqual(['.sent'])
  })

  it('ends with the code of what failed, says why, and lets it be retried', async () => {
    await using folder = await Folder.make()
    await using sink = await SinkServer.start(refusing('bad.test', '550 5.1.1 no such mailbox'))
    await put(folder, ['x@bad.test'])
    await put(folder)
    const { code, stdout, stderr } = await run(folder, sink)
    expect(code).toBe(67)
    expect(stdout).toMatch(/^sent .*\n1 sent, 1 failed\n$/)
    expect(stderr).toMatch(
      /^failed {2}\S+ {2}a@example\.test > x@bad\.test\n {8}recipient x@bad\.test refused: 550 .* \[smtp\.rcpt\.refused\]\n$/,
    )
    expect(await endings(folder)).toEqual(['.failed', '.failed.txt'])
    const quiet = await posthorn(['spool', 'retry', folder.path, '--quiet'])
    expect(quiet).toEqual({ code: 0, stdout: '', stderr: '' })
    const again = await run(folder, sink, '--quiet')
    expect([again.code, again.stdout, again.stderr]).toEqual([67, '', stderr])
  })

  it('ends with 75 when some are refused for now, and they wait', async () => {
    await using folder = await Folder.make()
    await using sink = await SinkServer.start(refusing('two.test', '451 4.3.0 later'))
    await put(folder)
    const { code, stdout, stderr } = await run(folder, sink)
    expect([code, stderr]).toEqual([75, ''])
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(/^partly {2}\S+ {2}a@example\.test > b@one\.test and 2 more$/),
      '        2 of 3 recipients have it',
      expect.stringMatching(/^later {3}\S+ {2}a@example\.test/),
      expect.stringContaining('recipient c@two.test refused: 451 4.3.0 later'),
      ...['1 sent, 1 waits to be tried again', ''],
    ])
    expect(await endings(folder)).toEqual(['.queued'])
    await using well = await SinkServer.start()
    expect((await run(folder, well)).code).toBe(0)
    expect(well.ledger[0]!.recipients).toEqual(['c@two.test'])
  })

  it('gives up at once when nothing goes out at all, and everything waits', async () => {
    await using folder = await Folder.make()
    for (const _ of [1, 2, 3]) await put(folder)
    const { code, stdout, stderr } = await run(folder, { port: 1 })
    expect(code).toBe(75)
    expect(stdout).toMatch(/^later .*\n +could not connect .*\n0 sent, 1 waits to be tried again\n$/)
    expect(stderr).toMatch(/^posthorn: nothing goes out like this, .* \[connect\.refused\]\nwhat to do: .*\n$/)
    expect(await endings(folder)).toEqual(['.queued', '.queued', '.queued'])
    const json = jsonLines((await run(folder, { port: 1 }, '--json')).stdout)
    expect(json.at(-2)).toMatchObject({ event: 'end', released: 1 })
    expect(json.at(-1)).toMatchObject({ ok: false, error: { code: 'connect.refused' } })
    await using sink = await SinkServer.start({ auth: { user: 'app', password: 'hunter2' } })
    expect((await run(folder, sink)).code).toBe(77)
    expect(await endings(folder)).toEqual(['.queued', '.queued', '.queued'])
  })

  it('puts garbage aside, and goes on with the others', async () => {
    await using folder = await Folder.make()
    await using sink = await SinkServer.start()
    await writeFile(folder.join('some file \u{1f4ef}.queued'), 'no message\n')
    await put(folder)
    const { code, stderr, stdout } = await run(folder, sink)
    expect([code, stdout]).toEqual([65, expect.stringMatching(/^sent .*\n1 sent, 1 failed\n$/)])
    expect(stderr).toBe('failed  some file \u{1f4ef}\n        line 1: expected MAIL FROM:<mailbox> [spool.garbage]\n')
    expect((await readdir(folder.path)).sort()).toEqual([
      'some file \u{1f4ef}.failed',
      'some file \u{1f4ef}.failed.txt',
    ])
  })

  it('says that a message belongs to a process elsewhere, and does not wait longer than the lease here', async () => {
    await using folder = await Folder.make()
    await using sink = await SinkServer.start()
    const elsewhere = 'aaaaaaaaaaaa-123-456-bbbbbbbbbbbb'
    await writeFile(folder.join(`x~${elsewhere}-1.sending`), 'MAIL FROM:<>\nRCPT TO:<b@example.test>\n\n')
    await writeFile(folder.join(`.${elsewhere}.alive`), '36000000\n')
    const time = Date.now() / 1000 - 40_000
    await utimes(folder.join(`.${elsewhere}.alive`), time, time)
    const { code, stdout, stderr } = await run(folder, sink)
    expect([code, stdout]).toEqual([75, '0 sent, 1 skipped\n'])
    expect(stderr).toMatch(
      /^waits {3}x\n {8}belongs to a process elsewhere, silent since \S+Z; looked at again in \d+ s\n/,
    )
    expect(stderr).toMatch(/skipped x\n[^]*\[spool\.held\]\n$/)
    const [waiting, skipped, end] = jsonLines((await run(folder, sink, '--json')).stdout)
    expect(waiting).toMatchObject({
      event: 'waiting',
      name: 'x',
      waitMs: expect.any(Number) as number,
      silentSince: expect.stringMatching(/Z$/) as string,
    })
    expect([skipped, end]).toMatchObject([{ event: 'skipped', error: { code: 'spool.held' } }, { skipped: 1 }])
  })

  it('re-encodes what is too large to be held for a server that takes seven bits', async () => {
    await using folder = await Folder.make()
    await using sink = await SinkServer.start({ keepContent: true, extensions: ['PIPELINING'] })
    const head =
      'From: a@example.test\r\nTo: b@one.test\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n'
    const content = `${head}Content-Transfer-Encoding: 8bit\r\n\r\n${'\u00fc\u00fc\u00fc\r\n'.repeat(50_000)}`
    await new SpoolFolder(folder.path).queue({
      envelope: { reversePath: 'a@example.test', recipients: ['b@one.test'] },
      content,
    })
    expect(await run(folder, sink)).toMatchObject({ code: 0, stderr: '' })
    const text = sink.ledger[0]!.content!.toString()
    expect(text).toMatch(/Content-Transfer-Encoding: (?:quoted-printable|base64)\r\n/)
    expect(text).toMatch(/^[\x00-\x7f]*$/)
  })

  it('sends several at once over as many connections', async () => {
    await using folder = await Folder.make()
    await using sink = await SinkServer.start()
    const one = await put(folder)
    const text = await readFile(folder.join(one))
    for (let index = 0; index < 40; index++) await writeFile(folder.join(`copy ${index}.queued`), text)
    const { code, stdout } = await run(folder, sink, '--concurrency', '5')
    expect([code, stdout.split('\n').at(-2)]).toEqual([0, '41 sent'])
    expect(sink.ledger).toHaveLength(41)
    expect(sink.sessions.length).toBeLessThanOrEqual(5)
  })

  it.each([
    [['--concurrency', '0'], 64, '--concurrency must be a whole number from 1 to 1000'],
    [['--concurrency', 'many'], 64, '--concurrency must be a whole number from 1 to 1000'],
    [['--server', 'spool:///tmp'], 78, 'transport is spool, which would put each message into a folder'],
  ])('refuses %j', async (flags, code, text) => {
    await using folder = await Folder.make()
    await put(folder)
    const refused = await posthorn(['spool', 'process', folder.path, '--server', 'smtp://127.0.0.1:1', ...flags])
    expect([refused.code, refused.stdout, refused.stderr]).toEqual([code, '', expect.stringContaining(text)])
    expect(await endings(folder)).toEqual(['.queued'])
  })

  it('takes a profile with its log, whose transport is spool for those who only write', async () => {
    await using folder = await Folder.make()
    await using queue = await Folder.make()
    await using sink = await SinkServer.start()
    const profile = folder.join('app.json')
    const relay = { host: '127.0.0.1', port: sink.port }
    const logging = { destinations: ['file'], file: { path: 'mail.log' } }
    const spool = { directory: queue.path }
    await writeFile(profile, JSON.stringify({ transport: 'spool', spool, relay, security: 'none', logging }))
    const sent = await posthorn(['send', '--profile', profile, '--raw', '-', '-t', '--quiet'], { input: MESSAGE })
    expect([sent.code, sent.stdout]).toEqual([0, ''])
    const itself = await posthorn(['spool', 'process', queue.path, '--profile', profile])
    expect([itself.code, itself.stderr]).toEqual([78, expect.stringContaining('--set transport=smtp')])
    const flags = ['--profile', profile, '--set', 'transport=smtp']
    const { code, stdout } = await posthorn(['spool', 'process', queue.path, ...flags])
    expect([code, stdout]).toEqual([0, expect.stringMatching(/\n1 sent\n$/)])
    expect(sink.ledger).toHaveLength(1)
    expect((await readFile(folder.join('mail.log'), 'utf8')).match(/accepted: /g)).toHaveLength(2)
  })
})

/** Leads to a sink, whose replies to content wait until the gate is opened. */
async function gateTo(sink: SinkServer) {
  let open = () => {}
  const gate = new Promise<void>((resolve) => (open = resolve))
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const up = connect(sink.port, '127.0.0.1')
    for (const socket of [client, up]) sockets.add(socket.on('error', () => {}))
    client.pipe(up)
    up.on('data', (octets: Buffer) => {
      if (sink.ledger.length === 0) client.write(octets)
      else void gate.then(() => client.write(octets))
    })
    up.on('end', () => void gate.then(() => client.end()))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    open,
    port: (server.address() as AddressInfo).port,
    [Symbol.dispose]: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

describe('posthorn spool process that is ended', () => {
  it('finishes what is under way, leaves the rest, and says so', async () => {
    await using folder = await Folder.make()
    await using sink = await SinkServer.start()
    using gate = await gateTo(sink)
    await put(folder)
    await put(folder)
    const child = start(['spool', 'process', folder.path, ...over(gate)])
    const end = ended(child)
    await vi.waitFor(() => expect(sink.ledger).toHaveLength(1), { timeout: 20_000 })
    child.kill('SIGINT')
    await once(child.stderr, 'data')
    gate.open()
    const { code, stdout, stderr } = await end
    expect(stderr).toBe('posthorn: 1 message is finished first; Ctrl-C again ends at once\n')
    expect([code, stdout]).toEqual([75, expect.stringMatching(/^sent .*\n1 sent\n$/)])
    expect(await endings(folder)).toEqual(['.queued'])
    expect(sink.ledger).toHaveLength(1)
  })

  it('ends at once when it is told again, and what may have been delivered waits', async () => {
    await using folder = await Folder.make()
    await using sink = await SinkServer.start()
    using gate = await gateTo(sink)
    await put(folder)
    const child = start(['spool', 'process', folder.path, ...over(gate)])
    const end = ended(child)
    await vi.waitFor(() => expect(sink.ledger).toHaveLength(1), { timeout: 20_000 })
    child.kill('SIGINT')
    await once(child.stderr, 'data')
    child.kill('SIGINT')
    const { code, stdout } = await end
    expect([code, stdout]).toEqual([75, expect.stringMatching(/^later .*\n.*\n0 sent, 1 waits to be tried again\n$/)])
    expect(await endings(folder)).toEqual(['.queued'])
  })

  it('says of a watch that is told again that messages wait, and nothing of trying again', async () => {
    await using folder = await Folder.make()
    const silent = createServer((socket) => void socket.on('error', () => {})).listen(0, '127.0.0.1')
    try {
      await once(silent, 'listening')
      await put(folder)
      const connected = once(silent, 'connection')
      const child = start(['spool', 'process', folder.path, ...over(silent.address() as AddressInfo), '--watch'])
      const end = ended(child)
      await connected
      child.kill('SIGINT')
      await once(child.stderr, 'data')
      child.kill('SIGINT')
      const { code, stdout, stderr } = await end
      expect(stderr).toBe('posthorn: 1 message is finished first; Ctrl-C again ends at once\n')
      expect([code, stdout]).toEqual([75, expect.stringMatching(/^later .*\n.*\[pool\.closed\]\n0 sent\n$/)])
      expect(await endings(folder)).toEqual(['.queued'])
    } finally {
      silent.close()
    }
  })

  it('watches until then: sends what comes in, and leaves what failed for now to a later try', async () => {
    await using folder = await Folder.make()
    let isWell = false
    await using sink = await SinkServer.start({
      replyTo: (verb) => (verb === 'RCPT' && !isWell ? '451 4.3.0 later' : undefined),
    })
    const child = start(['spool', 'process', folder.path, ...over(sink), '--watch'])
    const end = ended(child)
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const next = async () => (await lines.next()).value as string
    await put(folder)
    expect(await next()).toMatch(/^later /)
    expect(await next()).toContain('451 4.3.0 later')
    isWell = true
    await put(folder)
    expect(await next()).toMatch(/^sent {4}/)
    child.kill('SIGTERM')
    const { code, stderr } = await end
    expect([code, stderr]).toEqual([0, ''])
    expect((await endings(folder)).filter((each) => each !== '.queued')).toEqual([])
    expect(sink.ledger.length).toBeGreaterThan(0)
  })

  it('ends the watch by itself when nobody may log in, and tells of a server that is away', async () => {
    await using folder = await Folder.make()
    await put(folder)
    await using sink = await SinkServer.start({ auth: { user: 'app', password: 'hunter2' } })
    const refused = await run(folder, sink, '--watch')
    expect(refused.code).toBe(77)
    const child = start(['spool', 'process', folder.path, ...over({ port: 1 }), '--watch', '--quiet'])
    const end = ended(child)
    await once(child.stderr, 'data')
    child.kill('SIGINT')
    const { code, stderr, stdout } = await end
    expect([code, stdout]).toEqual([0, ''])
    expect(stderr).toMatch(/^posthorn: could not connect .*; it is tried again \[connect\.refused\]\n$/)
    expect(await endings(folder)).toEqual(['.queued'])
  })
})

describe('posthorn spool list', () => {
  it('shows state, age, size, sender, recipients and reason, the oldest first', async () => {
    await using folder = await Folder.make()
    await using sink = await SinkServer.start(refusing('bad.test', '550 5.1.1 no such mailbox'))
    expect((await posthorn(['spool', 'list', folder.path])).stdout).toBe('nothing is in the folder\n')
    await put(folder, ['x@bad.test'], '')
    await run(folder, sink)
    await put(folder)
    await run(folder, sink, '--keep')
    const queued = await put(folder)
    await writeFile(folder.join('not ours.txt'), 'x')
    await writeFile(folder.join('z.queued'), 'no message')
    const later = (Date.now() + 1) / 1000 // the clock that files get their times of may be some milliseconds behind
    await utimes(folder.join('z.queued'), later, later)
    await rename(folder.join(queued), folder.join(queued.replace('.queued', '.sending')))
    const { code, stdout, stderr } = await posthorn(['spool', 'list', folder.path])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(/^failed {3,}\d+ s +\d+ B {2}\S+ {2}<> > 1 recipient$/),
      expect.stringMatching(/^ {8}recipient x@bad\.test refused: 550/),
      expect.stringMatching(/^sent {5,}\d+ s +\d+ B {2}\S+ {2}a@example\.test > 3 recipients$/),
      expect.stringMatching(/^sending {2,}\d+ s +\d+ B {2}\S+ {2}a@example\.test > 3 recipients$/),
      expect.stringMatching(/^queued {3,}\d+ s +10 B {2}z {2}unknown$/),
      '        the file ends in the envelope, where MAIL FROM:<mailbox> was expected',
      '1 queued, 1 sending, 1 sent, 1 failed',
      '',
    ])
    const json = await posthorn(['spool', 'list', folder.path, '--json'])
    expect(jsonLines(json.stdout)).toMatchObject([
      { state: 'failed', reversePath: '', recipients: 1, reason: expect.stringContaining('550') as string },
      { state: 'sent', recipients: 3 },
      { state: 'sending', file: queued.replace('.queued', '.sending') },
      { state: 'queued', name: 'z', sizeOctets: 10 },
    ])
    expect((await posthorn(['spool', 'list', folder.join('gone')])).code).toBe(66)
  })
})

describe('posthorn spool retry', () => {
  it('lets those that are named wait again, by name or by file, or all of them', async () => {
    await using folder = await Folder.make()
    for (const name of ['one', 'two', 'three', 'four']) {
      await writeFile(folder.join(`${name}.failed`), 'x')
      await writeFile(folder.join(`${name}.failed.txt`), 'message: why\n')
    }
    await writeFile(folder.join('five.sent'), 'x')
    const named = await posthorn(['spool', 'retry', folder.path, 'one', folder.join('two.failed')])
    expect(named).toEqual({ code: 0, stdout: 'queued  one\nqueued  two\n', stderr: '' })
    const all = await posthorn(['spool', 'retry', folder.path, '--json'])
    const { retried } = jsonLines(all.stdout)[0] as { retried: string[] }
    expect([all.code, retried.sort()]).toEqual([0, ['four', 'three']])
    expect((await readdir(folder.path)).sort()).toEqual([
      ...['five.sent', 'four.queued', 'one.queued', 'three.queued', 'two.queued'],
    ])
    expect((await posthorn(['spool', 'retry', folder.path])).stdout).toBe('nothing has failed\n')
    const gone = await posthorn(['spool', 'retry', folder.path, 'five'])
    expect([gone.code, gone.stderr]).toEqual([66, expect.stringContaining('there is no five.failed')])
  })
})

describe('the transport spool on the command line', () => {
  it('writes what send, sendmail and test --send-to send, and test tries the folder', async () => {
    await using folder = await Folder.make()
    const server = `spool://${folder.path}`
    const send = ['send', '--server', server, '--from', 'a@example.test', '--to', 'b@one.test', '--text', 'x']
    const sent = await posthorn(send)
    expect([sent.code, sent.stderr]).toEqual([0, ''])
    const [file] = await readdir(folder.path)
    expect(sent.stdout).toMatch(/^queued <\S+>\n/)
    expect(sent.stdout).toContain(`\n  ${folder.join(file!)}\n`)
    const json = jsonLines((await posthorn([...send, '--json'])).stdout)[0]!
    expect(json).toMatchObject({ ok: true, file: expect.stringContaining(folder.path) as string })
    const trail = await posthorn([...send, '--trail', '--quiet'])
    expect(trail.stderr).toMatch(/\* {2}written as \S+\.queued\n$/)
    const mailed = await posthorn(['sendmail', '-t'], { input: MESSAGE, env: { POSTHORN_SERVER: server } })
    expect(mailed).toEqual({ code: 0, stdout: '', stderr: '' })
    const tested = await posthorn(['test', '--server', server])
    expect([tested.code, tested.stdout]).toEqual([
      0,
      expect.stringMatching(/^folder {6}\S+\nresult .*no mail was sent/),
    ])
    expect((await posthorn(['test', '--server', server, '--send-to', 'b@one.test', '--from', 'a@one.test'])).code).toBe(
      0,
    )
    expect(await endings(folder)).toEqual(Array(5).fill('.queued'))
    const gone = await posthorn(['test', '--server', `${server}/gone`])
    expect([gone.code, gone.stderr]).toEqual([66, expect.stringContaining('[spool.missing]')])
  })

  it('is verified like any other profile', async () => {
    await using folder = await Folder.make()
    await mkdir(folder.join('queue'))
    await chmod(folder.join('queue'), 0o700)
    const profile = folder.join('p.yaml')
    await writeFile(profile, 'transport: spool\nspool: { directory: ./queue }\n')
    const { code, stdout, stderr } = await posthorn(['profile', 'verify', profile])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain('ready to send; no mail was sent')
    expect(await readdir(folder.join('queue'))).toEqual([])
  })
})
