// Which rows of parity/*.json a test proves: one whose title holds the row's id in square brackets. `[part of ID]` proves what one package
// owes to a row that needs others, too; such a row stays open. Every row is either proven or listed in parity/open.json, and no test names
// a row that does not exist.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { endWith, isMain, repositoryFiles, root, textOf } from './repository.mjs'

const OPEN = 'parity/open.json'
const DOCUMENTS = ['beyondtrust', 'genesys', 'illiad', 'ipworks', 'javamail', 'runmyjobs']
/** A quoted title of a test, or of a case of interop, with ids in square brackets in it. */
const ID = new RegExp(`\\[(part of )?((?:${DOCUMENTS.join('|')})\\.[\\w.*-]*[\\w*])\\]`, 'g')

/**
 * @param {readonly string[]} rows every id
 * @param {readonly string[]} open those not proven yet
 * @param {ReadonlyMap<string, readonly string[]>} cited which tests name an id
 * @returns {string[]} what is wrong
 */
export function judge(rows, open, cited) {
  const known = new Set(rows)
  const listed = new Set(open)
  const problems = []
  for (const [id, files] of cited) if (!known.has(id)) problems.push(`${files[0]}: no row has the id ${id}`)
  for (const id of open) {
    if (!known.has(id)) problems.push(`${OPEN}: no row has the id ${id}`)
    else if (cited.has(id)) problems.push(`${OPEN}: ${id} is proven by ${cited.get(id)?.[0]}; take it out of the list`)
  }
  for (const id of rows) if (!cited.has(id) && !listed.has(id)) problems.push(`no test names ${id}`)
  return problems
}

/** The ids in the titles of a test: those of whole rows, or those of which it proves a part. @param {string} text @param {boolean} inPart @returns {string[]} */
export function idsIn(text, inPart = false) {
  const found = [...text.matchAll(ID)].filter(([, part]) => (part !== undefined) === inPart)
  return [...new Set(found.map(([, , id = '']) => id))]
}

if (isMain(import.meta.url)) {
  const rows = DOCUMENTS.flatMap((name) => JSON.parse(readFileSync(join(root, 'parity', `${name}.json`), 'utf8'))).map(
    (/** @type {{ id: string }} */ { id }) => id,
  )
  /** @type {Map<string, string[]>} */
  const cited = new Map()
  /** @type {Map<string, string[]>} */
  const inPart = new Map()
  for (const name of repositoryFiles().filter((file) => /\.test\.ts$|^interop\/cases\/.*\.mjs$/.test(file))) {
    if (name.startsWith('scripts/')) continue
    const text = textOf(name) ?? ''
    for (const id of idsIn(text)) cited.set(id, [...(cited.get(id) ?? []), name])
    for (const id of idsIn(text, true)) inPart.set(id, [...(inPart.get(id) ?? []), name])
  }
  if (process.argv.includes('--settle')) {
    const open = rows.filter((id) => !cited.has(id)).sort()
    writeFileSync(join(root, OPEN), `${JSON.stringify(open, null, 2)}\n`)
  }
  const open = JSON.parse(readFileSync(join(root, OPEN), 'utf8'))
  const unknown = [...inPart].flatMap(([id, files]) =>
    rows.includes(id) ? [] : `${files[0]}: no row has the id ${id}`,
  )
  const parts = [...inPart.keys()].filter((id) => !cited.has(id)).length
  endWith(
    [...judge(rows, open, cited), ...unknown],
    `parity: ${cited.size} of ${rows.length} rows are proven by a test that names them, ${parts} more in part`,
  )
}
