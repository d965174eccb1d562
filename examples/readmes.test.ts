import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startSandbox, type Sandbox } from '@posthorn/cli'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const run = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
const packages = readdirSync(join(root, 'packages')).filter((name) => existsSync(manifestOf(name)))

/** The one example of a README, as the file its reader makes of it, and what it says that this prints. */
interface Example {
  readonly file: 'example.mjs' | 'example.sh'
  readonly code: string
  readonly prints: string
}

let folder: string
let sandbox: Sandbox
let env: Record<string, string>

beforeAll(async () => {
  // below the packages that are installed, so that an example finds them by their names as its reader would
  await mkdir(join(root, '.cache'), { recursive: true })
  folder = await mkdtemp(join(root, '.cache', 'readmes-'))
  sandbox = await startSandbox({ port: 0, dir: join(folder, 'arrived') })
  await writeFile(join(folder, 'ca.pem'), sandbox.ca)
  const commands = [join(root, 'node_modules', '.bin'), dirname(process.execPath), process.env['PATH'] ?? '']
  env = {
    PATH: commands.join(delimiter),
    XDG_CONFIG_HOME: folder, // no profile of whoever runs the tests
    POSTHORN_SERVER: `smtp://anna:correct-horse-7@localhost:${sandbox.port}?tls.ca=file:${encodeURIComponent(join(folder, 'ca.pem'))}`,
  }
})

afterAll(async () => {
  await sandbox.close()
  await rm(folder, { recursive: true })
})

describe.each(packages)('the README of packages/%s', (name) => {
  it('is one page, by the name of the package, with all that can be imported', () => {
    const readme = readmeOf(name)
    const manifest = JSON.parse(readFileSync(manifestOf(name), 'utf8')) as { name: string; exports: object }
    expect(readme.split('\n', 1)).toEqual([`# ${manifest.name}`])
    const lines = readme.trimEnd().split('\n').length
    expect(lines).toBeGreaterThanOrEqual(40)
    expect(lines).toBeLessThanOrEqual(90)
    const paths = Object.keys(manifest.exports).map((path) => manifest.name + path.slice(1))
    expect(paths.filter((path) => !readme.includes(`\`${path}\``) && path !== manifest.name)).toEqual([])
    expect(/\]\(\.\.\/\.\.\/(?:docs\/[\w-]+|CONTRIBUTING)\.md[)#]/.test(readme)).toBe(true)
  })

  it('has an example that prints what it says', async () => {
    const { file, code, prints } = exampleOf(readmeOf(name))
    const path = join(folder, file)
    await writeFile(path, code)
    const [command, ...args] = file === 'example.sh' ? ['sh', '-eu', path] : [process.execPath, path]
    const { stdout, stderr } = await run(command, args, { cwd: folder, env })
    expect(stderr).toBe('')
    expect(stdout).toMatch(patternOf(prints))
    expect(stdout).not.toContain('correct-horse-7')
  })
})

function manifestOf(name: string): string {
  return join(root, 'packages', name, 'package.json')
}

function readmeOf(name: string): string {
  return readFileSync(join(root, 'packages', name, 'README.md'), 'utf8')
}

/** @throws {Error} when there is not exactly one, followed by what it prints */
function exampleOf(readme: string): Example {
  const blocks = [...readme.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
  const [example, printed, ...more] = blocks.map(([, language, text]) => ({ language, text: text! }))
  const file = ({ js: 'example.mjs', sh: 'example.sh' } as const)[example?.language ?? '']
  if (file === undefined || printed?.language !== 'text' || printed.text === '' || more.length > 0)
    throw new Error(`not one block of js or sh, and then one of text: ${blocks.map(([, language]) => language).join()}`)
  return { file, code: example!.text, prints: printed.text }
}

/** `...` stands for any text within a line. */
function patternOf(prints: string): RegExp {
  const texts = prints.split('...').map((text) => text.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&'))
  return new RegExp(`^${texts.join('.+')}$`)
}
