import { malformed } from '../report.js'
import type { Literal, Member } from './literal.js'
import { LiteralReader } from './literal-reader.js'
import { skipBlank, stringAt } from './source-text.js'

/** What `createTransport` is called with. */
export interface TransportCall {
  readonly options: Literal
  readonly defaults?: Literal | undefined
}

const MAX_CALLS = 100
const MAX_DECLARATIONS = 5000

const WORD = /[A-Za-z_$][\w$]*/y
const DECLARED = /(?:const|let|var)\s+([A-Za-z_$][\w$]*)\s*(?::\s*[A-Za-z_$][\w$.<>,[\] ]{0,100})?=(?![=>])/y
const NAME = /createTransport(?:er)?(?![\w$])/y
const TYPES = /<[\w$.,\s]{0,200}>/y

/**
 * Every call of `createTransport` in the text of a program, with what it is given; a name is looked up among the declarations of the text.
 * A text that is one object is taken as the options. Undefined for a text that is neither.
 * @throws {SettingsError} `import.format` beyond the limits
 */
export function transportCalls(text: string): TransportCall[] | undefined {
  const reader = new LiteralReader(text)
  const begin = skipBlank(text, 0)
  if (text[begin] === '{') return [{ options: reader.read(begin) }]
  const { calls, declarations } = scan(text)
  if (calls.length === 0) return undefined
  const known = new Map<string, Literal>()
  // each name once for each depth: objects of names of objects of names are soon more than there is room for
  const declared = (name: string, depth: number): Literal | undefined => {
    const offset = declarations.get(name)
    const key = `${depth} ${name}`
    const found = known.get(key)
    if (found || offset === undefined) return found
    const literal = known.get(name) ?? reader.read(offset)
    known.set(name, literal)
    const whole = literal.kind === 'name' ? literal : lookedUp(literal, declared, depth)
    known.set(key, whole)
    return whole
  }
  return calls.map((offset) => {
    const first = reader.read(offset)
    const comma = reader.at
    const second = text[comma] === ',' ? reader.read(comma + 1) : undefined
    const options = lookedUp(first, declared, 0)
    // a comma with nothing behind it
    return second && second.kind !== 'expression' ? { options, defaults: lookedUp(second, declared, 0) } : { options }
  })
}

/** True when a text calls it, outside comments and texts in quotes. */
export function callsTransport(text: string): boolean {
  return text.includes('createTransport') && scan(text).calls.length > 0
}

function scan(text: string): { calls: number[]; declarations: Map<string, number> } {
  const calls: number[] = []
  const declarations = new Map<string, number>()
  let at = skipBlank(text, 0)
  while (at < text.length) {
    const call = callAt(text, at)
    const declaration = call === undefined ? matchAt(DECLARED, text, at) : undefined
    if (call !== undefined) {
      if (calls.push(call) > MAX_CALLS) throw malformed('createTransport', 'is called too often', FIX)
      at = call
    } else if (declaration) {
      if (declarations.size < MAX_DECLARATIONS) declarations.set(declaration.found[1]!, declaration.end)
      at = declaration.end
    } else at = stringAt(text, at)?.end ?? matchAt(WORD, text, at)?.end ?? at + 1
    at = skipBlank(text, at)
  }
  return { calls, declarations }
}

const FIX = 'Import the call of createTransport alone.'

/** Names in the place of values, of the options themselves and of their members, as far as they are declared as plain values. */
function lookedUp(
  literal: Literal,
  declared: (name: string, depth: number) => Literal | undefined,
  depth: number,
): Literal {
  if (depth > 3) return literal
  if (literal.kind === 'name') {
    const found = declared(literal.name, depth + 1)
    return found && found.kind !== 'name' ? found : literal
  }
  if (literal.kind !== 'object') return literal
  return {
    ...literal,
    members: literal.members.map((member): Member => ({
      ...member,
      value: lookedUp(member.value, declared, depth + 1),
    })),
  }
}

/** Behind the opening bracket of a call, perhaps with types before it. */
function callAt(text: string, at: number): number | undefined {
  const name = matchAt(NAME, text, at)
  if (!name) return undefined
  let end = skipBlank(text, name.end)
  const types = matchAt(TYPES, text, end)
  if (types) end = skipBlank(text, types.end)
  return text[end] === '(' ? end + 1 : undefined
}

function matchAt(pattern: RegExp, text: string, at: number): { found: RegExpExecArray; end: number } | undefined {
  pattern.lastIndex = at
  const found = pattern.exec(text)
  return found ? { found, end: pattern.lastIndex } : undefined
}
