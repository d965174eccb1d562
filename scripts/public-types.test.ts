import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { expect, it } from 'vitest'
import { findAny } from './public-types.mjs'

/** The problems of a folder of declarations, entered at `index.d.ts`; paths are cut to the file name. */
async function problems(files: Record<string, string>): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-types-'))
  try {
    for (const [name, text] of Object.entries({ 'package.json': '{"type":"module"}', ...files }))
      await writeFile(join(folder, name), text)
    const found = findAny([join(folder, 'index.d.ts')], (file) => file.includes(basename(folder)))
    return found.map((problem) => problem.replace(/^.*\//, ''))
  } finally {
    await rm(folder, { recursive: true })
  }
}

it('finds nothing where every type says something', async () => {
  const index = `export * from './shape.js'\nexport declare class Ring<T = unknown> {\n  #private;\n  private old;\n  push(item: T): this;\n}`
  const shape = `import type { Socket } from 'node:net'\nexport interface Shape {\n  readonly socket: Socket;\n  sides?: readonly number[];\n}`
  expect(await problems({ 'index.d.ts': index, 'shape.d.ts': shape })).toEqual([])
})

it('finds any wherever it stands', async () => {
  const places = {
    parameter: 'export declare function send(message: any): void;',
    result: 'export declare function send(): Promise<any>;',
    part: 'export type Table = Record<string, readonly any[]>;',
    limit: 'export declare function send<T extends any[]>(...rest: T): T;',
    constant: 'export declare const settings: { readonly port: any };',
    method: 'export declare class Client { on(event: string, listener: (...args: any[]) => void): this; }',
    lostImport: `import type { Lost } from 'no-such-package';\nexport type Found = Lost;`,
    result2: 'export type Parsed = ReturnType<typeof JSON.parse>;',
    untyped: 'export declare function send(message): void;',
  }
  const index = Object.keys(places).map((name) => `export * as ${name} from './${name}.js';`)
  const files = Object.entries(places).map(([name, text]) => [`${name}.d.ts`, text] as const)
  const found = await problems({ 'index.d.ts': index.join('\n'), ...Object.fromEntries(files) })
  expect([...new Set(found.map((problem) => problem.split('.')[0]))].sort()).toEqual(Object.keys(places).sort())
})

it('finds any behind a name that is only used', async () => {
  const files = {
    'index.d.ts': `import { Hidden } from './hidden.js';\nexport declare function send(hidden: Hidden): void;`,
    'hidden.d.ts': 'export interface Hidden {\n  value: any;\n}\nexport interface Unused {\n  value: any;\n}',
  }
  expect(await problems(files)).toEqual(['hidden.d.ts:2: any is any'])
})

it('fails where there is nothing to check', async () => {
  expect(await problems({})).toHaveLength(1)
  expect(await problems({ 'index.d.ts': 'export {}' })).toHaveLength(1)
})
