import { mkdir, mkdtemp, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { SpoolChild } from '../spool/child.js'
import { component, failure, heardBy, sink, trailOf } from './component.js'

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'posthorn-component-'))
  onTestFinished(() => rm(path, { recursive: true }))
  return path
}

test('[ipworks.method.Queue] whole at once or not at all; "*" gives the same text; a missing folder is 303', async () => {
  const path = await folder()
  const smtp = component()
  smtp.messageDate = 'Sun, 22 Nov 2026 12:00:00 +0000'
  smtp.messageId = '<1@example.test>'
  const name = await smtp.queue(path)
  expect(name).toMatch(/\.queued$/)
  expect(await readdir(path)).toEqual([name])
  expect(await smtp.queue('*')).toBe(await readFile(join(path, name), 'utf8'))
  expect(await failure(smtp.queue(join(path, 'missing')))).toMatchObject({ code: 303 })
  smtp.from = ''
  expect(await failure(smtp.queue(path))).toMatchObject({ code: 164 })
  smtp.from = 'anna@example.test'
  smtp.messageRecipients.clear()
  expect(await failure(smtp.queue(path))).toMatchObject({ code: 165 })
  expect(await readdir(path)).toEqual([name])
})

test('[ipworks.method.ProcessQueue] the first is sent, the second fails and ends it, the third stays', async () => {
  const path = await folder()
  const server = await sink({
    replyTo: (verb, argument) => (verb === 'RCPT' && argument.includes('gone') ? '550 5.1.1 gone' : undefined),
  })
  const smtp = component(server)
  const names: string[] = []
  for (const to of ['one@example.test', 'gone@example.test', 'three@example.test']) {
    smtp.messageRecipients.clear()
    smtp.sendTo = to
    names.push((await smtp.queue(path)).replace('.queued', ''))
  }
  const heard = heardBy(smtp)
  expect(await failure(smtp.processQueue(path))).toMatchObject({ code: 161 })
  const left = await readdir(path)
  expect(left).toContain(`${names[1]}.failed`)
  expect(left).toContain(`${names[2]}.queued`)
  expect(left.some((name) => name.startsWith(names[0]!))).toBe(false)
  expect(left.some((name) => name.endsWith('.sending'))).toBe(false)
  expect(trailOf(heard)).toContain('C: RCPT TO:<one@example.test>')
  expect(server.sessions).toHaveLength(1)
  expect(smtp.connected).toBe(false)
  await smtp.processQueue(path)
  expect(server.ledger.map(({ recipients }) => recipients)).toEqual([['one@example.test'], ['three@example.test']])
})

test('[ipworks.config.KeepQueue] True keeps a file as .sent, False deletes it', async () => {
  const server = await sink()
  const smtp = component(server)
  const path = await folder()
  const name = (await smtp.queue(path)).replace('.queued', '')
  smtp.config('KeepQueue=True')
  await smtp.processQueue(path)
  expect(await readdir(path)).toEqual([`${name}.sent`])
  smtp.config('KeepQueue=False')
  await smtp.queue(path)
  await smtp.processQueue(path)
  expect(await readdir(path)).toEqual([`${name}.sent`])
  expect(server.ledger).toHaveLength(2)
})

test('processQueue() of a folder that is missing, empty, or full of something else', async () => {
  const path = await folder()
  const smtp = component()
  smtp.mailServer = ''
  await smtp.processQueue(path) // nothing to send needs no server
  expect(await failure(smtp.processQueue(join(path, 'missing')))).toMatchObject({ code: 303 })
  await smtp.queue(path)
  expect(await failure(smtp.processQueue(path))).toMatchObject({ code: 163 })
  expect((await readdir(path)).filter((name) => name.endsWith('.queued'))).toHaveLength(1)
  await mkdir(join(path, 'a folder.queued'))
  await utimes(join(path, 'a folder.queued'), 1, 1)
  expect(await failure(smtp.processQueue(path))).toMatchObject({ code: expect.any(Number) as number })
  expect((await readdir(path)).filter((name) => name.endsWith('.queued'))).toHaveLength(1)
})

