// Other versions of Node, to run the built packages on. They come from npm and are kept in `.cache` of the repository.
import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Skipped } from './lab.mjs'

const run = promisify(execFile)
const FETCH_LIMIT_MS = 80_000
const CACHE = fileURLToPath(new URL('../.cache/', import.meta.url))

/** The major version this process runs on. */
export const RUNNING = Number(process.versions.node.split('.')[0])

/** The path of a Node of this major version. @throws {Skipped} when it is neither here nor to be had */
export async function nodeBinary(major) {
  if (major === RUNNING) return process.execPath
  // these packages hold the program itself; the one called "node" fetches one of them by an install script
  const name = `node-${process.platform}-${process.arch}`
  const folder = join(CACHE, `node-${major}`)
  const binary = join(folder, 'node_modules', name, 'bin', 'node')
  if (await isNode(binary, major)) return binary
  await mkdir(folder, { recursive: true })
  const quiet = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error']
  try {
    await run('npm', ['install', ...quiet, '--prefix', folder, `${name}@${major}`], {
      cwd: folder,
      timeout: FETCH_LIMIT_MS,
    })
  } catch (error) {
    const said = `${error.stderr ?? ''}\n${error.killed ? 'npm did not finish in time' : error.message}`
    const [reason] = said.split('\n').filter((line) => line.trim() !== '')
    throw new Skipped(`Node ${major} is not in .cache and could not be fetched: ${reason}`)
  }
  if (await isNode(binary, major)) return binary
  throw new Error(`${name}@${major} was installed, but ${binary} is no Node ${major}`)
}

async function isNode(binary, major) {
  try {
    return (await run(binary, ['--version'])).stdout.startsWith(`v${major}.`)
  } catch {
    return false // not there, or half of it
  }
}
