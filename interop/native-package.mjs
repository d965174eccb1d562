// Packages with native code that nobody needs unless they ask for it: built once into `.cache`, and found by the libraries from then on.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import Module, { createRequire, register } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { Skipped } from './lab.mjs'

const run = promisify(execFile)
const CACHE = fileURLToPath(new URL('../.cache/', import.meta.url))
const BUILD_LIMIT_MS = 180_000
const PLACES = []
const found = new Map()

/**
 * Makes `import(name)` and `require(name)` find the package, wherever they are written in this process.
 * @returns the folder of the package
 * @throws {Skipped} when it can neither be found nor built here
 */
export async function nativePackage(name) {
  if (!found.has(name)) found.set(name, provide(name))
  return found.get(name)
}

async function provide(name) {
  // for each version of Node and each processor its own: half of it is native code
  const folder = join(CACHE, `${name}-node-${process.versions.modules}-${process.arch}`)
  const place = join(folder, 'node_modules', name)
  if (!(await loads(folder, name))) await build(folder, name)
  const { main = 'index.js' } = JSON.parse(await readFile(join(place, 'package.json'), 'utf8'))
  const url = pathToFileURL(createRequire(join(place, 'package.json')).resolve(`./${main}`)).href
  register('./native-hooks.mjs', import.meta.url, { data: { name, url } })
  PLACES.push(join(folder, 'node_modules'))
  const before = process.env.NODE_PATH
  process.env.NODE_PATH = [before, ...PLACES].filter(Boolean).join(delimiter)
  Module._initPaths() // reads it again: `require` has no other way in
  if (before === undefined)
    delete process.env.NODE_PATH // what is started from here is not to see it
  else process.env.NODE_PATH = before
  return place
}

async function build(folder, name) {
  await mkdir(folder, { recursive: true })
  const headers = dirname(dirname(process.execPath))
  const env = {
    ...process.env,
    npm_config_build_from_source: 'true', // nothing is fetched that was built elsewhere
    ...(existsSync(join(headers, 'include', 'node')) ? { npm_config_nodedir: headers } : {}),
  }
  const quiet = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--loglevel=error']
  try {
    await run('npm', ['install', ...quiet, '--prefix', folder, name], { cwd: folder, env, timeout: BUILD_LIMIT_MS })
  } catch (error) {
    const said = `${error.stderr ?? ''}\n${error.killed ? 'npm did not finish in time' : error.message}`
    const [reason] = said.split('\n').filter((line) => line.trim() !== '')
    throw new Skipped(`the package ${name} is not in .cache and could not be built: ${reason}`)
  }
  if (!(await loads(folder, name))) throw new Skipped(`the package ${name} was built, but cannot be loaded`)
}

/** In a process of its own: half-built native code may end it. */
async function loads(folder, name) {
  try {
    await run(process.execPath, ['-e', `require(${JSON.stringify(join(folder, 'node_modules', name))})`])
    return true
  } catch {
    return false // not there, or half of it
  }
}
