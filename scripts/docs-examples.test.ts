import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { certificates, SinkServer } from '@posthorn/testkit'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { repositoryFiles, root } from './repository.mjs'

/** A code block of a document that says it can be run: ```js runnable */
interface Example {
  readonly where: string
  readonly language: 'js' | 'ts'
  readonly code: string
}

const examples: Example[] = []
for (const name of repositoryFiles().filter((file) => file.endsWith('.md'))) {
  const text = await readFile(join(root, name), 'utf8')
  for (const found of text.matchAll(/^```(js|ts) runnable\n(.*?)^```$/gms)) {
    const line = text.slice(0, found.index).split('\n').length
    examples.push({ where: `${name}:${line}`, language: found[1] as 'js' | 'ts', code: found[2]! })
  }
}

describe('the examples in the documents', () => {
  let server: SinkServer
  let folder: string
  let caFile: string

  beforeAll(async () => {
    const tls = await certificates()
    const replyTo = (verb: string, argument: string) =>
      verb === 'RCPT' && argument.includes('<refused@') ? '550 5.1.1 no such mailbox' : undefined
    server = await SinkServer.start({ tls, auth: { user: 'app', password: 'secret' }, replyTo })
    folder = await mkdtemp(join(tmpdir(), 'posthorn-docs-'))
    caFile = join(folder, 'ca.pem')
    await writeFile(caFile, tls.ca)
  })
  afterAll(async () => {
    await server.close()
    await rm(folder, { recursive: true })
  })

  it('the README has one', () => {
    expect(examples.filter(({ where }) => where.startsWith('README.md:'))).toHaveLength(1)
  })

  it('all compile', () => {
    expect(compileErrors(examples)).toEqual([])
  })

  it.each(examples.map((example) => ({ example, where: example.where })))('$where runs', async ({ example }) => {
    const before = server.sessions.length
    const { exitCode, errors, output } = await run(atHome(example))
    expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: '' })
    expect(output).toMatch(/delivered|refused/)
    const [session, ...more] = server.sessions.slice(before)
    expect(more).toEqual([])
    expect(session).toMatchObject({ tls: true, authenticated: 'app', endedBy: 'quit' })
  })

  /** The example with the sink in place of relay.example, as JavaScript. */
  function atHome({ code, language }: Example): string {
    const { port } = server
    const ready = code
      .replaceAll(
        'smtp://app:secret@relay.example',
        `smtp://app:secret@localhost:${port}?tls.ca=file:${encodeURIComponent(caFile)}`,
      )
      .replaceAll(
        `relay: { host: 'relay.example' },`,
        `relay: { host: 'localhost', port: ${port} }, tls: { ca: ${JSON.stringify(`file:${caFile}`)} },`,
      )
      .replaceAll(
        `host: 'relay.example',`,
        `host: 'localhost', port: ${port}, tls: { ca: (await import('node:fs')).readFileSync(${JSON.stringify(caFile)}) },`,
      )
    if (ready.includes('relay.example')) throw new Error('the example names the relay in a way this test does not know')
    if (language === 'js') return ready
    return ts.transpileModule(ready, {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
    }).outputText
  }
})

/** Compiles the examples as modules of this repository, against the built declarations. */
function compileErrors(all: readonly Example[]): string[] {
  const files = new Map(
    all.map(({ code, language }, index) => [join(root, 'scripts', `example-${index}.${language}`), code]),
  )
  const options: ts.CompilerOptions = {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
    types: ['node'],
    allowJs: true,
    checkJs: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: true,
  }
  const host = ts.createCompilerHost(options)
  const fileExists = host.fileExists.bind(host)
  const read = host.readFile.bind(host)
  host.fileExists = (name) => files.has(name) || fileExists(name)
  host.readFile = (name) => files.get(name) ?? read(name)
  const getSourceFile = host.getSourceFile.bind(host)
  host.getSourceFile = (name, version, ...rest) => {
    const code = files.get(name)
    return code === undefined ? getSourceFile(name, version, ...rest) : ts.createSourceFile(name, code, version, true)
  }
  const program = ts.createProgram([...files.keys()], options, host)
  return ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
    const index = file ? [...files.keys()].indexOf(file.fileName) : -1
    return `${all[index]?.where ?? file?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
  })
}

function run(code: string): Promise<{ exitCode: number | null; output: string; errors: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    let errors = ''
    child.stdout.on('data', (text: Buffer) => (output += text.toString()))
    child.stderr.on('data', (text: Buffer) => (errors += text.toString()))
    child.on('error', reject)
    child.on('close', (exitCode) => resolve({ exitCode, output, errors }))
  })
}
