import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startSandbox, type Arrival, type Sandbox } from '@posthorn/cli'
import { openCertificateStore, rawContent, readMessage } from 'posthorn'
import { verifyMessage } from 'posthorn/smime'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'

const run = promisify(execFile)
const arrivals: Arrival[] = []
let folder: string
let sandbox: Sandbox

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'posthorn-examples-'))
  sandbox = await startSandbox({ port: 0, dir: folder, onArrival: (arrival) => arrivals.push(arrival) })
  await writeFile(join(folder, 'ca.pem'), sandbox.ca)
})

afterEach(() => {
  arrivals.length = 0
})

afterAll(async () => {
  await sandbox.close()
  await rm(folder, { recursive: true })
})

/** What an example prints, run as its reader would. */
async function example(name: string): Promise<string> {
  const server = `smtp://anna:correct-horse-7@localhost:${sandbox.port}?tls.ca=file:${encodeURIComponent(join(folder, 'ca.pem'))}`
  const path = fileURLToPath(new URL(name, import.meta.url))
  const { stdout } = await run(process.execPath, [path], {
    env: { PATH: process.env['PATH'], POSTHORN_SERVER: server },
  })
  expect(stdout).not.toContain('correct-horse-7')
  return stdout
}

async function collected(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of source) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

async function contentOf(arrival: Arrival | undefined): Promise<string> {
  return readFile(arrival!.path, 'utf8')
}

it('send.mjs tells what became of each recipient', async () => {
  const printed = await example('send.mjs')
  expect(printed).toContain('bruno@example.test delivered 250\nchris@example.test delivered 250\n')
  expect(arrivals).toMatchObject([
    { subject: 'Grüße', recipients: ['bruno@example.test', 'chris@example.test'], secure: true, user: 'anna' },
  ])
  expect(printed).toContain(/^Message-ID:\s*(\S+)$/im.exec(await contentOf(arrivals[0]))![1])
})

it('attachments.mjs sends what it attaches', async () => {
  await example('attachments.mjs')
  expect(arrivals).toMatchObject([{ recipients: ['bruno@example.test', 'archive@example.test'] }])
  const content = await contentOf(arrivals[0])
  expect(content).not.toContain('archive@example.test')
  for (const part of ['multipart/mixed', 'multipart/alternative', 'multipart/related', 'Content-ID: <dot>'])
    expect(content).toContain(part)
  const last = /filename="?measurements\.csv"?\r\n(?:[^\r\n]+\r\n)*\r\n([A-Za-z0-9+/=\r\n]+)\r\n--/.exec(content)![1]!
  const lines = Buffer.from(last, 'base64').toString().trimEnd().split('\n')
  expect(lines).toHaveLength(24)
  expect(lines[0]).toBe('0:00,20.0')
})

it('pool.mjs delivers a thousand messages, each once', async () => {
  expect(await example('pool.mjs')).toMatch(/^1000 delivered over [1-4] connections, \d+ a second\n$/)
  expect(arrivals).toHaveLength(1000)
  expect(new Set(arrivals.map(({ recipients }) => recipients.join())).size).toBe(1000)
})

it('trail.mjs prints the dialogue without the password', async () => {
  const printed = await example('trail.mjs')
  expect(printed).toContain('C: AUTH PLAIN ***\n')
  expect(printed).toContain('C: MAIL FROM:<anna@example.test>')
  expect(printed).toMatch(/TLS: TLSv1\.3 \S+ verified\n/)
  expect(printed).not.toContain(btoa('\0anna\0correct-horse-7'))
  expect(arrivals).toHaveLength(1)
})

