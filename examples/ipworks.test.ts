import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { certificates, SinkServer } from '@posthorn/testkit'
import ts from 'typescript'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'

const run = promisify(execFile)
const sources = fileURLToPath(new URL('ipworks', import.meta.url))
let folder: string

/** The examples as JavaScript, where the names of packages resolve. */
beforeAll(async () => {
  const cache = fileURLToPath(new URL('../.cache', import.meta.url))
  await mkdir(cache, { recursive: true })
  folder = await mkdtemp(join(cache, 'ipworks-'))
  for (const name of await readdir(sources)) {
    const { outputText } = ts.transpileModule(await readFile(join(sources, name), 'utf8'), {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
    })
    await writeFile(join(folder, name.replace(/\.ts$/, '.js')), outputText)
  }
  await writeFile(join(folder, 'ca.pem'), (await certificates()).ca)
})

afterAll(() => rm(folder, { recursive: true }))

async function example(name: string, server: SinkServer): Promise<string> {
  onTestFinished(() => server.close())
  const { stdout } = await run(process.execPath, [join(folder, `${name}.js`)], {
    env: {
      PATH: process.env['PATH'],
      MAIL_SERVER: 'localhost',
      MAIL_PORT: String(server.port),
      MAIL_CA: join(folder, 'ca.pem'),
      MAIL_TOKEN: 'a-token-of-the-test',
    },
  })
  expect(stdout).not.toContain('a-token-of-the-test')
  return stdout
}

test('every example is run here', async () => {
  const tested = [...(await readFile(fileURLToPath(import.meta.url), 'utf8')).matchAll(/example\('([\w-]+)'/g)]
  const names = (await readdir(sources)).map((name) => name.replace('.ts', '')).filter((name) => name !== 'server')
  expect([...new Set(tested.map(([, name]) => name))].sort()).toEqual(names.sort())
})

test('send-only.ts', async () => {
  const server = await SinkServer.start({ keepContent: true })
  expect(await example('send-only', server)).toBe('sent; connected: false\n')
  expect(String(server.ledger[0]!.content)).toMatch(/^Subject: My Subject\r\n/m)
})

test('connect-send.ts', async () => {
  const server = await SinkServer.start({ keepContent: true })
  expect(await example('connect-send', server)).toMatch(/^last reply: 221 /)
  expect(server.sessions).toHaveLength(1)
  expect(server.ledger.map(({ recipients }) => recipients)).toEqual([['bruno@example.org'], ['chris@example.org']])
})

test('other-header.ts', async () => {
  const server = await SinkServer.start({ keepContent: true })
  expect(await example('other-header', server)).toBe('HeaderName: HeaderValue\n')
  expect(String(server.ledger[0]!.content)).toContain('\r\nHeaderName: HeaderValue\r\n\r\nThis is')
})

test('raw-message.ts', async () => {
  const server = await SinkServer.start({ keepContent: true })
  expect(await example('raw-message', server)).toBe(`${String(server.ledger[0]!.content)}\n`)
})

test('dsn-options.ts', async () => {
  const server = await SinkServer.start()
  expect(await example('dsn-options', server)).toBe(
    'RCPT TO:<bruno@example.org> NOTIFY=SUCCESS,FAILURE,DELAY\nRCPT TO:<chris@example.org>\n',
  )
})

test('xoauth2.ts', async () => {
  const auth = { user: 'anna@example.com', password: 'a-token-of-the-test', mechanisms: ['XOAUTH2'] }
  const server = await SinkServer.start({ auth, tls: await certificates() })
  expect(await example('xoauth2', server)).toBe('sent\n')
  expect(server.sessions[0]!.authenticated).toBe('anna@example.com')
  const other = await SinkServer.start({ auth: { ...auth, password: 'another' }, tls: await certificates() })
  expect(await example('xoauth2', other)).toMatch(/^161 535/)
})

test('tls.ts', async () => {
  const server = await SinkServer.start({ tls: await certificates() })
  expect(await example('tls', server)).toMatch(/^.*CN=.* OK true\nTLSv1\.2\n270\n$/)
})

test('proxy-exceptions.ts', async () => {
  expect(await example('proxy-exceptions', await SinkServer.start())).toBe('Connected\nDisconnected\n')
})

test('queue.ts', async () => {
  const server = await SinkServer.start({ keepContent: true })
  expect(await example('queue', server)).toBe('2 messages wait\n2 were sent\n')
  expect(server.ledger).toHaveLength(2)
})
