// Everything about the repository that can be judged without running it. One line for each check, what failed at the end, exit code 1 for any.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isMain, repositoryFiles, root } from './repository.mjs'

const CACHE = join(root, '.cache', 'check')
const tool = (/** @type {string[]} */ ...path) => join(root, 'node_modules', ...path)
const script = (/** @type {string} */ name) => join(root, 'scripts', name)

/** Each is a program for node; the slow ones first, since two run at a time. */
const CHECKS = [
  { name: 'lint', args: [tool('eslint', 'bin', 'eslint.js'), '--max-warnings=0', ...lintCache(), '.'] },
  { name: 'types of tests and examples', args: [tool('typescript', 'bin', 'tsc'), '-p', 'tsconfig.test.json'] },
  { name: 'types of scripts', args: [tool('typescript', 'bin', 'tsc'), '-p', 'tsconfig.scripts.json'] },
  { name: 'format', args: [tool('prettier', 'bin', 'prettier.cjs'), '--check', '--log-level=warn', '.'] },
  { name: 'error codes in docs/errors.md', args: [script('errors.mjs'), '--check'] },
  { name: 'settings in docs/settings.md', args: [script('settings.mjs'), '--check'] },
  { name: 'the component in docs/ipworks.md', args: [script('ipworks.mjs'), '--check'] },
  { name: 'commands in docs/cli-reference.md', args: [script('cli-reference.mjs'), '--check'] },
  { name: 'layers', args: [script('layers.mjs')] },
  { name: 'public types', args: [script('public-types.mjs')] },
  { name: 'WebAssembly', args: [script('wasm.mjs'), '--check'] },
  { name: 'places', args: [script('places.mjs')] },
  { name: 'parity', args: [script('parity.mjs')] },
  { name: 'links', args: [script('links.mjs')] },
  { name: 'file length', args: [script('file-length.mjs')] },
]

if (isMain(import.meta.url)) process.exitCode = await checkAll(process.argv.slice(2))

/** Runs the checks whose names contain one of the words, or all of them. @param {readonly string[]} words @returns {Promise<number>} */
async function checkAll(words) {
  const chosen = CHECKS.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)))
  if (chosen.length === 0) throw new Error(`no check has ${words.join(' or ')} in its name`)
  /** @type {{ name: string, output: string }[]} */
  const failed = []
  const waiting = [...chosen]
  const worker = async () => {
    for (let check = waiting.shift(); check; check = waiting.shift()) {
      const { name, args } = check
      const startedAt = performance.now()
      const { exitCode, output } = await node(args)
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
      const warnings = output.split('\n').filter((line) => line.startsWith('warning: ')).length
      const note = exitCode === 0 && warnings > 0 ? `, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}` : ''
      console.log(`${exitCode === 0 ? 'ok    ' : 'FAILED'}  ${name} (${seconds} s${note})`)
      if (exitCode !== 0) failed.push({ name, output })
    }
  }
  await Promise.all([worker(), worker()])
  for (const { name, output } of failed) console.log(`\n== ${name} ==\n${output.trim()}`)
  console.log(
    failed.length === 0
      ? `\nall ${chosen.length} checks passed`
      : `\n${failed.length} of ${chosen.length} checks failed`,
  )
  return failed.length === 0 ? 0 : 1
}

/** @param {readonly string[]} args @returns {Promise<{ exitCode: number, output: string }>} */
function node(args) {
  return new Promise((resolve) => {
    let output = ''
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.setEncoding('utf8').on('data', (text) => (output += text))
    child.stderr.setEncoding('utf8').on('data', (text) => (output += text))
    child.on('error', (error) => resolve({ exitCode: 1, output: String(error) }))
    child.on('close', (code) => resolve({ exitCode: code ?? 1, output }))
  })
}

/**
 * ESLint's own cache knows a file by its text alone, but rules that know types can find something in a file that did not change. So the
 * cache is used only while no module and no setting has changed: for a second run, not for a wrong one.
 * @returns {string[]}
 */
function lintCache() {
  const hash = createHash('sha256')
  for (const name of repositoryFiles()) {
    if (/\.[cm]?[jt]s$|(?:^|\/)(?:tsconfig[\w.]*|package|package-lock)\.json$/.test(name))
      hash.update(`${name}\0`).update(readFileSync(join(root, name)))
  }
  const key = `${hash.digest('hex')} ${process.version}`
  const keyFile = join(CACHE, 'eslint-key')
  mkdirSync(CACHE, { recursive: true })
  if (textOrNothing(keyFile) !== key) rmSync(join(CACHE, 'eslint'), { force: true })
  writeFileSync(keyFile, key)
  return ['--cache', '--cache-location', join(CACHE, 'eslint')]
}

/** @param {string} path */
function textOrNothing(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