it('errors.mjs meets each outcome it tells of', async () => {
  const printed = await example('errors.mjs')
  const codes = ['draft.control-character', 'connect.refused', 'tls.unknown-issuer', 'smtp.auth.cleartext']
  expect(printed.match(/^ {2}[a-z]+\.[a-z.-]+ (?=\()/gm)!.map((code) => code.trim())).toEqual(codes)
  expect(printed.match(/try again later|change something first/g)).toEqual([
    'change something first',
    'try again later',
    'change something first',
    'change something first',
  ])
  expect(printed).toMatch(/all is well:\n {2}delivered\n$/)
  expect(arrivals).toHaveLength(1)
})

it('commonjs.cjs sends from CommonJS', async () => {
  expect(await example('commonjs.cjs')).toMatch(/^sent <.*@example\.test>\n$/)
  expect(arrivals).toMatchObject([{ subject: 'From CommonJS' }])
})

it('newsletter.mjs writes to each reader', async () => {
  expect(await example('newsletter.mjs')).toBe('sent 2 letters\n')
  expect(arrivals.map(({ subject }) => subject).sort()).toEqual(['News for Bruno 📮', 'News for Zoë Müller 📮'])
  for (const arrival of arrivals) {
    const read = await readMessage({ path: arrival.path })
    expect(read.text).toContain('the first story')
    expect(read.html).toContain('cid:banner')
    expect(read.attachments).toMatchObject([{ filename: 'banner.gif', contentId: '<banner>' }])
    expect(await contentOf(arrival)).toContain('List-Unsubscribe-Post: List-Unsubscribe=One-Click')
  }
})

it('invitation.mjs sends an invitation', async () => {
  await example('invitation.mjs')
  const content = await contentOf(arrivals[0])
  expect(content.replace(/\r\n /g, ' ')).toMatch(/^Content-Type: text\/calendar;.*method=REQUEST/m)
  const read = await readMessage({ path: arrivals[0]!.path })
  expect(read.attachments.map(({ filename }) => filename)).toContain('invitation.ics')
})

it('invoice.mjs streams a whole PDF', async () => {
  const printed = await example('invoice.mjs')
  const read = await readMessage({ path: arrivals[0]!.path })
  expect(read.attachments).toMatchObject([{ filename: 'Rechnung №4711.pdf', contentType: 'application/pdf' }])
  const pdf = Buffer.from(read.attachments[0]!.content)
  expect(printed).toContain(`${pdf.length} octets`)
  expect(pdf.subarray(0, 8).toString()).toBe('%PDF-1.4')
  const table = Number(/startxref\n(\d+)\n%%EOF\n$/.exec(pdf.toString('latin1'))![1])
  expect(pdf.subarray(table, table + 4).toString()).toBe('xref')
})

it('protected.mjs can be read by Bruno alone, and was signed by Anna', async () => {
  await example('protected.mjs')
  const content = await contentOf(arrivals[0])
  expect(content).not.toContain('4711')
  const path = fileURLToPath(new URL('certificates/bruno-with-key.pem', import.meta.url))
  const bruno = (await openCertificateStore({ source: { path } })).identity()
  const report = await verifyMessage(await rawContent({ path: arrivals[0]!.path }), { decryptWith: [bruno] })
  expect(report.layers.map(({ kind }) => kind)).toEqual(['encrypted', 'signed'])
  const [, signed] = report.layers
  expect(signed).toMatchObject({ signatures: [{ signer: { emails: ['anna@example.test'] }, problems: [] }] })
  expect((await collected(report.content.open())).toString()).toContain('The code is 4711.')
})

it('notifications.mjs asks for them where they are offered', async () => {
  expect(await example('notifications.mjs')).toMatch(
    /^bruno@example\.test: delivered; notifications name [0-9a-f-]{36}\n$/,
  )
  expect(arrivals).toMatchObject([{ reversePath: 'bounces+order-4711@example.test' }])
})

it('diagnose.mjs names what is wrong', async () => {
  const printed = await example('diagnose.mjs')
  expect(printed).toMatch(/^as it is: ready to send\n/)
  expect(printed).toContain('\nwith the wrong TLS mode: not ready to send\n')
  expect(printed).toContain('  tls.use-starttls: ')
  expect(printed).toContain('  auth.wrong-mechanism: ')
  expect(arrivals).toEqual([])
})

it('trust.mjs sends to whom it trusts and to nobody else', async () => {
  const printed = await example('trust.mjs')
  expect(printed.match(/^\S.*$/gm)).toEqual([
    'the authorities alone: delivered',
    'the right pin besides: delivered',
    'another pin: tls.pin-mismatch',
    'an own verdict: tls.refused-by-caller',
  ])
  expect(arrivals).toHaveLength(2)
})

it('reload.mjs goes by what the file says now', async () => {
  expect(await example('reload.mjs')).toContain("changed: [ 'sender.organization' ]")
  const organizations = await Promise.all(
    arrivals.map(async (arrival) => /^Organization: (.*)\r$/m.exec(await contentOf(arrival))![1]),
  )
  expect(organizations).toEqual(['Example Ltd', 'Example & Sons Ltd'])
})
