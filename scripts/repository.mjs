// What the repository consists of: its root, its files, its packages.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/**
 * Every file that belongs to the repository, committed or not, as paths from its root; nothing that git ignores.
 * @returns {string[]}
 */
export function repositoryFiles() {
  const listed = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  const names = listed.status === 0 ? listed.stdout.split('\0').filter((name) => name !== '') : walk('')
  return [...new Set(names)].filter((name) => existsSync(join(root, name))).sort()
}

/**
 * The text of a file of the repository; undefined for a binary one.
 * @param {string} name
 * @returns {string | undefined}
 */
export function textOf(name) {
  const octets = readFileSync(join(root, name))
  return octets.includes(0) ? undefined : octets.toString('utf8')
}

/**
 * True when this module is what node was started with.
 * @param {string} moduleUrl
 */
export function isMain(moduleUrl) {
  return process.argv[1] !== undefined && fileURLToPath(moduleUrl) === process.argv[1]
}

/**
 * Prints problems and ends the process with 1 when there are any.
 * @param {readonly string[]} problems
 * @param {string} allWell what to say when there are none
 */
export function endWith(problems, allWell) {
  for (const problem of problems) console.error(problem)
  if (problems.length === 0) console.log(allWell)
  process.exitCode = problems.length === 0 ? 0 : 1
}

/** Without git, in an unpacked archive. @param {string} folder @returns {string[]} */
function walk(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (!entry.isDirectory()) return [name]
    return ['.git', '.cache', 'node_modules', 'dist', 'coverage'].includes(entry.name) ? [] : walk(name)
  })
}
