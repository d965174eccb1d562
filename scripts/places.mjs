// Nothing in the repository may depend on one machine, or on one place to download from.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { endWith, isMain, repositoryFiles, root, textOf } from './repository.mjs'

/** What must not stand in any file, and why. The patterns are written so that they do not match themselves. */
const FORBIDDEN = [
  { pattern: /\bregistry\.[a-z0-9.-]+\.[a-z]{2,}/i, why: 'names a package registry' },
  { pattern: /\bnpm\.pkg\.[a-z]+\.[a-z]{2,}/i, why: 'names a package registry' },
  { pattern: /\b(?:unpkg|jsdelivr|esm)\.(?:com|net|sh)\b/i, why: 'names a place that serves packages' },
  { pattern: /(?<![\w./-])\/(?:home|Users|root|work)\/[\w.-]+/, why: 'is a path of one machine' },
  { pattern: /\b[A-Z]:\\Users\\/, why: 'is a path of one machine' },
]

/**
 * @param {string} name
 * @param {string} text
 * @returns {string[]}
 */
export function forbiddenPlaces(name, text) {
  return text.split('\n').flatMap((line, index) =>
    FORBIDDEN.flatMap(({ pattern, why }) => {
      const found = pattern.exec(line)
      return found ? [`${name}:${index + 1}: "${found[0]}" ${why}`] : []
    }),
  )
}

/**
 * Addresses in a lock file, those of downloads and of funding pages (`npm run lock` takes these out). Links to packages of the workspace
 * are none.
 * @param {string} name
 * @param {string} text
 * @returns {string[]}
 */
export function downloadAddresses(name, text) {
  return text.split('\n').flatMap((line, index) => {
    const found = /"([a-z+]+:\/\/[^"]*|git@[^"]*)"/i.exec(line)
    return found ? [`${name}:${index + 1}: has the address ${found[1]}`] : []
  })
}

if (isMain(import.meta.url)) {
  const files = repositoryFiles()
  const problems = files.flatMap((name) => {
    const text = textOf(name)
    return text === undefined ? [] : forbiddenPlaces(name, text)
  })
  problems.push(...downloadAddresses('package-lock.json', readFileSync(join(root, 'package-lock.json'), 'utf8')))
  endWith(problems, `places: ${files.length} files name no machine and no registry`)
}
