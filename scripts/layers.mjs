// Dependencies point one way. Reads every import of every package and its package.json; the compiler alone does not see a wrong one,
// because workspaces make each package resolvable from each other.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, normalize, relative, sep } from 'node:path'
import ts from 'typescript'
import { endWith, isMain, root } from './repository.mjs'

/** What the sources of each package may import from the workspace. Tests may import `testkit` besides. */
export const mayImport = {
  ground: [],
  certificate: ['ground'],
  sasl: ['ground'],
  settings: ['ground'],
  net: ['ground', 'certificate', 'sasl'],
  mime: ['ground', 'certificate'],
  testkit: [],
  smtp: ['ground', 'certificate', 'sasl', 'net'],
  posthorn: ['ground', 'certificate', 'sasl', 'settings', 'net', 'mime', 'smtp'],
  cli: ['settings', 'posthorn'],
}

/** Packages that run in a browser, too: no module of Node.js. */
const portable = ['settings']

/**
 * @typedef {{ specifier: string, line: number, typeOnly: boolean }} Import
 * @typedef {{ errors: string[], warnings: string[] }} Findings
 */

/**
 * The imports of one module: `import`, `export from`, `import()`, `import('x').T`, `require`. Only `import type` is gone at run time; an
 * `import { type T }` stays (verbatimModuleSyntax).
 * @param {string} name
 * @param {string} text
 * @returns {Import[]}
 */
export function importsOf(name, text) {
  const source = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true)
  /** @type {Import[]} */
  const found = []
  const add = (/** @type {ts.Node | undefined} */ node, /** @type {boolean} */ typeOnly) => {
    if (!node || !ts.isStringLiteralLike(node)) return
    found.push({ specifier: node.text, line: source.getLineAndCharacterOfPosition(node.getStart()).line + 1, typeOnly })
  }
  const visit = (/** @type {ts.Node} */ node) => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, node.importClause?.isTypeOnly === true)
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly)
    else if (ts.isImportTypeNode(node))
      add(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, true)
    else if (ts.isExternalModuleReference(node)) add(node.expression, false)
    else if (ts.isCallExpression(node)) {
      const { expression } = node
      const loads =
        expression.kind === ts.SyntaxKind.ImportKeyword ||
        (ts.isIdentifier(expression) && expression.text === 'require')
      if (loads) add(node.arguments[0], false)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

/**
 * Checks all packages below `root/packages` against a table.
 * @param {string} folder the root of the workspace
 * @param {Readonly<Record<string, readonly string[]>>} allowed
 * @returns {Findings}
 */
export function checkLayers(folder, allowed) {
  /** @type {Findings} */
  const findings = { errors: [], warnings: [] }
  const packages = readPackages(folder)
  for (const name of packages.keys()) {
    if (!(name in allowed)) findings.errors.push(`packages/${name}: is not in the table of scripts/layers.mjs`)
  }
  for (const [name, { manifest, files, home }] of packages) {
    const mayUse = allowed[name] ?? []
    const declared = Object.keys({
      ...manifest.dependencies,
      ...manifest.peerDependencies,
      ...manifest.optionalDependencies,
    })
    for (const dependency of declared) {
      const target = layerOf(dependency, packages)
      if (target && !mayUse.includes(target))
        findings.errors.push(`packages/${name}/package.json: ${name} must not depend on ${target}`)
    }
    /** @type {Map<string, { to: string, typeOnly: boolean }[]>} */
    const graph = new Map()
    for (const file of files) {
      const where = relative(folder, file).split(sep).join('/')
      const isTest = file.endsWith('.test.ts') || !file.startsWith(join(home, 'src') + sep)
      /** @type {{ to: string, typeOnly: boolean }[]} */
      const edges = []
      for (const { specifier, line, typeOnly } of importsOf(file, readFileSync(file, 'utf8'))) {
        const at = `${where}:${line}: `
        if (specifier.startsWith('.')) {
          const target = normalize(join(dirname(file), specifier))
          if (!target.startsWith(home + sep))
            findings.errors.push(`${at}${specifier} leaves the package; import it by its name`)
          else if (target.includes(`${sep}dist${sep}`)) findings.errors.push(`${at}${specifier} is built, not source`)
          else if (!isTest && /\.test\.[jt]s$/.test(target)) findings.errors.push(`${at}source imports a test`)
          else edges.push({ to: target.replace(/\.js$/, '.ts'), typeOnly })
          continue
        }
        const bare = packageName(specifier)
        const target = layerOf(bare, packages)
        if (!isTest && !typeOnly && portable.includes(name)) {
          if (specifier.startsWith('node:'))
            findings.errors.push(`${at}${name} runs in a browser, too, which has no ${specifier}`)
          if (target === 'ground' && specifier === bare)
            findings.errors.push(`${at}import ${bare}/portable, which runs in a browser, too`)
        }
        if (target === undefined) {
          if (specifier.startsWith('node:')) continue
          if (builtinModules.includes(specifier)) findings.errors.push(`${at}write node:${specifier}`)
          else if (!isTest && !declared.includes(bare))
            findings.errors.push(`${at}${bare} is not in the dependencies of ${name}`)
          continue
        }
        if (
          specifier !== bare &&
          !(`.${specifier.slice(bare.length)}` in (packages.get(target)?.manifest.exports ?? {}))
        ) {
          findings.errors.push(`${at}${specifier} is not in the exports of ${bare}`)
        }
        if (target === name) findings.errors.push(`${at}a package does not import itself by its name`)
        else if (isTest) {
          if (target !== 'testkit' && !mayUse.includes(target))
            findings.errors.push(`${at}tests of ${name} must not import ${target}`)
        } else if (target === 'testkit') findings.errors.push(`${at}only tests import testkit`)
        else if (!mayUse.includes(target)) findings.errors.push(`${at}${name} must not import ${target}`)
        else if (!declared.includes(bare)) findings.errors.push(`${at}${bare} is not in the dependencies of ${name}`)
      }
      if (!isTest) graph.set(file, edges)
    }
    const shown = (/** @type {string[]} */ cycle) =>
      cycle.map((file) => relative(home, file).split(sep).join('/')).join(' -> ')
    const runtime = cyclesIn(graph, ({ typeOnly }) => !typeOnly)
    const inRuntime = new Set(runtime.flat())
    for (const cycle of runtime) findings.errors.push(`packages/${name}: import cycle ${shown(cycle)}`)
    for (const cycle of cyclesIn(graph, () => true)) {
      if (!cycle.every((file) => inRuntime.has(file)))
        findings.warnings.push(`packages/${name}: cycle of types ${shown(cycle)}`)
    }
  }
  return findings
}

/**
 * One shortest cycle for each knot of modules that import each other.
 * @param {ReadonlyMap<string, readonly { to: string, typeOnly: boolean }[]>} graph
 * @param {(edge: { to: string, typeOnly: boolean }) => boolean} counts
 * @returns {string[][]} each begins and ends with the same module
 */
function cyclesIn(graph, counts) {
  /** @type {string[][]} */
  const cycles = []
  const seen = new Set()
  for (const start of graph.keys()) {
    if (seen.has(start)) continue
    const cycle = wayBack(graph, counts, start)
    if (!cycle) continue
    for (const file of cycle) seen.add(file)
    cycles.push(cycle)
  }
  return cycles
}

/**
 * @param {ReadonlyMap<string, readonly { to: string, typeOnly: boolean }[]>} graph
 * @param {(edge: { to: string, typeOnly: boolean }) => boolean} counts
 * @param {string} start
 * @returns {string[] | undefined}
 */
function wayBack(graph, counts, start) {
  /** @type {Map<string, string>} */
  const cameFrom = new Map()
  const queue = [start]
  for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
    for (const edge of (graph.get(at) ?? []).filter(counts)) {
      if (edge.to === start) {
        const path = [start]
        for (let step = at; step !== start; step = /** @type {string} */ (cameFrom.get(step))) path.unshift(step)
        return [start, ...path]
      }
      if (!cameFrom.has(edge.to)) {
        cameFrom.set(edge.to, at)
        queue.push(edge.to)
      }
    }
  }
  return undefined
}

