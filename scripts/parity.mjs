// Which rows of parity/*.json a test proves: one whose title holds the row's id in square brackets. `[part of ID]` proves what one package
// owes to a row that needs others, too; such a row stays open. Every row is either proven or listed in parity/waiting.json with the one part of
// Posthorn it waits for, and no test names a row that does not exist. A row is claimed whole by one title only.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { claimedAgain, claimsOf } from './claims.mjs'
import { endWith, isMain, repositoryFiles, root, textOf } from './repository.mjs'

const WAITING = 'parity/waiting.json'
export const DOCUMENTS = ['beyondtrust', 'genesys', 'illiad', 'ipworks', 'javamail', 'runmyjobs']
/** What a row may wait for. */
export const PARTS = ['component', 'gateway', 'console', 'graph', 'ews', 'gmail']
/** A quoted title of a test, or of a case of interop, with ids in square brackets in it. */
const ID = new RegExp(`\\[(part of )?((?:${DOCUMENTS.join('|')})\\.[\\w.*-]*[\\w*])\\]`, 'g')

/**
 * @param {readonly string[]} rows every id
 * @param {Readonly<Record<string, string>>} waiting those not proven yet, and for what they wait
 * @param {ReadonlyMap<string, readonly string[]>} cited which tests name an id
 * @returns {string[]} what is wrong
 */
export function judge(rows, waiting, cited) {
  const known = new Set(rows)
  const problems = []
  for (const [id, files] of cited) if (!known.has(id)) problems.push(`${files[0]}: no row has the id ${id}`)
  for (const [id, part] of Object.entries(waiting)) {
    if (!known.has(id)) problems.push(`${WAITING}: no row has the id ${id}`)
    else if (cited.has(id))
      problems.push(`${WAITING}: ${id} is proven by ${cited.get(id)?.[0]}; take it out of the list`)
    else if (!PARTS.includes(part))
      problems.push(`${WAITING}: ${id} waits for ${part}, which is none of ${PARTS.join(', ')}`)
  }
  for (const id of rows) if (!cited.has(id) && !Object.hasOwn(waiting, id)) problems.push(`no test names ${id}`)
  return problems
}

/**
 * For each document how many rows are proven, and how many wait for what: `illiad: 42 of 44 proven, 2 wait for the gateway`.
 * @param {readonly string[]} rows
 * @param {Readonly<Record<string, string>>} waiting
 * @returns {string[]}
 */
export function counts(rows, waiting) {
  return DOCUMENTS.map((name) => {
    const own = rows.filter((id) => id.startsWith(`${name}.`))
    const open = own.filter((id) => Object.hasOwn(waiting, id))
    const each = PARTS.map((part) => [part, open.filter((id) => waiting[id] === part).length]).filter(
      ([, count]) => count,
    )
    const waits = each.map(([part, count]) => `${count} wait${count === 1 ? 's' : ''} for ${part}`)
    return [`${name}: ${own.length - open.length} of ${own.length} proven`, ...waits].join(', ')
  })
}

/** The ids in the titles of a test: those of whole rows, or those of which it proves a part. @param {string} text @param {boolean} inPart @returns {string[]} */
export function idsIn(text, inPart = false) {
  const found = [...text.matchAll(ID)].filter(([, part]) => (part !== undefined) === inPart)
  return [...new Set(found.map(([, , id = '']) => id))]
}

/** What the repository holds: every row, those that wait, which tests name which, and the titles that claim a row again. */
export function standing() {
  const rows = DOCUMENTS.flatMap((name) => JSON.parse(readFileSync(join(root, 'parity', `${name}.json`), 'utf8'))).map(
    (/** @type {{ id: string }} */ { id }) => id,
  )
  /** @type {Map<string, string[]>} */
  const cited = new Map()
  /** @type {Map<string, string[]>} */
  const inPart = new Map()
  const claims = []
  for (const name of repositoryFiles().filter((file) => /\.test\.ts$|^interop\/cases\/.*\.mjs$/.test(file))) {
    if (name.startsWith('scripts/')) continue
    const text = textOf(name) ?? ''
    for (const id of idsIn(text)) cited.set(id, [...(cited.get(id) ?? []), name])
    if (idsIn(text).length > 0) claims.push(...claimsOf(name, text, (title) => idsIn(title)))
    for (const id of idsIn(text, true)) inPart.set(id, [...(inPart.get(id) ?? []), name])
  }
  /** @type {Record<string, string>} */
  const waiting = JSON.parse(readFileSync(join(root, WAITING), 'utf8'))
  return { rows, waiting, cited, inPart, again: claimedAgain(claims) }
}

if (isMain(import.meta.url)) {
  const { rows, waiting, cited, inPart, again } = standing()
  if (process.argv.includes('--settle')) {
    const open = rows.filter((id) => !cited.has(id)).sort()
    const settled = Object.fromEntries(open.map((id) => [id, waiting[id] ?? 'undecided']))
    writeFileSync(join(root, WAITING), `${JSON.stringify(settled, null, 2)}\n`)
    Object.keys(waiting).forEach((id) => delete waiting[id])
    Object.assign(waiting, settled)
  }
  const unknown = [...inPart].flatMap(([id, files]) =>
    rows.includes(id) ? [] : `${files[0]}: no row has the id ${id}`,
  )
  for (const line of counts(rows, waiting)) console.log(line)
  const parts = [...inPart.keys()].filter((id) => !cited.has(id)).length
  endWith(
    [...judge(rows, waiting, cited), ...unknown, ...again],
    `parity: ${cited.size} of ${rows.length} rows are proven by a test that names them, ${parts} more in part`,
  )
}
