// No `any` in what the packages declare. Starts at the exports of each built index.d.ts and follows every name to its declaration.
import { existsSync, readdirSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import ts from 'typescript'
import { endWith, isMain, root } from './repository.mjs'

/**
 * Finds `any` in everything that can be reached from the exports of declaration files: written down, or what a type comes to, such as an
 * import that cannot be resolved. Declarations outside `inside` are not looked into.
 * @param {readonly string[]} entries declaration files
 * @param {(file: string) => boolean} inside which files are ours
 * @returns {string[]} `file:line: what is any`
 */
export function findAny(entries, inside) {
  const program = ts.createProgram([...entries], {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
    types: ['node'],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
  })
  const checker = program.getTypeChecker()
  /** @type {Set<string>} */
  const problems = new Set()
  /** @type {Set<ts.Node>} */
  const visited = new Set()

  const report = (/** @type {ts.Node} */ node, /** @type {string} */ what) => {
    const source = node.getSourceFile()
    const { line } = source.getLineAndCharacterOfPosition(node.getStart())
    problems.add(`${relative(root, source.fileName).split(sep).join('/')}:${line + 1}: ${what}`)
  }
  const follow = (/** @type {ts.Symbol | undefined} */ symbol) => {
    if (!symbol) return
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
    for (const declaration of target.declarations ?? []) {
      if (!inside(declaration.getSourceFile().fileName) || visited.has(declaration)) continue
      if (!ts.isSourceFile(declaration)) visit(declaration)
      else {
        visited.add(declaration) // `export * as name` is all of a module
        for (const symbol of checker.getExportsOfModule(target)) follow(symbol)
      }
    }
  }
  const visit = (/** @type {ts.Node} */ node) => {
    if (visited.has(node)) return
    visited.add(node)
    if (isPrivate(node)) return
    const lacksType =
      (ts.isParameter(node) ||
        ts.isPropertyDeclaration(node) ||
        ts.isPropertySignature(node) ||
        ts.isVariableDeclaration(node)) &&
      !node.type &&
      !('initializer' in node && node.initializer) &&
      !ts.isPrivateIdentifier(node.name)
    if (lacksType) report(node, `${node.getText()} has no type, so it is any`)
    if (ts.isTypeNode(node) && checker.getTypeAtLocation(node).flags & ts.TypeFlags.Any) {
      report(node, `${node.getText().slice(0, 80)} is any`)
      return
    }
    if (ts.isIdentifier(node)) follow(checker.getSymbolAtLocation(node))
    ts.forEachChild(node, visit)
  }

  for (const entry of entries) {
    const source = program.getSourceFile(entry)
    const module = source && checker.getSymbolAtLocation(source)
    if (!module) {
      problems.add(`${entry}: is no module; build first`)
      continue
    }
    const exported = checker.getExportsOfModule(module)
    if (exported.length === 0) problems.add(`${entry}: exports nothing`)
    for (const symbol of exported) follow(symbol)
  }
  return [...problems]
}

/** @param {ts.Node} node */
function isPrivate(node) {
  return (
    ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword)
  )
}

if (isMain(import.meta.url)) {
  const folder = join(root, 'packages')
  const names = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'package.json')))
  const entries = names.map((name) => join(folder, name, 'dist', 'index.d.ts'))
  const ours = (/** @type {string} */ file) => /[\\/]packages[\\/][^\\/]+[\\/]dist[\\/]/.test(file)
  endWith(findAny(entries, ours), `public-types: no any in the declarations of ${names.length} packages`)
}
