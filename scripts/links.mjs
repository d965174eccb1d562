// Links in the documents lead somewhere: files and headings exist, and so does every path of the repository that is named in `code`.
import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { endWith, isMain, repositoryFiles, root, textOf } from './repository.mjs'

/** Folders whose paths are checked when they are named as code. */
const NAMED = /^(?:packages|docs|examples|scripts|bench|interop)\/[\w./-]+$/

/**
 * @param {string} name the document, from the root
 * @param {string} text
 * @param {(path: string) => string | undefined} read text of a file of the repository; '' for a folder; undefined when there is none
 * @returns {string[]}
 */
export function brokenLinks(name, text, read) {
  /** @type {string[]} */
  const problems = []
  for (const { line, number } of proseLines(text)) {
    for (const [, target = ''] of line.replace(/`[^`]*`/g, '').matchAll(/\[[^\]]*\]\(([^()\s]+)\)/g)) {
      if (/^[a-z][a-z+.-]*:/i.test(target)) continue
      const [path = '', anchor] = target.split('#')
      const file = path === '' ? name : normalize(join(dirname(name), path)).replace(/\/$/, '')
      const content = path === '' ? text : read(file)
      if (content === undefined) problems.push(`${name}:${number}: ${target} does not exist`)
      else if (anchor !== undefined && !anchorsOf(content).has(anchor))
        problems.push(`${name}:${number}: ${file} has no heading #${anchor}`)
    }
    for (const [, code = ''] of line.matchAll(/`([^`]+)`/g)) {
      if (NAMED.test(code) && read(code.replace(/\/$/, '')) === undefined)
        problems.push(`${name}:${number}: ${code} does not exist`)
    }
  }
  return problems
}

/** The lines outside of code blocks. @param {string} text */
function* proseLines(text) {
  let fence = ''
  for (const [index, line] of text.split('\n').entries()) {
    const mark = /^\s*(```+|~~~+)/.exec(line)?.[1]
    if (mark !== undefined && (fence === '' || mark.startsWith(fence))) fence = fence === '' ? mark : ''
    else if (fence === '') yield { line, number: index + 1 }
  }
}

/** The anchors of the headings. @param {string} text @returns {Set<string>} */
function anchorsOf(text) {
  const anchors = new Set()
  for (const { line } of proseLines(text)) {
    const heading = /^#{1,6}\s+(.*?)\s*$/.exec(line)?.[1]
    if (heading === undefined) continue
    const plain = heading
      .replace(/[`*]/g, '')
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
    anchors.add(plain.replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-'))
  }
  return anchors
}

if (isMain(import.meta.url)) {
  const files = repositoryFiles()
  const known = new Set(
    files.flatMap((name) => name.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/'))),
  )
  const read = (/** @type {string} */ path) => {
    if (!known.has(path) || !existsSync(join(root, path))) return undefined
    return files.includes(path) ? (textOf(path) ?? '') : ''
  }
  const documents = files.filter((name) => name.endsWith('.md'))
  const problems = documents.flatMap((name) => brokenLinks(name, textOf(name) ?? '', read))
  endWith(problems, `links: ${documents.length} documents lead to what exists`)
}