test('processQueue() leaves all where it cannot connect, or is refused the login', async () => {
  const path = await folder()
  const server = await sink({ replyTo: (verb) => (verb === 'EHLO' || verb === 'HELO' ? '550 not you' : undefined) })
  const gone = await sink()
  await gone.close()
  for (const { port } of [server, gone]) {
    const smtp = component({ port })
    await smtp.queue(path)
    const before = await readdir(path)
    expect(await failure(smtp.processQueue(path))).toMatchObject({ name: 'IPWorksError' })
    expect(await readdir(path)).toEqual(before)
  }
})

test('processQueue() names nobody again who has the message when the connection ends behind the first transaction', async () => {
  const path = await folder()
  let drops = true
  const server = await sink({
    extensions: ['LIMITS RCPTMAX=1'],
    // EHLO, MAIL, RCPT, DATA, and the second MAIL
    fault: () => (drops ? { how: 'rst', at: 'command', index: 5 } : undefined),
  })
  const smtp = component(server)
  const name = 'two'
  const text = 'MAIL FROM:<anna@example.test>\nRCPT TO:<bruno@example.test>\nRCPT TO:<clara@example.test>\n\nhi'
  await writeFile(join(path, `${name}.queued`), text)
  const error = await failure(smtp.processQueue(path))
  expect(error).toMatchObject({ name: 'IPWorksError' })
  expect(error.message).toContain('1 of 2 recipients did not get the message: clara@example.test')
  expect((await readdir(path)).sort()).toEqual([`${name}.failed`, `${name}.failed.txt`])
  drops = false
  await rename(join(path, `${name}.failed`), join(path, `${name}.queued`))
  await smtp.processQueue(path)
  expect(server.ledger.map(({ recipients }) => recipients)).toEqual([['bruno@example.test'], ['clara@example.test']])
})

test('processQueue() sends what a process that is gone has left half done', async () => {
  const path = await folder()
  const server = await sink()
  const smtp = component(server)
  const name = (await smtp.queue(path)).replace('.queued', '')
  const gone = new SpoolChild(path, { hang: true })
  await gone.says(`send ${name}`)
  await gone.kill()
  expect((await readdir(path)).some((file) => file.endsWith('.queued'))).toBe(false)
  await smtp.processQueue(path)
  expect(server.ledger).toHaveLength(1)
  expect(await readdir(path)).toEqual([])
})

test('[ipworks.behaviour.queue-life-cycle] two runs at once over 50 files deliver each of them once', async () => {
  const server = await sink()
  const path = await folder()
  const smtp = component(server)
  for (let number = 0; number < 50; number++) {
    smtp.messageId = `<${number}@example.test>`
    await smtp.queue(path)
  }
  const other = component(server)
  await Promise.all([smtp.processQueue(path), other.processQueue(path)])
  expect(await readdir(path)).toEqual([])
  const ids = server.ledger.map(({ content }) => /^Message-ID: (.*)$/m.exec(String(content))?.[1])
  expect(new Set(ids).size).toBe(50)
  expect(ids).toHaveLength(50)
})

test('[part of ipworks.file.queue] queued by one and sent by another: the same envelope and the same octets', async () => {
  const server = await sink()
  const path = await folder()
  const smtp = component()
  smtp.returnPath = 'bounces@example.test'
  smtp.messageRecipients[0]!.options = 'NOTIFY=SUCCESS,FAILURE'
  smtp.bcc = 'blind@example.test'
  smtp.messageText = 'Grüße\r\n.dot\r\n'
  const text = await smtp.queue('*')
  await smtp.queue(path)
  await component(server).processQueue(path)
  const [message] = server.ledger
  expect(message).toMatchObject({
    reversePath: 'bounces@example.test',
    recipients: ['bruno@example.test', 'blind@example.test'],
  })
  expect(server.sessions[0]!.commands).toContain('RCPT TO:<bruno@example.test> NOTIFY=SUCCESS,FAILURE')
  const body = (content: string) => content.slice(content.indexOf('\r\n\r\n', content.indexOf('Subject:')) + 4)
  expect(body(String(message!.content))).toBe(body(text))
})

test('[part of ipworks.prop.Message] the file leaves lines as they are only where one could be repaired', async () => {
  const smtp = component()
  smtp.message = Buffer.from('whole\r\nlines\r\n')
  expect(await smtp.queue('*')).not.toContain('XASIS')
  smtp.message = Buffer.from('no end')
  expect(await smtp.queue('*')).toMatch(/^MAIL FROM:<\S+>.* XASIS/m)
})
