import { writeFile } from 'node:fs/promises'
import { certificates, ScriptedServer, SinkServer } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { Folder, posthorn } from '../test/child.js'

const LOGIN = { user: 'app', password: 'correct-horse-7' }

describe('posthorn test', () => {
  it('tells what it found and sends no mail', async () => {
    const tls = await certificates()
    await using folder = await Folder.make()
    await writeFile(folder.join('ca.pem'), tls.ca)
    await using sink = await SinkServer.start({ tls, auth: LOGIN })
    const args = ['test', '--server', `smtp://app@localhost:${sink.port}`, '--ca', folder.join('ca.pem')]
    const env = { POSTHORN_PASSWORD: LOGIN.password }
    const text = await posthorn(args, { env })
    expect([text.code, text.stderr]).toEqual([0, ''])
    expect(text.stdout).toMatch(/^server {6}localhost port \d+ \(127\.0\.0\.1\)\ngreeting /)
    expect(text.stdout).toMatch(
      /\nprotection {2}TLSv1\.3, \S+, certificate verified: .*\nextensions {2}PIPELINING, .*\nlogin {7}accepted for app\nresult /,
    )
    const json = await posthorn([...args, '--json'], { env })
    expect(JSON.parse(json.stdout)).toMatchObject({
      ok: true,
      address: '127.0.0.1',
      tls: { protocol: 'TLSv1.3', verified: true },
      login: 'accepted for app',
    })
    expect(text.stdout + json.stdout).not.toContain(LOGIN.password)
    expect(sink.ledger).toEqual([])
    expect(sink.sessions.map(({ endedBy }) => endedBy)).toEqual(['quit', 'quit'])
  })

  it('says when nothing is protected and no login was asked for', async () => {
    await using sink = await SinkServer.start()
    const { code, stdout } = await posthorn(['test', '--server', `smtp://127.0.0.1:${sink.port}?security=none`])
    expect(code).toBe(0)
    expect(stdout).toContain('protection  none: everything is sent in the clear\n')
    expect(stdout).toContain('login       not asked for (no user given)\n')
  })

  it('says that the login was refused', async () => {
    await using sink = await SinkServer.start({ auth: { ...LOGIN, password: 'another' } })
    const args = [
      'test',
      '--server',
      `smtp://app@127.0.0.1:${sink.port}?security=none`,
      '--allow-cleartext-auth',
      '--trail',
    ]
    const { code, stdout, stderr } = await posthorn(args, { env: { POSTHORN_PASSWORD: LOGIN.password } })
    expect(code).toBe(77)
    expect(stderr).toContain('[smtp.auth.refused]')
    expect(stdout + stderr).not.toContain(LOGIN.password)
    expect(stdout + stderr).not.toContain(btoa(`\0app\0${LOGIN.password}`))
  })

  it('tells how far it came when the certificate is not trusted', async () => {
    const tls = await certificates()
    await using sink = await SinkServer.start({ tls })
    const { code, stdout, stderr } = await posthorn(['test', '--server', `smtp://localhost:${sink.port}`])
    expect(code).toBe(69)
    expect(stdout).toContain('greeting')
    expect(stdout).not.toContain('protection')
    expect(stderr).toMatch(/^posthorn: .* \[tls\.unknown-issuer\]\nwhat to do: .*--ca FILE.*\n$/)
  })

  it('says when the other side does not speak SMTP', async () => {
    await using server = await ScriptedServer.start('S: HTTP/1.1 400 Bad Request\n* close\n')
    const { code, stderr } = await posthorn(['test', '--server', `smtp://127.0.0.1:${server.port}?security=none`])
    expect([code, stderr]).toEqual([76, expect.stringContaining('[smtp.reply.syntax]')])
  })
})