/**
 * @typedef {{ name: string, exports?: Record<string, unknown>, dependencies?: Record<string, string>,
 *   peerDependencies?: Record<string, string>, optionalDependencies?: Record<string, string> }} Manifest
 * @param {string} folder
 * @returns {Map<string, { home: string, manifest: Manifest, files: string[] }>}
 */
function readPackages(folder) {
  const packages = new Map()
  for (const name of readdirSync(join(folder, 'packages')).sort()) {
    const home = join(folder, 'packages', name)
    if (!existsSync(join(home, 'package.json'))) continue
    const manifest = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
    packages.set(name, { home, manifest, files: ['src', 'test'].flatMap((part) => modulesIn(join(home, part))) })
  }
  return packages
}

/** @param {string} folder @returns {string[]} */
function modulesIn(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.[cm]?ts$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

/** `@scope/name` of `@scope/name/sub`. @param {string} specifier */
function packageName(specifier) {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

/** @param {string} bare @param {ReadonlyMap<string, { manifest: Manifest }>} packages @returns {string | undefined} */
function layerOf(bare, packages) {
  for (const [name, { manifest }] of packages) if (manifest.name === bare) return name
  return undefined
}

if (isMain(import.meta.url)) {
  const { errors, warnings } = checkLayers(root, mayImport)
  for (const warning of warnings) console.log(`warning: ${warning}`)
  endWith(errors, `layers: ${Object.keys(mayImport).length} packages, all imports point one way`)
}
