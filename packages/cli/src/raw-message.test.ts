import { writeFile } from 'node:fs/promises'
import { SinkServer } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { ended, Folder, posthorn, start } from '../test/child.js'

const ENVELOPE = ['--from', 'a@example.test', '--to', 'b@example.test']

const clear = (sink: SinkServer) => ['--server', `smtp://127.0.0.1:${sink.port}?security=none`]

const sinkFor = () => SinkServer.start({ keepContent: true })

function contentOf(sink: SinkServer, index = 0): string {
  return sink.ledger[index]!.content!.toString()
}

describe('posthorn send --raw', () => {
  const MESSAGE =
    'From: Anna <a@example.test>\r\nTo: b@example.test\r\nBcc: hidden@example.test,\r\n other@example.test\r\nMessage-ID: <1@example.test>\r\n\r\n.body\r\n'

  it('sends a message from standard input as it is, but for its Bcc', async () => {
    await using sink = await sinkFor()
    const { code, stdout } = await posthorn(
      ['send', ...clear(sink), '--raw', '-', '--from', '<>', '--to', 'x@example.test', '--json'],
      { input: MESSAGE },
    )
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ messageId: '<1@example.test>' })
    expect(sink.ledger[0]).toMatchObject({ reversePath: '', recipients: ['x@example.test'] })
    expect(contentOf(sink)).toBe(MESSAGE.replace(/Bcc: .*\r\n .*\r\n/, ''))
  })

  it('keeps Bcc only when it is told so', async () => {
    await using sink = await sinkFor()
    const flags = ['--raw', '-', '--from', 'a@example.test', '--to', 'x@example.test', '--keep-bcc']
    expect((await posthorn(['send', ...clear(sink), ...flags], { input: MESSAGE })).code).toBe(0)
    expect(contentOf(sink)).toBe(MESSAGE)
  })

  it.each(['file', 'stdin'])('reads recipients from the message, and leaves Bcc out (%s)', async (from) => {
    await using folder = await Folder.make()
    await using sink = await sinkFor()
    const path = from === 'file' ? folder.join('message.eml') : '-'
    if (from === 'file') await writeFile(path, MESSAGE)
    const { code, stderr } = await posthorn(['send', ...clear(sink), '--raw', path, '-t'], {
      input: from === 'file' ? '' : MESSAGE,
    })
    expect([code, stderr]).toEqual([0, ''])
    expect(sink.ledger[0]).toMatchObject({
      reversePath: 'a@example.test',
      recipients: ['b@example.test', 'hidden@example.test', 'other@example.test'],
    })
    expect(contentOf(sink)).toBe(MESSAGE.replace(/Bcc: .*\r\n .*\r\n/, ''))
  })

  it('takes large messages without changing them', async () => {
    await using folder = await Folder.make()
    await using sink = await sinkFor()
    const large = `Subject: large\r\nBcc: b@example.test\r\n\r\n${`${'.x'.repeat(30)}\r\n`.repeat(60_000)}`
    await writeFile(folder.join('large.eml'), large)
    const fromFile = await posthorn([
      'send',
      ...clear(sink),
      '--raw',
      folder.join('large.eml'),
      '-t',
      '--from',
      'a@example.test',
    ])
    const fromStdin = await posthorn(['send', ...clear(sink), '--raw', '-', ...ENVELOPE], { input: large })
    expect([fromFile.code, fromStdin.code]).toEqual([0, 0])
    expect(contentOf(sink, 0)).toBe(large.replace('Bcc: b@example.test\r\n', ''))
    expect(contentOf(sink, 1)).toBe(large.replace('Bcc: b@example.test\r\n', ''))
  })

  it('asks for recipients and for a sender', async () => {
    await using sink = await sinkFor()
    const noTo = await posthorn(['send', ...clear(sink), '--raw', '-', '--from', 'a@example.test'], { input: MESSAGE })
    expect([noTo.code, noTo.stderr]).toEqual([64, expect.stringContaining('--to is missing')])
    const noFrom = await posthorn(['send', ...clear(sink), '--raw', '-', '--to', 'b@example.test'], { input: MESSAGE })
    expect([noFrom.code, noFrom.stderr]).toEqual([64, expect.stringContaining('--from is missing')])
    expect(sink.sessions).toHaveLength(0)
  })

  it('does not wait for a writer that never ends', async () => {
    const child = start(['send', '--server', 'smtp://127.0.0.1:1', '--raw', '-', '--from', 'a@example.test'])
    child.stdin.write('Subject: x\r\n\r\n')
    expect((await ended(child)).code).toBe(64)
  })
})
