import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { checkLayers, importsOf } from './layers.mjs'

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
})

/** A workspace with a road (`net`) and a wire (`smtp`) that may use it, and these files besides. */
async function workspace(files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-layers-'))
  folders.push(folder)
  const all: Record<string, string> = {
    'packages/net/package.json': manifest('@posthorn/net', []),
    'packages/net/src/index.ts': '',
    'packages/smtp/package.json': manifest('@posthorn/smtp', ['@posthorn/net']),
    'packages/smtp/src/index.ts': '',
    'packages/testkit/package.json': manifest('@posthorn/testkit', []),
    'packages/testkit/src/index.ts': '',
    ...files,
  }
  for (const [name, text] of Object.entries(all)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
  return folder
}

function manifest(name: string, dependencies: string[]): string {
  const versions = Object.fromEntries(dependencies.map((dependency) => [dependency, '0.1.0']))
  return JSON.stringify({ name, exports: { '.': './dist/index.js' }, dependencies: versions })
}

const TABLE = { net: [], smtp: ['net'], testkit: [] }

async function findings(files: Record<string, string>) {
  return checkLayers(await workspace(files), TABLE)
}

async function errors(files: Record<string, string>): Promise<string[]> {
  return (await findings(files)).errors
}

describe('layers', () => {
  it('lets a package import what the table allows', async () => {
    expect(
      await findings({
        'packages/smtp/src/a.ts': `import { dial } from '@posthorn/net'\nimport { once } from 'node:events'`,
      }),
    ).toEqual({
      errors: [],
      warnings: [],
    })
  })

  it('refuses an import against the direction, however it is written', async () => {
    for (const text of [
      `import { SmtpClient } from '@posthorn/smtp'`,
      `import type { SmtpClient } from '@posthorn/smtp'`,
      `export * from '@posthorn/smtp'`,
      `const smtp = await import('@posthorn/smtp')`,
      `type Client = import('@posthorn/smtp').SmtpClient`,
    ]) {
      expect(await errors({ 'packages/net/src/a.ts': text }), text).toEqual([
        'packages/net/src/a.ts:1: net must not import smtp',
      ])
    }
  })

  it('refuses a dependency against the direction', async () => {
    expect(await errors({ 'packages/net/package.json': manifest('@posthorn/net', ['@posthorn/smtp']) })).toEqual([
      'packages/net/package.json: net must not depend on smtp',
    ])
  })

  it('refuses an import that package.json does not name', async () => {
    const files = { 'packages/smtp/package.json': manifest('@posthorn/smtp', []) }
    expect(await errors({ ...files, 'packages/smtp/src/a.ts': `import { dial } from '@posthorn/net'` })).toEqual([
      'packages/smtp/src/a.ts:1: @posthorn/net is not in the dependencies of smtp',
    ])
    expect(await errors({ 'packages/smtp/src/a.ts': `import lib from 'some-library/part'` })).toEqual([
      'packages/smtp/src/a.ts:1: some-library is not in the dependencies of smtp',
    ])
  })

  it('refuses a way into another package past its exports', async () => {
    expect(await errors({ 'packages/smtp/src/a.ts': `import { race } from '@posthorn/net/src/race.js'` })).toEqual([
      'packages/smtp/src/a.ts:1: @posthorn/net/src/race.js is not in the exports of @posthorn/net',
    ])
    for (const specifier of ['../../net/src/race.js', '../../net/dist/race.js']) {
      expect(await errors({ 'packages/smtp/src/a.ts': `import { race } from '${specifier}'` })).toEqual([
        `packages/smtp/src/a.ts:1: ${specifier} leaves the package; import it by its name`,
      ])
    }
  })

  it('lets tests import testkit, and nothing else', async () => {
    const text = `import { SinkServer } from '@posthorn/testkit'`
    expect(await errors({ 'packages/smtp/src/a.test.ts': text, 'packages/smtp/test/b.ts': text })).toEqual([])
    expect(await errors({ 'packages/smtp/src/a.ts': text })).toEqual([
      'packages/smtp/src/a.ts:1: only tests import testkit',
    ])
    expect(await errors({ 'packages/smtp/src/a.ts': `import { b } from './b.test.js'` })).toEqual([
      'packages/smtp/src/a.ts:1: source imports a test',
    ])
  })

  it('wants every package in the table', async () => {
    expect(await errors({ 'packages/extra/package.json': manifest('@posthorn/extra', []) })).toEqual([
      'packages/extra: is not in the table of scripts/layers.mjs',
    ])
  })

  it('finds a cycle of imports, through any number of modules', async () => {
    const files = {
      'packages/net/src/a.ts': `import { b } from './b.js'`,
      'packages/net/src/b.ts': `export { c } from './c.js'`,
      'packages/net/src/c.ts': `import { type A } from './a.js'`, // stays at run time: verbatimModuleSyntax
    }
    expect(await findings(files)).toEqual({
      errors: ['packages/net: import cycle src/a.ts -> src/b.ts -> src/c.ts -> src/a.ts'],
      warnings: [],
    })
  })

  it('only warns of a cycle that is gone at run time', async () => {
    const files = {
      'packages/net/src/a.ts': `import { b } from './b.js'`,
      'packages/net/src/b.ts': `import type { A } from './a.js'`,
    }
    expect(await findings(files)).toEqual({
      errors: [],
      warnings: ['packages/net: cycle of types src/a.ts -> src/b.ts -> src/a.ts'],
    })
  })
})

it('imports in comments and strings are none', () => {
  expect(importsOf('a.ts', `// import 'x'\nconst text = "import 'y'"\nimport 'z'`)).toEqual([
    { specifier: 'z', line: 3, typeOnly: false },
  ])
})
