import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { good } from '../test/server.js'

const CHILD = fileURLToPath(new URL('../test/reset-child.mjs', import.meta.url))
/** Far more than it takes: a process that does not end would run for ever. */
const ENOUGH_MS = 20_000

let folder: string
let module: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'posthorn-reset-'))
  module = join(folder, 'reset-connection.mjs')
  const source = await readFile(new URL('reset-connection.ts', import.meta.url), 'utf8')
  const compilerOptions = { module: ModuleKind.ESNext, target: ScriptTarget.ESNext }
  await writeFile(module, transpileModule(source, { compilerOptions }).outputText)
})
afterAll(() => rm(folder, { recursive: true }))

// with little to write FIN is under way only for a moment; with much it waits until the other side reads, which it never does
test.each([
  ['tls', 'little'],
  ['tls', 'much'],
  ['tcp', 'little'],
  ['tcp', 'much'],
])('%s with %s to write: a connection that is reset while it ends lets the process end', async (kind, amount) => {
  const child = spawn(process.execPath, [CHILD, module, good.cert, good.key, kind, amount], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: ENOUGH_MS,
    killSignal: 'SIGKILL',
  })
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  const [code] = (await once(child, 'close')) as [number | null]
  expect([out, code]).toEqual(['closed\n', 0])
})
