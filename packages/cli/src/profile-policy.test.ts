import { mkdir, writeFile } from 'node:fs/promises'
import { SinkServer } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { Folder, posthorn } from '../test/child.js'

const LETTER = ['--from', 'a@example.test', '--to', 'b@example.test', '--text', 'x']

describe('a profile on the command line', () => {
  it('says where names of attachments start, and what was left out is told', async () => {
    await using folder = await Folder.make()
    await using sink = await SinkServer.start({ keepContent: true })
    await mkdir(folder.join('files'))
    await writeFile(folder.join('files/there.txt'), 'there')
    const profile = folder.join('p.yaml')
    const relay = `relay: { host: 127.0.0.1, port: ${sink.port} }\nsecurity: none\n`
    await writeFile(profile, `${relay}attachments: { basePath: ./files, onMissing: skip }\n`)
    const send = (...args: string[]) => posthorn(['send', '--profile', profile, ...LETTER, ...args])
    const whole = await send('--attach', 'there.txt')
    expect([whole.code, whole.stderr]).toEqual([0, ''])
    expect(sink.ledger[0]!.content!.toString()).toContain('filename=there.txt')
    const text = await send('--attach', 'there.txt', '--attach', 'gone.txt', '--quiet')
    expect([text.code, text.stderr]).toEqual([0, 'warning: the message went without gone.txt (content.unreadable)\n'])
    const json = await send('--attach', 'gone.txt', '--json')
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: true, leftOut: [{ name: 'gone.txt' }] })
    await writeFile(profile, `${relay}attachments: { basePath: ./files }\n`)
    expect((await send('--attach', 'gone.txt')).code).toBe(66)
  })

  it('goes before the server of the environment, and not before --server', async () => {
    await using folder = await Folder.make()
    await using sink = await SinkServer.start()
    await writeFile(folder.join('p.yaml'), `relay: { host: 127.0.0.1, port: ${sink.port} }\nsecurity: none\n`)
    const env = { POSTHORN_SERVER: 'smtp://127.0.0.1:1' }
    expect((await posthorn(['test', '--profile', folder.join('p.yaml')], { env })).code).toBe(0)
    expect((await posthorn(['test', '--profile', folder.join('p.yaml'), '--server', 'smtp://h'], { env })).code).toBe(
      64,
    )
  })

  it('is tested and verified without a relay, too: by the servers of a domain', async () => {
    await using folder = await Folder.make()
    await using sink = await SinkServer.start()
    const profile = folder.join('direct.yaml')
    await writeFile(profile, `transport: direct\nrelay: { port: ${sink.port} }\nsecurity: opportunistic\n`)
    const tested = await posthorn(['test', '--profile', profile, '--to', '[127.0.0.1]'])
    expect([tested.code, tested.stderr]).toEqual([0, ''])
    expect(tested.stdout).toContain('ready to send; no mail was sent')
    expect(sink.ledger).toEqual([])
    const nobody = await posthorn(['profile', 'verify', profile])
    expect([nobody.code, nobody.stderr]).toEqual([64, expect.stringContaining('--to is missing')])
  })
})
