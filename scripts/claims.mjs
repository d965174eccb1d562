// Which titles of tests claim a row of parity/*.json whole, `[ID]` without `part of`: one title a row. With two of them the check would stay green
// when the test that proves the row goes.
import ts from 'typescript'

/** @typedef {{ id: string, place: string }} Claim `place` is `file:line` of the title */

const TITLED = ['it', 'test', 'describe']

/**
 * The claims of one file. Those of one table of titles, such as that of a `test.each`, are one; so are those of a `describe` and what is in it.
 * @param {string} file
 * @param {string} text
 * @param {(title: string) => readonly string[]} idsIn
 * @returns {Claim[]}
 */
export function claimsOf(file, text, idsIn) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  /** @type {Map<string, Set<ts.Node>>} */
  const owners = new Map()
  /** @type {Claim[]} */
  const claims = []
  const visit = (/** @type {ts.Node} */ node, /** @type {ts.Node} */ owner) => {
    const own = isTitled(node) || ts.isVariableDeclaration(node) ? node : owner
    if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) {
      for (const id of idsIn(node.getText())) {
        const known = owners.get(id) ?? new Set()
        if ([...known].some((each) => each.pos <= own.pos && own.end <= each.end)) continue
        owners.set(id, known.add(own))
        claims.push({ id, place: `${file}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}` })
      }
    } else ts.forEachChild(node, (child) => visit(child, own))
  }
  visit(source, source)
  return claims
}

/** `it(...)`, `describe(...)`, `test.each(...)(...)`. @param {ts.Node} node */
function isTitled(node) {
  if (!ts.isCallExpression(node) || (ts.isCallExpression(node.parent) && node.parent.expression === node)) return false
  /** @type {ts.Expression} */
  let at = node.expression
  while (ts.isCallExpression(at) || ts.isPropertyAccessExpression(at)) at = at.expression
  return ts.isIdentifier(at) && TITLED.includes(at.text)
}

/**
 * @param {readonly Claim[]} claims those of every file
 * @returns {string[]} a line for each that is not the first of its row
 */
export function claimedAgain(claims) {
  /** @type {Map<string, string>} */
  const first = new Map()
  const problems = []
  for (const { id, place } of claims) {
    const before = first.get(id)
    if (before === undefined) first.set(id, place)
    else problems.push(`${place}: ${id} is claimed whole by ${before}; one title proves it, others say [part of ${id}]`)
  }
  return problems
}
