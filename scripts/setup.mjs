// Makes a fresh clone ready: installs what the lock file names, then builds. Quick and quiet when nothing is to be done.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Posthorn needs Node 20.19 or later; this is ${process.versions.node}.`)
  process.exit(1)
}

const lock = readFileSync(join(root, 'package-lock.json'))
const wanted = createHash('sha256').update(lock).digest('hex')
const stamp = join(root, 'node_modules', '.posthorn-lock')
const installed = existsSync(stamp) ? readFileSync(stamp, 'utf8') : ''
if (installed !== wanted) {
  console.log('setup: installing packages (once)')
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
  writeFileSync(stamp, wanted)
}
if (!existsSync(join(root, 'packages', 'cli', 'dist', 'index.js'))) console.log('setup: building')
run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b'])

/** @param {string} command @param {readonly string[]} args */
function run(command, args) {
  const done = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32' && command === 'npm',
  })
  if (done.status !== 0) process.exit(done.status ?? 1)
}
