import { malformed } from '../report.js'
import { LineIndex } from './line-index.js'
import type { Literal, Member, Plain } from './literal.js'
import { skipBlank, skipExpression, stringAt } from './source-text.js'

const MAX_DEPTH = 20
const MAX_VALUES = 20_000
/** Values that stand one within the other are read again and again: so many times the whole text, all in all, or so many characters. */
const MAX_PASSES = 4
const MAX_WALKED = 2_000_000

const WORD = /[A-Za-z_$][\w$]*/y
const NUMBER = /[+-]?(?:0x[0-9a-f]+|(?:\d[\d_]*)(?:\.\d+)?(?:e[+-]?\d+)?)/iy
const ENV = /(?:globalThis\.)?process\.env(?:\.([A-Za-z_]\w*)|\[\s*(['"])([A-Za-z_]\w*)\2\s*\])/y
const WRAPPED_ENV = /(?:Number|parseInt|String|Boolean)\(\s*(?=(?:globalThis\.)?process\.env\b)/y
const READ_FILE = /(?:[A-Za-z_$][\w$]*\.)?readFileSync\(\s*/y
const AS_TYPE = /(?:as|satisfies)\s+[A-Za-z_$][\w$.]*/y
/** What goes on with an expression; a word on the next line begins another statement. */
const OPERATOR = /[^\w$'"`{@#\\]|in(?:stanceof)?\b/y

/**
 * Reads JavaScript values, and so JSON: objects, lists, texts, numbers, words, `process.env.NAME` and `readFileSync('PATH')`, with
 * comments, trailing commas and keys without quotes. Nothing is run: any other expression is a value of kind `expression`. Linear in the text.
 */
export class LiteralReader {
  readonly #text: string
  readonly #lines: LineIndex
  #values = 0
  /** Characters of all values that were asked for. */
  #walked = 0
  /** Where the last value ended. */
  at = 0

  constructor(text: string) {
    this.#text = text
    this.#lines = new LineIndex(text)
  }

  /** The value that begins at an offset. @throws {SettingsError} `import.format` beyond the limits */
  read(offset: number, depth = 0): Literal {
    if (++this.#values > MAX_VALUES) throw tooMuch(`more than ${MAX_VALUES} values`)
    if (depth > MAX_DEPTH) throw tooMuch(`values nested deeper than ${MAX_DEPTH}`)
    if (this.#walked > Math.max(MAX_PASSES * this.#text.length, MAX_WALKED))
      throw tooMuch('values one within the other')
    const begin = skipBlank(this.#text, offset)
    const line = this.#lines.lineAt(begin)
    const value = this.#whole(this.#primary(begin, line, depth), line)
    if (depth === 0) this.#walked += this.at - offset
    return value
  }

  #primary(begin: number, line: number, depth: number): Literal {
    const first = this.#text[begin]
    if (first === '{') return this.#object(begin, line, depth)
    if (first === '[') return this.#array(begin, line, depth)
    const text = stringAt(this.#text, begin)
    if (text) {
      this.at = text.end
      if (text.value !== undefined) return { kind: 'plain', value: text.value, line }
      return text.env === undefined ? { kind: 'expression', line } : { kind: 'env', name: text.env, line }
    }
    const number = this.#match(NUMBER, begin)
    if (number) return { kind: 'plain', value: Number(number[0].replaceAll('_', '')), line }
    return this.#word(begin, line)
  }

  #word(begin: number, line: number): Literal {
    const wrapped = this.#match(WRAPPED_ENV, begin)
    const env = this.#match(ENV, wrapped ? this.at : begin)
    if (env) {
      const value: Literal = { kind: 'env', name: (env[1] ?? env[3])!, line }
      if (!wrapped) return value
      this.at = skipExpression(this.#text, this.at)
      if (this.#text[this.at] === ',') this.at = skipExpression(this.#text, this.at + 1) // the base of parseInt
      this.at++
      return value
    }
    if (this.#match(READ_FILE, begin)) {
      const path = stringAt(this.#text, this.at)
      let end = path?.end ?? this.at
      while (end < this.#text.length && this.#text[end] !== ')') {
        const next = skipExpression(this.#text, end)
        end = this.#text[next] === ',' ? next + 1 : next
        if (this.#text[next] !== ',') break
      }
      this.at = end + 1
      return path?.value === undefined ? { kind: 'expression', line } : { kind: 'file', path: path.value, line }
    }
    const word = this.#match(WORD, begin)?.[0]
    if (word === undefined) this.at = begin
    if (word !== undefined && WORDS.has(word)) return { kind: 'plain', value: WORDS.get(word), line }
    return word === undefined ? { kind: 'expression', line } : { kind: 'name', name: word, line }
  }

  #object(begin: number, line: number, depth: number): Literal {
    const members: Member[] = []
    let at = skipBlank(this.#text, begin + 1)
    while (at < this.#text.length && this.#text[at] !== '}') {
      if (this.#text[at] === ',') at++
      else {
        members.push(this.#member(at, depth))
        at = this.at
        if (!',}'.includes(this.#text[at] ?? ',')) at++ // a bracket that closes nothing
      }
      at = skipBlank(this.#text, at)
    }
    this.at = at + 1
    return { kind: 'object', members, line }
  }

  #member(begin: number, depth: number): Member {
    const line = this.#lines.lineAt(begin)
    const quoted = stringAt(this.#text, begin)
    const word = quoted ? undefined : (this.#match(WORD, begin) ?? this.#match(NUMBER, begin))
    const key = quoted?.value ?? word?.[0]
    const end = skipBlank(this.#text, quoted?.end ?? (word ? this.at : begin))
    if (key !== undefined && this.#text[end] === ':') return { key, line, value: this.read(end + 1, depth + 1) }
    // a shorthand, a method, a spread or a computed key
    if (++this.#values > MAX_VALUES) throw tooMuch(`more than ${MAX_VALUES} values`)
    this.at = skipExpression(this.#text, end)
    const shorthand = word && this.at === end
    return {
      // a text without a colon behind it is no key: it may be a password
      key: word?.[0] ?? (quoted ? 'a value without a key' : 'a computed key'),
      line,
      bare: true,
      value: shorthand ? { kind: 'name', name: word[0], line } : { kind: 'expression', line },
    }
  }

  #array(begin: number, line: number, depth: number): Literal {
    const items: Literal[] = []
    let at = skipBlank(this.#text, begin + 1)
    while (at < this.#text.length && this.#text[at] !== ']') {
      if (this.#text[at] === ',') at++
      else {
        items.push(this.read(at, depth + 1))
        at = this.at
        if (!',]'.includes(this.#text[at] ?? ',')) at++
      }
      at = skipBlank(this.#text, at)
    }
    this.at = at + 1
    return { kind: 'array', items, line }
  }

  /** What follows a value says whether it is the whole of the expression. */
  #whole(value: Literal, line: number): Literal {
    let at = skipBlank(this.#text, this.at)
    if (this.#text[at] === '!' && this.#text[at + 1] !== '=') at = skipBlank(this.#text, at + 1)
    if (this.#match(AS_TYPE, at)) at = skipBlank(this.#text, this.at)
    if (!this.#match(OPERATOR, at)) {
      this.at = at
      return value
    }
    const end = skipExpression(this.#text, at)
    this.at = end
    if (end === at) return value
    if (value.kind !== 'env') return { kind: 'expression', line }
    const rest = this.#text.slice(at, Math.min(end, at + 2000)).trim()
    const [, operator, operand = ''] = /^(\|\||\?\?|===?)\s*(\S.*)$/s.exec(rest) ?? []
    const plain = end - at > 2000 ? undefined : plainOf(operand)
    if (operator === undefined || plain === undefined) return { kind: 'expression', line }
    if (operator.startsWith('=')) return { ...value, equals: String(plain.value) }
    return { ...value, fallback: plain.value }
  }

  #match(pattern: RegExp, at: number): RegExpExecArray | undefined {
    pattern.lastIndex = at
    const found = pattern.exec(this.#text)
    if (found) this.at = pattern.lastIndex
    return found ?? undefined
  }
}

const WORDS: ReadonlyMap<string, Plain> = new Map<string, Plain>([
  ['true', true],
  ['false', false],
  ['null', null],
  ['undefined', undefined],
])

/** The operand of `||`, when it is a text, a number or a word, and nothing else. */
function plainOf(operand: string): { readonly value: Plain } | undefined {
  const text = stringAt(operand, 0)
  if (text) return text.end === operand.length && text.value !== undefined ? { value: text.value } : undefined
  if (/^\d{1,15}$/.test(operand)) return { value: Number(operand) }
  return WORDS.has(operand) ? { value: WORDS.get(operand) } : undefined
}

function tooMuch(what: string) {
  return malformed('options', `have ${what}`, 'Import the mail settings alone.')
}
