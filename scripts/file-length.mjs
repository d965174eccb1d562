// One file, one thing: past 400 lines a source file is split, unless its first line says that it is a table or generated.
import { endWith, isMain, repositoryFiles, textOf } from './repository.mjs'

const MAX_LINES = 400

/**
 * @param {string} name
 * @param {string} text
 * @returns {string[]}
 */
export function tooLong(name, text) {
  const lines = text.split('\n')
  const count = lines.at(-1) === '' ? lines.length - 1 : lines.length
  if (count <= MAX_LINES || /\b(?:table|generated)\b/i.test(lines[0] ?? '')) return []
  return [
    `${name}: has ${count} lines, ${MAX_LINES} are allowed; split it, or say on line 1 that it is a table or generated`,
  ]
}

if (isMain(import.meta.url)) {
  const modules = repositoryFiles().filter((name) => /\.(?:[cm]?[jt]s|c)$/.test(name))
  const problems = modules.flatMap((name) => tooLong(name, textOf(name) ?? ''))
  for (const problem of problems.filter(isTest)) console.log(`warning: ${problem}`)
  endWith(
    problems.filter((problem) => !isTest(problem)),
    `file-length: ${modules.length} modules, no source is longer than ${MAX_LINES} lines`,
  )
}

/** A test may be long: it is read case by case. @param {string} problem */
function isTest(problem) {
  return /^[^:]*(?:\.test\.ts|\/test\/[^:]*):/.test(problem)
}
