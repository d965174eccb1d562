// Finds every error the sources can make: its code and, where they are written down, its outcome and its hint.
import ts from 'typescript'

const CLASSES = new Set([
  'SettingsError',
  'ConnectError',
  'ProtocolError',
  'ReplyError',
  'ApiError',
  'InvariantError',
  'RecipientsRefused',
])
const MAX_CALLS = 5
/** Where a recipient can be refused: the values of `Delivery.phase` that a code is made of. */
const REFUSING_PHASES = ['mail', 'rcpt', 'data', 'content', 'final']

/**
 * @typedef {{ code: string, kinds: Set<string>, packages: Set<string>, outcomes: Set<string>, hints: Set<string> }} ErrorCode
 * @typedef {ReadonlyMap<ts.Symbol, readonly string[] | undefined>} Bindings what parameters are known to be
 */

/**
 * A code that is handed through functions is looked up where they are called.
 * @param {ts.Program} program
 * @param {(file: string) => string | undefined} packageOf the package of a source file; undefined for a file that does not count
 * @returns {{ codes: ErrorCode[], unclear: string[] }} `unclear` names the places whose code cannot be told
 */
export function errorCodes(program, packageOf) {
  const checker = program.getTypeChecker()
  /** @type {Map<ts.Symbol, ts.CallExpression[]>} */
  const calls = new Map()
  /** @type {{ node: ts.Node, kind: string, args: readonly ts.Expression[] }[]} */
  const made = []
  /** @type {Map<string, ErrorCode>} */
  const codes = new Map()
  /** @type {Set<string>} */
  const unclear = new Set()

  for (const source of program.getSourceFiles()) if (packageOf(source.fileName) !== undefined) collect(source)
  for (const { node, kind, args } of made) {
    for (const bindings of contexts(node, args, 0)) record(node, kind, args, bindings)
  }
  return { codes: [...codes.values()].sort((a, b) => (a.code < b.code ? -1 : 1)), unclear: [...unclear] }

  /** @param {ts.Node} node */
  function collect(node) {
    if (ts.isNewExpression(node) && ts.isIdentifier(node.expression) && CLASSES.has(node.expression.text)) {
      // `RecipientsRefused` gives itself its code
      if (node.expression.text !== 'RecipientsRefused')
        made.push({ node, kind: node.expression.text, args: node.arguments ?? [] })
    } else if (ts.isCallExpression(node)) {
      const [first] = node.arguments
      if (node.expression.kind === ts.SyntaxKind.SuperKeyword) {
        const kind = around(node, ts.isClassDeclaration)?.name?.text ?? ''
        // the classes of `ground` only hand on the code they are given
        if (CLASSES.has(kind) && first && !ts.isIdentifier(first)) made.push({ node, kind, args: node.arguments })
      } else {
        const symbol = resolved(checker.getSymbolAtLocation(node.expression))
        if (symbol) calls.set(symbol, [...(calls.get(symbol) ?? []), node])
      }
    }
    ts.forEachChild(node, collect)
  }

  /**
   * What the parameters of the function around a node can be: one entry for each way to call it, when one of `args` asks for them.
   * @param {ts.Node} node @param {readonly ts.Node[]} args @param {number} depth
   * @returns {Bindings[]}
   */
  function contexts(node, args, depth) {
    const owner = around(node, isFunction)
    const name = owner && resolved(nameOf(owner))
    if (!owner || !name || depth >= MAX_CALLS) return [new Map()]
    const symbols = owner.parameters.map((parameter) => checker.getSymbolAtLocation(parameter.name))
    if (!args.some((argument) => mentions(argument, new Set(symbols)))) return [new Map()]
    const ways = (calls.get(name) ?? []).flatMap((call) =>
      contexts(call, call.arguments, depth + 1).map((outer) => {
        /** @type {Map<ts.Symbol, readonly string[] | undefined>} */
        const bindings = new Map()
        symbols.forEach((symbol, index) => symbol && bindings.set(symbol, texts(call.arguments[index], outer)))
        return bindings
      }),
    )
    return ways.length > 0 ? ways : [new Map()]
  }

  /** @param {ts.Node} node @param {string} kind @param {readonly ts.Expression[]} args @param {Bindings} bindings */
  function record(node, kind, args, bindings) {
    const [first] = args
    if (first && ts.isPropertyAccessExpression(first) && first.name.text === 'code') return // made from another error
    const found = kind === 'InvariantError' ? ['invariant'] : texts(first, bindings)
    const source = node.getSourceFile()
    if (!found) {
      const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1
      unclear.add(`${source.fileName}:${line}: the code of this ${kind} cannot be told`)
      return
    }
    const symbol = first && ts.isIdentifier(first) ? checker.getSymbolAtLocation(first) : undefined
    for (const code of found) {
      const known = codes.get(code) ?? {
        code,
        kinds: new Set(),
        packages: new Set(),
        outcomes: new Set(),
        hints: new Set(),
      }
      codes.set(code, known)
      known.kinds.add(kind)
      known.packages.add(packageOf(source.fileName) ?? '')
      const bound = symbol ? new Map([...bindings, [symbol, [code]]]) : bindings
      const usual = kind === 'SettingsError' || kind === 'InvariantError' ? ['permanent'] : []
      for (const outcome of fact(args, 'outcome', bound) ?? usual) known.outcomes.add(outcome)
      for (const hint of fact(args, 'hint', bound) ?? []) known.hints.add(hint)
    }
  }

  /** @param {readonly ts.Expression[]} args @param {string} name @param {Bindings} bindings */
  function fact(args, name, bindings) {
    const facts = args.find(ts.isObjectLiteralExpression)
    const property = facts?.properties.find((each) => each.name?.getText() === name)
    if (!property) return undefined
    if (ts.isPropertyAssignment(property)) return texts(property.initializer, bindings)
    if (!ts.isShorthandPropertyAssignment(property)) return undefined
    return ofSymbol(checker.getShorthandAssignmentValueSymbol(property), property, bindings)
  }

  /**
   * The strings an expression can come to; undefined when that cannot be told.
   * @param {ts.Expression | undefined} at @param {Bindings} bindings
   * @returns {readonly string[] | undefined}
   */
  function texts(at, bindings) {
    if (!at) return undefined
    if (ts.isStringLiteralLike(at)) return [at.text]
    if (ts.isParenthesizedExpression(at) || ts.isAsExpression(at)) return texts(at.expression, bindings)
    if (ts.isConditionalExpression(at)) {
      const [yes, no] = [texts(at.whenTrue, bindings), texts(at.whenFalse, bindings)]
      return yes && no && [...yes, ...no]
    }
    if (ts.isIdentifier(at)) return ofSymbol(checker.getSymbolAtLocation(at), at, bindings)
    if (ts.isTemplateExpression(at)) {
      /** @type {readonly string[]} */
      let whole = [at.head.text]
      for (const span of at.templateSpans) {
        const parts = texts(span.expression, bindings)
        if (!parts) return undefined
        whole = whole.flatMap((left) => parts.map((part) => left + part + span.literal.text))
      }
      return whole
    }
    return ofType(checker.getTypeAtLocation(at))
  }

  /** @param {ts.Symbol | undefined} symbol @param {ts.Node} at @param {Bindings} bindings */
  function ofSymbol(symbol, at, bindings) {
    if (!symbol) return undefined
    if (bindings.has(symbol)) return bindings.get(symbol)
    const declared = symbol.valueDeclaration
    if (declared && ts.isVariableDeclaration(declared) && ts.isIdentifier(declared.name)) {
      const value = texts(declared.initializer, bindings)
      if (value) return value
    }
    return (
      (declared && ts.isBindingElement(declared) && ofTable(declared, bindings)) ||
      ofType(checker.getTypeOfSymbolAtLocation(symbol, at))
    )
  }

  /** `const [outcome, hint] = CODES[code]` with a known code. @param {ts.BindingElement} element @param {Bindings} bindings */
  function ofTable(element, bindings) {
    const pattern = element.parent
    const table =
      ts.isArrayBindingPattern(pattern) && ts.isVariableDeclaration(pattern.parent)
        ? pattern.parent.initializer
        : undefined
    if (!table || !ts.isElementAccessExpression(table)) return undefined
    const rows = texts(table.argumentExpression, bindings)?.map((key) => {
      const row = checker.getTypeAtLocation(table.expression).getProperty(key)
      const type = row && checker.getTypeOfSymbolAtLocation(row, table)
      const cell =
        type && checker.getTypeArguments(/** @type {ts.TypeReference} */ (type))[pattern.elements.indexOf(element)]
      return cell && ofType(cell)
    })
    return rows?.every((row) => row !== undefined) ? rows.flat() : undefined
  }

  /** @param {ts.Type} type */
  function ofType(type) {
    const members = type.isUnion() ? type.types : [type]
    const literals = members.flatMap((member) => (member.isStringLiteral() ? [member.value] : []))
    if (literals.length !== members.length) return undefined
    return literals.includes('greeting') && literals.includes('quit') ? REFUSING_PHASES : literals
  }

  /** @param {ts.SignatureDeclaration} owner */
  function nameOf(owner) {
    if (owner.name) return checker.getSymbolAtLocation(owner.name)
    return ts.isVariableDeclaration(owner.parent) ? checker.getSymbolAtLocation(owner.parent.name) : undefined
  }

  /** @param {ts.Node} node @param {ReadonlySet<ts.Symbol | undefined>} symbols @returns {boolean} */
  function mentions(node, symbols) {
    if (ts.isShorthandPropertyAssignment(node)) return symbols.has(checker.getShorthandAssignmentValueSymbol(node))
    if (ts.isIdentifier(node) && symbols.has(checker.getSymbolAtLocation(node))) return true
    return ts.forEachChild(node, (child) => mentions(child, symbols) || undefined) ?? false
  }

  /** @param {ts.Symbol | undefined} symbol */
  function resolved(symbol) {
    return symbol && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
  }
}

/** @param {ts.Node} node @returns {node is ts.SignatureDeclaration} */
function isFunction(node) {
  return (
    ts.isFunctionDeclaration(node) ||
    ts.isArrowFunction(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isFunctionExpression(node)
  )
}

/**
 * @template {ts.Node} T
 * @param {ts.Node} node
 * @param {(node: ts.Node) => node is T} test
 * @returns {T | undefined}
 */
function around(node, test) {
  for (let at = node.parent; at; at = at.parent) if (test(at)) return at
  return undefined
}
