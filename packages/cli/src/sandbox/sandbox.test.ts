import { once } from 'node:events'
import { readdir, readFile, stat } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { Mailer } from 'posthorn'
import { describe, expect, it } from 'vitest'
import { Folder } from '../../test/child.js'
import { startSandbox, type Arrival, type SandboxOptions } from './sandbox.js'

const DRAFT = {
  from: 'a@example.test',
  to: ['b@example.test', 'c@example.test'],
  subject: 'Grüße',
  text: '.\n..dots\n',
}

async function start(folder: Folder, options: SandboxOptions = {}) {
  const arrivals: Arrival[] = []
  const sandbox = await startSandbox({
    port: 0,
    dir: folder.path,
    onArrival: (arrival) => arrivals.push(arrival),
    ...options,
  })
  return { sandbox, arrivals }
}

/** Looks again and again until it is so; the time limit of the test ends what never comes. */
async function until(ready: () => Promise<boolean>): Promise<void> {
  while (!(await ready())) await new Promise((resolve) => setImmediate(resolve))
}

describe('startSandbox', () => {
  it('takes a message over verified TLS and keeps it octet for octet', async () => {
    await using folder = await Folder.make()
    const { sandbox, arrivals } = await start(folder)
    await using _closing = sandbox
    await using mailer = new Mailer({ smtp: { host: 'localhost', port: sandbox.port, tls: { ca: sandbox.ca } } })
    const { messageId } = await mailer.send(DRAFT)
    expect(arrivals).toHaveLength(1)
    const [arrival] = arrivals
    expect(arrival).toMatchObject({
      number: 1,
      reversePath: 'a@example.test',
      recipients: DRAFT.to,
      subject: 'Grüße',
      secure: true,
      user: undefined,
    })
    const kept = await readFile(arrival!.path)
    expect(kept.length).toBe(arrival!.sizeOctets)
    expect(kept.toString()).toContain(messageId)
    expect(kept.toString()).toContain('\r\n\r\n.\r\n..dots\r\n')
    expect(arrival!.path.startsWith(folder.path)).toBe(true)
  })

  it.each(['localhost', '127.0.0.1'])(
    'has a certificate for %s that nothing but its own authority vouches for',
    async (host) => {
      await using folder = await Folder.make()
      const { sandbox } = await start(folder)
      await using _closing = sandbox
      await using good = new Mailer({ smtp: { host, port: sandbox.port, tls: { ca: sandbox.ca } } })
      await good.verify()
      await using bad = new Mailer({ smtp: { host, port: sandbox.port } })
      await expect(bad.verify()).rejects.toMatchObject({ code: 'tls.unknown-issuer' })
    },
  )

  it('takes any login by default, and only the right one when told', async () => {
    await using folder = await Folder.make()
    const { sandbox, arrivals } = await start(folder)
    await using _closing = sandbox
    const tls = { ca: sandbox.ca }
    await using anyone = new Mailer({
      smtp: { host: 'localhost', port: sandbox.port, tls, credentials: { user: 'x', password: 'y' } },
    })
    await anyone.send(DRAFT)
    expect(arrivals[0]!.user).toBe('x')

    const strict = await start(folder, { user: 'u', password: 'p' })
    await using _strict = strict.sandbox
    const options = { host: 'localhost', port: strict.sandbox.port, tls: { ca: strict.sandbox.ca } }
    await using right = new Mailer({ smtp: { ...options, credentials: { user: 'u', password: 'p' } } })
    await right.send(DRAFT)
    expect(strict.arrivals[0]!.user).toBe('u')
    await using wrong = new Mailer({ smtp: { ...options, credentials: { user: 'u', password: 'q' } } })
    await expect(wrong.send(DRAFT)).rejects.toMatchObject({ code: 'smtp.auth.refused' })
    await using nobody = new Mailer({ smtp: options })
    await expect(nobody.send(DRAFT)).rejects.toMatchObject({ reply: { code: 530 } })
  })

  it('writes a large message to disk while it comes in', async () => {
    await using folder = await Folder.make()
    const { sandbox, arrivals } = await start(folder)
    await using _closing = sandbox
    await using mailer = new Mailer({ smtp: { host: 'localhost', port: sandbox.port, tls: { ca: sandbox.ca } } })
    const line = Buffer.from(`${'x'.repeat(62)}\r\n`.repeat(1024))
    const onDisk = async () => {
      const [part] = (await readdir(folder.path)).filter((name) => name.endsWith('.part'))
      return part === undefined ? 0 : (await stat(join(folder.path, part))).size
    }
    let before = 0
    const content = async function* () {
      yield Buffer.from('Subject: large\r\n\r\n')
      for (let count = 0; count < 128; count++) yield line // 8 MiB
      await until(async () => (before = await onDisk()) > 4 * 1024 * 1024)
      yield line
    }
    await mailer.send({ envelope: { reversePath: 'a@example.test', recipients: ['b@example.test'] }, content })
    expect(before).toBeGreaterThan(4 * 1024 * 1024)
    expect(arrivals[0]).toMatchObject({ sizeOctets: 18 + 129 * line.length, subject: 'large' })
    expect(await onDisk()).toBe(0)
  })

  it('keeps nothing of a message whose sender vanishes', async () => {
    await using folder = await Folder.make()
    const { sandbox, arrivals } = await start(folder)
    await using _closing = sandbox
    const socket = connect(sandbox.port, '127.0.0.1')
    await once(socket, 'data')
    for (const line of ['EHLO x.example', 'MAIL FROM:<a@example.test>', 'RCPT TO:<b@example.test>', 'DATA']) {
      socket.write(`${line}\r\n`)
      await once(socket, 'data')
    }
    socket.write('Subject: half\r\n\r\nhalf')
    const files = () => readdir(folder.path)
    await until(async () => (await files()).length === 1)
    socket.destroy()
    await until(async () => (await files()).length === 0)
    expect(arrivals).toEqual([])
  })

  it('says which port is taken', async () => {
    await using folder = await Folder.make()
    const { sandbox } = await start(folder)
    await using _closing = sandbox
    await expect(startSandbox({ port: sandbox.port, dir: folder.path })).rejects.toMatchObject({
      code: 'sandbox.listen',
      field: '--port',
    })
    await expect(startSandbox({ port: 0, dir: `${folder.join('file')}\0` })).rejects.toMatchObject({
      code: 'sandbox.dir',
    })
  })
})
