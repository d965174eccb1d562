import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { readdir, readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { describe, expect, it } from 'vitest'
import { ended, Folder, posthorn, start } from '../test/child.js'

interface Listening {
  readonly port: number
  readonly dir: string
  readonly ca: string
}

/** The lines a child prints, one after the other. */
function linesOf(child: ReturnType<typeof start>): AsyncIterator<string> {
  return createInterface({ input: child.stdout })[Symbol.asyncIterator]()
}

async function json<T>(lines: AsyncIterator<string>): Promise<T> {
  const next = await lines.next()
  if (next.done) throw new Error('it ended')
  return JSON.parse(next.value) as T
}

describe('posthorn sandbox', () => {
  it('keeps what posthorn send sends, and ends with 0 when it is told to', async () => {
    await using folder = await Folder.make()
    const child = start([
      'sandbox',
      '--port',
      '0',
      '--json',
      '--dir',
      folder.join('mail'),
      '--ca-out',
      folder.join('new/ca.pem'),
      '--user',
      'u',
      '--password',
      'p',
    ])
    const end = new Promise((resolve) => child.once('close', resolve))
    const lines = linesOf(child)
    const listening = await json<Listening>(lines)
    expect(listening).toMatchObject({ event: 'listening', dir: folder.join('mail'), ca: folder.join('new/ca.pem') })
    const sent = await posthorn(
      [
        'send',
        '--server',
        `smtp://u@localhost:${listening.port}`,
        '--ca',
        listening.ca,
        '--from',
        'a@example.test',
        '--to',
        'b@example.test',
        '--subject',
        'Hi',
        '--text',
        'x',
      ],
      { env: { POSTHORN_PASSWORD: 'p' } },
    )
    expect([sent.code, sent.stderr]).toEqual([0, ''])
    const arrival = await json<{ path: string; sizeOctets: number }>(lines)
    expect(arrival).toMatchObject({
      event: 'arrival',
      number: 1,
      reversePath: 'a@example.test',
      recipients: ['b@example.test'],
      subject: 'Hi',
      secure: true,
      user: 'u',
    })
    expect((await readFile(arrival.path)).length).toBe(arrival.sizeOctets)
    child.kill('SIGTERM')
    expect(await end).toBe(0)
    expect(await readdir(listening.dir)).toEqual([expect.stringMatching(/^\d{8}T\d{6}Z-0001\.eml$/)])
  })

  it('tells people where it listens, what to trust and what to type, then each arrival on one line', async () => {
    await using folder = await Folder.make()
    const child = start(['sandbox', '--port', '0', '--dir', folder.path])
    const end = new Promise((resolve) => child.once('close', resolve))
    const lines = linesOf(child)
    const introduction: string[] = []
    for (let next = await lines.next(); !next.done && next.value !== ''; next = await lines.next())
      introduction.push(next.value)
    const text = introduction.join('\n')
    const port = /listens {3}127\.0\.0\.1 port (\d+)/.exec(text)?.[1]
    expect(text).toContain(`--ca ${folder.join('ca.pem')}`)
    expect(text).toContain(`send --server smtp://localhost:${port}`)
    const sent = await posthorn([
      'send',
      '--server',
      `smtp://localhost:${port}`,
      '--ca',
      folder.join('ca.pem'),
      '--from',
      'a@example.test',
      '--to',
      'b@example.test',
      '--text',
      'x',
    ])
    expect(sent.code).toBe(0)
    expect((await lines.next()).value).toMatch(
      /^\d\d:\d\d:\d\d +\d+ B {2}a@example\.test > b@example\.test {2}\(no subject\)$/,
    )
    child.kill('SIGINT')
    expect(await end).toBe(0)
  })

  it('says that the port is taken', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    try {
      const { code, stderr } = await ended(start(['sandbox', '--port', String((other.address() as AddressInfo).port)]))
      expect([code, stderr]).toEqual([69, expect.stringContaining('EADDRINUSE')])
    } finally {
      other.close()
    }
  })

  it.each([
    [['--port', 'x'], 64],
    [['--port', '70000'], 64],
    [['--user', 'u'], 64],
    [['--port', '0', '--dir', '/dev/null/x'], 73],
  ])('refuses %j', async (args, exitCode) => {
    const { code, stderr } = await posthorn(['sandbox', ...args])
    expect([code, stderr]).toEqual([exitCode, expect.stringMatching(/^posthorn: .*\nwhat to do: .*\n$/)])
  })
})
